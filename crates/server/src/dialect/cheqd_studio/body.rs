//! Request bodies: JSON and forms alike become named values.

use axum::body::HttpBody;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::{Map, Value};

use super::error::StudioError;
use super::form;
use crate::http::request::json;

/// Whether a request may come without a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AbsentBody {
    /// It counts as a body without fields.
    Allowed,
    /// It is refused.
    Refused,
}

/// Limits of one body.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimits {
    /// Longest body, in bytes.
    pub bytes_max: usize,
    /// Deepest nesting of JSON.
    pub json_depth_max: usize,
}

/// The top-level fields of a request body, not yet read. Has no `Debug`: some bodies hold private keys.
pub struct Input(pub(super) Map<String, Value>);

impl Input {
    /// Reads the body of a request.
    ///
    /// # Errors
    /// 413 when it is too long, 415 when it is neither JSON nor a form, 400 when it cannot be read.
    pub async fn read(
        request: Request,
        absent: AbsentBody,
        limits: BodyLimits,
    ) -> Result<Input, StudioError> {
        let (parts, body) = request.into_parts();
        let bytes = read(body, limits.bytes_max).await?;
        Input::parse(&parts.headers, &bytes, absent, limits.json_depth_max)
    }

    fn parse(
        headers: &HeaderMap,
        bytes: &[u8],
        absent: AbsentBody,
        depth_max: usize,
    ) -> Result<Input, StudioError> {
        if bytes.is_empty() {
            return match absent {
                AbsentBody::Allowed => Ok(Input(Map::new())),
                AbsentBody::Refused => Err(StudioError::bad_request("The request has no body")),
            };
        }
        match media_type(headers).as_deref() {
            Some("application/json") => match json::parse(bytes, depth_max) {
                Ok(Value::Object(fields)) => Ok(Input(fields)),
                Ok(_) => Err(StudioError::bad_request("Should be JSON object")),
                Err(error) => Err(StudioError::bad_request(sentence(&error.to_string()))),
            },
            Some("application/x-www-form-urlencoded") => form::fields(bytes, depth_max).map(Input),
            _ => Err(StudioError::UnsupportedMediaType),
        }
    }

    /// Takes fields that were read elsewhere, such as a query string.
    pub fn of_query(query: Option<&str>) -> Result<Input, StudioError> {
        form::texts(query.unwrap_or_default().as_bytes()).map(Input)
    }

    /// Takes a JSON object.
    #[cfg(test)]
    pub(super) fn of(value: Value) -> Input {
        match value {
            Value::Object(fields) => Input(fields),
            other => panic!("not an object: {other}"),
        }
    }
}

/// Reads a whole body.
///
/// # Errors
/// 413 when it is too long, 400 when it breaks off.
pub(crate) async fn read(body: Body, bytes_max: usize) -> Result<Bytes, StudioError> {
    let too_large = StudioError::TooLarge { bytes_max };
    // A length that was announced is believed, to answer before the rest arrives.
    if body.size_hint().lower() > bytes_max as u64 {
        return Err(too_large);
    }
    match Limited::new(body, bytes_max).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if is_length_limit(error.as_ref()) => Err(too_large),
        Err(_) => Err(StudioError::bad_request("The request body broke off")),
    }
}

/// The limit may be the one above or the one around every request, which arrives wrapped.
fn is_length_limit(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source())
        .any(|error| error.is::<LengthLimitError>())
}

/// The media type of a body, in lower case and without its parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(
        value
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase(),
    )
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use serde_json::json;

    use super::*;

    const LIMITS: BodyLimits = BodyLimits {
        bytes_max: 64,
        json_depth_max: 4,
    };

    async fn input(
        content_type: Option<&str>,
        body: impl Into<Body>,
        absent: AbsentBody,
    ) -> Result<Value, StudioError> {
        let mut request = Request::new(body.into());
        if let Some(content_type) = content_type {
            request.headers_mut().insert(
                header::CONTENT_TYPE,
                HeaderValue::from_str(content_type).unwrap(),
            );
        }
        Input::read(request, absent, LIMITS)
            .await
            .map(|input| Value::Object(input.0))
    }

    #[tokio::test]
    async fn json_and_forms_read_alike() {
        let expected = Ok(json!({"publicKeyHexs": ["aa", "bb"], "network": "testnet"}));
        let json = r#"{"publicKeyHexs":["aa","bb"],"network":"testnet"}"#;
        let form = "publicKeyHexs=aa&network=testnet&publicKeyHexs=bb";
        for (content_type, body) in [
            ("application/json", json),
            ("Application/JSON; charset=utf-8", json),
            ("application/x-www-form-urlencoded", form),
            ("application/x-www-form-urlencoded;charset=UTF-8", form),
        ] {
            assert_eq!(
                input(Some(content_type), body, AbsentBody::Refused).await,
                expected,
                "{content_type}"
            );
        }
    }

    #[tokio::test]
    async fn a_body_may_be_absent_where_the_contract_says_so() {
        for content_type in [None, Some("application/json"), Some("text/plain")] {
            assert_eq!(
                input(content_type, "", AbsentBody::Allowed).await,
                Ok(json!({}))
            );
            assert_eq!(
                input(content_type, "", AbsentBody::Refused)
                    .await
                    .unwrap_err()
                    .status(),
                400
            );
        }
    }

    #[tokio::test]
    async fn other_types_are_415() {
        for content_type in [
            None,
            Some("text/plain"),
            Some("application/jsonx"),
            Some("multipart/form-data"),
        ] {
            let error = input(content_type, "{}", AbsentBody::Allowed)
                .await
                .unwrap_err();
            assert_eq!(error, StudioError::UnsupportedMediaType);
        }
    }

    #[tokio::test]
    async fn long_bodies_are_413_announced_or_not() {
        let long = "x".repeat(65);
        let streamed = Body::new(Chunks(long.clone()));
        for body in [Body::from(long), streamed] {
            let error = input(Some("application/json"), body, AbsentBody::Allowed)
                .await
                .unwrap_err();
            assert_eq!(error, StudioError::TooLarge { bytes_max: 64 });
        }
        let outer = Body::new(Limited::new(Body::from("y".repeat(40)), 8));
        let error = input(Some("application/json"), outer, AbsentBody::Allowed)
            .await
            .unwrap_err();
        assert_eq!(error.status(), 413);
    }

    #[tokio::test]
    async fn unreadable_json_says_what_and_where() {
        for (body, text) in [
            (r#"{"a":1,"a":2}"#, "The JSON names a twice"),
            ("[1]", "Should be JSON object"),
            ("{", "line 1"),
            ("[[[[[]]]]]", "deeper than 4"),
        ] {
            let error = input(Some("application/json"), body, AbsentBody::Allowed)
                .await
                .unwrap_err();
            assert_eq!(error.status(), 400);
            assert!(error.to_string().contains(text), "{error}");
        }
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
