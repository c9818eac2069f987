//! The metadata of a resource, in the form that cheqd's resolver publishes.

use std::fmt;

use ledger::ResourceMetadata;
use serde::Serialize;

use clock::Seconds;

/// A member of `linkedResourceMetadata`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkedResource {
    #[serde(rename = "resourceURI")]
    resource_uri: String,
    resource_collection_id: String,
    resource_id: String,
    resource_name: String,
    resource_type: String,
    media_type: String,
    resource_version: String,
    created: Seconds,
    /// `null` where the data was erased: it must not help to guess the data.
    checksum: Option<String>,
    previous_version_id: Option<String>,
    next_version_id: Option<String>,
}

impl From<ResourceMetadata> for LinkedResource {
    fn from(metadata: ResourceMetadata) -> LinkedResource {
        let header = metadata.header;
        LinkedResource {
            resource_uri: format!("{}/resources/{}", metadata.did, header.id),
            resource_collection_id: header.collection_id,
            resource_id: header.id,
            resource_name: header.name,
            resource_type: header.resource_type,
            media_type: metadata.media_type,
            resource_version: header.version,
            created: Seconds::of_ms(metadata.created_ms),
            checksum: metadata.checksum,
            previous_version_id: metadata.previous_id,
            next_version_id: metadata.next_id,
        }
    }
}

/// Its id: resources are never changed, and the newest one represents the list.
impl fmt::Display for LinkedResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.resource_id)
    }
}
