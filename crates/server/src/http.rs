//! The shared HTTP layer. Nothing in here knows a dialect.

pub mod description;
pub mod dialect;
pub mod error;
pub mod gate;
pub mod layer;
pub mod listen;
pub mod rate;
pub mod request;
pub mod response;

pub use dialect::{Dialect, Owners, Wording};
pub use error::{Fault, HttpError, Refusal};
