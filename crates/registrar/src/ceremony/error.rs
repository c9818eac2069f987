//! Why something was not done with a ceremony, by whose fault it is.

use ledger::SubmitError;

use crate::RegistrarError;

/// Why something was not done with a ceremony. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum CeremonyError {
    /// The caller's: it does not exist, belongs to another owner, or the link is revoked or over.
    #[error("there is no such ceremony; it may have been swept away, or the link may be revoked")]
    NotFound,
    /// The caller's: the link reaches less than that.
    #[error("{0}")]
    NotWithThisLink(&'static str),
    /// The caller's: a value outside its limits.
    #[error("{0}")]
    Unusable(String),
    /// The caller's: signatures that do not verify, or that are not required. None of them was taken.
    #[error("{}", signatures(.invalid, .unexpected))]
    Signatures {
        /// Method ids whose signature does not verify.
        invalid: Vec<String>,
        /// Method ids that have no open slot here, each with the reason.
        unexpected: Vec<Unexpected>,
    },
    /// The caller's: it is over, or something else than what it takes now.
    #[error("{0}")]
    Closed(Closed),
    /// The caller's: signatures are missing.
    #[error("{}", incomplete(.missing, .refused))]
    Incomplete {
        /// Method ids without a signature; a DID means any one of its methods.
        missing: Vec<String>,
        /// Those of them whose holder has refused.
        refused: Vec<String>,
    },
    /// The caller's: it waits, so that it can be called off.
    #[error("every slot is signed; it can be submitted once its cooling period is over")]
    Cooling {
        /// When that is, in Unix milliseconds.
        until_ms: u64,
    },
    /// The caller's: too many are open.
    #[error(
        "{open} ceremonies are open, and no more than {limit} may be; cancel some, or wait until they expire"
    )]
    TooMany {
        /// How many are open.
        open: u64,
        /// How many may be.
        limit: u64,
    },
    /// As for every other change of a DID.
    #[error(transparent)]
    Registrar(RegistrarError),
}

/// A signature that has no place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unexpected {
    /// The method that is said to have signed.
    pub method: String,
    /// Why there is no place for it.
    pub reason: &'static str,
}

/// Why nothing can be done with a ceremony any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Closed {
    /// It is in the log.
    #[error("the ceremony is committed already; it cannot be changed any more")]
    Committed,
    /// The DID has changed.
    #[error("the ceremony is superseded: the DID has changed since it was started; start another")]
    Superseded,
    /// Its time is over.
    #[error("the ceremony has expired; start another")]
    Expired,
    /// It was called off.
    #[error("the ceremony was cancelled; start another")]
    Cancelled,
}

impl<E: Into<RegistrarError>> From<E> for CeremonyError {
    fn from(error: E) -> Self {
        Self::Registrar(error.into())
    }
}

impl CeremonyError {
    pub(super) fn of_submission(error: SubmitError) -> Self {
        match error {
            SubmitError::Moved(_) => Self::Closed(Closed::Superseded),
            error => error.into(),
        }
    }
}

fn signatures(invalid: &[String], unexpected: &[Unexpected]) -> String {
    let mut parts = Vec::new();
    if !invalid.is_empty() {
        parts.push(format!(
            "the signature does not verify for {}",
            invalid.join(", ")
        ));
    }
    parts.extend(
        unexpected
            .iter()
            .map(|one| format!("{} {}", one.method, one.reason)),
    );
    format!("no signature was taken: {}", parts.join("; "))
}

fn incomplete(missing: &[String], refused: &[String]) -> String {
    let mut text = format!("signatures are missing: {}", missing.join(", "));
    if !refused.is_empty() {
        text += &format!("; refused: {}", refused.join(", "));
    }
    text
}
