//! The state that the leaves of the log lead to, one leaf after the other.
//!
//! The writer and every kind of replay (start, rebuild, verify) go through the same functions, so that what was written
//! and what is read back cannot drift apart.

mod evidence;
mod head;
mod nodes;
mod resources;
mod transitions;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use did::{Document, other_signers};
use proof::Hash;
use proof::leaf::{Leaf, LeafReference, OperationLeaf, OtherHead, StateLeaf, VersionKind};
use proof::merkle::{Frontier, Subtree};
use proof::state::{StateKey, StateProof, StateTree, StateTreeError};
use thiserror::Error;

use crate::guard::GuardedHead;
use crate::identity::Identity;
use crate::index::{
    BatchChanges, DidChange, EntryRecord, FrameRecord, HeadRecord, IndexError, IndexPosition, Named,
};
use crate::log::{LeafLocation, Position};
use crate::other_heads;
use crate::reader::{ReadError, Reader};
use crate::signers::{Signers, UnsignableHead};
use head::next_head;
use nodes::Nodes;

/// Until the frame of an entry is written, its location is unknown.
const NOWHERE: LeafLocation = LeafLocation {
    segment: 0,
    offset: 0,
    length: 0,
};

/// Why a leaf does not follow from the leaves before it, or cannot be checked.
#[derive(Debug, Error)]
pub(crate) enum TipError {
    #[error("entry {index} of the log does not follow from the ones before it: {reason}")]
    Broken { index: u64, reason: &'static str },
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("the state tree in the index is damaged")]
    Tree(#[source] StateTreeError<IndexError>),
}

impl TipError {
    /// Whether the index is at fault: rebuilding it helps then.
    pub(crate) fn blames_index(&self) -> bool {
        matches!(
            self,
            Self::Index(_) | Self::Tree(_) | Self::Read(ReadError::Index(_))
        )
    }
}

/// The end of the log as memory knows it, and the batch under way.
pub(crate) struct Tip {
    identity: Identity,
    reader: Reader,
    frontier: Frontier,
    tree: StateTree,
    nodes: Nodes,
    last_state_index: Option<u64>,
    dids: u64,
    time_ms: u64,
    /// As the newest state leaf has them.
    other_heads: Vec<OtherHead>,
    batch: Batch,
    /// Heads that were proven since the last batch. Every operation needs the same ones several times.
    proven: HashMap<StateKey, Option<HeadRecord>>,
    /// What proved them, as long as the tree stays the same.
    proofs: HashMap<StateKey, StateProof>,
}

#[derive(Default)]
struct Batch {
    first_index: u64,
    dids: HashMap<StateKey, DidChange>,
    /// Those of them whose head moved. A resource leaves it where it is.
    moved: HashSet<StateKey>,
    /// Signers besides the subject that documents name.
    named: Vec<Named>,
    /// Operations and resources since the last state leaf, and what they changed in the tree.
    operations: u32,
    changed: Vec<StateKey>,
    /// Imported leaves, as the older log names them: the newest of each DID.
    imported: HashMap<StateKey, LeafReference>,
    /// A DID with imported operations that count only together with its deactivation.
    until_its_end: Option<StateKey>,
    /// What the leaves so far complete in the log's tree.
    subtrees: Vec<(Subtree, Hash)>,
}

impl Tip {
    /// The tip at the position of the index; at the very start when it is empty.
    pub(crate) fn resume(identity: Identity, reader: Reader) -> Result<Self, TipError> {
        let mut tip = Self {
            identity,
            reader,
            frontier: Frontier::new(),
            tree: StateTree::EMPTY,
            nodes: Nodes::default(),
            last_state_index: None,
            dids: 0,
            time_ms: 0,
            other_heads: Vec::new(),
            batch: Batch::default(),
            proven: HashMap::new(),
            proofs: HashMap::new(),
        };
        if let Some(position) = tip.reader.index.position()? {
            let damaged = IndexError::Damaged { table: "position" };
            let Ok(frontier) = Frontier::decode(&position.frontier) else {
                return Err(damaged.into());
            };
            tip.frontier = frontier;
            tip.tree = StateTree::new(position.state_root);
            tip.last_state_index = Some(position.last_state_index);
            tip.dids = position.dids;
            tip.time_ms = position.time_ms;
            tip.other_heads = position.other_heads;
            let identity = tip.identity.clone().with_lineage(&position.lineage);
            tip.identity = identity.ok_or(damaged)?;
        }
        tip.batch.first_index = tip.frontier.size();
        Ok(tip)
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Number of leaves, those of the batch under way included.
    pub(crate) fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Root over them.
    pub(crate) fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// Time of the newest leaf.
    pub(crate) fn time_ms(&self) -> u64 {
        self.time_ms
    }

    /// Log index of the newest state leaf.
    pub(crate) fn last_state_index(&self) -> u64 {
        self.last_state_index.unwrap_or(0)
    }

    /// Heads of other logs, as the newest state leaf has them.
    pub(crate) fn other_heads(&self) -> &[OtherHead] {
        &self.other_heads
    }

    /// Whether operations wait for their state leaf.
    pub(crate) fn needs_state_leaf(&self) -> bool {
        self.batch.operations > 0
    }

    /// Whether the batch under way moves the head of this DID.
    pub(crate) fn batch_changes(&self, key: &StateKey) -> bool {
        self.batch.moved.contains(key)
    }

    /// The newest head of a DID, or the certainty that there is none: the index is trusted only with a
    /// proof against the root in memory.
    pub(crate) fn proven_head(&mut self, key: &StateKey) -> Result<Option<HeadRecord>, TipError> {
        if let Some(change) = self.batch.dids.get(key) {
            return Ok(Some(change.head.clone()));
        }
        if let Some(head) = self.proven.get(key) {
            return Ok(head.clone());
        }
        let head = self.reader.head(key)?;
        let proof = self.prove(key)?;
        if value_in(proof, key) != head.as_ref().map(|head| head.value.hash()) {
            return Err(IndexError::Damaged { table: "dids" }.into());
        }
        self.proven.insert(*key, head.clone());
        Ok(head)
    }

    /// The proof of what the state tree holds under a key, as of the newest state leaf.
    fn prove(&mut self, key: &StateKey) -> Result<&StateProof, TipError> {
        let nodes = &mut self.nodes;
        let index = &self.reader.index;
        match self.proofs.entry(*key) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(place) => {
                let load = |path: &_| nodes.load(path, index);
                let proof = self.tree.prove(key, load).map_err(TipError::Tree)?;
                Ok(place.insert(proof))
            }
        }
    }

    /// Appends an operation. `bytes` is its encoded leaf, `document` the one it carries.
    pub(crate) fn operation(
        &mut self,
        leaf: &OperationLeaf,
        bytes: &[u8],
        version_id: &str,
        document: Option<&Document>,
    ) -> Result<(), TipError> {
        let index = self.size();
        let broken = |reason| Err(TipError::Broken { index, reason });
        let key = StateKey::of(&self.identity.network_id, &leaf.did);
        let prior = self.proven_head(&key)?;
        if leaf.network_id != self.identity.network_id {
            return broken("it belongs to another network");
        }
        if leaf.time_ms < self.time_ms {
            return broken("its time is before that of the entry before it");
        }
        if leaf.judged_under != self.last_state_index() {
            return broken("it was not judged under the newest state");
        }
        if leaf.sequence != prior.as_ref().map_or(1, |head| head.value.sequence + 1)
            || leaf.previous != prior.as_ref().map(reference)
        {
            return broken("it does not name its DID's operation before it");
        }
        let entry = EntryRecord {
            index,
            place: NOWHERE,
            leaf_hash: Leaf::hash_of(bytes),
        };
        let Some(head) = next_head(leaf, entry, version_id, document, prior.as_ref(), self.dids)
        else {
            return broken("its payload does not fit its kind");
        };
        let evidence = match leaf.kind {
            VersionKind::Create | VersionKind::Update => None,
            VersionKind::Deactivate => Some(Arc::new(self.evidence(leaf, entry)?)),
        };
        self.dids += u64::from(prior.is_none());
        self.name(&leaf.did, key, document);
        self.time_ms = leaf.time_ms;
        self.append(entry.leaf_hash);
        self.batch.operations += 1;
        self.batch.changed.push(key);
        self.batch.moved.insert(key);
        let version = head.latest.clone();
        match self.batch.dids.get_mut(&key) {
            Some(change) => {
                change.head = head;
                change.versions.push(version);
                change.evidence = evidence;
            }
            None => {
                self.batch.dids.insert(
                    key,
                    DidChange {
                        key,
                        head,
                        versions: vec![version],
                        evidence,
                        resources: Vec::new(),
                    },
                );
            }
        }
        Ok(())
    }

    /// Notes which DIDs a document names as signers besides its own.
    fn name(&mut self, did: &str, subject: StateKey, document: Option<&Document>) {
        let others = document.map(other_signers).unwrap_or_default();
        self.batch.named.extend(others.iter().map(|other| Named {
            signer: StateKey::of(&self.identity.network_id, other.as_str()),
            subject,
            did: did.to_owned(),
        }));
    }

    /// The signed head of the log whose last frame ends at `position`.
    pub(crate) fn signed_head(
        &self,
        position: Position,
        signers: &Signers,
    ) -> Result<GuardedHead, UnsignableHead> {
        let checkpoint = signers.sign(&self.identity, self.size(), self.root())?;
        Ok(self.head(position, checkpoint))
    }

    /// The head of the log whose last frame ends at `position`, with its checkpoint.
    pub(crate) fn head(&self, position: Position, checkpoint: String) -> GuardedHead {
        GuardedHead::new(
            &self.identity,
            self.size(),
            self.root(),
            position,
            checkpoint,
        )
    }

    /// The first state leaf of a log: no DIDs.
    pub(crate) fn empty_state_leaf(identity: &Identity, time_ms: u64) -> StateLeaf {
        StateLeaf {
            network_id: identity.network_id,
            state_root: StateTree::EMPTY.root(),
            previous_state: None,
            first_operation: 1,
            operations: 0,
            dids: 0,
            time_ms,
            parameters_hash: identity.parameters_hash,
            other_heads: Vec::new(),
        }
    }

    /// Brings the state tree up to the operations so far, and returns the state leaf.
    pub(crate) fn state_leaf(
        &mut self,
        time_ms: u64,
        other_heads: Vec<OtherHead>,
    ) -> Result<StateLeaf, TipError> {
        let values: Vec<(StateKey, Hash)> = std::mem::take(&mut self.batch.changed)
            .into_iter()
            .filter_map(|key| Some((key, self.batch.dids.get(&key)?.head.value.hash())))
            .collect();
        let nodes = &mut self.nodes;
        let index = &self.reader.index;
        let update = self
            .tree
            .update(&values, |path| nodes.load(path, index))
            .map_err(TipError::Tree)?;
        self.nodes.change(update.nodes);
        self.tree = update.tree;
        self.proofs.clear();
        Ok(StateLeaf {
            network_id: self.identity.network_id,
            state_root: self.tree.root(),
            previous_state: self.last_state_index,
            first_operation: self.size() - u64::from(self.batch.operations),
            operations: self.batch.operations,
            dids: self.dids,
            time_ms,
            parameters_hash: self.identity.parameters_hash,
            other_heads,
        })
    }

    /// Appends a state leaf.
    pub(crate) fn state(&mut self, leaf: &StateLeaf, bytes: &[u8]) -> Result<(), TipError> {
        let index = self.size();
        if leaf.time_ms < self.time_ms {
            return Err(TipError::Broken {
                index,
                reason: "its time is before that of the entry before it",
            });
        }
        if let Some(reason) = other_heads::break_between(&self.other_heads, &leaf.other_heads) {
            return Err(TipError::Broken { index, reason });
        }
        self.other_heads.clone_from(&leaf.other_heads);
        self.time_ms = leaf.time_ms;
        self.last_state_index = Some(index);
        self.batch.operations = 0;
        self.append(Leaf::hash_of(bytes));
        Ok(())
    }

    /// Appends a leaf that changes no state.
    pub(crate) fn append(&mut self, leaf_hash: Hash) {
        let subtrees = &mut self.batch.subtrees;
        self.frontier
            .append_each(leaf_hash, |at, hash| subtrees.push((at, hash)));
    }

    /// Completes the batch: everything it changes, now that the places of its leaves are known. `checkpoint` is the
    /// signed one at its end, or empty where it is unknown.
    pub(crate) fn finish(
        &mut self,
        position: Position,
        places: &[LeafLocation],
        flushed: u64,
        checkpoint: String,
    ) -> BatchChanges {
        let batch = std::mem::take(&mut self.batch);
        self.proven.clear();
        self.proofs.clear();
        self.batch.first_index = self.size();
        let put = |entry: &mut EntryRecord| {
            let offset = entry
                .index
                .checked_sub(batch.first_index)
                .and_then(|offset| usize::try_from(offset).ok());
            if let Some(place) = offset.and_then(|offset| places.get(offset)) {
                entry.place = *place;
            }
        };
        let mut dids: Vec<DidChange> = batch.dids.into_values().collect();
        for change in &mut dids {
            for version in change.versions.iter_mut().chain([&mut change.head.latest]) {
                put(&mut version.operation);
                put(&mut version.document);
            }
            for resource in &mut change.resources {
                put(&mut resource.entry);
            }
            if let Some(evidence) = &mut change.evidence {
                Arc::make_mut(evidence).entries_mut().for_each(put);
            }
        }
        let frame = FrameRecord {
            first_index: batch.first_index,
            segment: position.segment,
            start: position.frame_start,
            end: position.end,
        };
        let position = IndexPosition {
            network_id: self.identity.network_id,
            position,
            frontier: self.frontier.encode(),
            last_state_index: self.last_state_index(),
            state_root: self.tree.root(),
            dids: self.dids,
            time_ms: self.time_ms,
            other_heads: self.other_heads.clone(),
            lineage: self.identity.encode_lineage(),
        };
        let nodes = self.nodes.take_changed(position.position.sequence, flushed);
        BatchChanges {
            position,
            checkpoint,
            dids,
            named: batch.named,
            nodes,
            frame,
            subtrees: batch.subtrees,
        }
    }
}

/// Refers to a DID's newest operation.
pub(crate) fn reference(head: &HeadRecord) -> LeafReference {
    LeafReference {
        index: head.value.head_index,
        hash: head.value.head_hash,
    }
}

/// The digest of the value that a proof proves under its key. `None` if it proves that there is none.
fn value_in(proof: &StateProof, key: &StateKey) -> Option<Hash> {
    let end = proof.terminal().filter(|end| end.key == *key);
    end.map(|end| end.value_hash)
}
