//! Tenants: made, listed, revoked; never deleted.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use crate::audit::{Action, Attribution, Event, append};
use crate::rows::{self, TENANT_COLUMNS};
use crate::{Access, AccessError, NAME_CHARS_MAX, TENANTS_MAX};

/// A tenant's id: a random UUID (RFC 9562, version 4), lower-case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId(pub(crate) String);

impl TenantId {
    /// The id in a text, in normal form; `None` when it is not a UUID.
    #[must_use]
    pub fn parse(text: &str) -> Option<TenantId> {
        Uuid::try_parse(text)
            .ok()
            .map(|id| TenantId(id.hyphenated().to_string()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One who owns DIDs and keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// The id.
    pub id: TenantId,
    /// The name, unique for ever.
    pub name: String,
    /// When it was made, Unix time in milliseconds.
    pub created_ms: u64,
    /// When it was revoked, if it was.
    pub revoked_ms: Option<u64>,
}

impl Access {
    /// Makes a tenant.
    ///
    /// # Errors
    ///
    /// [`AccessError::InvalidName`], [`AccessError::NameTaken`], [`AccessError::TooMany`], or those of the store.
    pub async fn create_tenant(&self, name: &str, by: &Attribution) -> Result<Tenant, AccessError> {
        let name = valid_name(name)?;
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(AccessError::NoRandomness)?;
        let id = uuid::Builder::from_random_bytes(random)
            .into_uuid()
            .hyphenated()
            .to_string();
        let tenant = Tenant {
            id: TenantId(id),
            name,
            created_ms: now_ms(),
            revoked_ms: None,
        };
        let by = by.clone();
        Ok(self
            .store
            .write(move |connection| insert(connection, tenant, &by))
            .await?)
    }

    /// The tenant with this id.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub fn tenant(&self, id: &TenantId) -> Result<Option<Tenant>, AccessError> {
        Ok(self.store.read(|connection| by_id(connection, id))?)
    }

    /// The tenant with this name.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub fn tenant_named(&self, name: &str) -> Result<Option<Tenant>, AccessError> {
        Ok(self.store.read(|connection| by_name(connection, name))?)
    }

    /// All tenants by name, revoked ones too: at most [`TENANTS_MAX`].
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub fn tenants(&self) -> Result<Vec<Tenant>, AccessError> {
        let sql = format!("SELECT {TENANT_COLUMNS} FROM tenants ORDER BY name");
        Ok(self.store.read(|connection| {
            connection
                .prepare_cached(&sql)?
                .query_map([], rows::tenant)?
                .collect()
        })?)
    }

    /// Revokes a tenant: none of its API keys is let in any more, and it gets no new ones. Final.
    ///
    /// Revoking again changes nothing and answers with the first time.
    ///
    /// # Errors
    ///
    /// [`AccessError::NoSuchTenant`], or those of the store.
    pub async fn revoke_tenant(
        &self,
        id: &TenantId,
        by: &Attribution,
    ) -> Result<Tenant, AccessError> {
        let (id, by, now_ms) = (id.clone(), by.clone(), now_ms());
        let revoked = self.store.write(move |connection| {
            let changed = connection
                .prepare_cached(
                    "UPDATE tenants SET revoked_ms = ?2 WHERE id = ?1 AND revoked_ms IS NULL",
                )?
                .execute(params![id.as_str(), now_ms])?;
            if changed > 0 {
                let event = Event::new(Some(&id), Action::TenantRevoke, id.as_str());
                append(connection, &by, &event)?;
            }
            by_id(connection, &id)?.ok_or(AccessError::NoSuchTenant)
        });
        Ok(revoked.await?)
    }
}

/// The tenant, if it may get new keys.
pub(crate) fn live(connection: &Connection, id: &TenantId) -> Result<Tenant, AccessError> {
    match by_id(connection, id)? {
        None => Err(AccessError::NoSuchTenant),
        Some(Tenant {
            revoked_ms: Some(_),
            ..
        }) => Err(AccessError::TenantRevoked),
        Some(tenant) => Ok(tenant),
    }
}

pub(crate) fn valid_name(name: &str) -> Result<String, AccessError> {
    let length_fits = (1..=NAME_CHARS_MAX).contains(&name.chars().take(NAME_CHARS_MAX + 1).count());
    let clean = name.trim() == name && !name.chars().any(char::is_control);
    if length_fits && clean {
        Ok(name.to_owned())
    } else {
        Err(AccessError::InvalidName)
    }
}

/// The time, as this crate takes it: Unix time in milliseconds.
#[must_use]
pub fn now_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn insert(
    connection: &Connection,
    tenant: Tenant,
    by: &Attribution,
) -> Result<Tenant, AccessError> {
    if by_name(connection, &tenant.name)?.is_some() {
        return Err(AccessError::NameTaken);
    }
    let count: usize =
        connection.query_row("SELECT count(*) FROM tenants", [], |row| row.get(0))?;
    if count >= TENANTS_MAX {
        return Err(AccessError::TooMany);
    }
    connection
        .prepare_cached("INSERT INTO tenants (id, name, created_ms) VALUES (?1, ?2, ?3)")?
        .execute(params![tenant.id.as_str(), tenant.name, tenant.created_ms])?;
    let event = Event::new(Some(&tenant.id), Action::TenantCreate, tenant.id.as_str());
    append(connection, by, &event.with("name", tenant.name.as_str()))?;
    Ok(tenant)
}

fn by_id(connection: &Connection, id: &TenantId) -> Result<Option<Tenant>, rusqlite::Error> {
    let sql = format!("SELECT {TENANT_COLUMNS} FROM tenants WHERE id = ?1");
    connection
        .prepare_cached(&sql)?
        .query_row([id.as_str()], rows::tenant)
        .optional()
}

fn by_name(connection: &Connection, name: &str) -> Result<Option<Tenant>, rusqlite::Error> {
    let sql = format!("SELECT {TENANT_COLUMNS} FROM tenants WHERE name = ?1");
    connection
        .prepare_cached(&sql)?
        .query_row([name], rows::tenant)
        .optional()
}
