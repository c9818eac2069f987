//! What an export proves, under the keys that this log knows of the older one.

use did::{Did, Document};
use proof::Hash;
use proof::checkpoint::Checkpoint;
use proof::leaf::{Leaf, LeafReference, OperationLeaf, StateLeaf, TreeHead, VersionKind};
use proof::merkle::verify_inclusion;
use proof::note::{Note, NoteVerifier};
use proof::state::{StateKey, StateProof, StateValue};

use super::ImportError;
use crate::export::{Export, ExportedLeaf};
use crate::identity::{Identity, OlderLog};
use crate::leaves::previous_of;
use crate::leaves::read_payload;

/// The operations of a DID in an older log, verified from its checkpoint to its signatures.
pub(super) struct ProvenHistory {
    pub(super) did: Did,
    pub(super) until: TreeHead,
    /// Oldest first, without those that only confirm.
    pub(super) operations: Vec<OldOperation>,
    pub(super) is_deactivated: bool,
}

/// An operation as the older log holds it.
pub(super) struct OldOperation {
    pub(super) index: u64,
    /// The leaf there: an operation, or an import that holds one.
    pub(super) leaf: Vec<u8>,
    pub(super) operation: OperationLeaf,
}

impl OldOperation {
    /// What its leaf names as the one before it.
    pub(super) fn previous(&self) -> Option<LeafReference> {
        previous_of(&self.leaf).flatten()
    }

    pub(super) fn reference(&self) -> LeafReference {
        LeafReference {
            index: self.index,
            hash: Leaf::hash_of(&self.leaf),
        }
    }
}

impl ProvenHistory {
    pub(super) fn of(
        export: &Export,
        identity: &Identity,
        older: &OlderLog<'_>,
    ) -> Result<Self, ImportError> {
        let did = Did::parse(&export.did).map_err(|_| unproven("it names no DID"))?;
        if did.as_str() != export.did || did.namespace() != Some(&identity.namespace) {
            return Err(unproven("its DID belongs to another network"));
        }
        let until = opened(&export.checkpoint, &export.origin, older)?;
        let value = state_of(export, identity, &did, &until)?;
        let mut operations = Vec::new();
        let mut before = None;
        for leaf in &export.operations {
            included(leaf, &until)?;
            if previous_of(&leaf.leaf.0) != Some(before) {
                return Err(unproven("its entries do not follow each other"));
            }
            before = Some(LeafReference {
                index: leaf.index,
                hash: Leaf::hash_of(&leaf.leaf.0),
            });
            operations.extend(operation_of(leaf, identity, &did)?);
        }
        let head = LeafReference {
            index: value.head_index,
            hash: value.head_hash,
        };
        if before != Some(head) {
            return Err(unproven("its entries do not lead to the DID's newest one"));
        }
        let is_deactivated = value.deactivation_index().is_some();
        check_history(&operations, is_deactivated)?;
        Ok(Self {
            did,
            until,
            operations,
            is_deactivated,
        })
    }
}

/// The checkpoint, if the keys of its time have signed it.
fn opened(note: &str, origin: &str, older: &OlderLog<'_>) -> Result<TreeHead, ImportError> {
    let forged = |error: &dyn std::error::Error| unproven(&format!("its checkpoint: {error}"));
    let note = Note::parse(note.as_bytes()).map_err(|error| forged(&error))?;
    let (checkpoint, _) = Checkpoint::parse(note.text()).map_err(|error| forged(&error))?;
    if checkpoint.origin != origin {
        return Err(unproven("its checkpoint is of another log"));
    }
    let keys = older.signing(checkpoint.size);
    if keys.is_empty() {
        return Err(unproven(
            "its checkpoint is of no size that the older log had",
        ));
    }
    for span in keys {
        let key = NoteVerifier::new(&span.origin, &span.key).map_err(|error| forged(&error))?;
        note.verify(std::slice::from_ref(&key))
            .map_err(|error| forged(&error))?;
    }
    Ok(TreeHead {
        size: checkpoint.size,
        root: checkpoint.root,
    })
}

/// The DID's state under the last leaf of the checkpoint.
fn state_of(
    export: &Export,
    identity: &Identity,
    did: &Did,
    until: &TreeHead,
) -> Result<StateValue, ImportError> {
    included(&export.state, until)?;
    let state: StateLeaf = match Leaf::decode(&export.state.leaf.0) {
        Ok(Leaf::State(state)) if export.state.index + 1 == until.size => state,
        _ => {
            return Err(unproven(
                "its state is not the last entry of the checkpoint",
            ));
        }
    };
    if state.network_id != identity.network_id {
        return Err(unproven("it is of another network"));
    }
    let value = StateValue::decode(&export.value.0)
        .map_err(|_| unproven("the DID's state cannot be read"))?;
    let proof = StateProof::decode(&export.proof.0)
        .map_err(|_| unproven("the proof of the DID's state cannot be read"))?;
    let key = StateKey::of(&identity.network_id, did.as_str());
    proof
        .verify_inclusion(&state.state_root, &key, &value.hash())
        .map_err(|_| unproven("the DID's state is not in the state tree"))?;
    Ok(value)
}

fn included(leaf: &ExportedLeaf, until: &TreeHead) -> Result<(), ImportError> {
    let path = leaf
        .path()
        .ok_or_else(|| unproven("a path holds no hashes"))?;
    let hash: Hash = Leaf::hash_of(&leaf.leaf.0);
    verify_inclusion(&hash, leaf.index, until.size, &path, &until.root)
        .map_err(|_| unproven(&format!("entry {} is not under its checkpoint", leaf.index)))
}

/// The operation in a leaf of the DID; none in one that only confirms.
fn operation_of(
    leaf: &ExportedLeaf,
    identity: &Identity,
    did: &Did,
) -> Result<Option<OldOperation>, ImportError> {
    let strange = || unproven(&format!("entry {} is not one of this DID", leaf.index));
    let operation = match Leaf::decode(&leaf.leaf.0) {
        Ok(Leaf::Operation(operation)) => Some(operation),
        Ok(Leaf::Import(import)) if import.did == did.as_str() => {
            import.imported_operation().map_err(|_| strange())?
        }
        _ => return Err(strange()),
    };
    let Some(operation) = operation else {
        return Ok(None);
    };
    if operation.did != did.as_str() || operation.network_id != identity.network_id {
        return Err(strange());
    }
    Ok(Some(OldOperation {
        index: leaf.index,
        leaf: leaf.leaf.0.clone(),
        operation,
    }))
}

/// Begins with a create, holds no other, ends with a deactivation if the DID is deactivated, and is signed.
fn check_history(operations: &[OldOperation], is_deactivated: bool) -> Result<(), ImportError> {
    let mut document: Option<Document> = None;
    let last = operations.len().saturating_sub(1);
    for (
        at,
        OldOperation {
            operation, index, ..
        },
    ) in operations.iter().enumerate()
    {
        let in_place = match operation.kind {
            VersionKind::Create => at == 0,
            VersionKind::Update => at > 0,
            VersionKind::Deactivate => at > 0 && at == last && is_deactivated,
        };
        if !in_place {
            return Err(unproven(&format!("entry {index} is out of its place")));
        }
        signed(operation, document.as_ref())
            .map_err(|reason| unproven(&format!("entry {index}: {reason}")))?;
        if let Some((_, Some(next))) = read_payload(operation.kind, &operation.payload) {
            document = Some(next);
        }
    }
    let deactivates = operations
        .last()
        .is_some_and(|last| last.operation.kind == VersionKind::Deactivate);
    if operations.is_empty() || deactivates != is_deactivated {
        return Err(unproven("its entries do not lead to the DID's state"));
    }
    Ok(())
}

/// What can be checked of an operation's signatures without the other DIDs of its time: the subject's own keys. All of
/// them sign its deactivation; one signs a create or an update where the subject is its own controller. A caller with
/// only the older log's key can forge neither.
pub(crate) fn signed(
    operation: &OperationLeaf,
    before: Option<&Document>,
) -> Result<(), &'static str> {
    let Some((_, after)) = read_payload(operation.kind, &operation.payload) else {
        return Err("its payload cannot be read");
    };
    let document = match (operation.kind, before) {
        (VersionKind::Create, _) => after.as_ref(),
        (VersionKind::Update | VersionKind::Deactivate, before) => before,
    };
    let document = document.ok_or("the document before it is missing")?;
    let valid = |method: &did::VerificationMethod| {
        operation.signatures.iter().any(|signature| {
            signature.method_id == method.id().as_str()
                && method
                    .key()
                    .verify(&operation.payload, &signature.bytes)
                    .is_ok()
        })
    };
    let controllers = document.controllers();
    let own = controllers.is_empty() || controllers.contains(document.id());
    match operation.kind {
        VersionKind::Deactivate if !document.methods().iter().all(valid) => {
            Err("not all keys of the DID have signed its deactivation")
        }
        VersionKind::Create | VersionKind::Update
            if own && !document.methods().iter().any(valid) =>
        {
            Err("no key of the DID has signed it")
        }
        _ => Ok(()),
    }
}

fn unproven(reason: &str) -> ImportError {
    ImportError::NotProven(reason.to_owned())
}
