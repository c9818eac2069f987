use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{DerSignature, SigningKey};
use proptest::prelude::*;

use super::*;

const CHALLENGE: &str = "abc";
const ORIGIN: &str = "https://wallet.example";

fn party() -> RelyingParty {
    RelyingParty {
        id: "wallet.example".into(),
        name: "Wallet".into(),
        origins: vec![ORIGIN.into()],
    }
}

fn signer() -> SigningKey {
    SigningKey::from_slice(&[7; 32]).unwrap()
}

fn cose() -> Value {
    let key = *signer().verifying_key();
    let point = key.to_sec1_point(false);
    let number = |number: i64| Value::Integer(number.into());
    let part = |range: std::ops::Range<usize>| Value::Bytes(point.as_bytes()[range].to_vec());
    Value::Map(vec![
        (number(1), number(2)),
        (number(3), number(-7)),
        (number(-1), number(1)),
        (number(-2), part(1..33)),
        (number(-3), part(33..65)),
    ])
}

fn encoded(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}

fn data(flags: u8, after: &[u8]) -> Vec<u8> {
    [&hash(b"wallet.example")[..], &[flags], &[0, 0, 0, 9], after].concat()
}

fn attested_data(id: &[u8], cose: &Value, flags: u8) -> Vec<u8> {
    let length = u16::try_from(id.len()).unwrap().to_be_bytes();
    data(flags, &[&[0; 16][..], &length, id, &encoded(cose)].concat())
}

fn object(format: &str, statement: Vec<(Value, Value)>, data: Vec<u8>) -> Vec<u8> {
    let text = |text: &str| Value::Text(text.into());
    encoded(&Value::Map(vec![
        (text("fmt"), text(format)),
        (text("attStmt"), Value::Map(statement)),
        (text("authData"), Value::Bytes(data)),
    ]))
}

fn client_data(kind: &str) -> Vec<u8> {
    let challenge = URL_SAFE_NO_PAD.encode(CHALLENGE);
    format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{ORIGIN}"}}"#).into_bytes()
}

fn made(object: &[u8]) -> Result<Attested, &'static str> {
    attested(&party(), CHALLENGE, &client_data("webauthn.create"), object)
}

#[test]
fn a_credential_is_taken_as_it_was_made() {
    let made = made(&object("none", vec![], attested_data(b"id", &cose(), 0x45))).unwrap();
    assert_eq!(
        (made.credential_id.as_slice(), made.sign_count),
        (&b"id"[..], 9)
    );
    assert_eq!(made.origin, ORIGIN);
}

#[test]
fn what_is_odd_about_a_credential_is_refused() {
    let good = attested_data(b"id", &cose(), 0x45);
    let Value::Map(members) = cose() else {
        panic!("no map");
    };
    let without = |at: usize| {
        let mut members = members.clone();
        members.remove(at);
        Value::Map(members)
    };
    let twice = Value::Map([members.clone(), vec![members[0].clone()]].concat());
    let mut off_curve = members.clone();
    off_curve[4].1 = Value::Bytes(vec![1; 32]);
    let other_statement = vec![(Value::Text("x".into()), Value::Null)];
    for (case, object) in [
        (
            "no user",
            object("none", vec![], attested_data(b"id", &cose(), 0x44)),
        ),
        (
            "not verified",
            object("none", vec![], attested_data(b"id", &cose(), 0x41)),
        ),
        ("no credential", object("none", vec![], data(0x05, &[]))),
        (
            "no id",
            object("none", vec![], attested_data(b"", &cose(), 0x45)),
        ),
        (
            "no kind",
            object("none", vec![], attested_data(b"id", &without(0), 0x45)),
        ),
        (
            "no y",
            object("none", vec![], attested_data(b"id", &without(4), 0x45)),
        ),
        (
            "twice",
            object("none", vec![], attested_data(b"id", &twice, 0x45)),
        ),
        (
            "curve",
            object(
                "none",
                vec![],
                attested_data(b"id", &Value::Map(off_curve), 0x45),
            ),
        ),
        ("longer", object("none", vec![], [&good[..], &[0]].concat())),
        (
            "shorter",
            object("none", vec![], good[..good.len() - 1].to_vec()),
        ),
        (
            "extensions",
            object("none", vec![], attested_data(b"id", &cose(), 0xc5)),
        ),
        ("statement", object("none", other_statement, good.clone())),
        ("format", object("tpm", vec![], good.clone())),
        (
            "followed",
            [object("none", vec![], good.clone()), vec![0]].concat(),
        ),
    ] {
        assert!(made(&object).is_err(), "{case}");
    }
}

#[test]
fn self_attestation_is_by_the_new_key_over_this_ceremony() {
    let data = attested_data(b"id", &cose(), 0x45);
    let signed = [&data[..], &hash(&client_data("webauthn.create"))].concat();
    let statement = |alg: i64, message: &[u8]| {
        let signature: DerSignature = signer().sign(message);
        vec![
            (Value::Text("alg".into()), Value::Integer(alg.into())),
            (
                Value::Text("sig".into()),
                Value::Bytes(signature.as_bytes().to_vec()),
            ),
        ]
    };
    assert!(made(&object("packed", statement(-7, &signed), data.clone())).is_ok());
    assert!(made(&object("packed", statement(-257, &signed), data.clone())).is_err());
    assert!(made(&object("packed", statement(-7, b"other"), data.clone())).is_err());
    let mut chain = statement(-7, &signed);
    chain.push((Value::Text("x5c".into()), Value::Array(vec![])));
    assert!(made(&object("packed", chain, data)).is_err());
}

#[test]
fn a_signature_counts_for_its_party_page_and_challenge() {
    let key = made(&object("none", vec![], attested_data(b"id", &cose(), 0x45)))
        .unwrap()
        .key;
    let get = client_data("webauthn.get");
    let sign = |data: &[u8]| -> DerSignature { signer().sign(&[data, &hash(&get)].concat()) };
    let good = data(0x05, &[]);
    let signature = sign(&good);
    let answer = (&get[..], &good[..], signature.as_bytes());
    assert_eq!(asserted(&party(), CHALLENGE, &key, answer), Ok(9));
    assert!(asserted(&party(), "abd", &key, answer).is_err());
    let other = RelyingParty {
        id: "other.example".into(),
        ..party()
    };
    assert!(asserted(&other, CHALLENGE, &key, answer).is_err());
    for flags in [0x00, 0x01, 0x04] {
        let data = data(flags, &[]);
        let signature = sign(&data);
        let answer = (&get[..], &data[..], signature.as_bytes());
        assert!(
            asserted(&party(), CHALLENGE, &key, answer).is_err(),
            "{flags}"
        );
    }
    let create = client_data("webauthn.create");
    let answer = (&create[..], &good[..], signature.as_bytes());
    assert!(asserted(&party(), CHALLENGE, &key, answer).is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_an_answer_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = made(&bytes);
        let _ = Data::parse(&bytes);
        let _ = made(&object("none", vec![], bytes));
    }
}
