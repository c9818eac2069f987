//! The DIDs of each tenant, and the creates that are on their way.

use rusqlite::{Connection, Row, params};
use store::Store;

use crate::{Page, RegistrarError};

/// A create that is about to be submitted, or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pending {
    pub(crate) tenant: String,
    pub(crate) did: String,
    pub(crate) version_id: String,
    pub(crate) network: String,
    pub(crate) created_ms: i64,
}

/// Pending creates that are looked at at once.
const PENDING_MAX: u32 = 1000;

/// The tables in a store.
#[derive(Clone)]
pub(crate) struct Rows(pub(crate) Store);

impl Rows {
    pub(crate) fn is_listed(&self, tenant: &str, did: &str) -> Result<bool, RegistrarError> {
        let sql = "SELECT 1 FROM registrar_dids WHERE tenant = ?1 AND did = ?2";
        Ok(self
            .0
            .read(|connection| connection.prepare_cached(sql)?.exists([tenant, did]))?)
    }

    pub(crate) fn pending_of(
        &self,
        tenant: &str,
        did: &str,
    ) -> Result<Vec<Pending>, RegistrarError> {
        self.pending("WHERE tenant = ?1 AND did = ?2", &[tenant, did])
    }

    pub(crate) fn pending_of_tenant(&self, tenant: &str) -> Result<Vec<Pending>, RegistrarError> {
        self.pending("WHERE tenant = ?1", &[tenant])
    }

    /// The first pending creates after one that was looked at before, in the order of their keys.
    pub(crate) fn pending_after(
        &self,
        last: Option<&Pending>,
    ) -> Result<Vec<Pending>, RegistrarError> {
        let after = last.map_or(["", "", ""], |last| {
            [&last.tenant, &last.did, &last.version_id]
        });
        self.pending("WHERE (tenant, did, version_id) > (?1, ?2, ?3)", &after)
    }

    pub(crate) async fn begin(&self, pending: Pending) -> Result<(), RegistrarError> {
        let sql =
            "INSERT OR IGNORE INTO registrar_pending (tenant, did, version_id, network, created_ms)
                   VALUES (?1, ?2, ?3, ?4, ?5)";
        let insert = move |connection: &Connection| {
            let Pending {
                tenant,
                did,
                version_id,
                network,
                created_ms,
            } = pending;
            connection
                .prepare_cached(sql)?
                .execute(params![tenant, did, version_id, network, created_ms])
                .map(drop)
        };
        self.0.write(insert).await
    }

    /// The create was accepted: the DID is the tenant's.
    pub(crate) async fn confirm(&self, pending: Pending) -> Result<(), RegistrarError> {
        let confirm = move |connection: &Connection| {
            list(connection, &pending)?;
            forget(connection, &pending)
        };
        self.0.write(confirm).await
    }

    /// The create was refused.
    pub(crate) async fn forget(&self, pending: Pending) -> Result<(), RegistrarError> {
        self.0
            .write(move |connection: &Connection| forget(connection, &pending))
            .await
    }

    /// Lists a DID that was not created here.
    pub(crate) async fn adopt(&self, adopted: Pending) -> Result<(), RegistrarError> {
        self.0
            .write(move |connection: &Connection| list(connection, &adopted))
            .await
    }

    /// How many DIDs a tenant has, and those of one page.
    pub(crate) fn page(
        &self,
        tenant: &str,
        network: Option<&str>,
        page: Page,
    ) -> Result<(u64, Vec<String>), RegistrarError> {
        let found = self.0.read(|connection| {
            let snapshot = connection.unchecked_transaction()?;
            let sql = "SELECT count(*) FROM registrar_dids WHERE tenant = ?1 AND (?2 IS NULL OR network = ?2)";
            let total: i64 =
                snapshot.prepare_cached(sql)?.query_row(params![tenant, network], |row| row.get(0))?;
            let sql = "SELECT did FROM registrar_dids WHERE tenant = ?1 AND (?2 IS NULL OR network = ?2)
                       ORDER BY created_ms, did LIMIT ?3 OFFSET ?4";
            let offset = i64::try_from(page.offset).unwrap_or(i64::MAX);
            let dids = snapshot
                .prepare_cached(sql)?
                .query_map(params![tenant, network, page.limit, offset], |row| row.get(0))?
                .collect::<Result<Vec<String>, _>>()?;
            Ok((total, dids))
        })?;
        Ok((u64::try_from(found.0).unwrap_or_default(), found.1))
    }

    fn pending(&self, condition: &str, values: &[&str]) -> Result<Vec<Pending>, RegistrarError> {
        let sql = format!(
            "SELECT tenant, did, version_id, network, created_ms FROM registrar_pending {condition}
             ORDER BY tenant, did, version_id LIMIT {PENDING_MAX}"
        );
        let found = self.0.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            statement
                .query_map(rusqlite::params_from_iter(values), read)?
                .collect()
        });
        Ok(found?)
    }
}

fn read(row: &Row<'_>) -> Result<Pending, rusqlite::Error> {
    Ok(Pending {
        tenant: row.get(0)?,
        did: row.get(1)?,
        version_id: row.get(2)?,
        network: row.get(3)?,
        created_ms: row.get(4)?,
    })
}

fn list(connection: &Connection, pending: &Pending) -> Result<(), rusqlite::Error> {
    let Pending {
        tenant,
        did,
        network,
        created_ms,
        ..
    } = pending;
    let sql = "INSERT OR IGNORE INTO registrar_dids (tenant, did, network, created_ms) VALUES (?1, ?2, ?3, ?4)";
    connection
        .prepare_cached(sql)?
        .execute(params![tenant, did, network, created_ms])
        .map(drop)
}

fn forget(connection: &Connection, pending: &Pending) -> Result<(), rusqlite::Error> {
    let Pending {
        tenant,
        did,
        version_id,
        ..
    } = pending;
    let sql = "DELETE FROM registrar_pending WHERE tenant = ?1 AND did = ?2 AND version_id = ?3";
    connection
        .prepare_cached(sql)?
        .execute([tenant, did, version_id])
        .map(drop)
}
