//! A change of the log's own keys.

use super::error::InField;
use super::genesis::{check_key, check_keys, read_key, write_key};
use super::{InvalidLeaf, LogKey};
use crate::NetworkId;
use crate::codec::{FieldProblem, Reader, Writer};

/// From here on other keys sign the log's checkpoints.
///
/// The checkpoint of its batch carries the signatures of both, the key that leaves first, so that a verifier that knows
/// either one can follow. Later checkpoints are signed by the new keys alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRotation {
    /// The network it belongs to.
    pub network_id: NetworkId,
    /// The writer's time in milliseconds since 1970-01-01 UTC; never decreases within a log.
    pub time_ms: u64,
    /// The public keys that sign for this log from now on: 1 to 16, without the one that leaves.
    pub log_keys: Vec<LogKey>,
    /// The key that leaves.
    pub previous_key: LogKey,
}

impl KeyRotation {
    pub(super) fn write(&self, w: &mut Writer) {
        w.field(self.network_id.as_bytes());
        w.field(&self.time_ms.to_be_bytes());
        w.list(&self.log_keys, write_key);
        w.nested(|w| write_key(w, &self.previous_key));
    }

    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self, InvalidLeaf> {
        let leaf = Self {
            network_id: r.network_id_field().in_field("network_id")?,
            time_ms: r.u64_field().in_field("time_ms")?,
            log_keys: r.list(read_key).in_field("log_keys")?,
            previous_key: r.nested(read_key).in_field("previous_key")?,
        };
        leaf.check()?;
        Ok(leaf)
    }

    pub(super) fn check(&self) -> Result<(), InvalidLeaf> {
        check_keys(&self.log_keys).in_field("log_keys")?;
        check_key(&self.previous_key).in_field("previous_key")?;
        if self.log_keys.contains(&self.previous_key) {
            return Err(FieldProblem::Contradiction).in_field("previous_key");
        }
        Ok(())
    }
}
