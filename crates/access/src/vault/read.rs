//! Reading credentials, without and with their secret.

use rusqlite::{Connection, params};

use super::error::VaultError;
use super::rows;
use super::types::{IntegrationId, SealedParts, VaultCredential, VaultCredentialId};
use crate::audit::{Action, Attribution, Event, append};
use crate::{Access, TenantId};

/// A credential without its secret, and who uses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultDetails {
    /// The credential.
    pub credential: VaultCredential,
    /// How many integrations a deletion would stop now.
    pub integrations_affected: u32,
}

/// A credential and its sealed secret. That somebody reads it is in the audit log before they have it.
pub struct VaultRevealed {
    /// The credential, this reading included.
    pub credential: VaultCredential,
    /// Its secret, sealed.
    pub sealed: SealedParts,
}

impl Access {
    /// A credential without its secret: the one that is named, or the only one of the integration.
    ///
    /// # Errors
    ///
    /// [`VaultError::NotFound`] (also when it was deleted), [`VaultError::Several`], or those of the store.
    pub fn vault_details(
        &self,
        tenant: &TenantId,
        integration: &IntegrationId,
        id: Option<&VaultCredentialId>,
    ) -> Result<VaultDetails, VaultError> {
        self.store.read(|connection| {
            let transaction = connection.unchecked_transaction()?;
            Ok(details(&transaction, tenant, integration, id))
        })?
    }

    /// The sealed secret of a credential, for somebody who may read it. Counted, and in the audit log.
    ///
    /// # Errors
    ///
    /// [`VaultError::Inactive`], and those of [`Access::vault_details`].
    pub async fn reveal_vault_credential(
        &self,
        by: &Attribution,
        tenant: &TenantId,
        integration: &IntegrationId,
        id: Option<&VaultCredentialId>,
    ) -> Result<VaultRevealed, VaultError> {
        let (by, tenant, integration) = (by.clone(), tenant.clone(), integration.clone());
        let id = id.cloned();
        Ok(self
            .store
            .write(move |connection| reveal(connection, &by, &tenant, &integration, id.as_ref()))
            .await?)
    }
}

fn details(
    connection: &Connection,
    tenant: &TenantId,
    integration: &IntegrationId,
    id: Option<&VaultCredentialId>,
) -> Result<VaultDetails, VaultError> {
    let credential = rows::meant(connection, tenant, integration, id)?;
    let integrations_affected = rows::integrations_affected(connection, tenant, &credential.id)?;
    Ok(VaultDetails {
        credential,
        integrations_affected,
    })
}

fn reveal(
    connection: &Connection,
    by: &Attribution,
    tenant: &TenantId,
    integration: &IntegrationId,
    id: Option<&VaultCredentialId>,
) -> Result<VaultRevealed, VaultError> {
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
    Ok(VaultRevealed { credential, sealed })
}

/// The sealed secret of a credential that is not deleted.
pub(super) fn sealed(
    connection: &Connection,
    id: &VaultCredentialId,
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
