//! The embedded ledger: orders, checks and stores operations.
//!
//! The log is the only truth; the index is derived from it and can be deleted. One thread writes: operations and the
//! state leaf of a batch go into the log as one frame, are synced and read back, the new checkpoint is signed once, the
//! head guard is moved and synced, then readers see it and callers are answered. Formats are in `docs/log-format.md`.
//!
//! Nothing here knows HTTP, tenants or the private keys of DIDs. There is no async code but the waiting of
//! [`Ledger::submit`] and [`Ledger::stopped`].

mod catch_up;
mod chain;
pub mod disk;
mod error;
mod guard;
mod identity;
mod index;
mod init;
mod ledger;
mod log;
mod networks;
mod open;
mod reader;
mod replay;
#[cfg(test)]
mod tests;
mod verify;
mod writer;

pub use error::{Fault, InitError, OpenError, ReadError, SubmitError};
pub use identity::RULE_SET;
pub use ledger::{Committed, Ledger, Published, Resolved, SUBMISSION_OPERATIONS_MAX};
pub use networks::{Networks, UnknownNetwork};
pub use open::Options;
pub use verify::{IndexReport, Report, VerifyError};
