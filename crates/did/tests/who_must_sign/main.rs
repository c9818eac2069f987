//! Who must sign: every rule, and every deviation from the cheqd ledger that `docs/deviations.md` lists.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "../common/mod.rs"]
mod common;

mod bound_versions;
mod controllers;
mod create_and_update;
mod deactivation;
mod deviations;
mod guarded;
mod one_request;
mod properties;
mod resources;
mod signing_set;
mod world;
