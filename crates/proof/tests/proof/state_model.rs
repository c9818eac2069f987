//! Stored nodes in memory, and the `jmt` crate as an independent implementation of the same tree.

use std::collections::HashMap;
use std::convert::Infallible;

use jmt::storage::{LeafNode, Node, NodeKey, TreeReader};
use jmt::{JellyfishMerkleTree, KeyHash, OwnedValue, SimpleHasher, Version};
use proof::Hash;
use proof::state::{NibbleNode, NibblePath, StateKey, StateProof, StateTree, StateTreeError};
use sha2::{Digest, Sha256};

/// Our tree with its stored nodes, as bytes.
#[derive(Default, Clone)]
pub struct Stored {
    pub tree: StateTree,
    pub nodes: HashMap<NibblePath, Vec<u8>>,
}

impl Stored {
    pub fn load(&self, path: &NibblePath) -> Result<Option<NibbleNode>, Infallible> {
        // A node that cannot be decoded is as good as missing.
        Ok(self
            .nodes
            .get(path)
            .and_then(|bytes| NibbleNode::decode(bytes).ok()))
    }

    /// Applies a batch and returns the number of nodes written.
    pub fn update(&mut self, changes: &[(StateKey, Hash)]) -> usize {
        let update = self.tree.update(changes, |path| self.load(path)).unwrap();
        let written = update.nodes.len();
        self.tree = update.tree;
        self.nodes.extend(
            update
                .nodes
                .into_iter()
                .map(|(path, node)| (path, node.encode())),
        );
        written
    }

    pub fn lookup(&self, key: &StateKey) -> Result<Option<Hash>, StateTreeError<Infallible>> {
        self.tree.lookup(key, |path| self.load(path))
    }

    pub fn prove(&self, key: &StateKey) -> Result<StateProof, StateTreeError<Infallible>> {
        self.tree.prove(key, |path| self.load(path))
    }
}

/// The same tree, kept by the oracle.
#[derive(Default)]
pub struct Oracle {
    store: OracleStore,
    version: Version,
}

#[derive(Default)]
struct OracleStore {
    nodes: HashMap<NodeKey, Node>,
    values: HashMap<KeyHash, OwnedValue>,
}

struct OracleHasher(Sha256);

impl Oracle {
    /// Applies a batch of values and returns the root.
    pub fn update(&mut self, changes: &[(StateKey, Vec<u8>)]) -> Hash {
        let changes = changes
            .iter()
            .map(|(key, value)| (KeyHash(*key.as_bytes()), Some(value.clone())));
        let tree = JellyfishMerkleTree::<_, OracleHasher>::new(&self.store);
        let (root, batch) = tree.put_value_set(changes, self.version).unwrap();
        self.version += 1;
        self.store.nodes.extend(
            batch
                .node_batch
                .nodes()
                .iter()
                .map(|(key, node)| (key.clone(), node.clone())),
        );
        for ((_, key), value) in batch.node_batch.values() {
            self.store.values.insert(*key, value.clone().unwrap());
        }
        Hash::from(root.0)
    }
}

impl TreeReader for OracleStore {
    fn get_node_option(&self, key: &NodeKey) -> anyhow::Result<Option<Node>> {
        Ok(self.nodes.get(key).cloned())
    }

    fn get_value_option(&self, _: Version, key: KeyHash) -> anyhow::Result<Option<OwnedValue>> {
        Ok(self.values.get(&key).cloned())
    }

    fn get_rightmost_leaf(&self) -> anyhow::Result<Option<(NodeKey, LeafNode)>> {
        Ok(None)
    }
}

impl SimpleHasher for OracleHasher {
    fn new() -> Self {
        Self(<Sha256 as Digest>::new())
    }

    fn update(&mut self, data: &[u8]) {
        Digest::update(&mut self.0, data);
    }

    fn finalize(self) -> [u8; 32] {
        Digest::finalize(self.0).into()
    }
}
