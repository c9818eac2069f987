//! Errors of the dialect: `{"error": "…", "error_description": "…"}`.

use access::{AccessError, ClientError};
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::authentication::Asked;
use crate::dialect::cheqd_studio::StudioError;
use crate::permit::{NotApproved, Unapproved};

/// What a request without a good approval is told.
const NOT_APPROVED: &str = "user action signature is missing or invalid";

/// What a route of this dialect answers instead of a result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiopsError {
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

impl ApiopsError {
    pub(super) fn bad_request(text: impl Into<String>) -> ApiopsError {
        ApiopsError::BadRequest(text.into())
    }

    pub(super) fn invalid(field: &'static str, message: impl Into<String>) -> ApiopsError {
        ApiopsError::Invalid(vec![ValidationError {
            field,
            message: message.into(),
        }])
    }

    /// A status with a text, for answers that no handler gives.
    pub(crate) fn plain(status: StatusCode, text: &str) -> ApiopsError {
        ApiopsError::Other {
            status,
            text: text.into(),
        }
    }

    /// A fault of ours: the log gets the reason, the caller does not.
    pub(super) fn internal(error: &(dyn std::error::Error + 'static)) -> ApiopsError {
        tracing::error!(error, "a request for credentials has failed");
        ApiopsError::Internal
    }

    /// The one table of statuses and codes.
    fn kind(&self) -> (StatusCode, &'static str) {
        match self {
            ApiopsError::BadRequest(_) => (StatusCode::BAD_REQUEST, "bad_request"),
            ApiopsError::Invalid(_) => (StatusCode::BAD_REQUEST, "validation_failed"),
            ApiopsError::UnsupportedGrantType => {
                (StatusCode::BAD_REQUEST, "unsupported_grant_type")
            }
            ApiopsError::InvalidToken | ApiopsError::BadCredentials => {
                (StatusCode::UNAUTHORIZED, "unauthorized_client")
            }
            ApiopsError::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden"),
            ApiopsError::NoProject(_) => (StatusCode::NOT_FOUND, "not_found"),
            ApiopsError::DuplicateName(_) => (StatusCode::CONFLICT, "duplicate_name"),
            ApiopsError::Conflict(_) => (StatusCode::CONFLICT, "conflict"),
            ApiopsError::RateLimit { .. } => (StatusCode::TOO_MANY_REQUESTS, "rate_limit_exceeded"),
            ApiopsError::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal_error"),
            ApiopsError::Unavailable(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable")
            }
            ApiopsError::Other { status, .. } => (*status, code_of(*status)),
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

impl From<Asked> for ApiopsError {
    /// Which credential, and what is wrong with it, is nobody's business: the contract has one text.
    fn from(asked: Asked) -> ApiopsError {
        let text = asked.to_string();
        match asked {
            Asked::Missing
            | Asked::Several
            | Asked::Unreadable
            | Asked::Unknown
            | Asked::Revoked
            | Asked::Inactive
            | Asked::Expired => ApiopsError::InvalidToken,
            Asked::Lacking(_) => ApiopsError::Forbidden(text),
            Asked::TooMany(many) => ApiopsError::RateLimit {
                text,
                retry_after_s: many.retry_after_s,
            },
            Asked::Busy | Asked::Unavailable => ApiopsError::Unavailable(text),
        }
    }
}

impl From<Unapproved> for ApiopsError {
    fn from(reason: Unapproved) -> ApiopsError {
        match reason {
            Unapproved::Body(error) => error.into(),
            Unapproved::Caller(asked) => asked.into(),
            Unapproved::Action(NotApproved::Busy(error)) => {
                ApiopsError::Unavailable(error.to_string())
            }
            Unapproved::Access(error) | Unapproved::Action(NotApproved::Unavailable(error)) => {
                ApiopsError::internal(&error)
            }
            Unapproved::Action(
                NotApproved::Missing | NotApproved::Several | NotApproved::Refused(_),
            ) => ApiopsError::Forbidden(NOT_APPROVED.into()),
        }
    }
}

impl From<StudioError> for ApiopsError {
    /// What all dialects share: limits of bodies.
    fn from(error: StudioError) -> ApiopsError {
        let text = error.to_string();
        match error.status() {
            StatusCode::BAD_REQUEST => ApiopsError::BadRequest(text),
            StatusCode::INTERNAL_SERVER_ERROR => ApiopsError::Internal,
            status => ApiopsError::Other { status, text },
        }
    }
}

impl From<ClientError> for ApiopsError {
    fn from(error: ClientError) -> ApiopsError {
        let text = error.to_string();
        match error {
            ClientError::NoSuchClient(username) => no_credential(username.as_str()),
            ClientError::NoSuchProject => ApiopsError::NoProject(String::new()),
            ClientError::ProjectTaken | ClientError::UsernameTaken(_) => {
                ApiopsError::DuplicateName(text)
            }
            ClientError::AlreadyGranted(target) => ApiopsError::BadRequest(format!(
                "{} (name:{}) access is already granted!",
                super::access::kind_for_people(target.kind()),
                target.as_str()
            )),
            ClientError::NotGranted(target) => ApiopsError::BadRequest(format!(
                "{} (name:{}) access was not found!",
                super::access::kind_for_people(target.kind()),
                target.as_str()
            )),
            ClientError::TooMany => ApiopsError::Conflict(text),
            ClientError::Access(AccessError::Store(store::StoreError::Busy)) => {
                ApiopsError::Unavailable(text)
            }
            ClientError::Access(AccessError::InvalidName) => ApiopsError::BadRequest(text),
            error @ (ClientError::NoMemory | ClientError::Access(_)) => {
                ApiopsError::internal(&error)
            }
        }
    }
}

/// The contract's text for a credential that there is not.
pub(super) fn no_credential(username: &str) -> ApiopsError {
    let shown: String = username.chars().take(128).collect();
    ApiopsError::BadRequest(format!("Credential (username: {shown}) was not found!"))
}

impl IntoResponse for ApiopsError {
    fn into_response(self) -> Response {
        let (status, error) = self.kind();
        let error_description = self.to_string();
        let (validation_errors, retry_after) = match self {
            ApiopsError::Invalid(errors) => (Some(errors), None),
            ApiopsError::RateLimit { retry_after_s, .. } => (None, Some(retry_after_s)),
            ApiopsError::Unavailable(_) => (None, None),
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
