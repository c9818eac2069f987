//! Limits that only several fields together can break.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{DID, fixture, method, payload};
use did::limits::{MAX_PAYLOAD_BYTES, MAX_SIGNING_COST_BYTES};
use did::proto::{MsgCreateDidDocPayload, VerificationMethod};
use did::{Document, Operation, OperationKind};
use prost::Message;

fn other(at: u8) -> String {
    format!("did:cheqd:testnet:00000000-0000-4000-8000-0000000000{at:02x}")
}

fn refusal(payload: &MsgCreateDidDocPayload) -> String {
    Document::from_payload(payload).unwrap_err().to_string()
}

#[test]
fn distinct_signers_besides_the_subject() {
    let controlled_by = |at: u8| VerificationMethod {
        controller: other(at),
        ..method(at + 1)
    };
    let mut payload = MsgCreateDidDocPayload {
        controller: (0..4).map(other).collect(),
        verification_method: (0..8).map(controlled_by).collect(),
        ..payload()
    };
    Document::from_payload(&payload).unwrap();
    payload.verification_method.push(VerificationMethod {
        id: format!("{DID}#again"),
        ..controlled_by(7)
    });
    Document::from_payload(&payload).unwrap();
    payload.verification_method.push(controlled_by(8));
    assert_eq!(
        refusal(&payload),
        "payload: (controller: must name, together with the controllers of all methods, at most 8 DIDs besides the \
         subject.).: basic validation failed"
    );
}

#[test]
fn stand_ins_of_a_document_without_methods() {
    let without_methods = |controllers: Vec<String>| MsgCreateDidDocPayload {
        controller: controllers,
        verification_method: vec![],
        ..payload()
    };
    let four = (0..4).map(other).chain([DID.to_owned()]).collect();
    Document::from_payload(&without_methods(four)).unwrap();
    assert_eq!(
        refusal(&without_methods((0..5).map(other).collect())),
        "payload: (controller: must name, together with the controllers of all methods, at most 4 DIDs besides the \
         subject, as there is no verification method.).: basic validation failed"
    );
}

/// 64 methods with long ids fit one deactivation if their signatures are short, but not if they are RSA's.
#[test]
fn signing_weight() {
    let ed25519 = |count: u8, id_len: usize| {
        let methods = (1..=count).map(|seed| {
            let id = format!("{DID}#{seed:0>width$}", width = id_len - DID.len() - 1);
            VerificationMethod { id, ..method(seed) }
        });
        MsgCreateDidDocPayload {
            verification_method: methods.collect(),
            authentication: vec![],
            ..payload()
        }
    };
    // (162 + 64 + 8) * 64 = 14,976 and (163 + 64 + 8) * 64 = 15,040.
    Document::from_payload(&ed25519(64, 162)).unwrap();
    let too_heavy = "payload: (verification_method: ids and signatures of all methods must be at most 15000 bytes.).: \
                     basic validation failed";
    assert_eq!(refusal(&ed25519(64, 163)), too_heavy);
    let too_many =
        "payload: (verification_method: must hold at most 64 entries.).: basic validation failed";
    assert_eq!(refusal(&ed25519(65, 60)), too_many);

    let rsa = rsa_material();
    let count = MAX_SIGNING_COST_BYTES / (DID.len() + "#key-10".len() + 256 + 8);
    let mut heavy = ed25519(count as u8 + 1, 60);
    for (at, method) in heavy.verification_method.iter_mut().enumerate() {
        method.id = format!("{DID}#key-{:02}", at);
        method.verification_method_type = "JsonWebKey2020".to_owned();
        method.verification_material = rsa.clone();
    }
    assert_eq!(refusal(&heavy), too_heavy);
    heavy.verification_method.pop();
    Document::from_payload(&heavy).unwrap();
}

fn rsa_material() -> String {
    let file = fixture("openssl-signatures.json");
    let der = common::hex_of(&file["vectors"][3], "publicKeyHex");
    let key = did::PublicKey::from_bytes(did::KeyAlgorithm::Rsa, &der).unwrap();
    did::MethodType::JsonWebKey2020.encode(&key).unwrap()
}

#[test]
fn payload_size() {
    let mut payload = payload();
    let grow_to = |payload: &mut MsgCreateDidDocPayload, len: usize| {
        payload.also_known_as = ["a", "b", "c", "d"].map(|text| text.repeat(8000)).to_vec();
        payload.also_known_as.push(String::new());
        // 200 bytes and more have a length of two bytes, and the empty text has one already.
        let missing = len - payload.encode_to_vec().len() - 1;
        assert!(missing > 200);
        payload.also_known_as[4] = "e".repeat(missing);
        assert_eq!(payload.encode_to_vec().len(), len);
    };
    grow_to(&mut payload, MAX_PAYLOAD_BYTES);
    let bytes = payload.encode_to_vec();
    Operation::parse(OperationKind::Create, &bytes, vec![]).unwrap();
    grow_to(&mut payload, MAX_PAYLOAD_BYTES + 1);
    for refused in [
        Operation::parse(OperationKind::Create, &payload.encode_to_vec(), vec![]),
        Operation::from_create(did::proto::MsgCreateDidDoc {
            payload: Some(payload),
            signatures: vec![],
        }),
    ] {
        let text = "payload: must be at most 32768 bytes.: basic validation failed";
        assert_eq!(refused.unwrap_err().to_string(), text);
    }
}
