//! Errors of the registrar and of ceremonies in the shape of this dialect.

use did::IncompleteSet;
use registrar::ceremony::{CeremonyError, Closed};
use registrar::{PermitDenied, RegistrarError};

use crate::dialect::atropos::error::AtroposError;
use crate::http::rate::OfSignatures;
use clock::rfc3339_ms;

impl From<CeremonyError> for AtroposError {
    fn from(error: CeremonyError) -> AtroposError {
        let text = error.to_string();
        match error {
            CeremonyError::NotFound => AtroposError::NotFound(text),
            CeremonyError::NotWithThisLink(_) => forbidden(text),
            CeremonyError::Unusable(_) => AtroposError::malformed(None, text),
            CeremonyError::Signatures {
                invalid,
                unexpected,
            } => AtroposError::Signatures {
                error: text,
                missing: Vec::new(),
                invalid,
                unexpected: unexpected.into_iter().map(|one| one.method).collect(),
            },
            CeremonyError::Incomplete { missing, .. } => AtroposError::Signatures {
                error: text,
                missing,
                invalid: Vec::new(),
                unexpected: Vec::new(),
            },
            CeremonyError::Closed(
                Closed::Committed | Closed::Superseded | Closed::Expired | Closed::Cancelled,
            )
            | CeremonyError::TooMany { .. } => AtroposError::Conflict(text),
            CeremonyError::Cooling { until_ms } => {
                AtroposError::Conflict(format!("{text}, which is at {}", rfc3339_ms(until_ms)))
            }
            CeremonyError::Registrar(error) => error.into(),
        }
    }
}

impl From<RegistrarError> for AtroposError {
    fn from(error: RegistrarError) -> AtroposError {
        let text = error.to_string();
        match error {
            RegistrarError::NotFound(_) | RegistrarError::KeyNotFound(_) => {
                AtroposError::NotFound(text)
            }
            RegistrarError::Deactivated(_) => AtroposError::Conflict(text),
            RegistrarError::Incomplete {
                reason,
                set:
                    IncompleteSet {
                        missing,
                        invalid,
                        unexpected,
                    },
            } => AtroposError::Signatures {
                error: reason,
                missing,
                invalid,
                unexpected,
            },
            RegistrarError::KeysNotCustodial(keys) => AtroposError::Signatures {
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
            | RegistrarError::NotHere { .. } => AtroposError::malformed(None, text),
            RegistrarError::UnknownNetwork(error) => error.into(),
            RegistrarError::Rejected(rejection) => AtroposError::Rejected {
                position: 0,
                rejection,
            },
            RegistrarError::PermitDenied(
                PermitDenied::Withdrawn(_) | PermitDenied::NotApproved(_),
            ) => forbidden(text),
            RegistrarError::PermitDenied(PermitDenied::Busy) | RegistrarError::Busy => {
                AtroposError::Unavailable(text)
            }
            RegistrarError::PermitDenied(PermitDenied::Unavailable(source)) => {
                AtroposError::internal(&*source)
            }
            RegistrarError::Ledger(error) => error.into(),
            RegistrarError::Read(error) => error.into(),
            RegistrarError::Keystore(error) => AtroposError::internal(&error),
            RegistrarError::Store(source) => AtroposError::internal(&*source),
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

fn forbidden(text: String) -> AtroposError {
    AtroposError::Forbidden(text)
}
