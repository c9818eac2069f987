//! Strict JSON for everything that a client sends.

pub use did::json::{JsonError, parse, typed};
