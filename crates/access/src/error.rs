//! Errors: of a caller that authenticates, and of those who manage tenants and API keys.

mod identity;

use audit::AuditError;
use store::StoreError;

pub use identity::{ActionError, IdentityError, Thing};

use crate::{
    API_KEYS_PER_TENANT_MAX, NAME_CHARS_MAX, PRESET_SECRET_CHARS_MAX, PRESET_SECRET_CHARS_MIN,
    Right, TENANTS_MAX,
};

/// Why a caller is not authenticated. Never says which part of a secret was wrong.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    /// Nothing was presented.
    #[error("no credential was given")]
    Missing,
    /// What was presented is not known.
    #[error("the credential is not known")]
    Unknown,
    /// It, or its tenant, was revoked.
    #[error("the credential was revoked")]
    Revoked,
    /// It, or whom it belongs to, is switched off.
    #[error("the credential is not active")]
    Inactive,
    /// Its time is over.
    #[error("the credential has expired")]
    Expired,
    /// Too many attempts with a wrong password.
    #[error("too many failed attempts: try again in {retry_after_s} seconds")]
    TooManyAttempts {
        /// When it is worth trying again.
        retry_after_s: u64,
    },
    /// It could not be checked. Not the caller's fault.
    #[error("the credential could not be checked")]
    Unavailable(#[source] StoreError),
}

/// Why what a caller was about to do was not recorded in the audit log, and so must not be done.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The caller is not authenticated any more.
    #[error(transparent)]
    Rejected(#[from] AuthenticationError),
    /// The tenant demands an approval, and there is none.
    #[error("the tenant demands that a person approves this")]
    ApprovalRequired,
    /// The entry could not be written.
    #[error(transparent)]
    NotWritten(#[from] AccessError),
}

/// The caller is known, and may not do this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this needs the permission {right}")]
pub struct MissingRight {
    /// The right.
    pub right: Right,
}

/// Why tenants or API keys could not be managed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AccessError {
    /// A name is empty, too long, or holds control characters or outer spaces.
    #[error(
        "names have 1 to {NAME_CHARS_MAX} characters, no control characters, and no spaces at either end"
    )]
    InvalidName,
    /// Another tenant has the name, or had it before it was revoked.
    #[error("there is a tenant with this name already: choose another name")]
    NameTaken,
    /// There is no such tenant.
    #[error("there is no such tenant")]
    NoSuchTenant,
    /// The tenant was revoked; it gets no new keys.
    #[error("the tenant was revoked")]
    TenantRevoked,
    /// There is no such API key.
    #[error("there is no such API key")]
    NoSuchApiKey,
    /// A preset secret has the wrong length or characters.
    #[error(
        "a preset API key has {PRESET_SECRET_CHARS_MIN} to {PRESET_SECRET_CHARS_MAX} printable ASCII characters \
         without spaces"
    )]
    InvalidSecret,
    /// The preset secret belongs to an API key that was revoked. It stays revoked.
    #[error("this secret belongs to an API key that was revoked: choose another secret")]
    SecretRevoked,
    /// The preset secret belongs to an API key of another tenant.
    #[error("this secret belongs to another tenant: choose another secret")]
    SecretTaken,
    /// The limit on tenants or on API keys of one tenant is reached.
    #[error("at most {TENANTS_MAX} tenants, and {API_KEYS_PER_TENANT_MAX} API keys for each")]
    TooMany,
    /// The audit log was not written or read. What the entry would have recorded was not done.
    #[error(transparent)]
    Audit(AuditError),
    /// No ledger's log contains a later head than the audit log.
    #[error("nothing is lost: every log knows the audit log as the store has it")]
    NothingLost,
    /// The operating system gave no random bytes.
    #[error("no random bytes from the operating system")]
    NoRandomness(#[source] getrandom::Error),
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for AccessError {
    fn from(error: rusqlite::Error) -> AccessError {
        StoreError::from(error).into()
    }
}

impl From<AuditError> for AccessError {
    fn from(error: AuditError) -> AccessError {
        match error {
            AuditError::Store(error) => AccessError::Store(error),
            AuditError::NoRandomness(error) => AccessError::NoRandomness(error),
            error => AccessError::Audit(error),
        }
    }
}
