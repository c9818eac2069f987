//! The `Accept` header (RFC 9110, section 12.5.1).

use axum::http::{HeaderMap, header};

/// Longest header that is read, all its lines together, in bytes. Browsers send about 200.
const BYTES_MAX: usize = 1024;
/// Most media ranges that are read.
const RANGES_MAX: usize = 32;

/// What a client accepts.
#[derive(Debug, PartialEq, Eq)]
pub struct Accept {
    ranges: Vec<Range>,
}

/// The header is longer than 1,024 bytes or names more than 32 media ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the Accept header is too long: at most {BYTES_MAX} bytes and {RANGES_MAX} media ranges are read"
)]
pub struct AcceptTooLong;

#[derive(Debug, PartialEq, Eq)]
struct Range {
    kind: String,
    subtype: String,
    /// URIs of a `profile` parameter; other parameters do not choose between our types.
    profiles: Vec<String>,
    /// In thousandths.
    quality: u16,
}

impl Accept {
    /// Reads the header. Without one, everything is accepted. Elements that are not media ranges are left out.
    ///
    /// # Errors
    /// When the header is too long to be read.
    pub fn of(headers: &HeaderMap) -> Result<Accept, AcceptTooLong> {
        let lines: Vec<&[u8]> = headers
            .get_all(header::ACCEPT)
            .iter()
            .map(|line| line.as_bytes())
            .collect();
        if lines.iter().map(|line| line.len()).sum::<usize>() > BYTES_MAX {
            return Err(AcceptTooLong);
        }
        let mut ranges = Vec::new();
        let mut elements = 0;
        for line in lines {
            let Ok(line) = std::str::from_utf8(line) else {
                continue;
            };
            for element in split(line, ',')
                .into_iter()
                .filter(|element| !element.is_empty())
            {
                elements += 1;
                if elements > RANGES_MAX {
                    return Err(AcceptTooLong);
                }
                ranges.extend(Range::parse(element));
            }
        }
        if elements == 0 {
            ranges.push(Range {
                kind: "*".into(),
                subtype: "*".into(),
                profiles: vec![],
                quality: 1000,
            });
        }
        Ok(Accept { ranges })
    }

    /// How much anything is wanted that is none of these subtypes of `application`.
    pub(crate) fn quality_of_others(&self, subtypes: &[&str]) -> u16 {
        let others = self.ranges.iter().filter(|range| {
            range.kind != "application" || !subtypes.contains(&range.subtype.as_str())
        });
        others.map(|range| range.quality).max().unwrap_or(0)
    }

    /// Whether a media type, which may have parameters, is wanted at all.
    pub(crate) fn takes(&self, media_type: &str) -> bool {
        let name = media_type.split(';').next().unwrap_or_default().trim();
        let (kind, subtype) = name.split_once('/').unwrap_or_default();
        self.quality(kind, subtype, None) > 0
    }

    /// How much a type is wanted, in thousandths: the weight of the most specific range that names it; 0 is "not".
    pub(crate) fn quality(&self, kind: &str, subtype: &str, profile: Option<&str>) -> u16 {
        let matching = self
            .ranges
            .iter()
            .filter_map(|range| Some((range.matches(kind, subtype, profile)?, range.quality)));
        matching.max().map_or(0, |(_, quality)| quality)
    }
}

impl Range {
    fn parse(element: &str) -> Option<Range> {
        let mut parts = split(element, ';').into_iter();
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let (kind, subtype) = (
            kind.trim().to_ascii_lowercase(),
            subtype.trim().to_ascii_lowercase(),
        );
        if kind.is_empty() || subtype.is_empty() || (kind == "*" && subtype != "*") {
            return None;
        }
        let mut range = Range {
            kind,
            subtype,
            profiles: vec![],
            quality: 1000,
        };
        for part in parts.filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=')?;
            match name.trim().to_ascii_lowercase().as_str() {
                "q" => range.quality = quality(value.trim())?,
                "profile" => {
                    range.profiles = unquoted(value.trim())
                        .split_whitespace()
                        .map(str::to_owned)
                        .collect()
                }
                _ => {}
            }
        }
        Some(range)
    }

    /// How specifically this range names a type: 0 for everything, 3 for the type and its profile.
    fn matches(&self, kind: &str, subtype: &str, profile: Option<&str>) -> Option<u8> {
        if self.kind == "*" {
            return Some(0);
        }
        if self.kind != kind {
            return None;
        }
        if self.subtype == "*" {
            return Some(1);
        }
        if self.subtype != subtype {
            return None;
        }
        if self.profiles.is_empty() {
            return Some(2);
        }
        match profile {
            // Only types that exist in several profiles are told apart by them.
            None => Some(2),
            Some(profile) => self.profiles.iter().any(|own| own == profile).then_some(3),
        }
    }
}

/// Splits at a separator, but not inside quoted strings.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    let pieces = text.split(move |character| {
        let was_escaped = std::mem::take(&mut escaped);
        match character {
            '\\' if quoted && !was_escaped => escaped = true,
            '"' if !was_escaped => quoted = !quoted,
            _ => {}
        }
        character == separator && !quoted
    });
    pieces.map(str::trim).collect()
}

fn unquoted(value: &str) -> String {
    let Some(inner) = value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    else {
        return value.into();
    };
    let mut escaped = false;
    inner
        .chars()
        .filter(|character| {
            escaped = *character == '\\' && !escaped;
            !escaped
        })
        .collect()
}

/// `0`, `1`, or with up to three decimals, in thousandths.
fn quality(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths: u16 = format!("{decimals:0<3}").parse().ok()?;
    match (whole, thousandths) {
        ("0", _) => Some(thousandths),
        ("1", 0) => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn weights_are_read_exactly() {
        for (text, expected) in [
            ("0", Some(0)),
            ("0.", Some(0)),
            ("0.5", Some(500)),
            ("0.001", Some(1)),
            ("1", Some(1000)),
            ("1.000", Some(1000)),
        ] {
            assert_eq!(quality(text), expected, "{text}");
        }
        for text in ["", ".5", "1.1", "2", "-0", "0.0001", "0.5x", "+1"] {
            assert_eq!(quality(text), None, "{text}");
        }
    }

    #[test]
    fn quotes_hide_separators() {
        assert_eq!(split(r#"a;p="x,\",y", b"#, ','), [r#"a;p="x,\",y""#, "b"]);
        assert_eq!(unquoted(r#""a\"b\\c""#), r#"a"b\c"#);
    }

    proptest! {
        #[test]
        fn any_header_gives_ranges_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..1200)) {
            if let Ok(value) = axum::http::HeaderValue::from_bytes(&bytes) {
                let _ = Accept::of(&HeaderMap::from_iter([(header::ACCEPT, value)]));
            }
        }
    }
}
