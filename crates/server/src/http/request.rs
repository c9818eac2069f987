//! What every dialect needs to read a request.

pub mod form;
pub mod json;
