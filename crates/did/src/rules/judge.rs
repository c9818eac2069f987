//! The transition: what is known and a submission in, the versions that follow or a rejection out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::complete_set::IncompleteSet;
use super::known::{Consulted, DidState, Head, Known, Notebook, Status};
use super::{BoundVersion, create, create_resource, deactivate, update};
use crate::{Did, Document, Kind, Operation, Rejection, Signature};

/// An operation as it is handed in.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// What is to be done, signed.
    pub operation: Operation,
    /// The preimage of its version id, when that is bound.
    pub bound: Option<BoundVersion>,
}

impl From<Operation> for Proposal {
    fn from(operation: Operation) -> Self {
        Self {
            operation,
            bound: None,
        }
    }
}

/// What a judgement depends on besides the DIDs.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// The only namespace that DIDs of this ledger have.
    pub namespace: &'a str,
    /// The random identity of this ledger.
    pub network_id: &'a [u8; 32],
    /// The ledger's time, in Unix milliseconds.
    pub time_ms: u64,
}

/// An operation that may be done, with everything the judgement rests on.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The document of the new version; behind a resource, the DID's latest as before.
    pub document: Document,
    /// The status of the DID behind it.
    pub status: Status,
    /// The signatures that counted, in the order of the message. Others are not kept; these alone give the same
    /// judgement.
    pub signatures: Vec<Signature>,
    /// Every DID that was looked at, with what was found. Should one of them change, the judgement is void.
    pub consulted: Vec<Consulted>,
}

/// The outcome for a submission: one [`Accepted`] for each operation, or the first operation that was rejected.
pub type Judgement = Result<Vec<Accepted>, (usize, Rejection)>;

/// Judges operations that are accepted all together or not at all.
///
/// Each is judged on what the ones before it leave behind. A deactivation that rests on a document which the same
/// submission has updated needs the complete sets of both documents: that update must be signed by the complete old
/// set as well, or one key could shrink the list and end the DID in one stroke. What rests on such an update is no
/// better: a controller's list could be shrunk first, and the controller dropped next.
pub fn judge<K: Known>(
    proposals: &[Proposal],
    circumstances: &Circumstances<'_>,
    known: &mut K,
) -> Result<Judgement, K::Error> {
    let ends = proposals
        .iter()
        .any(|proposal| proposal.operation.kind() == Kind::Deactivate);
    let ending = if ends {
        Ending::Somewhere
    } else {
        Ending::Nowhere
    };
    let mut scratch = Scratch {
        known,
        made: BTreeMap::new(),
        resources: BTreeSet::new(),
        ending,
    };
    let mut accepted = Vec::with_capacity(proposals.len());
    for (position, proposal) in proposals.iter().enumerate() {
        match scratch.judge_one(proposal, circumstances)? {
            Ok(one) => accepted.push(one),
            Err(rejection) => return Ok(Err((position, rejection))),
        }
    }
    Ok(Ok(accepted))
}

/// What is known, with the versions on top that this submission has made so far.
struct Scratch<'k, K: Known> {
    known: &'k mut K,
    made: BTreeMap<Did, Made>,
    /// The resources that it creates, by collection and id.
    resources: BTreeSet<(Did, String)>,
    ending: Ending,
}

/// Whether the submission deactivates a DID.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Somewhere,
    Nowhere,
}

struct Made {
    state: Arc<DidState>,
    version_ids: Vec<String>,
    /// Set by an update that the complete old set has not signed, and by whatever rests on one.
    partial: Option<IncompleteSet>,
}

impl<K: Known> Scratch<'_, K> {
    fn judge_one(
        &mut self,
        proposal: &Proposal,
        circumstances: &Circumstances<'_>,
    ) -> Result<Result<Accepted, Rejection>, K::Error> {
        let operation = &proposal.operation;
        let ending = self.ending;
        let mut notebook = Notebook::new(self);
        let outcome = match operation.kind() {
            Kind::Create => create::judge(operation, circumstances, &mut notebook)?,
            Kind::Update => update::judge(operation, circumstances, &mut notebook)?,
            Kind::Deactivate => deactivate::judge(proposal, circumstances, &mut notebook)?,
            Kind::CreateResource => {
                create_resource::judge(operation, circumstances, &mut notebook)?
            }
        };
        let mut outcome = match outcome {
            Ok(outcome) => outcome,
            Err(rejection) => return Ok(Err(rejection)),
        };
        let mut lacking = None;
        if operation.kind() == Kind::Update && ending == Ending::Somewhere {
            match update::by_old_set(operation, &mut notebook)? {
                Ok(signatures) => outcome.signatures.extend(signatures),
                Err(incomplete) => lacking = Some(incomplete),
            }
        }
        let consulted = notebook.into_consulted();
        let inherited = consulted
            .iter()
            .find_map(|seen| self.made.get(&seen.did)?.partial.clone());
        let partial = match (operation.kind(), inherited) {
            (Kind::Deactivate, Some(partial)) => return Ok(Err(partial.into())),
            (_, inherited) => lacking.or(inherited),
        };
        self.remember(operation, &outcome, partial);
        let Outcome {
            document,
            status,
            signatures,
        } = outcome;
        let counts = |signature: &&Signature| signatures.contains(signature);
        Ok(Ok(Accepted {
            document,
            status,
            signatures: operation
                .signatures()
                .iter()
                .filter(counts)
                .cloned()
                .collect(),
            consulted,
        }))
    }

    fn remember(
        &mut self,
        operation: &Operation,
        outcome: &Outcome,
        partial: Option<IncompleteSet>,
    ) {
        if operation.kind() == Kind::CreateResource {
            let (did, id) = (operation.did().clone(), operation.version_id().to_owned());
            self.resources.insert((did, id));
            return;
        }
        let earlier = self.made.remove(operation.did());
        let (mut version_ids, earlier_partial) =
            earlier.map_or_else(Default::default, |made| (made.version_ids, made.partial));
        version_ids.push(operation.version_id().to_owned());
        let state = DidState {
            document: outcome.document.clone(),
            status: outcome.status,
            head: Head::UNWRITTEN,
        };
        let partial = earlier_partial.or(partial);
        self.made.insert(
            operation.did().clone(),
            Made {
                state: Arc::new(state),
                version_ids,
                partial,
            },
        );
    }
}

impl<K: Known> Known for Scratch<'_, K> {
    type Error = K::Error;

    fn state(&mut self, did: &Did) -> Result<Option<Arc<DidState>>, Self::Error> {
        match self.made.get(did) {
            Some(made) => Ok(Some(made.state.clone())),
            None => self.known.state(did),
        }
    }

    fn version_is_used(&mut self, did: &Did, version_id: &str) -> Result<bool, Self::Error> {
        let made_here = self
            .made
            .get(did)
            .is_some_and(|made| made.version_ids.iter().any(|id| id == version_id));
        Ok(made_here || self.known.version_is_used(did, version_id)?)
    }

    fn resource_exists(&mut self, did: &Did, resource_id: &str) -> Result<bool, Self::Error> {
        let made = (did.clone(), resource_id.to_owned());
        Ok(self.resources.contains(&made) || self.known.resource_exists(did, resource_id)?)
    }
}

/// What judging one operation gives.
pub(super) struct Outcome {
    pub(super) document: Document,
    pub(super) status: Status,
    pub(super) signatures: Vec<Signature>,
}
