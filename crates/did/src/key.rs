//! Public keys: strict on admission, strict on verification.
//!
//! | algorithm | admitted | signature |
//! |---|---|---|
//! | Ed25519 | canonical encoding, not of small order, no torsion | 64 bytes, RFC 8032 with `verify_strict` |
//! | ECDSA P-256, P-384, P-521 | on the curve, not the identity | strict DER, over SHA-256, either S |
//! | RSASSA-PSS | 2048 to 4096 bits, e = 65537 | modulus length, SHA-256 and MGF1 with SHA-256, any salt length |

use std::fmt;
use std::sync::Arc;

use curve25519_dalek::edwards::CompressedEdwardsY;
use ed25519_dalek::VerifyingKey;
use sha2::{Digest, Sha256};

mod algorithm;
mod error;
mod rsa;

pub use algorithm::KeyAlgorithm;
pub use error::{InvalidSignature, WeakKey};
pub(crate) use rsa::EXPONENT;
use rsa::RsaKey;

/// A public key that passed admission. Cloning is cheap; equality is that of the canonical bytes.
#[derive(Clone)]
pub struct PublicKey(Inner);

#[derive(Clone)]
enum Inner {
    Ed25519(VerifyingKey),
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    P521(p521::ecdsa::VerifyingKey),
    Rsa(Arc<RsaKey>),
}

impl PublicKey {
    /// An Ed25519 key from its 32 bytes.
    ///
    /// # Errors
    /// Bytes that are not a point, not the canonical encoding of one, of small order, or with a torsion component.
    pub fn from_ed25519(bytes: &[u8; 32]) -> Result<Self, WeakKey> {
        let point = CompressedEdwardsY(*bytes)
            .decompress()
            .ok_or(WeakKey::NotOnCurve)?;
        if point.compress().as_bytes() != bytes {
            return Err(WeakKey::NotCanonical);
        }
        if point.is_small_order() {
            return Err(WeakKey::SmallOrder);
        }
        if !point.is_torsion_free() {
            return Err(WeakKey::Torsion);
        }
        Self::from_known_ed25519(bytes)
    }

    /// An Ed25519 key that passed admission before; spares the scalar multiplication of the torsion check.
    pub(crate) fn from_known_ed25519(bytes: &[u8; 32]) -> Result<Self, WeakKey> {
        VerifyingKey::from_bytes(bytes)
            .map(|key| Self(Inner::Ed25519(key)))
            .map_err(|_| WeakKey::NotOnCurve)
    }

    /// A P-256 key from a compressed or uncompressed SEC1 point.
    ///
    /// # Errors
    /// Bytes that are not such a point, or the identity.
    pub fn from_p256_sec1(bytes: &[u8]) -> Result<Self, WeakKey> {
        check_sec1_tag(bytes)?;
        p256::ecdsa::VerifyingKey::from_sec1_bytes(bytes)
            .map(|key| Self(Inner::P256(key)))
            .map_err(|_| WeakKey::NotOnCurve)
    }

    /// A P-384 key, as [`PublicKey::from_p256_sec1`].
    ///
    /// # Errors
    /// Bytes that are not such a point, or the identity.
    pub fn from_p384_sec1(bytes: &[u8]) -> Result<Self, WeakKey> {
        check_sec1_tag(bytes)?;
        p384::ecdsa::VerifyingKey::from_sec1_bytes(bytes)
            .map(|key| Self(Inner::P384(key)))
            .map_err(|_| WeakKey::NotOnCurve)
    }

    /// A P-521 key, as [`PublicKey::from_p256_sec1`].
    ///
    /// # Errors
    /// Bytes that are not such a point, or the identity.
    pub fn from_p521_sec1(bytes: &[u8]) -> Result<Self, WeakKey> {
        check_sec1_tag(bytes)?;
        p521::ecdsa::VerifyingKey::from_sec1_bytes(bytes)
            .map(|key| Self(Inner::P521(key)))
            .map_err(|_| WeakKey::NotOnCurve)
    }

    /// An RSA key from modulus and exponent, both big-endian without leading zeros.
    ///
    /// # Errors
    /// A modulus that is even, has leading zeros or is outside 2048 to 4096 bits; an exponent other than 65537.
    pub fn from_rsa(modulus: &[u8], exponent: &[u8]) -> Result<Self, WeakKey> {
        RsaKey::new(modulus, exponent).map(|key| Self(Inner::Rsa(Arc::new(key))))
    }

    /// The reverse of [`PublicKey::to_bytes`].
    ///
    /// # Errors
    /// Bytes that are not the canonical bytes of an admissible key.
    pub fn from_bytes(algorithm: KeyAlgorithm, bytes: &[u8]) -> Result<Self, WeakKey> {
        let key = match algorithm {
            KeyAlgorithm::Ed25519 => {
                let bytes = bytes
                    .try_into()
                    .map_err(|_| WeakKey::Ed25519Length(bytes.len()))?;
                Self::from_ed25519(bytes)
            }
            KeyAlgorithm::P256 => Self::from_p256_sec1(bytes),
            KeyAlgorithm::P384 => Self::from_p384_sec1(bytes),
            KeyAlgorithm::P521 => Self::from_p521_sec1(bytes),
            KeyAlgorithm::Rsa => RsaKey::from_der(bytes).map(|key| Self(Inner::Rsa(Arc::new(key)))),
        }?;
        if key.to_bytes() == bytes {
            Ok(key)
        } else {
            Err(WeakKey::NotCanonical)
        }
    }

    /// The algorithm of the key.
    pub fn algorithm(&self) -> KeyAlgorithm {
        match &self.0 {
            Inner::Ed25519(_) => KeyAlgorithm::Ed25519,
            Inner::P256(_) => KeyAlgorithm::P256,
            Inner::P384(_) => KeyAlgorithm::P384,
            Inner::P521(_) => KeyAlgorithm::P521,
            Inner::Rsa(_) => KeyAlgorithm::Rsa,
        }
    }

    /// The canonical bytes: 32 raw bytes, a compressed SEC1 point, or a DER `RSAPublicKey` (RFC 8017, A.1.1).
    pub fn to_bytes(&self) -> Vec<u8> {
        match &self.0 {
            Inner::Ed25519(key) => key.as_bytes().to_vec(),
            Inner::P256(key) => key.to_sec1_point(true).as_bytes().to_vec(),
            Inner::P384(key) => key.to_sec1_point(true).as_bytes().to_vec(),
            Inner::P521(key) => key.to_sec1_point(true).as_bytes().to_vec(),
            Inner::Rsa(key) => key.der().to_vec(),
        }
    }

    /// [`PublicKey::to_bytes`] in lower-case hexadecimal: what interfaces call `publicKeyHex`.
    pub fn to_hex(&self) -> String {
        hex::encode(self.to_bytes())
    }

    /// Checks one signature over `message`.
    ///
    /// # Errors
    /// The signature has the wrong form or was not made by this key over these bytes.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        match &self.0 {
            Inner::Ed25519(key) => verify_ed25519(key, message, signature),
            Inner::P256(key) => verify_ecdsa!(p256, key, message, signature),
            Inner::P384(key) => verify_ecdsa!(p384, key, message, signature),
            Inner::P521(key) => verify_ecdsa!(p521, key, message, signature),
            Inner::Rsa(key) => key.verify(message, signature),
        }
    }

    /// The longest signature that this key can make, in bytes.
    pub fn signature_len_max(&self) -> usize {
        match &self.0 {
            Inner::Ed25519(_) => 64,
            Inner::P256(_) => 72,
            Inner::P384(_) => 104,
            Inner::P521(_) => 139,
            Inner::Rsa(key) => key.modulus_len(),
        }
    }

    /// Both coordinates of an elliptic-curve key, in an uncompressed SEC1 point.
    pub(crate) fn uncompressed_point(&self) -> Option<Vec<u8>> {
        match &self.0 {
            Inner::P256(key) => Some(key.to_sec1_point(false).as_bytes().to_vec()),
            Inner::P384(key) => Some(key.to_sec1_point(false).as_bytes().to_vec()),
            Inner::P521(key) => Some(key.to_sec1_point(false).as_bytes().to_vec()),
            Inner::Ed25519(_) | Inner::Rsa(_) => None,
        }
    }

    /// The modulus of an RSA key, big-endian.
    pub(crate) fn modulus(&self) -> Option<&[u8]> {
        match &self.0 {
            Inner::Rsa(key) => Some(key.modulus()),
            _ => None,
        }
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.algorithm() == other.algorithm() && self.to_bytes() == other.to_bytes()
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({:?} {})", self.algorithm(), self.to_hex())
    }
}

/// ECDSA over SHA-256: the crates of the three curves share no type to be generic over.
macro_rules! verify_ecdsa {
    ($curve:ident, $key:ident, $message:ident, $signature:ident) => {{
        use $curve::ecdsa::{DerSignature, signature::hazmat::PrehashVerifier};
        let signature = DerSignature::from_bytes($signature).map_err(|_| InvalidSignature)?;
        $key.verify_prehash(&Sha256::digest($message), &signature)
            .map_err(|_| InvalidSignature)
    }};
}
use verify_ecdsa;

fn verify_ed25519(
    key: &VerifyingKey,
    message: &[u8],
    signature: &[u8],
) -> Result<(), InvalidSignature> {
    let signature =
        ed25519_dalek::Signature::from_slice(signature).map_err(|_| InvalidSignature)?;
    key.verify_strict(message, &signature)
        .map_err(|_| InvalidSignature)
}

/// The curve crates also take the compact and hybrid forms and the identity.
fn check_sec1_tag(bytes: &[u8]) -> Result<(), WeakKey> {
    match bytes.first() {
        Some(2..=4) => Ok(()),
        _ => Err(WeakKey::NotOnCurve),
    }
}
