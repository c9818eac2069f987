//! Making of proofs.

use std::convert::Infallible;

use thiserror::Error;

use super::tree::left_size;
use super::{EMPTY_ROOT, MAX_TREE_SIZE, Subtree, node_hash, root_of};
use crate::Hash;

/// No proof can be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProofError<E> {
    /// The leaf or the older tree lies outside the tree, or the tree has more than 2^62 leaves.
    #[error("position {position} does not lie in a tree of {size} leaves")]
    OutOfRange {
        /// The leaf's index, or the older tree's size.
        position: u64,
        /// The tree's size.
        size: u64,
    },
    /// A stored hash could not be read.
    #[error("a stored hash of the log's tree could not be read")]
    Source(#[source] E),
}

/// The root of the tree over the first `size` leaves, from stored hashes of complete subtrees.
///
/// # Errors
///
/// [`ProofError`] if `size` is too large or `stored` fails.
pub fn root_at<E>(
    size: u64,
    stored: impl FnMut(Subtree) -> Result<Hash, E>,
) -> Result<Hash, ProofError<E>> {
    check(size <= MAX_TREE_SIZE, size, size)?;
    if size == 0 {
        return Ok(EMPTY_ROOT);
    }
    Stored(stored).range(0, size)
}

/// The inclusion proof of leaf `index` in the tree of the first `size` leaves (RFC 6962 section 2.1.1): the hashes from
/// the leaf up. `stored` is called only for complete subtrees within these leaves.
///
/// # Errors
///
/// [`ProofError`] if `index` is not below `size` or `stored` fails.
pub fn inclusion_proof<E>(
    index: u64,
    size: u64,
    stored: impl FnMut(Subtree) -> Result<Hash, E>,
) -> Result<Vec<Hash>, ProofError<E>> {
    check(index < size && size <= MAX_TREE_SIZE, index, size)?;
    inclusion(index, size, &mut Stored(stored))
}

/// The inclusion proof of leaf `index` in the tree over all of `leaves`.
///
/// # Errors
///
/// [`ProofError::OutOfRange`] if there is no such leaf.
pub fn inclusion_proof_of(
    leaves: &[Hash],
    index: u64,
) -> Result<Vec<Hash>, ProofError<Infallible>> {
    let size = leaves.len() as u64;
    check(index < size, index, size)?;
    inclusion(index, size, &mut Leaves(leaves))
}

/// The proof that the tree of the first `old_size` leaves is a prefix of the one of the first `size` leaves
/// (RFC 6962 section 2.1.2). Empty if either tree has no leaves or both are the same.
///
/// # Errors
///
/// [`ProofError`] if `old_size` is above `size` or `stored` fails.
pub fn consistency_proof<E>(
    old_size: u64,
    size: u64,
    stored: impl FnMut(Subtree) -> Result<Hash, E>,
) -> Result<Vec<Hash>, ProofError<E>> {
    check(old_size <= size && size <= MAX_TREE_SIZE, old_size, size)?;
    consistency(old_size, size, &mut Stored(stored))
}

/// The proof that the tree of the first `old_size` of these leaves is a prefix of the one over all of them.
///
/// # Errors
///
/// [`ProofError::OutOfRange`] if there are fewer leaves than that.
pub fn consistency_proof_of(
    leaves: &[Hash],
    old_size: u64,
) -> Result<Vec<Hash>, ProofError<Infallible>> {
    let size = leaves.len() as u64;
    check(old_size <= size, old_size, size)?;
    consistency(old_size, size, &mut Leaves(leaves))
}

/// Where hashes come from: stored complete subtrees, or the leaves themselves.
trait Ranges<E> {
    /// The root over the leaves from `begin` up to `end`, which form a node of the tree.
    fn range(&mut self, begin: u64, end: u64) -> Result<Hash, ProofError<E>>;
}

struct Stored<F>(F);

struct Leaves<'a>(&'a [Hash]);

impl<E, F: FnMut(Subtree) -> Result<Hash, E>> Ranges<E> for Stored<F> {
    fn range(&mut self, begin: u64, end: u64) -> Result<Hash, ProofError<E>> {
        // A node of the tree begins at a multiple of its width, so that the widest complete subtree comes first.
        let mut at = begin;
        let mut parts = Vec::new();
        while at < end {
            let level = (end - at).ilog2();
            parts.push(
                (self.0)(Subtree {
                    level: level as u8,
                    index: at >> level,
                })
                .map_err(ProofError::Source)?,
            );
            at += 1 << level;
        }
        let smallest_first = parts.into_iter().rev();
        Ok(smallest_first
            .reduce(|right, left| node_hash(&left, &right))
            .unwrap_or(EMPTY_ROOT))
    }
}

impl Ranges<Infallible> for Leaves<'_> {
    fn range(&mut self, begin: u64, end: u64) -> Result<Hash, ProofError<Infallible>> {
        Ok(root_of(
            self.0.get(begin as usize..end as usize).unwrap_or_default(),
        ))
    }
}

fn inclusion<E>(
    index: u64,
    size: u64,
    hashes: &mut impl Ranges<E>,
) -> Result<Vec<Hash>, ProofError<E>> {
    let (mut begin, mut end) = (0, size);
    let mut from_the_root = Vec::new();
    while end - begin > 1 {
        let middle = begin + left_size(end - begin);
        if index < middle {
            from_the_root.push(hashes.range(middle, end)?);
            end = middle;
        } else {
            from_the_root.push(hashes.range(begin, middle)?);
            begin = middle;
        }
    }
    from_the_root.reverse();
    Ok(from_the_root)
}

fn consistency<E>(
    old_size: u64,
    size: u64,
    hashes: &mut impl Ranges<E>,
) -> Result<Vec<Hash>, ProofError<E>> {
    if old_size == 0 || old_size == size {
        return Ok(Vec::new());
    }
    let (mut begin, mut end) = (0, size);
    let mut from_the_root = Vec::new();
    while old_size < end {
        let middle = begin + left_size(end - begin);
        if old_size <= middle {
            from_the_root.push(hashes.range(middle, end)?);
            end = middle;
        } else {
            from_the_root.push(hashes.range(begin, middle)?);
            begin = middle;
        }
    }
    // The verifier knows the older root itself; a subtree inside it must be given.
    if begin != 0 {
        from_the_root.push(hashes.range(begin, end)?);
    }
    from_the_root.reverse();
    Ok(from_the_root)
}

fn check<E>(in_range: bool, position: u64, size: u64) -> Result<(), ProofError<E>> {
    if in_range {
        Ok(())
    } else {
        Err(ProofError::OutOfRange { position, size })
    }
}
