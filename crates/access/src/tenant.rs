//! Tenants: made, listed, revoked; never deleted.

use audit::{Action, Attribution, Event, append};
use clock::now_ms;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::error::AccessError;
use crate::{Access, NAME_CHARS_MAX, TENANTS_MAX, TenantId};

/// In the order that [`tenant`] reads.
const COLUMNS: &str = "id, name, created_ms, revoked_ms";

/// The owner of DIDs and keys.
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
    /// [`AccessError::InvalidName`], [`AccessError::NameTaken`], [`AccessError::TooMany`], or those of the store.
    pub async fn create_tenant(&self, name: &str, by: &Attribution) -> Result<Tenant, AccessError> {
        let name = valid_name(name)?;
        let tenant = Tenant {
            id: TenantId::generate()?,
            name,
            created_ms: now_ms(),
            revoked_ms: None,
        };
        let by = by.clone();
        self.store
            .write(move |connection| insert(connection, tenant, &by))
            .await
    }

    /// The tenant with this id.
    pub fn tenant(&self, id: &TenantId) -> Result<Option<Tenant>, AccessError> {
        Ok(self.store.read(|connection| by_id(connection, id))?)
    }

    /// The tenant with this name.
    pub fn tenant_named(&self, name: &str) -> Result<Option<Tenant>, AccessError> {
        Ok(self.store.read(|connection| by_name(connection, name))?)
    }

    /// All tenants by name, revoked ones too: at most [`TENANTS_MAX`].
    pub fn tenants(&self) -> Result<Vec<Tenant>, AccessError> {
        let sql = format!("SELECT {COLUMNS} FROM tenants ORDER BY name");
        Ok(self.store.read(|connection| {
            connection
                .prepare_cached(&sql)?
                .query_map([], tenant)?
                .collect()
        })?)
    }

    /// Revokes a tenant: none of its credentials counts any more, and it gets no new ones. Final.
    ///
    /// Revoking again changes nothing and answers with the first time.
    ///
    /// # Errors
    /// [`AccessError::NoSuchTenant`], or those of the store.
    pub async fn revoke_tenant(
        &self,
        id: &TenantId,
        by: &Attribution,
    ) -> Result<Tenant, AccessError> {
        let (id, by, now_ms) = (id.clone(), by.clone(), now_ms());
        let revoked = self
            .store
            .write(move |connection: &Connection| -> Result<_, AccessError> {
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
        revoked.await
    }
}

/// The tenant, unless it was revoked, in the transaction of what is made for it.
///
/// # Errors
/// [`AccessError::NoSuchTenant`], [`AccessError::TenantRevoked`], or those of the store.
pub fn live(connection: &Connection, id: &TenantId) -> Result<Tenant, AccessError> {
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
    let sql = format!("SELECT {COLUMNS} FROM tenants WHERE id = ?1");
    connection
        .prepare_cached(&sql)?
        .query_row([id.as_str()], tenant)
        .optional()
}

fn by_name(connection: &Connection, name: &str) -> Result<Option<Tenant>, rusqlite::Error> {
    let sql = format!("SELECT {COLUMNS} FROM tenants WHERE name = ?1");
    connection
        .prepare_cached(&sql)?
        .query_row([name], tenant)
        .optional()
}

fn tenant(row: &Row<'_>) -> Result<Tenant, rusqlite::Error> {
    Ok(Tenant {
        id: row.get(0)?,
        name: row.get(1)?,
        created_ms: row.get(2)?,
        revoked_ms: row.get(3)?,
    })
}
