//! Private keys of every kind that a document can name, all derived from numbers.

use std::convert::Infallible;

use anyhow::{Result, anyhow};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use did::{MethodType, PublicKey};
use ed25519_dalek::Signer as _;
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use rsa::pss::SigningKey as PssKey;
use rsa::rand_core::{TryCryptoRng, TryRng};
use rsa::signature::{RandomizedSigner as _, SignatureEncoding as _};
use rsa::traits::PublicKeyParts as _;
use serde_json::json;
use sha2::{Digest, Sha256};

/// How a method writes its key, and which kind of key that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// `Ed25519VerificationKey2020`.
    Ed25519Multibase,
    /// `Ed25519VerificationKey2018`.
    Ed25519Base58,
    /// Ed25519 as `JsonWebKey2020`.
    Ed25519Jwk,
    /// P-256 as `JsonWebKey2020`.
    P256,
    /// P-384 as `JsonWebKey2020`.
    P384,
    /// P-521 as `JsonWebKey2020`.
    P521,
    /// RSA as `JsonWebKey2020`, with that length of salt.
    Rsa {
        /// Length in bytes.
        salt_len: usize,
    },
}

/// One of each kind.
pub const KINDS: [KeyKind; 8] = [
    KeyKind::Ed25519Multibase,
    KeyKind::P256,
    KeyKind::Ed25519Base58,
    KeyKind::P384,
    KeyKind::Ed25519Jwk,
    KeyKind::Rsa { salt_len: 32 },
    KeyKind::P521,
    KeyKind::Rsa { salt_len: 0 },
];

/// A private key.
#[derive(Clone)]
pub struct PrivateKey {
    kind: KeyKind,
    secret: Secret,
}

#[derive(Clone)]
enum Secret {
    Ed25519(Box<ed25519_dalek::SigningKey>),
    P256(Box<p256::ecdsa::SigningKey>),
    P384(Box<p384::ecdsa::SigningKey>),
    P521(Box<p521::ecdsa::SigningKey>),
    Rsa(Box<rsa::RsaPrivateKey>),
}

const RSA_BITS: usize = 2048;

impl PrivateKey {
    /// The key of that kind and number.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(kind: KeyKind, number: u64) -> Result<Self> {
        let mut random = Random::new(number);
        let secret =
            match kind {
                KeyKind::Ed25519Multibase | KeyKind::Ed25519Base58 | KeyKind::Ed25519Jwk => {
                    Secret::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(
                        &random.bytes(),
                    )))
                }
                KeyKind::P256 => Secret::P256(Box::new(p256::ecdsa::SigningKey::from_slice(
                    &scalar(&mut random, 32),
                )?)),
                KeyKind::P384 => Secret::P384(Box::new(p384::ecdsa::SigningKey::from_slice(
                    &scalar(&mut random, 48),
                )?)),
                KeyKind::P521 => Secret::P521(Box::new(p521::ecdsa::SigningKey::from_slice(
                    &scalar(&mut random, 66),
                )?)),
                KeyKind::Rsa { .. } => {
                    Secret::Rsa(Box::new(rsa::RsaPrivateKey::new(&mut random, RSA_BITS)?))
                }
            };
        Ok(Self { kind, secret })
    }

    /// The type of the method that shows it.
    pub fn method_type(&self) -> MethodType {
        match self.kind {
            KeyKind::Ed25519Multibase => MethodType::Ed25519VerificationKey2020,
            KeyKind::Ed25519Base58 => MethodType::Ed25519VerificationKey2018,
            _ => MethodType::JsonWebKey2020,
        }
    }

    /// The public key as the method writes it.
    ///
    /// # Errors
    /// The key is weak.
    pub fn material(&self) -> Result<String> {
        let point = |name: &str, sec1: &[u8]| {
            // Uncompressed: a tag, then both coordinates.
            let (x, y) = sec1[1..].split_at(sec1.len() / 2);
            json!({"crv": name, "kty": "EC", "x": base64url(x), "y": base64url(y)}).to_string()
        };
        Ok(match &self.secret {
            Secret::Ed25519(key) => {
                let key = PublicKey::from_ed25519(key.verifying_key().as_bytes())?;
                self.method_type().encode(&key)?
            }
            Secret::P256(key) => {
                point("P-256", key.verifying_key().to_sec1_point(false).as_bytes())
            }
            Secret::P384(key) => {
                point("P-384", key.verifying_key().to_sec1_point(false).as_bytes())
            }
            Secret::P521(key) => {
                point("P-521", key.verifying_key().to_sec1_point(false).as_bytes())
            }
            Secret::Rsa(key) => {
                let (n, e) = (base64url(&key.n_bytes()), base64url(&key.e_bytes()));
                json!({"e": e, "kty": "RSA", "n": n}).to_string()
            }
        })
    }

    /// A signature as the ledger takes it: 64 bytes, DER over SHA-256, or RSASSA-PSS.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let digest = Sha256::digest(message);
        Ok(match &self.secret {
            Secret::Ed25519(key) => key.sign(message).to_bytes().to_vec(),
            Secret::P256(key) => {
                let signature: p256::ecdsa::DerSignature = key.sign_prehash(&digest)?;
                signature.as_bytes().to_vec()
            }
            Secret::P384(key) => {
                let signature: p384::ecdsa::DerSignature = key.sign_prehash(&digest)?;
                signature.as_bytes().to_vec()
            }
            Secret::P521(key) => {
                let signature: p521::ecdsa::DerSignature = key.sign_prehash(&digest)?;
                signature.as_bytes().to_vec()
            }
            Secret::Rsa(key) => {
                let KeyKind::Rsa { salt_len } = self.kind else {
                    return Err(anyhow!("an RSA key of another kind"));
                };
                let key = PssKey::<Sha256>::new_with_salt_len((**key).clone(), salt_len);
                let mut random = Random::new(u64::from(message[0]));
                key.try_sign_with_rng(&mut random, message)?.to_vec()
            }
        })
    }
}

/// The same numbers at every run, so that what a test finds can be found again. Never for real keys.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The row of numbers that a number starts.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number (SplitMix64).
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.number() % end as u64) as usize
    }

    fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.fill(&mut bytes);
        bytes
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.number().to_le_bytes()[..chunk.len()]);
        }
    }
}

impl TryRng for Random {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.number() as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.number())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Random {}

/// A number below the order of any curve with elements of that many bytes: its first bytes are zero.
fn scalar(random: &mut Random, bytes: usize) -> Vec<u8> {
    let mut scalar = vec![0; bytes];
    random.fill(&mut scalar[4..]);
    scalar
}

fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
