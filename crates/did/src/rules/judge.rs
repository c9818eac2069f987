//! The transition: what is known and a submission in, the versions that follow or a rejection out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::judge_error::JudgeError;
use super::known::{Consulted, Consulting, DidState, Head, Known, Status};
use super::proposal::{Circumstances, Outcome, Proposal};
use super::{create, create_resource, deactivate, update};
use crate::{Did, Document, Operation, OperationKind, Rejection, Signature};

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

/// Judges operations that are accepted all together or not at all: one [`Accepted`] for each.
///
/// Each is judged on the state that the ones before it leave. A deactivation that rests on a document which the same
/// submission has updated needs the complete sets of both documents: the complete old set must sign that update as
/// well, or one key could shrink the list and deactivate the DID in one stroke. The same holds for what rests on such
/// an update: a controller's list could be shrunk first, and the controller dropped next.
///
/// # Errors
/// The first operation that the rules refuse, or a failure of `known`.
pub fn judge<K: Known>(
    proposals: &[Proposal],
    circumstances: &Circumstances<'_>,
    known: &mut K,
) -> Result<Vec<Accepted>, JudgeError<K::Error>> {
    let mut submission = Submission {
        known,
        made: BTreeMap::new(),
        resources: BTreeSet::new(),
        deactivates: proposals
            .iter()
            .any(|proposal| proposal.operation.kind() == OperationKind::Deactivate),
    };
    let judged = proposals.iter().enumerate().map(|(position, proposal)| {
        submission
            .judge_one(proposal, circumstances)
            .map_err(|error| error.at(position))
    });
    judged.collect()
}

/// What is known, with the versions on top that this submission has made so far.
struct Submission<'k, K: Known> {
    known: &'k mut K,
    made: BTreeMap<Did, Made>,
    /// The resources that it creates, by collection and id.
    resources: BTreeSet<(Did, String)>,
    /// Whether one of its operations is a deactivation.
    deactivates: bool,
}

struct Made {
    state: Arc<DidState>,
    version_ids: Vec<String>,
    /// What the complete old set lacks on an update that it has not signed, and on whatever rests on one.
    partial: Option<Rejection>,
}

impl<K: Known> Submission<'_, K> {
    fn judge_one(
        &mut self,
        proposal: &Proposal,
        circumstances: &Circumstances<'_>,
    ) -> Result<Accepted, JudgeError<K::Error>> {
        let operation = &proposal.operation;
        let deactivates = self.deactivates;
        let mut states = Consulting::new(self);
        let mut outcome = match operation.kind() {
            OperationKind::Create => create::judge(operation, circumstances, &mut states),
            OperationKind::Update => update::judge(operation, circumstances, &mut states),
            OperationKind::Deactivate => deactivate::judge(proposal, circumstances, &mut states),
            OperationKind::CreateResource => {
                create_resource::judge(operation, circumstances, &mut states)
            }
        }?;
        let mut lacking = None;
        if operation.kind() == OperationKind::Update && deactivates {
            match update::by_old_set(operation, &mut states) {
                Ok(signatures) => outcome.signatures.extend(signatures),
                Err(refused) => {
                    lacking = Some(refused.into_rejection().map_err(JudgeError::Unreadable)?)
                }
            }
        }
        let consulted = states.into_consulted();
        let inherited = consulted
            .iter()
            .find_map(|seen| self.made.get(&seen.did)?.partial.clone());
        let partial = match (operation.kind(), inherited) {
            (OperationKind::Deactivate, Some(partial)) => return Err(partial.into()),
            (_, inherited) => lacking.or(inherited),
        };
        self.remember(operation, &outcome, partial);
        let Outcome {
            document,
            status,
            signatures,
        } = outcome;
        let counts = |signature: &&Signature| signatures.contains(signature);
        Ok(Accepted {
            document,
            status,
            signatures: operation
                .signatures()
                .iter()
                .filter(counts)
                .cloned()
                .collect(),
            consulted,
        })
    }

    fn remember(&mut self, operation: &Operation, outcome: &Outcome, partial: Option<Rejection>) {
        if operation.kind() == OperationKind::CreateResource {
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

impl<K: Known> Known for Submission<'_, K> {
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
