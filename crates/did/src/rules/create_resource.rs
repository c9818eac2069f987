//! A resource in the collection of a DID.

use super::judge_error::JudgeError;
use super::known::{Consulting, Known, Status};
use super::proposal::{Circumstances, Outcome};
use super::signer::{all_valid, signers};
use crate::{Operation, Rejection};

/// Judges a resource: the DID exists and is not deactivated, has no resource of this id, and each signer of its latest
/// document has signed at least once, with no invalid signature among theirs. The DID stays as it is.
pub(super) fn judge<K: Known>(
    operation: &Operation,
    circumstances: &Circumstances<'_>,
    states: &mut Consulting<'_, K>,
) -> Result<Outcome, JudgeError<K::Error>> {
    let did = operation.did();
    let state = states
        .state(did)?
        .ok_or_else(|| Rejection::collection_not_found(did))?;
    operation.check_namespace(circumstances.namespace)?;
    if state.status == Status::Deactivated {
        return Err(Rejection::deactivated(did).into());
    }
    if states.resource_exists(did, operation.version_id())? {
        return Err(Rejection::resource_exists(operation.version_id()).into());
    }
    let signatures = all_valid(&signers(&state.document, states)?, operation)?;
    Ok(Outcome {
        document: state.document.clone(),
        status: state.status,
        signatures,
    })
}
