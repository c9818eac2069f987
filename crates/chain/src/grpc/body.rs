//! The body of one call, read whole and within limits.

use axum::body::{Body, Bytes};
use http_body_util::BodyExt;
use tonic::Status;

use crate::host::{Host, Reserved};

/// Bytes that a call may send without reserved memory.
const USUAL_BYTES: usize = 64 << 10;
/// The prefix of a message in a body: a flag and its length.
const PREFIX_BYTES: usize = 5;

/// A body, and the memory that is reserved for it if it is large.
pub(super) struct Read {
    pub(super) bytes: Bytes,
    pub(super) _reserved: Option<Reserved>,
}

/// Reads a body whose message may have so many bytes.
pub(super) async fn read(
    mut body: Body,
    message_bytes_max: usize,
    host: &Host,
) -> Result<Read, Status> {
    let bytes_max = message_bytes_max + PREFIX_BYTES;
    let mut bytes = Vec::new();
    let mut reserved = None;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Status::cancelled("the request was not sent to its end"))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        let length = bytes.len() + data.len();
        if length > bytes_max {
            return Err(Status::resource_exhausted(format!(
                "the request is too long; this method takes at most {message_bytes_max} bytes"
            )));
        }
        if length > USUAL_BYTES && reserved.is_none() {
            let memory = (host.reserve)(bytes_max);
            reserved = Some(memory.map_err(|full| Status::unavailable(full.to_string()))?);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(Read {
        bytes: bytes.into(),
        _reserved: reserved,
    })
}
