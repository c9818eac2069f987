//! Deleting a credential: its key is erased, and nothing that exists opens its secret any more.

use access::Person;
use audit::{Action, Attribution, Event, TenantId, append};
use rusqlite::{Connection, params};
use store::Emptied;

use crate::Vault;
use crate::error::VaultError;
use crate::rows;
use crate::types::{AuthType, IntegrationId, SecretId, SecretName};

/// A credential that is deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deleted {
    /// Its id.
    pub id: SecretId,
    /// Under which integration it was stored.
    pub integration: IntegrationId,
    /// Its name.
    pub name: SecretName,
    /// How it was presented to the other system.
    pub auth_type: AuthType,
    /// When it was deleted, Unix time in milliseconds.
    pub deleted_ms: u64,
    /// By whom.
    pub deleted_by: Person,
    /// How many integrations used it. They have no secret any more.
    pub integrations_affected: u32,
}

impl Vault {
    /// Deletes a credential for good. When this answers, its sealed secret and its data key are erased and a tombstone
    /// names the time and the actor.
    ///
    /// The write-ahead log still holds them while a reader is in an older state; it is emptied as soon as that ends.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::Deleted`], or those of the store.
    pub async fn delete(
        &self,
        by: &Attribution,
        tenant: &TenantId,
        integration: &IntegrationId,
        id: &SecretId,
    ) -> Result<Deleted, VaultError> {
        let (by, tenant, integration) = (by.clone(), tenant.clone(), integration.clone());
        let id = id.clone();
        let deleted: Result<Deleted, VaultError> = self
            .store
            .write(move |connection| delete(connection, &by, &tenant, &integration, &id))
            .await;
        let deleted = deleted?;
        if self.store.empty_log().await == Emptied::Later {
            tracing::warn!(
                credential = %deleted.id,
                "a deleted secret stays in the write-ahead log until a reader of an older state has ended"
            );
        }
        Ok(deleted)
    }
}

fn delete(
    connection: &Connection,
    by: &Attribution,
    tenant: &TenantId,
    integration: &IntegrationId,
    id: &SecretId,
) -> Result<Deleted, VaultError> {
    let credential = rows::live(connection, tenant, integration, id)?;
    let integrations_affected = rows::integrations_affected(connection, tenant, id)?;
    let event = Event::new(Some(tenant), Action::VaultDelete, id.to_string())
        .with("integrationId", integration.as_str())
        .with("credentialName", credential.name.as_str())
        .with("integrationsAffected", integrations_affected);
    let entry = append(connection, by, &event)?;
    let deleted = Deleted {
        id: credential.id,
        integration: credential.integration,
        name: credential.name,
        auth_type: credential.auth_type,
        deleted_ms: entry.time_ms,
        deleted_by: Person::of(connection, &by.actor)?,
        integrations_affected,
    };
    erase(connection, id)?;
    bury(connection, &deleted)?;
    Ok(deleted)
}

/// First over the bytes where they lie, then the row.
fn erase(connection: &Connection, id: &SecretId) -> Result<(), rusqlite::Error> {
    for sql in [
        "UPDATE vault_secrets SET wrapped_key = zeroblob(length(wrapped_key)), nonce = zeroblob(length(nonce)),
            ciphertext = zeroblob(length(ciphertext)) WHERE credential = ?1",
        "DELETE FROM vault_secrets WHERE credential = ?1",
    ] {
        connection.prepare_cached(sql)?.execute([id.uuid()])?;
    }
    Ok(())
}

/// Leaves what a tombstone says, and nothing else.
fn bury(connection: &Connection, deleted: &Deleted) -> Result<(), rusqlite::Error> {
    connection
        .prepare_cached(
            "UPDATE vault_credentials SET state = 'deleted', deleted_ms = ?2, deleted_by = ?3, description = NULL,
                scopes = '[]', token_endpoint = NULL, authorization_endpoint = NULL, metadata = '{}' WHERE id = ?1",
        )?
        .execute(params![
            deleted.id.uuid(),
            deleted.deleted_ms,
            deleted.deleted_by.to_json()
        ])?;
    connection
        .prepare_cached(
            "UPDATE vault_bindings SET ended_ms = ?2 WHERE credential = ?1 AND ended_ms IS NULL",
        )?
        .execute(params![deleted.id.uuid(), deleted.deleted_ms])?;
    Ok(())
}
