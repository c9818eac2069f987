//! A chain over a real ledger and a real store.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod checked;
mod delivered;
mod kept;
mod messages;
mod paid;
mod parallel;
mod queries;
mod refusals;
mod shown;
mod world;
