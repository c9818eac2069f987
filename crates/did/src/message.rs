//! Signed operations.

use prost::Message;

use crate::did::Did;
use crate::did_url::MethodId;
use crate::document::Document;
use crate::limits::{MAX_MESSAGE_BYTES, MAX_PAYLOAD_BYTES};
use crate::proto::{
    MsgCreateDidDoc, MsgCreateDidDocPayload, MsgDeactivateDidDoc, MsgDeactivateDidDocPayload,
    MsgUpdateDidDoc, SignInfo,
};
use crate::rejection::Rejection;
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
}

impl Kind {
    /// Type URL of the message in a transaction.
    pub fn type_url(self) -> &'static str {
        match self {
            Self::Create => "/cheqd.did.v2.MsgCreateDidDoc",
            Self::Update => "/cheqd.did.v2.MsgUpdateDidDoc",
            Self::Deactivate => "/cheqd.did.v2.MsgDeactivateDidDoc",
        }
    }

    /// The reverse of [`Kind::type_url`].
    pub fn of_type_url(type_url: &str) -> Option<Self> {
        [Self::Create, Self::Update, Self::Deactivate]
            .into_iter()
            .find(|kind| kind.type_url() == type_url)
    }

    fn payload_name(self) -> &'static str {
        match self {
            Self::Create => "MsgCreateDidDocPayload",
            Self::Update => "MsgUpdateDidDocPayload",
            Self::Deactivate => "MsgDeactivateDidDocPayload",
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

/// A create, update or deactivate that is valid by itself, in normal form, with the exact bytes that were signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    kind: Kind,
    did: Did,
    version_id: String,
    payload: Vec<u8>,
    document: Option<Document>,
    signatures: Vec<Signature>,
}

impl Operation {
    /// Reads a payload as it was signed. It must be in canonical encoding.
    ///
    /// # Errors
    /// Code 1205 with everything that is wrong.
    pub fn parse(kind: Kind, payload: &[u8], signatures: Vec<SignInfo>) -> Result<Self, Rejection> {
        if payload.is_empty() {
            return Err(refuse_payload("cannot be blank"));
        }
        check_payload_len(payload.len())?;
        match kind {
            Kind::Create | Kind::Update => {
                let body: MsgCreateDidDocPayload = decode_canonical(kind, payload)?;
                Self::of_document(kind, body, payload.to_vec(), signatures)
            }
            Kind::Deactivate => {
                let body: MsgDeactivateDidDocPayload = decode_canonical(kind, payload)?;
                Self::of_deactivation(&body, payload.to_vec(), signatures)
            }
        }
    }

    /// Reads a whole message. It must be in canonical encoding.
    ///
    /// # Errors
    /// Code 1205 with everything that is wrong.
    pub fn decode(kind: Kind, message: &[u8]) -> Result<Self, Rejection> {
        if message.len() > MAX_MESSAGE_BYTES {
            return Err(Rejection::basic(format!(
                "message: must be at most {MAX_MESSAGE_BYTES} bytes."
            )));
        }
        match kind {
            Kind::Create => Self::from_create(decode_message(kind, message)?),
            Kind::Update => Self::from_update(decode_message(kind, message)?),
            Kind::Deactivate => Self::from_deactivate(decode_message(kind, message)?),
        }
    }

    /// Takes a create message.
    ///
    /// # Errors
    /// Code 1205 with everything that is wrong.
    pub fn from_create(message: MsgCreateDidDoc) -> Result<Self, Rejection> {
        let body = message
            .payload
            .ok_or_else(|| refuse_payload("cannot be blank"))?;
        let payload = body.encode_to_vec();
        Self::of_document(Kind::Create, body, payload, message.signatures)
    }

    /// Takes an update message.
    ///
    /// # Errors
    /// Code 1205 with everything that is wrong.
    pub fn from_update(message: MsgUpdateDidDoc) -> Result<Self, Rejection> {
        let body = message
            .payload
            .ok_or_else(|| refuse_payload("cannot be blank"))?;
        let payload = body.encode_to_vec();
        Self::of_document(Kind::Update, body, payload, message.signatures)
    }

    /// Takes a deactivate message.
    ///
    /// # Errors
    /// Code 1205 with everything that is wrong.
    pub fn from_deactivate(message: MsgDeactivateDidDoc) -> Result<Self, Rejection> {
        let body = message
            .payload
            .ok_or_else(|| refuse_payload("cannot be blank"))?;
        let payload = body.encode_to_vec();
        Self::of_deactivation(&body, payload, message.signatures)
    }

    /// What the operation does.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The DID that it is about.
    pub fn did(&self) -> &Did {
        &self.did
    }

    /// Id of the version that it makes, in lower case.
    pub fn version_id(&self) -> &str {
        &self.version_id
    }

    /// The bytes that the signatures cover, exactly as they came.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The document of a create or update.
    pub fn document(&self) -> Option<&Document> {
        self.document.as_ref()
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
        prost::encoding::bytes::encode(1, &self.payload, &mut bytes);
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
        payload: Vec<u8>,
        signatures: Vec<SignInfo>,
    ) -> Result<Self, Rejection> {
        check_payload_len(payload.len())?;
        let version_id = lower_case(&body.version_id);
        let (document, signatures) = both(
            Document::validate(body),
            validate::signatures(kind, signatures),
        )?;
        let did = document.id().clone();
        Ok(Self {
            kind,
            did,
            version_id,
            payload,
            document: Some(document),
            signatures,
        })
    }

    fn of_deactivation(
        body: &MsgDeactivateDidDocPayload,
        payload: Vec<u8>,
        signatures: Vec<SignInfo>,
    ) -> Result<Self, Rejection> {
        check_payload_len(payload.len())?;
        let kind = Kind::Deactivate;
        let (did, signatures) = both(
            validate::deactivation(body),
            validate::signatures(kind, signatures),
        )?;
        let version_id = lower_case(&body.version_id);
        Ok(Self {
            kind,
            did,
            version_id,
            payload,
            document: None,
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
    payload: Result<T, Issues>,
    signatures: Result<Vec<Signature>, Issue>,
) -> Result<(T, Vec<Signature>), Rejection> {
    let mut issues = Issues::default();
    match (
        issues.note("payload", payload),
        issues.note("signatures", signatures),
    ) {
        (Some(payload), Some(signatures)) => Ok((payload, signatures)),
        _ => Err(Rejection::basic(issues.to_string())),
    }
}

fn check_payload_len(len: usize) -> Result<(), Rejection> {
    if len > MAX_PAYLOAD_BYTES {
        return Err(refuse_payload(format!(
            "must be at most {MAX_PAYLOAD_BYTES} bytes"
        )));
    }
    Ok(())
}

fn decode_canonical<M: Message + Default>(kind: Kind, bytes: &[u8]) -> Result<M, Rejection> {
    let name = kind.payload_name();
    let body =
        M::decode(bytes).map_err(|error| refuse_payload(format!("must be a {name}: {error}")))?;
    if body.encode_to_vec() != bytes {
        return Err(refuse_payload(format!("must be a {name} in {CANONICAL}")));
    }
    Ok(body)
}

fn decode_message<M: Message + Default>(kind: Kind, bytes: &[u8]) -> Result<M, Rejection> {
    let name = kind.type_url();
    let message = M::decode(bytes)
        .map_err(|error| Rejection::basic(format!("message: must be a {name}: {error}.")))?;
    if message.encode_to_vec() != bytes {
        return Err(Rejection::basic(format!(
            "message: must be a {name} in {CANONICAL}."
        )));
    }
    Ok(message)
}

const CANONICAL: &str = "canonical encoding: fields in ascending order, shortest varints, no unknown fields, \
     no default values";

fn refuse_payload(reason: impl std::fmt::Display) -> Rejection {
    Rejection::basic(format!("payload: {reason}."))
}
