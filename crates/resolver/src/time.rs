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

/// Unix milliseconds of a time with an offset (RFC 3339); the end of the second when the text has no fraction, since
/// that is how precisely times are published. `None` when it cannot be read.
pub fn parse_ms(text: &str) -> Option<u64> {
    if text.len() > TEXT_BYTES_MAX {
        return None;
    }
    let time: Timestamp = text.parse().ok()?;
    let ms = u64::try_from(time.as_millisecond()).ok()?;
    let whole_seconds = !text.contains(['.', ',']);
    Some(if whole_seconds {
        ms.saturating_add(999)
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
}
