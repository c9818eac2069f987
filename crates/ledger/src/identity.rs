//! What a ledger is: written once, in its genesis leaf.

use proof::leaf::{Genesis, Leaf, Limit, LogKey};
use proof::{Hash, NetworkId, sha256};

use did::limits;

/// The accept rules of this release, by number: `docs/log-format.md`, "Rule sets".
pub const RULE_SET: u16 = 1;

/// The fixed facts of an open ledger.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) network_id: NetworkId,
    pub(crate) namespace: String,
    pub(crate) origin: String,
    pub(crate) log_key: [u8; 32],
    pub(crate) parameters_hash: Hash,
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
        let key = genesis
            .log_keys
            .iter()
            .find(|key| key.algorithm == LogKey::ED25519);
        let log_key = key
            .and_then(|key| key.bytes.as_slice().try_into().ok())
            .ok_or(UnusableGenesis::Key)?;
        Ok(Self {
            network_id: genesis.network_id,
            namespace: genesis.namespace.clone(),
            origin: genesis.origin.clone(),
            log_key,
            parameters_hash: parameters_hash(&genesis.limits),
        })
    }

    pub(crate) fn of_leaf(bytes: &[u8]) -> Result<Self, UnusableGenesis> {
        match Leaf::decode(bytes) {
            Ok(Leaf::Genesis(genesis)) => Self::of(&genesis),
            _ => Err(UnusableGenesis::Missing),
        }
    }
}

/// The limits that decide what is accepted, as a genesis leaf lists them.
pub(crate) fn limits_in_force() -> Vec<Limit> {
    let limits = [
        ("controllers", limits::MAX_CONTROLLERS),
        ("methods", limits::MAX_METHODS),
        ("payload_bytes", limits::MAX_PAYLOAD_BYTES),
        ("signing_weight_bytes", limits::MAX_SIGNING_WEIGHT),
        ("stand_ins", limits::MAX_STAND_INS),
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
