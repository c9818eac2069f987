//! Valid DID documents.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use prost::Message;
use thiserror::Error;

use crate::did::Did;
use crate::did_url::MethodId;
use crate::key::PublicKey;
use crate::method::{InvalidMaterial, MethodType, VerificationMethod};
use crate::proto::{self, DidDoc, MsgCreateDidDocPayload};
use crate::rejection::Rejection;
use crate::validate::{self, Issues, Parsed};

/// Type of the service entry that guards a document.
pub const GUARD_SERVICE_TYPE: &str = "KeySetGuard";

/// A valid document in normal form. Cloning is cheap.
#[derive(Clone, PartialEq, Eq)]
pub struct Document(Arc<Inner>);

#[derive(PartialEq, Eq)]
struct Inner {
    id: Did,
    controllers: Vec<Did>,
    methods: Vec<VerificationMethod>,
    proto: DidDoc,
}

impl Document {
    /// Checks the payload of a create or an update, and brings its document to normal form.
    ///
    /// # Errors
    /// Code 1205 with everything that is wrong.
    pub fn from_payload(payload: &MsgCreateDidDocPayload) -> Result<Self, Rejection> {
        Self::validate(payload.clone()).map_err(|payload| {
            let mut issues = Issues::default();
            issues.note("payload", Err::<(), _>(payload));
            Rejection::basic(issues.to_string())
        })
    }

    pub(crate) fn validate(payload: MsgCreateDidDocPayload) -> Result<Self, Issues> {
        let parsed = validate::payload(&payload)?;
        Ok(Self::new(parsed, payload.into_document()))
    }

    /// Reads the document of a payload that was accepted before, without judging it again.
    ///
    /// Limits and rules of today do not apply, so a document stays readable when they become stricter. Signatures are
    /// verified as strictly as ever.
    ///
    /// # Errors
    /// The bytes are not such a payload: they were damaged, or never accepted.
    pub fn restore(payload: &[u8]) -> Result<Self, DamagedDocument> {
        let payload =
            MsgCreateDidDocPayload::decode(payload).map_err(|error| damaged("payload", error))?;
        let parsed = restore_parts(
            &payload.id,
            &payload.controller,
            &payload.verification_method,
            MethodType::decode_known,
        )?;
        Ok(Self::new(parsed, payload.into_document()))
    }

    /// Reads a document in the encoding of [`Document::encode`], for a verifier who uses its keys.
    ///
    /// Limits and most rules do not apply, as in [`Document::restore`]; keys must be sound, and each method must have
    /// an id of its own with the DID of the document.
    ///
    /// # Errors
    /// The bytes are not exactly the encoding of such a document.
    pub fn restore_encoded(bytes: &[u8]) -> Result<Self, DamagedDocument> {
        let proto = DidDoc::decode(bytes).map_err(|error| damaged("document", error))?;
        let parsed = restore_parts(
            &proto.id,
            &proto.controller,
            &proto.verification_method,
            MethodType::decode,
        )?;
        let mut ids = BTreeSet::new();
        for (method, text) in parsed.methods.iter().zip(&proto.verification_method) {
            let id = method.id();
            if id.did() != parsed.id || id.as_str() != text.id || !ids.insert(id) {
                let reason = format!("{} does not name one method of this document", text.id);
                return Err(damaged("verification_method.id", reason));
            }
        }
        let document = Self::new(parsed, proto);
        if document.encode() != bytes {
            return Err(damaged("document", "it is not in normal form"));
        }
        Ok(document)
    }

    /// The DID that the document describes.
    pub fn id(&self) -> &Did {
        &self.0.id
    }

    /// The controller list; empty means that the subject controls itself.
    pub fn controllers(&self) -> &[Did] {
        &self.0.controllers
    }

    /// The verification methods, in the order of the document.
    pub fn methods(&self) -> &[VerificationMethod] {
        &self.0.methods
    }

    /// The whole document as a message, in normal form.
    pub fn proto(&self) -> &DidDoc {
        &self.0.proto
    }

    /// [`Document::proto`] in its canonical encoding.
    pub fn encode(&self) -> Vec<u8> {
        self.0.proto.encode_to_vec()
    }

    /// Whether changes to methods, controllers and guard need the complete set of keys.
    pub fn is_guarded(&self) -> bool {
        self.guards().next().is_some()
    }

    /// The service entries that guard the document.
    pub fn guards(&self) -> impl Iterator<Item = &proto::Service> {
        self.0
            .proto
            .service
            .iter()
            .filter(|service| service.service_type == GUARD_SERVICE_TYPE)
    }

    /// Ids of the methods inside `assertionMethod`: they are published and authorise nothing.
    pub fn inline_methods(&self) -> impl Iterator<Item = String> {
        let entries = self.0.proto.assertion_method.iter();
        entries.filter_map(|entry| validate::inline_id(entry))
    }

    /// Replaces what has a normal form; all other texts are in it already, as validation asks for it.
    fn new(parsed: Parsed, mut proto: DidDoc) -> Self {
        proto.id = parsed.id.to_string();
        proto.controller = parsed.controllers.iter().map(Did::to_string).collect();
        for (text, method) in proto.verification_method.iter_mut().zip(&parsed.methods) {
            text.controller = method.controller().to_string();
        }
        let Parsed {
            id,
            controllers,
            methods,
        } = parsed;
        Self(Arc::new(Inner {
            id,
            controllers,
            methods,
            proto,
        }))
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Document").field(&self.0.proto).finish()
    }
}

/// Bytes that should hold an accepted document and do not.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the stored document is damaged at {field}: {reason}")]
pub struct DamagedDocument {
    field: &'static str,
    reason: String,
}

/// The document of a payload that was accepted before, as [`Document::restore`] gives it, without parsing its keys: for
/// callers who show it and verify nothing.
///
/// # Errors
/// The bytes are not such a payload: they were damaged, or never accepted.
pub fn document_of_payload(payload: &[u8]) -> Result<DidDoc, DamagedDocument> {
    let payload =
        MsgCreateDidDocPayload::decode(payload).map_err(|error| damaged("payload", error))?;
    let mut proto = payload.into_document();
    let normal = |text: &mut String, field| {
        let did = Did::parse(text).map_err(|error| damaged(field, error))?;
        if did.as_str() != text {
            *text = did.to_string();
        }
        Ok(())
    };
    normal(&mut proto.id, "id")?;
    for controller in &mut proto.controller {
        normal(controller, "controller")?;
    }
    for method in &mut proto.verification_method {
        normal(&mut method.controller, "verification_method.controller")?;
    }
    Ok(proto)
}

fn restore_parts(
    id: &str,
    controllers: &[String],
    methods: &[proto::VerificationMethod],
    decode: impl Fn(&MethodType, &str) -> Result<PublicKey, InvalidMaterial>,
) -> Result<Parsed, DamagedDocument> {
    let id = Did::parse(id).map_err(|error| damaged("id", error))?;
    let controllers = controllers
        .iter()
        .map(|text| Did::parse(text))
        .collect::<Result<_, _>>();
    let controllers = controllers.map_err(|error| damaged("controller", error))?;
    let methods = methods
        .iter()
        .map(|method| restore_method(method, &decode))
        .collect::<Result<_, _>>()?;
    Ok(Parsed {
        id,
        controllers,
        methods,
    })
}

fn restore_method(
    method: &proto::VerificationMethod,
    decode: impl Fn(&MethodType, &str) -> Result<PublicKey, InvalidMaterial>,
) -> Result<VerificationMethod, DamagedDocument> {
    let id =
        MethodId::parse(&method.id).map_err(|error| damaged("verification_method.id", error))?;
    let controller = Did::parse(&method.controller)
        .map_err(|error| damaged("verification_method.controller", error))?;
    let method_type: MethodType = method
        .verification_method_type
        .parse()
        .map_err(|error| damaged("verification_method.type", error))?;
    let material = &method.verification_material;
    let key = decode(&method_type, material)
        .map_err(|error| damaged("verification_method.verification_material", error))?;
    Ok(VerificationMethod::new(
        id,
        method_type,
        controller,
        material,
        key,
    ))
}

pub(crate) fn damaged(field: &'static str, reason: impl fmt::Display) -> DamagedDocument {
    DamagedDocument {
        field,
        reason: reason.to_string(),
    }
}
