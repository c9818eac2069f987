//! The first leaf of a log.

use super::InvalidLeaf;
use super::error::InField;
use crate::codec::{
    FieldProblem, Reader, Writer, check_ascending, check_length, check_visible_ascii,
};
use crate::note::{MAX_NAME_BYTES, is_valid_name};
use crate::{Hash, NetworkId};

const MAX_LABEL_BYTES: usize = 64;
const MAX_KEYS: usize = 16;
const MAX_KEY_BYTES: usize = 4096;
const MAX_LIMITS: usize = 64;

/// What a log is: written once, as its first leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Genesis {
    /// The random identifier of the network.
    pub network_id: NetworkId,
    /// The namespace of the DIDs in this log, such as `testnet`: 1 to 64 visible ASCII characters.
    pub namespace: String,
    /// The unique name of the log: first line of its checkpoints and name of its keys (C2SP signed-note key name).
    pub origin: String,
    /// When the log was made, in milliseconds since 1970-01-01 UTC.
    pub created_ms: u64,
    /// The rule set that judges operations from the start (`docs/log-format.md`, "Rule sets").
    pub rule_set: u16,
    /// The public keys that sign for this log: 1 to 16.
    pub log_keys: Vec<LogKey>,
    /// Limits in force, in strictly ascending order of their names; at most 64.
    pub limits: Vec<Limit>,
    /// The log that this one continues.
    pub predecessor: Option<Predecessor>,
}

/// A public key of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogKey {
    /// The signature type byte of C2SP signed-note: 0x01 is Ed25519.
    pub algorithm: u8,
    /// The public key as its algorithm writes it: 1 to 4096 bytes; 32 for Ed25519.
    pub bytes: Vec<u8>,
}

/// A named number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// Its name, with the unit last: 1 to 64 visible ASCII characters.
    pub name: String,
    /// Its value in that unit.
    pub value: u64,
}

/// The last state of an older log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Predecessor {
    /// The older log's origin.
    pub origin: String,
    /// Its number of leaves.
    pub size: u64,
    /// The root over these leaves.
    pub root: Hash,
}

impl LogKey {
    /// The algorithm byte of an Ed25519 key (RFC 8032).
    pub const ED25519: u8 = 0x01;

    /// An Ed25519 key from its 32 bytes.
    #[must_use]
    pub fn ed25519(key: &[u8; 32]) -> Self {
        Self {
            algorithm: Self::ED25519,
            bytes: key.to_vec(),
        }
    }
}

impl Genesis {
    pub(super) fn write(&self, w: &mut Writer) {
        w.field(self.network_id.as_bytes());
        w.field(self.namespace.as_bytes());
        w.field(self.origin.as_bytes());
        w.field(&self.created_ms.to_be_bytes());
        w.field(&self.rule_set.to_be_bytes());
        w.list(&self.log_keys, write_key);
        w.list(&self.limits, |w, limit| {
            w.raw(&limit.value.to_be_bytes());
            w.raw(limit.name.as_bytes());
        });
        w.option(self.predecessor.as_ref(), write_predecessor);
    }

    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self, InvalidLeaf> {
        let leaf = Self {
            network_id: r.network_id_field().in_field("network_id")?,
            namespace: r.text_field().in_field("namespace")?,
            origin: r.text_field().in_field("origin")?,
            created_ms: r.u64_field().in_field("created_ms")?,
            rule_set: r.u16_field().in_field("rule_set")?,
            log_keys: r.list(read_key).in_field("log_keys")?,
            limits: r.list(read_limit).in_field("limits")?,
            predecessor: r.option(read_predecessor).in_field("predecessor")?,
        };
        leaf.check()?;
        Ok(leaf)
    }

    pub(super) fn check(&self) -> Result<(), InvalidLeaf> {
        check_visible_ascii(&self.namespace, MAX_LABEL_BYTES).in_field("namespace")?;
        check_origin(&self.origin).in_field("origin")?;
        check_keys(&self.log_keys).in_field("log_keys")?;
        check_length(self.limits.len(), 0..=MAX_LIMITS).in_field("limits")?;
        for limit in &self.limits {
            check_visible_ascii(&limit.name, MAX_LABEL_BYTES).in_field("limits")?;
        }
        check_ascending(self.limits.iter().map(|limit| &limit.name)).in_field("limits")?;
        self.predecessor
            .as_ref()
            .map_or(Ok(()), |log| check_origin(&log.origin))
            .in_field("predecessor")
    }
}

pub(super) fn write_key(w: &mut Writer, key: &LogKey) {
    w.raw(&[key.algorithm]);
    w.raw(&key.bytes);
}

pub(super) fn read_key(r: &mut Reader<'_>) -> Result<LogKey, FieldProblem> {
    Ok(LogKey {
        algorithm: r.u8()?,
        bytes: r.remainder().to_vec(),
    })
}

fn read_limit(r: &mut Reader<'_>) -> Result<Limit, FieldProblem> {
    let value = r.u64()?;
    Ok(Limit {
        name: text(r.remainder())?,
        value,
    })
}

pub(super) fn write_predecessor(w: &mut Writer, log: &Predecessor) {
    w.field(log.origin.as_bytes());
    w.raw(&log.size.to_be_bytes());
    w.raw(log.root.as_bytes());
}

pub(super) fn read_predecessor(r: &mut Reader<'_>) -> Result<Predecessor, FieldProblem> {
    Ok(Predecessor {
        origin: r.text_field()?,
        size: r.u64()?,
        root: r.hash()?,
    })
}

fn text(bytes: &[u8]) -> Result<String, FieldProblem> {
    std::str::from_utf8(bytes)
        .map(str::to_owned)
        .map_err(|_| FieldProblem::InvalidText)
}

/// `Ok` for 1 to 16 keys of the length that belongs to their algorithm.
pub(super) fn check_keys(keys: &[LogKey]) -> Result<(), FieldProblem> {
    check_length(keys.len(), 1..=MAX_KEYS)?;
    keys.iter().try_for_each(check_key)
}

pub(super) fn check_key(key: &LogKey) -> Result<(), FieldProblem> {
    let lengths = if key.algorithm == LogKey::ED25519 {
        32..=32
    } else {
        1..=MAX_KEY_BYTES
    };
    check_length(key.bytes.len(), lengths)
}

pub(super) fn check_origin(origin: &str) -> Result<(), FieldProblem> {
    check_visible_ascii(origin, MAX_NAME_BYTES)?;
    if is_valid_name(origin) {
        Ok(())
    } else {
        Err(FieldProblem::InvalidText)
    }
}
