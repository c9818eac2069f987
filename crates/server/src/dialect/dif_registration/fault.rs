//! Why a request failed, by whose fault it is, and how that is said in this dialect: the one table of its errors.

use axum::http::StatusCode;
use did::IncompleteSet;
use keystore::KeystoreError;
use ledger::{ReadError, SubmitError};
use registrar::{PermitDenied, RegistrarError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::authentication::Asked;
use crate::config::RegistrationProfile;
use crate::dialect::cheqd_studio::StudioError;
use crate::gate::Full;
use crate::http::rate::TooMany;

/// Why a request failed. Nothing was written then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// 400: the input.
    #[error("{reason}")]
    Input {
        /// Its name.
        name: ErrorName,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// 400: signatures that are missing, wrong, or not asked for.
    #[error("{reason}")]
    Signatures {
        /// What it means.
        reason: String,
        /// Method ids, or DIDs of which one method has to sign, without a signature.
        missing: Vec<String>,
        /// Method ids whose signature does not verify.
        invalid: Vec<String>,
        /// Method ids or keys that do not belong to the set.
        unexpected: Vec<String>,
    },
    /// 401, 403, 413, 415, 429, 503: what all dialects share, which is who asks, and the body.
    #[error("{0}")]
    Shared(StudioError),
    /// 403: the keys that are held here may not be used for it.
    #[error("{0}")]
    NotApproved(String),
    /// 503: nothing was done, or sending the same again is safe.
    #[error("{0}")]
    Unavailable(String),
    /// 500: the log has the reason.
    #[error("{}", StudioError::Internal)]
    Internal,
}

/// The names of errors. The first seven are those that the Universal Registrar knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ErrorName {
    /// Not a DID, or one that cannot be used for this.
    InvalidDid,
    /// The document, or a change of it, is against the rules.
    InvalidDidDocument,
    /// Anything else in the input.
    InvalidOptions,
    /// No such DID or job, or not the caller's.
    NotFound,
    /// A DID of another method than `cheqd`.
    MethodNotSupported,
    /// A body that is not JSON.
    RepresentationNotSupported,
    /// A fault of ours.
    InternalError,
    /// No credential, or none that is good.
    Unauthorized,
    /// A good credential without the right, or without the approval.
    Forbidden,
    /// Too many requests, or too many failures.
    TooManyRequests,
    /// The body is longer than the limit.
    RequestTooLarge,
    /// Too much is going on, or it cannot be known now. Later it can.
    Unavailable,
}

impl Fault {
    pub(super) fn options(reason: impl Into<String>) -> Fault {
        Fault::Input {
            name: ErrorName::InvalidOptions,
            reason: reason.into(),
        }
    }

    pub(super) fn document(reason: impl Into<String>) -> Fault {
        Fault::Input {
            name: ErrorName::InvalidDidDocument,
            reason: reason.into(),
        }
    }

    pub(super) fn did(reason: impl Into<String>) -> Fault {
        Fault::Input {
            name: ErrorName::InvalidDid,
            reason: reason.into(),
        }
    }

    pub(super) fn not_found(reason: impl Into<String>) -> Fault {
        Fault::Input {
            name: ErrorName::NotFound,
            reason: reason.into(),
        }
    }

    /// A fault of ours: the log gets the reason, the caller does not.
    pub(super) fn internal(error: &(dyn std::error::Error + 'static)) -> Fault {
        tracing::error!(error, "a registration has failed");
        Fault::Internal
    }

    /// The HTTP status. Never 404: the Universal Registrar would throw the answer away.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Fault::Input { .. } | Fault::Signatures { .. } => StatusCode::BAD_REQUEST,
            Fault::Shared(error) => match error.status() {
                StatusCode::NOT_FOUND => StatusCode::BAD_REQUEST,
                status => status,
            },
            Fault::NotApproved(_) => StatusCode::FORBIDDEN,
            Fault::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Fault::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The name in `didState.error`.
    pub(super) fn name(&self) -> ErrorName {
        match self {
            Fault::Input { name, .. } => *name,
            Fault::Signatures { .. } => ErrorName::InvalidOptions,
            Fault::NotApproved(_) => ErrorName::Forbidden,
            Fault::Unavailable(_) => ErrorName::Unavailable,
            Fault::Internal => ErrorName::InternalError,
            Fault::Shared(error) => match error.status() {
                StatusCode::UNAUTHORIZED => ErrorName::Unauthorized,
                StatusCode::FORBIDDEN => ErrorName::Forbidden,
                StatusCode::PAYLOAD_TOO_LARGE => ErrorName::RequestTooLarge,
                StatusCode::UNSUPPORTED_MEDIA_TYPE => ErrorName::RepresentationNotSupported,
                StatusCode::TOO_MANY_REQUESTS => ErrorName::TooManyRequests,
                StatusCode::SERVICE_UNAVAILABLE => ErrorName::Unavailable,
                StatusCode::INTERNAL_SERVER_ERROR => ErrorName::InternalError,
                _ => ErrorName::InvalidOptions,
            },
        }
    }

    /// What is wrong, as `reason` and as `description` say it.
    pub(super) fn said_in(&self, profile: RegistrationProfile) -> (String, Option<String>) {
        let text = self.to_string();
        match (profile, self) {
            (RegistrationProfile::Standard, _) => (text, None),
            (RegistrationProfile::CheqdRegistrar, Fault::Internal) => {
                ("Internal server error".into(), Some(text))
            }
            (RegistrationProfile::CheqdRegistrar, _) => (
                "Invalid payload".into(),
                Some(format!("Invalid payload: {text}")),
            ),
        }
    }

    /// When it is worth trying again, in seconds.
    pub(super) fn retry_after_s(&self) -> Option<u64> {
        match self {
            Fault::Shared(StudioError::TooManyRequests { retry_after_s, .. }) => {
                Some(*retry_after_s)
            }
            _ => (self.status() == StatusCode::SERVICE_UNAVAILABLE).then_some(1),
        }
    }
}

impl From<StudioError> for Fault {
    fn from(error: StudioError) -> Fault {
        Fault::Shared(error)
    }
}

impl From<Asked> for Fault {
    fn from(asked: Asked) -> Fault {
        Fault::Shared(asked.into())
    }
}

impl From<TooMany> for Fault {
    fn from(too_many: TooMany) -> Fault {
        Fault::Shared(too_many.into())
    }
}

impl From<Full> for Fault {
    fn from(error: Full) -> Fault {
        Fault::Unavailable(error.to_string())
    }
}

impl From<access::MissingRight> for Fault {
    fn from(lacking: access::MissingRight) -> Fault {
        Asked::from(lacking).into()
    }
}

impl From<RegistrarError> for Fault {
    fn from(error: RegistrarError) -> Fault {
        use RegistrarError as E;
        let text = error.to_string();
        match error {
            E::NotFound(_) => Fault::not_found(text),
            E::Deactivated(_) | E::NotHere { .. } | E::UnknownNetwork(_) => Fault::did(text),
            E::Incomplete {
                reason,
                set:
                    IncompleteSet {
                        missing,
                        invalid,
                        unexpected,
                    },
            } => Fault::Signatures {
                reason,
                missing,
                invalid,
                unexpected,
            },
            E::KeysNotCustodial(lacking) => Fault::Signatures {
                reason: text,
                missing: lacking.iter().map(|key| key.method.to_string()).collect(),
                invalid: Vec::new(),
                unexpected: Vec::new(),
            },
            E::Rejected(_)
            | E::InvalidEdit(_)
            | E::UnsupportedKey(_)
            | E::TooManyMethods { .. } => Fault::document(text),
            E::KeysNotOwned(_)
            | E::NoKeys
            | E::TooManyKeys { .. }
            | E::KeyNotFound(_)
            | E::KeyNotInDocument(_)
            | E::InvalidPrivateKey { .. }
            | E::ImportKeys { .. }
            | E::Keystore(
                KeystoreError::InvalidAlias
                | KeystoreError::InvalidPrivateKey(_)
                | KeystoreError::InvalidTenant,
            ) => Fault::options(text),
            E::PermitDenied(PermitDenied::Withdrawn(_)) => {
                Fault::Shared(StudioError::Unauthorized(text))
            }
            E::PermitDenied(PermitDenied::NotApproved(_)) => Fault::NotApproved(text),
            E::PermitDenied(PermitDenied::Unavailable(error)) => {
                tracing::error!(
                    error = &*error as &dyn std::error::Error,
                    "keys could not be used"
                );
                Fault::Unavailable(text)
            }
            E::Busy | E::PermitDenied(PermitDenied::Busy) => Fault::Unavailable(text),
            // Whether it is active is not known now: a "no" or a "yes" would both be guesses.
            E::Read(ReadError::Withheld(_)) | E::Ledger(SubmitError::Held(_)) => {
                Fault::Unavailable(text)
            }
            E::Read(ReadError::Document { .. }) => Fault::did(text),
            E::Ledger(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the ledger takes no operations"
                );
                Fault::Unavailable(text)
            }
            error @ (E::Read(_) | E::Keystore(_) | E::Store(_)) => Fault::internal(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use did::Did;

    use super::*;

    const DID: &str = "did:cheqd:testnet:7bf81a20-633c-4cc7-bc4a-5a45801005e0";

    #[test]
    fn each_fault_has_its_status_and_its_name_and_none_is_404() {
        let did = || Did::parse(DID).unwrap();
        for (fault, status, name) in [
            (
                RegistrarError::NotFound(did()).into(),
                400,
                ErrorName::NotFound,
            ),
            (
                RegistrarError::Deactivated(did()).into(),
                400,
                ErrorName::InvalidDid,
            ),
            (RegistrarError::Busy.into(), 503, ErrorName::Unavailable),
            (
                RegistrarError::Store("x".into()).into(),
                500,
                ErrorName::InternalError,
            ),
            (Asked::Missing.into(), 401, ErrorName::Unauthorized),
            (
                Asked::Lacking(access::Right::DidsUpdate).into(),
                403,
                ErrorName::Forbidden,
            ),
            (
                StudioError::TooLarge { bytes_max: 9 }.into(),
                413,
                ErrorName::RequestTooLarge,
            ),
            (
                StudioError::UnsupportedMediaType.into(),
                415,
                ErrorName::RepresentationNotSupported,
            ),
            (
                StudioError::NotFound("x".into()).into(),
                400,
                ErrorName::InvalidOptions,
            ),
            (
                RegistrarError::PermitDenied(PermitDenied::NotApproved("x".into())).into(),
                403,
                ErrorName::Forbidden,
            ),
        ] {
            let fault: Fault = fault;
            assert_eq!(fault.status().as_u16(), status, "{fault:?}");
            assert_eq!(fault.name(), name, "{fault:?}");
        }
    }

    #[test]
    fn what_is_worth_trying_again_says_when() {
        let fault = Fault::from(RegistrarError::Busy);
        assert_eq!(fault.retry_after_s(), Some(1));
        assert_eq!(Fault::options("x").retry_after_s(), None);
    }
}
