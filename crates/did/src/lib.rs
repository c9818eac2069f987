//! DIDs, DID documents, keys, signed operations and the rules that judge them.
//!
//! Pure: no input or output, no clock, no storage. Bytes go in, and a value comes out whose type says that it is valid,
//! or an error that says what is wrong in the words of the cheqd ledger.
//!
//! | type | promise |
//! |---|---|
//! | [`Did`], [`MethodId`] | in normal form: equal exactly when they name the same thing |
//! | [`PublicKey`] | sound: no small order, no torsion, on its curve, no short modulus |
//! | [`Document`] | keeps every rule for one document, fits every limit of [`limits`] |
//! | [`Operation`] | a message that is valid by itself, and the exact bytes that were signed |
//!
//! What remains, who must have signed it and whether it fits what is there, is judged by [`judge`].

pub mod json;
pub mod limits;
pub mod proto;

mod closed;
mod did;
mod did_url;
mod document;
mod jwk;
mod key;
mod message;
mod method;
mod namespace;
mod operation_kind;
mod rejection;
mod resource;
mod signature;
mod validate;
mod version_id;

mod rules;

pub use did::{Did, InvalidDid, METHOD};
pub use did_url::{DidUrl, InvalidDidUrl, MethodId};
pub use document::{DamagedDocument, Document, GUARD_SERVICE_TYPE, document_of_payload};
pub use json::{DocumentJson, InvalidDocument, MethodJson, ServiceJson, document_from_json};
pub use jwk::InvalidJwk;
pub use key::{InvalidSignature, KeyAlgorithm, PublicKey, WeakKey};
pub use message::Operation;
pub use method::{
    InvalidMaterial, MethodType, UnknownMethodType, UnsupportedKey, VerificationMethod,
};
pub use operation_kind::{OperationKind, VersionKind};
pub use rejection::{IncompleteSet, Rejection, RejectionCode};
pub use resource::{NewResource, ResourceHeader, normal_resource_id, resource_payload};
pub use rules::{
    Accepted, AnyOf, BoundVersion, Circumstances, CompleteSignatureSet, Consulted, Counted,
    DidState, Head, InvalidBound, JudgeError, Known, ListedIn, MustSign, Proposal, RequiredSet,
    Scope, SigningSet, Status, authority_hash, document_hash, judge, key_set_hash, other_signers,
};
pub use signature::Signature;
pub use validate::inline_method;
pub use version_id::{is_reserved_version_id, normal_version_id};
