//! Private keys of the two custodial algorithms.

use did::{KeyAlgorithm, PublicKey};
use p256::ecdsa::DerSignature;
use p256::ecdsa::signature::Signer;
use zeroize::Zeroizing;

use crate::KeystoreError;
use crate::seal::Secret;

/// The algorithms of custodial keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CustodialAlgorithm {
    /// Ed25519 (RFC 8032); signatures of 64 bytes.
    Ed25519,
    /// ECDSA over P-256 with SHA-256 (FIPS 186-5), deterministic (RFC 6979); signatures in DER.
    P256,
}

impl CustodialAlgorithm {
    /// The name, as it is stored and shown: `Ed25519`, `P-256`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        KeyAlgorithm::from(self).as_str()
    }

    pub(crate) fn parse(text: &str) -> Option<CustodialAlgorithm> {
        CustodialAlgorithm::of(KeyAlgorithm::of_str(text)?)
    }

    /// The custodial algorithm of a public key's; `None` for those that sign in external wallets only.
    pub(crate) fn of(algorithm: KeyAlgorithm) -> Option<CustodialAlgorithm> {
        match algorithm {
            KeyAlgorithm::Ed25519 => Some(CustodialAlgorithm::Ed25519),
            KeyAlgorithm::P256 => Some(CustodialAlgorithm::P256),
            KeyAlgorithm::P384 | KeyAlgorithm::P521 | KeyAlgorithm::Rsa => None,
        }
    }
}

impl From<CustodialAlgorithm> for KeyAlgorithm {
    fn from(held: CustodialAlgorithm) -> KeyAlgorithm {
        match held {
            CustodialAlgorithm::Ed25519 => KeyAlgorithm::Ed25519,
            CustodialAlgorithm::P256 => KeyAlgorithm::P256,
        }
    }
}

/// A key that can sign. Neither printable nor cloneable; wiped when dropped.
pub(crate) enum PrivateKey {
    Ed25519(Box<ed25519_dalek::SigningKey>),
    P256(Box<p256::ecdsa::SigningKey>),
}

/// One random scalar in 2^32 lies outside P-256's order, so a second attempt is rare.
const ATTEMPTS_MAX: usize = 16;

impl PrivateKey {
    /// A random key, with the secret to seal.
    pub(crate) fn generate(
        algorithm: CustodialAlgorithm,
    ) -> Result<(PrivateKey, Secret), KeystoreError> {
        for _ in 0..ATTEMPTS_MAX {
            let secret = Secret::random()?;
            if let Some(key) = PrivateKey::restore(algorithm, &secret) {
                return Ok((key, secret));
            }
        }
        Err(KeystoreError::InvalidPrivateKey("random bytes gave none"))
    }

    /// A key in its published form: a seed of 32 bytes or seed and public key (Ed25519), a scalar of 32 bytes (P-256).
    pub(crate) fn import(
        algorithm: CustodialAlgorithm,
        bytes: &[u8],
    ) -> Result<(PrivateKey, Secret), KeystoreError> {
        let (seed, public) = match (algorithm, bytes.split_first_chunk::<32>()) {
            (_, Some((seed, []))) => (seed, None),
            (CustodialAlgorithm::Ed25519, Some((seed, public))) if public.len() == 32 => {
                (seed, Some(public))
            }
            (CustodialAlgorithm::Ed25519, _) => {
                return Err(KeystoreError::InvalidPrivateKey(
                    "Ed25519 has 32 bytes, or 64 with the public key behind",
                ));
            }
            (CustodialAlgorithm::P256, _) => {
                return Err(KeystoreError::InvalidPrivateKey("P-256 has 32 bytes"));
            }
        };
        let secret = Secret::new(Zeroizing::new(*seed));
        let key =
            PrivateKey::restore(algorithm, &secret).ok_or(KeystoreError::InvalidPrivateKey(
                "the scalar is zero or not below the order of the curve",
            ))?;
        if public.is_some_and(|public| public != key.public_bytes()) {
            return Err(KeystoreError::InvalidPrivateKey(
                "the public half does not belong to the seed",
            ));
        }
        Ok((key, secret))
    }

    /// The key of a secret; `None` when it is not a scalar of the curve.
    pub(crate) fn restore(algorithm: CustodialAlgorithm, secret: &Secret) -> Option<PrivateKey> {
        match algorithm {
            CustodialAlgorithm::Ed25519 => Some(PrivateKey::Ed25519(Box::new(
                ed25519_dalek::SigningKey::from_bytes(secret.bytes()),
            ))),
            CustodialAlgorithm::P256 => {
                let key = p256::ecdsa::SigningKey::from_slice(secret.bytes()).ok()?;
                Some(PrivateKey::P256(Box::new(key)))
            }
        }
    }

    pub(crate) fn algorithm(&self) -> CustodialAlgorithm {
        match self {
            PrivateKey::Ed25519(_) => CustodialAlgorithm::Ed25519,
            PrivateKey::P256(_) => CustodialAlgorithm::P256,
        }
    }

    /// The key id: the public key in lower-case hexadecimal.
    pub(crate) fn kid(&self) -> String {
        hex::encode(self.public_bytes())
    }

    /// The public key, which a document must admit.
    pub(crate) fn public_key(&self) -> Result<PublicKey, KeystoreError> {
        PublicKey::from_bytes(self.algorithm().into(), &self.public_bytes())
            .map_err(|_| KeystoreError::InvalidPrivateKey("its public key is weak"))
    }

    /// The signature, in the form that the ledger takes; `None` if the library finds none, which has never been seen.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        match self {
            PrivateKey::Ed25519(key) => Some(key.try_sign(message).ok()?.to_bytes().to_vec()),
            PrivateKey::P256(key) => {
                let signature: DerSignature = key.try_sign(message).ok()?;
                Some(signature.as_bytes().to_vec())
            }
        }
    }

    fn public_bytes(&self) -> Vec<u8> {
        match self {
            PrivateKey::Ed25519(key) => key.verifying_key().as_bytes().to_vec(),
            PrivateKey::P256(key) => key.verifying_key().to_sec1_point(true).as_bytes().to_vec(),
        }
    }
}
