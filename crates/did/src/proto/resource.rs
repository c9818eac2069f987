//! The messages of `cheqd.resource.v2`, field for field, with the field numbers of the cheqd ledger.

use super::{SignInfo, Timestamp};

/// Creates a resource in the collection of a DID.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct MsgCreateResource {
    /// What is signed.
    #[prost(message, optional, tag = "1")]
    pub payload: Option<MsgCreateResourcePayload>,
    /// Who signed.
    #[prost(message, repeated, tag = "2")]
    pub signatures: Vec<SignInfo>,
}

/// A resource as it is signed. It names no network: the same bytes are valid on every one.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct MsgCreateResourcePayload {
    /// The content.
    #[prost(bytes = "vec", tag = "1")]
    pub data: Vec<u8>,
    /// The unique id of the DID that it belongs to.
    #[prost(string, tag = "2")]
    pub collection_id: String,
    /// Its own id, a UUID.
    #[prost(string, tag = "3")]
    pub id: String,
    /// Its name.
    #[prost(string, tag = "4")]
    pub name: String,
    /// A version label of its maker's choice; may be empty.
    #[prost(string, tag = "5")]
    pub version: String,
    /// What it is, for example `AnonCredsSchema`. Resources of one name and type are versions of each other.
    #[prost(string, tag = "6")]
    pub resource_type: String,
    /// Other places where it can be found.
    #[prost(message, repeated, tag = "7")]
    pub also_known_as: Vec<AlternativeUri>,
}

/// Another place where a resource can be found.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct AlternativeUri {
    /// The place.
    #[prost(string, tag = "1")]
    pub uri: String,
    /// What kind of place it is.
    #[prost(string, tag = "2")]
    pub description: String,
}

/// What the ledger says about a resource.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Metadata {
    /// The unique id of the DID that it belongs to.
    #[prost(string, tag = "1")]
    pub collection_id: String,
    /// Its own id.
    #[prost(string, tag = "2")]
    pub id: String,
    /// Its name.
    #[prost(string, tag = "3")]
    pub name: String,
    /// The version label of its maker's choice.
    #[prost(string, tag = "4")]
    pub version: String,
    /// What it is.
    #[prost(string, tag = "5")]
    pub resource_type: String,
    /// Other places where it can be found, the one that the ledger adds included.
    #[prost(message, repeated, tag = "6")]
    pub also_known_as: Vec<AlternativeUri>,
    /// Media type of the content, as the ledger found it.
    #[prost(string, tag = "7")]
    pub media_type: String,
    /// When it was created; always present on the wire.
    #[prost(message, optional, tag = "8")]
    pub created: Option<Timestamp>,
    /// SHA-256 of the content in hexadecimal.
    #[prost(string, tag = "9")]
    pub checksum: String,
    /// Id of the resource of the same name and type before it, empty for none.
    #[prost(string, tag = "10")]
    pub previous_version_id: String,
    /// Id of the one after it, empty for none.
    #[prost(string, tag = "11")]
    pub next_version_id: String,
}
