//! Why nothing is answered, by whose fault it is.

use did::{InvalidDid, InvalidDidUrl};
use ledger::{ReadError, UnknownNetwork, Withheld};
use thiserror::Error;

/// Why a DID is not resolved, or a DID URL not dereferenced.
#[derive(Debug, Error)]
pub enum ResolveError {
    /// The text is not a DID.
    #[error("this is not a DID: {0}")]
    InvalidDid(#[from] InvalidDid),
    /// The text is not a DID URL, or one that must not be followed.
    #[error("this DID URL cannot be used: {0}")]
    InvalidDidUrl(String),
    /// A DID of another method.
    #[error("only DIDs of the method `cheqd` are resolved here")]
    MethodNotSupported,
    /// A DID of a network that is not served.
    #[error(transparent)]
    UnknownNetwork(#[from] UnknownNetwork),
    /// There is no such DID, it has no such version, or the DID URL leads to nothing.
    #[error("{0}")]
    NotFound(&'static str),
    /// A path that leads nowhere, whatever the DID.
    #[error(
        "this path of a DID leads to nothing; there are /metadata, /versions, /version/… and /resources/…"
    )]
    NoSuchPath,
    /// An unknown option.
    #[error("this resolver does not know the option {0}")]
    UnknownOption(String),
    /// The options contradict each other or have unusable values.
    #[error(transparent)]
    InvalidOptions(#[from] InvalidOptions),
    /// The content cannot be written in the requested form.
    #[error("{0}")]
    NotRepresentable(String),
    /// The fragment leads to no verification method of the DID itself (Controlled Identifiers v1.0, section 3.3).
    #[error("the fragment leads to no verification method that this DID controls itself")]
    InvalidVerificationMethod,
    /// The verification method may not be used for this (Controlled Identifiers v1.0, section 3.3).
    #[error("the verification method is not authorized for {0}")]
    InvalidRelationship(&'static str),
    /// Active DIDs are not reported now. Never used for a deactivated DID.
    #[error("whether this DID is active is not known now: {0}")]
    Withheld(Withheld),
    /// The ledger cannot be read: never the fault of the caller, and never a sign of absence.
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

impl From<InvalidDidUrl> for ResolveError {
    fn from(error: InvalidDidUrl) -> ResolveError {
        match error {
            InvalidDidUrl::Did(error) => ResolveError::InvalidDid(error),
            error => ResolveError::InvalidDidUrl(error.to_string()),
        }
    }
}

/// Longest version id that is looked up, in bytes.
pub(crate) const VERSION_ID_BYTES_MAX: usize = 256;

/// What is wrong with options.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidOptions {
    /// Both ways to choose a version.
    #[error("give versionId or versionTime, not both")]
    Both,
    /// A version id that no version can have.
    #[error(
        "versionId should be the id of a version: 1 to {} ASCII characters, a UUID for clients of the older types",
        VERSION_ID_BYTES_MAX
    )]
    VersionId,
    /// A time that cannot be read.
    #[error("versionTime should be a time in UTC without fractions, such as 2026-01-31T12:00:00Z")]
    VersionTime,
    /// An option that was given more than once.
    #[error("{0} is given twice")]
    Twice(&'static str),
    /// The one option that HTTP has a header for.
    #[error("the option accept is sent as the header Accept")]
    Accept,
    /// An option without a value.
    #[error("{0} has no value")]
    Empty(&'static str),
    /// A value that the option does not have.
    #[error("{name} should be one of: {allowed}")]
    Value {
        /// The option.
        name: &'static str,
        /// Its values.
        allowed: &'static str,
    },
    /// An id that is not a UUID.
    #[error("{0} should be a UUID")]
    NotUuid(&'static str),
    /// Options that exclude each other.
    #[error("{0} cannot be used together with {1}")]
    Together(&'static str, &'static str),
    /// The only option for resources, which selects none without others.
    #[error(
        "{0} alone names no resource; add resourceName and resourceType, or resourceMetadata=true"
    )]
    Alone(&'static str),
    /// Several resources match.
    #[error("several resources match; add {0}")]
    Several(&'static str),
    /// More resources than are searched.
    #[error("this DID has too many resources to search; give the id of one")]
    TooMany,
    /// A time of resources that cannot be read.
    #[error(
        "resourceVersionTime should be a time in UTC without fractions, such as 2026-01-31T12:00:00Z"
    )]
    ResourceTime,
    /// An option that needs another one.
    #[error("{0} needs {1}")]
    Needs(&'static str, &'static str),
}
