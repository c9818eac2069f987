//! What a payload makes of a DID.

use did::{Document, document_hash, key_set_hash};
use proof::leaf::{OperationLeaf, VersionKind};
use proof::state::{StateValue, Status};

use crate::index::{EntryRecord, HeadRecord, VersionRecord};

/// The head of a DID after an operation; `None` if neither the operation nor an earlier one has a document.
pub(super) fn next_head(
    leaf: &OperationLeaf,
    entry: EntryRecord,
    version_id: &str,
    document: Option<&Document>,
    prior: Option<&HeadRecord>,
    ordinal: u64,
) -> Option<HeadRecord> {
    let (document_hash, key_set_hash, document_entry) = match (document, prior) {
        (Some(document), _) => (
            document_hash(document).into(),
            key_set_hash(document).into(),
            entry,
        ),
        (None, Some(prior)) => (
            prior.value.document_hash,
            prior.value.key_set_hash,
            prior.latest.document,
        ),
        (None, None) => return None,
    };
    let same_authority = prior.filter(|prior| prior.value.key_set_hash == key_set_hash);
    let value = StateValue {
        status: match leaf.kind {
            VersionKind::Create | VersionKind::Update => Status::Active,
            VersionKind::Deactivate => Status::Deactivated { index: entry.index },
        },
        sequence: leaf.sequence,
        head_index: entry.index,
        head_hash: entry.leaf_hash,
        creation_index: prior.map_or(entry.index, |prior| prior.value.creation_index),
        ordinal: prior.map_or(ordinal, |prior| prior.value.ordinal),
        authority_since: same_authority.map_or(entry.index, |prior| prior.value.authority_since),
        document_hash,
        key_set_hash,
    };
    Some(HeadRecord {
        value,
        resources: prior.map_or(0, |prior| prior.resources),
        created_ms: prior.map_or(leaf.time_ms, |prior| prior.created_ms),
        previous_version_id: prior.map(|prior| prior.latest.version_id.clone()),
        latest: VersionRecord {
            sequence: leaf.sequence,
            version_id: version_id.to_owned(),
            time_ms: leaf.time_ms,
            operation: entry,
            document: document_entry,
        },
    })
}
