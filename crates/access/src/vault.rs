//! The vault: secrets of other systems, sealed elsewhere, kept here, and ended here for good.
//!
//! An *integration* is something that this server reaches out to, such as the receiver of a webhook. A *binding* says
//! that an integration uses a credential. This module sees sealed bytes alone.

mod bind;
mod change;
mod delete;
mod error;
mod newest;
mod person;
mod read;
mod rows;
mod save;
mod types;

pub use bind::{BoundSecret, WebhookDeed, bind_webhook, note_webhook, unbind_webhook};
pub use change::{VaultChange, VaultChanged, VaultSwitch};
pub use delete::VaultDeleted;
pub use error::VaultError;
pub use newest::{AUDIT_NEWEST_MAX, AuditNewest};
pub use person::Person;
pub use read::{VaultDetails, VaultRevealed};
pub use save::NewVaultCredential;
pub use types::{
    AuthType, CredentialName, Description, Endpoint, INTEGRATION_ID_CHARS_MAX, IntegrationId,
    METADATA_BYTES_MAX, Metadata, SCOPES_MAX, Scopes, SealedParts, VAULT_CREDENTIALS_MAX,
    VaultCredential, VaultCredentialId, VaultState,
};
