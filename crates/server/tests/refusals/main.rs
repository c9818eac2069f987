//! Who is not heard is told so in the shape of the dialect, and nothing changes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod approval;
mod credentials;
mod fill;
mod leave;
mod matrix;
mod people;
mod rates;
mod routes;
mod state;

#[path = "../core/support.rs"]
mod support;
