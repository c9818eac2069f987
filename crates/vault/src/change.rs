//! Changing a credential, and switching it off and on.

use access::Person;
use audit::{Action, Attribution, Event, TenantId, append};
use rusqlite::{Connection, params};
use serde_json::Value;

use crate::Vault;
use crate::error::VaultError;
use crate::rows;
use crate::types::{
    Description, IntegrationId, Metadata, Scopes, SecretId, SecretName, VaultSecret,
};

/// What is to be changed. What is not named stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// The new name.
    pub name: Option<SecretName>,
    /// The new description; `Some(None)` takes it away.
    pub description: Option<Option<Description>>,
    /// The scopes, all of them.
    pub scopes: Option<Scopes>,
    /// The metadata, all of it.
    pub metadata: Option<Metadata>,
    /// On or off.
    pub switch: Option<Switch>,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// It can be used.
    On,
    /// It cannot.
    Off,
}

/// A credential before and after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// As it was.
    pub before: VaultSecret,
    /// As it is.
    pub after: VaultSecret,
    /// How many integrations use it: those that it was switched off or on for, if it was.
    pub integrations_affected: u32,
}

impl Vault {
    /// Changes a credential. A change that changes nothing leaves no trace.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::Deleted`], [`VaultError::Duplicate`], or those of the store.
    pub async fn change(
        &self,
        by: &Attribution,
        tenant: &TenantId,
        integration: &IntegrationId,
        id: &SecretId,
        change: Change,
    ) -> Result<Changed, VaultError> {
        let (by, tenant, integration) = (by.clone(), tenant.clone(), integration.clone());
        let id = id.clone();
        let changed = self
            .store
            .write(move |connection: &Connection| -> Result<_, VaultError> {
                let before = rows::live(connection, &tenant, &integration, &id)?;
                apply(connection, &by, before, change)
            });
        changed.await
    }
}

impl Changed {
    /// Names of the members that are different now, in the words of the contract.
    #[must_use]
    pub fn members(&self) -> Vec<&'static str> {
        let (before, after) = (&self.before, &self.after);
        let members = [
            ("credentialName", before.name != after.name),
            ("description", before.description != after.description),
            ("scopes", before.scopes != after.scopes),
            ("metadata", before.metadata != after.metadata),
            ("status", before.switched_on != after.switched_on),
        ];
        let different = members.into_iter().filter(|(_, differs)| *differs);
        different.map(|(name, _)| name).collect()
    }
}

fn apply(
    connection: &Connection,
    by: &Attribution,
    before: VaultSecret,
    change: Change,
) -> Result<Changed, VaultError> {
    let mut after = before.clone();
    after.name = change.name.unwrap_or(after.name);
    after.description = change.description.unwrap_or(after.description);
    after.scopes = change.scopes.unwrap_or(after.scopes);
    after.metadata = change.metadata.unwrap_or(after.metadata);
    after.switched_on = match change.switch {
        None => after.switched_on,
        Some(Switch::On) => true,
        Some(Switch::Off) => false,
    };
    let integrations_affected =
        rows::integrations_affected(connection, &before.tenant, &before.id)?;
    let mut changed = Changed {
        before,
        after,
        integrations_affected,
    };
    let members = changed.members();
    if members.is_empty() {
        return Ok(changed);
    }
    let after = &mut changed.after;
    let place = (&after.tenant, &after.integration);
    if rows::name_is_taken(connection, place, &after.name, &after.id)? {
        return Err(VaultError::Duplicate);
    }
    // Names only: values of the metadata stay private.
    let event = Event::new(
        Some(&after.tenant),
        Action::VaultUpdate,
        after.id.to_string(),
    )
    .with("integrationId", after.integration.as_str())
    .with("credentialName", after.name.as_str())
    .with("changed", members)
    .with("status", state_of(after))
    .with("integrationsAffected", integrations_affected);
    let entry = append(connection, by, &event)?;
    after.updated_ms = entry.time_ms;
    after.updated_by = Person::of(connection, &by.actor)?;
    write(connection, after)?;
    Ok(changed)
}

fn state_of(credential: &VaultSecret) -> &'static str {
    if credential.switched_on {
        "active"
    } else {
        "inactive"
    }
}

fn write(connection: &Connection, after: &VaultSecret) -> Result<(), rusqlite::Error> {
    connection
        .prepare_cached(
            "UPDATE vault_credentials SET name = ?2, description = ?3, scopes = ?4, metadata = ?5, state = ?6,
                updated_ms = ?7, updated_by = ?8 WHERE id = ?1",
        )?
        .execute(params![
            after.id.uuid(),
            after.name.as_str(),
            after.description.as_ref().map(Description::as_str),
            Value::from(after.scopes.as_slice()).to_string(),
            after.metadata.to_json(),
            state_of(after),
            after.updated_ms,
            after.updated_by.to_json(),
        ])
        .map(drop)
}
