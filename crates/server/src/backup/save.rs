//! Taking a backup, beside a running server or without one.

use std::fs;
use std::path::Path;

use ledger::backup::backup;
use rusqlite::{Connection, OpenFlags};

use super::{BackupError, FORMAT, KEY_FILE, LEDGER_FOLDER, Manifest, check, files};
use crate::config::{Config, Network, Unlock};
use crate::start::{STORE_FILE, options_of};

/// What was saved.
#[derive(Debug)]
pub struct Saved {
    /// Entries of each log.
    pub logs: Vec<(Network, u64)>,
    /// Bytes of the store.
    pub store_bytes: u64,
    /// Whether the backup contains the key file that opens its keystore.
    pub holds_key: bool,
}

/// Copies everything but the head guards into the directory `to`, which must be empty or absent, and checks each part.
///
/// # Errors
/// [`BackupError`]. What was written so far stays, without a manifest.
pub fn save(config: &Config, to: &Path) -> Result<Saved, BackupError> {
    files::empty_dir(to)?;
    let settings = &config.settings;
    let ledgers = to.join(LEDGER_FOLDER);
    files::make_dir(&ledgers)?;
    let (mut logs, mut keys) = (Vec::new(), Vec::new());
    for network in &settings.networks {
        let folder = ledgers.join(network.as_str());
        let manifest = backup(&options_of(settings, *network), &folder).map_err(|source| {
            BackupError::Ledger {
                network: *network,
                source,
            }
        })?;
        logs.push((*network, manifest.size));
        keys.push((*network, files::log_key(&folder, &manifest)?));
    }
    files::sync_dir(&ledgers)?;

    let store = to.join(STORE_FILE);
    copy_store(&settings.data.join(STORE_FILE), &store)?;
    let key = match &config.unlock {
        Unlock::KeyFile(path) => {
            let copy = to.join(KEY_FILE);
            Some((files::copy(path, &copy)?, copy))
        }
        Unlock::Passphrase(_) | Unlock::PassphraseFile(_) => None,
    };
    let key_path = key.as_ref().map(|(_, path)| path.as_path());
    check::store(config, &store, key_path, &keys)?;
    let store = files::settle(&store)?;
    let saved = Saved {
        logs,
        store_bytes: store.bytes,
        holds_key: key.is_some(),
    };
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        networks: settings.networks.clone(),
        store,
        key_file: key.map(|(described, _)| described),
    };
    files::sync_dir(to)?;
    files::write_manifest(to, &manifest)?;
    Ok(saved)
}

/// SQLite writes one consistent state into a new file, even while the store is written to.
fn copy_store(from: &Path, to: &Path) -> Result<(), BackupError> {
    fs::metadata(from).map_err(files::at(from))?;
    let connection = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let name = to.to_string_lossy();
    connection.execute("VACUUM INTO ?1", [name.as_ref()])?;
    files::settle(to).map(drop)
}
