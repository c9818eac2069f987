//! Request bodies: JSON and forms alike become named values.

use axum::extract::Request;
use serde_json::{Map, Value};

use super::error::StudioError;
use super::form;
use crate::http::Refusal;
use crate::http::gate::Gate;
use crate::http::layer::BodyLimits;
use crate::http::request::{Received, media_type};

/// The media types of bodies.
const TYPES: &str = "application/json or application/x-www-form-urlencoded";

/// Whether a request may come without a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AbsentBody {
    /// It counts as a body without fields.
    Allowed,
    /// It is refused.
    Refused,
}

/// The top-level fields of a request body, not yet read. Has no `Debug`: some bodies hold private keys.
pub struct Input(pub(super) Map<String, Value>);

impl Input {
    /// Reads the body of a request.
    ///
    /// # Errors
    /// 413 when it is too long, 415 when it is neither JSON nor a form, 400 when it cannot be read.
    pub async fn read(
        gate: &Gate,
        request: Request,
        absent: AbsentBody,
    ) -> Result<Input, StudioError> {
        Input::of(&Received::read(gate, request).await?, absent)
    }

    /// Takes a body that was read.
    ///
    /// # Errors
    /// See [`Input::read`].
    pub fn of(received: &Received, absent: AbsentBody) -> Result<Input, StudioError> {
        if received.body.is_empty() {
            return match absent {
                AbsentBody::Allowed => Ok(Input(Map::new())),
                AbsentBody::Refused => Err(Refusal::NoBody.into()),
            };
        }
        match media_type(&received.parts.headers).as_deref() {
            Some("application/json") => Ok(Input(received.object()?)),
            Some("application/x-www-form-urlencoded") => {
                let limits = BodyLimits::of(&received.parts.extensions);
                form::fields(&received.body, limits.json_depth_max).map(Input)
            }
            _ => Err(Refusal::MediaType(TYPES).into()),
        }
    }

    /// Takes fields that were read elsewhere, such as a query string.
    pub fn of_query(query: Option<&str>) -> Result<Input, StudioError> {
        form::texts(query.unwrap_or_default().as_bytes()).map(Input)
    }

    /// Takes a JSON object.
    #[cfg(test)]
    pub(super) fn of_json(value: Value) -> Input {
        match value {
            Value::Object(fields) => Input(fields),
            other => panic!("not an object: {other}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{HeaderValue, header};
    use serde_json::json;

    use super::*;
    use crate::http::layer::Context;

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
        request.extensions_mut().insert(Context::of_test(64, 4));
        let input = Input::read(&Gate::default(), request, absent).await;
        input.map(|input| Value::Object(input.0))
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
            assert_eq!(error.status(), 415);
            let text =
                "Content-Type should be application/json or application/x-www-form-urlencoded";
            assert_eq!(error.to_string(), text);
        }
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
}
