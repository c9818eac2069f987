//! Queries over a real chain, ledger and store: what is answered, and what is said when there is no answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod accounts;
mod documents;
mod resources;
mod table;
mod transactions;
mod world;
