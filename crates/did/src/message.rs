//! Signed operations.

use std::sync::Arc;

use prost::Message;

use crate::did::Did;
use crate::document::Document;
use crate::operation_kind::OperationKind;
use crate::proto::resource::{MsgCreateResource, MsgCreateResourcePayload};
use crate::proto::{
    MsgCreateDidDoc, MsgCreateDidDocPayload, MsgDeactivateDidDoc, MsgDeactivateDidDocPayload,
    MsgUpdateDidDoc, SignInfo,
};
use crate::rejection::Rejection;
use crate::resource::{NewResource, ResourceHeader};
use crate::signature::Signature;
use crate::validate::{self, Issue, Issues};
use crate::version_id::normal_version_id;

/// An operation that is valid by itself, in normal form, with the exact bytes that were signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    kind: OperationKind,
    did: Did,
    version_id: String,
    payload: Arc<[u8]>,
    content: Content,
    signatures: Vec<Signature>,
}

/// What a payload carries besides ids.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    Document(Document),
    Nothing,
    Resource {
        header: Box<ResourceHeader>,
        /// Offset of the header in the payload, behind the data.
        header_at: usize,
        data_bytes: usize,
    },
}

impl Operation {
    /// Reads a payload as it was signed. It must be in canonical encoding.
    ///
    /// A resource says whose it is without the namespace; its signatures name it, and they all have to be of one.
    ///
    /// # Errors
    /// Code 1205, or 1206 for a resource, with everything that is wrong.
    pub fn parse(
        kind: OperationKind,
        payload: &[u8],
        signatures: Vec<SignInfo>,
    ) -> Result<Self, Rejection> {
        if payload.is_empty() {
            return Err(kind.refuse_payload("cannot be blank"));
        }
        check_payload_len(kind, payload.len())?;
        match kind {
            OperationKind::Create | OperationKind::Update => {
                let body: MsgCreateDidDocPayload = decode_canonical(kind, payload)?;
                Self::of_document(kind, body, payload.into(), signatures)
            }
            OperationKind::Deactivate => {
                let body: MsgDeactivateDidDocPayload = decode_canonical(kind, payload)?;
                Self::of_deactivation(&body, payload.into(), signatures)
            }
            OperationKind::CreateResource => {
                let body: MsgCreateResourcePayload = decode_canonical(kind, payload)?;
                Self::of_resource(body, payload.into(), signatures)
            }
        }
    }

    /// Reads a whole message. It must be in canonical encoding.
    ///
    /// # Errors
    /// Code 1205, or 1206 for a resource, with everything that is wrong.
    pub fn decode(kind: OperationKind, message: &[u8]) -> Result<Self, Rejection> {
        let limit = kind.message_bytes_max();
        if message.len() > limit {
            return Err(kind.refuse(format!("message: must be at most {limit} bytes.")));
        }
        match kind {
            OperationKind::Create => Self::from_create(decode_message(kind, message)?),
            OperationKind::Update => Self::from_update(decode_message(kind, message)?),
            OperationKind::Deactivate => Self::from_deactivate(decode_message(kind, message)?),
            OperationKind::CreateResource => {
                Self::from_create_resource(decode_message(kind, message)?)
            }
        }
    }

    /// Takes a create message.
    ///
    /// # Errors
    /// Code 1205 with everything that is wrong.
    pub fn from_create(message: MsgCreateDidDoc) -> Result<Self, Rejection> {
        let body = message
            .payload
            .ok_or_else(|| OperationKind::Create.refuse_payload("cannot be blank"))?;
        let payload = body.encode_to_vec().into();
        Self::of_document(OperationKind::Create, body, payload, message.signatures)
    }

    /// Takes an update message.
    ///
    /// # Errors
    /// Code 1205 with everything that is wrong.
    pub fn from_update(message: MsgUpdateDidDoc) -> Result<Self, Rejection> {
        let body = message
            .payload
            .ok_or_else(|| OperationKind::Update.refuse_payload("cannot be blank"))?;
        let payload = body.encode_to_vec().into();
        Self::of_document(OperationKind::Update, body, payload, message.signatures)
    }

    /// Takes a deactivate message.
    ///
    /// # Errors
    /// Code 1205 with everything that is wrong.
    pub fn from_deactivate(message: MsgDeactivateDidDoc) -> Result<Self, Rejection> {
        let body = message
            .payload
            .ok_or_else(|| OperationKind::Deactivate.refuse_payload("cannot be blank"))?;
        let payload = body.encode_to_vec().into();
        Self::of_deactivation(&body, payload, message.signatures)
    }

    /// Takes a message that creates a resource.
    ///
    /// # Errors
    /// Code 1206 with everything that is wrong.
    pub fn from_create_resource(message: MsgCreateResource) -> Result<Self, Rejection> {
        let kind = OperationKind::CreateResource;
        let body = message
            .payload
            .ok_or_else(|| kind.refuse_payload("cannot be blank"))?;
        check_payload_len(kind, body.encoded_len())?;
        let payload = body.encode_to_vec().into();
        Self::of_resource(body, payload, message.signatures)
    }

    /// What the operation does.
    pub fn kind(&self) -> OperationKind {
        self.kind
    }

    /// The DID that it is about; of a resource, the one whose collection it joins.
    pub fn did(&self) -> &Did {
        &self.did
    }

    /// Id of the version that it makes, in lower case; of a resource, which is a version among those of its name and
    /// type, the id of that.
    pub fn version_id(&self) -> &str {
        &self.version_id
    }

    /// The bytes that the signatures cover, exactly as they came.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The document of a create or update.
    pub fn document(&self) -> Option<&Document> {
        match &self.content {
            Content::Document(document) => Some(document),
            Content::Nothing | Content::Resource { .. } => None,
        }
    }

    /// The resource that it creates.
    pub fn resource(&self) -> Option<NewResource<'_>> {
        let Content::Resource {
            header,
            header_at,
            data_bytes,
        } = &self.content
        else {
            return None;
        };
        let (before, signed_header) = self.payload.split_at_checked(*header_at)?;
        Some(NewResource {
            header,
            signed_header,
            data: before.get(before.len().checked_sub(*data_bytes)?..)?,
        })
    }

    /// The signatures, in the order of the message.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// The whole message in canonical encoding, ids of methods in normal form.
    pub fn to_message_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.payload.len() + 8);
        prost::encoding::encode_key(1, prost::encoding::WireType::LengthDelimited, &mut bytes);
        prost::encoding::encode_varint(self.payload.len() as u64, &mut bytes);
        bytes.extend_from_slice(&self.payload);
        for signature in &self.signatures {
            let info = SignInfo {
                verification_method_id: signature.method.to_string(),
                signature: signature.bytes.clone(),
            };
            prost::encoding::message::encode(2, &info, &mut bytes);
        }
        bytes
    }

    fn of_document(
        kind: OperationKind,
        body: MsgCreateDidDocPayload,
        payload: Arc<[u8]>,
        signatures: Vec<SignInfo>,
    ) -> Result<Self, Rejection> {
        check_payload_len(kind, payload.len())?;
        let version_id = normal_version_id(&body.version_id);
        let (document, signatures) = both(
            kind,
            Document::validate(body),
            validate::signatures(kind, signatures),
        )?;
        let did = document.id().clone();
        Ok(Self {
            kind,
            did,
            version_id,
            payload,
            content: Content::Document(document),
            signatures,
        })
    }

    fn of_deactivation(
        body: &MsgDeactivateDidDocPayload,
        payload: Arc<[u8]>,
        signatures: Vec<SignInfo>,
    ) -> Result<Self, Rejection> {
        let kind = OperationKind::Deactivate;
        check_payload_len(kind, payload.len())?;
        let (did, signatures) = both(
            kind,
            validate::deactivation(body),
            validate::signatures(kind, signatures),
        )?;
        let version_id = normal_version_id(&body.version_id);
        Ok(Self {
            kind,
            did,
            version_id,
            payload,
            content: Content::Nothing,
            signatures,
        })
    }

    fn of_resource(
        mut body: MsgCreateResourcePayload,
        payload: Arc<[u8]>,
        signatures: Vec<SignInfo>,
    ) -> Result<Self, Rejection> {
        let kind = OperationKind::CreateResource;
        let ((), signatures) = both(
            kind,
            validate::resource(&body),
            validate::signatures(kind, signatures),
        )?;
        let Some(first) = signatures.first() else {
            let signer = format!("signer: {}", body.collection_id);
            return Err(Rejection::signature_not_found(signer));
        };
        let signer = first.method.did();
        let namespace = signer.namespace().unwrap_or_default();
        let did = Did::of_collection(namespace, &body.collection_id)
            .map_err(|error| kind.refuse_payload(error))?;
        let data_bytes = std::mem::take(&mut body.data).len();
        let header_at = payload.len().saturating_sub(body.encoded_len());
        let header = ResourceHeader::normal(body);
        Ok(Self {
            kind,
            did,
            version_id: header.id.clone(),
            payload,
            content: Content::Resource {
                header: Box::new(header),
                header_at,
                data_bytes,
            },
            signatures,
        })
    }
}

fn both<T>(
    kind: OperationKind,
    payload: Result<T, Issues>,
    signatures: Result<Vec<Signature>, Issue>,
) -> Result<(T, Vec<Signature>), Rejection> {
    let mut issues = Issues::default();
    match (
        issues.note("payload", payload),
        issues.note("signatures", signatures),
    ) {
        (Some(payload), Some(signatures)) => Ok((payload, signatures)),
        _ => Err(kind.refuse(issues.to_string())),
    }
}

fn check_payload_len(kind: OperationKind, len: usize) -> Result<(), Rejection> {
    let limit = kind.payload_bytes_max();
    if len > limit {
        return Err(kind.refuse_payload(format!("must be at most {limit} bytes")));
    }
    Ok(())
}

fn decode_canonical<M: Message + Default>(
    kind: OperationKind,
    bytes: &[u8],
) -> Result<M, Rejection> {
    let name = kind.payload_name();
    let body = M::decode(bytes)
        .map_err(|error| kind.refuse_payload(format!("must be a {name}: {error}")))?;
    if body.encode_to_vec() != bytes {
        return Err(kind.refuse_payload(format!("must be a {name} in {CANONICAL}")));
    }
    Ok(body)
}

fn decode_message<M: Message + Default>(kind: OperationKind, bytes: &[u8]) -> Result<M, Rejection> {
    let name = kind.type_url();
    let message = M::decode(bytes)
        .map_err(|error| kind.refuse(format!("message: must be a {name}: {error}.")))?;
    if message.encode_to_vec() != bytes {
        return Err(kind.refuse(format!("message: must be a {name} in {CANONICAL}.")));
    }
    Ok(message)
}

const CANONICAL: &str = "canonical encoding: fields in ascending order, shortest varints, no unknown fields, \
     no default values";
