//! What the logs of this server are called: kept in the store, since a log cannot be opened without its name.

use rusqlite::{OptionalExtension, Params};
use store::Store;

use super::StartError;
use crate::config::Network;

/// What the store knows of a network's log.
pub(crate) struct Known {
    pub(crate) origin: String,
    /// Whether the log was made; if not, a start was interrupted between naming and making it.
    pub(crate) is_made: bool,
    /// How often its key was replaced under this origin, as far as that was completed.
    pub(crate) rotations: u32,
    /// The origin under which it is to go on after a loss, until that is completed.
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

/// Names the log that is about to be made: as configured, or at random. Another name that an interrupted start has
/// left behind is replaced.
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

/// Remembers that the log has its next key.
pub(crate) fn rotated(store: &Store, network: Network, rotations: u32) -> Result<(), StartError> {
    let sql = "UPDATE server_ledgers SET rotations = ?2 WHERE network = ?1";
    set(store, sql, (network.as_str(), rotations))
}

/// The origin under which the log is to go on: the one of a recovery that was interrupted, else `wanted`, else one at
/// random. It is written down before the log takes it.
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

/// Remembers that the log goes on under another origin, with a first key of its own.
pub(crate) fn recovered(store: &Store, network: Network) -> Result<(), StartError> {
    let sql = "UPDATE server_ledgers SET origin = recovering, recovering = NULL, rotations = 0
                   WHERE network = ?1 AND recovering IS NOT NULL";
    set(store, sql, (network.as_str(),))
}

/// Forgets a recovery that was not begun after all.
pub(crate) fn not_recovering(store: &Store, network: Network) -> Result<(), StartError> {
    let sql = "UPDATE server_ledgers SET recovering = NULL WHERE network = ?1";
    set(store, sql, (network.as_str(),))
}

/// Remembers that the log exists.
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
