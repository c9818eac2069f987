//! Reading credentials, without and with their secret.

use audit::{Action, Attribution, Event, TenantId, append};
use rusqlite::{Connection, params};

use crate::Vault;
use crate::error::VaultError;
use crate::rows;
use crate::types::{IntegrationId, SealedParts, SecretId, VaultSecret};

/// A credential without its secret, and who uses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    /// The credential.
    pub credential: VaultSecret,
    /// How many integrations a deletion would stop now.
    pub integrations_affected: u32,
}

/// A credential and its sealed secret. The reading is in the audit log before it is disclosed.
pub struct Revealed {
    /// The credential, this reading included.
    pub credential: VaultSecret,
    /// Its secret, sealed.
    pub sealed: SealedParts,
}

impl Vault {
    /// A credential without its secret: the one that is named, or the only one of the integration.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] (also when it was deleted), [`VaultError::Several`], or those of the store.
    pub fn details(
        &self,
        tenant: &TenantId,
        integration: &IntegrationId,
        id: Option<&SecretId>,
    ) -> Result<Details, VaultError> {
        self.store.read(|connection| {
            let transaction = connection.unchecked_transaction()?;
            Ok(details(&transaction, tenant, integration, id))
        })?
    }

    /// The sealed secret, for a caller who may read it. Counted, and in the audit log.
    ///
    /// # Errors
    /// [`VaultError::Inactive`], and those of [`Vault::details`].
    pub async fn reveal(
        &self,
        by: &Attribution,
        tenant: &TenantId,
        integration: &IntegrationId,
        id: Option<&SecretId>,
    ) -> Result<Revealed, VaultError> {
        let (by, tenant, integration) = (by.clone(), tenant.clone(), integration.clone());
        let id = id.cloned();
        self.store
            .write(move |connection| reveal(connection, &by, &tenant, &integration, id.as_ref()))
            .await
    }
}

fn details(
    connection: &Connection,
    tenant: &TenantId,
    integration: &IntegrationId,
    id: Option<&SecretId>,
) -> Result<Details, VaultError> {
    let credential = rows::meant(connection, tenant, integration, id)?;
    let integrations_affected = rows::integrations_affected(connection, tenant, &credential.id)?;
    Ok(Details {
        credential,
        integrations_affected,
    })
}

fn reveal(
    connection: &Connection,
    by: &Attribution,
    tenant: &TenantId,
    integration: &IntegrationId,
    id: Option<&SecretId>,
) -> Result<Revealed, VaultError> {
    let mut credential = rows::meant(connection, tenant, integration, id)?;
    if !credential.switched_on {
        return Err(VaultError::Inactive);
    }
    let event = Event::new(Some(tenant), Action::VaultReveal, credential.id.to_string())
        .with("integrationId", integration.as_str())
        .with("credentialName", credential.name.as_str());
    let entry = append(connection, by, &event)?;
    connection
        .prepare_cached(
            "UPDATE vault_credentials SET access_count = access_count + 1, last_accessed_ms = ?2 WHERE id = ?1",
        )?
        .execute(params![credential.id.uuid(), entry.time_ms])?;
    credential.access_count = credential.access_count.saturating_add(1);
    credential.last_accessed_ms = Some(entry.time_ms);
    let sealed = sealed(connection, &credential.id)?;
    Ok(Revealed { credential, sealed })
}

/// The sealed secret of a credential that is not deleted.
pub(crate) fn sealed(
    connection: &Connection,
    id: &SecretId,
) -> Result<SealedParts, rusqlite::Error> {
    connection
        .prepare_cached(
            "SELECT wrapped_key, nonce, ciphertext FROM vault_secrets WHERE credential = ?1",
        )?
        .query_row([id.uuid()], |row| {
            Ok(SealedParts {
                wrapped_key: row.get(0)?,
                nonce: row.get(1)?,
                ciphertext: row.get(2)?,
            })
        })
}
