//! Values that may come once.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

/// Values that are remembered at once.
const SEEN_MAX: usize = 65_536;

/// The values that came while they could come again.
#[derive(Default)]
pub struct Once(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    hashes: HashSet<[u8; 32]>,
    order: VecDeque<(i64, [u8; 32])>,
}

/// Why a value does not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotOnce {
    /// It came before.
    Repeated,
    /// Too many others are remembered.
    Full,
}

impl Once {
    /// Lets a value pass that has not come before, and remembers it until `until_ms`, in Unix milliseconds.
    ///
    /// # Errors
    /// [`NotOnce`].
    pub fn pass(&self, value: &str, now_ms: i64, until_ms: i64) -> Result<(), NotOnce> {
        let hash: [u8; 32] = Sha256::digest(value).into();
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(&(until_ms, old)) = seen.order.front() {
            if until_ms >= now_ms {
                break;
            }
            seen.order.pop_front();
            seen.hashes.remove(&old);
        }
        if seen.hashes.contains(&hash) {
            return Err(NotOnce::Repeated);
        }
        if seen.hashes.len() >= SEEN_MAX {
            return Err(NotOnce::Full);
        }
        seen.hashes.insert(hash);
        seen.order.push_back((until_ms, hash));
        Ok(())
    }
}
