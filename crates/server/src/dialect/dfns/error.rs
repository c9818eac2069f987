//! Errors of the dialect: `{"error": {"id", "status", "message", "details"}}`.

use access::{AccessError, ActionError, IdentityError, Thing};
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::anchor::Unsettled;
use crate::authentication::Asked;
use crate::dialect::cheqd_studio::StudioError;
use crate::http::layer::RequestId;
use crate::http::rate::TooMany;

/// What a route of this dialect answers instead of a result. Messages that the contract has stand here word for word.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
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

impl AuthError {
    pub(super) fn bad_request(text: impl Into<String>) -> AuthError {
        AuthError::BadRequest(text.into())
    }

    pub(super) fn user_action(reason: impl Into<String>) -> AuthError {
        AuthError::UserAction {
            reason: reason.into(),
        }
    }

    /// A status with a text, for answers that no handler gives.
    pub(crate) fn plain(status: StatusCode, text: &str) -> AuthError {
        AuthError::Other {
            status,
            text: text.into(),
        }
    }

    /// A fault of ours: the log gets the reason, the caller does not.
    pub(super) fn internal(error: &(dyn std::error::Error + 'static)) -> AuthError {
        tracing::error!(error, "an auth request has failed");
        AuthError::Internal
    }

    /// The one table of statuses.
    fn status(&self) -> StatusCode {
        match self {
            AuthError::BadRequest(_)
            | AuthError::Nonce
            | AuthError::NonceUsed
            | AuthError::ActionUsed
            | AuthError::Challenge => StatusCode::BAD_REQUEST,
            AuthError::Unauthorized | AuthError::NoCredential => StatusCode::UNAUTHORIZED,
            AuthError::Forbidden { .. } | AuthError::UserAction { .. } => StatusCode::FORBIDDEN,
            AuthError::NotFound(_) => StatusCode::NOT_FOUND,
            AuthError::Duplicate { .. } | AuthError::Conflict(_) => StatusCode::CONFLICT,
            AuthError::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            AuthError::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            AuthError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            AuthError::Other { status, .. } => *status,
        }
    }

    fn details(&self) -> Map<String, Value> {
        let details = match self {
            AuthError::UserAction { reason } => json!({"reason": reason}),
            AuthError::Duplicate { what } => json!({"duplicate": what}),
            AuthError::Forbidden { operation, .. } => json!({"operation": operation}),
            AuthError::TooMany { retry_after_s, .. } => json!({"retryAfter": retry_after_s}),
            _ => json!({}),
        };
        match details {
            Value::Object(details) => details,
            _ => Map::new(),
        }
    }

    fn retry_after_s(&self) -> Option<u64> {
        match self {
            AuthError::TooMany { retry_after_s, .. } => Some(*retry_after_s),
            AuthError::Unavailable(_) => Some(1),
            AuthError::Other { status, .. } if *status == StatusCode::SERVICE_UNAVAILABLE => {
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

impl IntoResponse for AuthError {
    /// Without the id of the request, which [`identified`] adds on the way out.
    fn into_response(self) -> Response {
        let mut response = self.answer("");
        response.extensions_mut().insert(self);
        response
    }
}

/// The same answer; an error of this dialect with the id of its request.
pub(crate) fn identified(mut response: Response, id: &RequestId) -> Response {
    match response.extensions_mut().remove::<AuthError>() {
        Some(error) => error.answer(id.as_str()),
        None => response,
    }
}

impl From<Asked> for AuthError {
    fn from(asked: Asked) -> AuthError {
        match asked {
            Asked::Missing
            | Asked::Several
            | Asked::Unreadable
            | Asked::Unknown
            | Asked::Revoked
            | Asked::Inactive
            | Asked::Expired => AuthError::Unauthorized,
            Asked::Lacking(right) => AuthError::Forbidden {
                who: "The caller".into(),
                operation: right.as_str(),
            },
            Asked::TooMany(too_many) => AuthError::from(too_many),
            Asked::Busy | Asked::Unavailable => AuthError::Unavailable(asked.to_string()),
        }
    }
}

impl From<TooMany> for AuthError {
    fn from(too_many: TooMany) -> AuthError {
        AuthError::TooMany {
            text: too_many.to_string(),
            retry_after_s: too_many.retry_after_s,
        }
    }
}

impl From<StudioError> for AuthError {
    /// What all dialects share: limits of bodies.
    fn from(error: StudioError) -> AuthError {
        AuthError::Other {
            status: error.status(),
            text: error.to_string(),
        }
    }
}

impl From<Unsettled> for AuthError {
    fn from(error: Unsettled) -> AuthError {
        AuthError::Unavailable(error.to_string())
    }
}

impl From<audit::AuditError> for AuthError {
    fn from(error: audit::AuditError) -> AuthError {
        AccessError::from(error).into()
    }
}

impl From<AccessError> for AuthError {
    fn from(error: AccessError) -> AuthError {
        match error {
            AccessError::Store(store::StoreError::Busy) => {
                AuthError::Unavailable(error.to_string())
            }
            AccessError::InvalidName => AuthError::BadRequest(error.to_string()),
            error => AuthError::internal(&error),
        }
    }
}

impl From<ActionError> for AuthError {
    fn from(error: ActionError) -> AuthError {
        let text = error.to_string();
        match error {
            ActionError::NotASigner => AuthError::Unauthorized,
            ActionError::Unusable(_) => AuthError::BadRequest(text),
            ActionError::Challenge => AuthError::Challenge,
            ActionError::Credential => AuthError::NoCredential,
            ActionError::Spent => AuthError::ActionUsed,
            ActionError::Signature(_)
            | ActionError::Missing
            | ActionError::Mismatch(_)
            | ActionError::MissingRight(_)
            | ActionError::Withdrawn => AuthError::UserAction { reason: text },
            ActionError::Busy => AuthError::Unavailable(text),
            ActionError::Access(error) => AuthError::from(error),
        }
    }
}

impl From<IdentityError> for AuthError {
    fn from(error: IdentityError) -> AuthError {
        let text = error.to_string();
        match error {
            IdentityError::NotFound(thing) => AuthError::NotFound(thing),
            IdentityError::Duplicate { what } => AuthError::Duplicate { what },
            IdentityError::Invalid(_)
            | IdentityError::Key(_)
            | IdentityError::LastCredential
            | IdentityError::Archived => AuthError::BadRequest(text),
            IdentityError::TooMany { .. } => AuthError::Conflict(text),
            IdentityError::Rejected(denied) => AuthError::from(Asked::from(denied)),
            IdentityError::NotApproved(error) => AuthError::from(error),
            IdentityError::Access(error) => AuthError::from(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn every_error_has_the_one_shape() {
        let forbidden = AuthError::Forbidden {
            who: "Pat us-1".into(),
            operation: "Auth:Pats:Create",
        };
        let duplicate = AuthError::Duplicate { what: "the name" };
        for (error, status, message) in [
            (AuthError::Nonce, 400, "request nonce is missing or invalid"),
            (
                AuthError::ActionUsed,
                400,
                "user action has already been used",
            ),
            (AuthError::Unauthorized, 401, "Not Authorized."),
            (
                forbidden,
                403,
                "Pat us-1 is not authorized to perform operation (Auth:Pats:Create)",
            ),
            (
                AuthError::user_action("x"),
                403,
                "user action signature is missing or invalid",
            ),
            (
                AuthError::NotFound(Thing::Credential),
                404,
                "Credential not found",
            ),
            (
                duplicate,
                409,
                "the name is in use already: choose another one",
            ),
            (AuthError::Internal, 500, "Internal Server Error"),
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
