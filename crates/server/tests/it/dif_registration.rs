//! DIF DID Registration over real ledger, store and keystore, without a socket.

mod asking;
mod changes;
mod client;
mod internal;
mod jobs;
mod profile;
mod refusals;
mod resources;
