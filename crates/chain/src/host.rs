//! What the ports share with the server around them.

use std::any::Any;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::http::StatusCode;
use axum::response::Response;

/// What the server around the ports lends them. Clones share it.
#[derive(Clone)]
pub struct Host {
    /// Reserves memory for a body of so many bytes, out of what all large bodies of the server may take together.
    pub reserve: Arc<dyn Fn(usize) -> Result<Reserved, NoMemory> + Send + Sync>,
    /// Runs a gRPC call to its end, or to its panic, of which it returns the message.
    pub catch: fn(Call) -> Caught,
    /// Counts a gRPC call: its path, the status of HTTP closest to its own, and its duration.
    pub count: Arc<dyn Fn(&'static str, StatusCode, Duration) + Send + Sync>,
    /// The most time that a gRPC call gets.
    pub call_timeout: Duration,
}

/// Reserved memory; it is given back when this is dropped.
pub type Reserved = Box<dyn Any + Send>;
/// A call that is being answered.
pub type Call = Pin<Box<dyn Future<Output = Response> + Send>>;
/// The same with the message of its panic instead of an answer.
pub type Caught = Pin<Box<dyn Future<Output = Result<Response, String>> + Send>>;

/// Why no memory is reserved, in words for the caller.
#[derive(Debug)]
pub struct NoMemory(pub String);

impl fmt::Display for NoMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Host {
    /// Memory for a body of up to `bytes_max`; one that announces no more than `usual` bytes needs none.
    pub(crate) fn reserve_for(
        &self,
        body: &Body,
        usual: usize,
        bytes_max: usize,
    ) -> Result<Option<Reserved>, NoMemory> {
        let announced = body.size_hint().upper().map(usize::try_from);
        match announced {
            Some(Ok(length)) if length <= usual => Ok(None),
            Some(Ok(length)) => (self.reserve)(length.min(bytes_max)).map(Some),
            Some(Err(_)) | None => (self.reserve)(bytes_max).map(Some),
        }
    }
}
