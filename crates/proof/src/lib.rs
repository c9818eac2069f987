//! What makes the log provable: its leaves, its Merkle tree, the tree of states, signed notes and checkpoints.
//!
//! Everything here is a pure function of bytes: no files, no clock, no randomness. The formats are those of
//! `docs/log-format.md` and are kept for ever; vectors in `fixtures/log/` pin them.

pub mod checkpoint;
mod codec;
mod hash;
pub mod leaf;
pub mod merkle;
pub mod note;
pub mod state;

pub use hash::{Hash, InvalidHash, NetworkId, sha256};
