//! Restoring a backup to where no server was, without rolling a log back.

use std::path::{Path, PathBuf};

use ledger::backup::Manifest as LogManifest;
use ledger::restore::restore as restore_log;
use proof::checkpoint::Checkpoint;
use proof::note::Note;

use super::{BackupError, KEY_FILE, LEDGER_FOLDER, Manifest, check, files};
use crate::config::{Config, Network, Unlock};
use crate::start::{STORE_FILE, options_of};

/// The source of entries that the backup lacks, for one network after the other.
pub type Mirror<'m> = dyn FnMut(Network, u64, u64) -> Entries + 'm;
/// Entries in their order, or the reason why there are none.
pub type Entries = Result<Vec<Vec<u8>>, String>;

/// What was restored.
#[derive(Debug)]
pub struct Restored {
    /// The logs.
    pub logs: Vec<(Network, ledger::restore::Restored)>,
    /// The key file, if it came from the backup: it may have existed, or a passphrase opens the keystore.
    pub key_file: Option<PathBuf>,
}

/// Restores the backup in `from` to the configured places, which must be empty but for head guards and key file.
/// `newest` is the newest known checkpoint of one of the logs.
///
/// # Errors
/// [`BackupError`]. Without a store, no server starts from what was restored so far.
pub fn restore(
    config: &Config,
    from: &Path,
    newest: Option<&[u8]>,
    mut mirror: Option<&mut Mirror<'_>>,
) -> Result<Restored, BackupError> {
    let settings = &config.settings;
    let manifest = files::read_manifest(from)?;
    fits(config, &manifest)?;
    let store = settings.data.join(STORE_FILE);
    if store.exists() {
        return Err(BackupError::InTheWay(store));
    }
    let source = from.join(STORE_FILE);
    same(from, STORE_FILE, &manifest.store)?;
    check::intact(&source)?;
    let key_file = key_file(config, from, &manifest)?;
    let newest = newest.map(|bytes| (bytes, origin_of(bytes)));

    let (mut logs, mut keys) = (Vec::new(), Vec::new());
    for network in manifest.networks.iter().copied() {
        let folder = from.join(LEDGER_FOLDER).join(network.as_str());
        let log = log_manifest(&folder)?;
        keys.push((network, files::log_key(&folder, &log)?));
        let known = newest
            .as_ref()
            .filter(|(_, origin)| *origin == log.origin)
            .map(|(bytes, _)| *bytes);
        let options = options_of(settings, network);
        let restored = match mirror.as_mut() {
            Some(mirror) => {
                let mut entries = |first, end| mirror(network, first, end);
                restore_log(&options, &folder, known, Some(&mut entries))
            }
            None => restore_log(&options, &folder, known, None),
        };
        let restored = restored.map_err(|source| BackupError::Restore { network, source })?;
        logs.push((network, restored));
    }
    let new = settings.data.join(format!("{STORE_FILE}.restored"));
    files::copy(&source, &new)?;
    let key = match &config.unlock {
        Unlock::KeyFile(path) => Some(path.as_path()),
        Unlock::Passphrase(_) | Unlock::PassphraseFile(_) => None,
    };
    check::store(config, &new, key, &keys)?;
    files::rename(&new, &store)?;
    Ok(Restored { logs, key_file })
}

fn fits(config: &Config, manifest: &Manifest) -> Result<(), BackupError> {
    let (mut saved, mut configured) = (manifest.networks.clone(), config.settings.networks.clone());
    saved.sort_unstable();
    configured.sort_unstable();
    if saved == configured {
        return Ok(());
    }
    let names = |list: &[Network]| {
        list.iter()
            .map(|one| one.as_str())
            .collect::<Vec<_>>()
            .join(",")
    };
    Err(BackupError::Configuration(format!(
        "the backup contains the networks {}, but {} are configured: give --networks {}",
        names(&saved),
        names(&configured),
        names(&saved)
    )))
}

/// Restores the key file to its configured place; one that already exists there must be the same.
fn key_file(
    config: &Config,
    from: &Path,
    manifest: &Manifest,
) -> Result<Option<PathBuf>, BackupError> {
    let wanted = match (&config.unlock, &manifest.key_file) {
        (Unlock::KeyFile(path), Some(described)) => {
            same(from, KEY_FILE, described)?;
            if path.exists() {
                if files::described(path)? == *described {
                    return Ok(None);
                }
                return Err(BackupError::InTheWay(path.clone()));
            }
            path
        }
        (Unlock::KeyFile(_), None) => {
            let text = "a passphrase opens the keystore of this backup: configure the same one";
            return Err(BackupError::Configuration(text.into()));
        }
        (Unlock::Passphrase(_) | Unlock::PassphraseFile(_), None) => return Ok(None),
        (Unlock::Passphrase(_) | Unlock::PassphraseFile(_), Some(_)) => {
            let text = "a key file opens the keystore of this backup, and a passphrase is configured: leave it out";
            return Err(BackupError::Configuration(text.into()));
        }
    };
    if let Some(parent) = wanted.parent() {
        files::make_dir(parent)?;
    }
    files::copy(&from.join(KEY_FILE), wanted)?;
    if let Some(parent) = wanted.parent() {
        files::sync_dir(parent)?;
    }
    Ok(Some(wanted.clone()))
}

fn same(from: &Path, name: &str, described: &super::Described) -> Result<(), BackupError> {
    if files::described(&from.join(name))? == *described {
        return Ok(());
    }
    Err(no_backup(from, format!("{name} is not what was saved")))
}

fn log_manifest(folder: &Path) -> Result<LogManifest, BackupError> {
    let path = folder.join("manifest.json");
    let bytes = std::fs::read(&path).map_err(files::at(&path))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| no_backup(folder, format!("its manifest cannot be read: {error}")))
}

/// The origin of a checkpoint; empty, which no origin is, if it cannot be read.
fn origin_of(note: &[u8]) -> String {
    let parsed = Note::parse(note).ok();
    let checkpoint = parsed.and_then(|note| Checkpoint::parse(note.text()).ok());
    checkpoint.map_or_else(String::new, |(checkpoint, _)| checkpoint.origin)
}

fn no_backup(from: &Path, reason: String) -> BackupError {
    BackupError::NoBackup {
        from: from.to_owned(),
        reason,
    }
}
