//! Why the log was not written or read.

use store::StoreError;

use crate::{DETAILS_BYTES_MAX, SUBJECT_BYTES_MAX};

/// Why the log was not written or read. Where it is an entry that was not written, what it records was not done.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AuditError {
    /// The entry is too large.
    #[error(
        "an audit entry has at most {DETAILS_BYTES_MAX} bytes of details and {SUBJECT_BYTES_MAX} of its subject"
    )]
    TooLarge,
    /// A row has a form that is never written.
    #[error("audit row {index} is damaged: `atropos audit verify` says more")]
    Damaged {
        /// Its place.
        index: u64,
    },
    /// The operating system gave no random bytes.
    #[error("no random bytes from the operating system")]
    NoRandomness(#[source] getrandom::Error),
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for AuditError {
    fn from(error: rusqlite::Error) -> AuditError {
        StoreError::from(error).into()
    }
}
