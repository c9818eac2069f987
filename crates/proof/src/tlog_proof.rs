//! Proofs of inclusion as one file (C2SP `tlog-proof`): index, hashes, and the checkpoint with its cosignatures.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use crate::Hash;
use crate::lines::{hash_line, read_hash, read_number};
use crate::merkle::{InvalidProof, MAX_PROOF_HASHES, verify_inclusion};
use crate::note::MAX_NOTE_BYTES;
use crate::policy::{Policy, PolicyRejection, Witnessed};

/// Most bytes of the extra data.
pub const MAX_EXTRA_BYTES: usize = 64 * 1024;
/// Most bytes of a proof.
pub const MAX_TLOG_PROOF_BYTES: usize = MAX_NOTE_BYTES + MAX_EXTRA_BYTES / 3 * 4 + 8192;

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1\n";

/// Proves that a log contains a leaf. The leaf itself is not part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    /// Data that goes with the leaf. Nothing vouches for it.
    pub extra: Option<Vec<u8>>,
    /// The leaf's index in the log.
    pub index: u64,
    /// The inclusion proof (RFC 6962 section 2.1.1), from the leaf up.
    pub hashes: Vec<Hash>,
    /// The whole signed note of the checkpoint.
    pub checkpoint: String,
}

/// The bytes are not such a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MalformedTlogProof {
    /// More than [`MAX_TLOG_PROOF_BYTES`].
    #[error("the proof has {bytes} bytes, more than the {MAX_TLOG_PROOF_BYTES} that are read")]
    TooLarge {
        /// Its length in bytes.
        bytes: usize,
    },
    /// Not UTF-8.
    #[error("the proof is not UTF-8 text")]
    NotText,
    /// Another first line, so that it may be another format.
    #[error("the first line of the proof is not `c2sp.org/tlog-proof@v1`")]
    FirstLine,
    /// The extra data is empty, too long, or not base64.
    #[error("the `extra` line of the proof is not 1 to {MAX_EXTRA_BYTES} bytes in base64")]
    Extra,
    /// The index is missing or no number.
    #[error("the proof has no line `index` with decimal digits")]
    Index,
    /// A line of the proof is not a hash.
    #[error("hash {number} of the proof is not 32 bytes in base64")]
    Hash {
        /// Its number, from 1.
        number: usize,
    },
    /// More hashes than any proof has.
    #[error("the proof has more than {MAX_PROOF_HASHES} hashes")]
    TooManyHashes,
    /// The empty line before the checkpoint is missing.
    #[error("the proof has no empty line before the checkpoint")]
    NoCheckpoint,
}

/// The proof proves nothing under this policy.
#[derive(Debug, Error)]
pub enum InvalidTlogProof {
    /// The policy does not accept the checkpoint.
    #[error("the policy does not accept the checkpoint of the proof")]
    Checkpoint(#[from] PolicyRejection),
    /// The leaf is not at that place under that checkpoint.
    #[error("the leaf is not in the log at index {index}")]
    Inclusion {
        /// The index in the proof.
        index: u64,
        /// Why not.
        #[source]
        problem: InvalidProof,
    },
}

impl TlogProof {
    /// The file, which is named `*.tlog-proof`. Empty extra data is left out.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut text = FIRST_LINE.to_owned();
        if let Some(extra) = self.extra.as_ref().filter(|extra| !extra.is_empty()) {
            text.push_str(&format!("extra {}\n", STANDARD.encode(extra)));
        }
        text.push_str(&format!("index {}\n", self.index));
        for hash in &self.hashes {
            text.push_str(&hash_line(hash));
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&self.checkpoint);
        text
    }

    /// Reads the file. Nothing is verified yet.
    ///
    /// # Errors
    ///
    /// [`MalformedTlogProof`] names the line that is wrong.
    pub fn parse(bytes: &[u8]) -> Result<TlogProof, MalformedTlogProof> {
        if bytes.len() > MAX_TLOG_PROOF_BYTES {
            return Err(MalformedTlogProof::TooLarge { bytes: bytes.len() });
        }
        let text = std::str::from_utf8(bytes).map_err(|_| MalformedTlogProof::NotText)?;
        let rest = text
            .strip_prefix(FIRST_LINE)
            .ok_or(MalformedTlogProof::FirstLine)?;
        let (extra, rest) = read_extra(rest)?;
        let (index, rest) = rest.split_once('\n').ok_or(MalformedTlogProof::Index)?;
        let index = index
            .strip_prefix("index ")
            .and_then(read_number)
            .ok_or(MalformedTlogProof::Index)?;
        let (hashes, checkpoint) = read_hashes(rest)?;
        Ok(TlogProof {
            extra,
            index,
            hashes,
            checkpoint: checkpoint.to_owned(),
        })
    }

    /// Checks that the policy accepts the checkpoint, and that it covers the leaf with this hash at the index.
    ///
    /// # Errors
    ///
    /// [`InvalidTlogProof`] states which of the two fails.
    pub fn verify(&self, leaf_hash: &Hash, policy: &Policy) -> Result<Witnessed, InvalidTlogProof> {
        let witnessed = policy.open(self.checkpoint.as_bytes())?;
        let (index, checkpoint) = (self.index, &witnessed.checkpoint);
        verify_inclusion(
            leaf_hash,
            index,
            checkpoint.size,
            &self.hashes,
            &checkpoint.root,
        )
        .map_err(|problem| InvalidTlogProof::Inclusion { index, problem })?;
        Ok(witnessed)
    }
}

fn read_extra(rest: &str) -> Result<(Option<Vec<u8>>, &str), MalformedTlogProof> {
    let Some(rest) = rest.strip_prefix("extra ") else {
        return Ok((None, rest));
    };
    let (data, rest) = rest.split_once('\n').ok_or(MalformedTlogProof::Extra)?;
    let extra = STANDARD
        .decode(data)
        .map_err(|_| MalformedTlogProof::Extra)?;
    if (1..=MAX_EXTRA_BYTES).contains(&extra.len()) {
        Ok((Some(extra), rest))
    } else {
        Err(MalformedTlogProof::Extra)
    }
}

fn read_hashes(mut rest: &str) -> Result<(Vec<Hash>, &str), MalformedTlogProof> {
    let mut hashes = Vec::new();
    loop {
        let (line, after) = rest
            .split_once('\n')
            .ok_or(MalformedTlogProof::NoCheckpoint)?;
        if line.is_empty() {
            return Ok((hashes, after));
        }
        if hashes.len() == MAX_PROOF_HASHES {
            return Err(MalformedTlogProof::TooManyHashes);
        }
        let number = hashes.len() + 1;
        hashes.push(read_hash(line).ok_or(MalformedTlogProof::Hash { number })?);
        rest = after;
    }
}
