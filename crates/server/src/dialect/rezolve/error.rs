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
use crate::authentication::Asked;
use crate::dialect::atropos::time;
use crate::dialect::cheqd_studio::StudioError;
use crate::permit::{NotApproved, Unapproved};

/// What a request without a good approval is told.
const NOT_APPROVED: &str =
    "The tenant demands a user action (X-DFNS-USERACTION): it is missing or invalid";

/// What a route of this dialect answers instead of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VaultFault {
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

impl VaultFault {
    pub(super) fn parameter(text: impl Into<String>) -> VaultFault {
        VaultFault::Parameter(text.into())
    }

    /// Ids in a path that cannot be ids.
    pub(super) fn ids() -> VaultFault {
        VaultFault::parameter("Invalid integrationId or credentialId format")
    }

    /// A fault of ours: the log gets the reason, the caller does not.
    pub(super) fn internal(error: &(dyn std::error::Error + 'static)) -> VaultFault {
        tracing::error!(error, "a request to the vault has failed");
        VaultFault::Internal
    }

    /// A status with a text, for answers that no handler gives.
    pub(crate) fn plain(status: StatusCode, text: &str) -> VaultFault {
        match status {
            StatusCode::NOT_FOUND => VaultFault::NoRoute,
            StatusCode::INTERNAL_SERVER_ERROR => VaultFault::Internal,
            StatusCode::SERVICE_UNAVAILABLE => VaultFault::Unavailable(text.into()),
            status => VaultFault::Other {
                status,
                text: text.into(),
            },
        }
    }

    /// The one table of statuses, codes and messages.
    fn kind(&self) -> (StatusCode, &'static str, &'static str) {
        use StatusCode as S;
        match self {
            VaultFault::Parameter(_) => (S::BAD_REQUEST, "INVALID_PARAMETER", "Invalid parameters"),
            VaultFault::Unauthorized => (S::UNAUTHORIZED, "UNAUTHORIZED", "Authentication failed"),
            VaultFault::Forbidden(_) => (
                S::FORBIDDEN,
                "INSUFFICIENT_PERMISSIONS",
                "Insufficient permissions",
            ),
            VaultFault::NotFound(_) => {
                (S::NOT_FOUND, "CREDENTIAL_NOT_FOUND", "Credential not found")
            }
            VaultFault::NoRoute => (S::NOT_FOUND, "NOT_FOUND", "Not found"),
            VaultFault::AlreadyDeleted(_) => (
                S::CONFLICT,
                "CREDENTIAL_ALREADY_DELETED",
                "Credential has already been deleted",
            ),
            VaultFault::Duplicate(_) => (
                S::CONFLICT,
                "DUPLICATE_CREDENTIAL",
                "Credential already exists",
            ),
            VaultFault::Inactive(_) => {
                (S::CONFLICT, "CREDENTIAL_INACTIVE", "Credential is inactive")
            }
            VaultFault::TooMany(_) => (S::CONFLICT, "CREDENTIAL_LIMIT", "Too many credentials"),
            VaultFault::Invalid(_) => (
                S::UNPROCESSABLE_ENTITY,
                "VALIDATION_ERROR",
                "Validation failed",
            ),
            VaultFault::RateLimit { .. } => (
                S::TOO_MANY_REQUESTS,
                "RATE_LIMIT_EXCEEDED",
                "Too many requests",
            ),
            VaultFault::Internal => (S::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", "Server error"),
            VaultFault::Unavailable(_) => (
                S::SERVICE_UNAVAILABLE,
                "SERVICE_UNAVAILABLE",
                "Service unavailable",
            ),
            VaultFault::Other { status, .. } => other(*status),
        }
    }

    fn details(self) -> ProblemDetails {
        ProblemDetails::Text(match self {
            VaultFault::Unauthorized => "Bearer token is missing, expired, or invalid".to_owned(),
            VaultFault::Internal => "Unexpected server-side error".to_owned(),
            VaultFault::NoRoute => {
                "Nothing is served at this path. The API is described at /swagger.".to_owned()
            }
            VaultFault::Invalid(members) => return ProblemDetails::Members(members),
            VaultFault::Parameter(text)
            | VaultFault::Forbidden(text)
            | VaultFault::NotFound(text)
            | VaultFault::AlreadyDeleted(text)
            | VaultFault::Duplicate(text)
            | VaultFault::Inactive(text)
            | VaultFault::TooMany(text)
            | VaultFault::Unavailable(text)
            | VaultFault::RateLimit { text, .. }
            | VaultFault::Other { text, .. } => text,
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

impl IntoResponse for VaultFault {
    fn into_response(self) -> Response {
        let (status, code, message) = self.kind();
        let retry_after_s = match &self {
            VaultFault::RateLimit { retry_after_s, .. } => Some(*retry_after_s),
            VaultFault::Unavailable(_) => Some(1),
            _ => None,
        };
        let body = VaultProblem {
            success: false,
            error: VaultProblemError {
                code,
                message,
                details: self.details(),
            },
            timestamp: time(access::now_ms()),
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

impl From<Asked> for VaultFault {
    fn from(asked: Asked) -> VaultFault {
        let text = asked.to_string();
        match asked {
            Asked::Missing
            | Asked::Several
            | Asked::Unreadable
            | Asked::Unknown
            | Asked::Revoked
            | Asked::Inactive
            | Asked::Expired => VaultFault::Unauthorized,
            Asked::Lacking(_) => VaultFault::Forbidden(text),
            Asked::TooMany(too_many) => VaultFault::RateLimit {
                text,
                retry_after_s: too_many.retry_after_s,
            },
            Asked::Busy | Asked::Unavailable => VaultFault::Unavailable(text),
        }
    }
}

impl From<Unapproved> for VaultFault {
    fn from(reason: Unapproved) -> VaultFault {
        match reason {
            Unapproved::Body(error) => error.into(),
            Unapproved::Caller(asked) => asked.into(),
            Unapproved::Access(error) => error.into(),
            Unapproved::Action(NotApproved::Busy(error)) => {
                VaultFault::Unavailable(error.to_string())
            }
            Unapproved::Action(NotApproved::Unavailable(error)) => VaultFault::internal(&error),
            Unapproved::Action(
                NotApproved::Missing | NotApproved::Several | NotApproved::Refused(_),
            ) => VaultFault::Forbidden(NOT_APPROVED.into()),
        }
    }
}

impl From<StudioError> for VaultFault {
    /// What all dialects share: the limits of bodies.
    fn from(error: StudioError) -> VaultFault {
        let text = error.to_string();
        match error.status() {
            StatusCode::BAD_REQUEST => VaultFault::Parameter(text),
            status => VaultFault::plain(status, &text),
        }
    }
}

impl From<VaultError> for VaultFault {
    fn from(error: VaultError) -> VaultFault {
        let text = error.to_string();
        match error {
            VaultError::NotFound {
                integration,
                credential,
            } => VaultFault::NotFound(not_found(&integration, credential.as_ref())),
            VaultError::Deleted { at_ms, by } => {
                let at = time(at_ms);
                VaultFault::AlreadyDeleted(format!("The credential was deleted on {at} by {by}"))
            }
            VaultError::Duplicate => VaultFault::Duplicate(
                "This integrationId already has a credential with this credentialName".to_owned(),
            ),
            VaultError::Several(ids) => {
                let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
                let ids = ids.join(", ");
                VaultFault::Parameter(format!("Give credentialId: the integration has {ids}"))
            }
            VaultError::Inactive | VaultError::Expired => VaultFault::Inactive(text),
            VaultError::TooMany => VaultFault::TooMany(text),
            VaultError::Access(AccessError::Store(store::StoreError::Busy)) => {
                VaultFault::Unavailable(text)
            }
            VaultError::Access(AccessError::TenantRevoked | AccessError::NoSuchTenant) => {
                VaultFault::Unauthorized
            }
            error => VaultFault::internal(&error),
        }
    }
}

fn not_found(integration: &IntegrationId, credential: Option<&SecretId>) -> String {
    match credential {
        Some(id) => format!("No credential exists with ID: {id} for integration: {integration}"),
        None => format!("No credential exists for integration: {integration}"),
    }
}

impl From<AccessError> for VaultFault {
    fn from(error: AccessError) -> VaultFault {
        VaultFault::from(VaultError::Access(error))
    }
}

impl From<KeystoreError> for VaultFault {
    fn from(error: KeystoreError) -> VaultFault {
        VaultFault::internal(&error)
    }
}

impl From<Unsettled> for VaultFault {
    fn from(unsettled: Unsettled) -> VaultFault {
        VaultFault::Unavailable(unsettled.to_string())
    }
}
