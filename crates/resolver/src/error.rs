//! Why a DID is not resolved, by whose fault it is.

use did::InvalidDid;
use ledger::{ReadError, UnknownNetwork, Withheld};
use thiserror::Error;

/// Why a DID is not resolved.
#[derive(Debug, Error)]
pub enum ResolveError {
    /// The text is no DID.
    #[error("this is not a DID: {0}")]
    InvalidDid(#[from] InvalidDid),
    /// The text is a DID with a path, a query or a fragment. Only DIDs are resolved.
    #[error(
        "DID URLs are not dereferenced here; resolve the DID alone, without path, query and fragment"
    )]
    DidUrl,
    /// A DID of another method.
    #[error("only DIDs of the method `cheqd` are resolved here")]
    MethodNotSupported,
    /// A DID of a network that is not served.
    #[error(transparent)]
    UnknownNetwork(#[from] UnknownNetwork),
    /// There is no such DID, or it has no such version.
    #[error("{0}")]
    NotFound(String),
    /// The options contradict each other or have unusable values.
    #[error(transparent)]
    InvalidOptions(#[from] InvalidOptions),
    /// It is not told now whether the DID is active. Never said of a DID that has ended.
    #[error("whether this DID is active is not known now: {0}")]
    Withheld(Withheld),
    /// The ledger cannot be read: never the fault of who asks, and never the same as absence.
    #[error("the ledger cannot be read")]
    Read(#[source] ReadError),
}

impl From<ReadError> for ResolveError {
    fn from(error: ReadError) -> ResolveError {
        match error {
            ReadError::Withheld(withheld) => ResolveError::Withheld(withheld),
            error => ResolveError::Read(error),
        }
    }
}

/// What is wrong with resolution options.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidOptions {
    /// Both ways to choose a version.
    #[error("give versionId or versionTime, not both")]
    Both,
    /// A version id that no version can have.
    #[error(
        "versionId should be the id of a version: 1 to {} bytes",
        crate::options::VERSION_ID_BYTES_MAX
    )]
    VersionId,
    /// A time that cannot be read.
    #[error("versionTime should be a time such as 2026-01-31T12:00:00Z")]
    VersionTime,
}
