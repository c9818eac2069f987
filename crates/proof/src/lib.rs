//! What makes the log provable: its leaves, its Merkle tree, the tree of states, signed notes and checkpoints.
//!
//! Everything here is a pure function of bytes: no files, no clock, no randomness. The formats are those of
//! `docs/log-format.md`, `docs/policy.md` and `docs/receipts.md` and are kept for ever; vectors in `fixtures/` pin
//! them.

pub mod checkpoint;
mod codec;
mod hash;
pub mod leaf;
mod lines;
pub mod merkle;
pub mod note;
pub mod policy;
pub mod receipt;
pub mod state;
pub mod tiles;
pub mod tlog_proof;
pub mod witness;

pub use hash::{Hash, InvalidHash, NetworkId, sha256};
