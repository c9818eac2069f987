//! The server over a real ledger, store and keystore: each dialect, and what they share. Most tests send to its router,
//! without a socket.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod support;

// One for each dialect.
mod apinizer;
mod cheqd_studio;
mod cometbft;
mod dif_registration;
mod rezolve;
mod w3c_resolution;

// One for each subject.
mod ceremonies;
mod commands;
mod listen;
mod operations;
mod proofs;
mod refusals;
mod remote;
mod routes;
mod starts;
