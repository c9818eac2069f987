//! Ed25519 keys and signatures on which verifiers disagree.
//!
//! `fixtures/ed25519-edge-cases.json` is made by the program beside it, from RFC 8032 alone. Its flags are found again
//! here with other code, so that neither can be wrong without the other. `fixtures/ed25519-cctv.json` is by others.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use common::{fixture, hex_of};
use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
use curve25519_dalek::edwards::CompressedEdwardsY;
use curve25519_dalek::traits::IsIdentity;
use curve25519_dalek::{EdwardsPoint, Scalar};
use did::{MethodType, PublicKey, WeakKey};
use serde_json::Value;
use sha2::{Digest, Sha512};

fn vectors() -> Vec<Value> {
    let file = fixture("ed25519-edge-cases.json");
    file["vectors"].as_array().unwrap().clone()
}

fn flags(vector: &Value) -> BTreeSet<String> {
    let flags = vector["flags"].as_array().unwrap();
    let flags = flags.iter().map(|flag| flag.as_str().unwrap().to_owned());
    flags.collect()
}

fn key_of(vector: &Value) -> Result<PublicKey, WeakKey> {
    PublicKey::from_ed25519(&hex_of(vector, "key").try_into().unwrap())
}

#[test]
fn exactly_the_ordinary_vectors_verify() {
    let vectors = vectors();
    assert!(vectors.len() > 1200, "{}", vectors.len());
    let mut accepted = 0;
    for vector in &vectors {
        let message = vector["msg"].as_str().unwrap().as_bytes();
        let verifies =
            key_of(vector).is_ok_and(|key| key.verify(message, &hex_of(vector, "sig")).is_ok());
        assert_eq!(verifies, flags(vector).is_empty(), "{}", vector["name"]);
        accepted += usize::from(verifies);
    }
    assert_eq!(accepted, 5);
}

#[test]
fn the_program_makes_exactly_this_file() {
    let program = "../../fixtures/ed25519-edge-cases/generate.py";
    let run = Command::new("python3").args([program, "--check"]).output();
    let output = run.expect("Python 3 is needed: install it as `python3`");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

#[test]
fn one_of_the_cctv_vectors_is_accepted() {
    let vectors = fixture("ed25519-cctv.json");
    let vectors = vectors.as_array().unwrap();
    assert_eq!(vectors.len(), 914);
    let accepted: Vec<_> = vectors
        .iter()
        .filter(|vector| {
            let message = vector["msg"].as_str().unwrap().as_bytes();
            key_of(vector).is_ok_and(|key| key.verify(message, &hex_of(vector, "sig")).is_ok())
        })
        .collect();
    assert_eq!(accepted.len(), 1);
    assert!(accepted[0]["flags"].is_null(), "{}", accepted[0]);
}

#[test]
fn odd_keys_are_refused_in_every_type_of_method_and_all_others_admitted() {
    const ODD: [&str; 4] = [
        "small-order-A",
        "mixed-A",
        "non-canonical-A",
        "not-a-point-A",
    ];
    let known = key_of(&vectors()[0]).unwrap();
    let base64 = |bytes: &[u8]| {
        use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    };
    let jwk = MethodType::JsonWebKey2020.encode(&known).unwrap();
    for vector in vectors() {
        let bytes = hex_of(&vector, "key");
        let odd = ODD.iter().any(|flag| flags(&vector).contains(*flag));
        assert_eq!(key_of(&vector).is_err(), odd, "{}", vector["name"]);
        let multibase = bs58::encode([&[0xed, 1], bytes.as_slice()].concat()).into_string();
        for (method_type, material) in [
            (
                MethodType::Ed25519VerificationKey2018,
                bs58::encode(&bytes).into_string(),
            ),
            (
                MethodType::Ed25519VerificationKey2020,
                format!("z{multibase}"),
            ),
            (
                MethodType::JsonWebKey2020,
                jwk.replace(&base64(&known.to_bytes()), &base64(&bytes)),
            ),
        ] {
            let decoded = method_type.decode(&material);
            assert_eq!(decoded.is_err(), odd, "{method_type} {}", vector["name"]);
        }
    }
}

/// The flags as this other implementation of the curve finds them; how k was made cannot be seen.
#[test]
fn the_flags_are_true() {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for vector in vectors() {
        let mut stated = flags(&vector);
        for flag in &stated {
            *seen.entry(flag.clone()).or_default() += 1;
        }
        if stated.remove("re-encoded-k") {
            let odd = |flag: &String| flag.starts_with("non-canonical");
            assert!(stated.iter().any(odd), "{}", vector["name"]);
        }
        assert_eq!(found(&vector), stated, "{}", vector["name"]);
    }
    assert_eq!(seen.len(), 13, "{seen:?}");
    assert!(seen.values().all(|count| *count >= 5), "{seen:?}");
}

fn found(vector: &Value) -> BTreeSet<String> {
    let (key, signature) = (hex_of(vector, "key"), hex_of(vector, "sig"));
    let key: [u8; 32] = key.try_into().unwrap();
    let Ok(signature) = <[u8; 64]>::try_from(signature) else {
        return ["length".to_owned()].into();
    };
    let (r, s): ([u8; 32], [u8; 32]) = (
        signature[..32].try_into().unwrap(),
        signature[32..].try_into().unwrap(),
    );
    let mut found = BTreeSet::new();
    let a = point("A", &key, &mut found);
    let first = point("R", &r, &mut found);
    if bool::from(Scalar::from_canonical_bytes(s).is_none()) {
        found.insert("S-not-reduced".to_owned());
    }
    if let (Some(a), Some(first)) = (a, first) {
        let hash = Sha512::new().chain_update(r).chain_update(key);
        let hash = hash.chain_update(vector["msg"].as_str().unwrap());
        let k = Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
        let s = Scalar::from_bytes_mod_order(s);
        let rest = s * ED25519_BASEPOINT_POINT - k * a - first;
        if !rest.is_identity() {
            let small = rest.mul_by_cofactor().is_identity();
            found.insert(if small { "residue" } else { "unrelated" }.to_owned());
        }
    }
    found
}

fn point(role: &str, bytes: &[u8; 32], found: &mut BTreeSet<String>) -> Option<EdwardsPoint> {
    let mut find = |flag: &str| found.insert(format!("{flag}-{role}"));
    let Some(point) = CompressedEdwardsY(*bytes).decompress() else {
        find("not-a-point");
        return None;
    };
    if point.compress().as_bytes() != bytes {
        find("non-canonical");
    }
    if point.is_small_order() {
        find("small-order");
    } else if !point.is_torsion_free() {
        find("mixed");
    }
    Some(point)
}

/// The eight points of small order in all their encodings, canonical or not.
const SMALL_ORDER: [(&str, WeakKey); 14] = [
    (
        "0100000000000000000000000000000000000000000000000000000000000000",
        WeakKey::SmallOrder,
    ),
    (
        "0000000000000000000000000000000000000000000000000000000000000000",
        WeakKey::SmallOrder,
    ),
    (
        "0000000000000000000000000000000000000000000000000000000000000080",
        WeakKey::SmallOrder,
    ),
    (
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        WeakKey::SmallOrder,
    ),
    (
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        WeakKey::SmallOrder,
    ),
    (
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        WeakKey::SmallOrder,
    ),
    (
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        WeakKey::SmallOrder,
    ),
    (
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        WeakKey::SmallOrder,
    ),
    (
        "0100000000000000000000000000000000000000000000000000000000000080",
        WeakKey::NotCanonical,
    ),
    (
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        WeakKey::NotCanonical,
    ),
    (
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        WeakKey::NotCanonical,
    ),
    (
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        WeakKey::NotCanonical,
    ),
    (
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        WeakKey::NotCanonical,
    ),
    (
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        WeakKey::NotCanonical,
    ),
];

#[test]
fn small_order_points_are_no_keys() {
    for (text, reason) in SMALL_ORDER {
        let bytes: [u8; 32] = hex::decode(text).unwrap().try_into().unwrap();
        assert_eq!(PublicKey::from_ed25519(&bytes), Err(reason), "{text}");
        let multibase = format!(
            "z{}",
            bs58::encode([[0xed, 1].as_slice(), &bytes].concat()).into_string()
        );
        assert_eq!(
            MethodType::Ed25519VerificationKey2020.decode(&multibase),
            Err(reason.into()),
            "{text}"
        );
    }
}

#[test]
fn points_with_torsion_are_no_keys() {
    use curve25519_dalek::constants::EIGHT_TORSION;
    for torsion in &EIGHT_TORSION[1..] {
        let bytes = (ED25519_BASEPOINT_POINT + torsion).compress().to_bytes();
        assert_eq!(PublicKey::from_ed25519(&bytes), Err(WeakKey::Torsion));
    }
    assert!(PublicKey::from_ed25519(&ED25519_BASEPOINT_POINT.compress().to_bytes()).is_ok());
}

/// y from p to p + 18 fits 255 bits, and y + p is another encoding of the same point.
#[test]
fn non_canonical_points_are_no_keys() {
    let mut seen = 0;
    for low in 0xed..=0xff_u8 {
        for high in [0x7f, 0xff] {
            let mut bytes = [0xff; 32];
            (bytes[0], bytes[31]) = (low, high);
            let refused = PublicKey::from_ed25519(&bytes).unwrap_err();
            assert!(
                matches!(refused, WeakKey::NotCanonical | WeakKey::NotOnCurve),
                "{bytes:?}: {refused}"
            );
            seen += usize::from(refused == WeakKey::NotCanonical);
        }
    }
    assert!(seen >= 10, "{seen} of the encodings decode to points");
}
