//! Nodes with 16 children: four levels of the binary tree in one.

use thiserror::Error;

use super::{EMPTY_STATE_ROOT, NibblePath, StateKey, inner_node_hash, leaf_node_hash};
use crate::Hash;
use crate::codec::Reader;

/// A stored node of the state tree: what lies below each of the 16 nibbles that follow its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NibbleNode {
    slots: [Slot; 16],
}

/// What lies below one nibble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// Nothing.
    Empty,
    /// A single key.
    Leaf {
        /// The key.
        key: StateKey,
        /// The digest of its value.
        value_hash: Hash,
    },
    /// Two keys or more, in a separate node with this hash.
    Inner(Hash),
}

/// What a subtree of the binary tree is, seen from above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Summary {
    /// It holds no key.
    Empty,
    /// One key. The hash is that of its leaf.
    Leaf(Hash),
    /// It holds two keys or more. The hash over its halves.
    Inner(Hash),
}

/// The subtrees of the binary tree in a node: the node, its halves, and so on down to its children.
pub(super) struct Levels {
    pub(super) whole: Summary,
    pub(super) two: [Summary; 2],
    pub(super) four: [Summary; 4],
    pub(super) eight: [Summary; 8],
    pub(super) sixteen: [Summary; 16],
}

/// The bytes are not a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a node of the state tree")]
pub struct InvalidNode;

impl NibbleNode {
    /// The node without children: the root of the empty tree, and what new nodes start from.
    pub const EMPTY: NibbleNode = NibbleNode {
        slots: [Slot::Empty; 16],
    };

    /// The 16 children, by nibble.
    #[must_use]
    pub fn slots(&self) -> &[Slot; 16] {
        &self.slots
    }

    /// What this node is, seen from its parent. The hash of an inner node is the one its parent holds.
    #[must_use]
    pub fn summary(&self) -> Summary {
        self.levels().whole
    }

    /// What all its parts are. This is where the hashing is done.
    pub(super) fn levels(&self) -> Levels {
        let sixteen = self.summaries();
        let eight = fold(sixteen);
        let four = fold(eight);
        let two = fold(four);
        let [whole] = fold(two);
        Levels {
            whole,
            two,
            four,
            eight,
            sixteen,
        }
    }

    /// Two bitmaps of two bytes, then the children in order.
    ///
    /// Bit `n` (the lowest is 0) of the first bitmap marks child `n` as a leaf, of the second as a node. A
    /// leaf is its key and the digest of its value, 64 bytes; a node is its hash, 32 bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let (mut leaves, mut inner) = (0_u16, 0_u16);
        let mut children = Vec::new();
        for (at, slot) in self.slots.iter().enumerate() {
            match slot {
                Slot::Empty => {}
                Slot::Leaf { key, value_hash } => {
                    leaves |= 1 << at;
                    children.extend_from_slice(key.as_bytes());
                    children.extend_from_slice(value_hash.as_bytes());
                }
                Slot::Inner(hash) => {
                    inner |= 1 << at;
                    children.extend_from_slice(hash.as_bytes());
                }
            }
        }
        [
            leaves.to_be_bytes().as_slice(),
            &inner.to_be_bytes(),
            &children,
        ]
        .concat()
    }

    /// Reads what [`NibbleNode::encode`] writes, and nothing else.
    ///
    /// # Errors
    ///
    /// [`InvalidNode`] for anything else.
    pub fn decode(bytes: &[u8]) -> Result<NibbleNode, InvalidNode> {
        let mut r = Reader::new(bytes);
        let leaves = r.u16().map_err(|_| InvalidNode)?;
        let inner = r.u16().map_err(|_| InvalidNode)?;
        if leaves & inner != 0 {
            return Err(InvalidNode);
        }
        let mut node = NibbleNode::EMPTY;
        for (at, slot) in node.slots.iter_mut().enumerate() {
            if leaves >> at & 1 == 1 {
                let key = r.array().map_err(|_| InvalidNode)?.into();
                *slot = Slot::Leaf {
                    key,
                    value_hash: r.hash().map_err(|_| InvalidNode)?,
                };
            } else if inner >> at & 1 == 1 {
                *slot = Slot::Inner(r.hash().map_err(|_| InvalidNode)?);
            }
        }
        r.end().map_err(|_| InvalidNode)?;
        Ok(node)
    }

    /// The child that follows `nibble`, which is below 16.
    pub(super) fn slot(&self, nibble: u8) -> &Slot {
        &self.slots[usize::from(nibble & 0x0f)]
    }

    pub(super) fn slot_mut(&mut self, nibble: u8) -> &mut Slot {
        &mut self.slots[usize::from(nibble & 0x0f)]
    }

    /// Whether every leaf is at the place of its key. The hash of a node does not prove it: where a half of it holds
    /// one leaf alone, the half has that leaf's hash whatever its slot.
    pub(super) fn has_leaves_in_place(&self, path: &NibblePath) -> bool {
        self.slots.iter().enumerate().all(|(at, slot)| match slot {
            Slot::Leaf { key, .. } => path.leads_to(at, key),
            Slot::Empty | Slot::Inner(_) => true,
        })
    }

    /// The summaries of the children.
    fn summaries(&self) -> [Summary; 16] {
        self.slots.map(|slot| match slot {
            Slot::Empty => Summary::Empty,
            Slot::Leaf { key, value_hash } => Summary::Leaf(leaf_node_hash(&key, &value_hash)),
            Slot::Inner(hash) => Summary::Inner(hash),
        })
    }
}

impl Summary {
    /// The hash that enters the node above, or that is the root.
    #[must_use]
    pub fn hash(&self) -> Hash {
        match self {
            Summary::Empty => EMPTY_STATE_ROOT,
            Summary::Leaf(hash) | Summary::Inner(hash) => *hash,
        }
    }

    /// The subtree with these halves. A half that holds the only leaf is the whole.
    pub(super) fn join(left: Summary, right: Summary) -> Summary {
        match (left, right) {
            (Summary::Empty, Summary::Empty) => Summary::Empty,
            (Summary::Leaf(leaf), Summary::Empty) | (Summary::Empty, Summary::Leaf(leaf)) => {
                Summary::Leaf(leaf)
            }
            (left, right) => Summary::Inner(inner_node_hash(&left.hash(), &right.hash())),
        }
    }
}

/// One level up: the halves joined in pairs.
fn fold<const N: usize, const HALF: usize>(below: [Summary; N]) -> [Summary; HALF] {
    const { assert!(N == 2 * HALF) };
    std::array::from_fn(|at| Summary::join(below[2 * at], below[2 * at + 1]))
}
