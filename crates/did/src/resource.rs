//! Resources: files that belong to a DID.

use prost::Message;

use crate::did::Did;
use crate::document::{DamagedDocument, damaged};
use crate::proto::resource::{AlternativeUri, MsgCreateResourcePayload};

/// Everything that its maker says of a resource, without its data; ids are in normal form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceHeader {
    /// The unique id of the DID that it belongs to, as [`Did::unique_id`] gives it.
    pub collection_id: String,
    /// Its own id, a UUID.
    pub id: String,
    /// Its name, 1 to 64 bytes.
    pub name: String,
    /// The version label of its maker's choice, at most 64 bytes; empty for none.
    pub version: String,
    /// What it is, 1 to 64 bytes. Resources of one name and type are versions of each other.
    pub resource_type: String,
    /// Other places where it can be found, as far as its maker names them.
    pub also_known_as: Vec<AlternativeUri>,
}

/// A resource that an operation creates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewResource<'o> {
    /// What is said of it.
    pub header: &'o ResourceHeader,
    /// The payload without the data, as it was signed: see [`resource_payload`].
    pub signed_header: &'o [u8],
    /// Its data.
    pub data: &'o [u8],
}

impl ResourceHeader {
    /// Reads a payload that was accepted before, with or without its data, without judging it again.
    ///
    /// # Errors
    /// The bytes are not such a payload: they were damaged, or never accepted.
    pub fn restore(payload: &[u8]) -> Result<Self, DamagedDocument> {
        let payload =
            MsgCreateResourcePayload::decode(payload).map_err(|error| damaged("payload", error))?;
        Ok(Self::normal(payload))
    }

    /// Brings the ids to normal form, and lets go of the data.
    pub(crate) fn normal(payload: MsgCreateResourcePayload) -> Self {
        let did = Did::of_collection("", &payload.collection_id);
        Self {
            collection_id: did.map_or(payload.collection_id, |did| did.unique_id().to_owned()),
            id: normal_resource_id(&payload.id),
            name: payload.name,
            version: payload.version,
            resource_type: payload.resource_type,
            also_known_as: payload.also_known_as,
        }
    }
}

/// The normal form of a resource id: lower case.
pub fn normal_resource_id(text: &str) -> String {
    text.to_ascii_lowercase()
}

/// The payload of a resource, of which a log keeps the data apart: the bytes that were signed.
///
/// The data is the first field in the canonical encoding, so the rest is one piece.
pub fn resource_payload(signed_header: &[u8], data: &[u8]) -> Vec<u8> {
    let mut payload = Vec::with_capacity(signed_header.len() + data.len() + 8);
    if !data.is_empty() {
        prost::encoding::encode_key(1, prost::encoding::WireType::LengthDelimited, &mut payload);
        prost::encoding::encode_varint(data.len() as u64, &mut payload);
        payload.extend_from_slice(data);
    }
    payload.extend_from_slice(signed_header);
    payload
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_and_data_give_the_payload_again() {
        for length in [0, 1, 127, 128, 20_000] {
            let whole = MsgCreateResourcePayload {
                data: vec![7; length],
                collection_id: "6981F795-f2f5-43db-ab18-e161f9241bf8".to_owned(),
                id: "AAAAAAAA-0000-4000-8000-000000000000".to_owned(),
                name: "name".to_owned(),
                resource_type: "Type".to_owned(),
                ..MsgCreateResourcePayload::default()
            };
            let bytes = whole.encode_to_vec();
            let header = MsgCreateResourcePayload {
                data: Vec::new(),
                ..whole.clone()
            };
            let header = header.encode_to_vec();
            assert_eq!(resource_payload(&header, &whole.data), bytes);
            let read = ResourceHeader::restore(&header).unwrap();
            assert_eq!(read, ResourceHeader::restore(&bytes).unwrap());
            assert_eq!(read.collection_id, "6981f795-f2f5-43db-ab18-e161f9241bf8");
            assert_eq!(read.id, "aaaaaaaa-0000-4000-8000-000000000000");
        }
    }
}
