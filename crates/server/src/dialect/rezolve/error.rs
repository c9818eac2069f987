//! Errors of the dialect: `{"success": false, "error": {"code", "message", "details"}, "timestamp"}`.

use std::collections::BTreeMap;

use access::AccessError;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use keystore::KeystoreError;
use serde::Serialize;
use utoipa::ToSchema;
use vault::{IntegrationId, SecretId, VaultError};

use crate::anchor::Unsettled;
use crate::http::description::Errors;
use crate::http::{Fault, Refusal};
use crate::permit::{NotApproved, Unapproved};
use clock::rfc3339_ms;

/// The errors of this dialect, as the description has them.
pub(super) const ERRORS: Errors = Errors {
    dialect: "rezolve",
    media_types: &["application/json"],
    texts: &[
        (
            400,
            "A header, an id or a parameter, or a body that is not JSON.",
        ),
        (401, "The credential is missing, expired or invalid."),
        (403, "Another tenant, or no permission for it."),
        (404, "There is no such credential."),
        (
            409,
            "The credential is deleted or inactive, its name is taken, or there are too many.",
        ),
        (413, "The body is longer than the limit."),
        (415, "The body is not JSON."),
        (422, "Members that cannot be as they are."),
        (429, "Too many requests."),
        (500, "A fault of this server; nothing was changed."),
        (503, "Not now, or not confirmed yet."),
    ],
};

/// What a request without a good approval is told.
const NOT_APPROVED: &str =
    "The tenant demands a user action (X-DFNS-USERACTION): it is missing or invalid";

/// What a route of this dialect answers instead of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RezolveError {
    /// 400: a header, an id in the path, the query, or a body that is not JSON.
    Parameter(String),
    /// 401: no credential that is let in.
    Unauthorized,
    /// 403: known, but not allowed.
    Forbidden(String),
    /// 404: no such credential, or another tenant's.
    NotFound(String),
    /// 404: nothing is served at the path.
    NoRoute,
    /// 409: deleted before.
    AlreadyDeleted(String),
    /// 409: the integration has a credential of this name.
    Duplicate(String),
    /// 409: switched off.
    Inactive(String),
    /// 409: as many as there may be.
    TooMany(String),
    /// 422: members of the body that cannot be as they are.
    Invalid(BTreeMap<String, String>),
    /// 429: too often.
    RateLimit {
        /// The text.
        text: String,
        /// When it is worth trying again.
        retry_after_s: u64,
    },
    /// 500: a fault of ours. What it was stands in the log, not here.
    Internal,
    /// 503: it cannot be done or confirmed now.
    Unavailable(String),
    /// Any other status.
    Other {
        /// The status.
        status: StatusCode,
        /// The text.
        text: String,
    },
}

/// The body of every error.
#[derive(Debug, Serialize, ToSchema)]
pub struct VaultProblem {
    /// `false`.
    pub success: bool,
    /// What is wrong.
    pub error: VaultProblemError,
    /// When it was found.
    pub timestamp: String,
}

/// What is wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct VaultProblemError {
    /// For programs.
    pub code: &'static str,
    /// For people.
    pub message: &'static str,
    /// More of it.
    pub details: ProblemDetails,
}

/// A text, or with `VALIDATION_ERROR` a text for each member that cannot be as it is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum ProblemDetails {
    /// A text.
    Text(String),
    /// Texts by member.
    Members(BTreeMap<String, String>),
}

impl RezolveError {
    pub(super) fn parameter(text: impl Into<String>) -> RezolveError {
        RezolveError::Parameter(text.into())
    }

    /// Ids in a path that cannot be ids.
    pub(super) fn ids() -> RezolveError {
        RezolveError::parameter("Invalid integrationId or credentialId format")
    }

    /// A fault of ours: the log gets the reason, the caller does not.
    pub(super) fn internal(error: &(dyn std::error::Error + 'static)) -> RezolveError {
        tracing::error!(error, "a request to the vault has failed");
        RezolveError::Internal
    }

    /// The one table of statuses, codes and messages.
    fn kind(&self) -> (StatusCode, &'static str, &'static str) {
        use StatusCode as S;
        match self {
            RezolveError::Parameter(_) => {
                (S::BAD_REQUEST, "INVALID_PARAMETER", "Invalid parameters")
            }
            RezolveError::Unauthorized => {
                (S::UNAUTHORIZED, "UNAUTHORIZED", "Authentication failed")
            }
            RezolveError::Forbidden(_) => (
                S::FORBIDDEN,
                "INSUFFICIENT_PERMISSIONS",
                "Insufficient permissions",
            ),
            RezolveError::NotFound(_) => {
                (S::NOT_FOUND, "CREDENTIAL_NOT_FOUND", "Credential not found")
            }
            RezolveError::NoRoute => (S::NOT_FOUND, "NOT_FOUND", "Not found"),
            RezolveError::AlreadyDeleted(_) => (
                S::CONFLICT,
                "CREDENTIAL_ALREADY_DELETED",
                "Credential has already been deleted",
            ),
            RezolveError::Duplicate(_) => (
                S::CONFLICT,
                "DUPLICATE_CREDENTIAL",
                "Credential already exists",
            ),
            RezolveError::Inactive(_) => {
                (S::CONFLICT, "CREDENTIAL_INACTIVE", "Credential is inactive")
            }
            RezolveError::TooMany(_) => (S::CONFLICT, "CREDENTIAL_LIMIT", "Too many credentials"),
            RezolveError::Invalid(_) => (
                S::UNPROCESSABLE_ENTITY,
                "VALIDATION_ERROR",
                "Validation failed",
            ),
            RezolveError::RateLimit { .. } => (
                S::TOO_MANY_REQUESTS,
                "RATE_LIMIT_EXCEEDED",
                "Too many requests",
            ),
            RezolveError::Internal => (S::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", "Server error"),
            RezolveError::Unavailable(_) => (
                S::SERVICE_UNAVAILABLE,
                "SERVICE_UNAVAILABLE",
                "Service unavailable",
            ),
            RezolveError::Other { status, .. } => other(*status),
        }
    }

    fn details(self) -> ProblemDetails {
        ProblemDetails::Text(match self {
            RezolveError::Unauthorized => "Bearer token is missing, expired, or invalid".to_owned(),
            RezolveError::Internal => "Unexpected server-side error".to_owned(),
            RezolveError::NoRoute => {
                "Nothing is served at this path. The API is described at /swagger.".to_owned()
            }
            RezolveError::Invalid(members) => return ProblemDetails::Members(members),
            RezolveError::Parameter(text)
            | RezolveError::Forbidden(text)
            | RezolveError::NotFound(text)
            | RezolveError::AlreadyDeleted(text)
            | RezolveError::Duplicate(text)
            | RezolveError::Inactive(text)
            | RezolveError::TooMany(text)
            | RezolveError::Unavailable(text)
            | RezolveError::RateLimit { text, .. }
            | RezolveError::Other { text, .. } => text,
        })
    }
}

fn other(status: StatusCode) -> (StatusCode, &'static str, &'static str) {
    let (code, message) = match status {
        StatusCode::METHOD_NOT_ALLOWED => ("METHOD_NOT_ALLOWED", "Method not allowed"),
        StatusCode::PAYLOAD_TOO_LARGE => ("PAYLOAD_TOO_LARGE", "Payload too large"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ("UNSUPPORTED_MEDIA_TYPE", "Unsupported media type"),
        _ => ("REQUEST_FAILED", "Request failed"),
    };
    (status, code, message)
}

impl IntoResponse for RezolveError {
    fn into_response(self) -> Response {
        let (status, code, message) = self.kind();
        let retry_after_s = match &self {
            RezolveError::RateLimit { retry_after_s, .. } => Some(*retry_after_s),
            RezolveError::Unavailable(_) => Some(1),
            _ => None,
        };
        let body = VaultProblem {
            success: false,
            error: VaultProblemError {
                code,
                message,
                details: self.details(),
            },
            timestamp: rfc3339_ms(access::now_ms()),
        };
        let mut response = (status, Json(body)).into_response();
        if let Some(seconds) = retry_after_s {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

crate::dialect::worded_by!(RezolveError);

impl From<Refusal> for RezolveError {
    fn from(refusal: Refusal) -> RezolveError {
        let (status, text) = (refusal.status(), refusal.to_string());
        match refusal {
            Refusal::NoRoute | Refusal::NotServed(_) => RezolveError::NoRoute,
            Refusal::Unauthorized(_) => RezolveError::Unauthorized,
            Refusal::Lacking(_) => RezolveError::Forbidden(text),
            Refusal::TooMany(too_many) => RezolveError::RateLimit {
                text,
                retry_after_s: too_many.retry_after_s,
            },
            Refusal::UnknownParameter { known, .. } => {
                let known = known.join(", ");
                RezolveError::Parameter(format!("The query takes these parameters alone: {known}"))
            }
            _ if status == StatusCode::BAD_REQUEST => RezolveError::Parameter(text),
            _ => RezolveError::Other { status, text },
        }
    }
}

impl From<Fault> for RezolveError {
    fn from(fault: Fault) -> RezolveError {
        match fault {
            Fault::Internal => RezolveError::Internal,
            fault => RezolveError::Unavailable(fault.to_string()),
        }
    }
}

impl From<Unapproved> for RezolveError {
    fn from(reason: Unapproved) -> RezolveError {
        match reason {
            Unapproved::Http(error) => error.into(),
            Unapproved::Access(error) => error.into(),
            Unapproved::Action(NotApproved::Busy(error)) => {
                RezolveError::Unavailable(error.to_string())
            }
            Unapproved::Action(NotApproved::Unavailable(error)) => RezolveError::internal(&error),
            Unapproved::Action(
                NotApproved::Missing | NotApproved::Several | NotApproved::Refused(_),
            ) => RezolveError::Forbidden(NOT_APPROVED.into()),
        }
    }
}

impl From<VaultError> for RezolveError {
    fn from(error: VaultError) -> RezolveError {
        let text = error.to_string();
        match error {
            VaultError::NotFound {
                integration,
                credential,
            } => RezolveError::NotFound(not_found(&integration, credential.as_ref())),
            VaultError::Deleted { at_ms, by } => {
                let at = rfc3339_ms(at_ms);
                RezolveError::AlreadyDeleted(format!("The credential was deleted on {at} by {by}"))
            }
            VaultError::Duplicate => RezolveError::Duplicate(
                "This integrationId already has a credential with this credentialName".to_owned(),
            ),
            VaultError::Several(ids) => {
                let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
                let ids = ids.join(", ");
                RezolveError::Parameter(format!("Give credentialId: the integration has {ids}"))
            }
            VaultError::Inactive | VaultError::Expired => RezolveError::Inactive(text),
            VaultError::TooMany => RezolveError::TooMany(text),
            VaultError::Access(AccessError::Store(store::StoreError::Busy)) => {
                RezolveError::Unavailable(text)
            }
            VaultError::Access(AccessError::TenantRevoked | AccessError::NoSuchTenant) => {
                RezolveError::Unauthorized
            }
            error => RezolveError::internal(&error),
        }
    }
}

fn not_found(integration: &IntegrationId, credential: Option<&SecretId>) -> String {
    match credential {
        Some(id) => format!("No credential exists with ID: {id} for integration: {integration}"),
        None => format!("No credential exists for integration: {integration}"),
    }
}

impl From<AccessError> for RezolveError {
    fn from(error: AccessError) -> RezolveError {
        RezolveError::from(VaultError::Access(error))
    }
}

impl From<KeystoreError> for RezolveError {
    fn from(error: KeystoreError) -> RezolveError {
        RezolveError::internal(&error)
    }
}

impl From<Unsettled> for RezolveError {
    fn from(unsettled: Unsettled) -> RezolveError {
        RezolveError::Unavailable(unsettled.to_string())
    }
}
