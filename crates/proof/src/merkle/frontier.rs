//! The right edge of a growing tree.

use thiserror::Error;

use super::{EMPTY_ROOT, MAX_TREE_SIZE, Subtree, node_hash};
use crate::Hash;
use crate::codec::Reader;

/// The roots of the complete subtrees that a tree consists of, largest first: one for each bit in its size.
///
/// It is enough to append and to know the root. At most 63 hashes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

/// The bytes are not the encoding of a right edge.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "not the right edge of a tree: expected a size of at most 2^62 and one hash for each bit set in it"
)]
pub struct InvalidFrontier;

impl Frontier {
    /// The edge of the tree without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree.
    #[must_use]
    pub fn root(&self) -> Hash {
        let smallest_first = self.peaks.iter().rev().copied();
        smallest_first
            .reduce(|right, left| node_hash(&left, &right))
            .unwrap_or(EMPTY_ROOT)
    }

    /// Appends a leaf by its hash.
    pub fn append(&mut self, leaf: Hash) {
        self.append_each(leaf, |_, _| {});
    }

    /// Appends a leaf by its hash, and hands every subtree that it completes to `completed`: first the leaf itself,
    /// then upwards. These are the hashes that proofs are made from later.
    pub fn append_each(&mut self, leaf: Hash, mut completed: impl FnMut(Subtree, Hash)) {
        let mut at = Subtree {
            level: 0,
            index: self.size,
        };
        let mut hash = leaf;
        completed(at, hash);
        while at.index & 1 == 1 {
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(&left, &hash);
            at = Subtree {
                level: at.level + 1,
                index: at.index >> 1,
            };
            completed(at, hash);
        }
        self.peaks.push(hash);
        // Decoding refuses more than 2^62 leaves, so that appending one by one never gets here.
        self.size = self.size.saturating_add(1);
    }

    /// The size in eight bytes, big-endian, and the hashes, largest subtree first.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.size.to_be_bytes().to_vec();
        self.peaks
            .iter()
            .for_each(|hash| bytes.extend_from_slice(hash.as_bytes()));
        bytes
    }

    /// Reads what [`Frontier::encode`] writes, and nothing else.
    ///
    /// # Errors
    ///
    /// [`InvalidFrontier`] for anything else, and for more than 2^62 leaves.
    pub fn decode(bytes: &[u8]) -> Result<Frontier, InvalidFrontier> {
        let mut r = Reader::new(bytes);
        let size = r.u64().map_err(|_| InvalidFrontier)?;
        if size > MAX_TREE_SIZE {
            return Err(InvalidFrontier);
        }
        let peaks = (0..size.count_ones())
            .map(|_| r.hash())
            .collect::<Result<_, _>>()
            .map_err(|_| InvalidFrontier)?;
        r.end().map_err(|_| InvalidFrontier)?;
        Ok(Frontier { size, peaks })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::{leaf_hash, root_of};

    fn leaves(count: u64) -> Vec<Hash> {
        (0..count).map(|i| leaf_hash(&i.to_be_bytes())).collect()
    }

    #[test]
    fn every_size_has_the_root_of_its_leaves() {
        let leaves = leaves(300);
        let mut frontier = Frontier::new();
        for size in 0..leaves.len() {
            assert_eq!(frontier.size(), size as u64);
            assert_eq!(frontier.root(), root_of(&leaves[..size]), "{size}");
            frontier.append(leaves[size]);
        }
    }

    #[test]
    fn completed_subtrees_are_reported_once_with_their_roots() {
        let leaves = leaves(100);
        let mut frontier = Frontier::new();
        let mut seen = std::collections::BTreeMap::new();
        for leaf in &leaves {
            frontier.append_each(*leaf, |at, hash| assert_eq!(seen.insert(at, hash), None));
        }
        for level in 0..7 {
            for index in 0..(100 >> level) {
                let range = (index << level) as usize..((index + 1) << level) as usize;
                assert_eq!(
                    seen.remove(&Subtree { level, index }),
                    Some(root_of(&leaves[range]))
                );
            }
        }
        assert!(seen.is_empty());
    }

    #[test]
    fn the_encoding_is_the_only_one() {
        let mut frontier = Frontier::new();
        for leaf in leaves(70) {
            let bytes = frontier.encode();
            assert_eq!(bytes.len(), 8 + 32 * frontier.size().count_ones() as usize);
            assert_eq!(Frontier::decode(&bytes), Ok(frontier.clone()));
            assert_eq!(
                Frontier::decode(&bytes[..bytes.len() - 1]),
                Err(InvalidFrontier)
            );
            assert_eq!(
                Frontier::decode(&[bytes.as_slice(), &[0]].concat()),
                Err(InvalidFrontier)
            );
            frontier.append(leaf);
        }
    }

    #[test]
    fn sizes_that_could_overflow_are_refused() {
        let bytes = [(MAX_TREE_SIZE + 1).to_be_bytes().as_slice(), &[7; 64]].concat();
        assert_eq!(Frontier::decode(&bytes), Err(InvalidFrontier));
        let bytes = [MAX_TREE_SIZE.to_be_bytes().as_slice(), &[7; 32]].concat();
        let mut largest = Frontier::decode(&bytes).unwrap();
        largest.append(Hash::new([8; 32]));
        assert_eq!(
            largest.root(),
            node_hash(&Hash::new([7; 32]), &Hash::new([8; 32]))
        );
    }
}
