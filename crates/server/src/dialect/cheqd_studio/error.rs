//! Errors of the dialect: `{"error": "…"}`.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::description::Errors;
use crate::http::{Fault, Refusal};

/// The errors of this dialect, as the description has them.
pub(super) const ERRORS: Errors = Errors {
    dialect: "cheqd_studio",
    media_types: &["application/json"],
    texts: &[
        (400, "A problem with the input fields has occurred."),
        (401, "Access token is missing or invalid"),
        (403, "The credential lacks the permission for it."),
        (404, "There is no such DID, key or resource."),
        (410, "The resource exists, and its data was erased."),
        (413, "The body is longer than the limit."),
        (415, "The body is neither JSON nor a form."),
        (429, "Too many requests, or too many failures."),
        (500, "An internal error has occurred."),
        (503, "Busy, or not known now: send the same again later."),
    ],
};

/// What a Studio route answers instead of a result, by whose fault it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StudioError {
    /// 400: a fault of the request. The text is for its sender.
    #[error("{0}")]
    BadRequest(String),
    /// 400: not every key of the complete set has signed, or others have.
    #[error("{reason}")]
    IncompleteSignatureSet {
        /// What it means.
        reason: String,
        /// Method ids, or DIDs of which one method has to sign, without a signature.
        missing: Vec<String>,
        /// Method ids whose signature does not verify.
        invalid: Vec<String>,
        /// Method ids or keys that were given and do not belong to the set.
        unexpected: Vec<String>,
    },
    /// 401: no credential, or none that is known.
    #[error("{0}")]
    Unauthorized(String),
    /// 403: a known credential without the right.
    #[error("{0}")]
    Forbidden(String),
    /// 404.
    #[error("{0}")]
    NotFound(String),
    /// 429: too much was asked for. Nothing was done.
    #[error("{text}")]
    TooManyRequests {
        /// What it means.
        text: String,
        /// When it is worth trying again.
        retry_after_s: u64,
    },
    /// 500: a fault of ours. What it was stands in the log, not here.
    #[error("Internal error: the log holds the reason under the x-request-id of this answer.")]
    Internal,
    /// 503: too much is going on, or the server is stopping. Nothing was done.
    #[error("{0}")]
    Unavailable(String),
    /// Any other status.
    #[error("{text}")]
    Other {
        /// The status.
        status: StatusCode,
        /// The text.
        text: String,
    },
}

impl StudioError {
    /// 400 with a text.
    pub fn bad_request(text: impl Into<String>) -> StudioError {
        StudioError::BadRequest(text.into())
    }

    /// A status with a text.
    pub(crate) fn plain(status: StatusCode, text: &str) -> StudioError {
        StudioError::Other {
            status,
            text: text.into(),
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            StudioError::BadRequest(_) | StudioError::IncompleteSignatureSet { .. } => {
                StatusCode::BAD_REQUEST
            }
            StudioError::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            StudioError::Forbidden(_) => StatusCode::FORBIDDEN,
            StudioError::NotFound(_) => StatusCode::NOT_FOUND,
            StudioError::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
            StudioError::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            StudioError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            StudioError::Other { status, .. } => *status,
        }
    }
}

/// The body of every error. The members after `error` stand only where a signature set was not complete.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvalidRequest {
    /// What is wrong, for a person.
    pub error: String,
    /// `incomplete_signature_set`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// Signatures that are missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<Vec<String>>,
    /// Signatures that do not verify.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invalid: Option<Vec<String>>,
    /// Signatures or keys that do not belong to the set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unexpected: Option<Vec<String>>,
}

crate::dialect::worded_by!(StudioError);

impl From<Refusal> for StudioError {
    fn from(refusal: Refusal) -> StudioError {
        let (status, text) = (refusal.status(), refusal.to_string());
        match refusal {
            Refusal::Unauthorized(_) => {
                StudioError::Unauthorized(format!("Unauthorized error: {text}"))
            }
            Refusal::Lacking(_) => StudioError::Forbidden(text),
            Refusal::TooMany(too_many) => StudioError::TooManyRequests {
                text,
                retry_after_s: too_many.retry_after_s,
            },
            Refusal::NotAnObject => StudioError::bad_request("Should be JSON object"),
            Refusal::Syntax(text) | Refusal::Content(text) => {
                StudioError::BadRequest(sentence(&text))
            }
            _ if status == StatusCode::BAD_REQUEST => StudioError::BadRequest(text),
            _ => StudioError::Other { status, text },
        }
    }
}

impl From<Fault> for StudioError {
    fn from(fault: Fault) -> StudioError {
        match fault {
            Fault::Internal => StudioError::Internal,
            fault => StudioError::Unavailable(fault.to_string()),
        }
    }
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

impl IntoResponse for StudioError {
    fn into_response(self) -> Response {
        let status = self.status();
        let retry_after = match &self {
            StudioError::TooManyRequests { retry_after_s, .. } => Some(*retry_after_s),
            _ => (status == StatusCode::SERVICE_UNAVAILABLE).then_some(1),
        };
        let error = self.to_string();
        let plain = InvalidRequest {
            error,
            code: None,
            missing: None,
            invalid: None,
            unexpected: None,
        };
        let body = match self {
            StudioError::IncompleteSignatureSet {
                missing,
                invalid,
                unexpected,
                ..
            } => InvalidRequest {
                code: Some("incomplete_signature_set"),
                missing: Some(missing),
                invalid: Some(invalid),
                unexpected: Some(unexpected),
                ..plain
            },
            _ => plain,
        };
        let mut response = (status, Json(body)).into_response();
        if let Some(after) = retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(after));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use serde_json::{Value, json};

    use super::*;

    async fn answer(error: StudioError) -> (u16, Value) {
        let response = error.into_response();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    #[tokio::test]
    async fn each_error_has_its_status_and_one_member() {
        for (error, status) in [
            (StudioError::bad_request("x"), 400),
            (StudioError::Unauthorized("x".into()), 401),
            (StudioError::Forbidden("x".into()), 403),
            (StudioError::NotFound("x".into()), 404),
            (StudioError::Unavailable("x".into()), 503),
            (StudioError::plain(StatusCode::METHOD_NOT_ALLOWED, "x"), 405),
        ] {
            assert_eq!(answer(error).await, (status, json!({"error": "x"})));
        }
        assert_eq!(answer(StudioError::Internal).await.0, 500);
    }

    #[tokio::test]
    async fn an_incomplete_set_names_every_key() {
        let error = StudioError::IncompleteSignatureSet {
            reason: "one key has not signed".into(),
            missing: vec!["did:cheqd:testnet:x#key-2".into()],
            invalid: vec![],
            unexpected: vec!["aa".into()],
        };
        let expected = json!({
            "error": "one key has not signed", "code": "incomplete_signature_set",
            "missing": ["did:cheqd:testnet:x#key-2"], "invalid": [], "unexpected": ["aa"],
        });
        assert_eq!(answer(error).await, (400, expected));
    }
}
