//! The times of a receipt: their order in the log, the time that a verdict states, and times as text.
//!
//! When a bound statement expires is a rule of every deactivation; `did::judge` checks it (`did`,
//! `rules/deactivate.rs`).

use super::reasons::NoProof;

/// A time in milliseconds since 1970-01-01 UTC, by the clock that the verifier relies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// The clocks of a quorum of witnesses.
    Witnessed(u64),
    /// The log's own clock: the policy requires no witness.
    LogClock(u64),
}

impl When {
    pub(super) fn of(witnessed_s: Option<u64>, log_ms: u64) -> Self {
        let witnessed_ms = witnessed_s.map(|s| s.saturating_mul(1_000));
        witnessed_ms.map_or(When::LogClock(log_ms), When::Witnessed)
    }
}

/// The times that the log itself wrote around a deactivation, in milliseconds.
pub(super) struct LogTimes {
    /// Of the state leaf under which it was judged.
    pub(super) state_ms: u64,
    /// Of the operation leaf.
    pub(super) operation_ms: u64,
    /// Of the leaf in this log: the same, or that of the import around the operation.
    pub(super) accepted_ms: u64,
}

impl LogTimes {
    pub(super) fn check_order(&self) -> Result<(), NoProof> {
        if self.state_ms > self.accepted_ms || self.operation_ms > self.accepted_ms {
            return Err(NoProof::TimeRunsBackwards);
        }
        Ok(())
    }
}

const DAY_MS: u64 = 86_400_000;
/// 400 years of the Gregorian calendar.
const ERA_DAYS: u64 = 146_097;
/// From 0000-03-01 to 1970-01-01.
const EPOCH_DAYS: u64 = 719_468;

/// RFC 3339 with milliseconds and `Z`. Years after 9999, which it cannot express, get a `+` in front and all their
/// digits (ISO 8601-1, expanded representation). Receipts are bytes that stay, so no library's format is used.
pub(super) fn rfc3339(unix_ms: u64) -> String {
    let (year, month, day) = date(unix_ms / DAY_MS);
    let ms = unix_ms % DAY_MS;
    let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
    let sign = if year > 9999 { "+" } else { "" };
    let ms = ms % 1_000;
    format!("{sign}{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

/// Years begin in March here, so that the leap day is the last one.
fn date(unix_days: u64) -> (u64, u64, u64) {
    let days = unix_days + EPOCH_DAYS;
    let (era, day_of_era) = (days / ERA_DAYS, days % ERA_DAYS);
    let leap_days = day_of_era / 1_460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::rfc3339;

    #[test]
    fn moments_are_those_of_the_gregorian_calendar() {
        // From `date --utc --date=@<seconds> --iso-8601=seconds`.
        let cases = [
            (0, "1970-01-01T00:00:00.000Z"),
            (1, "1970-01-01T00:00:00.001Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_800_000_000_123, "2027-01-15T08:00:00.123Z"),
            (1_735_689_599_000, "2024-12-31T23:59:59.000Z"),
            (1_735_689_600_000, "2025-01-01T00:00:00.000Z"),
            (4_107_542_399_000, "2100-02-28T23:59:59.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (13_574_563_200_000, "2400-02-29T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (253_402_300_800_000, "+10000-01-01T00:00:00.000Z"),
            (u64::MAX, "+584556019-04-03T14:25:51.615Z"),
        ];
        for (unix_ms, text) in cases {
            assert_eq!(rfc3339(unix_ms), text);
        }
    }
}
