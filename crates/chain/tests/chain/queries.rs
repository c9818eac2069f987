//! Queries over a real chain, ledger and store: their answers and refusals.

mod accounts;
mod documents;
mod resources;
mod table;
mod transactions;
mod world;
