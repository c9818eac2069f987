//! Why a caller is not authenticated.

use access::{AuthenticationError, MissingRight, Right};

use crate::http::rate::{Limited, TooMany};
use crate::http::{Fault, HttpError, Refusal};

/// Why a caller is not authenticated, or not authorized.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// 401: nothing was presented.
    #[error(
        "Seems like you are not authenticated. Please follow the authentication process using 'Authorize' button"
    )]
    Missing,
    /// 401: several credentials, or a header twice.
    #[error("Send one credential: one x-api-key header or one Authorization header, not several.")]
    Several,
    /// 401: the header has no form that is known.
    #[error("The Authorization header should be `Bearer <token>` or `Basic <base64>`.")]
    Unreadable,
    /// 401: there is no such credential.
    #[error("This credential is not known. Check the x-api-key or Authorization header.")]
    Unknown,
    /// 401: it was revoked.
    #[error("This credential was revoked. Ask for a new one.")]
    Revoked,
    /// 401: it, or whom it belongs to, is switched off.
    #[error("This credential is not active.")]
    Inactive,
    /// 401: its time is over.
    #[error("This credential has expired. Ask for a new one.")]
    Expired,
    /// 403: it may not do this.
    #[error("This credential lacks the permission {0}.")]
    Lacking(Right),
    /// 429: too many requests, or too many failures. `Retry-After` says when it is worth trying again.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// 503: too many passwords are being checked.
    #[error("Too many passwords are being checked. Try again in a moment.")]
    Busy,
    /// 503: it could not be checked.
    #[error("The credential could not be checked. Try again in a moment.")]
    Unavailable,
}

impl AuthError {
    /// Whether a credential was presented that is not good: such attempts are counted.
    pub(super) fn is_wrong_credential(&self) -> bool {
        use AuthError::{Expired, Inactive, Revoked, Unknown};
        matches!(self, Unknown | Revoked | Inactive | Expired)
    }
}

impl From<AuthenticationError> for AuthError {
    fn from(denied: AuthenticationError) -> AuthError {
        match denied {
            AuthenticationError::Missing => AuthError::Missing,
            AuthenticationError::Unknown => AuthError::Unknown,
            AuthenticationError::Revoked => AuthError::Revoked,
            AuthenticationError::Inactive => AuthError::Inactive,
            AuthenticationError::Expired => AuthError::Expired,
            AuthenticationError::TooManyAttempts { retry_after_s } => AuthError::TooMany(TooMany {
                of: Limited::FailedLogins,
                retry_after_s,
            }),
            AuthenticationError::Unavailable(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a credential could not be checked"
                );
                AuthError::Unavailable
            }
        }
    }
}

impl From<AuthError> for HttpError {
    fn from(error: AuthError) -> HttpError {
        match error {
            AuthError::Lacking(right) => Refusal::Lacking(right).into(),
            AuthError::TooMany(too_many) => too_many.into(),
            AuthError::Busy | AuthError::Unavailable => Fault::Unchecked(error.to_string()).into(),
            AuthError::Missing
            | AuthError::Several
            | AuthError::Unreadable
            | AuthError::Unknown
            | AuthError::Revoked
            | AuthError::Inactive
            | AuthError::Expired => Refusal::Unauthorized(error.to_string()).into(),
        }
    }
}

impl From<MissingRight> for AuthError {
    fn from(missing: MissingRight) -> AuthError {
        AuthError::Lacking(missing.right)
    }
}
