//! One submission a DID at a time: a second transaction beside one that may live could undo what it was judged on.

use std::collections::BTreeSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use did::Did;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// Locks; two DIDs may share one, and then wait for each other.
const LOCKS: usize = 4096;

pub(crate) struct Turns(Vec<Arc<Mutex<()>>>);

impl Turns {
    pub(crate) fn new() -> Self {
        Self((0..LOCKS).map(|_| Arc::default()).collect())
    }

    /// Waits until no other submission concerns any of these DIDs; always in one order, so that no two wait for each
    /// other.
    pub(crate) async fn of<'d>(
        &self,
        dids: impl Iterator<Item = &'d Did>,
    ) -> Vec<OwnedMutexGuard<()>> {
        let places: BTreeSet<usize> = dids.map(place).collect();
        let mut turns = Vec::with_capacity(places.len());
        for place in places {
            turns.push(Arc::clone(&self.0[place]).lock_owned().await);
        }
        turns
    }
}

fn place(did: &Did) -> usize {
    let mut hasher = DefaultHasher::new();
    did.as_str().hash(&mut hasher);
    hasher.finish() as usize % LOCKS
}
