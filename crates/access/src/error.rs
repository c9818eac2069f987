//! Errors: of the one who asks to be let in, and of the one who manages tenants and keys.

use store::{StoreError, WriteError};

use crate::{
    API_KEYS_PER_TENANT_MAX, DETAILS_BYTES_MAX, NAME_CHARS_MAX, PRESET_SECRET_CHARS_MAX,
    PRESET_SECRET_CHARS_MIN, Right, SUBJECT_BYTES_MAX, TENANTS_MAX,
};

/// Why a request was not let in. Never says which part of a secret was wrong.
#[derive(Debug, thiserror::Error)]
pub enum AccessDenied {
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

/// Why what a caller was about to do was not entered in the audit log, and so must not be done.
#[derive(Debug, thiserror::Error)]
pub enum UseRefused {
    /// The caller may not come in any more.
    #[error(transparent)]
    Denied(#[from] AccessDenied),
    /// The tenant demands that a person approves it, and nobody did.
    #[error("the tenant demands that a person approves this")]
    ApprovalDemanded,
    /// The entry could not be written.
    #[error(transparent)]
    Unrecorded(#[from] AccessError),
}

/// The caller is known, and may not do this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this needs the permission {right}")]
pub struct Lacking {
    /// What is missing.
    pub right: Right,
}

/// Why tenants or API keys could not be managed.
#[derive(Debug, thiserror::Error)]
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
    /// An audit entry is too large, or cannot be written for another reason. What it tells of was not done.
    #[error(
        "an audit entry has at most {DETAILS_BYTES_MAX} bytes of details and {SUBJECT_BYTES_MAX} of its subject"
    )]
    AuditUnwritable,
    /// An audit row has a form that is never written.
    #[error("audit row {index} is damaged: `atropos audit verify` says more")]
    AuditDamaged {
        /// Its place.
        index: u64,
    },
    /// No log knows more of the audit log than the store has.
    #[error("nothing is lost: every log knows the audit log as the store has it")]
    NothingLost,
    /// The operating system gave no random bytes.
    #[error("no random bytes from the operating system")]
    NoRandomness(#[source] getrandom::Error),
    /// Too many writes are waiting.
    #[error("the store is busy: try again")]
    Busy,
    /// The store could not do it.
    #[error("the store could not do it")]
    Store(#[from] StoreError),
    /// SQLite refused a statement.
    #[error("the store could not do it")]
    Sqlite(#[from] rusqlite::Error),
}

impl From<WriteError<AccessError>> for AccessError {
    fn from(error: WriteError<AccessError>) -> AccessError {
        match error {
            WriteError::Refused(error) => error,
            WriteError::Busy => AccessError::Busy,
            WriteError::Failed(error) => AccessError::Store(error),
        }
    }
}
