//! Why one who asks is not heard. Each dialect says it in its own shape, in its own error table.

use access::{AuthenticationError, MissingRight, Right};
use axum::response::{IntoResponse, Response};

use crate::dialect::apinizer::ApiopsError;
use crate::dialect::atropos::NativeError;
use crate::dialect::cheqd_studio::StudioError;
use crate::dialect::dfns::AuthError;
use crate::dialect::dif_registration;
use crate::dialect::rezolve::VaultFault;
use crate::http::layer::Dialect;
use crate::http::rate::{Limited, TooMany};

/// Why one who asks is not heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Asked {
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
    /// 401: nobody has this credential.
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

impl Asked {
    /// Whether a credential was presented that is not good: such attempts are counted.
    pub(super) fn is_wrong_credential(&self) -> bool {
        use Asked::{Expired, Inactive, Revoked, Unknown};
        matches!(self, Unknown | Revoked | Inactive | Expired)
    }
}

impl From<AuthenticationError> for Asked {
    fn from(denied: AuthenticationError) -> Asked {
        match denied {
            AuthenticationError::Missing => Asked::Missing,
            AuthenticationError::Unknown => Asked::Unknown,
            AuthenticationError::Revoked => Asked::Revoked,
            AuthenticationError::Inactive => Asked::Inactive,
            AuthenticationError::Expired => Asked::Expired,
            AuthenticationError::TooManyAttempts { retry_after_s } => Asked::TooMany(TooMany {
                of: Limited::FailedLogins,
                retry_after_s,
            }),
            AuthenticationError::Unavailable(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a credential could not be checked"
                );
                Asked::Unavailable
            }
        }
    }
}

impl From<MissingRight> for Asked {
    fn from(lacking: MissingRight) -> Asked {
        Asked::Lacking(lacking.right)
    }
}

/// A refusal on its way to the dialect whose path was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub asked: Asked,
    /// Whose shape the answer has.
    pub dialect: Dialect,
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self.dialect {
            Dialect::Registration => dif_registration::not_heard(self.asked),
            Dialect::Native => NativeError::from(self.asked).into_response(),
            Dialect::Auth => AuthError::from(self.asked).into_response(),
            Dialect::Apiops => ApiopsError::from(self.asked).into_response(),
            Dialect::Vault => VaultFault::from(self.asked).into_response(),
            Dialect::Studio | Dialect::Resolution | Dialect::Page | Dialect::Comet => {
                StudioError::from(self.asked).into_response()
            }
        }
    }
}
