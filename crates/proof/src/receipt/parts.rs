//! What a receipt contains.

use did::Did;
use serde::{Deserialize, Serialize};

use super::encoding;
use super::summary::Summary;
use crate::Hash;
use crate::state::{StateProof, StateValue};

/// The member `format`.
pub const RECEIPT_FORMAT: &str = "atropos-receipt/v1";
/// Largest size of a receipt, in bytes.
pub const MAX_RECEIPT_BYTES: usize = 8 << 20;

/// A receipt that was parsed or assembled. It proves nothing before [`Receipt::verify`] accepts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    pub(super) parts: Parts,
    pub(super) summary: Summary,
}

/// The evidence of a receipt. The rest of it follows from these parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// The subject.
    pub did: Did,
    /// The issuer's statement about the checkpoint.
    pub stage: Stage,
    /// The checkpoint, as a signed note. Everything is proven under it.
    pub checkpoint: String,
    /// For a deactivation, the state leaf under which it was judged. Otherwise the last one of the checkpoint.
    pub state: ProvenLeaf,
    /// The subject and every other DID that is consulted, ascending, with their states under that state leaf's root.
    pub dids: Vec<ProvenDid>,
    /// The leaf of the deactivation. `None` for a DID that is active or never existed.
    pub operation: Option<ProvenLeaf>,
}

/// Whether the checkpoint's signatures satisfied the issuer's policy. It proves nothing: a verifier applies its own
/// policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// Not yet. A later receipt of the same deactivation can have more signatures.
    Finished,
    /// Yes. The receipt will not change again.
    Published,
}

/// A leaf of the log with its inclusion proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvenLeaf {
    /// Position in the log.
    pub index: u64,
    /// The encoded leaf.
    #[serde(with = "encoding::base64")]
    pub leaf: Vec<u8>,
    /// Sibling hashes from the leaf up to the checkpoint's root.
    #[serde(with = "encoding::hashes")]
    pub path: Vec<Hash>,
}

/// A DID with its state, proven by the state tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvenDid {
    /// The DID whose state is proven.
    #[serde(with = "encoding::text")]
    pub did: Did,
    /// `None` if the DID does not exist.
    #[serde(with = "encoding::state_value")]
    pub value: Option<StateValue>,
    /// Proof of the value or of its absence.
    #[serde(with = "encoding::state_proof")]
    pub proof: StateProof,
    /// The latest document, as a protobuf message `cheqd.did.v2.DidDoc`. `None` if the DID does not exist.
    #[serde(with = "encoding::optional_base64")]
    pub document: Option<Vec<u8>>,
}

impl Receipt {
    /// The subject.
    #[must_use]
    pub fn did(&self) -> &Did {
        &self.parts.did
    }

    /// The issuer's statement about the checkpoint.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.parts.stage
    }

    /// The evidence, not yet verified.
    #[must_use]
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// The readable part. It is correct only if [`Receipt::verify`] accepts the receipt.
    #[must_use]
    pub fn summary(&self) -> &Summary {
        &self.summary
    }
}
