//! Errors by whose fault it is: opening (the operator), reading and writing (the disk, or the load).

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Why a store could not be opened. Nothing was changed, except that missing directories and an empty file may exist.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory of the store is missing and could not be made, or could not be synced.
    #[error("cannot prepare the directory {path}: check that it exists and belongs to this user")]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file of the store could not be created or reached.
    #[error("cannot create or reach the store file {path}: check that it belongs to this user")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file is something else: not SQLite, or the database of another program.
    #[error(
        "{path} is not a store of this program: choose another path, or restore the right file"
    )]
    NotAStore {
        /// The file.
        path: PathBuf,
    },
    /// The file system cannot hold the write-ahead log, for example a network share.
    #[error(
        "{path} cannot use a write-ahead log (SQLite chose `{mode}`): put the store on a local disk"
    )]
    NoWriteAheadLog {
        /// The file.
        path: PathBuf,
        /// The journal mode that SQLite fell back to.
        mode: String,
    },
    /// SQLite refused; the cause says why.
    #[error("cannot open the store {path}")]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The program's own list of migrations is wrong: versions of a component must be 1, 2, 3, … in order.
    #[error(
        "migrations of `{component}` are not numbered 1, 2, 3, …: found {version}; this is a defect of the program"
    )]
    Misnumbered {
        /// The component.
        component: &'static str,
        /// The version that stands in the wrong place.
        version: u32,
    },
    /// A migration that the store has already had is not the one in this program.
    #[error(
        "migration {version} of `{component}` was applied with another text than this program has: \
         use the program that wrote this store"
    )]
    Changed {
        /// The component.
        component: &'static str,
        /// The version.
        version: u32,
    },
    /// A newer program has written this store.
    #[error(
        "the store was written by a newer program: `{component}` is at version {found}, this program knows {known} \
         (0: not at all); use the newer program"
    )]
    Newer {
        /// The component.
        component: String,
        /// The version in the store.
        found: u32,
        /// The newest version that this program knows; 0 when it does not know the component.
        known: u32,
    },
    /// A migration failed; none of the missing ones was applied.
    #[error("migration {version} of `{component}` failed, nothing was changed")]
    Migration {
        /// The component.
        component: &'static str,
        /// The version.
        version: u32,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The writer thread could not be started.
    #[error("cannot start the writer thread")]
    Thread(#[source] io::Error),
}

/// Why the store itself could not do its work. Never the fault of what was asked.
///
/// The error types of the crates above have one variant for it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Too many writes are waiting, or another process holds the store for longer than 5 seconds. Nothing was done.
    #[error("the store is busy: try again")]
    Busy,
    /// SQLite refused a statement of a write. Its changes were taken back.
    #[error("the store could not do it")]
    Statement(#[source] Arc<rusqlite::Error>),
    /// A read failed.
    #[error("cannot read from the store")]
    Read(#[source] Arc<rusqlite::Error>),
    /// Every read connection was in use for 5 seconds.
    #[error("every read connection of the store is in use: try again")]
    ReadersBusy,
    /// A commit failed, now or earlier: the store takes no writes until it is opened again. Whether the changes of
    /// the failed commit are there after that is not known.
    #[error("the store has stopped writing after a failed commit: check the disk, then restart")]
    WritesStopped(#[source] Arc<WriteFailure>),
    /// The closure that should have written panicked; its changes were taken back.
    #[error("the write panicked and was taken back; this is a defect of the program")]
    Panicked,
    /// The store is being closed.
    #[error("the store is closed")]
    Closed,
}

/// What stopped the writer.
#[derive(Debug, thiserror::Error)]
pub enum WriteFailure {
    /// SQLite could not begin, keep or commit the transaction.
    #[error("SQLite could not finish the transaction")]
    Sqlite(#[source] rusqlite::Error),
    /// The transaction ended inside a write: by a full disk, an I/O error, or a closure that ended it itself.
    #[error(
        "the transaction ended before its commit: the disk is full or failing, or a write ended it"
    )]
    TransactionEnded,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        StoreError::Statement(Arc::new(error))
    }
}

/// Why a write was not done, until [`crate::Store::write`] answers in its caller's own type.
pub(crate) enum WriteError<E> {
    /// The closure itself said no. Its changes were taken back.
    Refused(E),
    /// The store could not do it.
    Failed(StoreError),
}

impl<E> WriteError<E> {
    pub(crate) fn into_own<F: From<E> + From<StoreError>>(self) -> F {
        match self {
            WriteError::Refused(own) => own.into(),
            WriteError::Failed(error) => error.into(),
        }
    }
}
