//! The JSON form of documents: W3C DID Core 1.0 with the key fields that cheqd's libraries write.

mod ordered;
mod read;
mod write;

pub use read::{InvalidDocument, document_from_json};
pub use write::{DocumentJson, MethodJson, ServiceJson};
