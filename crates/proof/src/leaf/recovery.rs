//! How a log goes on after leaves of it were lost.

use super::error::InField;
use super::genesis::{
    check_keys, check_origin, read_key, read_predecessor, write_key, write_predecessor,
};
use super::{InvalidLeaf, LogKey, Predecessor, TreeHead};
use crate::NetworkId;
use crate::codec::{FieldProblem, Reader, Writer};

/// The end of one log and the beginning of another that keeps its first leaves.
///
/// The leaves before it are those of the older log, byte for byte. Checkpoints that cover it are of the new origin; a
/// DID whose latest operation lies before it is *unverified* until an import or a new operation of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// The network it belongs to.
    pub network_id: NetworkId,
    /// The writer's time in milliseconds since 1970-01-01 UTC; never decreases within a log.
    pub time_ms: u64,
    /// The name of the log from now on, another one than before.
    pub origin: String,
    /// The public keys that sign for this log from now on: 1 to 16.
    pub log_keys: Vec<LogKey>,
    /// The older log, and how much of it was kept: 1 leaf or more, as many as precede this one.
    pub predecessor: Predecessor,
    /// The newest head of the older log that is known to have been lost.
    pub known: Option<TreeHead>,
}

impl Recovery {
    pub(super) fn write(&self, w: &mut Writer) {
        w.field(self.network_id.as_bytes());
        w.field(&self.time_ms.to_be_bytes());
        w.field(self.origin.as_bytes());
        w.list(&self.log_keys, write_key);
        w.nested(|w| write_predecessor(w, &self.predecessor));
        w.option(self.known.as_ref(), |w, head| head.write(w));
    }

    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self, InvalidLeaf> {
        let leaf = Self {
            network_id: r.network_id_field().in_field("network_id")?,
            time_ms: r.u64_field().in_field("time_ms")?,
            origin: r.text_field().in_field("origin")?,
            log_keys: r.list(read_key).in_field("log_keys")?,
            predecessor: r.nested(read_predecessor).in_field("predecessor")?,
            known: r.option(TreeHead::read).in_field("known")?,
        };
        leaf.check()?;
        Ok(leaf)
    }

    pub(super) fn check(&self) -> Result<(), InvalidLeaf> {
        check_origin(&self.origin).in_field("origin")?;
        check_keys(&self.log_keys).in_field("log_keys")?;
        check_origin(&self.predecessor.origin).in_field("predecessor")?;
        // One name must not have two histories. A log keeps at least its genesis leaf.
        if self.predecessor.origin == self.origin || self.predecessor.size == 0 {
            return Err(FieldProblem::Contradiction).in_field("predecessor");
        }
        Ok(())
    }
}
