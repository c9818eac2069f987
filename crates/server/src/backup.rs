//! A whole server as files: every ledger, the store with the sealed keys, and the key file that opens them.
//!
//! ```text
//! backup.json          the manifest, written last: a directory without it is not a backup
//! ledger/<network>/    segments, checkpoint and manifest of each log
//! atropos.sqlite       the store
//! root.key             the key file, unless a passphrase opens the keystore
//! ```
//!
//! The logs are copied before the store: the keys of every document in a log are in the store by then. A backup does
//! not contain the head guards. They record what was signed last, and must never be rolled back.

mod check;
mod files;
mod restore;
mod save;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::config::Network;
use crate::start::StartError;

pub use restore::{Entries, Mirror, Restored, restore};
pub use save::{Saved, save};

const FORMAT: &str = "atropos-server-backup/v1";
const MANIFEST_FILE: &str = "backup.json";
/// The folder of the ledgers in the data directory, and in a backup.
const LEDGER_FOLDER: &str = "ledger";
const KEY_FILE: &str = "root.key";
/// Longest manifest that is read, in bytes.
const MANIFEST_BYTES_MAX: u64 = 1 << 20;

/// The contents of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Manifest {
    format: String,
    /// Version of the server that made it.
    version: String,
    networks: Vec<Network>,
    store: Described,
    /// Absent where a passphrase opens the keystore: it is not in the backup.
    key_file: Option<Described>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Described {
    bytes: u64,
    sha256: String,
}

/// Why there is no backup, or nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The directory is not empty.
    #[error("{0} is not empty: each backup needs a new directory")]
    NotEmpty(PathBuf),
    /// Not a backup, or a damaged one.
    #[error("{from} is not a complete backup: {reason}")]
    NoBackup {
        /// The directory.
        from: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A ledger was not copied.
    #[error("the ledger of {network} was not copied")]
    Ledger {
        /// Its network.
        network: Network,
        /// Why.
        source: ledger::backup::BackupError,
    },
    /// A ledger was not restored.
    #[error("the ledger of {network} was not restored")]
    Restore {
        /// Its network.
        network: Network,
        /// Why.
        source: ledger::restore::RestoreError,
    },
    /// The copy of the store is damaged.
    #[error("the copy of the store is damaged: {0}")]
    Store(String),
    /// The keystore in the copy does not open.
    #[error("the keys in the copy cannot be used")]
    Keys(#[source] Box<StartError>),
    /// The keystore in the copy does not hold the key of a log.
    #[error(
        "the keystore in the copy does not contain the key of the ledger of {0}, so it could not be signed"
    )]
    LogKey(Network),
    /// A file is in the way.
    #[error("{0} already exists: restore to where no server was, or move it away first")]
    InTheWay(PathBuf),
    /// The backup and the configuration do not fit.
    #[error("{0}")]
    Configuration(String),
    /// SQLite cannot copy the store.
    #[error("the store cannot be copied")]
    Sqlite(#[from] rusqlite::Error),
    /// A file cannot be read or written.
    #[error("cannot read or write {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}
