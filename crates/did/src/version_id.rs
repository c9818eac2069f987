//! Ids of versions.

use uuid::{Uuid, Variant};

/// The normal form of a version id: lower case, character by character, so that a character never becomes two.
pub fn normal_version_id(text: &str) -> String {
    text.chars()
        .map(|character| character.to_lowercase().next().unwrap_or(character))
        .collect()
}

/// Whether an id is reserved for bound deactivations: a UUID of version 8 (RFC 9562, section 5.8). It needs a preimage.
pub fn is_reserved_version_id(version_id: &str) -> bool {
    Uuid::try_parse(version_id)
        .is_ok_and(|uuid| uuid.get_version_num() == 8 && uuid.get_variant() == Variant::RFC4122)
}
