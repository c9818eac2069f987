//! Tests of the public interface, in one binary.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod api_keys;
mod approval;
mod audit_log;
mod client_changes;
mod clients;
mod identity;
mod place;
