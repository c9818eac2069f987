//! `X-DFNS-NONCE` of older clients: optional, and each one is accepted once.

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Deserialize;

use super::error::DfnsError;
use crate::http::rate::{NotOnce, Once};

const HEADER: &str = "x-dfns-nonce";
/// Longest nonce, in bytes.
const BYTES_MAX: usize = 512;
/// Shortest `uuid` in it.
const UUID_CHARS_MIN: usize = 13;
/// How far its date may be away. Such clients make it before they ask a person to sign.
const WINDOW_MS: i64 = 300_000;

#[derive(Deserialize)]
struct Nonce {
    uuid: String,
    date: String,
}

/// Checks the nonce of a request, if it has one, and uses it up.
pub(super) fn pass(nonces: &Once, headers: &HeaderMap) -> Result<(), DfnsError> {
    pass_at(nonces, headers, Timestamp::now().as_millisecond())
}

fn pass_at(nonces: &Once, headers: &HeaderMap, now_ms: i64) -> Result<(), DfnsError> {
    let mut given = headers.get_all(HEADER).iter();
    let text = match (given.next(), given.next()) {
        (None, _) => return Ok(()),
        (Some(_), Some(_)) => return Err(DfnsError::Nonce),
        (Some(value), None) => value.to_str().map_err(|_| DfnsError::Nonce)?,
    };
    let date_ms = read(text).ok_or(DfnsError::Nonce)?;
    if (now_ms - date_ms).abs() > WINDOW_MS {
        return Err(DfnsError::Nonce);
    }
    // A nonce from the future can come again until the window behind its date is over, too.
    let passed = nonces.pass(text, now_ms, now_ms + 2 * WINDOW_MS);
    passed.map_err(|error| match error {
        NotOnce::Repeated => DfnsError::NonceUsed,
        NotOnce::Full => {
            let text = "Too many requests with a nonce: try again in a moment.";
            DfnsError::Unavailable(text.into())
        }
    })
}

/// The date in a nonce.
fn read(text: &str) -> Option<i64> {
    if text.len() > BYTES_MAX {
        return None;
    }
    let json = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?;
    let nonce: Nonce = serde_json::from_slice(&json).ok()?;
    if nonce.uuid.chars().count() < UUID_CHARS_MIN {
        return None;
    }
    let date: Timestamp = nonce.date.parse().ok()?;
    Some(date.as_millisecond())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const NOW_MS: i64 = 1_774_000_000_000;

    fn headers(uuid: &str, date_ms: i64) -> HeaderMap {
        let date = Timestamp::from_millisecond(date_ms).unwrap();
        let json = format!(r#"{{"uuid":"{uuid}","date":"{date}"}}"#);
        let value = HeaderValue::from_str(&URL_SAFE_NO_PAD.encode(json)).unwrap();
        HeaderMap::from_iter([(HEADER.parse().unwrap(), value)])
    }

    #[test]
    fn a_nonce_is_optional_fresh_and_used_once() {
        let nonces = Once::default();
        assert_eq!(pass_at(&nonces, &HeaderMap::new(), NOW_MS), Ok(()));
        let first = headers("0123456789abc", NOW_MS);
        assert_eq!(pass_at(&nonces, &first, NOW_MS), Ok(()));
        assert_eq!(
            pass_at(&nonces, &first, NOW_MS + 1),
            Err(DfnsError::NonceUsed)
        );
        assert_eq!(
            pass_at(&nonces, &first, NOW_MS + WINDOW_MS + 1),
            Err(DfnsError::Nonce)
        );
        let future = headers("0123456789abd", NOW_MS + WINDOW_MS);
        assert_eq!(pass_at(&nonces, &future, NOW_MS), Ok(()));
        let late = NOW_MS + 2 * WINDOW_MS;
        assert_eq!(pass_at(&nonces, &future, late), Err(DfnsError::NonceUsed));
        for (uuid, date_ms) in [
            ("0123456789ab", NOW_MS),
            ("0123456789abe", NOW_MS - WINDOW_MS - 1),
            ("0123456789abf", NOW_MS + WINDOW_MS + 1),
        ] {
            assert_eq!(
                pass_at(&nonces, &headers(uuid, date_ms), NOW_MS),
                Err(DfnsError::Nonce)
            );
        }
        let odd = HeaderMap::from_iter([(HEADER.parse().unwrap(), HeaderValue::from_static("?"))]);
        assert_eq!(pass_at(&nonces, &odd, NOW_MS), Err(DfnsError::Nonce));
    }
}
