//! A ledger that others keep: a cheqd network, asked through its nodes over CometBFT's JSON-RPC.
//!
//! The rules are ours: what is submitted here is judged as an embedded ledger judges it, the complete set for a
//! deactivation included, before anything is paid for. What the network says is believed from nodes of the right chain
//! that are not behind what has been seen before; otherwise nothing is told.
//!
//! | promise | how |
//! |---|---|
//! | each operation happens once | the same bytes are sent again, never a second transaction beside one that may live |
//! | a restart loses nothing | a transaction is durable in the store before a node sees it, and resumed by its hash |
//! | no old state is told | every answer is at least as new as everything seen when it was asked for |
//!
//! `docs/engines.md` says what users see of it. There is no log here, and no proof.

mod blocking;
mod driver;
mod engine;
mod fees;
mod judge;
mod node;
mod outbox;
mod outcome;
mod payer;
mod phrase;
mod reading;
mod settings;
mod submission;
mod turns;
mod wire;

pub use engine::{Cheqd, OpenError};
pub use phrase::{PhraseError, read_payer};
pub use settings::{Settings, Timing};

/// The tables in the store, in order.
pub const MIGRATIONS: &[store::Migration] = &[store::Migration {
    component: "cheqd",
    version: 1,
    sql: include_str!("migrations/1.sql"),
}];
