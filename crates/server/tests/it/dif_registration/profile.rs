//! The profile of cheqd's own registrar.

use serde_json::{Value, json};

use super::asking::{anybody, ask, key, method, signed};
use crate::support::Server;

async fn server() -> Server {
    Server::start_with(&[("ATROPOS_REGISTRATION_PROFILE", "cheqd-registrar")]).await
}

/// The call that goes on, as clients of cheqd's registrar send it: the job and the signatures, and nothing else.
fn going_on(action: &Value, signed: Value) -> Value {
    json!({"jobId": action["jobId"], "secret": {"signingResponse": signed}})
}

#[tokio::test]
async fn clients_of_cheqds_registrar_find_what_they_know() {
    let server = server().await;
    let body = json!({
        "didDocument": {
            "id": "did:cheqd:testnet:7bf81a20-633c-4cc7-bc4a-5a45801005e0",
            "verificationMethod": [method("key-1", &key(1))], "authentication": ["#key-1"],
        },
        "options": {"network": "testnet", "fee": {"gas": "1"}},
        "secret": {},
    });
    // Without clientSecretMode the keys are the client's.
    let action = anybody(&server, 200, "create", body).await;
    let signatures = signed(&action, &[("key-1", &key(1))]);
    let made = ask(&server, None, "create", &going_on(&action, signatures)).await;
    assert_eq!(
        (made.status, &made.json()["jobId"]),
        (201, &action["jobId"])
    );
    let did = made.json()["didState"]["did"].clone();

    let action = anybody(&server, 200, "deactivate", json!({"did": did})).await;
    let signatures = signed(&action, &[("key-1", &key(1))]);
    let ended = ask(&server, None, "deactivate", &going_on(&action, signatures)).await;
    let (status, ended) = (ended.status, ended.json());
    assert_eq!((status, &ended["jobId"]), (201, &action["jobId"]));
    assert_eq!(ended["didState"]["state"], "finished");
    assert_eq!(ended["didState"]["didDocument"], json!({"id": did}));
    assert!(ended["didState"].get("secret").is_none());
}

#[tokio::test]
async fn refusals_have_the_reason_that_those_clients_know_and_a_name_besides() {
    let server = server().await;
    let refused = anybody(&server, 400, "deactivate", json!({"did": "did:web:x"})).await;
    let state = &refused["didState"];
    assert_eq!(state["reason"], "Invalid payload");
    assert!(
        state["description"]
            .as_str()
            .unwrap()
            .starts_with("Invalid payload: ")
    );
    assert_eq!(state["error"], "METHOD_NOT_SUPPORTED");
}
