//! Texts of verification material, by name: sound ones, and the same with one thing changed.

use std::collections::BTreeSet;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use did::{KeyAlgorithm, MethodType, PublicKey};

use crate::common::{fixture, hex_of, public_key};
use crate::table::Verdict;

const HEADER: [u8; 2] = [0xed, 0x01];

pub fn names() -> BTreeSet<String> {
    all()
        .into_iter()
        .map(|(name, ..)| name.to_owned())
        .collect()
}

pub fn verdicts(name: &str) -> Vec<Verdict> {
    let named = all().into_iter().filter(|(other, ..)| *other == name);
    named
        .flat_map(|(_, method_type, texts)| {
            texts
                .into_iter()
                .map(move |text| Verdict::of(method_type.decode(&text).is_ok()))
        })
        .collect()
}

type Named = (&'static str, MethodType, Vec<String>);

fn all() -> Vec<Named> {
    [
        of_2018(),
        of_2020(),
        jwk_forms(),
        jwk_kinds(),
        elliptic(),
        rsa(),
    ]
    .concat()
}

fn of_2018() -> Vec<Named> {
    let key = public_key(1).to_bytes();
    let good = base58(&key);
    let texts = [
        ("2018", vec![good.clone()]),
        (
            "2018-length",
            vec![
                String::new(),
                base58(&key[1..]),
                base58(&[&key[..], &[0]].concat()),
                format!("1{good}"),
            ],
        ),
        ("2018-multibase", vec![format!("z{good}")]),
        ("2018-header", vec![base58(&[&HEADER, &key[..]].concat())]),
        (
            "2018-alphabet",
            ["0", "O", "I", "l", " ", "\n", "é"]
                .iter()
                .map(|odd| format!("{odd}{}", &good[1..]))
                .collect(),
        ),
        ("2018-too-long", vec!["1".repeat(65), "2".repeat(65)]),
    ];
    texts
        .map(|(name, texts)| (name, MethodType::Ed25519VerificationKey2018, texts))
        .to_vec()
}

fn of_2020() -> Vec<Named> {
    let key = public_key(1).to_bytes();
    let multibase = |header: &[u8], key: &[u8]| format!("z{}", base58(&[header, key].concat()));
    let good = multibase(&HEADER, &key);
    let whole = [&HEADER, &key[..]].concat();
    let texts = [
        ("2020", vec![good.clone()]),
        (
            "2020-base",
            vec![
                String::new(),
                good[1..].to_owned(),
                format!("Z{}", &good[1..]),
                format!("f{}", hex::encode(&whole)),
                format!("u{}", url64(&whole)),
                format!("m{}", BASE64_STANDARD_NO_PAD.encode(&whole)),
            ],
        ),
        (
            "2020-header",
            [
                &[0xed, 0x02][..],
                &[0x02, 0x01],
                &[0xec, 0x01],
                &[0x01, 0xed],
                &[0xed],
                &[],
                &[0xed, 0x81, 0x00],
            ]
            .iter()
            .map(|header| multibase(header, &key))
            .collect(),
        ),
        (
            "2020-length",
            vec![
                "z".to_owned(),
                multibase(&HEADER, &[]),
                multibase(&HEADER, &key[1..]),
                multibase(&HEADER, &[&key[..], &[0]].concat()),
            ],
        ),
        (
            "2020-alphabet",
            vec![
                format!("{good} "),
                good.replacen('z', "z0", 1),
                good.replacen('z', "zl", 1),
            ],
        ),
        ("2020-too-long", vec![format!("z{}", "1".repeat(65))]),
    ];
    texts
        .map(|(name, texts)| (name, MethodType::Ed25519VerificationKey2020, texts))
        .to_vec()
}

/// What a JWK may look like, shown on one Ed25519 key.
fn jwk_forms() -> Vec<Named> {
    let x = url64(&public_key(1).to_bytes());
    let okp = |x: &str, more: &str| format!(r#"{{"kty":"OKP","crv":"Ed25519","x":{x}{more}}}"#);
    let good = okp(&format!("{x:?}"), "");
    let with = |more: &str| okp(&format!("{x:?}"), more);
    let x_as = |x: String| okp(&format!("{x:?}"), "");
    jwks([
        ("jwk-ed25519", vec![good.clone()]),
        (
            "jwk-extra-members",
            vec![with(
                r#","kid":"a","use":"sig","alg":"EdDSA","key_ops":["verify"],"y":"AA""#,
            )],
        ),
        (
            "jwk-white-space",
            vec![format!(" \n{}\t ", good.replace(',', " ,\r\n "))],
        ),
        (
            "jwk-twice",
            vec![
                with(&format!(r#","x":{x:?}"#)),
                with(r#","a":1,"\u0061":2"#),
            ],
        ),
        (
            "jwk-private",
            ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]
                .map(|name| with(&format!(r#","{name}":"AA""#)))
                .into(),
        ),
        (
            "jwk-not-one-object",
            vec![
                String::new(),
                "null".to_owned(),
                format!("[{good}]"),
                format!(r#"{{"keys":[{good}]}}"#),
                format!("{good} {good}"),
                good[..good.len() - 1].to_owned(),
                format!("{good:?}"),
            ],
        ),
        (
            "jwk-types",
            vec![
                okp("7", ""),
                okp("null", ""),
                okp("[]", ""),
                good.replace(r#""OKP""#, "[\"OKP\"]"),
            ],
        ),
        ("jwk-padding", vec![x_as(format!("{x}="))]),
        (
            "jwk-alphabet",
            vec![
                x_as(odd_alphabet()),
                x_as(format!("{x} ")),
                x_as(format!("{x}\n")),
                x_as(base58(&[1; 32])),
            ],
        ),
        ("jwk-unused-bits", vec![x_as(with_unused_bits(&x))]),
        (
            "jwk-length",
            vec![
                x_as(String::new()),
                x_as(url64(&[1; 31])),
                x_as(url64(&[1; 33])),
            ],
        ),
        (
            "jwk-too-long",
            vec![with(&format!(r#","kid":"{}""#, "a".repeat(4096)))],
        ),
    ])
}

fn jwk_kinds() -> Vec<Named> {
    let x = url64(&public_key(1).to_bytes());
    let kind =
        |kty: &str, crv: &str| format!(r#"{{"kty":"{kty}","crv":"{crv}","x":"{x}","y":"{x}"}}"#);
    jwks([
        (
            "jwk-other-kinds",
            vec![
                kind("OKP", "X25519"),
                kind("OKP", "Ed448"),
                kind("EC", "secp256k1"),
                kind("EC", "P-224"),
                format!(r#"{{"kty":"oct","k":"{x}"}}"#),
                kind("AKP", "ML-DSA-44"),
            ],
        ),
        (
            "jwk-names",
            vec![
                kind("okp", "Ed25519"),
                kind("OKP", "ed25519"),
                kind("EC", "Ed25519"),
                kind("EC", "p-256"),
                kind("EC", "secp256r1"),
                format!(r#"{{"crv":"Ed25519","x":"{x}"}}"#),
                format!(r#"{{"kty":"OKP","x":"{x}"}}"#),
                r#"{"kty":"OKP","crv":"Ed25519"}"#.to_owned(),
            ],
        ),
    ])
}

/// On all three curves.
fn elliptic() -> Vec<Named> {
    let mut named: [(&'static str, Vec<String>); 6] = [
        "ec",
        "ec-length",
        "ec-off-curve",
        "ec-identity",
        "ec-not-reduced",
        "ec-one-coordinate",
    ]
    .map(|name| (name, vec![]));
    for (curve, x, y) in points() {
        let jwk = |x: &[u8], y: &[u8]| {
            format!(
                r#"{{"kty":"EC","crv":"{curve}","x":"{}","y":"{}"}}"#,
                url64(x),
                url64(y)
            )
        };
        let len = x.len();
        let longer = |bytes: &[u8]| [&[0], bytes].concat();
        let mut moved = y.clone();
        moved[len - 1] ^= 1;
        let texts = [
            vec![jwk(&x, &y)],
            vec![
                jwk(&longer(&x), &y),
                jwk(&x, &longer(&y)),
                jwk(&x[1..], &y),
                jwk(&x, &y[..len - 1]),
            ],
            vec![jwk(&x, &moved), jwk(&y, &x)],
            vec![jwk(&vec![0; len], &vec![0; len])],
            vec![jwk(&vec![0xff; len], &y), jwk(&x, &vec![0xff; len])],
            vec![jwk(&x, &y).replace(r#","y""#, r#","Y""#)],
        ];
        for (slot, texts) in named.iter_mut().zip(texts) {
            slot.1.extend(texts);
        }
    }
    jwks(named)
}

fn rsa() -> Vec<Named> {
    let jwk =
        |n: &[u8], e: &[u8]| format!(r#"{{"kty":"RSA","n":"{}","e":"{}"}}"#, url64(n), url64(e));
    let e = [1, 0, 1];
    let bits = |first: u8, len: usize| [&[first], vec![0xff; len - 1].as_slice()].concat();
    let n = bits(0xff, 256);
    jwks([
        (
            "rsa",
            vec![
                jwk(&bits(0x80, 256), &e),
                jwk(&bits(1, 257), &e),
                jwk(&bits(0xff, 384), &e),
                jwk(&bits(0xff, 512), &e),
            ],
        ),
        (
            "rsa-size",
            vec![
                jwk(&bits(0x7f, 256), &e),
                jwk(&bits(0xff, 128), &e),
                jwk(&bits(1, 513), &e),
                jwk(&bits(0xff, 1024), &e),
            ],
        ),
        (
            "rsa-exponent",
            [
                &[1][..],
                &[2],
                &[3],
                &[17],
                &[1, 0, 0],
                &[1, 0, 3],
                &[1, 0, 0, 0, 1],
            ]
            .iter()
            .map(|e| jwk(&n, e))
            .collect(),
        ),
        (
            "rsa-leading-zero",
            vec![
                jwk(&[&[0], n.as_slice()].concat(), &e),
                jwk(&n, &[0, 1, 0, 1]),
            ],
        ),
        ("rsa-even", vec![jwk(&[&n[..255], &[0xfe]].concat(), &e)]),
        (
            "rsa-empty",
            vec![
                jwk(&[], &e),
                jwk(&n, &[]),
                jwk(&n, &e).replace(r#""n""#, r#""N""#),
            ],
        ),
    ])
}

fn jwks<const N: usize>(texts: [(&'static str, Vec<String>); N]) -> Vec<Named> {
    texts
        .map(|(name, texts)| (name, MethodType::JsonWebKey2020, texts))
        .to_vec()
}

/// Curve, x and y of the keys in `openssl-signatures.json`.
fn points() -> Vec<(&'static str, Vec<u8>, Vec<u8>)> {
    let file = fixture("openssl-signatures.json");
    let curves = [
        ("P-256", KeyAlgorithm::P256),
        ("P-384", KeyAlgorithm::P384),
        ("P-521", KeyAlgorithm::P521),
    ];
    let point = |(number, (curve, algorithm)): (usize, (&'static str, KeyAlgorithm))| {
        let key =
            PublicKey::from_bytes(algorithm, &hex_of(&file["vectors"][number], "publicKeyHex"))
                .unwrap();
        let jwk: serde_json::Value =
            serde_json::from_str(&MethodType::JsonWebKey2020.encode(&key).unwrap()).unwrap();
        let coordinate = |name: &str| {
            BASE64_URL_SAFE_NO_PAD
                .decode(jwk[name].as_str().unwrap())
                .unwrap()
        };
        (curve, coordinate("x"), coordinate("y"))
    };
    curves.into_iter().enumerate().map(point).collect()
}

/// 32 bytes of a sound key, in the alphabet of plain base64 and not of base64url.
fn odd_alphabet() -> String {
    let keys = (0..=255).map(|seed| BASE64_STANDARD_NO_PAD.encode(public_key(seed).to_bytes()));
    keys.into_iter()
        .find(|text| text.contains(['+', '/']))
        .unwrap()
}

/// 32 bytes leave two bits of the last character unused.
fn with_unused_bits(x: &str) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = ALPHABET.find(&x[x.len() - 1..]).unwrap();
    format!("{}{}", &x[..x.len() - 1], &ALPHABET[last + 1..last + 2])
}

fn base58(bytes: &[u8]) -> String {
    bs58::encode(bytes).into_string()
}

fn url64(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
