//! Claims about a DID that has not ended: it is active, or there is none.

use did::{Did, other_signers};

use super::envelope::Parts;
use super::evidence::{Evidence, Proven, Shown, document, head_of};
use super::examine::Found;
use super::reasons::NoProof;
use super::summary::{ActiveSummary, Summary, texts};
use crate::checkpoint::Checkpoint;
use crate::leaf::StateLeaf;
use crate::state::{StateValue, Status};

pub(super) fn check(
    parts: &Parts,
    state: &StateLeaf,
    shown: &Shown<'_>,
    checkpoint: &Checkpoint,
) -> Result<Found, NoProof> {
    let index = parts.state.index;
    if index.checked_add(1) != Some(checkpoint.size) {
        return Err(NoProof::StateNotNewest {
            index,
            size: checkpoint.size,
        });
    }
    let summary = match shown.get(&parts.did) {
        None => return Err(NoProof::SubjectNotShown),
        Some(Proven::Absent) => {
            shown.are_exactly([&parts.did])?;
            Summary::NeverExisted {}
        }
        Some(Proven::There { value, document }) => {
            Summary::Active(active(&parts.did, value, document, shown)?)
        }
    };
    Ok(Found {
        summary,
        network_id: state.network_id,
        log_index: index,
        time_ms: state.time_ms,
    })
}

fn active(
    subject: &Did,
    value: &StateValue,
    bytes: &[u8],
    shown: &Shown<'_>,
) -> Result<ActiveSummary, NoProof> {
    if value.status != Status::Active {
        return Err(NoProof::DeactivationNotShown);
    }
    let document = document(subject, value, bytes)?;
    let others = other_signers(&document);
    shown.are_exactly(others.iter().chain([subject]))?;
    let (mut live, mut ended, mut absent) = (Vec::new(), Vec::new(), Vec::new());
    for did in &others {
        match shown.get(did) {
            None | Some(Proven::Absent) => absent.push(did),
            Some(proven @ Proven::There { value, .. }) => {
                // Its document decides nothing here, and is read all the same: nothing is shown that is not checked.
                Evidence::default().add(did, proven, head_of(value))?;
                match value.status {
                    Status::Active => live.push(did),
                    Status::Deactivated { .. } => ended.push(did),
                }
            }
        }
    }
    Ok(ActiveSummary {
        version_sequence: value.sequence,
        document_hash: value.document_hash,
        creation_index: value.creation_index,
        status_list_index: value.ordinal,
        authority_since: value.authority_since,
        frozen: document.methods().is_empty() && live.is_empty(),
        ended_signers: texts(ended),
        absent_signers: texts(absent),
    })
}
