//! The text form of notes, and their signatures.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use super::{KeyId, MAX_NOTE_BYTES, MAX_NOTE_SIGNATURES, NoteVerifier, is_valid_name};

/// An em dash and a space.
const LINE_START: &str = "\u{2014} ";

/// A text with signature lines. As long as [`Note::verify`] has not accepted it, its text means nothing.
///
/// `Display` writes the bytes that were read, or that are to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// A signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    pub(super) name: String,
    pub(super) key_id: KeyId,
    pub(super) bytes: Vec<u8>,
}

/// The bytes are not a signed note.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidNote {
    /// More than [`MAX_NOTE_BYTES`].
    #[error("the note has {bytes} bytes, more than the {MAX_NOTE_BYTES} that are read")]
    TooLarge {
        /// Its length in bytes.
        bytes: usize,
    },
    /// Not UTF-8, or with control characters other than newlines.
    #[error("the note is not UTF-8 text without control characters")]
    NotText,
    /// No blank line followed by signature lines, or no newline at the end.
    #[error("the note has no blank line followed by complete signature lines")]
    NoSignatures,
    /// More than [`MAX_NOTE_SIGNATURES`] signature lines.
    #[error("the note has more than the {MAX_NOTE_SIGNATURES} signature lines that are read")]
    TooManySignatures,
    /// A line after the blank one is not a signature line.
    #[error("signature line {line} of the note is malformed")]
    MalformedSignature {
        /// Its number, from 1.
        line: usize,
    },
}

/// The signatures do not prove that a known key signed the text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoteRejection {
    /// A line names a known key, which did not sign this text.
    #[error(
        "the signature of key `{name}` with id {key_id} is wrong: the note was changed or forged"
    )]
    WrongSignature {
        /// The key's name.
        name: String,
        /// The key's id.
        key_id: KeyId,
    },
    /// No line is of a known key.
    #[error("no known key has signed the note")]
    NoKnownSignature,
}

/// No note can hold the text or the signature.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnsignableText {
    /// The text does not end with a newline, or contains control characters.
    #[error("a note's text ends with a newline and contains no other control characters")]
    NotText,
    /// The note would be longer than [`MAX_NOTE_BYTES`].
    #[error("the note would have more than {MAX_NOTE_BYTES} bytes")]
    TooLarge,
    /// The note has [`MAX_NOTE_SIGNATURES`] signature lines already.
    #[error("the note has {MAX_NOTE_SIGNATURES} signatures already")]
    TooManySignatures,
    /// There is no signature line.
    #[error("a note has at least one signature")]
    NoSignatures,
}

impl Note {
    /// Reads a note. Nothing is verified yet.
    ///
    /// # Errors
    ///
    /// [`InvalidNote`] if the bytes are not a note within the limits.
    pub fn parse(bytes: &[u8]) -> Result<Note, InvalidNote> {
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(InvalidNote::TooLarge { bytes: bytes.len() });
        }
        let note = std::str::from_utf8(bytes).map_err(|_| InvalidNote::NotText)?;
        if !has_only_text(note) {
            return Err(InvalidNote::NotText);
        }
        let (before, lines) = note.rsplit_once("\n\n").ok_or(InvalidNote::NoSignatures)?;
        let lines = lines.strip_suffix('\n').ok_or(InvalidNote::NoSignatures)?;
        let mut signatures = Vec::new();
        for (at, line) in lines.split('\n').enumerate() {
            if at == MAX_NOTE_SIGNATURES {
                return Err(InvalidNote::TooManySignatures);
            }
            signatures.push(
                NoteSignature::parse(line)
                    .ok_or(InvalidNote::MalformedSignature { line: at + 1 })?,
            );
        }
        Ok(Note {
            text: format!("{before}\n"),
            signatures,
        })
    }

    /// A note of a text and signature lines from elsewhere, in this order. Nothing is verified.
    ///
    /// # Errors
    ///
    /// [`UnsignableText`] if no note can hold them.
    pub fn assemble(
        text: &str,
        signatures: impl IntoIterator<Item = NoteSignature>,
    ) -> Result<Note, UnsignableText> {
        let mut lines = signatures.into_iter();
        let first = lines.next().ok_or(UnsignableText::NoSignatures)?;
        lines.try_fold(Note::unsigned(text)?.with(first)?, Note::with)
    }

    /// The signed text, with its last newline.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines in order, verified or not.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// The known keys that signed this text, each once, in the order of `known`.
    ///
    /// # Errors
    ///
    /// [`NoteRejection::WrongSignature`] as soon as one line of a known key does not verify, whatever the other lines
    /// are; [`NoteRejection::NoKnownSignature`] if there is no line of a known key.
    pub fn verify<'k>(
        &self,
        known: &'k [NoteVerifier],
    ) -> Result<Vec<&'k NoteVerifier>, NoteRejection> {
        let mut signed = vec![false; known.len()];
        for line in &self.signatures {
            self.verify_line(line, known, &mut signed)?;
        }
        let by: Vec<_> = known
            .iter()
            .zip(signed)
            .filter_map(|(key, signed)| signed.then_some(key))
            .collect();
        if by.is_empty() {
            Err(NoteRejection::NoKnownSignature)
        } else {
            Ok(by)
        }
    }

    fn verify_line(
        &self,
        line: &NoteSignature,
        known: &[NoteVerifier],
        signed: &mut [bool],
    ) -> Result<(), NoteRejection> {
        let mut is_known = false;
        let mut is_valid = false;
        for (key, signed) in known.iter().zip(signed) {
            if key.name() == line.name && key.key_id() == line.key_id {
                is_known = true;
                if key.verifies(&self.text, &line.bytes) {
                    is_valid = true;
                    *signed = true;
                }
            }
        }
        if is_known && !is_valid {
            return Err(NoteRejection::WrongSignature {
                name: line.name.clone(),
                key_id: line.key_id,
            });
        }
        Ok(())
    }

    pub(super) fn unsigned(text: &str) -> Result<Note, UnsignableText> {
        if !text.ends_with('\n') || !has_only_text(text) {
            return Err(UnsignableText::NotText);
        }
        Ok(Note {
            text: text.to_owned(),
            signatures: Vec::new(),
        })
    }

    /// The note with one more signature line at its end. Nothing is verified.
    ///
    /// # Errors
    ///
    /// [`UnsignableText::TooLarge`] or [`UnsignableText::TooManySignatures`] if the note is full.
    pub fn with(mut self, signature: NoteSignature) -> Result<Note, UnsignableText> {
        if self.signatures.len() >= MAX_NOTE_SIGNATURES {
            return Err(UnsignableText::TooManySignatures);
        }
        self.signatures.push(signature);
        if self.to_string().len() > MAX_NOTE_BYTES {
            Err(UnsignableText::TooLarge)
        } else {
            Ok(self)
        }
    }
}

impl NoteSignature {
    /// The name of the key.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The id of the key.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// The signature itself, as its type writes it.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Reads a signature line without its newline.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let (name, data) = line.strip_prefix(LINE_START)?.split_once(' ')?;
        let data = STANDARD.decode(data).ok()?;
        let (key_id, bytes) = data.split_first_chunk()?;
        if !is_valid_name(name) || bytes.is_empty() {
            return None;
        }
        Some(Self {
            name: name.to_owned(),
            key_id: KeyId(*key_id),
            bytes: bytes.to_vec(),
        })
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures
            .iter()
            .try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

/// The line, without its newline.
impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let data = [self.key_id.0.as_slice(), &self.bytes].concat();
        write!(f, "{LINE_START}{} {}", self.name, STANDARD.encode(data))
    }
}

fn has_only_text(text: &str) -> bool {
    text.bytes().all(|b| b >= b' ' || b == b'\n')
}
