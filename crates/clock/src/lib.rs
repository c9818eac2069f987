//! The wall clock, and times as text (RFC 3339). Every crate with side effects reads the time here.

mod read;
mod write;

use std::time::{SystemTime, UNIX_EPOCH};

pub use read::{parse_any_ms, parse_ms, parse_utc_ms};
pub use write::{Seconds, rfc3339_ms, rfc3339_s};

/// The present time in Unix milliseconds. A clock set before 1970 reads as 0.
#[must_use]
pub fn now_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
