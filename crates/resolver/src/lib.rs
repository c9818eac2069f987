//! How DIDs are read: resolution of a DID to the requested version, dereferencing of DID URLs, and the forms of the
//! answers.
//!
//! There is no cache here. Every answer contains what the ledger has acknowledged, so a deactivation is visible at
//! once.
//!
//! Deliberately absent: private keys, callers, and HTTP. The server decides which form a client gets.

mod dereferencing;
mod error;
mod found;
mod keys;
mod name;
mod options;
mod parameters;
mod part;
mod query;
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
pub use query::{AnswerKind, CheckedQuery, DeactivatedDocument, Query};
pub use resolution::{DOCUMENT_CONTENT_TYPE, Proof, RECEIPT_PROOF_TYPE, Resolution};
pub use resolver::{LINKED_RESOURCES_MAX, Resolver};
pub use resource::LinkedResource;
pub use resources::FoundResources;
pub use resources_json::ResourcesJson;
pub use shape::{DeactivatedJson, DocumentView, RESOLUTION_CONTEXT, ResultContext, ResultJson};
