//! Step 3, and the first half of a deactivation's step 5: a leaf is in the log of the checkpoint.

use super::parts::ProvenLeaf;
use super::reasons::{NoProof, ReceiptLeaf};
use crate::checkpoint::Checkpoint;
use crate::leaf::{Leaf, StateLeaf};
use crate::merkle::verify_inclusion;

pub(super) fn state_leaf(
    proven: &ProvenLeaf,
    checkpoint: &Checkpoint,
) -> Result<StateLeaf, NoProof> {
    match included(ReceiptLeaf::State, proven, checkpoint)? {
        Leaf::State(leaf) => Ok(leaf),
        _ => Err(NoProof::NotAStateLeaf),
    }
}

pub(super) fn included(
    which: ReceiptLeaf,
    proven: &ProvenLeaf,
    checkpoint: &Checkpoint,
) -> Result<Leaf, NoProof> {
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
