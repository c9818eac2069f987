//! Errors of the dialect: `{"error": "…", "error_description": "…"}`.

use access::{AccessError, ClientError};
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{Fault, Refusal};
use crate::permit::{NotApproved, Unapproved};

/// What a request without a good approval is told.
const NOT_APPROVED: &str = "user action signature is missing or invalid";

/// What a route of this dialect answers instead of a result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApinizerError {
    /// 400: a fault of the request.
    #[error("{0}")]
    BadRequest(String),
    /// 400: fields that cannot be as they are.
    #[error("Validation failed: see validation_errors")]
    Invalid(Vec<ValidationError>),
    /// 400: another way to a token than the one that is served.
    #[error("grant_type should be client_credentials")]
    UnsupportedGrantType,
    /// 401: no credential that is let in. What is wrong with it is not said.
    #[error("Invalid token")]
    InvalidToken,
    /// 401: no client has this username and password, or it may not be used.
    #[error("Bad credentials")]
    BadCredentials,
    /// 403: known, but not allowed.
    #[error("{0}")]
    Forbidden(String),
    /// 404: there is no such project, or it is somebody else's.
    #[error("Project({0}) was not found or user does not have privilege to access it!")]
    NoProject(String),
    /// 409: a name that is taken.
    #[error("{0}")]
    DuplicateName(String),
    /// 409: a limit, or something that stands against it.
    #[error("{0}")]
    Conflict(String),
    /// 429: too often.
    #[error("{text}")]
    RateLimit {
        /// The text.
        text: String,
        /// When it is worth trying again.
        retry_after_s: u64,
    },
    /// 500: a fault of ours. What it was stands in the log, not here.
    #[error("Internal error: the log holds the reason under the x-request-id of this answer.")]
    Internal,
    /// 503: nothing was done.
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

/// The body of every error.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiopsProblem {
    /// What kind of error it is, for a program.
    pub error: &'static str,
    /// What is wrong, for a person.
    pub error_description: String,
    /// Which fields cannot be as they are. Only with `validation_failed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation_errors: Option<Vec<ValidationError>>,
    /// Seconds until it is worth trying again. Only with `rate_limit_exceeded`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

/// A field that cannot be as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ValidationError {
    /// The field.
    pub field: &'static str,
    /// What is wrong.
    pub message: String,
}

impl ApinizerError {
    pub(super) fn bad_request(text: impl Into<String>) -> ApinizerError {
        ApinizerError::BadRequest(text.into())
    }

    pub(super) fn invalid(field: &'static str, message: impl Into<String>) -> ApinizerError {
        ApinizerError::Invalid(vec![ValidationError {
            field,
            message: message.into(),
        }])
    }

    /// A fault of ours: the log gets the reason, the caller does not.
    pub(super) fn internal(error: &(dyn std::error::Error + 'static)) -> ApinizerError {
        tracing::error!(error, "a request for credentials has failed");
        ApinizerError::Internal
    }

    /// The one table of statuses and codes.
    fn kind(&self) -> (StatusCode, &'static str) {
        match self {
            ApinizerError::BadRequest(_) => (StatusCode::BAD_REQUEST, "bad_request"),
            ApinizerError::Invalid(_) => (StatusCode::BAD_REQUEST, "validation_failed"),
            ApinizerError::UnsupportedGrantType => {
                (StatusCode::BAD_REQUEST, "unsupported_grant_type")
            }
            ApinizerError::InvalidToken | ApinizerError::BadCredentials => {
                (StatusCode::UNAUTHORIZED, "unauthorized_client")
            }
            ApinizerError::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden"),
            ApinizerError::NoProject(_) => (StatusCode::NOT_FOUND, "not_found"),
            ApinizerError::DuplicateName(_) => (StatusCode::CONFLICT, "duplicate_name"),
            ApinizerError::Conflict(_) => (StatusCode::CONFLICT, "conflict"),
            ApinizerError::RateLimit { .. } => {
                (StatusCode::TOO_MANY_REQUESTS, "rate_limit_exceeded")
            }
            ApinizerError::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal_error"),
            ApinizerError::Unavailable(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable")
            }
            ApinizerError::Other { status, .. } => (*status, code_of(*status)),
        }
    }
}

fn code_of(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "unauthorized_client",
        StatusCode::FORBIDDEN => "forbidden",
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
        StatusCode::CONFLICT => "conflict",
        StatusCode::PAYLOAD_TOO_LARGE => "payload_too_large",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported_media_type",
        StatusCode::TOO_MANY_REQUESTS => "rate_limit_exceeded",
        StatusCode::SERVICE_UNAVAILABLE => "temporarily_unavailable",
        status if status.is_server_error() => "internal_error",
        _ => "bad_request",
    }
}

crate::dialect::worded_by!(ApinizerError);

impl From<Refusal> for ApinizerError {
    /// Which credential, and what is wrong with it, is not disclosed: the contract has one text.
    fn from(refusal: Refusal) -> ApinizerError {
        let (status, text) = (refusal.status(), refusal.to_string());
        match refusal {
            Refusal::Unauthorized(_) => ApinizerError::InvalidToken,
            Refusal::Lacking(_) => ApinizerError::Forbidden(text),
            Refusal::TooMany(too_many) => ApinizerError::RateLimit {
                text,
                retry_after_s: too_many.retry_after_s,
            },
            _ if status == StatusCode::BAD_REQUEST => ApinizerError::BadRequest(text),
            _ => ApinizerError::Other { status, text },
        }
    }
}

impl From<Fault> for ApinizerError {
    fn from(fault: Fault) -> ApinizerError {
        match fault {
            Fault::Internal => ApinizerError::Internal,
            fault => ApinizerError::Unavailable(fault.to_string()),
        }
    }
}

impl From<Unapproved> for ApinizerError {
    fn from(reason: Unapproved) -> ApinizerError {
        match reason {
            Unapproved::Http(error) => error.into(),
            Unapproved::Action(NotApproved::Busy(error)) => {
                ApinizerError::Unavailable(error.to_string())
            }
            Unapproved::Access(error) | Unapproved::Action(NotApproved::Unavailable(error)) => {
                ApinizerError::internal(&error)
            }
            Unapproved::Action(
                NotApproved::Missing | NotApproved::Several | NotApproved::Refused(_),
            ) => ApinizerError::Forbidden(NOT_APPROVED.into()),
        }
    }
}

impl From<ClientError> for ApinizerError {
    fn from(error: ClientError) -> ApinizerError {
        let text = error.to_string();
        match error {
            ClientError::NoSuchClient(username) => no_credential(username.as_str()),
            ClientError::NoSuchProject => ApinizerError::NoProject(String::new()),
            ClientError::ProjectTaken | ClientError::UsernameTaken(_) => {
                ApinizerError::DuplicateName(text)
            }
            ClientError::AlreadyGranted(target) => ApinizerError::BadRequest(format!(
                "{} (name:{}) access is already granted!",
                super::access::kind_for_people(target.kind()),
                target.as_str()
            )),
            ClientError::NotGranted(target) => ApinizerError::BadRequest(format!(
                "{} (name:{}) access was not found!",
                super::access::kind_for_people(target.kind()),
                target.as_str()
            )),
            ClientError::TooMany => ApinizerError::Conflict(text),
            ClientError::Access(AccessError::Store(store::StoreError::Busy)) => {
                ApinizerError::Unavailable(text)
            }
            ClientError::Access(AccessError::InvalidName) => ApinizerError::BadRequest(text),
            error @ (ClientError::NoMemory | ClientError::Access(_)) => {
                ApinizerError::internal(&error)
            }
        }
    }
}

/// The contract's text for a credential that there is not.
pub(super) fn no_credential(username: &str) -> ApinizerError {
    let shown: String = username.chars().take(128).collect();
    ApinizerError::BadRequest(format!("Credential (username: {shown}) was not found!"))
}

impl IntoResponse for ApinizerError {
    fn into_response(self) -> Response {
        let (status, error) = self.kind();
        let error_description = self.to_string();
        let (validation_errors, retry_after) = match self {
            ApinizerError::Invalid(errors) => (Some(errors), None),
            ApinizerError::RateLimit { retry_after_s, .. } => (None, Some(retry_after_s)),
            ApinizerError::Unavailable(_) => (None, None),
            _ => (None, None),
        };
        let after = match status {
            StatusCode::SERVICE_UNAVAILABLE => Some(1),
            _ => retry_after,
        };
        let body = ApiopsProblem {
            error,
            error_description,
            validation_errors,
            retry_after,
        };
        let mut response = (status, Json(body)).into_response();
        if let Some(seconds) = after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
