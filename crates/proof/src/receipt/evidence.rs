//! The DIDs that a receipt shows: first their proofs, then their documents, then what the rules may ask about them.

use std::collections::BTreeMap;
use std::sync::Arc;

use did::{Did, DidState, Document, Head, Known, key_set_hash};

use super::envelope::{Parts, ProvenDid};
use super::reasons::NoProof;
use crate::leaf::StateLeaf;
use crate::state::{StateKey, StateValue, Status};
use crate::{Hash, sha256};

/// DIDs whose values are proven under the state leaf, and whose documents have the hashes that stand in these values.
pub(super) struct Shown<'p>(BTreeMap<&'p Did, Proven<'p>>);

/// What is proven of a DID.
pub(super) enum Proven<'p> {
    Absent,
    There {
        value: &'p StateValue,
        document: &'p [u8],
    },
}

impl<'p> Shown<'p> {
    pub(super) fn of(
        parts: &'p Parts,
        state_index: u64,
        state: &StateLeaf,
    ) -> Result<Self, NoProof> {
        let mut shown = BTreeMap::new();
        let mut last: Option<&Did> = None;
        for one in &parts.dids {
            let did = &one.did;
            if last.is_some_and(|last| last >= did) {
                return Err(NoProof::DidsOutOfOrder { did: did.clone() });
            }
            last = Some(did);
            shown.insert(did, prove(one, state_index, state)?);
        }
        if !shown.contains_key(&parts.did) {
            return Err(NoProof::SubjectNotShown);
        }
        Ok(Self(shown))
    }

    pub(super) fn get(&self, did: &Did) -> Option<&Proven<'p>> {
        self.0.get(did)
    }

    /// Checks that exactly these are shown.
    pub(super) fn are_exactly<'d>(
        &self,
        expected: impl IntoIterator<Item = &'d Did>,
    ) -> Result<(), NoProof> {
        let mut surplus: Vec<&Did> = self.0.keys().copied().collect();
        for did in expected {
            if !self.0.contains_key(did) {
                return Err(NoProof::ConsultedNotShown { did: did.clone() });
            }
            surplus.retain(|shown| *shown != did);
        }
        match surplus.first() {
            Some(did) => Err(NoProof::ShownNotConsulted {
                did: (*did).clone(),
            }),
            None => Ok(()),
        }
    }
}

fn prove<'p>(
    one: &'p ProvenDid,
    state_index: u64,
    state: &StateLeaf,
) -> Result<Proven<'p>, NoProof> {
    let did = &one.did;
    let key = StateKey::of(&state.network_id, did.as_str());
    let proof = match &one.value {
        Some(value) => one
            .proof
            .verify_inclusion(&state.state_root, &key, &value.hash()),
        None => one.proof.verify_exclusion(&state.state_root, &key),
    };
    proof.map_err(|reason| NoProof::StateProof {
        did: did.clone(),
        reason,
    })?;
    match (&one.value, &one.document) {
        (None, None) => Ok(Proven::Absent),
        (None, Some(_)) => Err(NoProof::DocumentOfAbsent { did: did.clone() }),
        (Some(_), None) => Err(NoProof::DocumentMissing { did: did.clone() }),
        (Some(value), Some(document)) => {
            check_value(did, value, state_index, state)?;
            if sha256(document) != value.document_hash {
                return Err(NoProof::OtherDocument { did: did.clone() });
            }
            Ok(Proven::There { value, document })
        }
    }
}

/// What no log writes: a value that contradicts itself or the state leaf that it stands under.
fn check_value(
    did: &Did,
    value: &StateValue,
    state_index: u64,
    state: &StateLeaf,
) -> Result<(), NoProof> {
    let ended_in_order = match value.status {
        Status::Active => true,
        Status::Deactivated { index } => value.creation_index < index && index <= value.head_index,
    };
    let in_order = value.creation_index <= value.authority_since
        && value.authority_since <= value.head_index
        && value.head_index < state_index;
    if in_order && ended_in_order && value.sequence > 0 && value.ordinal < state.dids {
        Ok(())
    } else {
        Err(NoProof::ContradictoryValue { did: did.clone() })
    }
}

/// The document of a DID whose value is proven: of this DID, in normal form, with the key set that the value names.
pub(super) fn document(did: &Did, value: &StateValue, bytes: &[u8]) -> Result<Document, NoProof> {
    let document =
        Document::restore_encoded(bytes).map_err(|reason| NoProof::UnreadableDocument {
            did: did.clone(),
            reason,
        })?;
    if document.id() != did {
        return Err(NoProof::DocumentOfOther {
            did: did.clone(),
            found: document.id().clone(),
        });
    }
    if Hash::from(key_set_hash(&document)) != value.key_set_hash {
        return Err(NoProof::OtherKeySet { did: did.clone() });
    }
    Ok(document)
}

/// What the rules may ask: the DIDs that the receipt shows and no others.
#[derive(Default)]
pub(super) struct Evidence(BTreeMap<Did, Option<Arc<DidState>>>);

impl Evidence {
    /// Adds a DID, with the head that the rules shall see.
    pub(super) fn add(
        &mut self,
        did: &Did,
        proven: &Proven<'_>,
        head: Head,
    ) -> Result<(), NoProof> {
        let state = match proven {
            Proven::Absent => None,
            Proven::There { value, document } => Some(Arc::new(DidState {
                document: self::document(did, value, document)?,
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

    /// The document of a DID, as far as it is there.
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

    /// No receipt shows the ids of earlier versions: that none comes twice is the log's promise to readers of versions,
    /// and no question of who has signed.
    fn version_is_used(&mut self, _: &Did, _: &str) -> Result<bool, NoProof> {
        Ok(false)
    }

    /// A receipt is about the end of a DID.
    fn resource_exists(&mut self, _: &Did, _: &str) -> Result<bool, NoProof> {
        Ok(false)
    }
}

/// The head that stands in a state value.
pub(super) fn head_of(value: &StateValue) -> Head {
    Head {
        index: value.head_index,
        leaf_hash: *value.head_hash.as_bytes(),
    }
}
