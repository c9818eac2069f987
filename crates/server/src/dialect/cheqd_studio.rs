//! The cheqd Studio dialect: its requests, its texts, its answers.
//!
//! The texts of refusals are part of the contract: clients show them, and some compare them. The rules behind them are
//! decided again by the core, which knows nothing of these texts.

mod body;
mod did;
mod did_routes;
mod document;
mod error;
mod fields;
mod form;
mod key_routes;
mod keys;
mod not_served;
mod requests;
mod resource_routes;
mod responses;
mod services;

pub use body::{AbsentBody, BodyLimits, Input};
pub(crate) use body::{media_type, read as read_body};
pub use did::{CheqdDid, IdentifierFormat, did as parse_did};
pub use did_routes::did_router;
pub use error::{InvalidRequest, StudioError};
pub use key_routes::key_router;
pub use keys::{CreateKey, ImportKey, ImportedKey, KeyType, VerificationMethodQuery, kid};
pub use requests::{CreateDid, DeactivateDid, DocumentInput, ImportDid, UpdateDid};
pub(crate) use resource_routes::body_bytes_max;
pub use resource_routes::resource_router;
pub use responses::{
    ContentType, ControllerKey, DeactivatedDidDocumentMetadata, DeactivatedDidResolution,
    DidDeactivateRequest, DidDocument, DidList, DidProperties, DidResolutionMetadata,
    IdentifierResult, KMS, KeyList, KeyMeta, KeyResult, MethodOfKey, ResourceMetadata, Service,
    StoredKey, VerificationMethod,
};
pub use services::NewService;

pub(crate) use not_served::is_not_served;
