//! The DID Resolution dialect: `/1.0/identifiers/…`.
//!
//! Strict W3C answers by default; the older shapes that existing clients ask for are chosen by their media types alone.

mod accept;
mod negotiate;
mod problem;
mod route;

pub use accept::{Accept, AcceptTooLong};
pub use negotiate::{NotAcceptable, Representation, negotiate};
pub use problem::{ErrorKind, Problem};
pub(crate) use route::legacy_result;
pub use route::router;
