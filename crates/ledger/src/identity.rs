//! What a ledger is: as defined by its genesis leaf, and every key rotation and recovery after it.

mod lineage;

use proof::leaf::{Genesis, KeyRotation, Leaf, LeafType, Limit, LogKey, Recovery, TreeHead};
use proof::{Hash, NetworkId, sha256};

use did::limits;

use lineage::Lineage;
pub(crate) use lineage::{LogKeySpan, Loss, OlderLog};

/// The accept rules of this release, by number: `docs/log-format.md`, "Rule sets".
pub const RULE_SET: u16 = 1;

/// The facts of a ledger. Origin, key and lineage follow the leaves; the rest is fixed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) network_id: NetworkId,
    pub(crate) namespace: String,
    pub(crate) origin: String,
    pub(crate) log_key: [u8; 32],
    pub(crate) parameters_hash: Hash,
    lineage: Lineage,
}

/// Why the first leaf is not one that this release can work with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnusableGenesis {
    #[error("the first entry of the log is not a genesis leaf")]
    Missing,
    #[error(
        "the log was made under other rules or limits than this release knows; use the release that made it"
    )]
    Rules,
    #[error("the log has no Ed25519 key")]
    Key,
}

impl Identity {
    pub(crate) fn of(genesis: &Genesis) -> Result<Self, UnusableGenesis> {
        if genesis.rule_set != RULE_SET || genesis.limits != limits_in_force() {
            return Err(UnusableGenesis::Rules);
        }
        let log_key = ed25519_of(&genesis.log_keys).ok_or(UnusableGenesis::Key)?;
        Ok(Self {
            network_id: genesis.network_id,
            namespace: genesis.namespace.clone(),
            origin: genesis.origin.clone(),
            log_key,
            parameters_hash: parameters_hash(&genesis.limits),
            lineage: Lineage::of_genesis(&genesis.origin, log_key),
        })
    }

    /// The key from the rotation leaf at `index` on.
    pub(crate) fn rotate(&mut self, index: u64, leaf: &KeyRotation) -> Result<(), &'static str> {
        if leaf.previous_key != LogKey::ed25519(&self.log_key) {
            return Err("the key that it replaces is not the log's");
        }
        let key = ed25519_of(&leaf.log_keys).ok_or("the log would have no Ed25519 key")?;
        if self.has_used(&key) {
            return Err("its key has signed for this log before");
        }
        self.log_key = key;
        self.lineage.sign(&self.origin, self.log_key, index);
        Ok(())
    }

    /// Origin and key from the recovery leaf on that follows `kept`.
    pub(crate) fn recover(&mut self, kept: TreeHead, leaf: &Recovery) -> Result<(), &'static str> {
        let older = &leaf.predecessor;
        if older.origin != self.origin || older.size != kept.size || older.root != kept.root {
            return Err("the log that it continues is not the one before it");
        }
        if self.lineage.has_origin(&leaf.origin) {
            return Err("its origin was used before");
        }
        let key = ed25519_of(&leaf.log_keys).ok_or("the log would have no Ed25519 key")?;
        if self.has_used(&key) {
            return Err("its key has signed for the older log");
        }
        self.log_key = key;
        self.origin.clone_from(&leaf.origin);
        self.lineage.sign(&self.origin, self.log_key, kept.size);
        self.lineage.lose(kept, leaf.known);
        Ok(())
    }

    /// Follows a leaf behind `before` that gives the log another key or name; other leaves change nothing.
    pub(crate) fn turn(&mut self, before: TreeHead, leaf: &[u8]) -> Result<(), &'static str> {
        if !changes_identity(leaf) {
            return Ok(());
        }
        match Leaf::decode(leaf) {
            Ok(Leaf::KeyRotation(leaf)) => self.rotate(before.size, &leaf),
            Ok(Leaf::Recovery(leaf)) => self.recover(before, &leaf),
            _ => Err("its bytes are not a leaf that this release knows"),
        }
    }

    /// The keys that sign no more: see [`Lineage::earlier`].
    pub(crate) fn earlier_keys(&self) -> impl Iterator<Item = (&LogKeySpan, u64, Option<Hash>)> {
        self.lineage.earlier()
    }

    /// Log index of the newest recovery leaf: what was changed before it and not since is unverified.
    pub(crate) fn unverified_below(&self) -> Option<u64> {
        self.lineage.newest_loss().map(|loss| loss.kept.size)
    }

    /// Whether a name or a key has been this log's, or that of one that it continues.
    pub(crate) fn knows(&self, origin: &str, key: &[u8; 32]) -> bool {
        self.lineage.has_origin(origin) || self.lineage.has_key(key)
    }

    /// The loss behind which the log of `size` goes on, if its last frame is the recovery.
    pub(crate) fn just_recovered(&self, size: u64) -> Option<&Loss> {
        let loss = self.lineage.newest_loss()?;
        (loss.kept.size + 2 == size).then_some(loss)
    }

    /// Whether a key has ever signed for this log, or for one that it continues.
    pub(crate) fn has_used(&self, key: &[u8; 32]) -> bool {
        self.lineage.has_key(key)
    }

    /// The older log of this name, of which this one keeps the first entries.
    pub(crate) fn older(&self, origin: &str) -> Option<OlderLog<'_>> {
        self.lineage.older(origin)
    }

    /// The keys that sign this log's checkpoint of `size`, in order: two where one replaces the other.
    pub(crate) fn signing(&self, size: u64) -> Vec<&LogKeySpan> {
        self.lineage.signing(&self.origin, size)
    }

    /// What came with rotations and recoveries, for the index.
    pub(crate) fn encode_lineage(&self) -> Vec<u8> {
        self.lineage.encode()
    }

    /// Adopts what the index remembers.
    pub(crate) fn with_lineage(mut self, bytes: &[u8]) -> Option<Self> {
        self.lineage = Lineage::decode(bytes)?;
        let newest = self.lineage.newest_key()?;
        self.origin.clone_from(&newest.origin);
        self.log_key = newest.key;
        Some(self)
    }

    pub(crate) fn of_leaf(bytes: &[u8]) -> Result<Self, UnusableGenesis> {
        match Leaf::decode(bytes) {
            Ok(Leaf::Genesis(genesis)) => Self::of(&genesis),
            _ => Err(UnusableGenesis::Missing),
        }
    }
}

/// Whether a leaf gives the log another key or name, by its type byte.
pub(crate) fn changes_identity(leaf: &[u8]) -> bool {
    const CRITICAL: u8 = 0x80;
    let turning = [LeafType::KeyRotation, LeafType::Recovery];
    leaf.first()
        .is_some_and(|byte| turning.iter().any(|one| *one as u8 | CRITICAL == *byte))
}

/// The first Ed25519 key of a list.
fn ed25519_of(keys: &[LogKey]) -> Option<[u8; 32]> {
    let key = keys.iter().find(|key| key.algorithm == LogKey::ED25519)?;
    key.bytes.as_slice().try_into().ok()
}

/// The limits that decide what is accepted, as a genesis leaf lists them.
pub(crate) fn limits_in_force() -> Vec<Limit> {
    let limits = [
        ("controllers", limits::MAX_CONTROLLERS),
        ("methods", limits::MAX_METHODS),
        ("payload_bytes", limits::MAX_PAYLOAD_BYTES),
        ("signing_weight_bytes", limits::MAX_SIGNING_COST_BYTES),
        ("stand_ins", limits::MAX_SUBSTITUTE_SIGNERS),
    ];
    limits
        .into_iter()
        .map(|(name, value)| Limit {
            name: name.to_owned(),
            value: value as u64,
        })
        .collect()
}

/// The digest that state leaves carry: SHA-256 over the names and values in order.
pub(crate) fn parameters_hash(limits: &[Limit]) -> Hash {
    let mut bytes = b"atropos/parameters/v1\0".to_vec();
    for limit in limits {
        bytes.extend_from_slice(&(limit.name.len() as u16).to_be_bytes());
        bytes.extend_from_slice(limit.name.as_bytes());
        bytes.extend_from_slice(&limit.value.to_be_bytes());
    }
    sha256(&bytes)
}
