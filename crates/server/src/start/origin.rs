//! What the logs of this server are called: kept in the store, since a log cannot be opened without its name.

use rusqlite::{OptionalExtension, params};
use store::Store;

use super::StartError;
use crate::config::Network;

/// What the store knows of a network's log.
pub(super) struct Known {
    pub(super) origin: String,
    /// Whether the log was made; if not, a start was interrupted between naming and making it.
    pub(super) is_made: bool,
}

pub(super) fn known(store: &Store, network: Network) -> Result<Option<Known>, StartError> {
    let found = store.read(|connection| {
        connection
            .prepare_cached("SELECT origin, made FROM server_ledgers WHERE network = ?1")?
            .query_row([network.as_str()], |row| {
                Ok(Known {
                    origin: row.get(0)?,
                    is_made: row.get(1)?,
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
        None => format!("atropos.local/{network}/{:016x}", getrandom::u64()?),
    };
    let row = origin.clone();
    store.write_blocking(move |connection| {
        let sql = "INSERT INTO server_ledgers (network, origin) VALUES (?1, ?2)
                   ON CONFLICT (network) DO UPDATE SET origin = excluded.origin";
        connection
            .prepare_cached(sql)?
            .execute(params![network.as_str(), row])
    })?;
    Ok(origin)
}

pub(super) fn of_configured(configured: &str, network: Network) -> String {
    format!("{configured}/{network}")
}

/// Remembers that the log exists.
pub(super) fn made(store: &Store, network: Network) -> Result<(), StartError> {
    store.write_blocking(move |connection| {
        connection
            .prepare_cached("UPDATE server_ledgers SET made = 1 WHERE network = ?1")?
            .execute([network.as_str()])
    })?;
    Ok(())
}
