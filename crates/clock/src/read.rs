//! Text to Unix milliseconds. Published times have whole seconds, so a text without a fraction means the end of its
//! second: what happened within that second is then included.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;

/// Longest text that is parsed as a time, in bytes.
const TEXT_BYTES_MAX: usize = 64;

/// Parses `2026-01-31T12:00:00Z` alone, the form of DID Resolution v1: in UTC and without a fraction.
#[must_use]
pub fn parse_utc_ms(text: &str) -> Option<u64> {
    let fits = text.len() == UTC_PATTERN.len()
        && text
            .bytes()
            .zip(UTC_PATTERN)
            .all(|(byte, pattern)| match pattern {
                b'0' => byte.is_ascii_digit(),
                _ => byte == *pattern,
            });
    // XML Schema has no leap seconds, which the parser would take.
    let is_leap_second = text.ends_with(":60Z");
    if !fits || is_leap_second {
        return None;
    }
    parse_ms(text)
}

/// A `0` is any digit.
const UTC_PATTERN: &[u8; 20] = b"0000-00-00T00:00:00Z";

/// Parses an RFC 3339 time with any offset.
#[must_use]
pub fn parse_ms(text: &str) -> Option<u64> {
    if text.len() > TEXT_BYTES_MAX {
        return None;
    }
    unix_ms(text.parse().ok()?, text)
}

/// Parses RFC 3339 and what clients of the cheqd resolver write beside it: the date of an internet message (RFC 9110,
/// section 5.6.7), a time in UTC without an offset, and a date, which means its first second.
#[must_use]
pub fn parse_any_ms(text: &str) -> Option<u64> {
    if text.len() > TEXT_BYTES_MAX {
        return None;
    }
    if let Some(time_ms) = parse_ms(text) {
        return Some(time_ms);
    }
    if let Ok(time) = rfc2822::parse(text) {
        return unix_ms(time.timestamp(), "");
    }
    let time: DateTime = text.parse().ok()?;
    let time = time.to_zoned(TimeZone::UTC).ok()?;
    unix_ms(time.timestamp(), text)
}

fn unix_ms(time: Timestamp, text: &str) -> Option<u64> {
    let ms = u64::try_from(time.as_millisecond()).ok()?;
    let whole_seconds = !text.contains(['.', ',']);
    Some(if whole_seconds {
        ms - ms % 1000 + 999
    } else {
        ms
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_an_offset_and_nothing_else() {
        for (text, ms) in [
            ("1970-01-01T00:00:00Z", Some(999)),
            ("1970-01-01T01:00:00+01:00", Some(999)),
            ("1970-01-01T00:00:00.5Z", Some(500)),
            ("1969-12-31T23:59:59Z", None),
            ("1970-01-01T00:00:00", None),
            ("1970-01-01", None),
            ("", None),
            ("12345", None),
        ] {
            assert_eq!(parse_ms(text), ms, "{text}");
        }
        assert_eq!(parse_ms(&"1".repeat(65)), None);
    }

    #[test]
    fn the_standard_has_one_way_to_write_a_time() {
        assert_eq!(parse_utc_ms("1970-01-01T00:00:00Z"), Some(999));
        for text in [
            "1970-01-01T00:00:00.5Z",
            "1970-01-01T00:00:00.000Z",
            "1970-01-01T01:00:00+01:00",
            "1970-01-01T00:00:00+00:00",
            "1970-01-01T00:00:00",
            "1970-01-01t00:00:00z",
            "1970-01-01 00:00:00Z",
            "1970-01-01T00:00:60Z",
            "1970-01-01T24:00:00Z",
            "1970-02-30T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "",
        ] {
            assert_eq!(parse_utc_ms(text), None, "{text}");
        }
    }

    #[test]
    fn older_clients_write_times_in_other_ways() {
        for (text, ms) in [
            ("1970-01-01T00:00:00.5Z", Some(500)),
            ("1970-01-01T01:00:00+01:00", Some(999)),
            ("1970-01-01 00:00:01", Some(1999)),
            ("1970-01-02", Some(86_400_999)),
            ("Thu, 01 Jan 1970 00:00:01 GMT", Some(1999)),
            ("Thu, 01 Jan 1970 01:00:01 +0100", Some(1999)),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(parse_any_ms(text), ms, "{text}");
        }
    }
}
