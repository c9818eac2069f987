//! The leaf that closes a batch.

use super::InvalidLeaf;
use super::error::InField;
use crate::codec::{
    FieldProblem, Reader, Writer, check_ascending, check_length, check_visible_ascii,
};
use crate::{Hash, NetworkId};

const MAX_OTHER_HEADS: usize = 32;
const MAX_NAME_BYTES: usize = 64;

/// The state after all operations before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateLeaf {
    /// The network it belongs to.
    pub network_id: NetworkId,
    /// The root of the state tree.
    pub state_root: Hash,
    /// Log index of the state leaf before this one; `None` for the first.
    pub previous_state: Option<u64>,
    /// Log index of the first operation since the previous state leaf; the index of the next one if there is
    /// none.
    pub first_operation: u64,
    /// Number of operations since the previous state leaf; they lie side by side.
    pub operations: u32,
    /// Number of DIDs in the state tree, deactivated ones included.
    pub dids: u64,
    /// The writer's time in milliseconds since 1970-01-01 UTC; never decreases within a log.
    pub time_ms: u64,
    /// The digest of the parameters in force.
    pub parameters_hash: Hash,
    /// Heads of other logs, in strictly ascending order of their names; at most 32.
    pub other_heads: Vec<OtherHead>,
}

/// The head of another log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherHead {
    /// The log's name, such as `audit`: 1 to 64 visible ASCII characters.
    pub name: String,
    /// Its number of leaves.
    pub size: u64,
    /// The root over these leaves.
    pub root: Hash,
}

impl StateLeaf {
    pub(super) fn write(&self, w: &mut Writer) {
        w.field(self.network_id.as_bytes());
        w.field(self.state_root.as_bytes());
        w.option(self.previous_state.as_ref(), |w, index| {
            w.raw(&index.to_be_bytes())
        });
        w.field(&self.first_operation.to_be_bytes());
        w.field(&self.operations.to_be_bytes());
        w.field(&self.dids.to_be_bytes());
        w.field(&self.time_ms.to_be_bytes());
        w.field(self.parameters_hash.as_bytes());
        w.list(&self.other_heads, |w, head| {
            w.field(head.name.as_bytes());
            w.raw(&head.size.to_be_bytes());
            w.raw(head.root.as_bytes());
        });
    }

    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self, InvalidLeaf> {
        let leaf = Self {
            network_id: r.network_id_field().in_field("network_id")?,
            state_root: r.hash_field().in_field("state_root")?,
            previous_state: r.option(Reader::u64).in_field("previous_state")?,
            first_operation: r.u64_field().in_field("first_operation")?,
            operations: r.u32_field().in_field("operations")?,
            dids: r.u64_field().in_field("dids")?,
            time_ms: r.u64_field().in_field("time_ms")?,
            parameters_hash: r.hash_field().in_field("parameters_hash")?,
            other_heads: r.list(read_head).in_field("other_heads")?,
        };
        leaf.check()?;
        Ok(leaf)
    }

    pub(super) fn check(&self) -> Result<(), InvalidLeaf> {
        // The operations lie after the previous state leaf; a leaf after them must still have an index.
        if self
            .previous_state
            .is_some_and(|index| index >= self.first_operation)
            || self
                .first_operation
                .checked_add(u64::from(self.operations))
                .is_none()
        {
            return Err(FieldProblem::Contradiction).in_field("first_operation");
        }
        check_length(self.other_heads.len(), 0..=MAX_OTHER_HEADS).in_field("other_heads")?;
        for head in &self.other_heads {
            check_visible_ascii(&head.name, MAX_NAME_BYTES).in_field("other_heads")?;
        }
        check_ascending(self.other_heads.iter().map(|head| &head.name)).in_field("other_heads")
    }
}

fn read_head(r: &mut Reader<'_>) -> Result<OtherHead, FieldProblem> {
    Ok(OtherHead {
        name: r.text_field()?,
        size: r.u64()?,
        root: r.hash()?,
    })
}
