//! Step 4: the DIDs of a receipt, with their proven states and their documents.

use std::collections::BTreeMap;

use did::{Did, Document, Head, key_set_hash};

use super::parts::{Parts, ProvenDid};
use super::reasons::NoProof;
use crate::leaf::StateLeaf;
use crate::state::{StateKey, StateValue, Status};
use crate::{Hash, sha256};

/// DIDs whose state values are proven under the state leaf, and whose documents have the hashes in these values.
pub(super) struct ProvenDids<'p>(BTreeMap<&'p Did, ProvenState<'p>>);

pub(super) enum ProvenState<'p> {
    Absent,
    Exists {
        value: &'p StateValue,
        document: &'p [u8],
    },
}

impl<'p> ProvenDids<'p> {
    pub(super) fn of(parts: &'p Parts, state: &StateLeaf) -> Result<Self, NoProof> {
        let mut proven = BTreeMap::new();
        let mut last: Option<&Did> = None;
        for one in &parts.dids {
            let did = &one.did;
            if last.is_some_and(|last| last >= did) {
                return Err(NoProof::DidsOutOfOrder { did: did.clone() });
            }
            last = Some(did);
            proven.insert(did, prove(one, parts.state.index, state)?);
        }
        if !proven.contains_key(&parts.did) {
            return Err(NoProof::SubjectNotShown);
        }
        Ok(Self(proven))
    }

    pub(super) fn get(&self, did: &Did) -> Option<&ProvenState<'p>> {
        self.0.get(did)
    }

    /// Checks that the receipt contains exactly these DIDs.
    pub(super) fn are_exactly<'d>(
        &self,
        expected: impl IntoIterator<Item = &'d Did>,
    ) -> Result<(), NoProof> {
        let mut surplus: Vec<&Did> = self.0.keys().copied().collect();
        for did in expected {
            if !self.0.contains_key(did) {
                return Err(NoProof::ConsultedNotShown { did: did.clone() });
            }
            surplus.retain(|contained| *contained != did);
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
) -> Result<ProvenState<'p>, NoProof> {
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
        (None, None) => Ok(ProvenState::Absent),
        (None, Some(_)) => Err(NoProof::DocumentOfAbsent { did: did.clone() }),
        (Some(_), None) => Err(NoProof::DocumentMissing { did: did.clone() }),
        (Some(value), Some(document)) => {
            check_value(did, value, state_index, state)?;
            if sha256(document) != value.document_hash {
                return Err(NoProof::OtherDocument { did: did.clone() });
            }
            Ok(ProvenState::Exists { value, document })
        }
    }
}

/// Refuses values that no honest log writes: they contradict themselves or their state leaf.
fn check_value(
    did: &Did,
    value: &StateValue,
    state_index: u64,
    state: &StateLeaf,
) -> Result<(), NoProof> {
    let deactivation_consistent = match value.status {
        Status::Active => true,
        Status::Deactivated { index } => value.creation_index < index && index <= value.head_index,
    };
    let consistent = value.creation_index <= value.authority_since
        && value.authority_since <= value.head_index
        && value.head_index < state_index;
    if consistent && deactivation_consistent && value.sequence > 0 && value.ordinal < state.dids {
        Ok(())
    } else {
        Err(NoProof::ContradictoryValue { did: did.clone() })
    }
}

/// Reads the document of a DID: in normal form, of this DID, with the key set in its value.
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

pub(super) fn head_of(value: &StateValue) -> Head {
    Head {
        index: value.head_index,
        leaf_hash: *value.head_hash.as_bytes(),
    }
}
