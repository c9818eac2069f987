//! The sidecar of a policy: log keys that were replaced, and the networks of logs.

use serde::Deserialize;
use thiserror::Error;

use super::{MAX_POLICY_BYTES, MAX_POLICY_ENTRIES, PolicyRejection};
use crate::checkpoint::Checkpoint;
use crate::lines::read_hash;
use crate::note::{InvalidVerifier, NoteVerifier};
use crate::{Hash, InvalidHash, NetworkId};

/// The last checkpoint that a log key may sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// The key that was replaced.
    pub key: NoteVerifier,
    /// The last size that it may have signed.
    pub size: u64,
    /// The log's root at that size.
    pub root: Hash,
}

/// The sidecar of a policy is wrong.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InvalidBounds {
    /// Too long.
    #[error("the bounds have {bytes} bytes, more than the {MAX_POLICY_BYTES} that are read")]
    TooLarge {
        /// The length in bytes.
        bytes: usize,
    },
    /// Not the JSON that is expected.
    #[error("the bounds are not the JSON object that docs/policy.md describes")]
    Json(#[from] serde_json::Error),
    /// Too many entries.
    #[error("there are more than {MAX_POLICY_ENTRIES} bounds or networks")]
    TooMany,
    /// A key that cannot be read.
    #[error("`{text}` is not the key of a log")]
    Key {
        /// The text found.
        text: String,
        /// What is wrong with it.
        #[source]
        problem: InvalidVerifier,
    },
    /// A root that cannot be read.
    #[error("`{text}` is not a root: expected 32 bytes in base64")]
    Root {
        /// The text found.
        text: String,
    },
    /// A network id that cannot be read.
    #[error("`{text}` is not a network id")]
    NetworkId {
        /// The text found.
        text: String,
        /// What is wrong with it.
        #[source]
        problem: InvalidHash,
    },
    /// The policy has no such log or key.
    #[error("`{0}` is not listed by the policy")]
    Unlisted(String),
    /// An entry is listed twice.
    #[error("`{0}` is listed twice")]
    Twice(String),
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Bounds {
    bounds: Vec<Bound>,
    networks: Vec<(String, NetworkId)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sidecar {
    #[serde(default)]
    bounds: Vec<BoundEntry>,
    #[serde(default)]
    networks: Vec<NetworkEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BoundEntry {
    key: String,
    size: u64,
    root: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct NetworkEntry {
    origin: String,
    network_id: String,
}

impl Bounds {
    pub(super) fn parse(json: &str, log_keys: &[NoteVerifier]) -> Result<Self, InvalidBounds> {
        if json.len() > MAX_POLICY_BYTES {
            return Err(InvalidBounds::TooLarge { bytes: json.len() });
        }
        let sidecar: Sidecar = serde_json::from_str(json)?;
        if sidecar.bounds.len().max(sidecar.networks.len()) > MAX_POLICY_ENTRIES {
            return Err(InvalidBounds::TooMany);
        }
        let mut read = Self::default();
        for entry in sidecar.bounds {
            read.add_bound(entry, log_keys)?;
        }
        for entry in sidecar.networks {
            read.add_network(entry, log_keys)?;
        }
        Ok(read)
    }

    pub(super) fn of(&self, log_key: &NoteVerifier) -> Option<&Bound> {
        self.bounds.iter().find(|bound| bound.key == *log_key)
    }

    pub(super) fn network_id_of(&self, origin: &str) -> Option<NetworkId> {
        self.networks
            .iter()
            .find(|(of, _)| of == origin)
            .map(|(_, network)| *network)
    }

    /// `Ok` if the key counted at the checkpoint's size.
    pub(super) fn check_size(
        &self,
        key: &NoteVerifier,
        checkpoint: &Checkpoint,
    ) -> Result<(), PolicyRejection> {
        match self.of(key) {
            Some(bound) if checkpoint.size > bound.size => Err(PolicyRejection::BeyondBound {
                key_id: key.key_id(),
                until: bound.size,
                size: checkpoint.size,
            }),
            _ => Ok(()),
        }
    }

    /// `Ok` if no bound of the log, of whichever key, pins another root at this size.
    pub(super) fn check_root(&self, checkpoint: &Checkpoint) -> Result<(), PolicyRejection> {
        let contradicts = |bound: &Bound| {
            bound.key.name() == checkpoint.origin
                && bound.size == checkpoint.size
                && bound.root != checkpoint.root
        };
        if self.bounds.iter().any(contradicts) {
            return Err(PolicyRejection::OtherRoot {
                origin: checkpoint.origin.clone(),
                size: checkpoint.size,
            });
        }
        Ok(())
    }

    fn add_bound(
        &mut self,
        entry: BoundEntry,
        log_keys: &[NoteVerifier],
    ) -> Result<(), InvalidBounds> {
        let BoundEntry { key, size, root } = entry;
        let key: NoteVerifier = match key.parse() {
            Ok(read) => read,
            Err(problem) => return Err(InvalidBounds::Key { text: key, problem }),
        };
        let Some(root) = read_hash(&root) else {
            return Err(InvalidBounds::Root { text: root });
        };
        if !log_keys.contains(&key) {
            return Err(InvalidBounds::Unlisted(key.to_string()));
        }
        if self.of(&key).is_some() {
            return Err(InvalidBounds::Twice(key.to_string()));
        }
        self.bounds.push(Bound { key, size, root });
        Ok(())
    }

    fn add_network(
        &mut self,
        entry: NetworkEntry,
        log_keys: &[NoteVerifier],
    ) -> Result<(), InvalidBounds> {
        let NetworkEntry { origin, network_id } = entry;
        let network_id: NetworkId = match network_id.parse() {
            Ok(read) => read,
            Err(problem) => {
                let text = network_id;
                return Err(InvalidBounds::NetworkId { text, problem });
            }
        };
        if !log_keys.iter().any(|key| key.name() == origin) {
            return Err(InvalidBounds::Unlisted(origin));
        }
        if self.network_id_of(&origin).is_some() {
            return Err(InvalidBounds::Twice(origin));
        }
        self.networks.push((origin, network_id));
        Ok(())
    }
}
