//! What can go wrong, by whose fault it is.

use std::io;
use std::path::PathBuf;

use did::{Did, JudgeError, Rejection};
use thiserror::Error;

use crate::assurance::Assurance;
pub use crate::reader::ReadError;

/// Why a submission was not accepted.
#[derive(Debug, Error)]
pub enum SubmitError {
    /// The rules refuse it: the caller's fault. Nothing was written.
    #[error("{rejection}")]
    Rejected {
        /// Which operation of the submission was refused, counted from 0.
        position: usize,
        /// Why.
        rejection: Rejection,
    },
    /// A submission has 1 to [`crate::SUBMISSION_OPERATIONS_MAX`] operations. Nothing was written.
    #[error("a submission has 1 to {limit} operations, this one has {found}")]
    Count {
        /// How many it has.
        found: usize,
        /// How many it may have.
        limit: usize,
    },
    /// The resources of a submission have at most [`crate::SUBMISSION_DATA_BYTES_MAX`] of data. Nothing was written.
    #[error(
        "the resources of one submission have at most {limit} bytes of data, these have {found}"
    )]
    Data {
        /// How many they have.
        found: usize,
        /// How many they may have.
        limit: usize,
    },
    /// The operating system gives no random numbers. Nothing was written.
    #[error("the operating system gives no random numbers: {0}")]
    Random(String),
    /// Too much is waiting already. Nothing was written; try again later.
    #[error("the ledger is busy; try again in a moment")]
    Busy,
    /// The DIDs it concerns kept changing while it was judged. Nothing was written; try again.
    #[error("the DIDs of this operation keep changing; try again")]
    Contended,
    /// The DID has changed since the operation was made for it. Nothing was written.
    #[error("{0} has changed since this was made; make it again from the latest version")]
    Moved(Did),
    /// What it depends on cannot be read. Nothing was written.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Operations are refused while the log is paused or contradicted. Nothing was written.
    #[error("{0}")]
    Held(Assurance),
    /// The ledger accepts nothing any more until it is started again. Nothing was written.
    #[error("the ledger has stopped accepting operations: {0}")]
    Stopped(LedgerFault),
    /// The ledger stopped while it wrote. Whether the operation was accepted is known after the next start; sending it
    /// again then is safe.
    #[error(
        "the ledger stopped while it wrote; send the operation again once it runs, which is safe"
    )]
    Unknown,
    /// A remote network received the operation and did not report its outcome in time. Sending it again is safe, and
    /// returns the outcome.
    #[error(
        "the network was given this operation in transaction {transaction} and has not confirmed it yet; send the same \
         again to learn the outcome, which is safe"
    )]
    Pending {
        /// Hash of the transaction in upper-case hexadecimal.
        transaction: String,
    },
    /// A remote network does not accept the fee of the operation. Nothing was written; the operator of this
    /// server has to see to it.
    #[error("the account that pays for operations on this network is refused: {0}")]
    Unpaid(String),
    /// A remote network refuses the operation for a reason beyond caller and server. Nothing was written.
    #[error("the network refuses the operation: {0}")]
    Network(String),
}

impl From<JudgeError<ReadError>> for SubmitError {
    fn from(error: JudgeError<ReadError>) -> Self {
        match error {
            JudgeError::Rejected {
                position,
                rejection,
            } => Self::Rejected {
                position,
                rejection,
            },
            JudgeError::Unreadable(error) => Self::Read(error),
        }
    }
}

/// Why a ledger stopped accepting operations.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LedgerFault {
    /// A write or sync failed. It is never retried; the process has to end, and the next start finds out what is there.
    #[error("a write to the disk failed ({0}); restart the server")]
    Disk(String),
    /// Another process has written to the head guard. The process has to end: two writers would sign two histories.
    #[error(
        "the head guard holds another head than this process has written ({0}): another process works with it; \
         end both \
         and find out which data is the newest"
    )]
    Guard(String),
    /// The derived index is damaged. The process has to end; the next start rebuilds it.
    #[error("the index is damaged ({0}); restart the server, which rebuilds it")]
    Index(String),
    /// An entry of the log is not what was written. Other entries are still served.
    #[error(
        "entry {0} of the log is damaged; restore the log from a backup and run `ledger verify`"
    )]
    Entry(u64),
}

impl LedgerFault {
    /// Whether the process has to end: nothing that it could still do would be safe.
    pub fn ends_process(&self) -> bool {
        !matches!(self, Self::Entry(_))
    }
}

/// Why a ledger could not be made.
#[derive(Debug, Error)]
pub enum InitError {
    /// There is one already.
    #[error("there is a ledger already: {0} exists; to open it, leave out `init`")]
    Exists(PathBuf),
    /// Another process uses it.
    #[error("{0} is in use by another process")]
    InUse(PathBuf),
    /// A genesis leaf cannot contain the namespace or origin.
    #[error("the namespace or the origin is not usable")]
    Names(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The operating system gives no random numbers.
    #[error("the operating system gives no random numbers: {0}")]
    Random(String),
    /// The guard cannot be written.
    #[error("the head guard cannot be written")]
    Guard(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A file or directory cannot be written.
    #[error("the ledger's files cannot be written")]
    Io(#[from] io::Error),
}

/// Why a ledger was not opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Neither data nor guard: it was never made.
    #[error("there is no ledger in {data}; make one with `atropos ledger init`")]
    Missing {
        /// The data directory.
        data: PathBuf,
    },
    /// Data without a guard.
    #[error(
        "{data} holds a log, but there is no head guard at {guard}: without it an older copy could not be told from \
         the newest one; put the guard back, or configure where it is"
    )]
    GuardMissing {
        /// The data directory.
        data: PathBuf,
        /// Where the guard should be.
        guard: PathBuf,
    },
    /// A guard without data.
    #[error(
        "the head guard at {guard} remembers a log of {size} entries, but {data} holds none: put the data back"
    )]
    DataMissing {
        /// The data directory.
        data: PathBuf,
        /// The guard's file.
        guard: PathBuf,
        /// Entries that the guard knows of.
        size: u64,
    },
    /// The guard is ahead of the log: an older copy of the data was restored.
    #[error(
        "rollback: the head guard has signed a log of {guarded} entries, but the data in {data} does not hold them \
         all; an older copy would bring deactivated DIDs back. Put the newest data back"
    )]
    Rollback {
        /// The data directory.
        data: PathBuf,
        /// Entries that the guard knows of.
        guarded: u64,
    },
    /// The guard belongs to another log or another key.
    #[error("the head guard at {guard} belongs to another log: {reason}")]
    OtherGuard {
        /// The guard's file.
        guard: PathBuf,
        /// What differs.
        reason: &'static str,
    },
    /// Data of another network than the configured one.
    #[error("the log in {data} is of namespace `{found}`, not `{expected}`")]
    OtherNamespace {
        /// The data directory.
        data: PathBuf,
        /// Its namespace.
        found: String,
        /// The configured one.
        expected: String,
    },
    /// The head of the log cannot be signed.
    #[error("the head of the log cannot be signed")]
    LogKey(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Another process uses it.
    #[error("{0} is in use by another process")]
    InUse(PathBuf),
    /// The log is damaged where it is needed to start.
    #[error("the log is damaged: {0}; restore it from a backup")]
    Log(String),
    /// The guard cannot be read.
    #[error("the head guard cannot be used")]
    Guard(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The index cannot be opened or rebuilt.
    #[error("the index cannot be opened or rebuilt")]
    Index(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A file or directory cannot be read or written.
    #[error("the ledger's files cannot be read or written")]
    Io(#[from] io::Error),
}
