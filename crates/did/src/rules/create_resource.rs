//! A resource in the collection of a DID.

use super::create::{all_valid, signers};
use super::judge::{Circumstances, Outcome};
use super::known::{Known, Notebook, Status};
use crate::{Operation, Rejection};

/// Judges a resource: the DID exists and has not ended, has no resource of this id, and each signer of its latest
/// document has signed at least once, with no invalid signature among theirs. The DID stays as it is.
pub(super) fn judge<K: Known>(
    operation: &Operation,
    circumstances: &Circumstances<'_>,
    notebook: &mut Notebook<'_, K>,
) -> Result<Result<Outcome, Rejection>, K::Error> {
    let did = operation.did();
    let Some(state) = notebook.state(did)? else {
        return Ok(Err(Rejection::collection_not_found(did)));
    };
    if let Err(rejection) = operation.check_namespace(circumstances.namespace) {
        return Ok(Err(rejection));
    }
    if state.status == Status::Deactivated {
        return Ok(Err(Rejection::deactivated(did)));
    }
    if notebook.resource_exists(did, operation.version_id())? {
        return Ok(Err(Rejection::resource_exists(operation.version_id())));
    }
    let signers = match signers(&state.document, notebook)? {
        Ok(signers) => signers,
        Err(rejection) => return Ok(Err(rejection)),
    };
    Ok(all_valid(&signers, operation).map(|signatures| Outcome {
        document: state.document.clone(),
        status: state.status,
        signatures,
    }))
}
