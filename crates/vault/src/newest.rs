//! The audit log of a tenant as the vault's contract shows it: the newest entries first, in numbered pages.

use access::Person;
use audit::{AuditLog, Entry, TenantId};
use rusqlite::params;

use crate::Vault;
use crate::error::VaultError;

/// Entries in one page of [`Vault::audit_newest`].
pub const AUDIT_NEWEST_MAX: usize = 200;

/// A page of a tenant's audit log.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditNewest {
    /// How many entries there are.
    pub total: u64,
    /// Those of the page, and who made them.
    pub entries: Vec<(Entry, Person)>,
}

impl Vault {
    /// The entries of a tenant, the newest first, without the first `offset`; at most `limit`, and at most
    /// [`AUDIT_NEWEST_MAX`].
    ///
    /// # Errors
    /// [`audit::AuditError::Damaged`], or those of the store.
    pub fn audit_newest(
        &self,
        tenant: &TenantId,
        offset: u64,
        limit: usize,
    ) -> Result<AuditNewest, VaultError> {
        let limit = limit.min(AUDIT_NEWEST_MAX);
        let offset = i64::try_from(offset).unwrap_or(i64::MAX);
        let (total, places): (u64, Vec<u64>) = self.store.read(|connection| {
            let state = connection.unchecked_transaction()?;
            let total = state
                .prepare_cached("SELECT count(*) FROM audit WHERE tenant = ?1")?
                .query_row([tenant.as_str()], |row| row.get(0))?;
            let sql =
                "SELECT idx FROM audit WHERE tenant = ?1 ORDER BY idx DESC LIMIT ?2 OFFSET ?3";
            let mut statement = state.prepare_cached(sql)?;
            let places = statement
                .query_map(params![tenant.as_str(), limit, offset], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            Ok((total, places))
        })?;
        let log = AuditLog::new(self.store.clone());
        let mut entries = Vec::with_capacity(places.len());
        for place in places {
            // Entries are never removed.
            if let Some(entry) = log.entry(place)? {
                let person = self
                    .store
                    .read(|connection| Person::of(connection, &entry.actor))?;
                entries.push((entry, person));
            }
        }
        Ok(AuditNewest { total, entries })
    }
}
