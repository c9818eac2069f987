//! Verification methods and the encodings of their keys.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::closed::closed_enum;
use crate::did::Did;
use crate::did_url::MethodId;
use crate::jwk::{self, InvalidJwk};
use crate::key::{KeyAlgorithm, PublicKey, WeakKey};
use crate::limits::MAX_BASE58_KEY_BYTES;

/// Multicodec header of an Ed25519 public key.
const ED25519_HEADER: [u8; 2] = [0xed, 0x01];

closed_enum! {
    /// The types of verification methods that the ledger takes.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum MethodType {
        /// Bare base58 of the 32 key bytes.
        Ed25519VerificationKey2018 => "Ed25519VerificationKey2018",
        /// Multibase base58btc of the multicodec header `ed01` and the 32 key bytes.
        Ed25519VerificationKey2020 => "Ed25519VerificationKey2020",
        /// A JSON Web Key: Ed25519, P-256, P-384, P-521 or RSA.
        JsonWebKey2020 => "JsonWebKey2020",
    }
}

impl MethodType {
    /// The property that holds the key in the JSON form of a document.
    pub fn key_property(self) -> &'static str {
        match self {
            Self::Ed25519VerificationKey2018 => "publicKeyBase58",
            Self::Ed25519VerificationKey2020 => "publicKeyMultibase",
            Self::JsonWebKey2020 => "publicKeyJwk",
        }
    }

    /// Reads the key out of its material, and admits it only if it is sound.
    ///
    /// # Errors
    /// [`InvalidMaterial`] says what is wrong with the encoding or the key.
    pub fn decode(&self, material: &str) -> Result<PublicKey, InvalidMaterial> {
        self.decode_with(material, PublicKey::from_ed25519)
    }

    /// Reads a key that was admitted before.
    pub(crate) fn decode_known(&self, material: &str) -> Result<PublicKey, InvalidMaterial> {
        self.decode_with(material, PublicKey::from_known_ed25519)
    }

    /// The material of a key.
    ///
    /// # Errors
    /// The Ed25519 types hold no other key.
    pub fn encode(&self, key: &PublicKey) -> Result<String, UnsupportedKey> {
        match (self, key.algorithm()) {
            (Self::JsonWebKey2020, _) => Ok(jwk::encode(key)),
            (Self::Ed25519VerificationKey2018, KeyAlgorithm::Ed25519) => {
                Ok(bs58::encode(key.to_bytes()).into_string())
            }
            (Self::Ed25519VerificationKey2020, KeyAlgorithm::Ed25519) => {
                let bytes = [ED25519_HEADER.as_slice(), &key.to_bytes()].concat();
                Ok(format!("z{}", bs58::encode(bytes).into_string()))
            }
            (_, algorithm) => Err(UnsupportedKey {
                method_type: *self,
                algorithm,
            }),
        }
    }

    fn decode_with(
        self,
        material: &str,
        ed25519: fn(&[u8; 32]) -> Result<PublicKey, WeakKey>,
    ) -> Result<PublicKey, InvalidMaterial> {
        match self {
            Self::JsonWebKey2020 => Ok(jwk::decode(material, ed25519)?),
            Self::Ed25519VerificationKey2018 => ed25519_of(&base58(material)?, ed25519),
            Self::Ed25519VerificationKey2020 => {
                let bytes = base58(base58btc_digits(material)?)?;
                match bytes.split_first_chunk::<2>() {
                    Some((&ED25519_HEADER, key)) => ed25519_of(key, ed25519),
                    _ => Err(InvalidMaterial::Header(hex::encode(
                        bytes.get(..2).unwrap_or(&bytes),
                    ))),
                }
            }
        }
    }
}

impl fmt::Display for MethodType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for MethodType {
    type Err = UnknownMethodType;

    fn from_str(text: &str) -> Result<Self, UnknownMethodType> {
        Self::of_str(text).ok_or(UnknownMethodType)
    }
}

/// A verification method of a valid document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerificationMethod {
    id: MethodId,
    method_type: MethodType,
    controller: Did,
    material: Box<str>,
    key: PublicKey,
}

impl VerificationMethod {
    pub(crate) fn new(
        id: MethodId,
        method_type: MethodType,
        controller: Did,
        material: &str,
        key: PublicKey,
    ) -> Self {
        Self {
            id,
            method_type,
            controller,
            material: material.into(),
            key,
        }
    }

    /// Its id; the DID in it is that of the document.
    pub fn id(&self) -> &MethodId {
        &self.id
    }

    /// Its type.
    pub fn method_type(&self) -> MethodType {
        self.method_type
    }

    /// The DID that holds the private key.
    pub fn controller(&self) -> &Did {
        &self.controller
    }

    /// The key in the encoding of the type, exactly as it was sent.
    pub fn material(&self) -> &str {
        &self.material
    }

    /// Its key.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }
}

/// A text that names no [`MethodType`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("must be a valid value")]
pub struct UnknownMethodType;

/// A key that the type cannot hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{method_type} cannot hold a key of {algorithm:?}; use JsonWebKey2020")]
pub struct UnsupportedKey {
    method_type: MethodType,
    algorithm: KeyAlgorithm,
}

/// Why a text is not the material of a method.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidMaterial {
    /// A multibase text has at least one character.
    #[error("cannot decode multibase for zero length string")]
    Empty,
    /// Another multibase encoding than base58btc.
    #[error("invalid encoding for Ed25519VerificationKey2020. expected: base58btc actual: {0}")]
    Encoding(String),
    /// Not base58, with the Bitcoin alphabet.
    #[error("invalid base58: {0}")]
    Base58(String),
    /// Longer than any key of the type.
    #[error("must be at most {MAX_BASE58_KEY_BYTES} bytes of base58")]
    TooLong,
    /// Another multicodec header.
    #[error(
        "invalid two-byte prefix for Ed25519VerificationKey2020. expected: 0xed01 actual: 0x{0}"
    )]
    Header(String),
    /// Not a usable JWK.
    #[error(transparent)]
    Jwk(#[from] InvalidJwk),
    /// The key itself is not admitted.
    #[error(transparent)]
    Weak(#[from] WeakKey),
}

fn base58btc_digits(material: &str) -> Result<&str, InvalidMaterial> {
    let first = material.chars().next().ok_or(InvalidMaterial::Empty)?;
    material
        .strip_prefix('z')
        .ok_or_else(|| InvalidMaterial::Encoding(multibase_name(first)))
}

/// Decoding base58 takes quadratic time, so the length is looked at first.
fn base58(text: &str) -> Result<Vec<u8>, InvalidMaterial> {
    if text.len() > MAX_BASE58_KEY_BYTES {
        return Err(InvalidMaterial::TooLong);
    }
    bs58::decode(text)
        .into_vec()
        .map_err(|error| InvalidMaterial::Base58(error.to_string()))
}

fn ed25519_of(
    bytes: &[u8],
    ed25519: fn(&[u8; 32]) -> Result<PublicKey, WeakKey>,
) -> Result<PublicKey, InvalidMaterial> {
    let bytes = bytes
        .try_into()
        .map_err(|_| WeakKey::Ed25519Length(bytes.len()))?;
    Ok(ed25519(bytes)?)
}

fn multibase_name(code: char) -> String {
    match multibase::Base::from_code(code) {
        Ok(multibase::Base::Base16Lower) => "base16".to_owned(),
        Ok(multibase::Base::Base32Lower) => "base32".to_owned(),
        Ok(base) => format!("{base:?}").to_ascii_lowercase(),
        Err(_) => format!("{code:?}"),
    }
}
