//! Timestamped cosignatures of witnesses (C2SP `tlog-cosignature`, Ed25519).

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use super::keys::{check_name, parse_vkey, usable_key, write_vkey};
use super::{InvalidName, InvalidVerifier, KeyId, Note, NoteRejection, NoteSignature};

/// The latest time of a cosignature, in seconds since 1970-01-01 UTC: 2^63 - 1.
pub const MAX_COSIGNATURE_TIME_S: u64 = i64::MAX as u64;

/// The signature type byte of Ed25519 cosignatures.
const ED25519_COSIGNATURE: u8 = 0x04;

/// A witness's private key under its name. Wiped when dropped; cannot be copied or printed.
///
/// The message does not name the witness: a key must not serve two of them, nor sign anything else.
pub struct Cosigner {
    verifier: CosignatureVerifier,
    key: SigningKey,
}

/// A witness's name with its public key.
#[derive(Clone, PartialEq, Eq)]
pub struct CosignatureVerifier {
    name: String,
    id: KeyId,
    key: VerifyingKey,
}

impl Cosigner {
    /// The cosigner of an Ed25519 seed (RFC 8032, 32 bytes). The caller wipes its own copy of the seed.
    ///
    /// # Errors
    ///
    /// [`InvalidName`] if `name` cannot name a key.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, InvalidName> {
        check_name(name)?;
        let key = SigningKey::from_bytes(seed);
        let verifier = CosignatureVerifier::assemble(name, key.verifying_key());
        Ok(Self { verifier, key })
    }

    /// The name under which it signs.
    #[must_use]
    pub fn name(&self) -> &str {
        self.verifier.name()
    }

    /// The key for verifying.
    #[must_use]
    pub fn verifier(&self) -> &CosignatureVerifier {
        &self.verifier
    }

    /// States that at `time_s`, in seconds since 1970-01-01 UTC, the checkpoint in `note` is the largest consistent one
    /// seen of its log. That is the caller's to check; [`crate::witness::decide`] does.
    ///
    /// A time outside 1 to [`MAX_COSIGNATURE_TIME_S`] cannot be stated: the nearest one that can is signed.
    #[must_use]
    pub fn cosign(&self, note: &Note, time_s: u64) -> NoteSignature {
        let time_s = time_s.clamp(1, MAX_COSIGNATURE_TIME_S);
        let signature = self.key.sign(message(time_s, note.text()).as_bytes());
        NoteSignature {
            name: self.verifier.name.clone(),
            key_id: self.verifier.id,
            bytes: [time_s.to_be_bytes().as_slice(), &signature.to_bytes()].concat(),
        }
    }
}

impl CosignatureVerifier {
    /// The verifier of a witness's name and Ed25519 public key.
    ///
    /// # Errors
    ///
    /// [`InvalidVerifier`] if the name cannot name a key, or the bytes are not a point or one of small order.
    pub fn new(name: &str, public_key: &[u8; 32]) -> Result<Self, InvalidVerifier> {
        check_name(name)?;
        Ok(Self::assemble(name, usable_key(public_key)?))
    }

    /// The witness's name.
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

    /// Whether the line bears this key's name and id, whatever its signature is worth.
    #[must_use]
    pub fn is_named_in(&self, line: &NoteSignature) -> bool {
        line.name == self.name && line.key_id == self.id
    }

    /// The times, in seconds since 1970-01-01 UTC, at which this witness cosigned the note, in the order of the lines:
    /// one for each line of this key. Verification is strict.
    ///
    /// # Errors
    ///
    /// [`NoteRejection::WrongSignature`] as soon as one line of this key does not verify, whatever the other lines are;
    /// [`NoteRejection::NoKnownSignature`] if it has no line.
    pub fn verify(&self, note: &Note) -> Result<Vec<u64>, NoteRejection> {
        let times_s = note
            .signatures()
            .iter()
            .filter(|line| self.is_named_in(line))
            .map(|line| self.time_in(note.text(), line).ok_or_else(|| wrong(line)))
            .collect::<Result<Vec<_>, _>>()?;
        if times_s.is_empty() {
            Err(NoteRejection::NoKnownSignature)
        } else {
            Ok(times_s)
        }
    }

    /// The latest time at which this witness cosigned the note, in seconds since 1970-01-01 UTC; `None` if it did not,
    /// or if one of its lines does not verify.
    #[must_use]
    pub fn time_of(&self, note: &Note) -> Option<u64> {
        self.verify(note).ok()?.into_iter().max()
    }

    /// The time of a single line, if it is this key's valid cosignature over `text`.
    #[must_use]
    pub fn time_in(&self, text: &str, line: &NoteSignature) -> Option<u64> {
        let (time, signature) = line.bytes.split_first_chunk()?;
        let time_s = u64::from_be_bytes(*time);
        let signature = Signature::from_slice(signature).ok()?;
        let in_range = (1..=MAX_COSIGNATURE_TIME_S).contains(&time_s);
        let message = message(time_s, text);
        let signed = || {
            self.key
                .verify_strict(message.as_bytes(), &signature)
                .is_ok()
        };
        (self.is_named_in(line) && in_range && signed()).then_some(time_s)
    }

    fn assemble(name: &str, key: VerifyingKey) -> Self {
        Self {
            name: name.to_owned(),
            id: KeyId::of(name, ED25519_COSIGNATURE, &key),
            key,
        }
    }
}

/// The text form of a public key: `<name>+<key id>+<base64 of type byte 0x04 and key>`.
impl fmt::Display for CosignatureVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_vkey(f, &self.name, self.id, ED25519_COSIGNATURE, &self.key)
    }
}

impl fmt::Debug for CosignatureVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CosignatureVerifier({self})")
    }
}

impl FromStr for CosignatureVerifier {
    type Err = InvalidVerifier;

    fn from_str(text: &str) -> Result<Self, InvalidVerifier> {
        let (name, key) = parse_vkey(text, ED25519_COSIGNATURE)?;
        Ok(Self::assemble(name, key))
    }
}

/// The two lines before the text keep a cosignature apart from everything else that an Ed25519 key may sign.
fn message(time_s: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {time_s}\n{text}")
}

fn wrong(line: &NoteSignature) -> NoteRejection {
    NoteRejection::WrongSignature {
        name: line.name.clone(),
        key_id: line.key_id,
    }
}
