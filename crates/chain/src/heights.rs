//! Heights. A block is a second, counted from the beginning of the chain, and blocks without transactions are not
//! stored: a height is a time. It never decreases, and it waits for transactions that are under way. A client that sees
//! a height beyond a transaction's timeout can rely on its absence.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use clock::now_ms;

/// Length of a block, in milliseconds.
pub const BLOCK_MS: u64 = 1000;

/// The heights of one chain.
pub(crate) struct Heights {
    genesis_ms: u64,
    state: Mutex<State>,
}

struct State {
    height: u64,
    /// Heights that are held, and by how many.
    held: BTreeMap<u64, usize>,
}

/// Keeps the height from going on until it is dropped.
pub(crate) struct Hold {
    heights: Arc<Heights>,
    height: u64,
}

impl Heights {
    /// Heights that begin at `floor` or above.
    pub(crate) fn new(genesis_ms: u64, floor: u64) -> Self {
        let state = State {
            height: floor.max(1),
            held: BTreeMap::new(),
        };
        Self {
            genesis_ms,
            state: Mutex::new(state),
        }
    }

    /// The height of the newest block, which is open until its second ends.
    pub(crate) fn height(&self) -> u64 {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.advance(self.height_at(now_ms()))
    }

    /// Holds the height.
    pub(crate) fn hold(self: &Arc<Self>) -> Hold {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let height = state.advance(self.height_at(now_ms()));
        *state.held.entry(height).or_default() += 1;
        Hold {
            heights: Arc::clone(self),
            height,
        }
    }

    /// Holds the height where it was at the start.
    pub(crate) fn hold_at_start(self: &Arc<Self>) -> Hold {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let height = state.height;
        *state.held.entry(height).or_default() += 1;
        Hold {
            heights: Arc::clone(self),
            height,
        }
    }

    /// When a block begins, in Unix milliseconds.
    pub(crate) fn begins_ms(&self, height: u64) -> u64 {
        let passed = height.saturating_sub(1).saturating_mul(BLOCK_MS);
        self.genesis_ms.saturating_add(passed)
    }

    fn height_at(&self, time_ms: u64) -> u64 {
        1 + time_ms.saturating_sub(self.genesis_ms) / BLOCK_MS
    }
}

impl State {
    fn advance(&mut self, target: u64) -> u64 {
        let ceiling = self.held.keys().next().copied().unwrap_or(u64::MAX);
        self.height = self.height.max(target.min(ceiling));
        self.height
    }
}

impl Hold {
    /// The height that is held.
    pub(crate) fn height(&self) -> u64 {
        self.height
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut state = self
            .heights
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = state.held.get_mut(&self.height) {
            *count -= 1;
            if *count == 0 {
                state.held.remove(&self.height);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Heights that began so many blocks ago.
    fn heights(blocks_ago: u64, floor: u64) -> Arc<Heights> {
        let genesis_ms = now_ms() - blocks_ago * BLOCK_MS - BLOCK_MS / 2;
        Arc::new(Heights::new(genesis_ms, floor))
    }

    #[test]
    fn a_height_is_a_time_and_never_below_what_was_seen() {
        assert!(heights(10, 1).height() >= 11);
        assert_eq!(heights(10, 500).height(), 500);
        assert!(heights(0, 0).height() >= 1);
        let heights = heights(10, 1);
        assert_eq!(heights.begins_ms(1), heights.genesis_ms);
        assert_eq!(heights.height_at(heights.begins_ms(7)), 7);
        assert_eq!(heights.height_at(heights.begins_ms(7) - 1), 6);
    }

    #[test]
    fn a_held_height_stays_until_the_last_lets_go() {
        let heights = heights(10, 5);
        let first = heights.hold_at_start();
        assert_eq!((first.height(), heights.height()), (5, 5));
        let second = heights.hold();
        assert_eq!(second.height(), 5);
        drop(first);
        assert_eq!(heights.height(), 5);
        drop(second);
        assert!(heights.height() >= 11);
    }
}
