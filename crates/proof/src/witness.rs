//! The protocol between a log and a witness (C2SP `tlog-witness`), and the decision of a witness.
//!
//! Nothing here sends, stores or signs. A witness stores the accepted checkpoint before it answers, in one atomic step
//! with the comparison of the size that it knows.

use thiserror::Error;

use crate::Hash;
use crate::checkpoint::{Checkpoint, InvalidCheckpoint};
use crate::hash::sha256_of;
use crate::lines::{hash_line, read_hash, read_number};
use crate::merkle::{EMPTY_ROOT, InvalidProof, MAX_PROOF_HASHES, verify_consistency};
use crate::note::{
    InvalidNote, MAX_NOTE_BYTES, MAX_NOTE_SIGNATURES, Note, NoteRejection, NoteSignature,
    NoteVerifier,
};

/// Where a witness takes checkpoints, below its submission prefix: `POST <prefix>/add-checkpoint`.
pub const ADD_CHECKPOINT_PATH: &str = "add-checkpoint";
/// The content type of the size that comes with a conflict.
pub const SIZE_CONTENT_TYPE: &str = "text/x.tlog.size";
/// Most bytes of a request: a note, and before it the size, the hashes and an empty line.
pub const MAX_REQUEST_BYTES: usize = MAX_NOTE_BYTES + 4096;

/// The request that a witness cosign a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size that the witness is believed to know; 0 if it knows nothing of the log.
    pub old_size: u64,
    /// The consistency proof (RFC 6962 section 2.1.2) from that size to the checkpoint's.
    pub proof: Vec<Hash>,
    /// The whole signed note.
    pub checkpoint: String,
}

/// The bytes are not a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidRequest {
    /// More than [`MAX_REQUEST_BYTES`].
    #[error("the request has {bytes} bytes, more than the {MAX_REQUEST_BYTES} that are read")]
    TooLarge {
        /// Its length in bytes.
        bytes: usize,
    },
    /// Not UTF-8.
    #[error("the request is not UTF-8 text")]
    NotText,
    /// The first line is not `old <size>`.
    #[error("the first line of the request is not `old` and a size in decimal digits")]
    OldSize,
    /// A line of the proof is not a hash.
    #[error("line {line} of the request is not 32 bytes in base64")]
    Hash {
        /// Its number, from 1.
        line: usize,
    },
    /// More hashes than any proof has.
    #[error("the request has more than {MAX_PROOF_HASHES} hashes")]
    TooManyHashes,
    /// The empty line before the checkpoint is missing.
    #[error("the request has no empty line before the checkpoint")]
    NoCheckpoint,
}

/// A checkpoint that the witness may cosign once it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The log's new state.
    pub checkpoint: Checkpoint,
    /// The note as it came, signed by the log.
    pub note: Note,
}

/// Why a witness does not cosign.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The request or its checkpoint cannot be read, or its sizes contradict each other.
    #[error("the request is malformed")]
    BadRequest(#[source] BadRequest),
    /// No trusted key of this log has signed, or a line of one is wrong.
    #[error("the log's key has not signed the checkpoint")]
    Forbidden(#[source] NoteRejection),
    /// The witness does not know the log.
    #[error("the log `{origin}` is unknown here")]
    NotFound {
        /// The checkpoint's origin.
        origin: String,
    },
    /// The witness knows another size than the request.
    #[error("the latest checkpoint known here has size {size}")]
    Conflict {
        /// The size that it knows; 0 if none.
        size: u64,
    },
    /// The log has signed another root at the size that the witness knows: two histories.
    #[error("another root is known here at size {size}: the log has two histories")]
    Contradiction {
        /// The size of both.
        size: u64,
    },
    /// The proof does not connect the checkpoint with the one that the witness knows.
    #[error("the consistency proof does not hold")]
    Unprocessable(#[source] InvalidProof),
}

/// What is malformed in a request.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BadRequest {
    /// The request itself.
    #[error(transparent)]
    Request(#[from] InvalidRequest),
    /// Its checkpoint is not a note.
    #[error(transparent)]
    Note(#[from] InvalidNote),
    /// The note's text is not a checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] InvalidCheckpoint),
    /// The old size is larger than the new one.
    #[error("the old size {old_size} is above the checkpoint's size {size}")]
    OldSizeAbove {
        /// The request's old size.
        old_size: u64,
        /// The checkpoint's size.
        size: u64,
    },
}

impl AddCheckpoint {
    /// The body of the request. Proofs of more than [`MAX_PROOF_HASHES`] hashes do not exist and would be refused.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut body = format!("old {}\n", self.old_size);
        for hash in &self.proof {
            body.push_str(&hash_line(hash));
            body.push('\n');
        }
        body.push('\n');
        body.push_str(&self.checkpoint);
        body
    }

    /// Reads the body of a request. The checkpoint is looked at by [`decide`] only.
    ///
    /// # Errors
    ///
    /// [`InvalidRequest`] names what is wrong. The answer is status 400; see [`Refusal::from`].
    pub fn parse(body: &[u8]) -> Result<AddCheckpoint, InvalidRequest> {
        if body.len() > MAX_REQUEST_BYTES {
            return Err(InvalidRequest::TooLarge { bytes: body.len() });
        }
        let body = std::str::from_utf8(body).map_err(|_| InvalidRequest::NotText)?;
        let (first, mut rest) = body.split_once('\n').ok_or(InvalidRequest::OldSize)?;
        let old_size = first
            .strip_prefix("old ")
            .and_then(read_number)
            .ok_or(InvalidRequest::OldSize)?;
        let mut proof = Vec::new();
        loop {
            let (line, after) = rest.split_once('\n').ok_or(InvalidRequest::NoCheckpoint)?;
            rest = after;
            if line.is_empty() {
                break;
            }
            if proof.len() == MAX_PROOF_HASHES {
                return Err(InvalidRequest::TooManyHashes);
            }
            let line_number = proof.len() + 2;
            proof.push(read_hash(line).ok_or(InvalidRequest::Hash { line: line_number })?);
        }
        Ok(AddCheckpoint {
            old_size,
            proof,
            checkpoint: rest.to_owned(),
        })
    }
}

/// Whether a witness may cosign the checkpoint, when the latest it cosigned of that log has the size and root in
/// `known`.
///
/// `log_keys` are the keys that it trusts, of all logs; those named like the checkpoint's origin count. The checks are
/// made in the order of the specification.
///
/// # Errors
///
/// [`Refusal`] states why not, and with which status.
pub fn decide(
    known: Option<(u64, Hash)>,
    request: &AddCheckpoint,
    log_keys: &[NoteVerifier],
) -> Result<Accepted, Refusal> {
    let note = Note::parse(request.checkpoint.as_bytes()).map_err(bad_request)?;
    let (checkpoint, _) = Checkpoint::parse(note.text()).map_err(bad_request)?;
    check_signature(&note, &checkpoint, log_keys)?;
    let (old_size, size) = (request.old_size, checkpoint.size);
    if old_size > size {
        return Err(bad_request(BadRequest::OldSizeAbove { old_size, size }));
    }
    let (known_size, known_root) = known.unwrap_or((0, EMPTY_ROOT));
    if old_size != known_size {
        return Err(Refusal::Conflict { size: known_size });
    }
    if old_size == size && known_root != checkpoint.root {
        return Err(Refusal::Contradiction { size });
    }
    verify_consistency(
        known_size,
        &known_root,
        size,
        &checkpoint.root,
        &request.proof,
    )
    .map_err(Refusal::Unprocessable)?;
    Ok(Accepted { checkpoint, note })
}

/// The body of an answer with cosignatures: their lines.
#[must_use]
pub fn encode_cosignatures(lines: &[NoteSignature]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// The signature lines of an answer. None is verified: keep those for which
/// [`time_in`](crate::note::CosignatureVerifier::time_in) of a trusted witness gives a time.
///
/// # Errors
///
/// [`InvalidNote`] if there is no line, more than [`MAX_NOTE_SIGNATURES`], or one that is malformed.
pub fn parse_cosignatures(body: &[u8]) -> Result<Vec<NoteSignature>, InvalidNote> {
    if body.len() > MAX_NOTE_BYTES {
        return Err(InvalidNote::TooLarge { bytes: body.len() });
    }
    let body = std::str::from_utf8(body).map_err(|_| InvalidNote::NotText)?;
    let lines = body.strip_suffix('\n').ok_or(InvalidNote::NoSignatures)?;
    let mut signatures = Vec::new();
    for (at, line) in lines.split('\n').enumerate() {
        if at == MAX_NOTE_SIGNATURES {
            return Err(InvalidNote::TooManySignatures);
        }
        let line_number = at + 1;
        signatures.push(
            NoteSignature::parse(line)
                .ok_or(InvalidNote::MalformedSignature { line: line_number })?,
        );
    }
    Ok(signatures)
}

/// The size in the body of a conflict, if its content type was [`SIZE_CONTENT_TYPE`]: decimal digits and a newline.
#[must_use]
pub fn parse_size(body: &[u8]) -> Option<u64> {
    read_number(std::str::from_utf8(body).ok()?.strip_suffix('\n')?)
}

/// Where a witness publishes its latest checkpoint of a log, below its monitoring prefix: `<SHA-256 of the origin in
/// lower-case hexadecimal digits>/checkpoint`.
#[must_use]
pub fn checkpoint_path(origin: &str) -> String {
    format!("{}/checkpoint", sha256_of(&[origin.as_bytes()]))
}

impl Refusal {
    /// The status of the answer (RFC 9110).
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Refusal::BadRequest(_) => 400,
            Refusal::Forbidden(_) => 403,
            Refusal::NotFound { .. } => 404,
            Refusal::Conflict { .. } | Refusal::Contradiction { .. } => 409,
            Refusal::Unprocessable(_) => 422,
        }
    }

    /// The body that goes with it, of type [`SIZE_CONTENT_TYPE`], where the specification requires one.
    #[must_use]
    pub fn size_body(&self) -> Option<String> {
        match self {
            Refusal::Conflict { size } => Some(format!("{size}\n")),
            _ => None,
        }
    }
}

impl From<InvalidRequest> for Refusal {
    fn from(problem: InvalidRequest) -> Self {
        bad_request(problem)
    }
}

/// A checkpoint without a trusted key's signature is not looked at further, nor is one with a forged line.
fn check_signature(
    note: &Note,
    checkpoint: &Checkpoint,
    log_keys: &[NoteVerifier],
) -> Result<(), Refusal> {
    let of_the_log: Vec<NoteVerifier> = log_keys
        .iter()
        .filter(|key| key.name() == checkpoint.origin)
        .cloned()
        .collect();
    if of_the_log.is_empty() {
        let origin = checkpoint.origin.clone();
        return Err(Refusal::NotFound { origin });
    }
    note.verify(&of_the_log)
        .map(drop)
        .map_err(Refusal::Forbidden)
}

fn bad_request(problem: impl Into<BadRequest>) -> Refusal {
    Refusal::BadRequest(problem.into())
}
