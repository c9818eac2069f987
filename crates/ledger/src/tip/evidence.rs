//! What a deactivation rests on, while the tree of states still holds it.

use proof::leaf::{ConsultedStatus, OperationLeaf};
use proof::state::{StateKey, Status};

use super::{Tip, TipError, reference, value_in};
use crate::index::{EntryRecord, Evidence, HeadRecord, SeenDid, SeenState};

impl Tip {
    /// The DIDs that a deactivation was judged on, each with its proof under the newest state leaf. `operation` is its
    /// entry.
    pub(super) fn evidence(
        &mut self,
        leaf: &OperationLeaf,
        operation: EntryRecord,
    ) -> Result<Evidence, TipError> {
        let mut consulted = Vec::with_capacity(leaf.consulted.len());
        for named in &leaf.consulted {
            match self.seen(&named.did)? {
                Some((status, seen)) if status == named.status => consulted.push(seen),
                _ => {
                    return Err(TipError::Broken {
                        index: operation.index,
                        reason: "a DID that it rests on had changed",
                    });
                }
            }
        }
        Ok(self.evidence_of(operation, consulted))
    }

    /// The same for a deactivation from an older log, which was judged on what its DIDs were there: here they are what
    /// this log knows of them. `None` where the tree does not hold that yet.
    pub(super) fn imported_evidence(
        &mut self,
        leaf: &OperationLeaf,
        operation: EntryRecord,
    ) -> Result<Option<Evidence>, TipError> {
        let mut consulted = Vec::with_capacity(leaf.consulted.len());
        for named in &leaf.consulted {
            let Some((_, seen)) = self.seen(&named.did)? else {
                return Ok(None);
            };
            consulted.push(seen);
        }
        Ok(Some(self.evidence_of(operation, consulted)))
    }

    /// What the tree holds of a DID, if that is the newest; `None` if it has changed since the newest state leaf.
    fn seen(&mut self, did: &str) -> Result<Option<(ConsultedStatus, SeenDid)>, TipError> {
        let key = StateKey::of(&self.identity.network_id, did);
        let head = self.proven_head(&key)?;
        let proof = self.prove(&key)?.clone();
        if value_in(&proof, &key) != head.as_ref().map(|head| head.value.hash()) {
            return Ok(None);
        }
        let status = status_of(head.as_ref());
        let state = head.map(|head| SeenState {
            value: head.value,
            document: head.latest.document,
        });
        Ok(Some((status, SeenDid { proof, state })))
    }

    fn evidence_of(&self, operation: EntryRecord, consulted: Vec<SeenDid>) -> Evidence {
        Evidence {
            operation,
            state_leaf: self.last_state_index(),
            consulted,
        }
    }
}

fn status_of(head: Option<&HeadRecord>) -> ConsultedStatus {
    match head {
        None => ConsultedStatus::Absent,
        Some(head) => match head.value.status {
            Status::Active => ConsultedStatus::Active(reference(head)),
            Status::Deactivated { .. } => ConsultedStatus::Deactivated(reference(head)),
        },
    }
}
