//! What is true: the interface of all ledgers, and the embedded one, which orders, checks and stores operations.
//!
//! [`Ledger`] is what everybody else needs of a network. [`Embedded`] is the engine that keeps a log of its own.
//!
//! The log is the only truth; the index is derived from it and can be deleted. One thread writes: operations and the
//! state leaf of a batch go into the log as one frame, are synced and read back, the new checkpoint is signed once, the
//! head guard is moved and synced, then readers see it and callers are answered. Formats are in `docs/log-format.md`.
//!
//! Nothing here knows HTTP, tenants or the private keys of DIDs. There is no async code but the waiting of
//! [`Embedded::submit`] and [`Embedded::stopped`].

pub mod backup;
mod blobs;
mod catch_up;
mod chain;
pub mod disk;
mod draft;
mod earlier_keys;
mod embedded;
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
mod ledger;
mod log;
mod log_tree;
mod media_type;
mod named;
mod networks;
mod open;
mod other_heads;
mod prove;
mod reader;
mod receipt;
pub mod recover;
mod replay;
mod resources;
pub mod restore;
pub mod rotate;
mod signers;
mod snapshot;
mod standing;
#[cfg(test)]
mod tests;
mod unverified;
mod verify;
mod writer;

pub use earlier_keys::EarlierKey;
pub use embedded::{Embedded, Published};
pub use error::{Fault, InitError, OpenError, ReadError, SubmitError};
pub use export::{EXPORT_BYTES_MAX, EXPORT_LEAVES_MAX, Export, ExportError, InvalidExport};
pub use facts::{DidFacts, Ending};
pub use feed::{LoggedOperation, OPERATIONS_READ_MAX};
pub use history::{HISTORY_VERSIONS_MAX, History, VersionFacts};
pub use identity::RULE_SET;
pub use import::{ImportError, ImportReport};
pub use ledger::{
    Committed, Knowledge, Ledger, Location, Mark, Resolved, SUBMISSION_DATA_BYTES_MAX,
    SUBMISSION_OPERATIONS_MAX, Submitting, stands_on, within_limits,
};
pub use media_type::media_type;
pub use named::{NAMED_BY_MAX, NamedBy};
pub use networks::{Networks, NoLog, UnknownNetwork};
pub use open::Options;
pub use other_heads::NoteError;
pub use receipt::ProveError;
pub use resources::{RESOURCES_READ_MAX, Resource, ResourceData, ResourceMetadata};
pub use signers::Signers;
pub use snapshot::Snapshot;
pub use standing::{Standing, Withheld};
pub use verify::{IndexReport, Report, VerifyError};
