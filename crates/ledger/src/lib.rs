//! What is true: the interface of all ledgers, and the embedded one, which orders, checks and stores operations.
//!
//! [`Ledger`] is the interface of a network for all other crates. [`Embedded`] is the engine that keeps a log of its
//! own.
//!
//! The log is the only truth; the index is derived from it and can be deleted. One thread writes: operations and the
//! state leaf of a batch go into the log as one frame, are synced and read back, the new checkpoint is signed once, the
//! head guard is moved and synced, then readers see it and callers are answered. Formats are in `docs/log-format.md`.
//!
//! Nothing here knows HTTP, tenants or the private keys of DIDs. The only async code is the waiting of
//! [`Embedded::submit`] and [`Embedded::stopped`].

mod assurance;
pub mod backup;
mod blobs;
mod catch_up;
mod committed;
pub mod disk;
mod draft;
mod earlier_keys;
mod embedded;
mod engine;
pub mod erase;
mod error;
mod export;
mod facts;
mod feed;
mod guard;
mod history;
mod identity;
mod import;
mod index;
mod init;
mod leaves;
mod ledger;
mod log;
mod log_tree;
mod media_type;
mod named;
mod networks;
mod open;
mod options;
mod other_heads;
mod prove;
mod reader;
mod receipt;
pub mod recover;
mod replay;
mod resources;
pub mod restore;
pub mod rotate;
mod shared;
mod signers;
mod snapshot;
mod submission;
#[cfg(test)]
mod tests;
mod tip;
mod unverified;
mod verify;
mod writer;

pub use assurance::{Assurance, Withheld};
pub use committed::{Committed, Location, Mark, Resolved};
pub use earlier_keys::EarlierKey;
pub use embedded::Embedded;
pub use error::{InitError, LedgerFault, OpenError, ReadError, SubmitError};
pub use export::{EXPORT_BYTES_MAX, EXPORT_LEAVES_MAX, Export, ExportError, InvalidExport};
pub use facts::{Deactivation, DidFacts};
pub use feed::{LoggedOperation, OPERATIONS_READ_MAX};
pub use history::{HISTORY_VERSIONS_MAX, History, VersionFacts};
pub use identity::RULE_SET;
pub use import::{ImportError, ImportReport};
pub use ledger::{Knowledge, Ledger, Submitting};
pub use media_type::media_type;
pub use named::{NAMED_BY_MAX, NamedBy};
pub use networks::{Networks, NoLog, UnknownNetwork};
pub use options::Options;
pub use other_heads::NoteError;
pub use receipt::ProveError;
pub use resources::{RESOURCES_READ_MAX, Resource, ResourceData, ResourceMetadata};
pub use shared::Published;
pub use signers::Signers;
pub use snapshot::Snapshot;
pub use submission::{
    SUBMISSION_DATA_BYTES_MAX, SUBMISSION_OPERATIONS_MAX, check_head, within_limits,
};
pub use verify::{IndexReport, Report, VerifyError};
