//! Limits of a submission, and the head that it was made for.

use did::{Accepted, Head, Proposal};

use crate::error::SubmitError;

/// Operations in one submission.
pub const SUBMISSION_OPERATIONS_MAX: usize = 32;
/// Data of the resources in one submission, in bytes.
pub const SUBMISSION_DATA_BYTES_MAX: usize = 8 << 20;

/// Refuses submissions that no engine takes.
///
/// # Errors
/// [`SubmitError::Count`] and [`SubmitError::Data`].
pub fn within_limits(proposals: &[Proposal]) -> Result<(), SubmitError> {
    let found = proposals.len();
    if found == 0 || found > SUBMISSION_OPERATIONS_MAX {
        let limit = SUBMISSION_OPERATIONS_MAX;
        return Err(SubmitError::Count { found, limit });
    }
    let found = data_bytes(proposals);
    if found > SUBMISSION_DATA_BYTES_MAX {
        let limit = SUBMISSION_DATA_BYTES_MAX;
        return Err(SubmitError::Data { found, limit });
    }
    Ok(())
}

/// Length of the data of all resources.
pub(crate) fn data_bytes(proposals: &[Proposal]) -> usize {
    let resources = proposals.iter().filter_map(|one| one.operation.resource());
    resources.map(|resource| resource.data.len()).sum()
}

/// Checks what the first operation of a submission was judged on. An engine sees to it that this still holds then.
///
/// # Errors
/// [`SubmitError::Moved`].
pub fn check_head(
    proposals: &[Proposal],
    accepted: &[Accepted],
    expected: Head,
) -> Result<(), SubmitError> {
    let (Some(proposal), Some(accepted)) = (proposals.first(), accepted.first()) else {
        return Ok(());
    };
    let did = proposal.operation.did();
    let seen = accepted.consulted.iter().find(|seen| seen.did == *did);
    let head = seen
        .and_then(|seen| seen.state.as_ref())
        .map(|state| state.head);
    if head == Some(expected) {
        Ok(())
    } else {
        Err(SubmitError::Moved(did.clone()))
    }
}
