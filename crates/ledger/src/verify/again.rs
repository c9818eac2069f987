//! Submissions of the log, judged once more on the state before them.

use did::{
    BoundVersion, Circumstances, JudgeError, Operation, OperationKind, Proposal, proto::SignInfo,
};
use proof::leaf::{
    Consulted, ConsultedStatus, Leaf, LeafSignature, OperationLeaf, ResourceLeaf, SubmissionPlace,
};

use super::{Audit, VerifyError, entry, read_error};
use crate::blobs::Blob;
use crate::log::Frame;
use crate::unverified;

impl Audit {
    /// Judges each submission of a frame on the state before the frame, as it was judged then.
    pub(super) fn judge_again(
        &mut self,
        frame: &Frame,
        since: Option<u64>,
    ) -> Result<(), VerifyError> {
        let mut submission: Vec<Entry> = Vec::new();
        for (index, bytes) in (frame.first_index..).zip(&frame.leaves) {
            let read = match Leaf::decode(bytes) {
                Ok(Leaf::Operation(leaf)) => Entry::of_operation(index, leaf),
                Ok(Leaf::Resource(leaf)) => self.read_resource(index, leaf)?,
                _ => continue,
            };
            let one = read.or_else(|reason| entry(index, &reason))?;
            if usize::from(one.place.position) != submission.len() {
                return entry(index, "it is out of its place in its submission");
            }
            let last = one.place.position + 1 == one.place.count;
            submission.push(one);
            if last {
                self.judge_submission(frame, &submission, since)?;
                submission.clear();
            }
        }
        match submission.first() {
            Some(first) => entry(first.index, "its submission is not whole"),
            None => Ok(()),
        }
    }

    fn read_resource(
        &mut self,
        index: u64,
        leaf: ResourceLeaf,
    ) -> Result<Result<Entry, String>, VerifyError> {
        self.resources += 1;
        Ok(match self.reader.blobs.data(index, &leaf)? {
            Blob::Whole(data) => Entry::of_resource(index, leaf, &data),
            Blob::Absent => {
                self.absent_data += 1;
                Ok(Entry::without_data(index, leaf))
            }
            Blob::Damaged => Err("the data of its resource is damaged".to_owned()),
        })
    }

    /// A resource without its data cannot be judged; this does not affect others.
    fn judge_submission(
        &self,
        frame: &Frame,
        submission: &[Entry],
        since: Option<u64>,
    ) -> Result<(), VerifyError> {
        let judged: Vec<(&Entry, Proposal)> = submission
            .iter()
            .filter_map(|one| Some((one, one.proposal.clone()?)))
            .collect();
        let Some((first, _)) = judged.first() else {
            return Ok(());
        };
        let circumstances = Circumstances {
            namespace: &self.identity.namespace,
            network_id: self.identity.network_id.as_bytes(),
            time_ms: first.time_ms,
        };
        let proposals: Vec<Proposal> = judged.iter().map(|(_, one)| one.clone()).collect();
        let accepted = match unverified::judge(&proposals, &circumstances, &self.reader, since) {
            Ok(accepted) => accepted,
            Err(JudgeError::Rejected {
                position,
                rejection,
            }) => {
                let at = judged.get(position).map(|(one, _)| one.index);
                let index = at.unwrap_or(frame.first_index);
                return entry(index, &format!("the rules refuse it: {rejection}"));
            }
            Err(JudgeError::Unreadable(error)) => return Err(read_error(error)),
        };
        for ((one, _), accepted) in judged.iter().zip(&accepted) {
            let counted = accepted.signatures.iter();
            let counted = counted.map(|it| (it.method.as_str(), &it.bytes));
            let written = one.signatures.iter();
            if !counted.eq(written.map(|it| (it.method_id.as_str(), &it.bytes))) {
                return entry(one.index, "it holds other signatures than those that count");
            }
            if !same_consulted(&one.consulted, &accepted.consulted) {
                return entry(one.index, "it does not name what its judgement rests on");
            }
        }
        Ok(())
    }
}

/// One operation of a submission, as the log holds it.
struct Entry {
    index: u64,
    place: SubmissionPlace,
    time_ms: u64,
    signatures: Vec<LeafSignature>,
    consulted: Vec<Consulted>,
    /// As it was submitted, as far as a leaf keeps it; `None` of a resource whose data is absent.
    proposal: Option<Proposal>,
}

impl Entry {
    fn of_operation(index: u64, leaf: OperationLeaf) -> Result<Self, String> {
        let operation = parsed(leaf.kind.into(), &leaf.payload, &leaf.signatures, &leaf.did)?;
        let bound = leaf.bound_preimage.as_deref().map(BoundVersion::decode);
        let bound = bound.transpose().map_err(|error| error.to_string())?;
        Ok(Self {
            index,
            place: leaf.place,
            time_ms: leaf.time_ms,
            signatures: leaf.signatures,
            consulted: leaf.consulted,
            proposal: Some(Proposal { operation, bound }),
        })
    }

    fn of_resource(index: u64, leaf: ResourceLeaf, data: &[u8]) -> Result<Self, String> {
        let payload = did::resource_payload(&leaf.payload, data);
        let operation = parsed(
            OperationKind::CreateResource,
            &payload,
            &leaf.signatures,
            &leaf.did,
        )?;
        Ok(Self {
            proposal: Some(operation.into()),
            ..Self::without_data(index, leaf)
        })
    }

    fn without_data(index: u64, leaf: ResourceLeaf) -> Self {
        Self {
            index,
            place: leaf.place,
            time_ms: leaf.time_ms,
            signatures: leaf.signatures,
            consulted: leaf.consulted,
            proposal: None,
        }
    }
}

fn parsed(
    kind: OperationKind,
    payload: &[u8],
    signatures: &[LeafSignature],
    did: &str,
) -> Result<Operation, String> {
    let signatures = signatures.iter().map(|signature| SignInfo {
        verification_method_id: signature.method_id.clone(),
        signature: signature.bytes.clone(),
    });
    let operation = Operation::parse(kind, payload, signatures.collect())
        .map_err(|rejection| format!("it is malformed: {rejection}"))?;
    if operation.did().as_str() != did {
        return Err("its payload is for another DID".to_owned());
    }
    Ok(operation)
}

/// What was found by judging again, but for what the submission itself had made: that is checked when it is applied.
fn same_consulted(written: &[Consulted], found: &[did::Consulted]) -> bool {
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
    written.len() == found.len() && written.iter().zip(found).all(same)
}

pub(super) fn is_operation(leaf: &[u8]) -> bool {
    matches!(Leaf::decode(leaf), Ok(Leaf::Operation(_)))
}
