use proptest::prelude::*;
use serde_json::json;

use super::*;

const DID: &str = "did:cheqd:testnet:7bf81a20-633c-4cc7-bc4a-5a45801005e0";
const KIND: &str = "Ed25519VerificationKey2020";

fn refusal<T>(result: Result<T, StudioError>) -> String {
    let error = result.err().unwrap();
    assert_eq!(error.status(), 400);
    error.to_string()
}

#[test]
fn create_by_parameters() {
    let parse = |value| CreateDid::parse(Input::of_json(value)).unwrap();
    let expected = |format, key: Option<&str>| CreateDid::Parameters {
        network: Network::Testnet,
        format,
        method_type: MethodType::Ed25519VerificationKey2020,
        key: key.map(str::to_owned),
        contexts: vec![],
        services: vec![],
    };
    let plain =
        json!({"network": "testnet", "verificationMethodType": KIND, "assertionMethod": true});
    assert_eq!(parse(plain), expected(IdentifierFormat::Uuid, None));
    let options = json!({
        "network": "testnet", "identifierFormatType": "base58btc", "verificationMethodType": "JsonWebKey2020",
        "key": "aa", "options": {"verificationMethodType": KIND, "key": "bb"}, "providerId": "studio",
    });
    assert_eq!(
        parse(options),
        expected(IdentifierFormat::Base58btc, Some("bb"))
    );
    let rich = json!({
        "network": "mainnet", "verificationMethodType": KIND, "@context": "https://a.example",
        "service": {"idFragment": "s", "type": "T", "serviceEndpoint": ["https://a.example"]},
    });
    match parse(rich) {
        CreateDid::Parameters {
            network: Network::Mainnet,
            contexts,
            services,
            ..
        } => {
            assert_eq!(
                (contexts, services.len()),
                (vec!["https://a.example".to_owned()], 1)
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn create_by_document() {
    let value = json!({"didDocument": {"id": DID}, "options": {"verificationMethodType": KIND}});
    let create = CreateDid::parse(Input::of_json(value)).unwrap();
    assert_eq!(create.network(), Network::Testnet);
    match create {
        CreateDid::Document {
            input, key: None, ..
        } => assert_eq!(input.did.as_str(), DID),
        other => panic!("{other:?}"),
    }
}

#[test]
fn create_of_a_document_that_brings_its_methods_needs_no_options() {
    let method = json!({
        "id": format!("{DID}#key-1"), "type": KIND, "controller": DID,
        "publicKeyMultibase": "z6MkvTV2xtdBfs4a783vZN5EX7k6u4h6HG9R2GqaPGkzBLSS",
    });
    let value = json!({"didDocument": {"id": DID, "verificationMethod": [method]}});
    assert!(matches!(
        CreateDid::parse(Input::of_json(value)),
        Ok(CreateDid::Document { .. })
    ));
}

#[test]
fn create_is_refused_with_the_texts_of_the_contract() {
    for (value, expected) in [
        (
            json!({}),
            "Provide a DID Document or the VerificationMethodType to create a DID",
        ),
        (
            json!({"didDocument": {"id": DID}}),
            "Provide options section to create a DID",
        ),
        (json!({"didDocument": "x"}), "Should be JSON object"),
        (json!({"didDocument": {}}), "didDocument.id is required"),
        (json!({"network": "devnet"}), "Invalid network"),
        (json!({"network": 1}), "Invalid network"),
        (
            json!({"verificationMethodType": KIND}),
            "Invalid network: testnet or mainnet is required",
        ),
        (
            json!({"identifierFormatType": "indy"}),
            "Invalid identifierFormatType",
        ),
        (
            json!({"verificationMethodType": "X"}),
            "Unsupported verificationMethod type",
        ),
        (
            json!({"verificationMethodType": KIND, "key": 7}),
            "key should be a string",
        ),
        (
            json!({"key": "aa"}),
            "If key is provided, verificationMethodType is required",
        ),
        (json!({"options": []}), "options should be an object"),
        (
            json!({"options": {"key": "aa"}}),
            "If key is provided, options.verificationMethodType is required",
        ),
        (
            json!({"options": {"kye": "aa"}}),
            "kye is not a field of this request",
        ),
        (json!({"providerId": "dock"}), "Unsupported provider: dock"),
        (
            json!({"publicKeyHexs": ["aa"]}),
            "publicKeyHexs is not a field of this request",
        ),
        (
            json!({"network": "mainnet", "didDocument": {"id": DID}, "verificationMethodType": KIND}),
            "Invalid network: didDocument.id is not on mainnet",
        ),
    ] {
        assert_eq!(
            refusal(CreateDid::parse(Input::of_json(value.clone()))),
            expected,
            "{value}"
        );
    }
}

#[test]
fn update_by_document_or_sections() {
    let parse = |value| UpdateDid::parse(Input::of_json(value)).unwrap();
    match parse(json!({"didDocument": {"id": DID}, "publicKeyHexs": "aa", "service": []})) {
        UpdateDid::Document {
            input,
            public_key_hexs,
        } => {
            assert_eq!(
                (input.did.as_str(), public_key_hexs),
                (DID, vec!["aa".to_owned()])
            );
        }
        other => panic!("{other:?}"),
    }
    match parse(json!({"did": DID, "authentication": [], "network": "testnet"})) {
        UpdateDid::Sections {
            did,
            services: None,
            verification_methods: None,
            authentication,
            public_key_hexs,
        } => {
            assert_eq!(
                (did.as_str(), authentication, public_key_hexs),
                (DID, Some(vec![]), vec![])
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn update_is_refused_with_the_texts_of_the_contract() {
    let nothing = "Provide a DID Document or atleast one field to update";
    for (value, expected) in [
        (json!({}), nothing),
        (json!({"did": DID}), nothing),
        (json!({"service": []}), nothing),
        (json!({"did": DID, "service": null}), nothing),
        (json!({"did": 1}), "DID should be a string"),
        (
            json!({"did": DID, "service": {}}),
            "Service should be an array of objects for updating DID-Service",
        ),
        (
            json!({"did": DID, "service": [{}]}),
            "Service has validation errors: service.id is required",
        ),
        (
            json!({"did": DID, "verificationMethod": [1]}),
            "VerificationMethod should be an array of objects for updating DID-VerificationMethod",
        ),
        (
            json!({"did": DID, "authentication": [1]}),
            "Authentication should be an array of strings for updating DID-Authentication",
        ),
        (
            json!({"did": DID, "publicKeyHexs": {}}),
            "publicKeyHexs should be an array of strings",
        ),
        (
            json!({"did": DID, "assertionMethod": []}),
            "assertionMethod is not a field of this request",
        ),
        (
            json!({"did": DID.replace("testnet", "mainnet"), "didDocument": {"id": DID}}),
            "did and didDocument.id are not the same DID",
        ),
    ] {
        assert_eq!(
            refusal(UpdateDid::parse(Input::of_json(value.clone()))),
            expected,
            "{value}"
        );
    }
}

#[test]
fn deactivate_takes_a_list_one_text_or_nothing() {
    let parse = |value| {
        DeactivateDid::parse(DID, Input::of_json(value)).map(|request| request.public_key_hexs)
    };
    let list = |hexs: &[&str]| Ok(hexs.iter().map(|hex| hex.to_string()).collect::<Vec<_>>());
    for value in [
        json!({}),
        json!({"publicKeyHexs": null}),
        json!({"publicKeyHexs": []}),
        json!({"network": "x"}),
    ] {
        assert_eq!(parse(value), list(&[]));
    }
    assert_eq!(
        parse(json!({"publicKeyHexs": ["aa", "bb"]})),
        list(&["aa", "bb"])
    );
    assert_eq!(parse(json!({"publicKeyHexs": "aa"})), list(&["aa"]));
    for value in [
        json!(1),
        json!([1]),
        json!(["aa", null]),
        json!({"0": "aa"}),
        json!(["x".repeat(9000)]),
    ] {
        assert_eq!(
            refusal(parse(json!({"publicKeyHexs": value}))),
            "publicKeyHexs should be an array of strings"
        );
    }
    let flood = vec!["aa"; 257];
    assert!(refusal(parse(json!({"publicKeyHexs": flood}))).contains("at most 256"));
    assert_eq!(
        refusal(parse(json!({"publicKeyHex": "aa"}))),
        "publicKeyHex is not a field of this request"
    );
    let key = DeactivateDid::parse(&format!("{DID}#key-1"), Input::of_json(json!({})));
    assert!(refusal(key).contains("without path, query and fragment"));
}

#[test]
fn import_follows_the_contract() {
    let parse = |value| ImportDid::parse(Input::of_json(value));
    let key = json!({"privateKeyHex": "ab", "type": "Ed25519", "encrypted": false});
    let request = parse(json!({"did": DID, "keys": [key], "controllerKeyId": "cd"})).unwrap();
    assert_eq!((request.did.as_str(), request.keys.len()), (DID, 1));
    assert_eq!(request.controller_key_id.as_deref(), Some("cd"));

    let keys =
        "Keys should be an array of KeyImportRequest objects used in the DID-VerificationMethod";
    assert_eq!(refusal(parse(json!({}))), "DID should be a string");
    assert_eq!(refusal(parse(json!({"did": DID}))), keys);
    assert_eq!(refusal(parse(json!({"did": DID, "keys": {}}))), keys);
    let without = |name: &str| {
        let mut key = key.clone();
        key.as_object_mut().unwrap().remove(name);
        key
    };
    let with = |name: &str, value: Value| {
        let mut key = key.clone();
        key[name] = value;
        key
    };
    for wrong in [
        json!(1),
        without("privateKeyHex"),
        without("type"),
        without("encrypted"),
        with("type", json!("X25519")),
        with("type", json!("Secp256r1")),
        with("encrypted", json!(true)),
    ] {
        let text = refusal(parse(json!({"did": DID, "keys": [wrong]})));
        assert!(
            text.starts_with("KeyImportRequest object is invalid, "),
            "{text}"
        );
    }
}

proptest! {
    #[test]
    fn any_fields_are_a_request_or_refused(
        fields in prop::collection::btree_map(
            prop::sample::select(vec![
                "didDocument", "network", "did", "service", "options", "key", "publicKeyHexs", "keys", "@context",
                "verificationMethod", "verificationMethodType", "authentication", "providerId", "unknown",
            ]),
            prop::sample::select(vec![
                json!(null), json!(1), json!("x"), json!(DID), json!({}), json!([]), json!([{}]), json!(["x"]),
                json!({"id": DID, "service": [{"id": 1}], "verificationMethod": [null]}), json!(KIND),
            ]),
            0..6,
        ),
    ) {
        let input = || Input(fields.iter().map(|(name, value)| (name.to_string(), value.clone())).collect());
        let _ = (CreateDid::parse(input()), UpdateDid::parse(input()), DeactivateDid::parse(DID, input()));
        let _ = ImportDid::parse(input());
    }
}
