//! Ceremonies over HTTP, and the statements that holders sign offline.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    dead_code
)]

mod approvals;
mod planning;
mod routes;
mod sign;
mod vector;
mod wallets;

#[path = "../refusals/people.rs"]
mod people;

#[path = "../core/support.rs"]
mod support;
