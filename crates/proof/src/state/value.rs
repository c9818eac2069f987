//! Keys and values of the state tree.

use std::fmt;

use thiserror::Error;

use crate::codec::{FieldProblem, Reader};
use crate::hash::{sha256, sha256_of};
use crate::{Hash, NetworkId};

const KEY_TAG: &[u8] = b"atropos/state-key/v1\0";
const VERSION: u8 = 1;
const ACTIVE: u8 = 1;
const DEACTIVATED: u8 = 2;

/// The place of a DID in the state tree: 256 bits, read from the most significant one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateKey([u8; 32]);

/// What a DID is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateValue {
    /// Active or deactivated.
    pub status: Status,
    /// The sequence number of the DID's latest operation.
    pub sequence: u64,
    /// Log index of that operation.
    pub head_index: u64,
    /// Leaf hash of that operation.
    pub head_hash: Hash,
    /// Log index of the DID's create.
    pub creation_index: u64,
    /// The number of DIDs created before it: its bit in the status list.
    pub ordinal: u64,
    /// Log index of the last change of its keys or controllers; the create counts as one.
    pub authority_since: u64,
    /// SHA-256 of its latest document's protobuf encoding.
    pub document_hash: Hash,
    /// The digest of its key set.
    pub key_set_hash: Hash,
}

/// Whether a DID is deactivated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// It can be changed and used. Written as 1.
    Active,
    /// It is deactivated, finally. Written as 2.
    Deactivated {
        /// Log index of the deactivation.
        index: u64,
    },
}

/// The bytes are not a state value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the bytes are not a state value: a part {0}")]
pub struct InvalidStateValue(#[from] FieldProblem);

impl StateKey {
    /// The key of a DID, given in normal form.
    #[must_use]
    pub fn of(network_id: &NetworkId, did: &str) -> Self {
        Self(*sha256_of(&[KEY_TAG, network_id.as_bytes(), did.as_bytes()]).as_bytes())
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Nibble number `at` (0 to 63), the most significant first.
    pub(super) fn nibble(&self, at: usize) -> u8 {
        let byte = self.0.get(at / 2).copied().unwrap_or_default();
        if at.is_multiple_of(2) {
            byte >> 4
        } else {
            byte & 0x0f
        }
    }

    /// Bit number `at` (0 to 255), the most significant first.
    pub(super) fn bit(&self, at: usize) -> u8 {
        self.0.get(at / 8).copied().unwrap_or_default() >> (7 - at % 8) & 1
    }

    /// Number of bits from the most significant one that both keys share.
    pub(super) fn common_bits(&self, other: &StateKey) -> usize {
        let differing = self
            .0
            .iter()
            .zip(&other.0)
            .enumerate()
            .find(|(_, (a, b))| a != b);
        differing.map_or(256, |(at, (a, b))| {
            at * 8 + (a ^ b).leading_zeros() as usize
        })
    }
}

impl From<[u8; 32]> for StateKey {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for StateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hash::from(self.0).fmt(f)
    }
}

impl StateValue {
    /// Length of every encoding in bytes.
    pub const ENCODED_BYTES: usize = 2 + 6 * 8 + 3 * 32;

    /// Log index of the deactivation.
    #[must_use]
    pub fn deactivation_index(&self) -> Option<u64> {
        match self.status {
            Status::Active => None,
            Status::Deactivated { index } => Some(index),
        }
    }

    /// The bytes whose digest the tree contains.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let (status, deactivation) = match self.status {
            Status::Active => (ACTIVE, 0),
            Status::Deactivated { index } => (DEACTIVATED, index),
        };
        let mut bytes = Vec::with_capacity(Self::ENCODED_BYTES);
        bytes.extend_from_slice(&[VERSION, status]);
        bytes.extend_from_slice(&self.sequence.to_be_bytes());
        bytes.extend_from_slice(&self.head_index.to_be_bytes());
        bytes.extend_from_slice(self.head_hash.as_bytes());
        bytes.extend_from_slice(&self.creation_index.to_be_bytes());
        bytes.extend_from_slice(&self.ordinal.to_be_bytes());
        bytes.extend_from_slice(&self.authority_since.to_be_bytes());
        bytes.extend_from_slice(&deactivation.to_be_bytes());
        bytes.extend_from_slice(self.document_hash.as_bytes());
        bytes.extend_from_slice(self.key_set_hash.as_bytes());
        bytes
    }

    /// Reads what [`StateValue::encode`] writes, and nothing else.
    ///
    /// # Errors
    ///
    /// [`InvalidStateValue`] for anything else.
    pub fn decode(bytes: &[u8]) -> Result<Self, InvalidStateValue> {
        let mut r = Reader::new(bytes);
        if r.u8()? != VERSION {
            return Err(FieldProblem::UnknownValue.into());
        }
        let status = r.u8()?;
        let (sequence, head_index, head_hash) = (r.u64()?, r.u64()?, r.hash()?);
        let (creation_index, ordinal, authority_since) = (r.u64()?, r.u64()?, r.u64()?);
        let status = match (status, r.u64()?) {
            (ACTIVE, 0) => Status::Active,
            (ACTIVE, _) => return Err(FieldProblem::Contradiction.into()),
            (DEACTIVATED, index) => Status::Deactivated { index },
            _ => return Err(FieldProblem::UnknownValue.into()),
        };
        let (document_hash, key_set_hash) = (r.hash()?, r.hash()?);
        r.end()?;
        Ok(Self {
            status,
            sequence,
            head_index,
            head_hash,
            creation_index,
            ordinal,
            authority_since,
            document_hash,
            key_set_hash,
        })
    }

    /// SHA-256 of the encoding: what the leaf of the tree holds.
    #[must_use]
    pub fn hash(&self) -> Hash {
        sha256(&self.encode())
    }
}
