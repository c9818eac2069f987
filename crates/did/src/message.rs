//! Signed operations.

use std::sync::Arc;

use prost::Message;

use crate::did::Did;
use crate::did_url::MethodId;
use crate::document::Document;
use crate::limits::{
    MAX_MESSAGE_BYTES, MAX_PAYLOAD_BYTES, MAX_RESOURCE_MESSAGE_BYTES, MAX_RESOURCE_PAYLOAD_BYTES,
};
use crate::proto::resource::{MsgCreateResource, MsgCreateResourcePayload};
use crate::proto::{
    MsgCreateDidDoc, MsgCreateDidDocPayload, MsgDeactivateDidDoc, MsgDeactivateDidDocPayload,
    MsgUpdateDidDoc, SignInfo,
};
use crate::rejection::Rejection;
use crate::resource::{NewResource, ResourceHeader};
use crate::validate::{self, Issue, Issues};

/// What an operation does to its DID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The first version.
    Create,
    /// A further version.
    Update,
    /// The last version.
    Deactivate,
    /// A resource in its collection; the DID itself stays as it is.
    CreateResource,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [
        Self::Create,
        Self::Update,
        Self::Deactivate,
        Self::CreateResource,
    ];

    /// Its word, wherever one stands for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Deactivate => "deactivate",
            Self::CreateResource => "createResource",
        }
    }

    /// Type URL of the message in a transaction.
    pub fn type_url(self) -> &'static str {
        match self {
            Self::Create => "/cheqd.did.v2.MsgCreateDidDoc",
            Self::Update => "/cheqd.did.v2.MsgUpdateDidDoc",
            Self::Deactivate => "/cheqd.did.v2.MsgDeactivateDidDoc",
            Self::CreateResource => "/cheqd.resource.v2.MsgCreateResource",
        }
    }

    /// The reverse of [`Kind::type_url`].
    pub fn of_type_url(type_url: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.type_url() == type_url)
    }

    /// Code 1205, or 1206 for a resource, as the cheqd ledger has it.
    fn refuse(self, details: impl Into<String>) -> Rejection {
        match self {
            Self::Create | Self::Update | Self::Deactivate => Rejection::basic(details),
            Self::CreateResource => Rejection::namespace(details),
        }
    }

    fn refuse_payload(self, reason: impl std::fmt::Display) -> Rejection {
        self.refuse(format!("payload: {reason}."))
    }

    fn payload_bytes_max(self) -> usize {
        match self {
            Self::Create | Self::Update | Self::Deactivate => MAX_PAYLOAD_BYTES,
            Self::CreateResource => MAX_RESOURCE_PAYLOAD_BYTES,
        }
    }

    fn message_bytes_max(self) -> usize {
        match self {
            Self::Create | Self::Update | Self::Deactivate => MAX_MESSAGE_BYTES,
            Self::CreateResource => MAX_RESOURCE_MESSAGE_BYTES,
        }
    }

    fn payload_name(self) -> &'static str {
        match self {
            Self::Create => "MsgCreateDidDocPayload",
            Self::Update => "MsgUpdateDidDocPayload",
            Self::Deactivate => "MsgDeactivateDidDocPayload",
            Self::CreateResource => "MsgCreateResourcePayload",
        }
    }
}

/// One signature over the payload; nothing is known yet of whether it verifies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signature {
    /// The method that is said to have signed, in normal form.
    pub method: MethodId,
    /// 64 bytes for Ed25519, DER for ECDSA, modulus length for RSA.
    pub bytes: Vec<u8>,
}

/// An operation that is valid by itself, in normal form, with the exact bytes that were signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    kind: Kind,
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
        /// Where the header stands in the payload, behind the data.
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
    pub fn parse(kind: Kind, payload: &[u8], signatures: Vec<SignInfo>) -> Result<Self, Rejection> {
        if payload.is_empty() {
            return Err(kind.refuse_payload("cannot be blank"));
        }
        check_payload_len(kind, payload.len())?;
        match kind {
            Kind::Create | Kind::Update => {
                let body: MsgCreateDidDocPayload = decode_canonical(kind, payload)?;
                Self::of_document(kind, body, payload.into(), signatures)
            }
            Kind::Deactivate => {
                let body: MsgDeactivateDidDocPayload = decode_canonical(kind, payload)?;
                Self::of_deactivation(&body, payload.into(), signatures)
            }
            Kind::CreateResource => {
                let body: MsgCreateResourcePayload = decode_canonical(kind, payload)?;
                Self::of_resource(body, payload.into(), signatures)
            }
        }
    }

    /// Reads a whole message. It must be in canonical encoding.
    ///
    /// # Errors
    /// Code 1205, or 1206 for a resource, with everything that is wrong.
    pub fn decode(kind: Kind, message: &[u8]) -> Result<Self, Rejection> {
        let limit = kind.message_bytes_max();
        if message.len() > limit {
            return Err(kind.refuse(format!("message: must be at most {limit} bytes.")));
        }
        match kind {
            Kind::Create => Self::from_create(decode_message(kind, message)?),
            Kind::Update => Self::from_update(decode_message(kind, message)?),
            Kind::Deactivate => Self::from_deactivate(decode_message(kind, message)?),
            Kind::CreateResource => Self::from_create_resource(decode_message(kind, message)?),
        }
    }

    /// Takes a create message.
    ///
    /// # Errors
    /// Code 1205 with everything that is wrong.
    pub fn from_create(message: MsgCreateDidDoc) -> Result<Self, Rejection> {
        let body = message
            .payload
            .ok_or_else(|| Kind::Create.refuse_payload("cannot be blank"))?;
        let payload = body.encode_to_vec().into();
        Self::of_document(Kind::Create, body, payload, message.signatures)
    }

    /// Takes an update message.
    ///
    /// # Errors
    /// Code 1205 with everything that is wrong.
    pub fn from_update(message: MsgUpdateDidDoc) -> Result<Self, Rejection> {
        let body = message
            .payload
            .ok_or_else(|| Kind::Update.refuse_payload("cannot be blank"))?;
        let payload = body.encode_to_vec().into();
        Self::of_document(Kind::Update, body, payload, message.signatures)
    }

    /// Takes a deactivate message.
    ///
    /// # Errors
    /// Code 1205 with everything that is wrong.
    pub fn from_deactivate(message: MsgDeactivateDidDoc) -> Result<Self, Rejection> {
        let body = message
            .payload
            .ok_or_else(|| Kind::Deactivate.refuse_payload("cannot be blank"))?;
        let payload = body.encode_to_vec().into();
        Self::of_deactivation(&body, payload, message.signatures)
    }

    /// Takes a message that creates a resource.
    ///
    /// # Errors
    /// Code 1206 with everything that is wrong.
    pub fn from_create_resource(message: MsgCreateResource) -> Result<Self, Rejection> {
        let kind = Kind::CreateResource;
        let body = message
            .payload
            .ok_or_else(|| kind.refuse_payload("cannot be blank"))?;
        check_payload_len(kind, body.encoded_len())?;
        let payload = body.encode_to_vec().into();
        Self::of_resource(body, payload, message.signatures)
    }

    /// What the operation does.
    pub fn kind(&self) -> Kind {
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

    /// Checks that every DID in the operation has this namespace.
    ///
    /// # Errors
    /// Code 1206 with every DID that has another.
    pub fn check_namespace(&self, allowed: &str) -> Result<(), Rejection> {
        validate::check_namespace(self, allowed)
            .map_err(|issues| Rejection::namespace(issues.to_string()))
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
        kind: Kind,
        body: MsgCreateDidDocPayload,
        payload: Arc<[u8]>,
        signatures: Vec<SignInfo>,
    ) -> Result<Self, Rejection> {
        check_payload_len(kind, payload.len())?;
        let version_id = lower_case(&body.version_id);
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
        let kind = Kind::Deactivate;
        check_payload_len(kind, payload.len())?;
        let (did, signatures) = both(
            kind,
            validate::deactivation(body),
            validate::signatures(kind, signatures),
        )?;
        let version_id = lower_case(&body.version_id);
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
        let kind = Kind::CreateResource;
        let ((), signatures) = both(
            kind,
            validate::resource(&body),
            validate::signatures(kind, signatures),
        )?;
        let Some(first) = signatures.first() else {
            let nobody = format!("signer: {}", body.collection_id);
            return Err(Rejection::signature_not_found(nobody));
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

/// The normal form of a version id: lower case, character by character, so that a character never becomes two.
pub fn normal_version_id(text: &str) -> String {
    lower_case(text)
}

/// Lower case, character by character: a character never becomes two.
pub(crate) fn lower_case(text: &str) -> String {
    text.chars()
        .map(|character| character.to_lowercase().next().unwrap_or(character))
        .collect()
}

fn both<T>(
    kind: Kind,
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

fn check_payload_len(kind: Kind, len: usize) -> Result<(), Rejection> {
    let limit = kind.payload_bytes_max();
    if len > limit {
        return Err(kind.refuse_payload(format!("must be at most {limit} bytes")));
    }
    Ok(())
}

fn decode_canonical<M: Message + Default>(kind: Kind, bytes: &[u8]) -> Result<M, Rejection> {
    let name = kind.payload_name();
    let body = M::decode(bytes)
        .map_err(|error| kind.refuse_payload(format!("must be a {name}: {error}")))?;
    if body.encode_to_vec() != bytes {
        return Err(kind.refuse_payload(format!("must be a {name} in {CANONICAL}")));
    }
    Ok(body)
}

fn decode_message<M: Message + Default>(kind: Kind, bytes: &[u8]) -> Result<M, Rejection> {
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
