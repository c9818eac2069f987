//! The names of signature algorithms, and signatures as the ledger takes them.
//!
//! The ledger hashes with SHA-256 whatever the curve, so that JOSE's names fit Ed25519, P-256 and RSA alone: a client
//! that is told ES384 would hash with SHA-384, and sign in vain. The other two curves get names that say what is done.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use did::{KeyAlgorithm, PublicKey};

/// All values of `alg`.
pub(super) const ALL: [&str; 5] = [
    "EdDSA",
    "ES256",
    "PS256",
    "ECDSA-P384-SHA256",
    "ECDSA-P521-SHA256",
];

/// The value of `alg` for a key.
pub(super) fn name(key: &PublicKey) -> &'static str {
    match key.algorithm() {
        KeyAlgorithm::Ed25519 => "EdDSA",
        KeyAlgorithm::P256 => "ES256",
        KeyAlgorithm::Rsa => "PS256",
        KeyAlgorithm::P384 => "ECDSA-P384-SHA256",
        KeyAlgorithm::P521 => "ECDSA-P521-SHA256",
    }
}

/// Whether a client may call the algorithm of this key so in its answer.
pub(super) fn is_called(key: &PublicKey, alg: &str) -> bool {
    // The name of RFC 9864.
    name(key) == alg || (alg == "Ed25519" && key.algorithm() == KeyAlgorithm::Ed25519)
}

/// A signature in the ledger's form. JOSE writes ECDSA signatures as two numbers of fixed length; the ledger takes DER.
pub(super) fn as_on_ledger(key: &PublicKey, payload: &[u8], signature: Vec<u8>) -> Vec<u8> {
    let number_len = match key.algorithm() {
        KeyAlgorithm::P256 => 32,
        KeyAlgorithm::P384 => 48,
        KeyAlgorithm::P521 => 66,
        KeyAlgorithm::Ed25519 | KeyAlgorithm::Rsa => return signature,
    };
    if signature.len() != 2 * number_len || key.verify(payload, &signature).is_ok() {
        return signature;
    }
    let (r, s) = signature.split_at(number_len);
    der(r, s)
}

/// `SEQUENCE { r INTEGER, s INTEGER }` (RFC 3279, section 2.2.3) of numbers of at most 66 bytes.
fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let body = [integer(r), integer(s)].concat();
    let mut bytes = vec![0x30];
    if body.len() > 127 {
        bytes.push(0x81);
    }
    // Two numbers of 66 bytes make 138.
    bytes.push(body.len() as u8);
    bytes.extend(body);
    bytes
}

fn integer(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let digits = &number[zeros.min(number.len().saturating_sub(1))..];
    // A number that starts with a set bit would be read as negative.
    let pad = digits.first().is_some_and(|byte| byte & 0x80 != 0);
    let mut bytes = vec![0x02, digits.len() as u8 + u8::from(pad)];
    bytes.extend(pad.then_some(0));
    bytes.extend_from_slice(digits);
    bytes
}

const ANY_PADDING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, ANY_PADDING);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, ANY_PADDING);

/// Base64 in any of its four forms: the specification does not say which is meant.
pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let engine = if text.contains(['-', '_']) {
        URL_SAFE
    } else {
        STANDARD
    };
    engine.decode(text).ok()
}

/// The form that is sent: the standard alphabet, with padding.
pub(super) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_four_forms_of_base64_read_alike() {
        let bytes = [0xfb, 0xff, 0xfe, 0x01];
        for text in ["+//+AQ==", "+//+AQ", "-__-AQ==", "-__-AQ"] {
            assert_eq!(from_base64(text), Some(bytes.to_vec()), "{text}");
        }
        assert_eq!(to_base64(&bytes), "+//+AQ==");
        for text in ["+__-AQ", "!", "A", "+//+AR=="] {
            assert_eq!(from_base64(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_become_shortest_der() {
        assert_eq!(
            der(&[0, 0, 0x7f], &[0x80, 0]),
            [0x30, 8, 2, 1, 0x7f, 2, 3, 0, 0x80, 0]
        );
        assert_eq!(der(&[0, 0], &[1]), [0x30, 6, 2, 1, 0, 2, 1, 1]);
        let long = der(&[0xff; 66], &[0xff; 66]);
        assert_eq!((&long[..3], long.len()), (&[0x30, 0x81, 138][..], 141));
    }
}
