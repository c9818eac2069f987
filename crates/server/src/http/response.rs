//! What every dialect needs to write a response.

pub(crate) mod caching;
