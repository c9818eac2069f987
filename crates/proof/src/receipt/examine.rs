//! All checks but the one of the checkpoint's signatures.

use super::authorisation;
use super::envelope::{Parts, ProvenLeaf};
use super::evidence::Shown;
use super::latest;
use super::reasons::{NoProof, Which};
use super::summary::Summary;
use crate::NetworkId;
use crate::checkpoint::Checkpoint;
use crate::leaf::{Leaf, StateLeaf};
use crate::merkle::verify_inclusion;

/// What the parts prove under a checkpoint.
pub(super) struct Found {
    pub(super) summary: Summary,
    pub(super) network_id: NetworkId,
    /// Log index of the leaf that makes the claim true: the deactivation, or the state leaf.
    pub(super) log_index: u64,
    /// That leaf's time, by the log's own clock.
    pub(super) time_ms: u64,
}

/// Checks the parts, in the order of `docs/receipts.md`.
pub(super) fn examine(parts: &Parts, checkpoint: &Checkpoint) -> Result<Found, NoProof> {
    let state = state_leaf(&parts.state, checkpoint)?;
    let shown = Shown::of(parts, parts.state.index, &state)?;
    match &parts.operation {
        Some(operation) => {
            let leaf = included(Which::Operation, operation, checkpoint)?;
            authorisation::check(parts, &state, &shown, operation.index, leaf)
        }
        None => latest::check(parts, &state, &shown, checkpoint),
    }
}

fn state_leaf(proven: &ProvenLeaf, checkpoint: &Checkpoint) -> Result<StateLeaf, NoProof> {
    match included(Which::State, proven, checkpoint)? {
        Leaf::State(leaf) => Ok(leaf),
        _ => Err(NoProof::NotAStateLeaf),
    }
}

fn included(which: Which, proven: &ProvenLeaf, checkpoint: &Checkpoint) -> Result<Leaf, NoProof> {
    verify_inclusion(
        &Leaf::hash_of(&proven.leaf),
        proven.index,
        checkpoint.size,
        &proven.path,
        &checkpoint.root,
    )
    .map_err(|reason| NoProof::NotIncluded { which, reason })?;
    Leaf::decode(&proven.leaf).map_err(|reason| NoProof::UnreadableLeaf { which, reason })
}
