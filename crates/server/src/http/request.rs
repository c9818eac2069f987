//! What every dialect needs to read a request.

mod accept;
pub mod form;
pub mod json;
mod query;
mod received;

pub use accept::{Accept, AcceptTooLong};
pub use query::{Query, RawParameters};
pub use received::{Received, expect_json, media_type};
