//! Messages: signatures, canonical encoding, namespaces.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{DID, OTHER, VERSION, payload, sign};
use did::proto::resource::MsgCreateResourcePayload;
use did::proto::{MsgCreateDidDoc, MsgDeactivateDidDocPayload, SignInfo};
use did::{Operation, OperationKind, Signature};
use prost::Message;

const UPPER_KEY: &str = "did:cheqd:testnet:6981F795-F2F5-43DB-AB18-E161F9241BF8#key-1";

fn info(id: &str, signature: &[u8]) -> SignInfo {
    SignInfo {
        verification_method_id: id.to_owned(),
        signature: signature.to_vec(),
    }
}

fn deactivation() -> Vec<u8> {
    MsgDeactivateDidDocPayload {
        id: DID.into(),
        version_id: VERSION.into(),
    }
    .encode_to_vec()
}

fn bytes_of(kind: OperationKind) -> Vec<u8> {
    match kind {
        OperationKind::Create | OperationKind::Update => payload().encode_to_vec(),
        OperationKind::Deactivate => deactivation(),
        OperationKind::CreateResource => MsgCreateResourcePayload {
            data: b"data".to_vec(),
            collection_id: DID.rsplit(':').next().unwrap().into(),
            id: VERSION.into(),
            name: "name".into(),
            resource_type: "Type".into(),
            ..MsgCreateResourcePayload::default()
        }
        .encode_to_vec(),
    }
}

fn refusal(kind: OperationKind, infos: Vec<SignInfo>) -> String {
    let rejection = Operation::parse(kind, &bytes_of(kind), infos).unwrap_err();
    let (code, end) = match kind {
        OperationKind::CreateResource => (1206, ": DID namespace validation failed"),
        _ => (1205, ": basic validation failed"),
    };
    assert_eq!(rejection.code().as_u32(), code);
    rejection.to_string().strip_suffix(end).unwrap().to_owned()
}

#[test]
fn signatures_are_checked_one_by_one() {
    let key = format!("{DID}#key-1");
    for kind in OperationKind::ALL {
        for (info, text) in [
            (
                info("", &[]),
                "signature: cannot be blank; verification_method_id: cannot be blank",
            ),
            (info(&key, &[]), "signature: cannot be blank"),
            (
                info(&key, &[0; 1025]),
                "signature: must be at most 1024 bytes",
            ),
            (
                info(DID, &[1]),
                "verification_method_id: fragment is required",
            ),
            (
                info(&format!("{DID}/a#key-1"), &[1]),
                "verification_method_id: path must be empty",
            ),
            (
                info("did:key:z6M#a", &[1]),
                "verification_method_id: did method must be: cheqd",
            ),
            (
                info(&format!("junk#{key}"), &[1]),
                "verification_method_id: unable to split did url into did, path, query and fragment",
            ),
        ] {
            assert_eq!(
                refusal(kind, vec![info]),
                format!("signatures: (0: ({text}.).).")
            );
        }
        let many: Vec<_> = (0..641)
            .map(|at| info(&format!("{DID}#{at}"), &[1]))
            .collect();
        assert_eq!(
            refusal(kind, many[..].to_vec()),
            "signatures: must hold at most 640 entries."
        );
        let operation = Operation::parse(kind, &bytes_of(kind), many[..640].to_vec()).unwrap();
        assert_eq!(operation.signatures().len(), 640);
    }
}

#[test]
fn signatures_are_there_once() {
    let key = format!("{DID}#key-1");
    let same = || vec![info(&key, &[1]), info(&key, &[1])];
    let differing = || vec![info(&key, &[1]), info(&key, &[2])];
    let same_id = "signatures: there are sign info records with the same ID.";
    let full = "signatures: there are full sign info duplicates.";
    assert_eq!(refusal(OperationKind::Create, same()), same_id);
    assert_eq!(refusal(OperationKind::Create, differing()), same_id);
    for kind in [OperationKind::Update, OperationKind::Deactivate] {
        assert_eq!(refusal(kind, same()), full);
        assert_eq!(
            refusal(kind, vec![info(&key, &[1]), info(UPPER_KEY, &[1])]),
            full
        );
        assert_eq!(
            Operation::parse(kind, &bytes_of(kind), differing())
                .unwrap()
                .signatures()
                .len(),
            2
        );
    }
}

#[test]
fn ids_of_signatures_become_normal_but_the_payload_stays() {
    let payload = MsgDeactivateDidDocPayload {
        id: UPPER_KEY[..UPPER_KEY.len() - 6].into(),
        version_id: VERSION.into(),
    };
    let bytes = payload.encode_to_vec();
    let signature = sign(1, &bytes);
    let operation = Operation::parse(
        OperationKind::Deactivate,
        &bytes,
        vec![info(UPPER_KEY, &signature)],
    )
    .unwrap();
    assert_eq!(operation.payload(), bytes);
    assert_eq!(operation.did().as_str(), DID);
    let method = format!("{DID}#key-1").parse().unwrap();
    assert_eq!(
        operation.signatures(),
        [Signature {
            method,
            bytes: signature
        }]
    );
}

#[test]
fn only_the_canonical_encoding_is_taken() {
    let id = [&[0x0a, 54], DID.as_bytes()].concat();
    let version = [&[0x12, 36], VERSION.as_bytes()].concat();
    assert_eq!([id.as_slice(), &version].concat(), deactivation());
    let long_varint = [&[0x0a, 0x80 | 54, 0], DID.as_bytes()].concat();
    let canonical = "payload: must be a MsgDeactivateDidDocPayload in canonical encoding: fields in ascending order, \
                     shortest varints, no unknown fields, no default values.: basic validation failed";
    for bytes in [
        [version.as_slice(), &id].concat(),
        [id.as_slice(), &version, &version].concat(),
        [id.as_slice(), &version, &[0x1a, 0]].concat(),
        [id.as_slice(), &version, &[0x18, 1]].concat(),
        [long_varint.as_slice(), &version].concat(),
    ] {
        assert_eq!(
            Operation::parse(OperationKind::Deactivate, &bytes, vec![])
                .unwrap_err()
                .to_string(),
            canonical
        );
    }
    for bytes in [[0xff].as_slice(), &id[..20], &[0x0a, 1, 0xff]] {
        let text = Operation::parse(OperationKind::Deactivate, bytes, vec![])
            .unwrap_err()
            .to_string();
        assert!(
            text.starts_with("payload: must be a MsgDeactivateDidDocPayload: failed to decode"),
            "{text}"
        );
    }
}

#[test]
fn a_message_is_canonical_and_has_a_payload() {
    let message = MsgCreateDidDoc {
        payload: Some(payload()),
        signatures: vec![info(&format!("{DID}#key-1"), &[1])],
    };
    let bytes = message.encode_to_vec();
    for kind in [OperationKind::Create, OperationKind::Update] {
        let operation = Operation::decode(kind, &bytes).unwrap();
        assert_eq!(
            (operation.kind(), operation.to_message_bytes()),
            (kind, bytes.clone())
        );
        assert_eq!(OperationKind::of_type_url(kind.type_url()), Some(kind));
    }
    let unknown = [bytes.as_slice(), &[0x1a, 0]].concat();
    let text = Operation::decode(OperationKind::Update, &unknown)
        .unwrap_err()
        .to_string();
    assert!(
        text.starts_with("message: must be a /cheqd.did.v2.MsgUpdateDidDoc in canonical encoding"),
        "{text}"
    );
    let blank = "payload: cannot be blank.: basic validation failed";
    for kind in [
        OperationKind::Create,
        OperationKind::Update,
        OperationKind::Deactivate,
    ] {
        assert_eq!(Operation::decode(kind, &[]).unwrap_err().to_string(), blank);
        assert_eq!(
            Operation::parse(kind, &[], vec![]).unwrap_err().to_string(),
            blank
        );
    }
    let large = vec![0; did::limits::MAX_MESSAGE_BYTES + 1];
    let text = "message: must be at most 1048576 bytes.: basic validation failed";
    assert_eq!(
        Operation::decode(OperationKind::Create, &large)
            .unwrap_err()
            .to_string(),
        text
    );
}

#[test]
fn payload_and_signatures_are_both_named() {
    let bytes = MsgDeactivateDidDocPayload {
        id: DID.into(),
        version_id: "x".into(),
    }
    .encode_to_vec();
    let text = Operation::parse(OperationKind::Deactivate, &bytes, vec![info("", &[1])])
        .unwrap_err()
        .to_string();
    assert_eq!(
        text,
        "payload: (version_id: uuid must be of length 36 (in form of xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx).); \
         signatures: (0: (verification_method_id: cannot be blank.).).: basic validation failed"
    );
}

#[test]
fn every_did_has_the_namespace() {
    let text = |kind: OperationKind, bytes: &[u8], infos: Vec<SignInfo>, allowed: &str| {
        let operation = Operation::parse(kind, bytes, infos).unwrap();
        operation.check_namespace(allowed).map_err(|rejection| {
            assert_eq!(rejection.code().as_u32(), 1206);
            rejection.to_string()
        })
    };
    let foreign = "did:cheqd:mainnet:RU3FadVEJ1mtCFL2LsBkwZ#key-1";
    let wrong = "did namespace must be one of: testnet";
    let suffix = "DID namespace validation failed";
    assert_eq!(
        text(
            OperationKind::Deactivate,
            &deactivation(),
            vec![info(&format!("{DID}#key-1"), &[1])],
            "testnet"
        ),
        Ok(())
    );
    assert_eq!(
        text(
            OperationKind::Deactivate,
            &deactivation(),
            vec![info(foreign, &[1])],
            "testnet"
        ),
        Err(format!(
            "signatures: (0: (verification_method_id: {wrong}.).).: {suffix}"
        ))
    );
    assert_eq!(
        text(
            OperationKind::Deactivate,
            &deactivation(),
            vec![],
            "mainnet"
        ),
        Err(format!(
            "payload: (id: did namespace must be one of: mainnet.).: {suffix}"
        ))
    );

    let mut payload = payload();
    let inline = format!(
        r#"{{"id":"{DID}#i","type":"T","controller":"{}"}}"#,
        foreign.split('#').next().unwrap()
    );
    payload.assertion_method = vec![serde_json::to_string(&inline).unwrap()];
    payload.controller = vec![
        OTHER.to_owned(),
        "did:cheqd:RU3FadVEJ1mtCFL2LsBkwZ".to_owned(),
    ];
    assert_eq!(
        text(
            OperationKind::Create,
            &payload.encode_to_vec(),
            vec![],
            "testnet"
        ),
        Err(format!(
            "payload: (assertion_method: (0: (controller: {wrong}.).); controller: (1: {wrong}.).).: {suffix}"
        ))
    );
    let everything = text(
        OperationKind::Create,
        &common::payload().encode_to_vec(),
        vec![],
        "Testnet",
    )
    .unwrap_err();
    let wrong = "did namespace must be one of: Testnet";
    assert_eq!(
        everything,
        format!(
            "payload: (authentication: (0: {wrong}.); controller: (0: {wrong}.); id: {wrong}; \
             verification_method: (0: (controller: {wrong}; id: {wrong}.).).).: {suffix}"
        )
    );
}
