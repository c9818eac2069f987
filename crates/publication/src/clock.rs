//! The wall clock, and times as text.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

/// Unix milliseconds.
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}

/// RFC 3339 with milliseconds, in UTC. Times beyond the year 9999 are written as its last one.
pub(crate) fn rfc3339_ms(ms: u64) -> String {
    let time = i64::try_from(ms)
        .ok()
        .and_then(|ms| Timestamp::from_millisecond(ms).ok())
        .unwrap_or(Timestamp::MAX);
    format!("{time:.3}")
}

/// RFC 3339 to the second, in UTC, as W3C's `dateTimeStamp` is written in credentials.
pub(crate) fn rfc3339_s(ms: u64) -> String {
    let time = i64::try_from(ms / 1000)
        .ok()
        .and_then(|s| Timestamp::from_second(s).ok())
        .unwrap_or(Timestamp::MAX);
    format!("{time:.0}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_utc_with_the_digits_promised() {
        assert_eq!(rfc3339_ms(1_700_000_000_007), "2023-11-14T22:13:20.007Z");
        assert_eq!(rfc3339_s(1_700_000_000_999), "2023-11-14T22:13:20Z");
        assert!(rfc3339_ms(u64::MAX).starts_with("9999-12-30"));
    }
}
