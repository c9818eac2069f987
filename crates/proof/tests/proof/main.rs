//! What the crate promises, from the outside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod checkpoints;
mod leaves;
mod merkle;
mod notes;
mod state_model;
mod state_proofs;
mod state_tree;
mod vectors;
