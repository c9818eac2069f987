//! The tree of states: for every DID that ever existed, what it is now.
//!
//! A Jellyfish Merkle tree over SHA-256 (`docs/log-format.md`, "State tree"), stored as nodes of 16 children. Nothing
//! is ever deleted from it, so that absence means "never existed".

mod node;
mod path;
mod proof;
mod tree;
mod value;

pub use node::{InvalidNode, NibbleNode, Slot, Summary};
pub use path::{InvalidPath, NibblePath};
pub use proof::{InvalidStateProof, MAX_STATE_PROOF_BYTES, StateProof, TerminalLeaf};
pub use tree::{StateTree, StateTreeError, StateUpdate};
pub use value::{InvalidStateValue, StateKey, StateValue, Status};

use crate::Hash;
use crate::hash::sha256_of;

/// The hash of a subtree without leaves, and the root of the empty tree: these 32 ASCII characters.
pub const EMPTY_STATE_ROOT: Hash = Hash::new(*b"SPARSE_MERKLE_PLACEHOLDER_HASH__");

fn leaf_node_hash(key: &StateKey, value_hash: &Hash) -> Hash {
    sha256_of(&[b"JMT::LeafNode", key.as_bytes(), value_hash.as_bytes()])
}

// The letter that is missing makes the prefix 16 bytes long; it is part of the format.
fn inner_node_hash(left: &Hash, right: &Hash) -> Hash {
    sha256_of(&[b"JMT::IntrnalNode", left.as_bytes(), right.as_bytes()])
}
