//! The JSON form of documents.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{DID, payload};
use did::proto::{DidDoc, Service, VerificationMethod};
use did::{DocumentJson, document_from_json};
use serde_json::{Value, json};

fn text(document: &DidDoc) -> String {
    serde_json::to_string(&DocumentJson(document)).unwrap()
}

fn method(fragment: &str, method_type: &str, material: &str) -> VerificationMethod {
    VerificationMethod {
        id: format!("#{fragment}"),
        verification_method_type: method_type.to_owned(),
        controller: "c".to_owned(),
        verification_material: material.to_owned(),
    }
}

#[test]
fn everything_is_written_in_order() {
    let jwk = r#"{"kty":"OKP","crv":"Ed25519","x":"AA","ext":[1,null]}"#;
    let document = DidDoc {
        context: vec!["https://www.w3.org/ns/did/v1".into()],
        id: DID.into(),
        controller: vec![DID.into()],
        verification_method: vec![
            method("1", "Ed25519VerificationKey2018", "A"),
            method("2", "Ed25519VerificationKey2020", "z6"),
            method("3", "JsonWebKey2020", jwk),
        ],
        authentication: vec!["#1".into()],
        assertion_method: vec![r#""{\"id\":\"x\"}""#.into()],
        capability_invocation: vec!["#2".into()],
        capability_delegation: vec!["#3".into()],
        key_agreement: vec!["#4".into()],
        service: vec![
            Service {
                id: "#s".into(),
                service_type: "T".into(),
                service_endpoint: vec!["e".into()],
                recipient_keys: vec!["r".into()],
                routing_keys: vec!["o".into()],
                accept: vec!["a".into()],
                priority: 7,
            },
            Service {
                id: "#t".into(),
                service_type: "U".into(),
                ..Service::default()
            },
        ],
        also_known_as: vec!["k".into()],
    };
    let expected = concat!(
        r#"{"@context":["https://www.w3.org/ns/did/v1"],"id":"DID","controller":["DID"],"verificationMethod":["#,
        r##"{"id":"#1","type":"Ed25519VerificationKey2018","controller":"c","publicKeyBase58":"A"},"##,
        r##"{"id":"#2","type":"Ed25519VerificationKey2020","controller":"c","publicKeyMultibase":"z6"},"##,
        r##"{"id":"#3","type":"JsonWebKey2020","controller":"c","publicKeyJwk":"##,
        r#"{"kty":"OKP","crv":"Ed25519","x":"AA","ext":[1,null]}}],"#,
        r##""authentication":["#1"],"assertionMethod":["\"{\\\"id\\\":\\\"x\\\"}\""],"##,
        r##""capabilityInvocation":["#2"],"capabilityDelegation":["#3"],"keyAgreement":["#4"],"##,
        r##""service":[{"id":"#s","type":"T","serviceEndpoint":["e"],"recipientKeys":["r"],"routingKeys":["o"],"##,
        r##""accept":["a"],"priority":7},{"id":"#t","type":"U"}],"alsoKnownAs":["k"]}"##,
    );
    assert_eq!(text(&document), expected.replace("DID", DID));
    let value: Value = serde_json::from_str(&text(&document)).unwrap();
    let again = document_from_json(&value).unwrap();
    assert_eq!(serde_json::to_value(DocumentJson(&again)).unwrap(), value);
}

#[test]
fn empty_lists_are_left_out() {
    assert_eq!(
        text(&DidDoc {
            id: DID.into(),
            ..DidDoc::default()
        }),
        format!(r#"{{"id":"{DID}"}}"#)
    );
}

#[test]
fn one_text_stands_for_a_list() {
    let value = json!({
        "@context": "c", "id": DID, "controller": DID,
        "service": [{"id": "#s", "type": "T", "serviceEndpoint": "e"}],
    });
    let document = document_from_json(&value).unwrap();
    assert_eq!(
        (document.context, document.controller),
        (vec!["c".to_owned()], vec![DID.to_owned()])
    );
    assert_eq!(document.service[0].service_endpoint, ["e"]);
}

#[test]
fn other_shapes_are_refused_by_name() {
    let jwk = json!({"kty": "OKP"});
    let key = json!({"id": "#1", "type": "Ed25519VerificationKey2020", "controller": "c", "publicKeyMultibase": "z"});
    let key_with = |name: &str, value: Value| {
        let mut key = key.clone();
        key[name] = value;
        json!([key])
    };
    let types = "one of: Ed25519VerificationKey2018, Ed25519VerificationKey2020, JsonWebKey2020";
    for (name, value, text) in [
        ("id", json!(1), "id must be a string".to_owned()),
        ("id", json!(null), "id must be a string".to_owned()),
        (
            "proof",
            json!({}),
            "proof is not supported here; remove it".to_owned(),
        ),
        (
            "@context",
            json!([{}]),
            "@context[0] must be a string".to_owned(),
        ),
        (
            "@context",
            json!({}),
            "@context must be a string or an array of strings".to_owned(),
        ),
        (
            "controller",
            json!(null),
            "controller must be a string or an array of strings".to_owned(),
        ),
        (
            "authentication",
            json!("#1"),
            "authentication must be an array of strings".to_owned(),
        ),
        (
            "keyAgreement",
            json!(["#1", {}]),
            "keyAgreement[1] must be a string".to_owned(),
        ),
        (
            "alsoKnownAs",
            json!({}),
            "alsoKnownAs must be an array of strings".to_owned(),
        ),
        (
            "verificationMethod",
            json!({}),
            "verificationMethod must be an array of objects".to_owned(),
        ),
        (
            "verificationMethod",
            json!([1]),
            "verificationMethod[0] must be an object".to_owned(),
        ),
        (
            "verificationMethod",
            json!([{}]),
            "verificationMethod[0].type is required".to_owned(),
        ),
        (
            "verificationMethod",
            key_with("id", json!(1)),
            "verificationMethod[0].id must be a string".to_owned(),
        ),
        (
            "verificationMethod",
            key_with("type", json!("X")),
            format!("verificationMethod[0].type must be {types}"),
        ),
        (
            "verificationMethod",
            key_with("publicKeyJwk", jwk),
            "verificationMethod[0].publicKeyJwk is not supported here; remove it".to_owned(),
        ),
        (
            "verificationMethod",
            json!([{"id": "#1", "type": "JsonWebKey2020", "controller": "c", "publicKeyJwk": "{}"}]),
            "verificationMethod[0].publicKeyJwk must be an object".to_owned(),
        ),
        (
            "verificationMethod",
            json!([{"id": "#1", "type": "JsonWebKey2020", "controller": "c"}]),
            "verificationMethod[0].publicKeyJwk is required".to_owned(),
        ),
        (
            "service",
            json!([{"id": "#s"}]),
            "service[0].type is required".to_owned(),
        ),
        (
            "service",
            json!([{"id": "#s", "type": "T", "serviceEndpoint": {"uri": "x"}}]),
            "service[0].serviceEndpoint must be a string or an array of strings".to_owned(),
        ),
        (
            "service",
            json!([{"id": "#s", "type": "T", "serviceEndpoint": "e", "priority": -1}]),
            "service[0].priority must be a whole number from 0 to 4294967295".to_owned(),
        ),
        (
            "service",
            json!([{"id": "#s", "type": "T", "extra": 1}]),
            "service[0].extra is not supported here; remove it".to_owned(),
        ),
    ] {
        let mut document = json!({"id": DID});
        document[name] = value;
        assert_eq!(document_from_json(&document).unwrap_err().to_string(), text);
    }
    assert_eq!(
        document_from_json(&json!([])).unwrap_err().to_string(),
        "didDocument must be an object"
    );
    assert_eq!(
        document_from_json(&json!({})).unwrap_err().to_string(),
        "id is required"
    );
}

#[test]
fn a_valid_document_goes_round() {
    let document = payload().into_document();
    let value = serde_json::to_value(DocumentJson(&document)).unwrap();
    assert_eq!(document_from_json(&value), Ok(document));
}
