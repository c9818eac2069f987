//! Signed notes (C2SP `signed-note` v1.0.0): text followed by a blank line and one line per signature.
//!
//! A log signs its notes with an Ed25519 key (signature type 0x01); a witness adds timestamped cosignatures with one of
//! its own (type 0x04, C2SP `tlog-cosignature`). Lines of other keys and other types are read and kept, and prove
//! nothing.

mod cosignature;
mod keys;
mod text;

pub use cosignature::{CosignatureVerifier, Cosigner, MAX_COSIGNATURE_TIME_S};
pub(crate) use keys::is_valid_name;
pub use keys::{InvalidName, InvalidVerifier, KeyId, NoteSigner, NoteVerifier};
pub use text::{InvalidNote, Note, NoteRejection, NoteSignature, UnsignableText};

/// Most bytes of a key name.
pub const MAX_NAME_BYTES: usize = 255;
/// Most bytes of a note, signatures included.
pub const MAX_NOTE_BYTES: usize = 64 * 1024;
/// Most signature lines of a note.
pub const MAX_NOTE_SIGNATURES: usize = 32;
