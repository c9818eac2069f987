//! JSON: the strict reader, and the form of documents (W3C DID Core 1.0 with the key fields that cheqd's libraries
//! write).

mod ordered;
mod read;
mod strict;
mod write;

pub use read::{InvalidDocument, document_from_json};
pub use strict::{JsonError, parse, typed};
pub use write::{DocumentJson, MethodJson, ServiceJson};
