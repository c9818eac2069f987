//! The tree over the log's leaves: RFC 6962 section 2.1 with SHA-256.
//!
//! Complete subtrees are named by [`Subtree`]. Proofs are made from stored hashes of complete subtrees, or from a slice
//! of leaf hashes, and are checked as RFC 9162 sections 2.1.3.2 and 2.1.4.2 specify.

mod frontier;
mod proof;
mod tree;
mod verify;

pub use frontier::{Frontier, InvalidFrontier};
pub use proof::{
    ProofError, consistency_proof, consistency_proof_of, inclusion_proof, inclusion_proof_of,
    root_at,
};
pub use tree::{EMPTY_ROOT, Subtree, leaf_hash, node_hash, root_of};
pub use verify::{InvalidProof, verify_consistency, verify_inclusion};

/// The largest number of leaves that is worked with: 2^62.
pub const MAX_TREE_SIZE: u64 = 1 << 62;
/// Most hashes of a proof over a tree of at most [`MAX_TREE_SIZE`] leaves.
pub const MAX_PROOF_HASHES: usize = 63;
