//! The vault dialect over a whole server, without a socket; webhooks go to real receivers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod audit_logs;
mod place;
mod published;
mod siblings;
#[path = "../core/support.rs"]
mod support;
mod webhooks;
