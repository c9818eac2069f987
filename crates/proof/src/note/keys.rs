//! The keys of notes and their names.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use thiserror::Error;

use super::{MAX_NAME_BYTES, Note, NoteSignature, UnsignableText};
use crate::hash::sha256_of;

/// The signature type byte of notes signed with Ed25519.
const ED25519: u8 = 0x01;

/// The first four bytes of SHA-256 over name, newline, type byte and public key, written as 8 hexadecimal digits.
///
/// It finds a key among pinned ones and is far too short to identify one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 4]);

/// A private key that signs notes under a name. Wiped when dropped; cannot be copied or printed.
pub struct NoteSigner {
    verifier: NoteVerifier,
    key: SigningKey,
}

/// A name with its public key.
#[derive(Clone, PartialEq, Eq)]
pub struct NoteVerifier {
    name: String,
    id: KeyId,
    key: VerifyingKey,
}

/// The text cannot name a key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "a key name has 1 to {MAX_NAME_BYTES} bytes and neither white space, control characters nor `+`"
)]
pub struct InvalidName;

/// The text or the bytes are not a public key for notes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidVerifier {
    /// The name cannot name a key.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// Not `<name>+<8 hexadecimal digits>+<base64>`.
    #[error(
        "expected `<name>+<key id>+<key>`, the id as 8 lower-case hexadecimal digits and the key in base64"
    )]
    Form,
    /// A type of key that is not used here.
    #[error(
        "key type {0:#04x} cannot be used here: logs sign with Ed25519 (0x01), witnesses cosign with Ed25519 (0x04)"
    )]
    KeyType(u8),
    /// Not 32 bytes of a point that a signature can be verified with.
    #[error("the key is not a usable Ed25519 public key")]
    Key,
    /// The id is not the one of this name and key.
    #[error("the key id does not belong to this name and key")]
    Id,
}

impl NoteSigner {
    /// The signer of an Ed25519 seed (RFC 8032, 32 bytes). The caller wipes its own copy of the seed.
    ///
    /// # Errors
    ///
    /// [`InvalidName`] if `name` cannot name a key.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, InvalidName> {
        check_name(name)?;
        let key = SigningKey::from_bytes(seed);
        let verifier = NoteVerifier::assemble(name, key.verifying_key());
        Ok(Self { verifier, key })
    }

    /// The name under which it signs.
    #[must_use]
    pub fn name(&self) -> &str {
        self.verifier.name()
    }

    /// The public half of the key.
    #[must_use]
    pub fn public_key(&self) -> [u8; 32] {
        self.verifier.public_key()
    }

    /// The key for verifying its notes.
    #[must_use]
    pub fn verifier(&self) -> &NoteVerifier {
        &self.verifier
    }

    /// Signs `text`, which ends with a newline.
    ///
    /// # Errors
    ///
    /// [`UnsignableText`] if no note can hold the text.
    pub fn sign(&self, text: &str) -> Result<Note, UnsignableText> {
        Note::unsigned(text)?.with(self.signature_over(text))
    }

    /// Adds a signature to a note of someone else, or of an older key. Verify the note first.
    ///
    /// # Errors
    ///
    /// [`UnsignableText::TooLarge`] or [`UnsignableText::TooManySignatures`] if the note is full.
    pub fn countersign(&self, note: Note) -> Result<Note, UnsignableText> {
        let signature = self.signature_over(note.text());
        note.with(signature)
    }

    fn signature_over(&self, text: &str) -> NoteSignature {
        NoteSignature {
            name: self.verifier.name.clone(),
            key_id: self.verifier.id,
            bytes: self.key.sign(text.as_bytes()).to_bytes().to_vec(),
        }
    }
}

impl NoteVerifier {
    /// The verifier of a name and an Ed25519 public key.
    ///
    /// # Errors
    ///
    /// [`InvalidVerifier`] if the name cannot name a key, or the bytes are not a point or one of small order.
    pub fn new(name: &str, public_key: &[u8; 32]) -> Result<Self, InvalidVerifier> {
        check_name(name)?;
        Ok(Self::assemble(name, usable_key(public_key)?))
    }

    /// The key's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key's short id.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.id
    }

    /// The 32 bytes of the public key.
    #[must_use]
    pub fn public_key(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// Whether `signature` is this key's strict Ed25519 signature over `text`.
    pub(super) fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|s| self.key.verify_strict(text.as_bytes(), &s).is_ok())
    }

    fn assemble(name: &str, key: VerifyingKey) -> Self {
        Self {
            name: name.to_owned(),
            id: KeyId::of(name, ED25519, &key),
            key,
        }
    }
}

impl KeyId {
    pub(super) fn of(name: &str, key_type: u8, key: &VerifyingKey) -> Self {
        let hash = sha256_of(&[name.as_bytes(), b"\n", &[key_type], key.as_bytes()]);
        let [a, b, c, d, ..] = *hash.as_bytes();
        Self([a, b, c, d])
    }
}

/// The encoding of C2SP signed-note, often called a vkey: `<name>+<key id>+<base64 of type byte and key>`.
impl fmt::Display for NoteVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_vkey(f, &self.name, self.id, ED25519, &self.key)
    }
}

impl fmt::Debug for NoteVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoteVerifier({self})")
    }
}

impl FromStr for NoteVerifier {
    type Err = InvalidVerifier;

    fn from_str(text: &str) -> Result<Self, InvalidVerifier> {
        let (name, key) = parse_vkey(text, ED25519)?;
        Ok(Self::assemble(name, key))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Whether `name` may name a key.
pub(crate) fn is_valid_name(name: &str) -> bool {
    (1..=MAX_NAME_BYTES).contains(&name.len())
        && !name
            .chars()
            .any(|c| c == '+' || c.is_whitespace() || c.is_control())
}

/// The text form of a public key (C2SP signed-note, "Verifier keys").
pub(super) fn write_vkey(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    id: KeyId,
    key_type: u8,
    key: &VerifyingKey,
) -> fmt::Result {
    let mut data = vec![key_type];
    data.extend_from_slice(key.as_bytes());
    write!(f, "{name}+{id}+{}", STANDARD.encode(data))
}

/// Name and key of the text form, if it is of this type and names its own id.
pub(super) fn parse_vkey(
    text: &str,
    key_type: u8,
) -> Result<(&str, VerifyingKey), InvalidVerifier> {
    // The name holds no `+`, the key may.
    let (name, rest) = text.split_once('+').ok_or(InvalidVerifier::Form)?;
    let (id, key) = rest.split_once('+').ok_or(InvalidVerifier::Form)?;
    let data = STANDARD.decode(key).map_err(|_| InvalidVerifier::Form)?;
    let (&found, key) = data.split_first().ok_or(InvalidVerifier::Form)?;
    if found != key_type {
        return Err(InvalidVerifier::KeyType(found));
    }
    check_name(name)?;
    let key = usable_key(key.try_into().map_err(|_| InvalidVerifier::Key)?)?;
    if KeyId::of(name, key_type, &key).to_string() == id {
        Ok((name, key))
    } else {
        Err(InvalidVerifier::Id)
    }
}

/// A point that signatures can be verified with: not one of small order.
pub(super) fn usable_key(public_key: &[u8; 32]) -> Result<VerifyingKey, InvalidVerifier> {
    let key = VerifyingKey::from_bytes(public_key).map_err(|_| InvalidVerifier::Key)?;
    if key.is_weak() {
        return Err(InvalidVerifier::Key);
    }
    Ok(key)
}

pub(super) fn check_name(name: &str) -> Result<(), InvalidName> {
    if is_valid_name(name) {
        Ok(())
    } else {
        Err(InvalidName)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The verifier key of the worked example in the Go package `golang.org/x/mod/sumdb/note`.
    const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

    #[test]
    fn a_published_key_is_read_and_written() {
        let verifier: NoteVerifier = PETER.parse().unwrap();
        assert_eq!(verifier.name(), "PeterNeumann");
        assert_eq!(verifier.key_id().to_string(), "c74f20a3");
        assert_eq!(verifier.to_string(), PETER);
        assert_eq!(
            NoteVerifier::new("PeterNeumann", &verifier.public_key()).unwrap(),
            verifier
        );
    }

    #[test]
    fn wrong_verifiers_are_refused() {
        let cases = [
            ("", InvalidVerifier::Form),
            ("PeterNeumann+c74f20a3", InvalidVerifier::Form),
            ("PeterNeumann+c74f20a3+", InvalidVerifier::Form),
            ("PeterNeumann+c74f20a3+ARpc!", InvalidVerifier::Form),
            ("PeterNeumann+c74f20a3+ARpc", InvalidVerifier::Key),
            (
                &PETER.replace("+ARpc", "+ABpc"),
                InvalidVerifier::KeyType(0),
            ),
            (&PETER.replace("c74f20a3", "c74f20a4"), InvalidVerifier::Id),
            (&PETER.replace("c74f20a3", "C74F20A3"), InvalidVerifier::Id),
            (&PETER.replace("Peter", "Pete"), InvalidVerifier::Id),
            (
                &PETER.replace("Peter", "Peter "),
                InvalidVerifier::Name(InvalidName),
            ),
        ];
        for (text, error) in cases {
            assert_eq!(text.parse::<NoteVerifier>(), Err(error), "{text}");
        }
    }

    #[test]
    fn keys_of_small_order_are_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert_eq!(NoteVerifier::new("a", &identity), Err(InvalidVerifier::Key));
        assert_eq!(NoteVerifier::new("a", &[0; 32]), Err(InvalidVerifier::Key));
    }

    #[test]
    fn names_follow_the_specification() {
        for name in ["a", "example.com/log", "żółw", &"x".repeat(MAX_NAME_BYTES)] {
            assert!(NoteSigner::from_seed(name, &[1; 32]).is_ok(), "{name}");
        }
        for name in [
            "",
            " ",
            "a b",
            "a+b",
            "a\u{a0}b",
            "a\u{2003}b",
            "a\n",
            "a\0",
            &"x".repeat(MAX_NAME_BYTES + 1),
        ] {
            assert!(NoteSigner::from_seed(name, &[1; 32]).is_err(), "{name:?}");
        }
    }
}
