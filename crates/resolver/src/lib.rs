//! How DIDs are read: resolution of a DID to the version that was asked for, dereferencing of DID URLs, and the shapes
//! in which it is answered.
//!
//! There is no cache here. What the ledger has acknowledged is what is answered, so that an end is seen at once.
//!
//! Deliberately absent: private keys, who asks, and HTTP. Which shape a client gets is decided above.

mod dereferencing;
mod error;
mod found;
mod keys;
mod name;
mod options;
mod parameters;
mod part;
mod question;
mod relative_ref;
mod resolution;
mod resolver;
mod resource;
mod resources;
mod resources_json;
mod services;
mod shape;

pub use clock::{Seconds, parse_ms as parse_time_ms};
pub use dereferencing::{ContentNames, DereferencingJson};
pub use error::{InvalidOptions, ResolveError};
pub use found::{Found, FoundVersion, FoundVersions};
pub use name::{Form, Name};
pub use options::{Options, Rules};
pub use question::{Asked, Ended, Kind, Question};
pub use resolution::{Proof, RECEIPT_PROOF_TYPE, Resolution};
pub use resolver::{LINKED_RESOURCES_MAX, Resolver};
pub use resource::LinkedResource;
pub use resources::FoundResources;
pub use resources_json::ResourcesJson;
pub use shape::{
    DOCUMENT_CONTENT_TYPE, DeactivatedJson, DocumentShown, RESOLUTION_CONTEXT, ResultContext,
    ResultJson,
};
