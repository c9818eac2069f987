//! What holds for every input.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{DID, VERSION, method};
use did::proto::{
    DidDoc, MsgCreateDidDoc, MsgCreateDidDocPayload, MsgDeactivateDidDocPayload, Service, SignInfo,
};
use did::{
    Did, Document, DocumentJson, KeyAlgorithm, MethodId, MethodType, Operation, OperationKind,
    PublicKey, document_from_json,
};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use prost::Message;

fn kinds() -> impl Strategy<Value = OperationKind> {
    prop_oneof![
        Just(OperationKind::Create),
        Just(OperationKind::Update),
        Just(OperationKind::Deactivate)
    ]
}

/// Texts that are nearly a DID or a DID URL.
fn near_ids() -> impl Strategy<Value = String> {
    let parts = [
        "did",
        ":",
        "cheqd",
        "testnet",
        "RU3FadVEJ1mtCFL2LsBkwZ",
        "6981F795-F2F5-43DB-AB18-E161F9241BF8",
    ];
    let parts: Vec<&str> = parts
        .into_iter()
        .chain(["#", "?", "/", "%2F", "key-1", "é", "%", ""])
        .collect();
    vec(proptest::sample::select(parts), 0..12).prop_map(|parts| parts.concat())
}

fn near_dids() -> impl Strategy<Value = String> {
    let uuid = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";
    let pattern = format!("did:cheqd:(mainnet:|testnet:|)({uuid}|[1-9A-HJ-NP-Za-km-z]{{21,22}})");
    proptest::string::string_regex(&pattern).unwrap()
}

fn services() -> impl Strategy<Value = Vec<Service>> {
    let service = (
        "[a-z]{1,9}",
        "\\PC{1,20}",
        vec("\\PC{1,9}", 0..3),
        vec("\\PC{0,9}", 0..3),
        any::<u32>(),
    );
    vec(service, 0..4).prop_map(|list| {
        let fields = list.into_iter().enumerate();
        fields
            .map(
                |(at, (fragment, service_type, service_endpoint, routing_keys, priority))| {
                    Service {
                        id: format!("{DID}#{fragment}-service-{at}"),
                        service_type,
                        service_endpoint,
                        routing_keys,
                        priority,
                        ..Service::default()
                    }
                },
            )
            .collect()
    })
}

/// Valid payloads of a create or update.
fn payloads() -> impl Strategy<Value = MsgCreateDidDocPayload> {
    let others =
        "did:cheqd:testnet:[0-9a-f]{8}-[0-9A-F]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
    let lists = (
        vec("\\PC{0,20}", 0..4),
        btree_set(others, 0..5),
        btree_set(1_u8..20, 1..5),
        btree_set("\\PC{0,9}", 0..4),
    );
    (lists, services(), "\\PC{1,16}", any::<[bool; 2]>()).prop_map(
        |(lists, service, version_id, flags)| {
            let (context, controller, keys, also_known_as) = lists;
            let ids: Vec<String> = keys.iter().map(|key| format!("{DID}#key-{key}")).collect();
            MsgCreateDidDocPayload {
                context,
                id: if flags[0] {
                    DID.to_owned()
                } else {
                    DID.replace("6981f795", "6981F795")
                },
                controller: controller.into_iter().collect(),
                verification_method: keys.into_iter().map(method).collect(),
                authentication: ids.clone(),
                assertion_method: if flags[1] { ids } else { vec![] },
                service,
                also_known_as: also_known_as.into_iter().collect(),
                version_id,
                ..MsgCreateDidDocPayload::default()
            }
        },
    )
}

fn sign_infos() -> impl Strategy<Value = Vec<SignInfo>> {
    let signature = vec(any::<u8>(), 1..100);
    vec(signature, 0..5).prop_map(|list| {
        let numbered = list.into_iter().enumerate();
        numbered
            .map(|(at, signature)| SignInfo {
                verification_method_id: format!("{DID}#key-{at}"),
                signature,
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn no_text_makes_a_parser_panic(text in prop_oneof![any::<String>(), near_ids()]) {
        let _ = Did::parse(&text);
        let _ = MethodId::parse(&text);
        for method_type in MethodType::ALL {
            let _ = method_type.decode(&text);
        }
    }

    #[test]
    fn no_bytes_make_a_parser_panic(bytes in vec(any::<u8>(), 0..200), kind in kinds()) {
        let _ = Operation::parse(kind, &bytes, vec![]);
        let _ = Operation::decode(kind, &bytes);
        let _ = Document::restore(&bytes);
        for algorithm in [KeyAlgorithm::Ed25519, KeyAlgorithm::P256, KeyAlgorithm::P521, KeyAlgorithm::Rsa] {
            let _ = PublicKey::from_bytes(algorithm, &bytes);
        }
    }

    #[test]
    fn no_field_makes_validation_panic(texts in vec(prop_oneof![any::<String>(), near_ids()], 12), at in 0_usize..12) {
        let [a, b, c, d, e, f, g, h, i, j, k, l] = <[String; 12]>::try_from(texts).unwrap();
        let mut payload = common::payload();
        match at {
            0 => payload.id = a,
            1 => payload.controller = vec![b],
            2 => payload.verification_method[0].id = c,
            3 => payload.verification_method[0].controller = d,
            4 => payload.verification_method[0].verification_material = e,
            5 => payload.authentication = vec![f],
            6 => payload.assertion_method = vec![g, format!("\"{h}\"")],
            7 => payload.service = vec![Service { id: i, service_type: j, ..Service::default() }],
            8 => payload.version_id = k,
            _ => payload.context = vec![l],
        }
        let _ = Document::from_payload(&payload);
        let info = SignInfo { verification_method_id: payload.id.clone(), signature: vec![1] };
        let _ = Operation::parse(OperationKind::Update, &payload.encode_to_vec(), vec![info]);
    }

    #[test]
    fn a_normal_did_stays_as_it_is(text in near_dids()) {
        let Ok(did) = Did::parse(&text) else { return Ok(()) };
        prop_assert_eq!(Did::parse(did.as_str()), Ok(did.clone()));
        prop_assert!(did.as_str().eq_ignore_ascii_case(&text));
        let id = MethodId::parse(&format!("{text}#key-1")).unwrap();
        prop_assert_eq!(id.did(), did);
        prop_assert_eq!(MethodId::parse(id.as_str()), Ok(id));
    }

    #[test]
    fn a_normal_document_stays_as_it_is(payload in payloads()) {
        let document = Document::from_payload(&payload).unwrap();
        let again = MsgCreateDidDocPayload::new(document.proto().clone(), payload.version_id.clone());
        prop_assert_eq!(Document::from_payload(&again).unwrap(), document.clone());
        prop_assert_eq!(Document::restore(&payload.encode_to_vec()).unwrap(), document.clone());
        prop_assert_eq!(DidDoc::decode(document.encode().as_slice()).unwrap(), document.proto().clone());
    }

    #[test]
    fn version_ids_are_lower_case_for_good(version_id in "\\PC{1,16}") {
        let of = |version_id: String| {
            let payload = MsgCreateDidDocPayload { version_id, ..common::payload() };
            Operation::parse(OperationKind::Create, &payload.encode_to_vec(), vec![]).unwrap().version_id().to_owned()
        };
        let once = of(version_id.clone());
        prop_assert_eq!(&of(once.clone()), &once);
        prop_assert_eq!(of(version_id.to_ascii_uppercase()), of(version_id.to_ascii_lowercase()));
    }

    #[test]
    fn documents_go_through_json(payload in payloads()) {
        let document = payload.into_document();
        let json = serde_json::to_value(DocumentJson(&document)).unwrap();
        let read = document_from_json(&json).unwrap();
        prop_assert_eq!(&read, &document);
        prop_assert_eq!(serde_json::to_value(DocumentJson(&read)).unwrap(), json);
    }

    #[test]
    fn messages_go_through_bytes(payload in payloads(), signatures in sign_infos(), kind in kinds()) {
        let operation = match kind {
            OperationKind::Deactivate => {
                let payload = MsgDeactivateDidDocPayload { id: payload.id, version_id: VERSION.to_owned() };
                Operation::parse(kind, &payload.encode_to_vec(), signatures).unwrap()
            }
            _ => Operation::parse(kind, &payload.encode_to_vec(), signatures).unwrap(),
        };
        prop_assert_eq!(Operation::decode(kind, &operation.to_message_bytes()).unwrap(), operation);
    }

    #[test]
    fn a_damaged_message_is_never_the_same_operation(payload in payloads(), at: prop::sample::Index, bit in 0_u8..8) {
        let message = MsgCreateDidDoc { payload: Some(payload), signatures: vec![] }.encode_to_vec();
        let operation = Operation::decode(OperationKind::Create, &message).unwrap();
        let mut damaged = message.clone();
        damaged[at.index(message.len())] ^= 1 << bit;
        if let Ok(other) = Operation::decode(OperationKind::Create, &damaged) {
            prop_assert_ne!(other.payload(), operation.payload());
        }
    }
}
