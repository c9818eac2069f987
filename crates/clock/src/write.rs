//! Unix milliseconds to RFC 3339, in UTC. Times beyond the year 9999 are written as its last moment.

use std::fmt;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

/// With milliseconds: `2026-01-31T12:00:00.000Z`.
#[must_use]
pub fn rfc3339_ms(unix_ms: u64) -> String {
    let ms = i64::try_from(unix_ms).unwrap_or(i64::MAX);
    let time = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX);
    format!("{time:.3}")
}

/// In whole seconds, cut off: `2026-01-31T12:00:00Z`. This is the `dateTimeStamp` of W3C credentials.
#[must_use]
pub fn rfc3339_s(unix_ms: u64) -> String {
    Seconds::of_ms(unix_ms).to_string()
}

/// A time that is displayed and serialized in whole seconds, as DID Resolution writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(Timestamp);

impl Seconds {
    /// Cuts off the milliseconds.
    #[must_use]
    pub fn of_ms(unix_ms: u64) -> Seconds {
        let seconds = i64::try_from(unix_ms / 1000).unwrap_or(i64::MAX);
        Seconds(Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX))
    }

    /// The present second.
    #[must_use]
    pub fn now() -> Seconds {
        Seconds::of_ms(crate::now_ms())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_utc_with_the_digits_promised() {
        assert_eq!(rfc3339_ms(1_700_000_000_007), "2023-11-14T22:13:20.007Z");
        assert_eq!(rfc3339_s(1_700_000_000_999), "2023-11-14T22:13:20Z");
        assert_eq!(Seconds::of_ms(0).to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(Seconds::now().to_string().len(), 20);
    }

    #[test]
    fn times_beyond_the_calendar_are_written_as_its_last_moment() {
        assert!(rfc3339_ms(u64::MAX).starts_with("9999-12-30T"));
        assert!(rfc3339_s(u64::MAX).starts_with("9999-12-30T"));
    }
}
