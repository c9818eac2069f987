//! Bindings: which webhooks use a secret. The rows of webhooks are in other tables of the same store, so the functions
//! here take part in the transaction that changes those.

use audit::{Action, Attribution, Event, TenantId, append};
use clock::now_ms;
use rusqlite::{Connection, OptionalExtension, params};

use crate::Vault;
use crate::error::VaultError;
use crate::read::sealed;
use crate::rows::{self, Kept};
use crate::types::{IntegrationId, SealedParts, SecretId, SecretState, VaultSecret};

/// The secret that an integration presents to the other system.
pub struct BoundSecret {
    /// The credential.
    pub credential: VaultSecret,
    /// Its secret, sealed.
    pub sealed: SealedParts,
}

/// What was done to a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookDeed {
    /// It was made.
    Created,
    /// It is sent to again.
    Enabled,
    /// It was removed.
    Deleted,
}

impl Vault {
    /// The secret of a credential that can be used now, to see whether it fits what it is to be bound to: any of the
    /// tenant's, under any integration. It must not be disclosed.
    ///
    /// # Errors
    /// `Ok(None)` when there is none; [`VaultError::Deleted`], [`VaultError::Inactive`], [`VaultError::Expired`], or
    /// those of the store.
    pub fn usable_secret(
        &self,
        tenant: &TenantId,
        id: &SecretId,
    ) -> Result<Option<BoundSecret>, VaultError> {
        self.store.read(|connection| {
            let transaction = connection.unchecked_transaction()?;
            Ok(usable_with_secret(&transaction, tenant, id))
        })?
    }

    /// The secret of a credential, for the webhook that it is bound to. Not counted as an access.
    ///
    /// # Errors
    /// As [`Vault::usable_secret`]; `Ok(None)` also when it is not bound to this webhook.
    pub fn bound_secret(
        &self,
        tenant: &TenantId,
        webhook: &str,
        id: &SecretId,
    ) -> Result<Option<BoundSecret>, VaultError> {
        self.store.read(|connection| {
            let transaction = connection.unchecked_transaction()?;
            Ok(bound(&transaction, tenant, webhook, id))
        })?
    }
}

/// Binds a credential to a webhook that is being made, in its transaction.
///
/// # Errors
/// [`VaultError::NotFound`], [`VaultError::Deleted`], [`VaultError::Inactive`], [`VaultError::Expired`], or those of
/// the store.
pub fn bind_webhook(
    connection: &Connection,
    by: &Attribution,
    tenant: &TenantId,
    webhook: &str,
    integration: &IntegrationId,
    id: &SecretId,
) -> Result<(), VaultError> {
    let not_found = || VaultError::NotFound {
        integration: integration.clone(),
        credential: Some(id.clone()),
    };
    usable(connection, tenant, id)?.ok_or_else(not_found)?;
    let event = Event::new(Some(tenant), Action::VaultBind, id.to_string())
        .with("integrationId", integration.as_str())
        .with("webhook", webhook);
    let entry = append(connection, by, &event)?;
    connection
        .prepare_cached(
            "INSERT INTO vault_bindings (tenant, integration, credential, target, created_ms)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            tenant.as_str(),
            integration.as_str(),
            id.uuid(),
            webhook,
            entry.time_ms
        ])?;
    Ok(())
}

/// Ends the binding of a webhook that is being removed, in its transaction. One that has none stays without.
pub fn unbind_webhook(
    connection: &Connection,
    by: &Attribution,
    tenant: &TenantId,
    webhook: &str,
) -> Result<(), VaultError> {
    let found: Option<(String, String)> = connection
        .prepare_cached(
            "DELETE FROM vault_bindings WHERE target = ?1 AND tenant = ?2 RETURNING credential, integration",
        )?
        .query_row([webhook, tenant.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((credential, integration)) = found {
        let subject = SecretId(credential).to_string();
        let event = Event::new(Some(tenant), Action::VaultUnbind, subject)
            .with("integrationId", integration)
            .with("webhook", webhook);
        append(connection, by, &event)?;
    }
    Ok(())
}

/// Notes in the audit log what is being done to a webhook, in its transaction.
pub fn note_webhook(
    connection: &Connection,
    by: &Attribution,
    tenant: &TenantId,
    webhook: &str,
    deed: WebhookDeed,
) -> Result<(), VaultError> {
    let action = match deed {
        WebhookDeed::Created => Action::WebhookCreate,
        WebhookDeed::Enabled => Action::WebhookEnable,
        WebhookDeed::Deleted => Action::WebhookDelete,
    };
    append(connection, by, &Event::new(Some(tenant), action, webhook))?;
    Ok(())
}

fn bound(
    connection: &Connection,
    tenant: &TenantId,
    webhook: &str,
    id: &SecretId,
) -> Result<Option<BoundSecret>, VaultError> {
    let Some(credential) = usable(connection, tenant, id)? else {
        return Ok(None);
    };
    let sql = "SELECT 1 FROM vault_bindings
               WHERE target = ?1 AND tenant = ?2 AND credential = ?3 AND ended_ms IS NULL";
    let is_bound = connection
        .prepare_cached(sql)?
        .exists([webhook, tenant.as_str(), id.uuid()])?;
    if !is_bound {
        return Ok(None);
    }
    let sealed = sealed(connection, id)?;
    Ok(Some(BoundSecret { credential, sealed }))
}

fn usable_with_secret(
    connection: &Connection,
    tenant: &TenantId,
    id: &SecretId,
) -> Result<Option<BoundSecret>, VaultError> {
    let Some(credential) = usable(connection, tenant, id)? else {
        return Ok(None);
    };
    let sealed = sealed(connection, id)?;
    Ok(Some(BoundSecret { credential, sealed }))
}

fn usable(
    connection: &Connection,
    tenant: &TenantId,
    id: &SecretId,
) -> Result<Option<VaultSecret>, VaultError> {
    match rows::anywhere(connection, tenant, id)? {
        None => Ok(None),
        Some(Kept::Deleted { at_ms, by }) => Err(VaultError::Deleted {
            at_ms,
            by: by.addressed().to_owned(),
        }),
        Some(Kept::Live(credential)) => match credential.state(now_ms()) {
            SecretState::Inactive => Err(VaultError::Inactive),
            SecretState::Expired => Err(VaultError::Expired),
            SecretState::Active => Ok(Some(*credential)),
        },
    }
}
