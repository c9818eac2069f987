//! The DID Resolution dialect: `/1.0/identifiers/…`.
//!
//! Strict W3C answers by default; the older shapes that existing clients ask for are chosen by their media types alone,
//! and those that a Universal Resolver wants from its drivers by configuration.

mod accept;
mod answer;
mod identifier;
mod negotiate;
mod options;
mod problem;
mod route;
mod view;

pub use accept::{Accept, AcceptTooLong};
pub use negotiate::{NotAcceptable, Representation, negotiate};
pub use problem::{ErrorKind, Problem};
pub(crate) use route::legacy_result;
pub use route::router;
pub use view::{Function, View};
