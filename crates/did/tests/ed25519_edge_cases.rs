//! Ed25519 keys and signatures on which verifiers disagree.
//!
//! `fixtures/ed25519-cctv.json` is `ed25519vectors.json` of C2SP/CCTV: all combinations of low-order and non-canonical
//! points. Exactly one of them is an ordinary key with an ordinary signature.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{fixture, hex_of};
use did::{MethodType, PublicKey, WeakKey};

#[test]
fn one_of_the_cctv_vectors_is_accepted() {
    let vectors = fixture("ed25519-cctv.json");
    let vectors = vectors.as_array().unwrap();
    assert_eq!(vectors.len(), 914);
    let accepted: Vec<_> = vectors
        .iter()
        .filter(|vector| {
            let key: [u8; 32] = hex_of(vector, "key").try_into().unwrap();
            let message = vector["msg"].as_str().unwrap().as_bytes();
            PublicKey::from_ed25519(&key)
                .is_ok_and(|key| key.verify(message, &hex_of(vector, "sig")).is_ok())
        })
        .collect();
    assert_eq!(accepted.len(), 1);
    assert!(accepted[0]["flags"].is_null(), "{}", accepted[0]);
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
    use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
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
