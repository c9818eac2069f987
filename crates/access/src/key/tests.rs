use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::*;

fn ed25519_spki(point: [u8; 32]) -> Vec<u8> {
    let mut der = hex::decode("302a300506032b6570032100").unwrap();
    der.extend(point);
    der
}

#[test]
fn ed25519_points_that_anybody_signs_for_are_refused() {
    let hex_point = |text: &str| -> [u8; 32] { hex::decode(text).unwrap().try_into().unwrap() };
    let mut identity = [0; 32];
    identity[0] = 1;
    for weak in [
        identity,
        [0; 32],
        // Of order 8.
        hex_point("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        hex_point("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
        // p - 1: of order 2.
        hex_point("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        // p + 1: another spelling of the identity.
        hex_point("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        [0xff; 32],
    ] {
        let refused = VerifyingKey::from_spki(&ed25519_spki(weak)).err();
        assert_eq!(refused, Some(KeyError::Weak), "{}", hex::encode(weak));
    }
    let good = ed25519_dalek::SigningKey::from_bytes(&[7; 32]).verifying_key();
    let der = ed25519_spki(*good.as_bytes());
    assert_eq!(
        VerifyingKey::from_spki(&der).unwrap().to_spki().unwrap(),
        der
    );
}

#[test]
fn a_point_with_torsion_is_refused() {
    use curve25519_dalek::constants::EIGHT_TORSION;
    let good = ed25519_dalek::SigningKey::from_bytes(&[7; 32]).verifying_key();
    let mixed = CompressedEdwardsY(*good.as_bytes()).decompress().unwrap() + EIGHT_TORSION[1];
    let refused = VerifyingKey::from_ed25519(&mixed.compress().0).err();
    assert_eq!(refused, Some(KeyError::Weak));
}

/// Made with OpenSSL 3: key, `openssl dgst -sha256 -sign` over `atropos`.
const OPENSSL: &str = include_str!("../../../../fixtures/openssl-credentials.json");

#[test]
fn signatures_of_openssl_verify_and_those_over_other_bytes_do_not() {
    let vectors: Vec<serde_json::Value> = serde_json::from_str(OPENSSL).unwrap();
    assert!(vectors.len() >= 9);
    for vector in vectors {
        let text = |name: &str| vector[name].as_str().unwrap();
        let key = VerifyingKey::from_pem(text("publicKey")).unwrap();
        let signature = STANDARD.decode(text("signature")).unwrap();
        let digest = DigestName::parse(text("digest")).unwrap();
        let message = text("message").as_bytes();
        let name = text("name");
        assert_eq!(key.verify(digest, message, &signature), Ok(()), "{name}");
        assert!(key.verify(digest, b"other", &signature).is_err(), "{name}");
        let mut longer = signature.clone();
        longer.push(0);
        assert!(key.verify(digest, message, &longer).is_err(), "{name}");
        let mut changed = signature.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert!(key.verify(digest, message, &changed).is_err(), "{name}");
        if !name.starts_with("ed25519") {
            let other = match digest {
                DigestName::Sha256 => DigestName::Sha512,
                DigestName::Sha512 => DigestName::Sha256,
            };
            assert!(key.verify(other, message, &signature).is_err(), "{name}");
        }
        let again = VerifyingKey::from_spki(&key.to_spki().unwrap()).unwrap();
        assert_eq!(again.to_spki().unwrap(), key.to_spki().unwrap(), "{name}");
    }
}

#[test]
fn pem_has_lines_of_any_length_and_one_block() {
    let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]).verifying_key();
    let body = STANDARD.encode(ed25519_spki(*key.as_bytes()));
    let block =
        |label: &str, body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----");
    let good = block("PUBLIC KEY", &body);
    let wrapped = format!("{}\n{}", &body[..20], &body[20..40]) + "\n" + &body[40..];
    for text in [
        good.clone(),
        format!("{good}\n"),
        format!("\n{good}\n\n"),
        good.replace('\n', "\r\n"),
        block("PUBLIC KEY", &wrapped),
    ] {
        assert!(VerifyingKey::from_pem(&text).is_ok(), "{text}");
    }
    for text in [
        String::new(),
        body.clone(),
        block("PRIVATE KEY", &body),
        block("RSA PUBLIC KEY", &body),
        block("PUBLIC KEY", &body[4..]),
        format!("{good}\n{good}"),
        block("PUBLIC KEY", &"A".repeat(PEM_BYTES_MAX)),
    ] {
        assert!(VerifyingKey::from_pem(&text).is_err(), "{text}");
    }
}

#[test]
fn small_rsa_keys_and_odd_exponents_are_refused() {
    let modulus = |bytes: usize| {
        let mut modulus = vec![0xff; bytes];
        modulus[0] = 0x80;
        modulus
    };
    assert!(VerifyingKey::from_rsa(&modulus(256), &[1, 0, 1]).is_ok());
    for (modulus, exponent) in [
        (modulus(255), vec![1, 0, 1]),
        (modulus(513), vec![1, 0, 1]),
        (modulus(256), vec![3]),
        (modulus(256), vec![0, 1, 0, 1]),
        ([&[0], &modulus(256)[..]].concat(), vec![1, 0, 1]),
        (vec![0x80; 256], vec![1, 0, 1]),
        (vec![], vec![]),
    ] {
        assert!(VerifyingKey::from_rsa(&modulus, &exponent).is_err());
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_key_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = VerifyingKey::from_spki(&bytes);
        let _ = VerifyingKey::from_pem(&String::from_utf8_lossy(&bytes));
        let _ = VerifyingKey::from_ed25519(&bytes);
    }
}
