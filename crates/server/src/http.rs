//! The shared HTTP layer. Nothing in here knows a dialect.

pub mod description;
pub mod layer;
pub mod listen;
pub mod rate;
pub mod request;
pub mod response;
