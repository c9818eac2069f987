//! A request that is read whole: its head, and its body within the limit of its route.

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::json::{self, JsonError};
use crate::http::error::{HttpError, Refusal};
use crate::http::gate::{Gate, Room};
use crate::http::layer::BodyLimits;

const JSON: &str = "application/json";

/// A request with its whole body. Has no `Debug`: some bodies hold private keys.
pub struct Received {
    /// Its head.
    pub parts: Parts,
    /// Its body.
    pub body: Bytes,
    /// Taken by long bodies, and given back when all is done.
    _room: Option<Room>,
}

impl Received {
    /// Reads a request; one with a longer body than most routes take takes room at the gate.
    ///
    /// # Errors
    /// [`Refusal::TooLong`], [`Refusal::BrokenOff`], and a fault where there is no room.
    pub async fn read(gate: &Gate, request: Request) -> Result<Received, HttpError> {
        let limits = BodyLimits::of(request.extensions());
        Received::read_up_to(limits.bytes_max, gate, request).await
    }

    /// The same with a limit below that of the route.
    ///
    /// # Errors
    /// See [`Received::read`].
    pub async fn read_up_to(
        bytes_max: usize,
        gate: &Gate,
        request: Request,
    ) -> Result<Received, HttpError> {
        let (parts, body) = request.into_parts();
        let limits = BodyLimits::of(&parts.extensions);
        let bytes_max = bytes_max.min(limits.bytes_max);
        let room = if bytes_max > limits.usual_bytes_max {
            gate.room_for(&body, limits.usual_bytes_max, bytes_max)?
        } else {
            None
        };
        let body = bytes(body, bytes_max).await?;
        Ok(Received {
            parts,
            body,
            _room: room,
        })
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// [`Refusal::MediaType`], [`Refusal::Syntax`], [`Refusal::Content`].
    pub fn json(&self) -> Result<Value, Refusal> {
        expect_json(&self.parts.headers)?;
        self.any_json()
    }

    /// The same, whatever its media type.
    ///
    /// # Errors
    /// [`Refusal::Syntax`], [`Refusal::Content`].
    pub fn any_json(&self) -> Result<Value, Refusal> {
        let limits = BodyLimits::of(&self.parts.extensions);
        Ok(json::parse(&self.body, limits.json_depth_max)?)
    }

    /// The body as a JSON object.
    ///
    /// # Errors
    /// Those of [`Received::json`], and [`Refusal::NotAnObject`].
    pub fn object(&self) -> Result<Map<String, Value>, Refusal> {
        match self.json()? {
            Value::Object(members) => Ok(members),
            _ => Err(Refusal::NotAnObject),
        }
    }

    /// The body as JSON of a type.
    ///
    /// # Errors
    /// Those of [`Received::json`].
    pub fn typed<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        Ok(json::typed(self.json()?)?)
    }
}

impl From<JsonError> for Refusal {
    fn from(error: JsonError) -> Refusal {
        let text = error.to_string();
        if error.is_content() {
            Refusal::Content(text)
        } else {
            Refusal::Syntax(text)
        }
    }
}

/// Refuses a body of another type than JSON.
///
/// # Errors
/// [`Refusal::MediaType`].
pub fn expect_json(headers: &HeaderMap) -> Result<(), Refusal> {
    match media_type(headers).as_deref() {
        Some(JSON) => Ok(()),
        _ => Err(Refusal::MediaType(JSON)),
    }
}

/// The media type of a body, in lower case and without its parameters.
pub fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let name = value.split(';').next().unwrap_or_default();
    Some(name.trim().to_ascii_lowercase())
}

/// A whole body.
async fn bytes(body: Body, bytes_max: usize) -> Result<Bytes, Refusal> {
    let too_long = Refusal::TooLong { bytes_max };
    // A length that was announced is believed, to answer before the rest arrives.
    if body.size_hint().lower() > bytes_max as u64 {
        return Err(too_long);
    }
    match Limited::new(body, bytes_max).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if is_length_limit(error.as_ref()) => Err(too_long),
        Err(_) => Err(Refusal::BrokenOff),
    }
}

/// The limit may be the one above or the one around every request, which arrives wrapped.
fn is_length_limit(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source())
        .any(|error| error.is::<LengthLimitError>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::layer::Context;

    async fn refused(body: Body) -> HttpError {
        let mut request = Request::new(body);
        request.extensions_mut().insert(Context::of_test(64, 4));
        let received = Received::read(&Gate::default(), request).await;
        received.err().unwrap()
    }

    #[tokio::test]
    async fn long_bodies_are_413_announced_or_not() {
        let long = "x".repeat(65);
        let streamed = Body::new(Chunks(long.clone()));
        for body in [Body::from(long), streamed] {
            let error = refused(body).await;
            assert_eq!(error, Refusal::TooLong { bytes_max: 64 }.into());
        }
        let outer = Body::new(Limited::new(Body::from("y".repeat(40)), 8));
        let error = refused(outer).await;
        assert_eq!(error.status(), 413);
    }

    /// A body without an announced length.
    struct Chunks(String);

    impl axum::body::HttpBody for Chunks {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
            let rest = std::mem::take(&mut self.0);
            std::task::Poll::Ready(
                (!rest.is_empty()).then(|| Ok(hyper::body::Frame::data(rest.into()))),
            )
        }
    }
}
