//! A Cosmos chain over an embedded ledger: its transactions, its queries, and the two ports that serve them. The
//! server opens a [`Chain`] and puts the routers of [`cometbft`] and [`grpc`] behind its listeners; no other crate
//! needs this one.
//!
//! A transaction is *checked* when it is broadcast: its encoding, gas, fee, sequence and signature, and each DID
//! message in itself. A refusal then leaves no trace. A transaction that passes is *accepted*: it is durable, its
//! sequence is used and its fee is paid, before it takes effect. Then it is *delivered*: the ledger judges its
//! operations, all or none. Its outcome is durable before the broadcast is answered.
//!
//! ```text
//! submit ── check (parallel) ──► accept: sequence, fee ──► journal: one commit for many
//!                                                            │ durable
//!                                 deliver: in the payer's order; payers do not wait for each other
//!                                                            │ ledger: log, durable
//!                                                          journal: outcome, one commit for many ──► answer
//! ```
//!
//! After a crash accepted transactions are delivered before any others of their payers. The ledger recognizes
//! operations that it has already ([`ledger::Embedded::committed`]), so none takes effect twice, and the outcome is the
//! same.

pub mod cometbft;
pub mod faucet;
pub mod fees;
pub mod grpc;
pub mod query;

mod account;
mod chain;
mod check;
mod deliver;
mod failure;
mod heights;
mod host;
mod included;
mod journal;
mod message_data;
mod payers;
mod rows;
mod settings;

use store::Migration;

pub use account::Account;
pub use chain::{BLOCK_BYTES_MAX, Block, Broadcast, Chain, ChainError, OpenError, Simulation};
pub use cosmos::{Address, InvalidPayerKey, PayerKey};
pub use failure::Failure;
pub use heights::BLOCK_MS;
pub use host::{Call, Caught, Host, NoMemory, Reserved};
pub use included::{Attribute, Event, Included};
pub use message_data::{resource_metadata, version_with_metadata};
pub use settings::{CHAIN_ID_CHARS_MAX, Fees, Funded, Settings};

/// The tables of this crate, for [`store::Store::open`].
pub const MIGRATIONS: &[Migration] = &[Migration {
    component: "chain",
    version: 1,
    sql: include_str!("migrations/1.sql"),
}];
