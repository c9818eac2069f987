//! Documents as receipts show them: in one encoding, with sound keys.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{DID, OTHER, method, payload};
use did::proto::{DidDoc, MsgCreateDidDocPayload};
use did::{Did, Document, KeyAlgorithm, other_signers};
use prost::Message;

fn document(payload: &MsgCreateDidDocPayload) -> Document {
    Document::from_payload(payload).unwrap()
}

fn changed(change: impl FnOnce(&mut DidDoc)) -> Vec<u8> {
    let mut proto = document(&payload()).proto().clone();
    change(&mut proto);
    proto.encode_to_vec()
}

#[test]
fn a_document_is_read_back_from_its_encoding() {
    let mut payload = payload();
    payload.controller = vec![OTHER.to_owned(), DID.to_owned()];
    payload.verification_method = vec![method(1), method(2), method(3)];
    let document = document(&payload);
    let read = Document::restore_encoded(&document.encode()).unwrap();
    assert_eq!(read, document);
    assert_eq!(read.methods(), document.methods());
}

#[test]
fn todays_limits_do_not_apply() {
    let large = changed(|document| document.also_known_as = vec!["x".repeat(100_000)]);
    assert!(Document::restore_encoded(&large).is_ok());
}

#[test]
fn nothing_else_is_read() {
    let upper_case = DID.replace("-f2f5-", "-F2F5-");
    // A point of order eight.
    let weak = r#"{"crv":"Ed25519","kty":"OKP","x":"xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o"}"#;
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", vec![]),
        ("no protobuf", b"document".to_vec()),
        ("a payload", payload().encode_to_vec()),
        (
            "an unknown field",
            [changed(|_| ()), vec![0xf8, 0x07, 1]].concat(),
        ),
        ("its id twice", [changed(|_| ()), id_field()].concat()),
        (
            "an id in upper case",
            changed(|it| it.id = upper_case.clone()),
        ),
        (
            "a controller in upper case",
            changed(|it| it.controller = vec![upper_case.clone()]),
        ),
        (
            "a method's controller in upper case",
            changed(|it| it.verification_method[0].controller = upper_case.clone()),
        ),
        (
            "a method's id in upper case",
            changed(|it| it.verification_method[0].id = format!("{upper_case}#key-1")),
        ),
        (
            "a method of another DID",
            changed(|it| it.verification_method[0].id = format!("{OTHER}#key-1")),
        ),
        (
            "a method twice",
            changed(|it| it.verification_method.push(method(1))),
        ),
        (
            "an unknown type",
            changed(|it| it.verification_method[0].verification_method_type = "Key".to_owned()),
        ),
        (
            "a weak key",
            changed(|it| {
                let method = &mut it.verification_method[0];
                method.verification_method_type = "JsonWebKey2020".to_owned();
                method.verification_material = weak.to_owned();
            }),
        ),
    ];
    for (name, bytes) in cases {
        assert!(Document::restore_encoded(&bytes).is_err(), "{name}");
    }
    assert!(Document::restore_encoded(&changed(|_| ())).is_ok());
}

/// The field `id` once more: a reader takes the last one.
fn id_field() -> Vec<u8> {
    let id = DidDoc {
        id: DID.to_owned(),
        ..DidDoc::default()
    };
    id.encode_to_vec()
}

#[test]
fn keys_inside_assertions_are_named() {
    let inline = |id: &str| {
        let json = format!(r#"{{"id":"{DID}#{id}","type":"T","controller":"{DID}"}}"#);
        serde_json::to_string(&json).unwrap()
    };
    let mut payload = payload();
    payload.assertion_method = vec![inline("b"), format!("{DID}#key-1"), inline("a")];
    let named: Vec<String> = document(&payload).inline_methods().collect();
    assert_eq!(named, [format!("{DID}#b"), format!("{DID}#a")]);
}

#[test]
fn other_signers_are_all_controllers_but_the_subject() {
    let third = "did:cheqd:testnet:1111111111111111";
    let mut payload = payload();
    payload.controller = vec![OTHER.to_owned(), DID.to_owned()];
    payload.verification_method = vec![method(1), method(2)];
    payload.verification_method[0].controller = third.to_owned();
    payload.verification_method[1].controller = OTHER.to_owned();
    let named = other_signers(&document(&payload));
    assert_eq!(named, [third, OTHER].map(|did| Did::parse(did).unwrap()));
}

#[test]
fn algorithms_have_the_names_of_their_curves() {
    let names = [
        (KeyAlgorithm::Ed25519, "Ed25519"),
        (KeyAlgorithm::P256, "P-256"),
        (KeyAlgorithm::P384, "P-384"),
        (KeyAlgorithm::P521, "P-521"),
        (KeyAlgorithm::Rsa, "RSA"),
    ];
    for (algorithm, name) in names {
        assert_eq!(algorithm.as_str(), name);
    }
}
