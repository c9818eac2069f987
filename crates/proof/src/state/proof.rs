//! Proofs of what the tree of states holds under a key.

use thiserror::Error;

use super::node::Levels;
use super::{
    EMPTY_STATE_ROOT, NibbleNode, Slot, StateKey, Summary, inner_node_hash, leaf_node_hash,
};
use crate::Hash;
use crate::codec::{FieldProblem, Reader};

const MAX_SIBLINGS: usize = 256;
/// Most bytes of an encoded proof.
pub const MAX_STATE_PROOF_BYTES: usize = 1 + 64 + 2 + MAX_SIBLINGS / 8 + MAX_SIBLINGS * 32;

/// Proves what a tree contains under a key: the value, or that there is none.
///
/// The way of the key ends at a subtree that is empty or a single leaf. The proof is that end, and the hashes beside
/// the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateProof {
    /// From the end of the way up; at most 256.
    siblings: Vec<Hash>,
    terminal: Option<TerminalLeaf>,
}

/// The leaf at the end of a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminalLeaf {
    /// Its key; another than the one looked for if that one is absent.
    pub key: StateKey,
    /// The digest of its value.
    pub value_hash: Hash,
}

/// The proof proves nothing about this key under this root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidStateProof {
    /// The bytes are not a proof.
    #[error("the bytes are not a state proof: a part {0}")]
    Encoding(#[from] FieldProblem),
    /// It leads to another root.
    #[error("the state proof leads to another root")]
    OtherRoot,
    /// Its end does not lie on the way of the key.
    #[error("the state proof is one of another key")]
    OtherKey,
    /// The value differs from the expected one, or there is one where none should be, or the other way round.
    #[error("the state proof proves another value than the expected one")]
    OtherValue,
}

impl StateProof {
    /// What the tree with this root holds under `key`: the digest of its value, or `None` if nothing.
    ///
    /// # Errors
    ///
    /// [`InvalidStateProof`] if the proof is not one for this root and key.
    pub fn verify(&self, root: &Hash, key: &StateKey) -> Result<Option<Hash>, InvalidStateProof> {
        let depth = self.siblings.len();
        let (end, found) = match &self.terminal {
            None => (EMPTY_STATE_ROOT, None),
            Some(leaf) if leaf.key.common_bits(key) < depth => {
                return Err(InvalidStateProof::OtherKey);
            }
            Some(leaf) => (leaf_node_hash(&leaf.key, &leaf.value_hash), Some(leaf)),
        };
        let upwards = self.siblings.iter().zip((0..depth).rev());
        let reached = upwards.fold(end, |hash, (sibling, at)| match key.bit(at) {
            0 => inner_node_hash(&hash, sibling),
            _ => inner_node_hash(sibling, &hash),
        });
        if reached != *root {
            return Err(InvalidStateProof::OtherRoot);
        }
        Ok(found
            .filter(|leaf| leaf.key == *key)
            .map(|leaf| leaf.value_hash))
    }

    /// Checks that the tree holds exactly this value under `key`.
    ///
    /// # Errors
    ///
    /// [`InvalidStateProof`] if the proof does not hold.
    pub fn verify_inclusion(
        &self,
        root: &Hash,
        key: &StateKey,
        value_hash: &Hash,
    ) -> Result<(), InvalidStateProof> {
        let found = self.verify(root, key)?;
        if found == Some(*value_hash) {
            Ok(())
        } else {
            Err(InvalidStateProof::OtherValue)
        }
    }

    /// Checks that the tree holds nothing under `key`.
    ///
    /// # Errors
    ///
    /// [`InvalidStateProof`] if the proof does not hold.
    pub fn verify_exclusion(&self, root: &Hash, key: &StateKey) -> Result<(), InvalidStateProof> {
        let found = self.verify(root, key)?;
        if found.is_none() {
            Ok(())
        } else {
            Err(InvalidStateProof::OtherValue)
        }
    }

    /// The hashes beside the way, from its end up.
    #[must_use]
    pub fn siblings(&self) -> &[Hash] {
        &self.siblings
    }

    /// The leaf at the end of the way, if it is not an empty subtree.
    #[must_use]
    pub fn terminal(&self) -> Option<&TerminalLeaf> {
        self.terminal.as_ref()
    }

    /// The bytes of the proof; hashes of empty subtrees are left out.
    ///
    /// A byte 0 (empty end) or 1 followed by key and value hash; the number of siblings in two bytes; a bitmap with a
    /// bit for each, the first in the highest bit, set where the subtree is not empty; the hashes of these.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![u8::from(self.terminal.is_some())];
        if let Some(leaf) = &self.terminal {
            bytes.extend_from_slice(leaf.key.as_bytes());
            bytes.extend_from_slice(leaf.value_hash.as_bytes());
        }
        bytes.extend_from_slice(&(self.siblings.len() as u16).to_be_bytes());
        for eight in self.siblings.chunks(8) {
            let bits = eight
                .iter()
                .enumerate()
                .map(|(at, hash)| u8::from(*hash != EMPTY_STATE_ROOT) << (7 - at));
            bytes.push(bits.sum());
        }
        let present = self
            .siblings
            .iter()
            .filter(|hash| **hash != EMPTY_STATE_ROOT);
        present.for_each(|hash| bytes.extend_from_slice(hash.as_bytes()));
        bytes
    }

    /// Reads what [`StateProof::encode`] writes, and nothing else.
    ///
    /// # Errors
    ///
    /// [`InvalidStateProof::Encoding`] for anything else.
    pub fn decode(bytes: &[u8]) -> Result<StateProof, InvalidStateProof> {
        let mut r = Reader::new(bytes);
        let terminal = match r.u8()? {
            0 => None,
            1 => Some(TerminalLeaf {
                key: r.array()?.into(),
                value_hash: r.hash()?,
            }),
            _ => return Err(FieldProblem::UnknownValue.into()),
        };
        let count = usize::from(r.u16()?);
        if count > MAX_SIBLINGS {
            return Err(FieldProblem::InvalidLength.into());
        }
        let bitmap = r.raw(count.div_ceil(8))?;
        let is_set = |at: usize| {
            bitmap
                .get(at / 8)
                .is_some_and(|byte| byte >> (7 - at % 8) & 1 == 1)
        };
        if (count..bitmap.len() * 8).any(is_set) {
            return Err(FieldProblem::UnknownValue.into());
        }
        let mut siblings = Vec::with_capacity(count);
        for at in 0..count {
            let hash = if is_set(at) {
                r.hash()?
            } else {
                EMPTY_STATE_ROOT
            };
            if is_set(at) && hash == EMPTY_STATE_ROOT {
                return Err(FieldProblem::UnknownValue.into());
            }
            siblings.push(hash);
        }
        r.end()?;
        Ok(StateProof { siblings, terminal })
    }

    pub(super) fn assemble(mut from_the_root: Vec<Hash>, terminal: Option<TerminalLeaf>) -> Self {
        from_the_root.reverse();
        Self {
            siblings: from_the_root,
            terminal,
        }
    }

    /// Goes down the four levels of a node towards `nibble`, adding the siblings passed. The end of the way, if it lies
    /// in this node.
    pub(super) fn descend(
        node: &NibbleNode,
        levels: &Levels,
        nibble: u8,
        siblings: &mut Vec<Hash>,
    ) -> Option<Option<TerminalLeaf>> {
        let whole = std::slice::from_ref(&levels.whole);
        let levels: [&[Summary]; 5] = [
            whole,
            &levels.two,
            &levels.four,
            &levels.eight,
            &levels.sixteen,
        ];
        for (level, summaries) in levels.into_iter().enumerate() {
            let at = usize::from(nibble) >> (4 - level);
            if let Some(sibling) = summaries.get(at ^ 1).filter(|_| level > 0) {
                siblings.push(sibling.hash());
            }
            match summaries.get(at) {
                None | Some(Summary::Empty) => return Some(None),
                Some(Summary::Leaf(_)) => return Some(only_leaf(node, at, 4 - level)),
                Some(Summary::Inner(_)) => {}
            }
        }
        None
    }
}

/// The one leaf among the `2^height` children of a node from `at` * `2^height` on.
fn only_leaf(node: &NibbleNode, at: usize, height: usize) -> Option<TerminalLeaf> {
    node.slots()
        .iter()
        .skip(at << height)
        .take(1 << height)
        .find_map(|slot| match *slot {
            Slot::Leaf { key, value_hash } => Some(TerminalLeaf { key, value_hash }),
            Slot::Empty | Slot::Inner(_) => None,
        })
}
