//! Public keys of signing credentials: strict on admission, one fixed scheme for each kind.
//!
//! | key | admitted | signature |
//! |---|---|---|
//! | Ed25519 | canonical encoding, not of small order, no torsion | 64 bytes, RFC 8032 with `verify_strict` |
//! | ECDSA P-256, P-384, P-521, secp256k1 | on the curve, not the identity | strict DER, either S |
//! | RSA | 2048 to 4096 bits, e = 65537 | PKCS#1 v1.5 |
//! | RSA-PSS | the same, without parameters | PSS, any salt length |
//!
//! The digest is SHA-256 unless the credential or the assertion names another one; never are several tried.

use curve25519_dalek::edwards::CompressedEdwardsY;
use rsa::pkcs1::{DecodeRsaPublicKey, EncodeRsaPublicKey};
use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, RsaPublicKey};
use sha2::{Digest, Sha256, Sha512};
use spki::der::asn1::{AnyRef, BitStringRef};
use spki::der::{Decode, Encode};
use spki::{AlgorithmIdentifierRef, ObjectIdentifier, SubjectPublicKeyInfoRef};

/// Bits of an RSA modulus.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;
/// Longest PEM text, in bytes: that of the largest RSA key has some 800.
const PEM_BYTES_MAX: usize = 4096;

const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
const SECP256K1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.10");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");

/// The four curves have the same interface, and no common type.
macro_rules! verify_ecdsa {
    ($curve:ident, $key:expr, $prehash:expr, $signature:expr) => {{
        use $curve::ecdsa::{DerSignature, signature::hazmat::PrehashVerifier};
        DerSignature::from_bytes($signature)
            .and_then(|signature| $key.verify_prehash(&$prehash, &signature))
            .map_err(|_| KeyError::Signature)
    }};
}

/// A public key that passed admission.
#[derive(Debug, Clone)]
pub struct VerifyingKey(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Ed25519(ed25519_dalek::VerifyingKey),
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    P521(p521::ecdsa::VerifyingKey),
    Secp256k1(k256::ecdsa::VerifyingKey),
    Rsa(RsaPublicKey),
    RsaPss(RsaPublicKey),
}

/// What is hashed before an ECDSA or RSA signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigestName {
    /// SHA-256, also called `RSA-SHA256`.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl DigestName {
    /// The digest that a client names.
    ///
    /// # Errors
    /// [`KeyError::Digest`].
    pub fn parse(name: &str) -> Result<DigestName, KeyError> {
        match name {
            "SHA256" | "RSA-SHA256" | "sha256" => Ok(DigestName::Sha256),
            "SHA512" | "RSA-SHA512" | "sha512" => Ok(DigestName::Sha512),
            _ => Err(KeyError::Digest),
        }
    }

    /// The name, as it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            DigestName::Sha256 => "SHA256",
            DigestName::Sha512 => "SHA512",
        }
    }

    fn of(self, message: &[u8]) -> Vec<u8> {
        match self {
            DigestName::Sha256 => Sha256::digest(message).to_vec(),
            DigestName::Sha512 => Sha512::digest(message).to_vec(),
        }
    }
}

/// Why a key is not admitted, or a signature not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not a PEM block of a public key.
    #[error(
        "the public key is not PEM: `PUBLIC KEY` (SPKI) or `RSA PUBLIC KEY` (PKCS#1), at most {PEM_BYTES_MAX} bytes"
    )]
    Pem,
    /// Not a key of a kind that is taken.
    #[error(
        "the public key is none that is taken: Ed25519, P-256, P-384, P-521, secp256k1, RSA of 2048 to 4096 bits"
    )]
    Kind,
    /// A key that anybody could sign for, or whose signatures verifiers disagree about.
    #[error("the public key is weak or not in its canonical form")]
    Weak,
    /// A digest that is not taken.
    #[error("the algorithm should be SHA256, RSA-SHA256 or SHA512")]
    Digest,
    /// The signature is not of this key over these bytes.
    #[error("the signature does not verify")]
    Signature,
}

impl VerifyingKey {
    /// A key from PEM: SPKI, or PKCS#1 for RSA; lines of any one length.
    pub fn from_pem(pem: &str) -> Result<VerifyingKey, KeyError> {
        let pem = pem.trim();
        if pem.len() > PEM_BYTES_MAX {
            return Err(KeyError::Pem);
        }
        let mut decoder =
            pem_rfc7468::Decoder::new_detect_wrap(pem.as_bytes()).map_err(|_| KeyError::Pem)?;
        let label = decoder.type_label();
        let mut der = Vec::new();
        decoder.decode_to_end(&mut der).map_err(|_| KeyError::Pem)?;
        match label {
            "PUBLIC KEY" => VerifyingKey::from_spki(&der),
            "RSA PUBLIC KEY" => rsa_key(&der).map(|key| VerifyingKey(Kind::Rsa(key))),
            _ => Err(KeyError::Pem),
        }
    }

    /// A key from the DER of its `SubjectPublicKeyInfo`.
    pub fn from_spki(der: &[u8]) -> Result<VerifyingKey, KeyError> {
        let info = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| KeyError::Kind)?;
        let bytes = info.subject_public_key.as_bytes().ok_or(KeyError::Kind)?;
        let algorithm = info.algorithm;
        match algorithm.oid {
            ED25519 if algorithm.parameters.is_none() => VerifyingKey::from_ed25519(bytes),
            EC => {
                let curve = algorithm.parameters_oid().map_err(|_| KeyError::Kind)?;
                VerifyingKey::from_point(curve, bytes)
            }
            RSA => rsa_key(bytes).map(|key| VerifyingKey(Kind::Rsa(key))),
            RSA_PSS if algorithm.parameters.is_none() => {
                rsa_key(bytes).map(|key| VerifyingKey(Kind::RsaPss(key)))
            }
            _ => Err(KeyError::Kind),
        }
    }

    /// An Ed25519 key from its 32 bytes.
    ///
    /// # Errors
    /// [`KeyError::Weak`] for points of small order, with torsion, or not in canonical form.
    pub fn from_ed25519(bytes: &[u8]) -> Result<VerifyingKey, KeyError> {
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| KeyError::Kind)?;
        let point = CompressedEdwardsY(bytes)
            .decompress()
            .ok_or(KeyError::Weak)?;
        let canonical = point.compress().0 == bytes;
        if !canonical || point.is_small_order() || !point.is_torsion_free() {
            return Err(KeyError::Weak);
        }
        ed25519_dalek::VerifyingKey::from_bytes(&bytes)
            .map(|key| VerifyingKey(Kind::Ed25519(key)))
            .map_err(|_| KeyError::Weak)
    }

    /// A P-256 key from its two coordinates of 32 bytes, as COSE gives them.
    ///
    /// # Errors
    /// [`KeyError::Weak`] when they are no point of the curve.
    pub(crate) fn from_p256_coordinates(x: &[u8], y: &[u8]) -> Result<VerifyingKey, KeyError> {
        if x.len() != 32 || y.len() != 32 {
            return Err(KeyError::Kind);
        }
        VerifyingKey::from_point(P256, &[&[4], x, y].concat())
    }

    /// An RSA key from modulus and exponent, both big-endian.
    ///
    /// # Errors
    /// [`KeyError::Kind`] or [`KeyError::Weak`].
    pub fn from_rsa(modulus: &[u8], exponent: &[u8]) -> Result<VerifyingKey, KeyError> {
        rsa_from_parts(modulus, exponent).map(|key| VerifyingKey(Kind::Rsa(key)))
    }

    /// The DER of the `SubjectPublicKeyInfo`, in the one form that this key has here: points uncompressed.
    ///
    /// # Errors
    /// [`KeyError::Kind`], should the encoder refuse.
    pub(crate) fn to_spki(&self) -> Result<Vec<u8>, KeyError> {
        let (oid, parameters, bytes) = match &self.0 {
            Kind::Ed25519(key) => (ED25519, Parameters::Absent, key.as_bytes().to_vec()),
            Kind::P256(key) => (EC, Parameters::Curve(P256), point(key.to_sec1_point(false))),
            Kind::P384(key) => (EC, Parameters::Curve(P384), point(key.to_sec1_point(false))),
            Kind::P521(key) => (EC, Parameters::Curve(P521), point(key.to_sec1_point(false))),
            Kind::Secp256k1(key) => {
                let bytes = point(key.to_sec1_point(false));
                (EC, Parameters::Curve(SECP256K1), bytes)
            }
            Kind::Rsa(key) => (RSA, Parameters::Null, pkcs1(key)?),
            Kind::RsaPss(key) => (RSA_PSS, Parameters::Absent, pkcs1(key)?),
        };
        let parameters = match &parameters {
            Parameters::Absent => None,
            Parameters::Null => Some(AnyRef::NULL),
            Parameters::Curve(curve) => Some(AnyRef::from(curve)),
        };
        let info = SubjectPublicKeyInfoRef {
            algorithm: AlgorithmIdentifierRef { oid, parameters },
            subject_public_key: BitStringRef::from_bytes(&bytes).map_err(|_| KeyError::Kind)?,
        };
        info.to_der().map_err(|_| KeyError::Kind)
    }

    /// Checks one signature over `message`.
    ///
    /// # Errors
    /// [`KeyError::Signature`]: the form is wrong, or it was not made by this key over these bytes.
    pub fn verify(
        &self,
        digest: DigestName,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), KeyError> {
        match &self.0 {
            Kind::Ed25519(key) => {
                let signature = ed25519_dalek::Signature::from_slice(signature)
                    .map_err(|_| KeyError::Signature)?;
                key.verify_strict(message, &signature)
                    .map_err(|_| KeyError::Signature)
            }
            Kind::P256(key) => verify_ecdsa!(p256, key, digest.of(message), signature),
            Kind::P384(key) => verify_ecdsa!(p384, key, digest.of(message), signature),
            Kind::P521(key) => verify_ecdsa!(p521, key, digest.of(message), signature),
            Kind::Secp256k1(key) => verify_secp256k1(key, &digest.of(message), signature),
            Kind::Rsa(key) => verify_pkcs1(key, digest, message, signature),
            Kind::RsaPss(key) => verify_pss(key, digest, message, signature),
        }
    }

    fn from_point(curve: ObjectIdentifier, bytes: &[u8]) -> Result<VerifyingKey, KeyError> {
        // The curve crates also take the compact and hybrid forms and the identity.
        if !matches!(bytes.first(), Some(2..=4)) {
            return Err(KeyError::Weak);
        }
        let key = match curve {
            P256 => p256::ecdsa::VerifyingKey::from_sec1_bytes(bytes).map(Kind::P256),
            P384 => p384::ecdsa::VerifyingKey::from_sec1_bytes(bytes).map(Kind::P384),
            P521 => p521::ecdsa::VerifyingKey::from_sec1_bytes(bytes).map(Kind::P521),
            SECP256K1 => k256::ecdsa::VerifyingKey::from_sec1_bytes(bytes).map(Kind::Secp256k1),
            _ => return Err(KeyError::Kind),
        };
        key.map(VerifyingKey).map_err(|_| KeyError::Weak)
    }
}

enum Parameters {
    Absent,
    Null,
    Curve(ObjectIdentifier),
}

fn point(point: impl AsRef<[u8]>) -> Vec<u8> {
    point.as_ref().to_vec()
}

fn pkcs1(key: &RsaPublicKey) -> Result<Vec<u8>, KeyError> {
    let der = key.to_pkcs1_der().map_err(|_| KeyError::Kind)?;
    Ok(der.as_bytes().to_vec())
}

fn rsa_key(der: &[u8]) -> Result<RsaPublicKey, KeyError> {
    // The DER of the largest key takes 526 bytes; nothing longer reaches the parser.
    if der.len() > 1024 {
        return Err(KeyError::Weak);
    }
    let key = RsaPublicKey::from_pkcs1_der(der).map_err(|_| KeyError::Kind)?;
    rsa_from_parts(
        &key.n().to_be_bytes_trimmed_vartime(),
        &key.e().to_be_bytes_trimmed_vartime(),
    )
}

fn rsa_from_parts(modulus: &[u8], exponent: &[u8]) -> Result<RsaPublicKey, KeyError> {
    let odd = matches!((modulus.first(), modulus.last()), (Some(&first), Some(&last)) if first != 0 && last & 1 == 1);
    if exponent != [1, 0, 1] || !odd {
        return Err(KeyError::Weak);
    }
    let bits = modulus.len() * 8
        - modulus
            .first()
            .map_or(0, |first| first.leading_zeros() as usize);
    if !RSA_BITS.contains(&bits) {
        return Err(KeyError::Weak);
    }
    let number = BoxedUint::from_be_slice_vartime(modulus);
    RsaPublicKey::new_with_size_limits(number, BoxedUint::from(65537_u64), RSA_BITS)
        .map_err(|_| KeyError::Weak)
}

/// The crate takes the lower S alone, as some chains do; signers that know nothing of them make either.
fn verify_secp256k1(
    key: &k256::ecdsa::VerifyingKey,
    prehash: &[u8],
    signature: &[u8],
) -> Result<(), KeyError> {
    use k256::ecdsa::{Signature, signature::hazmat::PrehashVerifier};
    Signature::from_der(signature)
        .and_then(|signature| key.verify_prehash(prehash, &signature.normalize_s()))
        .map_err(|_| KeyError::Signature)
}

fn verify_pkcs1(
    key: &RsaPublicKey,
    digest: DigestName,
    message: &[u8],
    signature: &[u8],
) -> Result<(), KeyError> {
    use rsa::pkcs1v15::{Signature, VerifyingKey};
    use rsa::signature::Verifier;
    let signature = Signature::try_from(signature).map_err(|_| KeyError::Signature)?;
    let verified = match digest {
        DigestName::Sha256 => VerifyingKey::<Sha256>::new(key.clone()).verify(message, &signature),
        DigestName::Sha512 => VerifyingKey::<Sha512>::new(key.clone()).verify(message, &signature),
    };
    verified.map_err(|_| KeyError::Signature)
}

fn verify_pss(
    key: &RsaPublicKey,
    digest: DigestName,
    message: &[u8],
    signature: &[u8],
) -> Result<(), KeyError> {
    use rsa::pss::{Signature, VerifyingKey};
    use rsa::signature::Verifier;
    let signature = Signature::try_from(signature).map_err(|_| KeyError::Signature)?;
    let key = key.clone();
    let verified = match digest {
        DigestName::Sha256 => {
            VerifyingKey::<Sha256>::new_with_auto_salt_len(key).verify(message, &signature)
        }
        DigestName::Sha512 => {
            VerifyingKey::<Sha512>::new_with_auto_salt_len(key).verify(message, &signature)
        }
    };
    verified.map_err(|_| KeyError::Signature)
}

#[cfg(test)]
mod tests;
