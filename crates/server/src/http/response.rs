//! What every dialect needs to write a response.

pub(crate) mod caching;
mod content;
mod identified;

pub(crate) use content::Content;
pub use identified::Identified;
