//! Bound version ids: a deactivation whose version id commits to what it deactivates.
//!
//! The signed payload of a deactivation is two strings, the DID and the id of the version to be made. A version id of
//! UUID version 8 is the digest of a preimage that names the network, the DID, what exactly is deactivated and
//! until when the statement may be used. UUID version 8 is reserved for this: without a valid preimage it is refused,
//! so an expired or superseded statement cannot come back as an unbound one. There is no free nonce: preparing the same
//! act twice gives the same id.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use thiserror::Error;

use super::authority::{key_set_hash, other_signers};
use super::known::{DidState, Known};
use crate::Did;

const TAG: &[u8] = b"atropos/bound-version/v1\0";
const AUTHORITY_TAG: &[u8] = b"atropos/authority/v1\0";
/// Tag, network id, length and text of the DID, scope and its hash, expiry.
const PREIMAGE_BYTES_MAX: usize = TAG.len() + 32 + 2 + crate::limits::MAX_ID_BYTES + 1 + 32 + 8;

/// What a bound statement deactivates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Exactly the version whose operation has this leaf hash; any update makes the statement void.
    Version([u8; 32]),
    /// The latest version, while [`authority_hash`] stays the same.
    Authority([u8; 32]),
}

/// The preimage of a bound version id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundVersion {
    /// The network that the statement is for.
    pub network_id: [u8; 32],
    /// The DID that it deactivates.
    pub did: Did,
    /// What exactly it deactivates.
    pub scope: Scope,
    /// Last moment at which it may be accepted, in Unix milliseconds.
    pub expires_ms: u64,
}

/// A preimage that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the preimage of a bound version id is malformed: {0}")]
pub struct InvalidBound(&'static str);

impl BoundVersion {
    /// The version id that this preimage gives: SHA-256, cut to 128 bits, with version 8 and the variant of RFC 9562.
    pub fn version_id(&self) -> String {
        let digest = Sha256::digest(self.encode());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        uuid::Builder::from_custom_bytes(bytes)
            .into_uuid()
            .to_string()
    }

    /// The preimage as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let did = self.did.as_str().as_bytes();
        let (scope, hash) = match self.scope {
            Scope::Version(hash) => (1, hash),
            Scope::Authority(hash) => (2, hash),
        };
        let mut bytes = Vec::with_capacity(PREIMAGE_BYTES_MAX);
        bytes.extend_from_slice(TAG);
        bytes.extend_from_slice(&self.network_id);
        bytes.extend_from_slice(&(did.len() as u16).to_be_bytes());
        bytes.extend_from_slice(did);
        bytes.push(scope);
        bytes.extend_from_slice(&hash);
        bytes.extend_from_slice(&self.expires_ms.to_be_bytes());
        bytes
    }

    /// Reads a preimage.
    pub fn decode(bytes: &[u8]) -> Result<Self, InvalidBound> {
        if bytes.len() > PREIMAGE_BYTES_MAX {
            return Err(InvalidBound("too long"));
        }
        let rest = bytes.strip_prefix(TAG).ok_or(InvalidBound("wrong tag"))?;
        let (network_id, rest) = take::<32>(rest)?;
        let (length, rest) = take::<2>(rest)?;
        let (did, rest) = rest
            .split_at_checked(usize::from(u16::from_be_bytes(length)))
            .ok_or(InvalidBound("too short"))?;
        let did = std::str::from_utf8(did).map_err(|_| InvalidBound("the DID is not text"))?;
        let parsed = Did::parse(did).map_err(|_| InvalidBound("not a DID"))?;
        if parsed.as_str() != did {
            return Err(InvalidBound("the DID is not in normal form"));
        }
        let (scope, rest) = take::<1>(rest)?;
        let (hash, rest) = take::<32>(rest)?;
        let (expires, rest) = take::<8>(rest)?;
        let scope = match scope {
            [1] => Scope::Version(hash),
            [2] => Scope::Authority(hash),
            _ => return Err(InvalidBound("unknown scope")),
        };
        if !rest.is_empty() {
            return Err(InvalidBound("too long"));
        }
        Ok(Self {
            network_id,
            did: parsed,
            scope,
            expires_ms: u64::from_be_bytes(expires),
        })
    }
}

/// Digest of who may deactivate a DID: its key set and, for a document without methods, those of the other signers.
///
/// An update that changes no key and no signer leaves it as it is, and so does the deactivation of a controller.
pub fn authority_hash<K: Known>(state: &DidState, known: &mut K) -> Result<[u8; 32], K::Error> {
    authority_of(state, |did| known.state(did))
}

pub(super) fn authority_of<E>(
    state: &DidState,
    mut state_of: impl FnMut(&Did) -> Result<Option<Arc<DidState>>, E>,
) -> Result<[u8; 32], E> {
    let mut hash = Sha256::new();
    hash.update(AUTHORITY_TAG);
    hash.update(key_set_hash(&state.document));
    if state.document.methods().is_empty() {
        for did in other_signers(&state.document) {
            let signer = state_of(&did)?;
            hash.update(signer.map_or([0; 32], |signer| key_set_hash(&signer.document)));
        }
    }
    Ok(hash.finalize().into())
}

fn take<const N: usize>(bytes: &[u8]) -> Result<([u8; N], &[u8]), InvalidBound> {
    let (head, rest) = bytes
        .split_first_chunk::<N>()
        .ok_or(InvalidBound("too short"))?;
    Ok((*head, rest))
}
