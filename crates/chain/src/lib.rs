//! How Cosmos transactions change an embedded ledger, and how Cosmos queries read it. No HTTP.

pub mod query;
