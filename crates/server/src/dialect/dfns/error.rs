//! Errors of the dialect: `{"error": {"id", "status", "message", "details"}}`.

use access::{AccessError, ActionError, IdentityError, Thing};
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::anchor::Unsettled;
use crate::authentication::AuthError;
use crate::http::response::Identified;
use crate::http::{Fault, Refusal};

/// What a route of this dialect answers instead of a result. Messages that the contract has stand here word for word.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DfnsError {
    /// 400: a fault of the request.
    #[error("{0}")]
    BadRequest(String),
    /// 400: the nonce of an older client has no usable form.
    #[error("request nonce is missing or invalid")]
    Nonce,
    /// 400: it came before.
    #[error("request nonce has already been used")]
    NonceUsed,
    /// 400: the user action was used before.
    #[error("user action has already been used")]
    ActionUsed,
    /// 400: the challenge is unknown, used, expired, or another token's.
    #[error("Challenge token is not valid.")]
    Challenge,
    /// 401: no access token that is let in. What is wrong with it is not said.
    #[error("Not Authorized.")]
    Unauthorized,
    /// 401: the credential is unknown, switched off, or not one that signs for this token.
    #[error("User does not have a credential that can be used for the application.")]
    NoCredential,
    /// 403: it may not do this.
    #[error("{who} is not authorized to perform operation ({operation})")]
    Forbidden {
        /// Kind of token and user.
        who: String,
        /// What is missing.
        operation: &'static str,
    },
    /// 403: no user action, or one that does not fit.
    #[error("user action signature is missing or invalid")]
    UserAction {
        /// What is wrong with it.
        reason: String,
    },
    /// 404: there is none, or it is somebody else's.
    #[error("{} not found", .0.as_str())]
    NotFound(Thing),
    /// 409: a name, an id or a key that is taken.
    #[error("{what} is in use already: choose another one")]
    Duplicate {
        /// The field.
        what: &'static str,
    },
    /// 409: a limit, or a rule that stands against it.
    #[error("{0}")]
    Conflict(String),
    /// 429: too often.
    #[error("{text}")]
    TooMany {
        /// What there is too much of.
        text: String,
        /// When it is worth trying again.
        retry_after_s: u64,
    },
    /// 500: a fault of ours. What it was stands in the log, not here.
    #[error("Internal Server Error")]
    Internal,
    /// 503: nothing was done, or what was done is not settled yet: the text says which.
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
pub struct AuthProblem {
    /// What is wrong.
    pub error: AuthFault,
}

/// What is wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuthFault {
    /// The id of the request, as in `x-request-id`, in the log and in the audit log.
    pub id: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong, for a person.
    pub message: String,
    /// What else is known.
    #[schema(value_type = Object)]
    pub details: Map<String, Value>,
}

impl DfnsError {
    pub(super) fn bad_request(text: impl Into<String>) -> DfnsError {
        DfnsError::BadRequest(text.into())
    }

    pub(super) fn user_action(reason: impl Into<String>) -> DfnsError {
        DfnsError::UserAction {
            reason: reason.into(),
        }
    }

    /// A fault of ours: the log gets the reason, the caller does not.
    pub(super) fn internal(error: &(dyn std::error::Error + 'static)) -> DfnsError {
        tracing::error!(error, "an auth request has failed");
        DfnsError::Internal
    }

    /// The one table of statuses.
    fn status(&self) -> StatusCode {
        match self {
            DfnsError::BadRequest(_)
            | DfnsError::Nonce
            | DfnsError::NonceUsed
            | DfnsError::ActionUsed
            | DfnsError::Challenge => StatusCode::BAD_REQUEST,
            DfnsError::Unauthorized | DfnsError::NoCredential => StatusCode::UNAUTHORIZED,
            DfnsError::Forbidden { .. } | DfnsError::UserAction { .. } => StatusCode::FORBIDDEN,
            DfnsError::NotFound(_) => StatusCode::NOT_FOUND,
            DfnsError::Duplicate { .. } | DfnsError::Conflict(_) => StatusCode::CONFLICT,
            DfnsError::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            DfnsError::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            DfnsError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            DfnsError::Other { status, .. } => *status,
        }
    }

    fn details(&self) -> Map<String, Value> {
        let details = match self {
            DfnsError::UserAction { reason } => json!({"reason": reason}),
            DfnsError::Duplicate { what } => json!({"duplicate": what}),
            DfnsError::Forbidden { operation, .. } => json!({"operation": operation}),
            DfnsError::TooMany { retry_after_s, .. } => json!({"retryAfter": retry_after_s}),
            _ => json!({}),
        };
        match details {
            Value::Object(details) => details,
            _ => Map::new(),
        }
    }

    fn retry_after_s(&self) -> Option<u64> {
        match self {
            DfnsError::TooMany { retry_after_s, .. } => Some(*retry_after_s),
            DfnsError::Unavailable(_) => Some(1),
            DfnsError::Other { status, .. } if *status == StatusCode::SERVICE_UNAVAILABLE => {
                Some(1)
            }
            _ => None,
        }
    }

    fn answer(&self, id: &str) -> Response {
        let status = self.status();
        let fault = AuthFault {
            id: id.to_owned(),
            status: status.as_u16(),
            message: self.to_string(),
            details: self.details(),
        };
        let mut response = (status, Json(AuthProblem { error: fault })).into_response();
        if let Some(after_s) = self.retry_after_s() {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(after_s));
        }
        response
    }
}

impl IntoResponse for DfnsError {
    fn into_response(self) -> Response {
        Identified::response(move |id| self.answer(id))
    }
}

crate::dialect::worded_by!(DfnsError);

impl From<Refusal> for DfnsError {
    fn from(refusal: Refusal) -> DfnsError {
        let (status, text) = (refusal.status(), refusal.to_string());
        match refusal {
            Refusal::Unauthorized(_) => DfnsError::Unauthorized,
            Refusal::Lacking(right) => DfnsError::Forbidden {
                who: "The caller".into(),
                operation: right.as_str(),
            },
            Refusal::TooMany(too_many) => DfnsError::TooMany {
                text,
                retry_after_s: too_many.retry_after_s,
            },
            _ => DfnsError::Other { status, text },
        }
    }
}

impl From<Fault> for DfnsError {
    fn from(fault: Fault) -> DfnsError {
        DfnsError::Other {
            status: fault.status(),
            text: fault.to_string(),
        }
    }
}

impl From<Unsettled> for DfnsError {
    fn from(error: Unsettled) -> DfnsError {
        DfnsError::Unavailable(error.to_string())
    }
}

impl From<audit::AuditError> for DfnsError {
    fn from(error: audit::AuditError) -> DfnsError {
        AccessError::from(error).into()
    }
}

impl From<AccessError> for DfnsError {
    fn from(error: AccessError) -> DfnsError {
        match error {
            AccessError::Store(store::StoreError::Busy) => {
                DfnsError::Unavailable(error.to_string())
            }
            AccessError::InvalidName => DfnsError::BadRequest(error.to_string()),
            error => DfnsError::internal(&error),
        }
    }
}

impl From<ActionError> for DfnsError {
    fn from(error: ActionError) -> DfnsError {
        let text = error.to_string();
        match error {
            ActionError::NotASigner => DfnsError::Unauthorized,
            ActionError::Unusable(_) => DfnsError::BadRequest(text),
            ActionError::Challenge => DfnsError::Challenge,
            ActionError::Credential => DfnsError::NoCredential,
            ActionError::Spent => DfnsError::ActionUsed,
            ActionError::Signature(_)
            | ActionError::Missing
            | ActionError::Mismatch(_)
            | ActionError::MissingRight(_)
            | ActionError::Withdrawn => DfnsError::UserAction { reason: text },
            ActionError::Busy => DfnsError::Unavailable(text),
            ActionError::Access(error) => DfnsError::from(error),
        }
    }
}

impl From<IdentityError> for DfnsError {
    fn from(error: IdentityError) -> DfnsError {
        let text = error.to_string();
        match error {
            IdentityError::NotFound(thing) => DfnsError::NotFound(thing),
            IdentityError::Duplicate { what } => DfnsError::Duplicate { what },
            IdentityError::Invalid(_)
            | IdentityError::Key(_)
            | IdentityError::LastCredential
            | IdentityError::Archived => DfnsError::BadRequest(text),
            IdentityError::TooMany { .. } => DfnsError::Conflict(text),
            IdentityError::Rejected(denied) => DfnsError::from(AuthError::from(denied)),
            IdentityError::NotApproved(error) => DfnsError::from(error),
            IdentityError::Access(error) => DfnsError::from(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn every_error_has_the_one_shape() {
        let forbidden = DfnsError::Forbidden {
            who: "Pat us-1".into(),
            operation: "Auth:Pats:Create",
        };
        let duplicate = DfnsError::Duplicate { what: "the name" };
        for (error, status, message) in [
            (DfnsError::Nonce, 400, "request nonce is missing or invalid"),
            (
                DfnsError::ActionUsed,
                400,
                "user action has already been used",
            ),
            (DfnsError::Unauthorized, 401, "Not Authorized."),
            (
                forbidden,
                403,
                "Pat us-1 is not authorized to perform operation (Auth:Pats:Create)",
            ),
            (
                DfnsError::user_action("x"),
                403,
                "user action signature is missing or invalid",
            ),
            (
                DfnsError::NotFound(Thing::Credential),
                404,
                "Credential not found",
            ),
            (
                duplicate,
                409,
                "the name is in use already: choose another one",
            ),
            (DfnsError::Internal, 500, "Internal Server Error"),
        ] {
            let response = error.answer("id-1");
            assert_eq!(response.status().as_u16(), status);
            let bytes = response.into_body().collect().await.unwrap().to_bytes();
            let body: Value = serde_json::from_slice(&bytes).unwrap();
            assert_eq!(body["error"]["id"], "id-1");
            assert_eq!(body["error"]["status"], status);
            assert_eq!(body["error"]["message"], message);
            assert!(body["error"]["details"].is_object());
            assert_eq!(body.as_object().unwrap().len(), 1);
        }
    }
}
