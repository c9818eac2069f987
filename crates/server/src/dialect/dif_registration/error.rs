//! Why a request failed, by whose fault it is, and how that is said in this dialect: the one table of its errors.

use axum::http::StatusCode;
use did::IncompleteSet;
use keystore::KeystoreError;
use ledger::{ReadError, SubmitError};
use registrar::{PermitDenied, RegistrarError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::config::RegistrationProfile;
use crate::http::{Fault, Refusal};

/// When it is worth starting another job where too many wait.
const TOO_MANY_JOBS_RETRY_S: u64 = 60;

/// Why a request failed. Nothing was written then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationError {
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
    /// 401, 403, 405, 413, 415, 429: what all dialects share, which is who calls, and the body.
    #[error(transparent)]
    Refused(Refusal),
    /// 429: more jobs than may wait at once.
    #[error("{0}")]
    TooManyJobs(String),
    /// 403: the keys that are held here may not be used for it.
    #[error("{0}")]
    NotApproved(String),
    /// 503: nothing was done, or sending the same again is safe.
    #[error("{0}")]
    Unavailable(String),
    /// 500: the log has the reason.
    #[error("{}", Fault::Internal)]
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

impl RegistrationError {
    pub(super) fn options(reason: impl Into<String>) -> RegistrationError {
        RegistrationError::Input {
            name: ErrorName::InvalidOptions,
            reason: reason.into(),
        }
    }

    pub(super) fn document(reason: impl Into<String>) -> RegistrationError {
        RegistrationError::Input {
            name: ErrorName::InvalidDidDocument,
            reason: reason.into(),
        }
    }

    pub(super) fn did(reason: impl Into<String>) -> RegistrationError {
        RegistrationError::Input {
            name: ErrorName::InvalidDid,
            reason: reason.into(),
        }
    }

    pub(super) fn not_found(reason: impl Into<String>) -> RegistrationError {
        RegistrationError::Input {
            name: ErrorName::NotFound,
            reason: reason.into(),
        }
    }

    /// A fault of ours: the log gets the reason, the caller does not.
    pub(super) fn internal(error: &(dyn std::error::Error + 'static)) -> RegistrationError {
        tracing::error!(error, "a registration has failed");
        RegistrationError::Internal
    }

    /// The HTTP status. Never 404: the Universal Registrar would throw the answer away.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            RegistrationError::Input { .. } | RegistrationError::Signatures { .. } => {
                StatusCode::BAD_REQUEST
            }
            RegistrationError::Refused(refusal) => refusal.status(),
            RegistrationError::TooManyJobs(_) => StatusCode::TOO_MANY_REQUESTS,
            RegistrationError::NotApproved(_) => StatusCode::FORBIDDEN,
            RegistrationError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            RegistrationError::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The name in `didState.error`.
    pub(super) fn name(&self) -> ErrorName {
        match self {
            RegistrationError::Input { name, .. } => *name,
            RegistrationError::Signatures { .. } => ErrorName::InvalidOptions,
            RegistrationError::TooManyJobs(_) => ErrorName::TooManyRequests,
            RegistrationError::NotApproved(_) => ErrorName::Forbidden,
            RegistrationError::Unavailable(_) => ErrorName::Unavailable,
            RegistrationError::Internal => ErrorName::InternalError,
            RegistrationError::Refused(refusal) => match refusal {
                Refusal::Unauthorized(_) => ErrorName::Unauthorized,
                Refusal::Lacking(_) => ErrorName::Forbidden,
                Refusal::TooLong { .. } => ErrorName::RequestTooLarge,
                Refusal::MediaType(_) => ErrorName::RepresentationNotSupported,
                Refusal::TooMany(_) => ErrorName::TooManyRequests,
                _ => ErrorName::InvalidOptions,
            },
        }
    }

    /// What is wrong, as `reason` and as `description` say it.
    pub(super) fn said_in(&self, profile: RegistrationProfile) -> (String, Option<String>) {
        let text = self.to_string();
        match (profile, self) {
            (RegistrationProfile::Standard, _) => (text, None),
            (RegistrationProfile::CheqdRegistrar, RegistrationError::Internal) => {
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
            RegistrationError::Refused(Refusal::TooMany(too_many)) => Some(too_many.retry_after_s),
            RegistrationError::TooManyJobs(_) => Some(TOO_MANY_JOBS_RETRY_S),
            _ => (self.status() == StatusCode::SERVICE_UNAVAILABLE).then_some(1),
        }
    }
}

crate::dialect::worded_by!(RegistrationError);

impl From<Refusal> for RegistrationError {
    fn from(refusal: Refusal) -> RegistrationError {
        let (status, text) = (refusal.status(), refusal.to_string());
        match refusal {
            Refusal::Syntax(reason) => RegistrationError::Input {
                name: ErrorName::RepresentationNotSupported,
                reason,
            },
            Refusal::Unauthorized(text) => RegistrationError::Refused(Refusal::Unauthorized(
                format!("Unauthorized error: {text}"),
            )),
            // Never 404: the Universal Registrar throws it away, whatever it contains.
            Refusal::NoRoute | Refusal::NotServed(_) => RegistrationError::options(text),
            _ if status == StatusCode::BAD_REQUEST => RegistrationError::options(text),
            refusal => RegistrationError::Refused(refusal),
        }
    }
}

impl From<Fault> for RegistrationError {
    fn from(fault: Fault) -> RegistrationError {
        match fault {
            Fault::Internal => RegistrationError::Internal,
            fault => RegistrationError::Unavailable(fault.to_string()),
        }
    }
}

impl From<RegistrarError> for RegistrationError {
    fn from(error: RegistrarError) -> RegistrationError {
        use RegistrarError as E;
        let text = error.to_string();
        match error {
            E::NotFound(_) => RegistrationError::not_found(text),
            E::Deactivated(_) | E::NotHere { .. } | E::UnknownNetwork(_) => {
                RegistrationError::did(text)
            }
            E::Incomplete {
                reason,
                set:
                    IncompleteSet {
                        missing,
                        invalid,
                        unexpected,
                    },
            } => RegistrationError::Signatures {
                reason,
                missing,
                invalid,
                unexpected,
            },
            E::KeysNotCustodial(lacking) => RegistrationError::Signatures {
                reason: text,
                missing: lacking.iter().map(|key| key.method.to_string()).collect(),
                invalid: Vec::new(),
                unexpected: Vec::new(),
            },
            E::Rejected(_)
            | E::InvalidEdit(_)
            | E::UnsupportedKey(_)
            | E::TooManyMethods { .. } => RegistrationError::document(text),
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
            ) => RegistrationError::options(text),
            E::PermitDenied(PermitDenied::Withdrawn(_)) => {
                RegistrationError::Refused(Refusal::Unauthorized(text))
            }
            E::PermitDenied(PermitDenied::NotApproved(_)) => RegistrationError::NotApproved(text),
            E::PermitDenied(PermitDenied::Unavailable(error)) => {
                tracing::error!(
                    error = &*error as &dyn std::error::Error,
                    "keys could not be used"
                );
                RegistrationError::Unavailable(text)
            }
            E::Busy | E::PermitDenied(PermitDenied::Busy) => RegistrationError::Unavailable(text),
            // Whether it is active is not known now: a "no" or a "yes" would both be guesses.
            E::Read(ReadError::Withheld(_)) | E::Ledger(SubmitError::Held(_)) => {
                RegistrationError::Unavailable(text)
            }
            E::Read(ReadError::Document { .. }) => RegistrationError::did(text),
            E::Ledger(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the ledger takes no operations"
                );
                RegistrationError::Unavailable(text)
            }
            error @ (E::Read(_) | E::Keystore(_) | E::Store(_)) => {
                RegistrationError::internal(&error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use did::Did;

    use super::*;
    use crate::authentication::AuthError;

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
            (AuthError::Missing.into(), 401, ErrorName::Unauthorized),
            (
                AuthError::Lacking(access::Right::DidsUpdate).into(),
                403,
                ErrorName::Forbidden,
            ),
            (
                Refusal::TooLong { bytes_max: 9 }.into(),
                413,
                ErrorName::RequestTooLarge,
            ),
            (
                Refusal::MediaType("x").into(),
                415,
                ErrorName::RepresentationNotSupported,
            ),
            (Refusal::NoRoute.into(), 400, ErrorName::InvalidOptions),
            (
                RegistrarError::PermitDenied(PermitDenied::NotApproved("x".into())).into(),
                403,
                ErrorName::Forbidden,
            ),
        ] {
            let fault: RegistrationError = fault;
            assert_eq!(fault.status().as_u16(), status, "{fault:?}");
            assert_eq!(fault.name(), name, "{fault:?}");
        }
    }

    #[test]
    fn what_is_worth_trying_again_says_when() {
        let fault = RegistrationError::from(RegistrarError::Busy);
        assert_eq!(fault.retry_after_s(), Some(1));
        assert_eq!(RegistrationError::options("x").retry_after_s(), None);
    }
}
