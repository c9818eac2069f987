//! Checkpoints (C2SP `tlog-checkpoint` v1.0.0): a signed note over a log's origin, size and root.

use std::fmt;

use thiserror::Error;

use crate::Hash;
use crate::lines::{hash_line, read_hash, read_number};
use crate::note::{InvalidNote, Note, NoteRejection, NoteSigner, NoteVerifier, UnsignableText};

/// The state of a log: how many leaves it has and the root over them.
///
/// `Display` writes the note text: three lines, each with its newline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's unique name.
    pub origin: String,
    /// Number of leaves.
    pub size: u64,
    /// Root of the tree over these leaves (RFC 6962, SHA-256).
    pub root: Hash,
}

/// A checkpoint whose signature by the log's key was verified, with the note it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    extension_lines: Vec<String>,
    note: Note,
}

/// The text is not a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidCheckpoint {
    /// Fewer than three lines, an empty line, or no newline at the end.
    #[error(
        "a checkpoint has at least three lines, none of them empty, each with a newline at its end"
    )]
    Lines,
    /// The second line is not a decimal number below 2^64 without leading zeroes.
    #[error("the second line of a checkpoint is its size in decimal digits")]
    Size,
    /// The third line is not the base64 of 32 bytes.
    #[error("the third line of a checkpoint is a root of 32 bytes in base64")]
    Root,
}

/// The bytes are not a checkpoint of this log.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CheckpointRejection {
    /// They are not a signed note.
    #[error("the checkpoint is not a signed note")]
    Note(#[from] InvalidNote),
    /// The log's key did not sign them.
    #[error("the checkpoint is not signed by the log's key")]
    Signature(#[from] NoteRejection),
    /// The signed text is not a checkpoint.
    #[error("the signed text is not a checkpoint")]
    Text(#[from] InvalidCheckpoint),
    /// It is a checkpoint of another log.
    #[error("the checkpoint belongs to `{found}`, not to `{expected}`")]
    OtherOrigin {
        /// The origin that the key belongs to.
        expected: String,
        /// The origin in the text.
        found: String,
    },
}

/// The checkpoint cannot be signed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnsignableCheckpoint {
    /// The key has another name than the log.
    #[error(
        "the key is named `{key}`, but the checkpoint is of `{origin}`: a log signs under its own name"
    )]
    OtherName {
        /// The key's name.
        key: String,
        /// The checkpoint's origin.
        origin: String,
    },
    /// The note cannot be made.
    #[error("the checkpoint does not fit in a note")]
    Text(#[from] UnsignableText),
}

impl Checkpoint {
    /// Reads a note's text, and the extension lines after the third. What is not signed means nothing: most callers
    /// want [`SignedCheckpoint::open`].
    ///
    /// # Errors
    ///
    /// [`InvalidCheckpoint`] names the line that is wrong.
    pub fn parse(text: &str) -> Result<(Checkpoint, Vec<String>), InvalidCheckpoint> {
        let lines: Vec<&str> = text
            .strip_suffix('\n')
            .ok_or(InvalidCheckpoint::Lines)?
            .split('\n')
            .collect();
        if lines.iter().any(|line| line.is_empty()) {
            return Err(InvalidCheckpoint::Lines);
        }
        let [origin, size, root, extension_lines @ ..] = lines.as_slice() else {
            return Err(InvalidCheckpoint::Lines);
        };
        let checkpoint = Checkpoint {
            origin: (*origin).to_owned(),
            size: read_number(size).ok_or(InvalidCheckpoint::Size)?,
            root: read_hash(root).ok_or(InvalidCheckpoint::Root)?,
        };
        Ok((
            checkpoint,
            extension_lines
                .iter()
                .map(|&line| line.to_owned())
                .collect(),
        ))
    }

    /// Signs it with the log's key, whose name is the origin.
    ///
    /// A log signs a checkpoint only when every leaf below `size` is on disk, and never two that contradict.
    ///
    /// # Errors
    ///
    /// [`UnsignableCheckpoint::OtherName`] if the key is not named like the log.
    pub fn sign(&self, signer: &NoteSigner) -> Result<Note, UnsignableCheckpoint> {
        if signer.name() != self.origin {
            let (key, origin) = (signer.name().to_owned(), self.origin.clone());
            return Err(UnsignableCheckpoint::OtherName { key, origin });
        }
        Ok(signer.sign(&self.to_string())?)
    }
}

impl SignedCheckpoint {
    /// Reads a checkpoint, verifies the signature of the log's key and that the origin is the key's name.
    ///
    /// # Errors
    ///
    /// [`CheckpointRejection`] states which of these failed.
    pub fn open(
        bytes: &[u8],
        log_key: &NoteVerifier,
    ) -> Result<SignedCheckpoint, CheckpointRejection> {
        let note = Note::parse(bytes)?;
        note.verify(std::slice::from_ref(log_key))?;
        let (checkpoint, extension_lines) = Checkpoint::parse(note.text())?;
        if checkpoint.origin != log_key.name() {
            return Err(CheckpointRejection::OtherOrigin {
                expected: log_key.name().to_owned(),
                found: checkpoint.origin,
            });
        }
        Ok(SignedCheckpoint {
            checkpoint,
            extension_lines,
            note,
        })
    }

    /// What was signed.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Lines after the third; they are signed but have no meaning here.
    #[must_use]
    pub fn extension_lines(&self) -> &[String] {
        &self.extension_lines
    }

    /// The note it came in, with all its signatures.
    #[must_use]
    pub fn note(&self) -> &Note {
        &self.note
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}\n{}\n{}",
            self.origin,
            self.size,
            hash_line(&self.root)
        )
    }
}
