//! Keys outside of the server, and what is sent for them.

use axum::body::Body;
use axum::extract::Request;
use axum::http::Method;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};

use crate::support::{Answer, Server, send};

pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub fn random_did() -> String {
    format!("did:cheqd:testnet:{}", uuid::Uuid::new_v4())
}

/// A document with these keys as `key-1`, `key-2`, ….
pub fn document(did: &str, keys: &[&SigningKey]) -> Value {
    let methods = (1..).zip(keys).map(|(number, key)| {
        let multicodec = [&[0xed, 0x01], key.verifying_key().as_bytes().as_slice()].concat();
        json!({
            "id": format!("{did}#key-{number}"), "type": "Ed25519VerificationKey2020", "controller": did,
            "publicKeyMultibase": format!("z{}", bs58::encode(multicodec).into_string()),
        })
    });
    json!({
        "id": did, "controller": [did], "verificationMethod": methods.collect::<Vec<_>>(),
        "authentication": [format!("{did}#key-1")],
    })
}

/// A body with the signature of a ceremony's first statement.
pub fn signed(ceremony: &Value, key: &SigningKey, method: &str) -> Value {
    let payload = ceremony["statements"][0]["payload"].as_str().unwrap();
    let signature = key.sign(&STANDARD.decode(payload).unwrap()).to_bytes();
    json!({"signatures": [{"method": method, "signature": STANDARD.encode(signature)}]})
}

/// Without any account.
pub async fn openly(server: &Server, method: Method, path: &str, body: Option<Value>) -> Answer {
    let request = Request::builder().method(method).uri(path);
    let request = match body {
        Some(body) => request
            .header("content-type", "application/json")
            .body(Body::from(body.to_string())),
        None => request.body(Body::empty()),
    };
    send(&server.router, request.unwrap()).await
}

/// What has to succeed.
pub async fn done(server: &Server, method: Method, path: &str, body: Option<Value>) -> Value {
    let answer = server.ask(method, path, body).await;
    assert!(answer.status < 300, "{path}: {}", answer.error());
    answer.json()
}

pub async fn started(server: &Server, body: Value) -> Value {
    done(server, Method::POST, "/v1/ceremonies", Some(body)).await
}

pub async fn post(server: &Server, ceremony: &Value, part: &str, body: Value) -> Answer {
    let path = format!("/v1/ceremonies/{}/{part}", ceremony["id"].as_str().unwrap());
    server.ask(Method::POST, &path, Some(body)).await
}

/// A DID with these keys.
pub async fn made(server: &Server, keys: &[&SigningKey]) -> String {
    let did = random_did();
    let ceremony = started(
        server,
        json!({"operation": "create", "didDocument": document(&did, keys)}),
    )
    .await;
    for (number, key) in (1..).zip(keys) {
        let body = signed(&ceremony, key, &format!("{did}#key-{number}"));
        let answer = post(server, &ceremony, "signatures", body).await;
        assert_eq!(answer.status, 200, "{}", answer.error());
    }
    let answer = post(server, &ceremony, "commit", json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.error());
    did
}
