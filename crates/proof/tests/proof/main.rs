//! What the crate promises, from the outside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod checkpoints;
mod cosignatures;
mod history_leaves;
mod leaves;
mod merkle;
mod notes;
mod policies;
mod policy_bounds;
mod policy_quorums;
mod state_model;
mod state_proofs;
mod state_tree;
mod tiles;
mod tlog_proofs;
mod vectors;
mod vectors_history;
mod vectors_public;
mod witnesses;
