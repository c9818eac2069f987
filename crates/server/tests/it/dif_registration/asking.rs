//! How these tests ask, and who signs in them.

use axum::body::Body;
use axum::extract::Request;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};

use crate::support::{Answer, Server, get, send};

/// Asks a function of `/1.0`, without or with an API key.
pub async fn ask(server: &Server, key: Option<&str>, function: &str, body: &Value) -> Answer {
    let request =
        Request::post(format!("/1.0/{function}")).header("content-type", "application/json");
    let request = match key {
        Some(key) => request.header("x-api-key", key),
        None => request,
    };
    let request = request.body(Body::from(body.to_string())).unwrap();
    send(&server.router, request).await
}

/// The same with the first API key; the status is as expected, or the answer is shown.
pub async fn owner(server: &Server, status: u16, function: &str, body: Value) -> Value {
    let answer = ask(server, Some(&server.key), function, &body).await;
    expect(status, &answer)
}

/// The same without any.
pub async fn anybody(server: &Server, status: u16, function: &str, body: Value) -> Value {
    let answer = ask(server, None, function, &body).await;
    expect(status, &answer)
}

/// The answer, which has this status and the shape that all have.
pub fn expect(status: u16, answer: &Answer) -> Value {
    let value = answer.json();
    assert_eq!(answer.status, status, "{value:#}");
    let members: Vec<&String> = value.as_object().unwrap().keys().collect();
    let expected = [
        "didDocumentMetadata",
        "didRegistrationMetadata",
        "didState",
        "jobId",
    ];
    let mut sorted = members.clone();
    sorted.sort();
    assert_eq!(sorted, expected, "{value:#}");
    let state = &value["didState"];
    match state["state"].as_str().unwrap() {
        "failed" => {
            assert!(value["jobId"].is_null(), "{value:#}");
            assert!(
                state["reason"].is_string() && state["error"].is_string(),
                "{value:#}"
            );
        }
        "finished" => {}
        "action" | "wait" => assert!(value["jobId"].is_string(), "{value:#}"),
        other => panic!("{other}"),
    }
    value
}

/// The operations in the log, which what is refused may not add to.
pub async fn operations(server: &Server) -> Vec<Value> {
    let feed = get(&server.router, "/v1/feed?limit=1000").await.json();
    feed["entries"].as_array().unwrap().clone()
}

/// Status and deactivation of a DID, as the resolver says them.
pub async fn resolved(server: &Server, did: &Value) -> (u16, Value) {
    let did = did.as_str().unwrap();
    let answer = get(&server.router, &format!("/1.0/identifiers/{did}")).await;
    (answer.status, answer.json())
}

/// A key of a client.
pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

/// Its verification method under a fragment.
pub fn method(fragment: &str, key: &SigningKey) -> Value {
    let x = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
    json!({
        "id": format!("#{fragment}"), "type": "JsonWebKey2020",
        "publicKeyJwk": {"kty": "OKP", "crv": "Ed25519", "x": x},
    })
}

/// Signs requests with the keys of their fragments, in the order of the keys.
pub fn signed(answer: &Value, keys: &[(&str, &SigningKey)]) -> Value {
    let requests = answer["didState"]["signingRequest"].as_object().unwrap();
    let mut responses = json!({});
    for (id, request) in requests {
        let kid = request["kid"].as_str().unwrap();
        let fragment = kid.split_once('#').unwrap().1;
        let Some((_, key)) = keys.iter().find(|(name, _)| *name == fragment) else {
            continue;
        };
        let payload = STANDARD
            .decode(request["serializedPayload"].as_str().unwrap())
            .unwrap();
        let signature = STANDARD.encode(key.sign(&payload).to_bytes());
        responses[id] = json!({"kid": kid, "alg": "EdDSA", "signature": signature});
    }
    responses
}

/// The call that goes on with the job of an answer.
pub fn going_on(answer: &Value, signing_response: Value) -> Value {
    json!({
        "jobId": answer["jobId"], "did": answer["didState"]["did"],
        "options": {"clientSecretMode": true},
        "secret": {"signingResponse": signing_response},
    })
}

/// A DID of a client with these keys as `key-1`, `key-2`, …, made by signing.
pub async fn made_by_client(server: &Server, keys: &[&SigningKey]) -> Value {
    let names: Vec<String> = (1..=keys.len())
        .map(|number| format!("key-{number}"))
        .collect();
    let named: Vec<(&str, &SigningKey)> = names
        .iter()
        .map(String::as_str)
        .zip(keys.iter().copied())
        .collect();
    let methods: Vec<Value> = named.iter().map(|(name, key)| method(name, key)).collect();
    let ids: Vec<String> = names.iter().map(|name| format!("#{name}")).collect();
    let asked = json!({
        "method": "cheqd", "options": {"clientSecretMode": true, "network": "testnet"},
        "didDocument": {"verificationMethod": methods, "authentication": ids},
    });
    let action = anybody(server, 200, "create", asked).await;
    let signed = signed(&action, &named);
    let made = anybody(server, 201, "create", going_on(&action, signed)).await;
    made["didState"]["did"].clone()
}
