//! The ledger of a remote network: cheqd's, read and changed through its nodes over CometBFT's JSON-RPC.
//!
//! The rules are ours: a submission is judged as an embedded ledger judges it, including the complete set for a
//! deactivation, before anything is paid for. Answers are accepted only from nodes of the right chain that are not
//! behind a block that was observed before; otherwise nothing is disclosed.
//!
//! | guarantee | how |
//! |---|---|
//! | each operation happens once | the same bytes are sent again; no second transaction while the first may count |
//! | a restart loses nothing | a transaction is durable in the store before a node sees it, and resumed by its hash |
//! | no old state is disclosed | every answer is at least as new as every block observed before its request |
//!
//! `docs/engines.md` describes it for users. There is no log here, and no proof.

mod blocking;
mod driver;
mod engine;
mod fees;
mod node;
mod outbox;
mod payer;
mod phrase;
mod reader;
mod rule_source;
mod settings;
mod submission;
mod turns;
mod verdict;
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
