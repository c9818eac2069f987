//! What has been acknowledged and is not in the index yet.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use proof::Hash;
use proof::merkle::Subtree;
use proof::state::{NibbleNode, NibblePath, StateKey};

use super::evidence::Evidence;
use super::follower::Backlog;
use super::record::{FrameRecord, HeadRecord, IndexPosition, VersionRecord};
use super::resource::ResourceRecord;

/// Everything that one batch changes.
#[derive(Clone, Debug)]
pub(crate) struct BatchChanges {
    /// The position of the index after this batch.
    pub(crate) position: IndexPosition,
    /// The signed checkpoint of that position; empty in a replay, which knows only that of the newest head.
    pub(crate) checkpoint: String,
    pub(crate) dids: Vec<DidChange>,
    /// Signers besides the subject that its new documents name.
    pub(crate) named: Vec<Named>,
    pub(crate) nodes: Vec<(NibblePath, NibbleNode)>,
    pub(crate) frame: FrameRecord,
    /// The subtrees of the log's tree that it completed, leaves included, each behind those that it is made of.
    pub(crate) subtrees: Vec<(Subtree, Hash)>,
}

/// A DID's new head and the versions that led to it.
#[derive(Clone, Debug)]
pub(crate) struct DidChange {
    pub(crate) key: StateKey,
    pub(crate) head: HeadRecord,
    pub(crate) versions: Vec<VersionRecord>,
    /// Of its deactivation, if it is one of them.
    pub(crate) evidence: Option<Arc<Evidence>>,
    /// What joined its collection, oldest first. It leaves the head as it is, but for the count.
    pub(crate) resources: Vec<ResourceRecord>,
}

/// A DID names another one as a controller, of itself or of a method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) signer: StateKey,
    pub(crate) subject: StateKey,
    /// The subject, in normal form.
    pub(crate) did: String,
}

/// The newest changes, which readers look at before they ask the index.
#[derive(Default)]
pub(crate) struct Overlay {
    dids: RwLock<HashMap<StateKey, Recent>>,
    log: RwLock<RecentLog>,
    /// By signer and subject: the subject's text, and the newest batch that records it.
    named: RwLock<BTreeMap<(StateKey, StateKey), (String, u64)>>,
    /// The batches themselves, on their way into the index.
    pub(crate) backlog: Backlog,
}

struct Recent {
    /// The newest batch that changed the DID.
    sequence: u64,
    head: HeadRecord,
    versions: Vec<VersionRecord>,
    evidence: Option<Arc<Evidence>>,
    resources: Vec<ResourceRecord>,
}

#[derive(Default)]
struct RecentLog {
    subtrees: HashMap<Subtree, Hash>,
    /// By the index of their first entry.
    frames: BTreeMap<u64, FrameRecord>,
}

impl Overlay {
    /// Lets readers see a batch, whole: the log first, so that it holds whatever a DID's change refers to.
    pub(crate) fn publish(&self, batch: &BatchChanges) {
        {
            let mut log = self.log.write().unwrap_or_else(PoisonError::into_inner);
            log.subtrees.extend(batch.subtrees.iter().copied());
            log.frames.insert(batch.frame.first_index, batch.frame);
        }
        let sequence = batch.position.position.sequence;
        if !batch.named.is_empty() {
            let mut named = self.named.write().unwrap_or_else(PoisonError::into_inner);
            named.extend(batch.named.iter().map(|one| {
                let key = (one.signer, one.subject);
                (key, (one.did.clone(), sequence))
            }));
        }
        let mut dids = self.dids.write().unwrap_or_else(PoisonError::into_inner);
        for change in &batch.dids {
            match dids.get_mut(&change.key) {
                Some(recent) => {
                    recent.sequence = sequence;
                    recent.head = change.head.clone();
                    recent.versions.extend(change.versions.iter().cloned());
                    recent.resources.extend(change.resources.iter().cloned());
                    if change.evidence.is_some() {
                        recent.evidence.clone_from(&change.evidence);
                    }
                }
                None => {
                    let recent = Recent {
                        sequence,
                        head: change.head.clone(),
                        versions: change.versions.clone(),
                        evidence: change.evidence.clone(),
                        resources: change.resources.clone(),
                    };
                    dids.insert(change.key, recent);
                }
            }
        }
    }

    /// Forgets what the index holds up to this batch.
    pub(crate) fn retire(&self, batches: &[Arc<BatchChanges>]) {
        let Some(last) = batches.last() else { return };
        let until = last.position.position.sequence;
        {
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
        if batches.iter().any(|batch| !batch.named.is_empty()) {
            let mut named = self.named.write().unwrap_or_else(PoisonError::into_inner);
            named.retain(|_, (_, sequence)| *sequence > until);
        }
        for batch in batches {
            let mut log = self.log.write().unwrap_or_else(PoisonError::into_inner);
            log.frames.remove(&batch.frame.first_index);
            for (at, _) in &batch.subtrees {
                log.subtrees.remove(at);
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

    pub(crate) fn evidence(&self, key: &StateKey) -> Option<Arc<Evidence>> {
        self.look(key, |recent| recent.evidence.clone())
    }

    /// The newest resource of a DID that `wanted` takes, if it is among the newest changes.
    pub(crate) fn resource(
        &self,
        key: &StateKey,
        wanted: impl Fn(&ResourceRecord) -> bool,
    ) -> Option<ResourceRecord> {
        self.look(key, |recent| {
            let mut newest_first = recent.resources.iter().rev();
            newest_first.find(|record| wanted(record)).cloned()
        })
    }

    /// The newest resources of a DID before an entry, the newest first, at most `limit`.
    pub(crate) fn resources_before(
        &self,
        key: &StateKey,
        before: u64,
        limit: usize,
    ) -> Vec<ResourceRecord> {
        let found = self.look(key, |recent| {
            let newest_first = recent.resources.iter().rev();
            let wanted = newest_first.filter(|record| record.entry.index < before);
            Some(wanted.take(limit).cloned().collect())
        });
        found.unwrap_or_default()
    }

    /// The DIDs that have named a signer lately.
    pub(crate) fn named(&self, signer: &StateKey) -> Vec<(StateKey, String)> {
        let named = self.named.read().unwrap_or_else(PoisonError::into_inner);
        let of_signer = named.iter().filter(|((named, _), _)| named == signer);
        of_signer
            .map(|((_, subject), (did, _))| (*subject, did.clone()))
            .collect()
    }

    /// The root of a subtree of the log's tree that one of the newest batches completed.
    pub(crate) fn subtree(&self, at: Subtree) -> Option<Hash> {
        let log = self.log.read().unwrap_or_else(PoisonError::into_inner);
        log.subtrees.get(&at).copied()
    }

    /// The frame that holds an entry, if it is among the newest.
    pub(crate) fn frame_of(&self, entry: u64) -> Option<FrameRecord> {
        let log = self.log.read().unwrap_or_else(PoisonError::into_inner);
        log.frames
            .range(..=entry)
            .next_back()
            .map(|(_, frame)| *frame)
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
