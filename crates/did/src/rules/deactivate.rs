//! The deactivation of a DID.

use super::judge_error::JudgeError;
use super::known::{Consulting, Known, Status};
use super::proposal::{Circumstances, Outcome, Proposal};
use super::required_set::RequiredSet;
use super::version::check_bound;
use crate::Rejection;

/// Judges a deactivation: the DID exists and is not deactivated, and the complete set has signed.
pub(super) fn judge<K: Known>(
    proposal: &Proposal,
    circumstances: &Circumstances<'_>,
    states: &mut Consulting<'_, K>,
) -> Result<Outcome, JudgeError<K::Error>> {
    let operation = &proposal.operation;
    let did = operation.did();
    let state = states
        .state(did)?
        .ok_or_else(|| Rejection::did_not_found(did))?;
    operation.check_namespace(circumstances.namespace)?;
    if state.status == Status::Deactivated {
        return Err(Rejection::deactivated(did).into());
    }
    check_bound(proposal, &state, circumstances, states)?;
    let complete = RequiredSet::consulting(&state.document, states)?
        .complete(operation.payload(), operation.signatures())?;
    if states.version_is_used(did, operation.version_id())? {
        return Err(Rejection::version_exists(did, operation.version_id()).into());
    }
    Ok(Outcome {
        document: state.document.clone(),
        status: Status::Deactivated,
        signatures: complete.counted().to_vec(),
    })
}
