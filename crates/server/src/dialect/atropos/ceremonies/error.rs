//! Errors of the registrar and of ceremonies in the shape of this dialect.

use axum::http::StatusCode;
use did::IncompleteSet;
use registrar::ceremony::{CeremonyError, Closed};
use registrar::{PermitDenied, RegistrarError};

use crate::dialect::atropos::error::NativeError;
use crate::dialect::atropos::time;
use crate::dialect::cheqd_studio::StudioError;
use crate::http::rate::OfSignatures;

impl From<CeremonyError> for NativeError {
    fn from(error: CeremonyError) -> NativeError {
        let text = error.to_string();
        match error {
            CeremonyError::NotFound => NativeError::NotFound(text),
            CeremonyError::NotWithThisLink(_) => forbidden(text),
            CeremonyError::Unusable(_) => NativeError::malformed(None, text),
            CeremonyError::Signatures {
                invalid,
                unexpected,
            } => NativeError::Signatures {
                error: text,
                missing: Vec::new(),
                invalid,
                unexpected: unexpected.into_iter().map(|one| one.method).collect(),
            },
            CeremonyError::Incomplete { missing, .. } => NativeError::Signatures {
                error: text,
                missing,
                invalid: Vec::new(),
                unexpected: Vec::new(),
            },
            CeremonyError::Closed(
                Closed::Committed | Closed::Superseded | Closed::Expired | Closed::Cancelled,
            )
            | CeremonyError::TooMany { .. } => NativeError::Conflict(text),
            CeremonyError::Cooling { until_ms } => {
                NativeError::Conflict(format!("{text}, which is at {}", time(until_ms)))
            }
            CeremonyError::Registrar(error) => error.into(),
        }
    }
}

impl From<RegistrarError> for NativeError {
    fn from(error: RegistrarError) -> NativeError {
        let text = error.to_string();
        match error {
            RegistrarError::NotFound(_) | RegistrarError::KeyNotFound(_) => {
                NativeError::NotFound(text)
            }
            RegistrarError::Deactivated(_) => NativeError::Conflict(text),
            RegistrarError::Incomplete {
                reason,
                set:
                    IncompleteSet {
                        missing,
                        invalid,
                        unexpected,
                    },
            } => NativeError::Signatures {
                error: reason,
                missing,
                invalid,
                unexpected,
            },
            RegistrarError::KeysNotCustodial(keys) => NativeError::Signatures {
                error: text,
                missing: keys.iter().map(|key| key.method.to_string()).collect(),
                invalid: Vec::new(),
                unexpected: Vec::new(),
            },
            RegistrarError::KeysNotOwned(_)
            | RegistrarError::NoKeys
            | RegistrarError::TooManyKeys { .. }
            | RegistrarError::TooManyMethods { .. }
            | RegistrarError::InvalidEdit(_)
            | RegistrarError::KeyNotInDocument(_)
            | RegistrarError::UnsupportedKey(_)
            | RegistrarError::InvalidPrivateKey { .. }
            | RegistrarError::ImportKeys { .. }
            | RegistrarError::NotHere { .. } => NativeError::malformed(None, text),
            RegistrarError::UnknownNetwork(error) => error.into(),
            RegistrarError::Rejected(rejection) => NativeError::Rejected {
                position: 0,
                rejection,
            },
            RegistrarError::PermitDenied(
                PermitDenied::Withdrawn(_) | PermitDenied::NotApproved(_),
            ) => forbidden(text),
            RegistrarError::PermitDenied(PermitDenied::Busy) | RegistrarError::Busy => {
                NativeError::Unavailable(text)
            }
            RegistrarError::PermitDenied(PermitDenied::Unavailable(source)) => {
                NativeError::internal(&*source)
            }
            RegistrarError::Ledger(error) => error.into(),
            RegistrarError::Read(error) => error.into(),
            RegistrarError::Keystore(error) => NativeError::internal(&error),
            RegistrarError::Store(source) => NativeError::internal(&*source),
        }
    }
}

impl OfSignatures for CeremonyError {
    fn is_of_signatures(&self) -> bool {
        match self {
            CeremonyError::Signatures { .. } => true,
            CeremonyError::Registrar(error) => error.is_of_signatures(),
            _ => false,
        }
    }
}

/// Whether it is a fault of ours, or nobody's.
pub(super) fn is_ours(error: &CeremonyError) -> bool {
    let CeremonyError::Registrar(error) = error else {
        return false;
    };
    matches!(
        error,
        RegistrarError::Busy
            | RegistrarError::Ledger(_)
            | RegistrarError::Read(_)
            | RegistrarError::Keystore(_)
            | RegistrarError::Store(_)
    )
}

fn forbidden(text: String) -> NativeError {
    NativeError::Body(StudioError::Other {
        status: StatusCode::FORBIDDEN,
        text,
    })
}
