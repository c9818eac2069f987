//! The end of a DID.

use super::bound;
use super::judge::{Circumstances, Outcome, Proposal};
use super::known::{Known, Notebook, Status};
use super::required_set::RequiredSet;
use crate::{Rejection, Signature};

/// Judges a deactivation: the DID exists and has not ended, and the complete set has signed.
pub(super) fn judge<K: Known>(
    proposal: &Proposal,
    circumstances: &Circumstances<'_>,
    notebook: &mut Notebook<'_, K>,
) -> Result<Result<Outcome, Rejection>, K::Error> {
    let operation = &proposal.operation;
    let did = operation.did();
    let Some(state) = notebook.state(did)? else {
        return Ok(Err(Rejection::did_not_found(did)));
    };
    if let Err(rejection) = operation.check_namespace(circumstances.namespace) {
        return Ok(Err(rejection));
    }
    if state.status == Status::Deactivated {
        return Ok(Err(Rejection::deactivated(did)));
    }
    let checked = bound::check(
        operation.version_id(),
        proposal.bound.as_ref(),
        &state,
        circumstances,
        notebook,
    )?;
    if let Err(rejection) = checked {
        return Ok(Err(rejection));
    }
    let required = match RequiredSet::consulting(&state.document, notebook)? {
        Ok(required) => required,
        Err(rejection) => return Ok(Err(rejection)),
    };
    let complete = match required.complete(operation.payload(), operation.signatures()) {
        Ok(complete) => complete,
        Err(incomplete) => return Ok(Err(incomplete.into())),
    };
    if notebook.version_is_used(did, operation.version_id())? {
        return Ok(Err(Rejection::version_exists(did, operation.version_id())));
    }
    let signatures: Vec<Signature> = complete.counted().to_vec();
    Ok(Ok(Outcome {
        document: state.document.clone(),
        status: Status::Deactivated,
        signatures,
    }))
}
