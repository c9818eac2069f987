//! Storing a credential.

use access::{Person, live_tenant};
use audit::{Action, Attribution, Event, TenantId, append};
use rusqlite::{Connection, params};
use serde_json::Value;

use crate::Vault;
use crate::error::VaultError;
use crate::rows;
use crate::types::{
    AuthType, Description, Endpoint, IntegrationId, Metadata, SECRETS_MAX, Scopes, SealedParts,
    SecretId, SecretName, VaultSecret,
};

/// A credential to be stored, its secret sealed for this very id.
pub struct NewSecret {
    /// Its id, from [`SecretId::generate`].
    pub id: SecretId,
    /// For which integration.
    pub integration: IntegrationId,
    /// Its name.
    pub name: SecretName,
    /// How it is presented to the other system.
    pub auth_type: AuthType,
    /// What it is for.
    pub description: Option<Description>,
    /// What it may do there.
    pub scopes: Scopes,
    /// Where the other system gives tokens.
    pub token_endpoint: Option<Endpoint>,
    /// Where the other system asks its users.
    pub authorization_endpoint: Option<Endpoint>,
    /// What its owner wants to remember.
    pub metadata: Metadata,
    /// After how many seconds its time is over.
    pub expires_in_s: Option<u64>,
    /// The secret, sealed.
    pub sealed: SealedParts,
}

impl Vault {
    /// Stores a credential.
    ///
    /// # Errors
    /// [`VaultError::Duplicate`], [`VaultError::TooMany`], or those of the store.
    pub async fn store(
        &self,
        by: &Attribution,
        tenant: &TenantId,
        new: NewSecret,
    ) -> Result<VaultSecret, VaultError> {
        let (by, tenant) = (by.clone(), tenant.clone());
        self.store
            .write(move |connection| insert(connection, &by, tenant, new))
            .await
    }
}

fn insert(
    connection: &Connection,
    by: &Attribution,
    tenant: TenantId,
    new: NewSecret,
) -> Result<VaultSecret, VaultError> {
    live_tenant(connection, &tenant)?;
    if rows::name_is_taken(connection, (&tenant, &new.integration), &new.name, &new.id)? {
        return Err(VaultError::Duplicate);
    }
    let count: usize = connection
        .prepare_cached(
            "SELECT count(*) FROM vault_credentials WHERE tenant = ?1 AND state <> 'deleted'",
        )?
        .query_row([tenant.as_str()], |row| row.get(0))?;
    if count >= SECRETS_MAX {
        return Err(VaultError::TooMany);
    }
    let event = Event::new(Some(&tenant), Action::VaultCreate, new.id.to_string())
        .with("integrationId", new.integration.as_str())
        .with("credentialName", new.name.as_str())
        .with("authType", new.auth_type.as_str());
    let entry = append(connection, by, &event)?;
    let person = Person::of(connection, &by.actor)?;
    let expires_ms = new
        .expires_in_s
        .map(|seconds| entry.time_ms.saturating_add(seconds.saturating_mul(1000)));
    let credential = VaultSecret {
        id: new.id,
        tenant,
        integration: new.integration,
        name: new.name,
        auth_type: new.auth_type,
        description: new.description,
        scopes: new.scopes,
        token_endpoint: new.token_endpoint,
        authorization_endpoint: new.authorization_endpoint,
        metadata: new.metadata,
        switched_on: true,
        expires_ms,
        created_ms: entry.time_ms,
        created_by: person.clone(),
        updated_ms: entry.time_ms,
        updated_by: person,
        last_accessed_ms: None,
        access_count: 0,
    };
    write(connection, &credential, &new.sealed)?;
    Ok(credential)
}

fn write(
    connection: &Connection,
    credential: &VaultSecret,
    sealed: &SealedParts,
) -> Result<(), rusqlite::Error> {
    let person = credential.created_by.to_json();
    connection
        .prepare_cached(
            "INSERT INTO vault_credentials (id, tenant, integration, name, auth_type, description, scopes,
                token_endpoint, authorization_endpoint, metadata, state, expires_ms, created_ms, created_by,
                updated_ms, updated_by)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'active', ?11, ?12, ?13, ?12, ?13)",
        )?
        .execute(params![
            credential.id.uuid(),
            credential.tenant.as_str(),
            credential.integration.as_str(),
            credential.name.as_str(),
            credential.auth_type.as_str(),
            credential.description.as_ref().map(Description::as_str),
            Value::from(credential.scopes.as_slice()).to_string(),
            credential.token_endpoint.as_ref().map(Endpoint::as_str),
            credential.authorization_endpoint.as_ref().map(Endpoint::as_str),
            credential.metadata.to_json(),
            credential.expires_ms,
            credential.created_ms,
            person,
        ])?;
    connection
        .prepare_cached(
            "INSERT INTO vault_secrets (credential, wrapped_key, nonce, ciphertext) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            credential.id.uuid(),
            sealed.wrapped_key,
            sealed.nonce,
            sealed.ciphertext
        ])?;
    Ok(())
}
