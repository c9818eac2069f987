//! What several parts of the ledger read out of a leaf.

use did::{Document, ResourceHeader, VersionKind};
use proof::leaf::{Leaf, LeafReference};
use proof::{Hash, sha256};
use prost::Message;

/// The version id and the document of an accepted payload.
pub(crate) fn read_payload(
    kind: VersionKind,
    payload: &[u8],
) -> Option<(String, Option<Document>)> {
    match kind {
        VersionKind::Create | VersionKind::Update => {
            let version_id = did::proto::MsgCreateDidDocPayload::decode(payload)
                .ok()?
                .version_id;
            Some((
                did::normal_version_id(&version_id),
                Some(Document::restore(payload).ok()?),
            ))
        }
        VersionKind::Deactivate => {
            let version_id = did::proto::MsgDeactivateDidDocPayload::decode(payload)
                .ok()?
                .version_id;
            Some((did::normal_version_id(&version_id), None))
        }
    }
}

/// The previous leaf that a leaf of a DID names. `None` if it is not a leaf of a DID.
pub(crate) fn previous_of(leaf: &[u8]) -> Option<Option<LeafReference>> {
    match Leaf::decode(leaf) {
        Ok(Leaf::Operation(leaf)) => Some(leaf.previous),
        Ok(Leaf::Import(leaf)) => Some(leaf.previous),
        _ => None,
    }
}

/// What versions of one resource share: name and type, separated by the length of the name.
pub(crate) fn series_of(header: &ResourceHeader) -> Hash {
    series(&header.name, &header.resource_type)
}

/// As [`series_of`], by name and type.
pub(crate) fn series(name: &str, resource_type: &str) -> Hash {
    let mut bytes = Vec::with_capacity(8 + name.len() + resource_type.len());
    bytes.extend_from_slice(&(name.len() as u64).to_be_bytes());
    bytes.extend_from_slice(name.as_bytes());
    bytes.extend_from_slice(resource_type.as_bytes());
    sha256(&bytes)
}
