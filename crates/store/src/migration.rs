//! Migrations: each component's tables, step by step, all missing steps in one transaction.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use sha2::{Digest, Sha256};

use crate::OpenError;
use crate::connection::sqlite_error;

/// One step of a component's tables. Its text is fixed for ever once released: a change is a further version.
///
/// Foreign keys must be immediate (SQLite's default): a deferred one would fail the shared commit of many writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// Who owns the tables, for example `access`.
    pub component: &'static str,
    /// 1, 2, 3, … for each component.
    pub version: u32,
    /// The statements. They run inside a transaction and must not end it.
    pub sql: &'static str,
}

/// Marks the file as ours in SQLite's header: `Atro`.
const APPLICATION_ID: i32 = 0x4174_726f;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS migrations (
    component TEXT NOT NULL,
    version INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    PRIMARY KEY (component, version)
) STRICT, WITHOUT ROWID";

/// Refuses a file that another program has filled. Only reads.
pub(crate) fn recognise(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let ours = is_ours(connection).map_err(|source| sqlite_error(path, source))?;
    if ours {
        Ok(())
    } else {
        Err(OpenError::NotAStore {
            path: path.to_owned(),
        })
    }
}

fn is_ours(connection: &Connection) -> Result<bool, rusqlite::Error> {
    // Both from one state: another process may be filling the new file at this moment.
    let snapshot = connection.unchecked_transaction()?;
    let tables: i64 =
        snapshot.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let id: i32 = snapshot.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    snapshot.finish()?;
    Ok(id == APPLICATION_ID || (id == 0 && tables == 0))
}

/// Brings the store to what this program knows, or refuses and changes nothing.
pub(crate) fn apply(
    connection: &mut Connection,
    path: &Path,
    migrations: &[Migration],
) -> Result<(), OpenError> {
    let known = newest_versions(migrations)?;
    let sqlite = |source| sqlite_error(path, source);
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(sqlite)?;
    transaction
        .execute_batch(&format!(
            "PRAGMA application_id = {APPLICATION_ID}; {TABLE}"
        ))
        .map_err(sqlite)?;
    refuse_newer(&transaction, path, &known)?;
    for migration in migrations {
        step(&transaction, path, migration)?;
    }
    transaction.commit().map_err(sqlite)
}

fn newest_versions(migrations: &[Migration]) -> Result<BTreeMap<&'static str, u32>, OpenError> {
    let mut newest = BTreeMap::new();
    for migration in migrations {
        let last = newest.entry(migration.component).or_insert(0);
        if migration.version != *last + 1 {
            return Err(OpenError::Misnumbered {
                component: migration.component,
                version: migration.version,
            });
        }
        *last = migration.version;
    }
    Ok(newest)
}

fn refuse_newer(
    transaction: &Transaction<'_>,
    path: &Path,
    known: &BTreeMap<&'static str, u32>,
) -> Result<(), OpenError> {
    let sqlite = |source| sqlite_error(path, source);
    let mut statement = transaction
        .prepare(
            "SELECT component, max(version) FROM migrations GROUP BY component ORDER BY component",
        )
        .map_err(sqlite)?;
    let found = statement
        .query_map([], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, u32>(1)?))
        })
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(sqlite)?;
    for (component, found) in found {
        let known = known.get(component.as_str()).copied().unwrap_or(0);
        if found > known {
            return Err(OpenError::Newer {
                component,
                found,
                known,
            });
        }
    }
    Ok(())
}

fn step(
    transaction: &Transaction<'_>,
    path: &Path,
    migration: &Migration,
) -> Result<(), OpenError> {
    let Migration {
        component,
        version,
        sql,
    } = *migration;
    let sha256: [u8; 32] = Sha256::digest(sql.as_bytes()).into();
    match applied(transaction, migration).map_err(|source| sqlite_error(path, source))? {
        Some(stored) if stored == sha256 => return Ok(()),
        Some(_) => return Err(OpenError::Changed { component, version }),
        None => {}
    }
    transaction
        .execute_batch(sql)
        .and_then(|()| {
            transaction.execute(
                "INSERT INTO migrations VALUES (?1, ?2, ?3)",
                params![component, version, sha256],
            )
        })
        .map_err(|source| OpenError::Migration {
            component,
            version,
            source,
        })?;
    Ok(())
}

fn applied(
    transaction: &Transaction<'_>,
    migration: &Migration,
) -> Result<Option<Vec<u8>>, rusqlite::Error> {
    let mut statement = transaction
        .prepare_cached("SELECT sha256 FROM migrations WHERE component = ?1 AND version = ?2")?;
    let mut rows = statement.query(params![migration.component, migration.version])?;
    rows.next()?.map(|row| row.get(0)).transpose()
}
