//! Reading and changing the tree of states over stored nodes.

use thiserror::Error;

use super::node::Levels;
use super::{EMPTY_STATE_ROOT, NibbleNode, NibblePath, Slot, StateKey, StateProof, Summary};
use crate::Hash;

/// A tree of states, known by its root.
///
/// Its nodes lie elsewhere and are fetched through a function. Every fetched node is checked against the hash that its
/// parent holds, up to the root, so that no damaged or outdated node goes unnoticed: an answer is right for this root
/// or an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateTree {
    root: Hash,
}

/// A changed tree and the nodes that make it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateUpdate {
    /// The tree after the changes.
    pub tree: StateTree,
    /// Every node that is new or changed, each once, in ascending order of their paths. They replace stored ones of the
    /// same paths; all other stored nodes stay.
    pub nodes: Vec<(NibblePath, NibbleNode)>,
}

/// The tree cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StateTreeError<E> {
    /// A node could not be fetched.
    #[error("a node of the state tree could not be read")]
    Source(#[source] E),
    /// A node is missing or is not the one that the root commits to: rebuild the stored nodes from the log.
    #[error(
        "the stored node at `{path}` of the state tree is missing or damaged: rebuild the index from the log"
    )]
    Corrupt {
        /// The position of the node.
        path: NibblePath,
    },
}

impl Default for StateTree {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl StateTree {
    /// The tree without keys.
    pub const EMPTY: StateTree = StateTree {
        root: EMPTY_STATE_ROOT,
    };

    /// The tree with this root.
    #[must_use]
    pub const fn new(root: Hash) -> Self {
        Self { root }
    }

    /// Its root.
    #[must_use]
    pub const fn root(&self) -> Hash {
        self.root
    }

    /// The digest of a key's value; `None` if the tree does not hold the key.
    ///
    /// # Errors
    ///
    /// [`StateTreeError`] if a node on the way is damaged or `load` fails.
    pub fn lookup<E>(
        &self,
        key: &StateKey,
        mut load: impl FnMut(&NibblePath) -> Result<Option<NibbleNode>, E>,
    ) -> Result<Option<Hash>, StateTreeError<E>> {
        let mut path = NibblePath::ROOT;
        let mut node = load_root(self.root, &mut load)?.node;
        loop {
            let nibble = key.nibble(path.depth());
            match *node.slot(nibble) {
                Slot::Empty => return Ok(None),
                Slot::Leaf {
                    key: found,
                    value_hash,
                } => return Ok((found == *key).then_some(value_hash)),
                Slot::Inner(hash) => {
                    path = deeper(&path, nibble)?;
                    node = load_inner(&path, hash, &mut load)?.node;
                }
            }
        }
    }

    /// The proof of what the tree holds under a key, be it a value or nothing.
    ///
    /// # Errors
    ///
    /// [`StateTreeError`] if a node on the way is damaged or `load` fails.
    pub fn prove<E>(
        &self,
        key: &StateKey,
        mut load: impl FnMut(&NibblePath) -> Result<Option<NibbleNode>, E>,
    ) -> Result<StateProof, StateTreeError<E>> {
        let mut path = NibblePath::ROOT;
        let mut at = load_root(self.root, &mut load)?;
        let mut siblings = Vec::new();
        loop {
            let nibble = key.nibble(path.depth());
            if let Some(end) = StateProof::descend(&at.node, &at.levels, nibble, &mut siblings) {
                return Ok(StateProof::assemble(siblings, end));
            }
            let Slot::Inner(hash) = *at.node.slot(nibble) else {
                return Err(StateTreeError::Corrupt { path });
            };
            path = deeper(&path, nibble)?;
            at = load_inner(&path, hash, &mut load)?;
        }
    }

    /// Sets the digests of the values of keys, be they there already or not. Of two changes of one key the later
    /// counts.
    ///
    /// Nodes that several changes pass are fetched and hashed once.
    ///
    /// # Errors
    ///
    /// [`StateTreeError`] if a node on the way is damaged or `load` fails.
    pub fn update<E>(
        &self,
        changes: &[(StateKey, Hash)],
        load: impl FnMut(&NibblePath) -> Result<Option<NibbleNode>, E>,
    ) -> Result<StateUpdate, StateTreeError<E>> {
        let changes = sorted(changes);
        if changes.is_empty() {
            return Ok(StateUpdate {
                tree: *self,
                nodes: Vec::new(),
            });
        }
        let mut update = Update {
            load,
            nodes: Vec::new(),
        };
        let root = load_root(self.root, &mut update.load)?.node;
        let summary = update.apply(NibblePath::ROOT, root, &changes)?;
        let mut nodes = update.nodes;
        nodes.sort_unstable_by_key(|(path, _)| *path);
        Ok(StateUpdate {
            tree: StateTree {
                root: summary.hash(),
            },
            nodes,
        })
    }
}

/// An update under way.
struct Update<L> {
    load: L,
    nodes: Vec<(NibblePath, NibbleNode)>,
}

impl<L> Update<L> {
    /// Applies changes below a node; they are sorted and there is at least one. Deepest: 64 calls within each other.
    fn apply<E>(
        &mut self,
        path: NibblePath,
        mut node: NibbleNode,
        changes: &[(StateKey, Hash)],
    ) -> Result<Summary, StateTreeError<E>>
    where
        L: FnMut(&NibblePath) -> Result<Option<NibbleNode>, E>,
    {
        let depth = path.depth();
        for group in changes.chunk_by(|(a, _), (b, _)| a.nibble(depth) == b.nibble(depth)) {
            let Some((key, _)) = group.first() else {
                continue;
            };
            let nibble = key.nibble(depth);
            let changed = self.apply_below(&path, nibble, *node.slot(nibble), group)?;
            *node.slot_mut(nibble) = changed;
        }
        let summary = node.summary();
        self.nodes.push((path, node));
        Ok(summary)
    }

    /// Applies changes that share the nibble after `path` to the slot there.
    fn apply_below<E>(
        &mut self,
        path: &NibblePath,
        nibble: u8,
        slot: Slot,
        group: &[(StateKey, Hash)],
    ) -> Result<Slot, StateTreeError<E>>
    where
        L: FnMut(&NibblePath) -> Result<Option<NibbleNode>, E>,
    {
        let alone = match (slot, group) {
            (Slot::Empty, [change]) => Some(change),
            (Slot::Leaf { key, .. }, [change]) if change.0 == key => Some(change),
            _ => None,
        };
        if let Some(&(key, value_hash)) = alone {
            return Ok(Slot::Leaf { key, value_hash });
        }
        let below = deeper(path, nibble)?;
        let mut child = NibbleNode::EMPTY;
        match slot {
            Slot::Empty => {}
            Slot::Leaf { key, .. } => *child.slot_mut(key.nibble(below.depth())) = slot,
            Slot::Inner(hash) => child = load_inner(&below, hash, &mut self.load)?.node,
        }
        match self.apply(below, child, group)? {
            Summary::Inner(hash) => Ok(Slot::Inner(hash)),
            // Two keys or more lie below, unless a node that was fetched did not belong there.
            Summary::Empty | Summary::Leaf(_) => Err(StateTreeError::Corrupt { path: below }),
        }
    }
}

/// Ascending, each key once with its last value.
fn sorted(changes: &[(StateKey, Hash)]) -> Vec<(StateKey, Hash)> {
    let mut sorted = changes.to_vec();
    sorted.reverse();
    sorted.sort_by_key(|(key, _)| *key);
    sorted.dedup_by_key(|(key, _)| *key);
    sorted
}

/// A node that is the one its parent names, and what its parts are.
struct Checked {
    node: NibbleNode,
    levels: Levels,
}

impl Checked {
    fn new(node: NibbleNode) -> Self {
        let levels = node.levels();
        Self { node, levels }
    }
}

fn load_root<E>(
    root: Hash,
    load: &mut impl FnMut(&NibblePath) -> Result<Option<NibbleNode>, E>,
) -> Result<Checked, StateTreeError<E>> {
    if root == EMPTY_STATE_ROOT {
        return Ok(Checked::new(NibbleNode::EMPTY));
    }
    fetch(&NibblePath::ROOT, load, |summary| summary.hash() == root)
}

fn load_inner<E>(
    path: &NibblePath,
    hash: Hash,
    load: &mut impl FnMut(&NibblePath) -> Result<Option<NibbleNode>, E>,
) -> Result<Checked, StateTreeError<E>> {
    fetch(path, load, |summary| summary == Summary::Inner(hash))
}

fn fetch<E>(
    path: &NibblePath,
    load: &mut impl FnMut(&NibblePath) -> Result<Option<NibbleNode>, E>,
    is_expected: impl FnOnce(Summary) -> bool,
) -> Result<Checked, StateTreeError<E>> {
    let node = load(path).map_err(StateTreeError::Source)?;
    node.filter(|node| node.has_leaves_in_place(path))
        .map(Checked::new)
        .filter(|checked| is_expected(checked.levels.whole))
        .ok_or(StateTreeError::Corrupt { path: *path })
}

fn deeper<E>(path: &NibblePath, nibble: u8) -> Result<NibblePath, StateTreeError<E>> {
    // Only a node that no tree has leads below the last nibble.
    let below = path.child(nibble);
    if below == *path {
        Err(StateTreeError::Corrupt { path: *path })
    } else {
        Ok(below)
    }
}
