//! Submissions of the log, judged once more on what stood before them.

use did::{BoundVersion, Circumstances, Kind, Operation, Proposal, proto::SignInfo};
use proof::leaf::{Consulted, ConsultedStatus, Leaf, OperationKind, OperationLeaf};

use super::{Audit, VerifyError, entry, read_error};
use crate::log::Frame;
use crate::unverified;

impl Audit {
    /// Judges each submission of a frame on what stood before the frame, as it was judged then.
    pub(super) fn judge_again(&self, frame: &Frame, since: Option<u64>) -> Result<(), VerifyError> {
        let mut submission: Vec<(u64, OperationLeaf)> = Vec::new();
        for (index, bytes) in (frame.first_index..).zip(&frame.leaves) {
            if let Ok(Leaf::Operation(leaf)) = Leaf::decode(bytes) {
                if usize::from(leaf.place.position) != submission.len() {
                    return entry(index, "it is out of its place in its submission");
                }
                let last = leaf.place.position + 1 == leaf.place.count;
                submission.push((index, leaf));
                if last {
                    self.judge_submission(frame, &submission, since)?;
                    submission.clear();
                }
            }
        }
        match submission.first() {
            Some((index, _)) => entry(*index, "its submission is not whole"),
            None => Ok(()),
        }
    }

    fn judge_submission(
        &self,
        frame: &Frame,
        submission: &[(u64, OperationLeaf)],
        since: Option<u64>,
    ) -> Result<(), VerifyError> {
        let mut proposals = Vec::with_capacity(submission.len());
        for (index, leaf) in submission {
            match proposal(leaf) {
                Ok(proposal) => proposals.push(proposal),
                Err(reason) => return entry(*index, &reason),
            }
        }
        let Some((_, first)) = submission.first() else {
            return Ok(());
        };
        let circumstances = Circumstances {
            namespace: &self.identity.namespace,
            network_id: self.identity.network_id.as_bytes(),
            time_ms: first.time_ms,
        };
        let judged = unverified::judge(&proposals, &circumstances, &self.reader, since)
            .map_err(read_error)?;
        let accepted = match judged {
            Ok(accepted) => accepted,
            Err((position, rejection)) => {
                let index = submission
                    .get(position)
                    .map_or(frame.first_index, |(index, _)| *index);
                return entry(index, &format!("the rules refuse it: {rejection}"));
            }
        };
        for ((index, leaf), accepted) in submission.iter().zip(&accepted) {
            let signatures = accepted
                .signatures
                .iter()
                .map(|one| (one.method.as_str(), &one.bytes));
            if !signatures.eq(leaf
                .signatures
                .iter()
                .map(|one| (one.method_id.as_str(), &one.bytes)))
            {
                return entry(*index, "it holds other signatures than those that count");
            }
            if !same_consulted(leaf, &accepted.consulted) {
                return entry(*index, "it does not name what its judgement rests on");
            }
        }
        Ok(())
    }
}

/// The submitted operation, as far as a leaf keeps it.
fn proposal(leaf: &OperationLeaf) -> Result<Proposal, String> {
    let kind = match leaf.kind {
        OperationKind::Create => Kind::Create,
        OperationKind::Update => Kind::Update,
        OperationKind::Deactivate => Kind::Deactivate,
    };
    let signatures = leaf.signatures.iter().map(|signature| SignInfo {
        verification_method_id: signature.method_id.clone(),
        signature: signature.bytes.clone(),
    });
    let operation = Operation::parse(kind, &leaf.payload, signatures.collect());
    let operation =
        operation.map_err(|rejection| format!("it is not valid by itself: {rejection}"))?;
    if operation.did().as_str() != leaf.did {
        return Err("its payload is for another DID".to_owned());
    }
    let bound = leaf
        .bound_preimage
        .as_deref()
        .map(BoundVersion::decode)
        .transpose();
    Ok(Proposal {
        operation,
        bound: bound.map_err(|error| error.to_string())?,
    })
}

/// What was found by judging again, but for what the submission itself had made: that is checked when it is applied.
fn same_consulted(leaf: &OperationLeaf, found: &[did::Consulted]) -> bool {
    let same = |(written, found): (&Consulted, &did::Consulted)| {
        let status = match (&written.status, &found.state) {
            (ConsultedStatus::Absent, None) => return written.did == found.did.as_str(),
            (ConsultedStatus::Active(at), Some(state)) => (at, did::Status::Active, state),
            (ConsultedStatus::Deactivated(at), Some(state)) => {
                (at, did::Status::Deactivated, state)
            }
            _ => return false,
        };
        let (at, status, state) = status;
        let head = did::Head {
            index: at.index,
            leaf_hash: *at.hash.as_bytes(),
        };
        written.did == found.did.as_str()
            && state.status == status
            && (state.head == head || state.head == did::Head::UNWRITTEN)
    };
    leaf.consulted.len() == found.len() && leaf.consulted.iter().zip(found).all(same)
}

pub(super) fn is_operation(leaf: &[u8]) -> bool {
    matches!(Leaf::decode(leaf), Ok(Leaf::Operation(_)))
}
