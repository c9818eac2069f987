//! A deactivation whose client holds the keys: the server is killed between the two calls, and the job goes on.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use tests::client::Client;
use tests::server::Place;

/// The worked example: a DID with two keys whose seeds are 32 times 1 and 32 times 2.
const DID: &str = "did:cheqd:testnet:c1685ca0-1f5b-439c-8eb8-5c0e85ab7cd0";
const VERSION: &str = "32e0613e-bee4-4ea4-952c-bba3e857fa2a";
const PAYLOAD: &str = concat!(
    "CjZkaWQ6Y2hlcWQ6dGVzdG5ldDpjMTY4NWNhMC0xZjViLTQzOWMtOGViOC01YzBlODVhY",
    "jdjZDASJDMyZTA2MTNlLWJlZTQtNGVhNC05NTJjLWJiYTNlODU3ZmEyYQ=="
);
const SIGNATURES: [&str; 2] = [
    "3StidGxAUZUxcNsA6gq/4mpX+vwbf2xWASyWZ9ffkBn/g6bHTKKI2uz5PxYMrp893+Zv1nGQsZeJSmJoIJM5CA==",
    "gpKwvWG/xirz+3lskTp09tCw19zUNMr9N8SdHaJyhdtV0gLcsm6aQ8PeSYJxdqyj79oKx+iEjyYcosn51AptBQ==",
];

async fn post(client: &Client, status: u16, path: &str, body: Value) -> Value {
    let answer = client.post(path, &body).await.unwrap();
    assert_eq!(answer.status, status, "{path}: {}", answer.text());
    answer.json().unwrap()
}

/// The DID, made by its client without an account.
async fn create(client: &Client) {
    let keys = [1, 2].map(|seed| SigningKey::from_bytes(&[seed; 32]));
    let method = |(number, key): (usize, &SigningKey)| {
        let multicodec = [&[0xed, 0x01], key.verifying_key().as_bytes().as_slice()].concat();
        json!({
            "id": format!("#key-{number}"), "type": "Ed25519VerificationKey2020",
            "publicKeyMultibase": format!("z{}", bs58::encode(multicodec).into_string()),
        })
    };
    let methods: Vec<Value> = (1..).zip(&keys).map(method).collect();
    let body = json!({
        "did": DID, "options": {"clientSecretMode": true},
        "didDocument": {"verificationMethod": methods, "authentication": ["#key-1", "#key-2"]},
    });
    let action = post(client, 200, "/1.0/create", body).await;
    let requests = action["didState"]["signingRequest"].as_object().unwrap();
    let sign = |(id, request): (&String, &Value)| {
        let payload = STANDARD
            .decode(request["serializedPayload"].as_str().unwrap())
            .unwrap();
        let key = &keys[usize::from(request["kid"].as_str().unwrap().ends_with('2'))];
        let signature = STANDARD.encode(key.sign(&payload).to_bytes());
        (
            id.clone(),
            json!({"kid": request["kid"], "alg": "EdDSA", "signature": signature}),
        )
    };
    let signed: serde_json::Map<String, Value> = requests.iter().map(sign).collect();
    let body = going_on(&action, signed.into());
    post(client, 201, "/1.0/create", body).await;
}

fn going_on(action: &Value, signed: Value) -> Value {
    json!({
        "jobId": action["jobId"], "did": DID, "options": {"clientSecretMode": true, "network": "testnet"},
        "secret": {"signingResponse": signed},
    })
}

#[tokio::test]
async fn a_job_goes_on_after_a_kill() {
    let place = Place::new().unwrap();
    let server = place.start().unwrap();
    let client = server.client().unwrap().with_key(None);
    create(&client).await;
    let first = json!({
        "did": DID, "secret": {},
        "options": {"clientSecretMode": true, "network": "testnet", "versionId": VERSION},
    });
    let action = post(&client, 200, "/1.0/deactivate", first).await;
    let requests = action["didState"]["signingRequest"].as_object().unwrap();
    assert_eq!(requests.len(), 2);
    for (number, request) in requests.values().enumerate() {
        assert_eq!(request["kid"], format!("{DID}#key-{}", number + 1));
        assert_eq!(request["serializedPayload"], PAYLOAD);
    }
    server.kill().unwrap();

    let server = place.start().unwrap();
    let client = server.client().unwrap().with_key(None);
    let response = |number: usize| json!({"alg": "EdDSA", "signature": SIGNATURES[number]});
    // The first signature, and again a kill: what was taken is kept.
    let one = going_on(&action, json!({"signingRequest0": response(0)}));
    let short = post(&client, 200, "/1.0/deactivate", one).await;
    assert_eq!(short["didState"]["state"], "action");
    server.kill().unwrap();

    let server = place.start().unwrap();
    let client = server.client().unwrap().with_key(None);
    let active = client
        .get(&format!("/1.0/identifiers/{DID}"))
        .await
        .unwrap();
    assert_eq!(active.status, 200);
    let other = going_on(&action, json!({"signingRequest1": response(1)}));
    let ended = post(&client, 200, "/1.0/deactivate", other.clone()).await;
    assert_eq!(ended["didState"], json!({"state": "finished", "did": DID}));
    assert_eq!(
        ended["didDocumentMetadata"],
        json!({"deactivated": true, "versionId": VERSION})
    );
    server.kill().unwrap();

    // A replay after one more kill gets the same answer.
    let server = place.start().unwrap();
    let client = server.client().unwrap().with_key(None);
    let again = post(&client, 200, "/1.0/deactivate", other).await;
    for member in ["jobId", "didState", "didDocumentMetadata"] {
        assert_eq!(again[member], ended[member]);
    }
    let gone = client
        .get(&format!("/1.0/identifiers/{DID}"))
        .await
        .unwrap();
    assert_eq!(gone.status, 410);
    server.stop().unwrap();
    let verified = place.run(&["ledger", "verify"]).unwrap();
    assert!(verified.status.success());
}
