//! Why a key or a signature is not taken.

use thiserror::Error;

/// Why a key is not admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WeakKey {
    /// The bytes are not a point of the curve, or the identity.
    #[error("invalid public key: not a point of the curve")]
    NotOnCurve,
    /// Another encoding of the same key is the canonical one.
    #[error("invalid public key: not the canonical encoding")]
    NotCanonical,
    /// Ed25519: anyone could sign for such a point.
    #[error("weak public key: a point of small order")]
    SmallOrder,
    /// Ed25519: verifiers disagree about signatures of such a point.
    #[error("weak public key: the point has a torsion component")]
    Torsion,
    /// Ed25519: not 32 bytes.
    #[error("ed25519: bad public key length: {0}")]
    Ed25519Length(usize),
    /// RSA: modulus outside 2048 to 4096 bits.
    #[error("weak public key: an RSA modulus must have 2048 to 4096 bits, this one has {0}")]
    RsaModulusBits(usize),
    /// RSA: an exponent other than 65537.
    #[error("weak public key: the RSA exponent must be 65537")]
    RsaExponent,
    /// RSA: an even modulus, or not an RSA key at all.
    #[error("invalid public key: not an RSA modulus")]
    RsaModulus,
}

/// A signature that does not verify. The reason is not disclosed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the signature does not verify")]
pub struct InvalidSignature;
