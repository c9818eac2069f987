//! What kind of file the data of a resource is, in the names that the cheqd ledger gives.

use std::panic::catch_unwind;

use proof::leaf::MAX_MEDIA_TYPE_BYTES;

const JSON: &str = "application/json";
const UNKNOWN: &str = "application/octet-stream";
const UTF_8: &str = "text/plain; charset=utf-8";

/// The media type of some data, found in its content alone.
///
/// The detector looks at the beginning. Whether something is JSON is decided by all of it, and text may be in an older
/// encoding, as on the cheqd ledger.
pub fn media_type(data: &[u8]) -> String {
    // A detector that fails on some data must not stop the write.
    let found = catch_unwind(|| mimetype_detector::detect(data).mime()).unwrap_or(UNKNOWN);
    let known = match found {
        JSON if !is_json(data) => text(data),
        UNKNOWN => text(data),
        found => found,
    };
    match known {
        known if known.len() <= MAX_MEDIA_TYPE_BYTES => known.to_owned(),
        _ => UNKNOWN.to_owned(),
    }
}

fn is_json(data: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(data).is_ok()
}

fn text(data: &[u8]) -> &'static str {
    let is_control = |byte: &u8| matches!(byte, 0..=8 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f);
    if data.iter().any(is_control) {
        UNKNOWN
    } else if std::str::from_utf8(data).is_ok() {
        UTF_8
    } else if data.iter().any(|byte| (0x80..0xa0).contains(byte)) {
        "text/plain; charset=windows-1252"
    } else {
        "text/plain; charset=iso-8859-1"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_cheqd_ledger() {
        let deep = "[".repeat(100_000);
        for (data, expected) in [
            (&b"{\"a\":1}"[..], "application/json"),
            (b" \n[1, 2]", "application/json"),
            (b"{\"a\":1", "text/plain; charset=utf-8"),
            (b"5", "text/plain; charset=utf-8"),
            (deep.as_bytes(), "text/plain; charset=utf-8"),
            ("gr\u{fc}n".as_bytes(), "text/plain; charset=utf-8"),
            (b"gr\xfcn", "text/plain; charset=iso-8859-1"),
            (b"\x93gr\xfcn\x94", "text/plain; charset=windows-1252"),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
            (b"GIF89a\x01\0\x01\0", "image/gif"),
            (b"%PDF-1.7\n", "application/pdf"),
            (b"PK\x03\x04\x14\0", "application/zip"),
            (b"<?xml version=\"1.0\"?><a/>", "text/xml; charset=utf-8"),
            (b"<!DOCTYPE html><html></html>", "text/html; charset=utf-8"),
            (
                b"<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>",
                "image/svg+xml",
            ),
            (b"\0\x01\x02\xff", "application/octet-stream"),
        ] {
            let shown = String::from_utf8_lossy(&data[..data.len().min(40)]);
            assert_eq!(media_type(data), expected, "{shown}");
        }
    }
}
