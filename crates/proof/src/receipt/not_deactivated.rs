//! Step 5 without an operation: the DID is active, or never existed.

use did::{Did, other_signers};

use super::dids::{ProvenDids, ProvenState, document};
use super::parts::Parts;
use super::reasons::NoProof;
use super::summary::{ActiveSummary, Summary, texts};
use super::verdict::Claim;
use crate::checkpoint::Checkpoint;
use crate::leaf::StateLeaf;
use crate::state::{StateValue, Status};

pub(super) fn check(
    parts: &Parts,
    state: &StateLeaf,
    proven: &ProvenDids<'_>,
    checkpoint: &Checkpoint,
) -> Result<Claim, NoProof> {
    let index = parts.state.index;
    if index.checked_add(1) != Some(checkpoint.size) {
        return Err(NoProof::StateNotNewest {
            index,
            size: checkpoint.size,
        });
    }
    let summary = match proven.get(&parts.did) {
        None => return Err(NoProof::SubjectNotShown),
        Some(ProvenState::Absent) => {
            proven.are_exactly([&parts.did])?;
            Summary::NeverExisted {}
        }
        Some(ProvenState::Exists { value, document }) => {
            Summary::Active(active(&parts.did, value, document, proven)?)
        }
    };
    Ok(Claim {
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
    proven: &ProvenDids<'_>,
) -> Result<ActiveSummary, NoProof> {
    if value.status != Status::Active {
        return Err(NoProof::DeactivationNotShown);
    }
    let subject_document = document(subject, value, bytes)?;
    let others = other_signers(&subject_document);
    proven.are_exactly(others.iter().chain([subject]))?;
    let (mut live, mut deactivated, mut absent) = (Vec::new(), Vec::new(), Vec::new());
    for did in &others {
        match proven.get(did) {
            None | Some(ProvenState::Absent) => absent.push(did),
            Some(ProvenState::Exists {
                value,
                document: bytes,
            }) => {
                // Nothing depends on this document, but a receipt must not contain anything unchecked.
                document(did, value, bytes)?;
                match value.status {
                    Status::Active => live.push(did),
                    Status::Deactivated { .. } => deactivated.push(did),
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
        frozen: subject_document.methods().is_empty() && live.is_empty(),
        deactivated_signers: texts(deactivated),
        absent_signers: texts(absent),
    })
}
