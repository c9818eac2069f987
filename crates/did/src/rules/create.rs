//! The first version of a DID.

use super::judge_error::JudgeError;
use super::known::{Consulting, Known, Status};
use super::proposal::{Circumstances, Outcome};
use super::signer::{all_valid, signers};
use crate::{Operation, Rejection};

/// Judges a create: the DID is new, and each of its signers has signed at least once, with no invalid signature among
/// theirs. Signatures of others are left out.
pub(super) fn judge<K: Known>(
    operation: &Operation,
    circumstances: &Circumstances<'_>,
    states: &mut Consulting<'_, K>,
) -> Result<Outcome, JudgeError<K::Error>> {
    let document = operation
        .document()
        .ok_or_else(|| Rejection::basic("payload: cannot be blank."))?;
    if states.state(document.id())?.is_some() {
        return Err(Rejection::did_exists(document.id()).into());
    }
    operation.check_namespace(circumstances.namespace)?;
    operation.check_unreserved()?;
    let signatures = all_valid(&signers(document, states)?, operation)?;
    Ok(Outcome {
        document: document.clone(),
        status: Status::Active,
        signatures,
    })
}
