//! The time by which things expire.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time. Clones tell the same one.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> u64 + Send + Sync>);

impl Clock {
    /// A clock that answers with Unix time in milliseconds.
    pub fn new(now_ms: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now_ms))
    }

    /// The clock of the machine.
    pub fn system() -> Self {
        Self::new(now_ms)
    }

    /// Unix time in milliseconds.
    pub fn now_ms(&self) -> u64 {
        (self.0)()
    }
}

/// Unix time in milliseconds, by the clock of the machine.
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
