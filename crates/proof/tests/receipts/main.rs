//! The guarantee of receipts: they verify exactly when every required signer has signed and the log proves it.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs
)]

mod accepted;
mod flips;
mod form;
mod keys;
mod policies;
mod properties;
mod refused;
mod refused_log;
mod refused_policies;
mod refused_summaries;
mod refused_values;
mod refused_worlds;
mod render;
mod vectors;
mod verdicts;
mod world;
