//! The origins of the logs. The store keeps them, because a log cannot be opened without its origin.

use rusqlite::{OptionalExtension, Params};
use store::Store;

use super::StartError;
use crate::config::Network;

/// What the store knows about a network's log.
pub(crate) struct Known {
    pub(crate) origin: String,
    /// Whether the log was created; if not, a start was interrupted between naming and creating it.
    pub(crate) is_made: bool,
    /// Number of completed key rotations under this origin.
    pub(crate) rotations: u32,
    /// The origin of a recovery that is not completed yet.
    pub(crate) recovering: Option<String>,
}

pub(crate) fn known(store: &Store, network: Network) -> Result<Option<Known>, StartError> {
    let found = store.read(|connection| {
        connection
            .prepare_cached(
                "SELECT origin, made, rotations, recovering FROM server_ledgers WHERE network = ?1",
            )?
            .query_row([network.as_str()], |row| {
                Ok(Known {
                    origin: row.get(0)?,
                    is_made: row.get(1)?,
                    rotations: row.get(2)?,
                    recovering: row.get(3)?,
                })
            })
            .optional()
    });
    Ok(found?)
}

/// Names a log before it is created: as configured, or at random. Replaces the name that an interrupted start left.
pub(super) fn choose(
    store: &Store,
    network: Network,
    configured: Option<&str>,
) -> Result<String, StartError> {
    let origin = match configured {
        Some(configured) => of_configured(configured, network),
        None => random(network)?,
    };
    let row = origin.clone();
    let sql = "INSERT INTO server_ledgers (network, origin) VALUES (?1, ?2)
                   ON CONFLICT (network) DO UPDATE SET origin = excluded.origin";
    set(store, sql, (network.as_str(), row))?;
    Ok(origin)
}

fn random(network: Network) -> Result<String, StartError> {
    Ok(format!(
        "atropos.local/{network}/{:016x}",
        getrandom::u64()?
    ))
}

pub(super) fn of_configured(configured: &str, network: Network) -> String {
    format!("{configured}/{network}")
}

/// Records a completed key rotation.
pub(crate) fn rotated(store: &Store, network: Network, rotations: u32) -> Result<(), StartError> {
    let sql = "UPDATE server_ledgers SET rotations = ?2 WHERE network = ?1";
    set(store, sql, (network.as_str(), rotations))
}

/// The origin of a recovery: that of an interrupted one, else `wanted`, else a random one. It is stored before the log
/// uses it.
pub(crate) fn recovering(
    store: &Store,
    network: Network,
    known: &Known,
    wanted: Option<String>,
) -> Result<String, StartError> {
    if let Some(begun) = &known.recovering {
        return Ok(begun.clone());
    }
    let origin = wanted.map_or_else(|| random(network), Ok)?;
    let row = origin.clone();
    let sql = "UPDATE server_ledgers SET recovering = ?2 WHERE network = ?1";
    set(store, sql, (network.as_str(), row))?;
    Ok(origin)
}

/// Records a completed recovery: the new origin, with its first key.
pub(crate) fn recovered(store: &Store, network: Network) -> Result<(), StartError> {
    let sql = "UPDATE server_ledgers SET origin = recovering, recovering = NULL, rotations = 0
                   WHERE network = ?1 AND recovering IS NOT NULL";
    set(store, sql, (network.as_str(),))
}

/// Forgets a recovery that did not begin.
pub(crate) fn not_recovering(store: &Store, network: Network) -> Result<(), StartError> {
    let sql = "UPDATE server_ledgers SET recovering = NULL WHERE network = ?1";
    set(store, sql, (network.as_str(),))
}

/// Records that the log exists.
pub(super) fn made(store: &Store, network: Network) -> Result<(), StartError> {
    let sql = "UPDATE server_ledgers SET made = 1 WHERE network = ?1";
    set(store, sql, (network.as_str(),))
}

fn set(
    store: &Store,
    sql: &'static str,
    values: impl Params + Send + 'static,
) -> Result<(), StartError> {
    store
        .write_blocking(move |connection| connection.prepare_cached(sql)?.execute(values).map(drop))
}
