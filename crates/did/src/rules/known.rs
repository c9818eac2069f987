//! The source of the states of DIDs, as the rules consult it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::judge_error::JudgeError;
use crate::{Did, Document};

/// Whether a DID can still change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It can be updated and deactivated.
    Active,
    /// Nothing changes any more, and it authorises nothing.
    Deactivated,
}

/// The newest operation of a DID, in the log or on a remote network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Index of the operation's leaf in the log; on a network without a log of its own a number that grows with every
    /// operation of the DID.
    pub index: u64,
    /// RFC 6962 hash of that leaf; on a network without a log a hash that identifies the DID's version.
    pub leaf_hash: [u8; 32],
}

impl Head {
    /// The head of a state that only the submission under judgement has made: no leaf has this index.
    pub const UNWRITTEN: Self = Self {
        index: u64::MAX,
        leaf_hash: [0; 32],
    };
}

/// One DID as the rules see it.
#[derive(Clone, Debug)]
pub struct DidState {
    /// The latest document.
    pub document: Document,
    /// Whether it is deactivated.
    pub status: Status,
    /// The operation that made this state.
    pub head: Head,
}

/// A DID that was looked at for a judgement, with what was found. `None`: it did not exist.
#[derive(Clone, Debug)]
pub struct Consulted {
    /// The DID.
    pub did: Did,
    /// Its latest state.
    pub state: Option<Arc<DidState>>,
}

/// A source of what is known: an index, a replay, or one of them with operations of the same submission on top.
pub trait Known {
    /// Why it could not answer.
    type Error;

    /// The latest state of a DID; `None` when there never was one.
    fn state(&mut self, did: &Did) -> Result<Option<Arc<DidState>>, Self::Error>;

    /// Whether this DID has had a version of this id.
    fn version_is_used(&mut self, did: &Did, version_id: &str) -> Result<bool, Self::Error>;

    /// Whether the collection of this DID has a resource of this id, which is in normal form.
    fn resource_exists(&mut self, did: &Did, resource_id: &str) -> Result<bool, Self::Error>;
}

impl<K: Known + ?Sized> Known for Box<K> {
    type Error = K::Error;

    fn state(&mut self, did: &Did) -> Result<Option<Arc<DidState>>, K::Error> {
        (**self).state(did)
    }

    fn version_is_used(&mut self, did: &Did, version_id: &str) -> Result<bool, K::Error> {
        (**self).version_is_used(did, version_id)
    }

    fn resource_exists(&mut self, did: &Did, resource_id: &str) -> Result<bool, K::Error> {
        (**self).resource_exists(did, resource_id)
    }
}

/// Consults a source once for each DID, and records what it answered: a judgement lists what it rests on.
pub(super) struct Consulting<'k, K: Known> {
    known: &'k mut K,
    seen: BTreeMap<Did, Option<Arc<DidState>>>,
}

impl<'k, K: Known> Consulting<'k, K> {
    pub(super) fn new(known: &'k mut K) -> Self {
        Self {
            known,
            seen: BTreeMap::new(),
        }
    }

    pub(super) fn state(
        &mut self,
        did: &Did,
    ) -> Result<Option<Arc<DidState>>, JudgeError<K::Error>> {
        if let Some(seen) = self.seen.get(did) {
            return Ok(seen.clone());
        }
        let state = self.known.state(did).map_err(JudgeError::Unreadable)?;
        self.seen.insert(did.clone(), state.clone());
        Ok(state)
    }

    pub(super) fn version_is_used(
        &mut self,
        did: &Did,
        version_id: &str,
    ) -> Result<bool, JudgeError<K::Error>> {
        self.known
            .version_is_used(did, version_id)
            .map_err(JudgeError::Unreadable)
    }

    pub(super) fn resource_exists(
        &mut self,
        did: &Did,
        resource_id: &str,
    ) -> Result<bool, JudgeError<K::Error>> {
        self.known
            .resource_exists(did, resource_id)
            .map_err(JudgeError::Unreadable)
    }

    pub(super) fn into_consulted(self) -> Vec<Consulted> {
        self.seen
            .into_iter()
            .map(|(did, state)| Consulted { did, state })
            .collect()
    }
}
