//! The proof that the submitter of a public key holds the private one.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::client_data::{self, SignedFor};
use crate::error::{ActionError, IdentityError};
use crate::key::{DigestName, VerifyingKey};

/// Longest attestation, in bytes: a PEM text and two signatures of the largest kind.
const ATTESTATION_BYTES_MAX: usize = 8192;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attestation {
    #[serde(rename = "publicKey")]
    public_key: String,
    signature: String,
    algorithm: Option<String>,
}

/// Checks client data and attestation (both as received, decoded): the key, and what it hashes with.
pub(crate) fn proven(
    challenge: &str,
    client_data: &[u8],
    attestation: &[u8],
) -> Result<(VerifyingKey, DigestName), IdentityError> {
    let refused = |reason| IdentityError::NotApproved(ActionError::Signature(reason));
    client_data::check(client_data, SignedFor::KeyCreate, challenge, &[]).map_err(refused)?;
    if attestation.len() > ATTESTATION_BYTES_MAX {
        return Err(refused("the attestation is too long"));
    }
    let attestation: Attestation = serde_json::from_slice(attestation)
        .map_err(|_| refused("the attestation cannot be read"))?;
    let digest = match &attestation.algorithm {
        Some(name) => DigestName::parse(name)?,
        None => DigestName::Sha256,
    };
    let key = VerifyingKey::from_pem(&attestation.public_key)?;
    let signature = hex::decode(&attestation.signature)
        .ok()
        .or_else(|| URL_SAFE_NO_PAD.decode(&attestation.signature).ok())
        .ok_or_else(|| refused("the signature is not hexadecimal"))?;
    let signed = fingerprint(client_data, &attestation.public_key);
    key.verify(digest, signed.as_bytes(), &signature)?;
    Ok((key, digest))
}

/// The text that is signed: the PEM stands in it as it was received.
fn fingerprint(client_data: &[u8], public_key: &str) -> String {
    let hash = hex::encode(Sha256::digest(client_data));
    let public_key = serde_json::Value::from(public_key);
    format!(r#"{{"clientDataHash":"{hash}","publicKey":{public_key}}}"#)
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer, SigningKey};
    use spki::der::pem::LineEnding;

    use super::*;

    fn pem(key: &SigningKey) -> String {
        let key = VerifyingKey::from_ed25519(key.verifying_key().as_bytes()).unwrap();
        pem_rfc7468::encode_string("PUBLIC KEY", LineEnding::LF, &key.to_spki().unwrap()).unwrap()
    }

    fn attestation(pem: &str, signature: &str, more: &str) -> Vec<u8> {
        let pem = serde_json::Value::from(pem);
        format!(r#"{{"publicKey":{pem},"signature":"{signature}"{more}}}"#).into_bytes()
    }

    #[test]
    fn only_the_holder_of_the_key_proves_it_for_one_challenge() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let pem = pem(&key);
        let client_data = br#"{"type":"key.create","challenge":"abc"}"#;
        let signature = hex::encode(
            key.sign(fingerprint(client_data, &pem).as_bytes())
                .to_bytes(),
        );
        let good = attestation(&pem, &signature, "");
        assert!(proven("abc", client_data, &good).is_ok());
        assert!(proven("abd", client_data, &good).is_err());
        let get = br#"{"type":"key.get","challenge":"abc"}"#;
        assert!(proven("abc", get, &good).is_err());
        let other = self::pem(&SigningKey::from_bytes(&[8; 32]));
        for bad in [
            attestation(&other, &signature, ""),
            attestation(pem.trim(), &signature, ""),
            attestation(&pem, &signature[2..], ""),
            attestation(&pem, &signature, r#","algorithm":"MD5""#),
            attestation(&pem, &signature, r#","more":1"#),
            b"{}".to_vec(),
        ] {
            assert!(proven("abc", client_data, &bad).is_err());
        }
    }
}
