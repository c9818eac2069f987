//! What the rules may ask in step 5: the DIDs that the receipt contains and no others.

use std::collections::BTreeMap;
use std::sync::Arc;

use did::{Did, DidState, Document, Head, Known};

use super::dids::{self, ProvenState};
use super::reasons::NoProof;
use crate::state::Status;

#[derive(Default)]
pub(super) struct Evidence(BTreeMap<Did, Option<Arc<DidState>>>);

impl Evidence {
    /// Adds a DID with the head that the operation was judged on.
    pub(super) fn add(
        &mut self,
        did: &Did,
        proven: &ProvenState<'_>,
        head: Head,
    ) -> Result<(), NoProof> {
        let state = match proven {
            ProvenState::Absent => None,
            ProvenState::Exists { value, document } => Some(Arc::new(DidState {
                document: dids::document(did, value, document)?,
                status: match value.status {
                    Status::Active => did::Status::Active,
                    Status::Deactivated { .. } => did::Status::Deactivated,
                },
                head,
            })),
        };
        self.0.insert(did.clone(), state);
        Ok(())
    }

    pub(super) fn document(&self, did: &Did) -> Option<&Document> {
        Some(&self.0.get(did)?.as_ref()?.document)
    }
}

impl Known for Evidence {
    type Error = NoProof;

    fn state(&mut self, did: &Did) -> Result<Option<Arc<DidState>>, NoProof> {
        self.0
            .get(did)
            .cloned()
            .ok_or_else(|| NoProof::ConsultedNotShown { did: did.clone() })
    }

    /// Receipts do not contain the ids of earlier versions. That no id is used twice is a guarantee of the log to
    /// readers of versions; who must sign does not depend on it.
    fn version_is_used(&mut self, _: &Did, _: &str) -> Result<bool, NoProof> {
        Ok(false)
    }

    /// Deactivations do not depend on resources.
    fn resource_exists(&mut self, _: &Did, _: &str) -> Result<bool, NoProof> {
        Ok(false)
    }
}
