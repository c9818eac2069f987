//! What has been acknowledged and is not in the index yet.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use proof::state::{NibbleNode, NibblePath, StateKey};

use super::record::{HeadRecord, IndexPosition, VersionRecord};

/// Everything that one batch changes.
#[derive(Clone, Debug)]
pub(crate) struct BatchChanges {
    /// Where the index stands behind this batch.
    pub(crate) position: IndexPosition,
    pub(crate) dids: Vec<DidChange>,
    pub(crate) nodes: Vec<(NibblePath, NibbleNode)>,
}

/// A DID's new head and the versions that led to it.
#[derive(Clone, Debug)]
pub(crate) struct DidChange {
    pub(crate) key: StateKey,
    pub(crate) head: HeadRecord,
    pub(crate) versions: Vec<VersionRecord>,
}

/// The newest changes, which readers look at before they ask the index.
#[derive(Default)]
pub(crate) struct Overlay {
    dids: RwLock<HashMap<StateKey, Recent>>,
}

struct Recent {
    /// The newest batch that changed the DID.
    sequence: u64,
    head: HeadRecord,
    versions: Vec<VersionRecord>,
}

impl Overlay {
    /// Lets readers see a batch, whole.
    pub(crate) fn publish(&self, batch: &BatchChanges) {
        let sequence = batch.position.position.sequence;
        let mut dids = self.dids.write().unwrap_or_else(PoisonError::into_inner);
        for change in &batch.dids {
            match dids.get_mut(&change.key) {
                Some(recent) => {
                    recent.sequence = sequence;
                    recent.head = change.head.clone();
                    recent.versions.extend(change.versions.iter().cloned());
                }
                None => {
                    let recent = Recent {
                        sequence,
                        head: change.head.clone(),
                        versions: change.versions.clone(),
                    };
                    dids.insert(change.key, recent);
                }
            }
        }
    }

    /// Forgets what the index holds up to this batch.
    pub(crate) fn retire(&self, batches: &[std::sync::Arc<BatchChanges>]) {
        let Some(last) = batches.last() else { return };
        let until = last.position.position.sequence;
        let mut dids = self.dids.write().unwrap_or_else(PoisonError::into_inner);
        for change in batches.iter().flat_map(|batch| &batch.dids) {
            if dids
                .get(&change.key)
                .is_some_and(|recent| recent.sequence <= until)
            {
                dids.remove(&change.key);
            }
        }
    }

    pub(crate) fn head(&self, key: &StateKey) -> Option<HeadRecord> {
        self.look(key, |recent| Some(recent.head.clone()))
    }

    pub(crate) fn version(&self, key: &StateKey, sequence: u64) -> Option<VersionRecord> {
        self.look(key, |recent| {
            recent
                .versions
                .iter()
                .find(|version| version.sequence == sequence)
                .cloned()
        })
    }

    pub(crate) fn sequence_of(&self, key: &StateKey, version_id: &str) -> Option<u64> {
        let same = |version: &&VersionRecord| version.version_id == version_id;
        self.look(key, |recent| {
            recent
                .versions
                .iter()
                .find(same)
                .map(|version| version.sequence)
        })
    }

    fn look<T>(&self, key: &StateKey, take: impl FnOnce(&Recent) -> Option<T>) -> Option<T> {
        take(
            self.dids
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .get(key)?,
        )
    }
}
