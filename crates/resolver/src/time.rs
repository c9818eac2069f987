//! Times as they are published: RFC 3339, UTC, whole seconds.

use std::fmt;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

/// Longest text that is read as a time, in bytes.
const TEXT_BYTES_MAX: usize = 64;

/// A moment, shown as `2026-01-31T12:00:00Z`; parts of a second are cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(Timestamp);

impl Seconds {
    /// The moment so many milliseconds after 1970. One that lies beyond the calendar is shown as its last day.
    pub fn of_ms(unix_ms: u64) -> Seconds {
        let seconds = i64::try_from(unix_ms / 1000).unwrap_or(i64::MAX);
        Seconds(Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX))
    }

    /// The present moment.
    pub fn now() -> Seconds {
        Seconds(Timestamp::from_second(Timestamp::now().as_second()).unwrap_or(Timestamp::MAX))
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0}", self.0)
    }
}

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Unix milliseconds of the end of a second, as DID Resolution v1 writes times: `2026-01-31T12:00:00Z`, in UTC and
/// without fractions. `None` for everything else.
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

/// Where digits and signs stand.
const UTC_PATTERN: &[u8; 20] = b"0000-00-00T00:00:00Z";

/// Unix milliseconds of a time with an offset (RFC 3339); the end of the second when the text has no fraction, since
/// that is how precisely times are published. `None` when it cannot be read.
pub fn parse_ms(text: &str) -> Option<u64> {
    if text.len() > TEXT_BYTES_MAX {
        return None;
    }
    until(text.parse().ok()?, text)
}

/// The same of a time as clients of the cheqd resolver write it too: of an internet message (RFC 9110, section 5.6.7),
/// or in UTC without an offset, or a date, which means its first second.
pub fn parse_any_ms(text: &str) -> Option<u64> {
    if text.len() > TEXT_BYTES_MAX {
        return None;
    }
    if let Some(time_ms) = parse_ms(text) {
        return Some(time_ms);
    }
    if let Ok(time) = jiff::fmt::rfc2822::parse(text) {
        return until(time.timestamp(), "");
    }
    let time: jiff::civil::DateTime = text.parse().ok()?;
    let time = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    until(time.timestamp(), text)
}

fn until(time: Timestamp, text: &str) -> Option<u64> {
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
    fn times_are_shown_in_whole_seconds() {
        assert_eq!(Seconds::of_ms(0).to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(
            Seconds::of_ms(1_774_000_000_999).to_string(),
            "2026-03-20T09:46:40Z"
        );
        assert!(
            Seconds::of_ms(u64::MAX)
                .to_string()
                .starts_with("9999-12-30T")
        );
        assert_eq!(Seconds::now().to_string().len(), 20);
    }

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
