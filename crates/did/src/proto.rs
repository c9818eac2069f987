//! The messages of `cheqd.did.v2`, field for field, with the field numbers of the cheqd ledger; those of
//! `cheqd.resource.v2` in [`resource`].
//!
//! Encoding is canonical: fields in ascending number, defaults omitted, shortest varints. That is what signatures
//! cover, so nothing here may change. Texts in these structs are as they came; nothing is checked.

pub mod resource;

/// A DID document.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct DidDoc {
    /// JSON-LD contexts.
    #[prost(string, repeated, tag = "1")]
    pub context: Vec<String>,
    /// The DID that the document describes.
    #[prost(string, tag = "2")]
    pub id: String,
    /// DIDs that may change the document; none means the subject itself.
    #[prost(string, repeated, tag = "3")]
    pub controller: Vec<String>,
    /// Public keys.
    #[prost(message, repeated, tag = "4")]
    pub verification_method: Vec<VerificationMethod>,
    /// Method ids for authentication.
    #[prost(string, repeated, tag = "5")]
    pub authentication: Vec<String>,
    /// Method ids, or inline methods as escaped JSON, for assertions.
    #[prost(string, repeated, tag = "6")]
    pub assertion_method: Vec<String>,
    /// Method ids for invoking capabilities.
    #[prost(string, repeated, tag = "7")]
    pub capability_invocation: Vec<String>,
    /// Method ids for delegating capabilities.
    #[prost(string, repeated, tag = "8")]
    pub capability_delegation: Vec<String>,
    /// Method ids for key agreement.
    #[prost(string, repeated, tag = "9")]
    pub key_agreement: Vec<String>,
    /// Services.
    #[prost(message, repeated, tag = "10")]
    pub service: Vec<Service>,
    /// Other identifiers of the subject.
    #[prost(string, repeated, tag = "11")]
    pub also_known_as: Vec<String>,
}

/// A public key of a document.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct VerificationMethod {
    /// DID URL with a fragment.
    #[prost(string, tag = "1")]
    pub id: String,
    /// `JsonWebKey2020`, `Ed25519VerificationKey2020` or `Ed25519VerificationKey2018`.
    #[prost(string, tag = "2")]
    pub verification_method_type: String,
    /// DID that holds the private key.
    #[prost(string, tag = "3")]
    pub controller: String,
    /// The public key in the encoding of the type.
    #[prost(string, tag = "4")]
    pub verification_material: String,
}

/// A service of a document.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Service {
    /// DID URL with a fragment.
    #[prost(string, tag = "1")]
    pub id: String,
    /// Kind of service, for example `LinkedDomains`.
    #[prost(string, tag = "2")]
    pub service_type: String,
    /// Where the service is.
    #[prost(string, repeated, tag = "3")]
    pub service_endpoint: Vec<String>,
    /// DIDComm: keys of the recipients.
    #[prost(string, repeated, tag = "4")]
    pub recipient_keys: Vec<String>,
    /// DIDComm: keys of the mediators.
    #[prost(string, repeated, tag = "5")]
    pub routing_keys: Vec<String>,
    /// DIDComm: accepted profiles.
    #[prost(string, repeated, tag = "6")]
    pub accept: Vec<String>,
    /// DIDComm: lower comes first.
    #[prost(uint32, tag = "7")]
    pub priority: u32,
}

/// One version of a document, as queries and responses give it.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct DidDocWithMetadata {
    /// The document.
    #[prost(message, optional, tag = "1")]
    pub did_doc: Option<DidDoc>,
    /// What the ledger says about it.
    #[prost(message, optional, tag = "2")]
    pub metadata: Option<Metadata>,
}

/// What the ledger says about one version.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Metadata {
    /// When the DID was created; always present on the wire.
    #[prost(message, optional, tag = "1")]
    pub created: Option<Timestamp>,
    /// When this version was made; absent in the first one.
    #[prost(message, optional, tag = "2")]
    pub updated: Option<Timestamp>,
    /// Whether the DID is deactivated.
    #[prost(bool, tag = "3")]
    pub deactivated: bool,
    /// Id of this version.
    #[prost(string, tag = "4")]
    pub version_id: String,
    /// Id of the version after it, empty for none.
    #[prost(string, tag = "5")]
    pub next_version_id: String,
    /// Id of the version before it, empty for none.
    #[prost(string, tag = "6")]
    pub previous_version_id: String,
}

/// `google.protobuf.Timestamp`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, prost::Message)]
pub struct Timestamp {
    /// Seconds since 1970-01-01T00:00:00Z.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    /// Nanoseconds within the second.
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

/// One signature over the payload of a message.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct SignInfo {
    /// DID URL of the method that signed.
    #[prost(string, tag = "1")]
    pub verification_method_id: String,
    /// Raw signature: 64 bytes for Ed25519, DER for ECDSA, modulus length for RSA.
    #[prost(bytes = "vec", tag = "2")]
    pub signature: Vec<u8>,
}

/// Creates a DID.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct MsgCreateDidDoc {
    /// What is signed.
    #[prost(message, optional, tag = "1")]
    pub payload: Option<MsgCreateDidDocPayload>,
    /// Who signed.
    #[prost(message, repeated, tag = "2")]
    pub signatures: Vec<SignInfo>,
}

/// Replaces the document of a DID; on the wire the same as [`MsgCreateDidDoc`].
pub type MsgUpdateDidDoc = MsgCreateDidDoc;

/// Deactivates a DID.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct MsgDeactivateDidDoc {
    /// What is signed.
    #[prost(message, optional, tag = "1")]
    pub payload: Option<MsgDeactivateDidDocPayload>,
    /// Who signed.
    #[prost(message, repeated, tag = "2")]
    pub signatures: Vec<SignInfo>,
}

/// A document and the id of the version that it becomes. The first eleven fields are those of [`DidDoc`].
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct MsgCreateDidDocPayload {
    /// See [`DidDoc::context`].
    #[prost(string, repeated, tag = "1")]
    pub context: Vec<String>,
    /// See [`DidDoc::id`].
    #[prost(string, tag = "2")]
    pub id: String,
    /// See [`DidDoc::controller`].
    #[prost(string, repeated, tag = "3")]
    pub controller: Vec<String>,
    /// See [`DidDoc::verification_method`].
    #[prost(message, repeated, tag = "4")]
    pub verification_method: Vec<VerificationMethod>,
    /// See [`DidDoc::authentication`].
    #[prost(string, repeated, tag = "5")]
    pub authentication: Vec<String>,
    /// See [`DidDoc::assertion_method`].
    #[prost(string, repeated, tag = "6")]
    pub assertion_method: Vec<String>,
    /// See [`DidDoc::capability_invocation`].
    #[prost(string, repeated, tag = "7")]
    pub capability_invocation: Vec<String>,
    /// See [`DidDoc::capability_delegation`].
    #[prost(string, repeated, tag = "8")]
    pub capability_delegation: Vec<String>,
    /// See [`DidDoc::key_agreement`].
    #[prost(string, repeated, tag = "9")]
    pub key_agreement: Vec<String>,
    /// See [`DidDoc::service`].
    #[prost(message, repeated, tag = "10")]
    pub service: Vec<Service>,
    /// See [`DidDoc::also_known_as`].
    #[prost(string, repeated, tag = "11")]
    pub also_known_as: Vec<String>,
    /// Id of the new version.
    #[prost(string, tag = "12")]
    pub version_id: String,
}

/// On the wire the same as [`MsgCreateDidDocPayload`].
pub type MsgUpdateDidDocPayload = MsgCreateDidDocPayload;

/// The DID to deactivate, and the id of the version that records it.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct MsgDeactivateDidDocPayload {
    /// The DID.
    #[prost(string, tag = "1")]
    pub id: String,
    /// Id of the new version, a UUID.
    #[prost(string, tag = "2")]
    pub version_id: String,
}

impl MsgCreateDidDocPayload {
    /// The payload that makes `document` the version `version_id`.
    pub fn new(document: DidDoc, version_id: String) -> Self {
        Self {
            context: document.context,
            id: document.id,
            controller: document.controller,
            verification_method: document.verification_method,
            authentication: document.authentication,
            assertion_method: document.assertion_method,
            capability_invocation: document.capability_invocation,
            capability_delegation: document.capability_delegation,
            key_agreement: document.key_agreement,
            service: document.service,
            also_known_as: document.also_known_as,
            version_id,
        }
    }

    /// The document without the version id.
    pub fn into_document(self) -> DidDoc {
        DidDoc {
            context: self.context,
            id: self.id,
            controller: self.controller,
            verification_method: self.verification_method,
            authentication: self.authentication,
            assertion_method: self.assertion_method,
            capability_invocation: self.capability_invocation,
            capability_delegation: self.capability_delegation,
            key_agreement: self.key_agreement,
            service: self.service,
            also_known_as: self.also_known_as,
        }
    }
}
