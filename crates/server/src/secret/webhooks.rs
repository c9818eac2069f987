//! Binding webhooks to credentials: what `/v1/webhooks` needs of the vault.

use access::TenantId;
use audit::Attribution;
use publication::{CredentialProblem, Registered, WebhookError};
use rusqlite::Connection;
use vault::{
    IntegrationId, SecretId, VaultError, WebhookDeed, bind_webhook, note_webhook, unbind_webhook,
};

use super::source::problem;
use super::tokens::Tokens;
use crate::app::App;

/// Refuses a credential that a webhook cannot be made with now: unknown, switched off, expired, of a kind that is not
/// shown to a receiver.
///
/// # Errors
/// [`WebhookError::Credential`].
pub(crate) fn check(app: &App, tenant: &TenantId, id: &SecretId) -> Result<(), WebhookError> {
    let found = app.vault.usable_secret(tenant, id).map_err(problem)?;
    let found = found.ok_or(CredentialProblem::Unknown)?;
    let tokens = Tokens::open(&app.keystore, &found.credential, found.sealed).map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, credential = %id, "a credential does not open");
        CredentialProblem::Unavailable
    })?;
    let fits = tokens.of_webhook(found.credential.auth_type);
    fits.map(drop)
        .map_err(|unfit| CredentialProblem::Unfit(unfit).into())
}

/// The rows that belong to a webhook that is being made.
pub(crate) fn made(
    connection: &Connection,
    by: &Attribution,
    tenant: &TenantId,
    registered: &Registered,
) -> Result<(), WebhookError> {
    note_webhook(connection, by, tenant, &registered.id, WebhookDeed::Created).map_err(failed)?;
    let Some(credential) = &registered.credential else {
        return Ok(());
    };
    let unknown = || WebhookError::Credential(CredentialProblem::Unknown);
    let id = SecretId::parse(credential).ok_or_else(unknown)?;
    let integration = IntegrationId::parse(&registered.integration).ok_or_else(unknown)?;
    bind_webhook(connection, by, tenant, &registered.id, &integration, &id).map_err(failed)
}

/// What belongs to a webhook that is sent to again.
pub(crate) fn enabled(
    connection: &Connection,
    by: &Attribution,
    tenant: &TenantId,
    id: &str,
) -> Result<(), WebhookError> {
    note_webhook(connection, by, tenant, id, WebhookDeed::Enabled).map_err(failed)
}

/// What belongs to a webhook that is being removed.
pub(crate) fn removed(
    connection: &Connection,
    by: &Attribution,
    tenant: &TenantId,
    id: &str,
) -> Result<(), WebhookError> {
    unbind_webhook(connection, by, tenant, id)
        .and_then(|()| note_webhook(connection, by, tenant, id, WebhookDeed::Deleted))
        .map_err(failed)
}

fn failed(error: VaultError) -> WebhookError {
    match error {
        VaultError::NotFound { .. }
        | VaultError::Deleted { .. }
        | VaultError::Inactive
        | VaultError::Expired => WebhookError::Credential(problem(error)),
        error => WebhookError::Store(Box::new(error)),
    }
}
