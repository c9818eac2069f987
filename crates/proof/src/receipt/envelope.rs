//! The parts of a receipt and its bytes.

use did::Did;
use serde::{Deserialize, Serialize};

use super::examine::{Found, examine};
use super::json;
use super::reasons::{Malformed, NoProof};
use super::summary::Summary;
use crate::Hash;
use crate::checkpoint::Checkpoint;
use crate::note::Note;
use crate::state::{StateProof, StateValue};

/// What the member `format` says.
pub const RECEIPT_FORMAT: &str = "atropos-receipt/v1";
/// Most bytes of a receipt.
pub const MAX_RECEIPT_BYTES: usize = 8 << 20;

/// A receipt that was read or assembled. Only [`Receipt::verify`] says what it is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    pub(super) parts: Parts,
    pub(super) summary: Summary,
}

/// Everything that a receipt shows; the rest is computed from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// The DID that it is about.
    pub did: Did,
    /// What its issuer said of the checkpoint.
    pub stage: Stage,
    /// The signed note of the checkpoint that everything is proven under.
    pub checkpoint: String,
    /// A state leaf: the last one of the checkpoint, or for a deactivation the one that it was judged under.
    pub state: ProvenLeaf,
    /// The DID and every other that was or would be consulted, under that state leaf's root, ascending.
    pub dids: Vec<ProvenDid>,
    /// The leaf that ended the DID; none for a DID that is active or never existed.
    pub operation: Option<ProvenLeaf>,
}

/// Whether the issuer's own policy was satisfied by the checkpoint's signatures. It proves nothing: a verifier goes by
/// a policy of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// Not yet: the receipt may be exchanged for one with more signatures.
    Finished,
    /// Yes: the receipt never changes any more.
    Published,
}

/// A leaf of the log with its inclusion proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvenLeaf {
    /// Its index in the log.
    pub index: u64,
    /// Its bytes.
    #[serde(with = "json::base64")]
    pub leaf: Vec<u8>,
    /// The hashes from the leaf up to the checkpoint's root.
    #[serde(with = "json::hashes")]
    pub path: Vec<Hash>,
}

/// What the state tree holds for a DID.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvenDid {
    /// The DID.
    #[serde(with = "json::text")]
    pub did: Did,
    /// Its state value; `None` if it does not exist.
    #[serde(with = "json::state_value")]
    pub value: Option<StateValue>,
    /// The proof of the value, or of its absence.
    #[serde(with = "json::state_proof")]
    pub proof: StateProof,
    /// Its latest document, as a protobuf message `cheqd.did.v2.DidDoc`; `None` if it does not exist.
    #[serde(with = "json::optional_base64")]
    pub document: Option<Vec<u8>>,
}

impl Receipt {
    /// Makes a receipt of parts that prove something. All is checked that a verifier will check, but for the signatures
    /// of the checkpoint.
    ///
    /// # Errors
    ///
    /// [`NoProof`] says why a verifier would refuse it.
    pub fn assemble(parts: Parts) -> Result<Self, NoProof> {
        let note = Note::parse(parts.checkpoint.as_bytes())
            .map_err(|error| NoProof::Checkpoint(error.to_string()))?;
        let (checkpoint, _) = Checkpoint::parse(note.text())
            .map_err(|error| NoProof::Checkpoint(error.to_string()))?;
        let Found { summary, .. } = examine(&parts, &checkpoint)?;
        let receipt = Self { parts, summary };
        let bytes = receipt.to_bytes().len();
        if bytes > MAX_RECEIPT_BYTES {
            return Err(Malformed::TooLarge { bytes }.into());
        }
        Ok(receipt)
    }

    /// Reads a receipt. Nothing is verified yet.
    ///
    /// # Errors
    ///
    /// [`Malformed`] unless the bytes are the only way to write a receipt, at most [`MAX_RECEIPT_BYTES`] of them.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.len() > MAX_RECEIPT_BYTES {
            return Err(Malformed::TooLarge { bytes: bytes.len() });
        }
        let receipt = json::read(bytes)?;
        if receipt.to_bytes() == bytes {
            Ok(receipt)
        } else {
            Err(Malformed::NotCanonical)
        }
    }

    /// The receipt as bytes: JSON in its one canonical form.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        json::write(self)
    }

    /// The DID that it is about.
    #[must_use]
    pub fn did(&self) -> &Did {
        &self.parts.did
    }

    /// What its issuer said of the checkpoint.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.parts.stage
    }

    /// Everything that it shows.
    #[must_use]
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// What it claims, in readable form. True only if [`Receipt::verify`] says so.
    #[must_use]
    pub fn summary(&self) -> &Summary {
        &self.summary
    }
}
