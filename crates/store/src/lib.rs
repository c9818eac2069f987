//! Everything that is not the ledger: SQLite, migrations, group commit.
//!
//! One file holds the tables of several *components* (access, keystore, …). Each component owns its tables and
//! brings its [`Migration`]s; this crate never knows what a row means.
//!
//! Promises:
//!
//! - An `Ok` from a write is given only after the commit is on disk (WAL, `synchronous=FULL`).
//! - Many writes share one commit; each runs in a savepoint, so that a refused one takes back only its own changes.
//! - What is deleted is overwritten (`secure_delete`); [`Store::empty_log`] takes it out of the write-ahead log, too.
//! - After a failed commit the store writes nothing more until it is opened again; reads go on.
//! - Several processes may use one store: SQLite's own locks order them, and a writer waits at most 5 seconds.
//!
//! The file must lie on a local disk: SQLite's WAL mode needs shared memory.

mod connection;
mod error;
mod files;
mod migration;
mod pool;
mod store;
mod writer;

use error::WriteError;
pub use error::{OpenError, StoreError, WriteFailure};
pub use migration::Migration;
pub use store::{Emptied, Store};
