//! Errors of the vault, by whose fault it is.

use access::AccessError;
use audit::AuditError;
use store::StoreError;

use crate::types::{IntegrationId, SECRETS_MAX, SecretId};

/// Why the vault did not do it. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The caller's: there is no such secret, or it is another tenant's.
    #[error("there is no such credential for integration {integration}")]
    NotFound {
        /// The integration that was asked for.
        integration: IntegrationId,
        /// The credential that was asked for, if one was.
        credential: Option<SecretId>,
    },
    /// The caller's: the credential was deleted before.
    #[error("the credential was deleted by {by}")]
    Deleted {
        /// When, Unix time in milliseconds.
        at_ms: u64,
        /// By whom.
        by: String,
    },
    /// The caller's: the integration has a credential of this name.
    #[error("the integration has a credential with this name already: choose another name")]
    Duplicate,
    /// The caller's: the integration has several credentials, and none was named.
    #[error("the integration has several credentials: name one of them")]
    Several(Vec<SecretId>),
    /// The caller's: the credential is switched off.
    #[error("the credential is inactive: switch it on first")]
    Inactive,
    /// The caller's: the credential's time is over.
    #[error("the credential has expired: store a new one")]
    Expired,
    /// The caller's: the tenant has as many as it may have.
    #[error("at most {SECRETS_MAX} credentials: delete one first")]
    TooMany,
    /// What is stored has a form that is never written. Not the caller's fault.
    #[error("the stored credential {credential} is damaged: restore the store from its backup")]
    Damaged {
        /// Which.
        credential: String,
    },
    /// The store, or the audit log. Not the caller's fault.
    #[error(transparent)]
    Access(#[from] AccessError),
}

impl From<AuditError> for VaultError {
    fn from(error: AuditError) -> VaultError {
        AccessError::from(error).into()
    }
}

impl From<StoreError> for VaultError {
    fn from(error: StoreError) -> VaultError {
        AccessError::from(error).into()
    }
}

impl From<rusqlite::Error> for VaultError {
    fn from(error: rusqlite::Error) -> VaultError {
        AccessError::from(error).into()
    }
}
