//! Checking of proofs.

use thiserror::Error;

use super::{EMPTY_ROOT, MAX_TREE_SIZE, node_hash};
use crate::Hash;

/// The proof does not prove what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidProof {
    /// The leaf or the older tree lies outside the tree, or the tree has more than 2^62 leaves.
    #[error("the position does not lie in the tree")]
    OutOfRange,
    /// Too few or too many hashes for this position and size.
    #[error("the proof does not have the number of hashes that belongs to its position and size")]
    WrongLength,
    /// The hashes lead to another root.
    #[error("the proof leads to another root")]
    OtherRoot,
}

/// Checks that `leaf` is leaf number `index` of the tree with `size` leaves and this root.
///
/// # Errors
///
/// [`InvalidProof`] if the proof does not hold.
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), InvalidProof> {
    if index >= size || size > MAX_TREE_SIZE {
        return Err(InvalidProof::OutOfRange);
    }
    let (mut at, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(InvalidProof::WrongLength);
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(sibling, &hash);
            // The right edge has no sibling where the tree is ragged: climb to where it has one.
            let skipped = if at & 1 == 1 { 0 } else { at.trailing_zeros() };
            (at, last) = (at >> skipped, last >> skipped);
        } else {
            hash = node_hash(&hash, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    if last != 0 {
        return Err(InvalidProof::WrongLength);
    }
    expect(hash == *root)
}

/// Checks that the tree with `size` leaves and this root continues the one with `old_size` leaves and `old_root`.
///
/// The tree without leaves is continued by every tree.
///
/// # Errors
///
/// [`InvalidProof`] if the proof does not hold.
pub fn verify_consistency(
    old_size: u64,
    old_root: &Hash,
    size: u64,
    root: &Hash,
    proof: &[Hash],
) -> Result<(), InvalidProof> {
    if old_size > size || size > MAX_TREE_SIZE {
        return Err(InvalidProof::OutOfRange);
    }
    if old_size == 0 || old_size == size {
        let known_old = if old_size == 0 { &EMPTY_ROOT } else { root };
        return if proof.is_empty() {
            expect(old_root == known_old)
        } else {
            Err(InvalidProof::WrongLength)
        };
    }
    // A complete older tree is a node of the newer one, and is left out of the proof.
    let (first, rest) = if old_size.is_power_of_two() {
        (old_root, proof)
    } else {
        proof.split_first().ok_or(InvalidProof::WrongLength)?
    };
    let (mut at, mut last) = (old_size - 1, size - 1);
    let skipped = at.trailing_ones();
    (at, last) = (at >> skipped, last >> skipped);
    let (mut old, mut new) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return Err(InvalidProof::WrongLength);
        }
        if at & 1 == 1 || at == last {
            old = node_hash(sibling, &old);
            new = node_hash(sibling, &new);
            let skipped = if at & 1 == 1 { 0 } else { at.trailing_zeros() };
            (at, last) = (at >> skipped, last >> skipped);
        } else {
            new = node_hash(&new, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    if last != 0 {
        return Err(InvalidProof::WrongLength);
    }
    expect(old == *old_root && new == *root)
}

fn expect(same: bool) -> Result<(), InvalidProof> {
    if same {
        Ok(())
    } else {
        Err(InvalidProof::OtherRoot)
    }
}
