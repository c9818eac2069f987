//! Bytes that other implementations sign: ours are the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeSet;

use common::{fixture, hex_of};
use did::proto::{MsgDeactivateDidDoc, MsgDeactivateDidDocPayload, SignInfo};
use did::{DocumentJson, Operation, OperationKind, PublicKey, document_from_json};
use ed25519_dalek::{Signer, SigningKey};
use prost::Message;
use sha2::{Digest, Sha256};

/// The one case of `cheqd-sdk.json` whose ids are not in normal form.
const UPPER_CASE: &str = "one-key-2020-upper-case-uuid-testnet";

#[test]
fn deactivations_are_made_again_from_their_seeds() {
    let vectors = fixture("sign-bytes.json");
    let vectors = vectors["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 6);
    for vector in vectors {
        let text = |name: &str| vector[name].as_str().unwrap().to_owned();
        let key = SigningKey::from_bytes(&hex_of(vector, "seedHex").try_into().unwrap());
        assert_eq!(
            key.verifying_key().as_bytes().as_slice(),
            hex_of(vector, "publicKeyHex")
        );

        let payload = MsgDeactivateDidDocPayload {
            id: text("did"),
            version_id: text("versionId"),
        };
        let sign_bytes = payload.encode_to_vec();
        assert_eq!(hex::encode(&sign_bytes), text("signBytesHex"));
        let signature = key.sign(&sign_bytes).to_bytes().to_vec();
        assert_eq!(hex::encode(&signature), text("signatureHex"));

        let info = SignInfo {
            verification_method_id: text("verificationMethodId"),
            signature,
        };
        let message = MsgDeactivateDidDoc {
            payload: Some(payload),
            signatures: vec![info],
        }
        .encode_to_vec();
        assert_eq!(message.len() as u64, vector["msgLength"].as_u64().unwrap());
        assert_eq!(hex::encode(Sha256::digest(&message)), text("msgSha256"));

        let operation = Operation::decode(OperationKind::Deactivate, &message).unwrap();
        assert_eq!(operation.payload(), sign_bytes);
        assert_eq!(operation.to_message_bytes(), message);
        let public = PublicKey::from_ed25519(key.verifying_key().as_bytes()).unwrap();
        assert_eq!(
            public.verify(operation.payload(), &operation.signatures()[0].bytes),
            Ok(())
        );
    }
}

/// Messages that cheqd's own library built and signed, with keys of all three types.
#[test]
fn messages_of_the_cheqd_sdk_are_read_and_verify() {
    let file = fixture("cheqd-sdk.json");
    let operations = file["operations"].as_array().unwrap();
    let in_normal_form = operations
        .iter()
        .filter(|vector| vector["case"] != UPPER_CASE);
    let kinds: BTreeSet<OperationKind> = in_normal_form.map(check_operation).collect();
    assert_eq!(kinds.len(), 3);
}

/// The library lets a UUID be upper-case. Ids inside a document are taken in normal form only; a deactivation is taken
/// either way, and its signature covers the text as it was sent.
#[test]
fn upper_case_of_the_cheqd_sdk_is_normalised_only_outside_documents() {
    let file = fixture("cheqd-sdk.json");
    let operations = file["operations"].as_array().unwrap();
    let mut upper_case = operations
        .iter()
        .filter(|vector| vector["case"] == UPPER_CASE);
    let (create, deactivate) = (upper_case.next().unwrap(), upper_case.next().unwrap());

    let refusal = Operation::decode(OperationKind::Create, &hex_of(create, "msgHex"))
        .unwrap_err()
        .to_string();
    let prefix = format!("id: must have prefix: {}", create["did"].as_str().unwrap());
    assert!(refusal.contains(&prefix), "{refusal}");

    let operation =
        Operation::decode(OperationKind::Deactivate, &hex_of(deactivate, "msgHex")).unwrap();
    assert_eq!(operation.did().as_str(), deactivate["did"]);
    assert_eq!(operation.payload(), hex_of(deactivate, "payloadHex"));
    let signature = &operation.signatures()[0];
    assert!(signature.method.belongs_to(operation.did()));
    assert_eq!(
        signer(&deactivate["signatures"][0]).verify(operation.payload(), &signature.bytes),
        Ok(())
    );
}

fn signer(info: &serde_json::Value) -> PublicKey {
    PublicKey::from_ed25519(&hex_of(info, "publicKeyHex").try_into().unwrap()).unwrap()
}

fn check_operation(vector: &serde_json::Value) -> OperationKind {
    let kind = OperationKind::of_type_url(vector["typeUrl"].as_str().unwrap()).unwrap();
    let message = hex_of(vector, "msgHex");
    let operation = Operation::decode(kind, &message).unwrap();
    assert_eq!(operation.payload(), hex_of(vector, "payloadHex"));
    assert_eq!(operation.version_id(), vector["versionId"]);
    assert_eq!(operation.to_message_bytes(), message);
    assert_eq!(
        operation.check_namespace(vector["network"].as_str().unwrap()),
        Ok(())
    );

    let infos = vector["signatures"].as_array().unwrap();
    assert_eq!(operation.signatures().len(), infos.len());
    for (signature, info) in operation.signatures().iter().zip(infos) {
        assert_eq!(signature.method.as_str(), info["verificationMethodId"]);
        assert_eq!(signature.bytes, hex_of(info, "signatureHex"));
        assert_eq!(
            signer(info).verify(operation.payload(), &signature.bytes),
            Ok(())
        );
    }
    if let Some(document) = operation.document() {
        let mut expected = vector["didDocument"].clone();
        let is_empty = |value: &serde_json::Value| value.as_array().is_some_and(Vec::is_empty);
        expected
            .as_object_mut()
            .unwrap()
            .retain(|_, value| !is_empty(value));
        let written = serde_json::to_value(DocumentJson(document.proto())).unwrap();
        assert_eq!(written, expected);
        let read_back = document_from_json(&vector["didDocument"]).unwrap();
        assert_eq!(read_back, *document.proto());
    }
    kind
}
