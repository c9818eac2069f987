//! A private key that is in no keystore: read from its owner's file, to sign once.

use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD, URL_SAFE_NO_PAD};
use did::PublicKey;
use p256::pkcs8::der::SecretDocument;
use p256::pkcs8::{DecodePrivateKey, PrivateKeyInfoRef};
use serde::Deserialize;
use zeroize::{Zeroize, Zeroizing};

use crate::private_key::PrivateKey;
use crate::{CustodialAlgorithm, KeystoreError};

/// Characters of the longest written form.
const TEXT_BYTES_MAX: usize = 8192;
/// RFC 8410, section 3: id-Ed25519.
const ED25519_OID: &str = "1.3.101.112";

/// A private key of one's own. Neither printable nor cloneable; wiped when dropped.
pub struct LoneKey {
    key: PrivateKey,
    public_key: PublicKey,
}

impl LoneKey {
    /// The keys that a text can mean, which is one of
    ///
    /// - PEM of PKCS #8 (`-----BEGIN PRIVATE KEY-----`, as `openssl genpkey` writes it),
    /// - a JWK (RFC 7517) with `d`, of `Ed25519` or `P-256`,
    /// - 32 bytes in hexadecimal or base64, or 64 with the public key of Ed25519 behind.
    ///
    /// 32 bytes alone do not say their algorithm: then there are two.
    ///
    /// # Errors
    /// [`KeystoreError::InvalidPrivateKey`] says what is wrong, and nothing of the key.
    pub fn read(text: &str) -> Result<Vec<LoneKey>, KeystoreError> {
        let text = text.trim();
        if text.is_empty() || text.len() > TEXT_BYTES_MAX {
            return wrong(
                "a private key as PEM, as a JWK, or as 32 bytes in hexadecimal or base64 is needed",
            );
        }
        if text.starts_with("-----BEGIN") {
            return Ok(vec![of_pem(text)?]);
        }
        if text.starts_with('{') {
            return Ok(vec![of_jwk(text)?]);
        }
        of_bytes(text)
    }

    /// Its public key.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// Signs: 64 bytes for Ed25519, DER over SHA-256 for P-256.
    ///
    /// # Errors
    /// [`KeystoreError::InvalidPrivateKey`] if the library finds no signature, which has never been seen.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeystoreError> {
        self.key
            .sign(message)
            .ok_or(KeystoreError::InvalidPrivateKey("it could not sign"))
    }

    fn of(algorithm: CustodialAlgorithm, bytes: &[u8]) -> Result<LoneKey, KeystoreError> {
        let (key, _) = PrivateKey::import(algorithm, bytes)?;
        let public_key = key.public_key()?;
        Ok(LoneKey { key, public_key })
    }
}

fn of_pem(text: &str) -> Result<LoneKey, KeystoreError> {
    const NO_PKCS8: KeystoreError = KeystoreError::InvalidPrivateKey(
        "the PEM is not an unencrypted PKCS #8 `PRIVATE KEY`; `openssl pkcs8 -topk8 -nocrypt` makes one",
    );
    let (label, document) = SecretDocument::from_pem(text).map_err(|_| NO_PKCS8)?;
    if label != "PRIVATE KEY" {
        return Err(NO_PKCS8);
    }
    let info = PrivateKeyInfoRef::try_from(document.as_bytes()).map_err(|_| NO_PKCS8)?;
    if info.algorithm.oid.to_string() == ED25519_OID {
        // RFC 8410, section 7: an OCTET STRING within the OCTET STRING.
        return match info.private_key.as_bytes() {
            [0x04, 0x20, seed @ ..] => LoneKey::of(CustodialAlgorithm::Ed25519, seed),
            _ => wrong("the PEM does not hold the 32 bytes of an Ed25519 key"),
        };
    }
    let key = p256::SecretKey::from_pkcs8_der(document.as_bytes())
        .map_err(|_| KeystoreError::InvalidPrivateKey("the PEM is of neither Ed25519 nor P-256"))?;
    let mut scalar = key.to_bytes();
    let result = LoneKey::of(CustodialAlgorithm::P256, &scalar);
    scalar.zeroize();
    result
}

/// The members that are needed, RFC 7518 (6.2) and RFC 8037.
#[derive(Deserialize)]
struct PrivateJwk {
    kty: String,
    crv: String,
    d: String,
    x: Option<String>,
}

fn of_jwk(text: &str) -> Result<LoneKey, KeystoreError> {
    let jwk: PrivateJwk = serde_json::from_str(text)
        .map_err(|_| KeystoreError::InvalidPrivateKey("the JWK lacks kty, crv or d"))?;
    let d = Zeroizing::new(jwk.d);
    let algorithm = match (jwk.kty.as_str(), jwk.crv.as_str()) {
        ("OKP", "Ed25519") => CustodialAlgorithm::Ed25519,
        ("EC", "P-256") => CustodialAlgorithm::P256,
        _ => return wrong("the JWK is of neither Ed25519 nor P-256"),
    };
    let bytes = decoded(&URL_SAFE_NO_PAD, &d).ok_or(KeystoreError::InvalidPrivateKey(
        "d of the JWK is not base64url",
    ))?;
    let key = LoneKey::of(algorithm, &bytes)?;
    let same = |x: &String| {
        let bytes = key.public_key.to_bytes();
        let own = match algorithm {
            CustodialAlgorithm::Ed25519 => &bytes[..],
            // A compressed point: one byte, then x.
            CustodialAlgorithm::P256 => bytes.get(1..).unwrap_or_default(),
        };
        URL_SAFE_NO_PAD.encode(own) == *x
    };
    if jwk.x.as_ref().is_some_and(|x| !same(x)) {
        return wrong("x of the JWK does not belong to its d");
    }
    Ok(key)
}

fn of_bytes(text: &str) -> Result<Vec<LoneKey>, KeystoreError> {
    let is_hex =
        matches!(text.len(), 64 | 128) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let bytes = if is_hex {
        hex::decode(text).ok().map(Zeroizing::new)
    } else {
        decoded(&STANDARD, text).or_else(|| decoded(&URL_SAFE_NO_PAD, text))
    };
    let bytes = bytes.ok_or(KeystoreError::InvalidPrivateKey(
        "it is neither PEM nor JSON nor hexadecimal nor base64",
    ))?;
    let ed25519 = LoneKey::of(CustodialAlgorithm::Ed25519, &bytes)?;
    let p256 = (bytes.len() == 32)
        .then(|| LoneKey::of(CustodialAlgorithm::P256, &bytes).ok())
        .flatten();
    Ok([Some(ed25519), p256].into_iter().flatten().collect())
}

fn decoded(engine: &GeneralPurpose, text: &str) -> Option<Zeroizing<Vec<u8>>> {
    engine.decode(text).ok().map(Zeroizing::new)
}

fn wrong<T>(reason: &'static str) -> Result<T, KeystoreError> {
    Err(KeystoreError::InvalidPrivateKey(reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    /// `openssl genpkey -algorithm ed25519`, and `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`.
    const ED25519_PEM: &str = include_str!("../../../fixtures/private-keys/ed25519.pem");
    const P256_PEM: &str = include_str!("../../../fixtures/private-keys/p256.pem");
    /// `openssl pkey -pubout -outform DER | tail -c …` of them, in hexadecimal; the point of P-256 compressed.
    const ED25519_PUBLIC: &str = include_str!("../../../fixtures/private-keys/ed25519.public");
    const P256_PUBLIC: &str = include_str!("../../../fixtures/private-keys/p256.public");

    fn kids(text: &str) -> Vec<String> {
        let keys = LoneKey::read(text).unwrap();
        keys.iter().map(|key| key.public_key().to_hex()).collect()
    }

    fn refusal(text: &str) -> String {
        LoneKey::read(text).err().unwrap().to_string()
    }

    #[test]
    fn every_written_form_gives_the_key_that_it_means() {
        // RFC 8032, 7.1, test 1.
        let base64 = STANDARD.encode(hex::decode(SEED).unwrap());
        let (hex, base64) = (kids(SEED), kids(&base64));
        assert_eq!(hex.len(), 2);
        assert_eq!(hex[0], PUBLIC);
        assert_eq!(hex, base64);
        assert_eq!(kids(&format!("{SEED}{PUBLIC}\n")), [PUBLIC]);
        let d = URL_SAFE_NO_PAD.encode(hex::decode(SEED).unwrap());
        let okp = format!(r#"{{"kty":"OKP","crv":"Ed25519","d":"{d}"}}"#);
        assert_eq!(kids(&okp), [PUBLIC]);
        let ec = format!(r#"{{"kty":"EC","crv":"P-256","d":"{d}"}}"#);
        assert_eq!(kids(&ec), [hex[1].clone()]);
        assert_eq!(kids(ED25519_PEM), [ED25519_PUBLIC.trim()]);
        assert_eq!(kids(P256_PEM), [P256_PUBLIC.trim()]);
    }

    #[test]
    fn what_it_signs_verifies() {
        for key in LoneKey::read(SEED).unwrap() {
            let signature = key.sign(b"message").unwrap();
            key.public_key().verify(b"message", &signature).unwrap();
        }
    }

    #[test]
    fn what_is_no_key_is_refused_and_nothing_of_it_is_said() {
        let other = URL_SAFE_NO_PAD.encode([7; 32]);
        let d = URL_SAFE_NO_PAD.encode([8; 32]);
        for text in [
            String::new(),
            "secret words".into(),
            SEED[1..].to_owned(),
            format!("{SEED}{SEED}"),
            format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{other}","d":"{d}"}}"#),
            format!(r#"{{"kty":"OKP","crv":"X25519","d":"{d}"}}"#),
            r#"{"kty":"OKP"}"#.into(),
            ED25519_PEM.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".into(),
        ] {
            let said = refusal(&text);
            assert!(!said.contains("secret"), "{said}");
        }
    }
}
