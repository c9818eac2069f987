//! Errors: of the one who asks to be let in, and of the one who manages tenants and keys.

use store::{StoreError, WriteError};

use crate::{
    API_KEYS_PER_TENANT_MAX, NAME_CHARS_MAX, PRESET_SECRET_CHARS_MAX, PRESET_SECRET_CHARS_MIN,
    TENANTS_MAX,
};

/// Why a request was not let in. Never says which part of a secret was wrong.
#[derive(Debug, thiserror::Error)]
pub enum AccessDenied {
    /// No secret came with the request.
    #[error("no API key was given")]
    Missing,
    /// The secret belongs to no API key.
    #[error("the API key is not known")]
    Unknown,
    /// The API key, or its tenant, was revoked.
    #[error("the API key was revoked")]
    Revoked,
    /// It could not be checked. Not the caller's fault.
    #[error("the API key could not be checked")]
    Unavailable(#[source] StoreError),
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
