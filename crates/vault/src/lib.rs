//! The vault: secrets of other systems, sealed elsewhere, stored here, and erased here for good.
//!
//! An *integration* is something that this server reaches out to, such as the receiver of a webhook. A *binding* says
//! that an integration uses a credential. This crate sees sealed bytes only.
//!
//! The tables are migration 5 of the component `access`, whose tables they share a store with.

mod bind;
mod change;
mod delete;
mod error;
mod newest;
mod read;
mod rows;
mod save;
mod types;

pub use bind::{BoundSecret, WebhookDeed, bind_webhook, note_webhook, unbind_webhook};
pub use change::{Change, Changed, Switch};
pub use delete::Deleted;
pub use error::VaultError;
pub use newest::{AUDIT_NEWEST_MAX, AuditNewest};
pub use read::{Details, Revealed};
pub use save::NewSecret;
pub use types::{
    AuthType, Description, Endpoint, INTEGRATION_ID_CHARS_MAX, IntegrationId, METADATA_BYTES_MAX,
    Metadata, SCOPES_MAX, SECRETS_MAX, Scopes, SealedParts, SecretId, SecretName, SecretState,
    VaultSecret,
};

use access::EndedByLoss;
use store::Store;

/// The vault in one store, beside the tables of `access`. Clones share it.
#[derive(Clone)]
pub struct Vault {
    store: Store,
}

impl Vault {
    /// The vault in a store that was opened with [`access::MIGRATIONS`].
    #[must_use]
    pub fn new(store: Store) -> Vault {
        Vault { store }
    }
}

/// What the vault adds to a loss of audit entries: all its secrets are erased.
pub const ENDED_BY_LOSS: &[EndedByLoss] = &[EndedByLoss {
        name: "vaultCredentials",
        count: "SELECT count(*) FROM vault_credentials WHERE state <> 'deleted'",
        end: &[
            "UPDATE vault_secrets SET wrapped_key = zeroblob(length(wrapped_key)), nonce = zeroblob(length(nonce)),
                ciphertext = zeroblob(length(ciphertext))",
            "DELETE FROM vault_secrets",
            "UPDATE vault_credentials SET state = 'deleted', deleted_ms = ?1, deleted_by = ?2, description = NULL,
                scopes = '[]', token_endpoint = NULL, authorization_endpoint = NULL, metadata = '{}'
                WHERE state <> 'deleted'",
            "UPDATE vault_bindings SET ended_ms = ?1 WHERE ended_ms IS NULL",
        ],
    }];
