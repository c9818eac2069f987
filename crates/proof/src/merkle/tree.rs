//! Hashing of leaves, nodes and whole trees.

use crate::Hash;
use crate::hash::sha256_of;

/// The root of the tree without leaves: the digest of nothing.
pub const EMPTY_ROOT: Hash = Hash::new([
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
]);

/// A complete subtree: the 2^`level` leaves from `index` * 2^`level` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subtree {
    /// Its height; a leaf has 0.
    pub level: u8,
    /// Its number among the subtrees of this height, from the left.
    pub index: u64,
}

/// SHA-256(0x00 ‖ `leaf`).
#[must_use]
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    sha256_of(&[&[0], leaf])
}

/// SHA-256(0x01 ‖ `left` ‖ `right`).
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    sha256_of(&[&[1], left.as_bytes(), right.as_bytes()])
}

/// The root of the tree over these leaf hashes.
#[must_use]
pub fn root_of(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => EMPTY_ROOT,
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(left_size(leaves.len() as u64) as usize);
            node_hash(&root_of(left), &root_of(right))
        }
    }
}

/// The number of leaves in the left half of a tree with `size` leaves: the largest power of two below `size`.
/// `size` is 2 or more.
pub(super) fn left_size(size: u64) -> u64 {
    1 << (u64::BITS - 1 - (size - 1).leading_zeros())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sha256;

    #[test]
    fn prefixes_and_the_empty_tree_are_those_of_rfc_6962() {
        assert_eq!(root_of(&[]), sha256(b""));
        assert_eq!(EMPTY_ROOT, sha256(b""));
        assert_eq!(leaf_hash(b"ab"), sha256(b"\0ab"));
        let (a, b) = (sha256(b"a"), sha256(b"b"));
        assert_eq!(
            node_hash(&a, &b),
            sha256(&[&[1], a.as_ref(), b.as_ref()].concat())
        );
        assert_eq!(root_of(&[a, b]), node_hash(&a, &b));
        assert_eq!(root_of(&[a, b, a]), node_hash(&node_hash(&a, &b), &a));
    }

    #[test]
    fn the_left_half_is_the_largest_power_of_two_below() {
        for (size, left) in [
            (2, 1),
            (3, 2),
            (4, 2),
            (5, 4),
            (8, 4),
            (9, 8),
            (u64::MAX, 1 << 63),
        ] {
            assert_eq!(left_size(size), left, "{size}");
        }
    }
}
