//! How Cosmos transactions change an embedded ledger, and how Cosmos queries read it. No HTTP.
//!
//! A transaction is *checked* when it is broadcast: its encoding, gas, fee, sequence and signature, and each DID
//! message by itself. What is refused then leaves no trace. What passes is *accepted*: it is on disk, its sequence
//! is used and its fee is paid, before anything happens. Then it is *delivered*: the ledger judges its operations,
//! all or none. Whatever comes of it is its outcome, and is on disk before the broadcast is answered.
//!
//! ```text
//! submit ── check (parallel) ──► accept: sequence, fee ──► journal: one commit for many
//!                                                            │ durable
//!                                 deliver: in the payer's order; payers do not wait for each other
//!                                                            │ ledger: log, durable
//!                                                          journal: outcome, one commit for many ──► answer
//! ```
//!
//! After a crash what was accepted is delivered before anything else of its payer. The ledger knows its operations
//! when it has done them already ([`ledger::Embedded::committed`]), so nothing happens twice, and the outcome is the
//! same.

pub mod fees;
pub mod query;

mod account;
mod chain;
mod check;
mod clock;
mod deliver;
mod failure;
mod included;
mod journal;
mod message_data;
mod payers;
mod rows;
mod settings;

use store::Migration;

pub use account::Account;
pub use chain::{BLOCK_BYTES_MAX, Block, Broadcast, Chain, ChainError, OpenError, Simulation};
pub use clock::BLOCK_MS;
pub use failure::Failure;
pub use included::{Attribute, Event, Included};
pub use message_data::{resource_metadata, version_with_metadata};
pub use settings::{CHAIN_ID_CHARS_MAX, Fees, Funded, Settings};

/// The tables of this crate, for [`store::Store::open`].
pub const MIGRATIONS: &[Migration] = &[Migration {
    component: "chain",
    version: 1,
    sql: include_str!("migrations/1.sql"),
}];
