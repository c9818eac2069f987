//! The server over a real ledger, store and keystore, without a socket.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod comet;
mod keys;
mod operations;
mod resolution;
mod resources;
mod starts;
mod support;
