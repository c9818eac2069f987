//! The rules after a recovery: what was changed before it and not since may have been changed in what was lost.
//!
//! An unverified DID accepts its deactivation, which its complete set signs anyway, and an update that the complete set
//! of its document signs as well: the holders of all keys may decide how it goes on. It authorises nothing for other
//! DIDs.

use std::collections::BTreeMap;
use std::sync::Arc;

use did::{
    Accepted, Circumstances, Did, DidState, Head, JudgeError, Known, OperationKind, Proposal,
    Rejection, RequiredSet, Signature,
};

use crate::reader::{ReadError, Reader};

/// Judges a submission, under the rules that hold since the recovery leaf at `since` if there is one.
pub(crate) fn judge(
    proposals: &[Proposal],
    circumstances: &Circumstances<'_>,
    reader: &Reader,
    since: Option<u64>,
) -> Result<Vec<Accepted>, JudgeError<ReadError>> {
    let mut judged = did::judge(proposals, circumstances, &mut reader.clone())?;
    let Some(since) = since else {
        return Ok(judged);
    };
    let mut known = Submitted {
        reader: reader.clone(),
        made: BTreeMap::new(),
    };
    for (position, (proposal, accepted)) in proposals.iter().zip(&mut judged).enumerate() {
        affirm(proposal, accepted, since, &mut known).map_err(|error| error.at(position))?;
        known.remember(proposal, accepted);
    }
    Ok(judged)
}

/// Checks an accepted operation for what it rests on, and lets the signatures of the complete set count.
fn affirm(
    proposal: &Proposal,
    accepted: &mut Accepted,
    since: u64,
    known: &mut Submitted,
) -> Result<(), JudgeError<ReadError>> {
    let operation = &proposal.operation;
    if operation.kind() == OperationKind::Deactivate {
        return Ok(());
    }
    let mut counted = accepted.signatures.clone();
    for seen in &accepted.consulted {
        let Some(state) = seen.state.as_ref().filter(|state| state.head.index < since) else {
            continue;
        };
        if seen.did != *operation.did() || operation.kind() == OperationKind::CreateResource {
            return Err(unverified(&seen.did, since).into());
        }
        let set = RequiredSet::of(&state.document, known)?;
        let asked = asked_for(&set, operation.signatures());
        let complete = set.complete(operation.payload(), &asked)?;
        counted.extend(complete.counted().iter().cloned());
    }
    let counts = |signature: &&Signature| counted.contains(signature);
    accepted.signatures = operation
        .signatures()
        .iter()
        .filter(counts)
        .cloned()
        .collect();
    Ok(())
}

/// The signatures that a set requires. An update has those of new keys too.
fn asked_for(set: &RequiredSet, signatures: &[Signature]) -> Vec<Signature> {
    let is_required = |signature: &&Signature| {
        set.methods().any(|(method, _)| *method == signature.method)
            || set.signers().any(|(did, _)| *did == signature.method.did())
    };
    signatures.iter().filter(is_required).cloned().collect()
}

fn unverified(did: &Did, since: u64) -> Rejection {
    Rejection::basic(format!(
        "{did} is unverified since the recovery at entry {since} of the log, and authorises nothing until its \
         operations are imported or an update is signed by all its keys."
    ))
}

/// What is known, with what the submission has made so far on top.
struct Submitted {
    reader: Reader,
    made: BTreeMap<Did, Arc<DidState>>,
}

impl Submitted {
    fn remember(&mut self, proposal: &Proposal, accepted: &Accepted) {
        if proposal.operation.kind() == OperationKind::CreateResource {
            return;
        }
        let state = DidState {
            document: accepted.document.clone(),
            status: accepted.status,
            head: Head::UNWRITTEN,
        };
        self.made
            .insert(proposal.operation.did().clone(), Arc::new(state));
    }
}

impl Known for Submitted {
    type Error = ReadError;

    fn state(&mut self, did: &Did) -> Result<Option<Arc<DidState>>, ReadError> {
        match self.made.get(did) {
            Some(state) => Ok(Some(state.clone())),
            None => self.reader.state(did),
        }
    }

    fn version_is_used(&mut self, did: &Did, version_id: &str) -> Result<bool, ReadError> {
        self.reader.version_is_used(did, version_id)
    }

    fn resource_exists(&mut self, did: &Did, resource_id: &str) -> Result<bool, ReadError> {
        self.reader.resource_exists(did, resource_id)
    }
}
