//! Checks a copy of the store: it is intact, opens with its key, and contains the keys of the logs.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::BackupError;
use crate::config::{Config, Network, Unlock};
use crate::start::{open_keystore_with, open_store_at, signers_of};

/// Checks the store at `path`, whose keystore opens with the key file `key`, or the configured passphrase. `logs` are
/// the keys that the copied logs are signed with.
pub(super) fn store(
    config: &Config,
    path: &Path,
    key: Option<&Path>,
    logs: &[(Network, [u8; 32])],
) -> Result<(), BackupError> {
    intact(path)?;
    let keys = |error| BackupError::Keys(Box::new(error));
    let store = open_store_at(path).map_err(keys)?;
    let unlock = match key {
        Some(key) => &Unlock::KeyFile(key.to_owned()),
        None => &config.unlock,
    };
    let keystore = open_keystore_with(unlock, store.clone()).map_err(keys)?;
    for (network, log_key) in logs {
        let signers = signers_of(&store, &keystore, *network).map_err(keys)?;
        if !signers.iter().any(|signer| signer.public_key() == *log_key) {
            return Err(BackupError::LogKey(*network));
        }
    }
    Ok(())
}

/// SQLite's own check of every page and index.
pub(super) fn intact(path: &Path) -> Result<(), BackupError> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let found: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if found == "ok" {
        return Ok(());
    }
    Err(BackupError::Store(found))
}
