//! DIF DID Registration over real ledger, store and keystore, without a socket.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "../core/support.rs"]
mod support;

mod asking;
mod changes;
mod client;
mod internal;
mod jobs;
mod profile;
mod refusals;
mod resources;
