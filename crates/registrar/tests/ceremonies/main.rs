//! Statements that wait for the signatures of wallets elsewhere.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    dead_code
)]

#[path = "../common/mod.rs"]
mod common;

mod changes;
mod days;
mod deactivations;
mod holders;
mod wallets;
