//! Keys of fee payers: secp256k1 (SEC 2), from a phrase (BIP-39, BIP-32, SLIP-44) or as they are.

use bip32::{DerivationPath, XPrv};
use bip39::{Language, Mnemonic};
use k256::ecdsa::signature::{Signer, Verifier};
use k256::ecdsa::{Signature, SigningKey, VerifyingKey};
use prost::Message as _;
use ripemd::{Digest as _, Ripemd160};
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::Address;
use crate::proto::{Any, secp256k1::PubKey};

/// Where the key of a phrase is derived: coin type 118, first account.
pub const PAYER_PATH: &str = "m/44'/118'/0'/0/0";

/// Type URL of a [`PublicKey`] in an [`Any`].
pub(crate) const PUBLIC_KEY_TYPE_URL: &str = "/cosmos.crypto.secp256k1.PubKey";

/// Bytes of the longest phrase that is read: 24 words have at most 215.
const PHRASE_BYTES_MAX: usize = 512;

/// The public key of an account, compressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// The secret key of an account that pays fees. Neither printable nor cloneable; wiped when dropped.
pub struct PayerKey(SigningKey);

/// Not the compressed form of a point of secp256k1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a secp256k1 public key has 33 bytes, and its point lies on the curve")]
pub struct InvalidPublicKey;

/// Why there is no key. Contains nothing of the input.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidPayerKey {
    /// Not a phrase of BIP-39.
    #[error(
        "the phrase must have 12, 15, 18, 21 or 24 English words of BIP-39, separated by spaces, the last of which is \
         a checksum: {0}"
    )]
    Phrase(&'static str),
    /// Zero, or not below the order of the curve.
    #[error("the 32 bytes are no private key of secp256k1")]
    Bytes,
}

impl PublicKey {
    /// Reads 33 bytes in compressed form.
    ///
    /// # Errors
    /// [`InvalidPublicKey`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidPublicKey> {
        if bytes.len() != 33 {
            return Err(InvalidPublicKey);
        }
        VerifyingKey::from_sec1_bytes(bytes)
            .map(Self)
            .map_err(|_| InvalidPublicKey)
    }

    /// Its 33 bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.to_sec1_point(true).as_bytes().to_vec()
    }

    /// The account that it signs for.
    pub fn address(&self) -> Address {
        let digest = Sha256::digest(self.to_bytes());
        Address::from_bytes(Ripemd160::digest(digest).into())
    }

    /// Whether this is its signature over the SHA-256 digest of `message`: r and s, 32 bytes each, s in its lower half.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let Ok(signature) = Signature::from_slice(signature) else {
            return false;
        };
        // A signature with s in the upper half would verify, too, and give the same transaction a second hash.
        signature.normalize_s() == signature && self.0.verify(message, &signature).is_ok()
    }
}

impl From<&PublicKey> for Any {
    fn from(key: &PublicKey) -> Self {
        let message = PubKey {
            key: key.to_bytes(),
        };
        Self {
            type_url: PUBLIC_KEY_TYPE_URL.to_owned(),
            value: message.encode_to_vec(),
        }
    }
}

impl PayerKey {
    /// The first account of a phrase, as cheqd's clients derive it.
    ///
    /// # Errors
    /// [`InvalidPayerKey::Phrase`].
    pub fn from_phrase(phrase: &str) -> Result<Self, InvalidPayerKey> {
        if phrase.len() > PHRASE_BYTES_MAX {
            return Err(InvalidPayerKey::Phrase("it is too long"));
        }
        let mnemonic = Mnemonic::parse_in_normalized(Language::English, phrase).map_err(what_of)?;
        let seed = Zeroizing::new(mnemonic.to_seed_normalized(""));
        let path: DerivationPath = PAYER_PATH.parse().map_err(|_| InvalidPayerKey::Bytes)?;
        let derived = XPrv::derive_from_path(&*seed, &path).map_err(|_| InvalidPayerKey::Bytes)?;
        Ok(Self(derived.private_key().clone()))
    }

    /// The key with these 32 bytes.
    ///
    /// # Errors
    /// [`InvalidPayerKey::Bytes`].
    pub fn from_bytes(bytes: &Zeroizing<[u8; 32]>) -> Result<Self, InvalidPayerKey> {
        SigningKey::from_slice(bytes.as_slice())
            .map(Self)
            .map_err(|_| InvalidPayerKey::Bytes)
    }

    /// Its public key.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(*self.0.verifying_key())
    }

    /// The account that it signs for.
    pub fn address(&self) -> Address {
        self.public_key().address()
    }

    /// Signs the SHA-256 digest of `message`: r and s, 32 bytes each, deterministic (RFC 6979), s in its lower half.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature: Signature = self.0.sign(message);
        signature.normalize_s().to_bytes().to_vec()
    }
}

/// Omits the wrong words: errors reach logs.
fn what_of(error: bip39::Error) -> InvalidPayerKey {
    InvalidPayerKey::Phrase(match error {
        bip39::Error::BadWordCount(_) => "it has another number of words",
        bip39::Error::UnknownWord(_) => "one of its words is not in the list",
        bip39::Error::InvalidChecksum => "its checksum does not fit",
        _ => "it cannot be read",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> PayerKey {
        PayerKey::from_bytes(&Zeroizing::new([byte; 32])).unwrap()
    }

    #[test]
    fn a_signature_verifies_for_its_message_and_key_alone() {
        let signature = key(1).sign(b"message");
        assert!(key(1).public_key().verifies(b"message", &signature));
        assert!(!key(1).public_key().verifies(b"massage", &signature));
        assert!(!key(2).public_key().verifies(b"message", &signature));
        assert!(!key(1).public_key().verifies(b"message", &signature[..63]));
        assert!(!key(1).public_key().verifies(b"message", &[0; 64]));
    }

    #[test]
    fn the_other_half_of_s_is_refused() {
        let signature = Signature::from_slice(&key(1).sign(b"message")).unwrap();
        let other = Signature::from_scalars(*signature.r(), -*signature.s()).unwrap();
        assert!(!key(1).public_key().verifies(b"message", &other.to_bytes()));
    }

    #[test]
    fn phrases_that_are_none_say_why_and_not_what() {
        let abandon = "abandon ".repeat(11);
        for (phrase, why) in [
            (String::new(), "number of words"),
            (abandon.clone(), "number of words"),
            (format!("{abandon}abandon"), "checksum"),
            (format!("{abandon}secretword"), "not in the list"),
            ("a".repeat(1000), "too long"),
        ] {
            let error = PayerKey::from_phrase(&phrase).err().unwrap().to_string();
            assert!(error.contains(why), "{error}");
            assert!(!error.contains("secretword"), "{error}");
        }
    }

    #[test]
    fn bytes_that_are_no_key_are_refused() {
        for bytes in [[0; 32], [0xff; 32]] {
            let refused = PayerKey::from_bytes(&Zeroizing::new(bytes)).err();
            assert_eq!(refused, Some(InvalidPayerKey::Bytes));
        }
        for bytes in [vec![], vec![2; 32], vec![0; 33], vec![4; 65]] {
            assert_eq!(PublicKey::from_bytes(&bytes), Err(InvalidPublicKey));
        }
    }
}
