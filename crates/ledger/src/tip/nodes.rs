//! Nodes of the state tree: those not yet in the index, and a bounded cache of the others.

use std::collections::{BTreeMap, HashMap};

use proof::state::{NibbleNode, NibblePath};

use crate::index::{Index, IndexError};

/// Nodes kept in memory; one is about a kilobyte.
const CACHED_MAX: usize = 16_384;
/// Nodes this near to the root are always needed and stay.
const KEPT_DEPTH: usize = 2;

#[derive(Default)]
pub(super) struct Nodes {
    cached: HashMap<NibblePath, Cached>,
    /// Of the batch under way.
    changed: BTreeMap<NibblePath, NibbleNode>,
}

struct Cached {
    node: NibbleNode,
    /// The batch that wrote it, after which the index has it; 0 for one that came from there.
    sequence: u64,
}

impl Nodes {
    /// The node at a path. The caller checks it against the hash in its parent.
    pub(super) fn load(
        &mut self,
        path: &NibblePath,
        index: &Index,
    ) -> Result<Option<NibbleNode>, IndexError> {
        if let Some(node) = self.changed.get(path) {
            return Ok(Some(node.clone()));
        }
        if let Some(cached) = self.cached.get(path) {
            return Ok(Some(cached.node.clone()));
        }
        let node = index.node(path)?;
        if let Some(node) = &node {
            self.cached.insert(
                *path,
                Cached {
                    node: node.clone(),
                    sequence: 0,
                },
            );
        }
        Ok(node)
    }

    pub(super) fn change(&mut self, nodes: Vec<(NibblePath, NibbleNode)>) {
        self.changed.extend(nodes);
    }

    /// The nodes that this batch changed. They stay cached until the index has them, which has all batches up to
    /// `flushed`.
    pub(super) fn take_changed(
        &mut self,
        sequence: u64,
        flushed: u64,
    ) -> Vec<(NibblePath, NibbleNode)> {
        let changed: Vec<_> = std::mem::take(&mut self.changed).into_iter().collect();
        let entries = changed.iter().map(|(path, node)| {
            (
                *path,
                Cached {
                    node: node.clone(),
                    sequence,
                },
            )
        });
        self.cached.extend(entries);
        if self.cached.len() > CACHED_MAX {
            self.cached
                .retain(|path, cached| cached.sequence > flushed || path.depth() <= KEPT_DEPTH);
        }
        changed
    }
}
