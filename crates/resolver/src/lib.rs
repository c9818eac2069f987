//! How DIDs are read: resolution of a DID to the version that was asked for, and the shapes in which it is answered.
//!
//! There is no cache here. What the ledger has acknowledged is what is answered, so that an end is seen at once.
//!
//! Deliberately absent: private keys, who asks, and HTTP. Which shape a client gets is decided above.

mod error;
mod options;
mod resolution;
mod resolver;
mod resource;
mod shape;
mod time;

pub use error::{InvalidOptions, ResolveError};
pub use options::Options;
pub use resolution::{Proof, RECEIPT_PROOF_TYPE, Resolution};
pub use resolver::{LINKED_RESOURCES_MAX, Resolver};
pub use resource::LinkedResource;
pub use shape::{
    DOCUMENT_CONTENT_TYPE, DeactivatedJson, DocumentShown, RESOLUTION_CONTEXT, ResultContext,
    ResultJson,
};
pub use time::{Seconds, parse_ms as parse_time_ms};
