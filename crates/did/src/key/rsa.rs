//! RSA public keys for RSASSA-PSS (RFC 8017).

use rsa::pkcs1::{DecodeRsaPublicKey, EncodeRsaPublicKey};
use rsa::signature::Verifier;
use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, RsaPublicKey, pss};
use sha2::Sha256;

use super::error::{InvalidSignature, WeakKey};
use crate::limits::{MAX_RSA_BITS, MIN_RSA_BITS};

/// 65537, big-endian.
pub(crate) const EXPONENT: [u8; 3] = [1, 0, 1];

pub(crate) struct RsaKey {
    verifying: pss::VerifyingKey<Sha256>,
    der: Vec<u8>,
    modulus: Vec<u8>,
}

impl RsaKey {
    pub(crate) fn new(modulus: &[u8], exponent: &[u8]) -> Result<Self, WeakKey> {
        if exponent != EXPONENT {
            return Err(WeakKey::RsaExponent);
        }
        let bits = bits(modulus)?;
        if !(MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits) {
            return Err(WeakKey::RsaModulusBits(bits));
        }
        let exponent = BoxedUint::from(65537_u64);
        let number = BoxedUint::from_be_slice_vartime(modulus);
        let key = RsaPublicKey::new_with_size_limits(number, exponent, MIN_RSA_BITS..=MAX_RSA_BITS)
            .map_err(|_| WeakKey::RsaModulus)?;
        let der = key
            .to_pkcs1_der()
            .map_err(|_| WeakKey::RsaModulus)?
            .as_bytes()
            .to_vec();
        let verifying = pss::VerifyingKey::new_with_auto_salt_len(key);
        Ok(Self {
            verifying,
            der,
            modulus: modulus.to_vec(),
        })
    }

    pub(crate) fn from_der(der: &[u8]) -> Result<Self, WeakKey> {
        // The DER of the largest key takes 526 bytes; nothing longer reaches the parser.
        if der.len() > MAX_RSA_BITS / 4 {
            return Err(WeakKey::RsaModulus);
        }
        let key = RsaPublicKey::from_pkcs1_der(der).map_err(|_| WeakKey::RsaModulus)?;
        Self::new(
            &key.n().to_be_bytes_trimmed_vartime(),
            &key.e().to_be_bytes_trimmed_vartime(),
        )
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        if signature.len() != self.modulus_len() {
            return Err(InvalidSignature);
        }
        let signature = pss::Signature::try_from(signature).map_err(|_| InvalidSignature)?;
        self.verifying
            .verify(message, &signature)
            .map_err(|_| InvalidSignature)
    }

    pub(crate) fn der(&self) -> &[u8] {
        &self.der
    }

    pub(crate) fn modulus(&self) -> &[u8] {
        &self.modulus
    }

    pub(crate) fn modulus_len(&self) -> usize {
        self.modulus.len()
    }
}

/// Bit length of an odd number without leading zero bytes.
fn bits(modulus: &[u8]) -> Result<usize, WeakKey> {
    match (modulus.first(), modulus.last()) {
        (Some(&first), Some(&last)) if first != 0 && last & 1 == 1 => {
            Ok(modulus.len() * 8 - first.leading_zeros() as usize)
        }
        _ => Err(WeakKey::RsaModulus),
    }
}
