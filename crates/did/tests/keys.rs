//! Key material: what is admitted, what is refused and in which words.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use common::{fixture, hex_of, public_key};
use did::{InvalidSignature, KeyAlgorithm, MethodType, PublicKey, WeakKey};

const P256_X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const P256_Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";

fn rsa_jwk(modulus: &[u8], exponent: &str) -> String {
    format!(
        r#"{{"kty":"RSA","n":"{}","e":"{exponent}"}}"#,
        BASE64_URL_SAFE_NO_PAD.encode(modulus)
    )
}

fn p256_jwk() -> String {
    format!(r#"{{"kty":"EC","crv":"P-256","x":"{P256_X}","y":"{P256_Y}","kid":"a","use":"sig"}}"#)
}

fn algorithm(name: &str) -> KeyAlgorithm {
    match name {
        "P-256" => KeyAlgorithm::P256,
        "P-384" => KeyAlgorithm::P384,
        "P-521" => KeyAlgorithm::P521,
        "RSA" => KeyAlgorithm::Rsa,
        other => panic!("{other}"),
    }
}

#[test]
fn signatures_of_openssl_verify() {
    let file = fixture("openssl-signatures.json");
    let message = file["message"].as_str().unwrap().as_bytes();
    let vectors = file["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 7);
    for vector in vectors {
        let algorithm = algorithm(vector["algorithm"].as_str().unwrap());
        let key = PublicKey::from_bytes(algorithm, &hex_of(vector, "publicKeyHex")).unwrap();
        let signature = hex_of(vector, "signatureHex");
        assert_eq!(
            (key.algorithm(), key.to_hex()),
            (algorithm, hex::encode(hex_of(vector, "publicKeyHex")))
        );
        assert_eq!(key.verify(message, &signature), Ok(()), "{vector}");
        assert!(signature.len() <= key.signature_len_max());

        assert_eq!(
            key.verify(b"another message", &signature),
            Err(InvalidSignature)
        );
        let longer = [signature.as_slice(), &[0]].concat();
        assert_eq!(key.verify(message, &longer), Err(InvalidSignature));
        assert_eq!(
            key.verify(message, &signature[..signature.len() - 1]),
            Err(InvalidSignature)
        );
        assert_eq!(key.verify(message, &[]), Err(InvalidSignature));

        let material = MethodType::JsonWebKey2020.encode(&key).unwrap();
        assert_eq!(MethodType::JsonWebKey2020.decode(&material), Ok(key));
    }
}

/// Hardware and browsers emit either S, and so does the ledger take it.
#[test]
fn both_s_of_ecdsa_verify() {
    use p256::ecdsa::Signature;
    let file = fixture("openssl-signatures.json");
    let vector = &file["vectors"][0];
    let key = PublicKey::from_p256_sec1(&hex_of(vector, "publicKeyHex")).unwrap();
    let signature = Signature::from_der(&hex_of(vector, "signatureHex")).unwrap();
    let flipped = Signature::from_scalars(*signature.r(), -*signature.s()).unwrap();
    let message = file["message"].as_str().unwrap().as_bytes();
    for either in [signature, flipped] {
        assert_eq!(key.verify(message, either.to_der().as_bytes()), Ok(()));
        assert_eq!(
            key.verify(message, &either.to_bytes()),
            Err(InvalidSignature),
            "fixed-size form"
        );
    }
}

#[test]
fn materials_come_out_as_they_went_in() {
    let key = public_key(7);
    for method_type in MethodType::ALL {
        let material = method_type.encode(&key).unwrap();
        assert_eq!(
            method_type.decode(&material).as_ref(),
            Ok(&key),
            "{material}"
        );
        assert_eq!(method_type.as_str().parse(), Ok(method_type));
    }
    let bytes = key.to_bytes();
    assert_eq!(
        PublicKey::from_bytes(KeyAlgorithm::Ed25519, &bytes),
        Ok(key)
    );
    let ec = MethodType::JsonWebKey2020.decode(&p256_jwk()).unwrap();
    assert_eq!(
        MethodType::Ed25519VerificationKey2020
            .encode(&ec)
            .unwrap_err()
            .to_string(),
        "Ed25519VerificationKey2020 cannot hold a key of P256; use JsonWebKey2020"
    );
}

#[test]
fn jwk_of_studio_is_read_and_written() {
    let text = r#"{"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let key = MethodType::JsonWebKey2020.decode(text).unwrap();
    assert_eq!(
        key.to_hex(),
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    );
    assert_eq!(MethodType::JsonWebKey2020.encode(&key).unwrap(), text);
}

#[test]
fn ed25519_materials_are_refused() {
    let bytes = public_key(1).to_bytes();
    let multibase = |header: &[u8], bytes: &[u8]| {
        format!("z{}", bs58::encode([header, bytes].concat()).into_string())
    };
    let header =
        "invalid two-byte prefix for Ed25519VerificationKey2020. expected: 0xed01 actual: 0x";
    let base = "invalid encoding for Ed25519VerificationKey2020. expected: base58btc actual: ";
    for (material, text) in [
        (
            String::new(),
            "cannot decode multibase for zero length string".to_owned(),
        ),
        ("z".to_owned(), header.to_owned()),
        (multibase(&[0xed], &[]), format!("{header}ed")),
        (multibase(&[0xed, 0x02], &bytes), format!("{header}ed02")),
        (multibase(&[0x02, 0x01], &bytes), format!("{header}0201")),
        (multibase(&[0xec, 0x01], &bytes), format!("{header}ec01")),
        (
            multibase(&[0xed, 0x01], &bytes[1..]),
            "ed25519: bad public key length: 31".to_owned(),
        ),
        (
            multibase(&[0xed, 0x01], &[bytes.as_slice(), &[0]].concat()),
            "ed25519: bad public key length: 33".to_owned(),
        ),
        (format!("f{}", hex::encode(&bytes)), format!("{base}base16")),
        (bs58::encode(&bytes).into_string(), format!("{base}'A'")),
        (
            format!("z{}", "1".repeat(65)),
            "must be at most 64 bytes of base58".to_owned(),
        ),
    ] {
        let error = MethodType::Ed25519VerificationKey2020
            .decode(&material)
            .unwrap_err();
        assert_eq!(error.to_string(), text, "{material}");
    }
    for (material, text) in [
        (String::new(), "ed25519: bad public key length: 0"),
        (
            multibase(&[], &bytes)[1..43].to_owned(),
            "ed25519: bad public key length: 31",
        ),
        (
            "0".to_owned(),
            "invalid base58: provided string contained invalid character '0' at byte 0",
        ),
    ] {
        let error = MethodType::Ed25519VerificationKey2018
            .decode(&material)
            .unwrap_err();
        assert_eq!(error.to_string(), text, "{material}");
    }
}

#[test]
fn jwks_are_refused() {
    let ec = |x: &str, y: &str| format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"}}"#);
    let okp = |member: &str| {
        format!(
            r#"{{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"{member}}}"#
        )
    };
    let unsupported = |name: &str| {
        format!(
            "unsupported jwk type: {name}. supported types are: rsa/pub, ecdsa/pub, ed25519/pub"
        )
    };
    let parse = |reason: &str| format!("can't parse jwk: {reason}");
    let bits = |bits: usize| WeakKey::RsaModulusBits(bits).to_string();
    for (material, text) in [
        (
            "[]".to_owned(),
            parse("invalid type: sequence, expected a JSON object at line 1 column 0"),
        ),
        ("{}".to_owned(), parse("kty is missing")),
        (
            format!("{} {}", okp(""), okp("")),
            parse("trailing characters at line 1 column 81"),
        ),
        (r#"{"keys":[]}"#.to_owned(), parse("kty is missing")),
        (
            okp(r#","x":"AA""#),
            parse("a member is there twice at line 1 column 88"),
        ),
        (
            okp(r#","a":1,"\u0061":2"#),
            parse("a member is there twice at line 1 column 96"),
        ),
        (okp(r#","d":"AA""#), unsupported("OKP private key")),
        (okp(r#","k":null"#), unsupported("OKP private key")),
        (
            r#"{"kty":"oct","k":"AA"}"#.to_owned(),
            unsupported("oct private key"),
        ),
        (
            r#"{"kty":"OKP","crv":"X25519","x":"AA"}"#.to_owned(),
            unsupported("X25519"),
        ),
        (
            r#"{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}"#.to_owned(),
            unsupported("secp256k1"),
        ),
        (
            r#"{"kty":"OKP","x":"AA"}"#.to_owned(),
            parse("crv is missing"),
        ),
        (
            r#"{"kty":"EC","crv":"P-256","x":"AA"}"#.to_owned(),
            parse("x must be 32 bytes in base64url without padding"),
        ),
        (
            ec(P256_X, &format!("{P256_Y}=")),
            parse("y must be 32 bytes in base64url without padding"),
        ),
        (
            ec(P256_X, &P256_Y.replace('_', "/")),
            parse("y must be 32 bytes in base64url without padding"),
        ),
        (ec(P256_X, P256_X), WeakKey::NotOnCurve.to_string()),
        (
            ec(&"A".repeat(43), &"A".repeat(43)),
            WeakKey::NotOnCurve.to_string(),
        ),
        (
            rsa_jwk(&[0xff; 256], "Aw"),
            WeakKey::RsaExponent.to_string(),
        ),
        (
            rsa_jwk(&[0xff; 256], "AAEAAQ"),
            parse("e must be a number without leading zeros in base64url without padding"),
        ),
        (rsa_jwk(&[0x7f; 256], "AQAB"), bits(2047)),
        (rsa_jwk(&[0xff; 128], "AQAB"), bits(1024)),
        (
            rsa_jwk(&[&[1], [0xff; 512].as_slice()].concat(), "AQAB"),
            bits(4097),
        ),
        (
            rsa_jwk(&[0xfe; 256], "AQAB"),
            WeakKey::RsaModulus.to_string(),
        ),
        (
            rsa_jwk(&[], "AQAB"),
            parse("n must be a number without leading zeros in base64url without padding"),
        ),
        (
            okp(&format!(r#","kid":"{}""#, "a".repeat(4096))),
            parse("it must be at most 4096 bytes"),
        ),
    ] {
        assert_eq!(
            MethodType::JsonWebKey2020
                .decode(&material)
                .unwrap_err()
                .to_string(),
            text,
            "{material}"
        );
    }
    assert!(
        MethodType::JsonWebKey2020
            .decode(&rsa_jwk(&[0xff; 512], "AQAB"))
            .is_ok()
    );
}

#[test]
fn sec1_points_are_refused() {
    let identity = [0];
    let mut hybrid = vec![6];
    hybrid.extend(BASE64_URL_SAFE_NO_PAD.decode(P256_X).unwrap());
    hybrid.extend(BASE64_URL_SAFE_NO_PAD.decode(P256_Y).unwrap());
    let compact = [&[5], &hybrid[1..33]].concat();
    for bytes in [identity.as_slice(), &hybrid, &compact, &hybrid[..64], &[]] {
        assert_eq!(PublicKey::from_p256_sec1(bytes), Err(WeakKey::NotOnCurve));
    }
    hybrid[0] = 4;
    assert!(PublicKey::from_p256_sec1(&hybrid).is_ok());
    assert_eq!(
        PublicKey::from_bytes(KeyAlgorithm::P256, &hybrid),
        Err(WeakKey::NotCanonical),
        "not compressed"
    );
}
