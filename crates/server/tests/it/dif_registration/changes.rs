//! What an update does: set, add, remove, and end.

use serde_json::{Value, json};

use super::asking::{operations, owner, resolved};
use crate::support::Server;

/// A DID with two held keys and a service.
async fn made(server: &Server) -> Value {
    let body = json!({
        "method": "cheqd",
        "options": {"requestVerificationMethod": [{"id": "#key-1"}, {"id": "#key-2"}]},
        "didDocument": {"service": [{"id": "#s", "type": "T", "serviceEndpoint": "https://a.example"}]},
    });
    let made = owner(server, 201, "create", body).await;
    made["didState"]["did"].clone()
}

async fn document(server: &Server, did: &Value) -> Value {
    let (status, found) = resolved(server, did).await;
    assert_eq!(status, 200, "{found}");
    found["didDocument"].clone()
}

#[tokio::test]
async fn parts_are_added_and_removed_and_the_rest_stays() {
    let server = Server::start().await;
    let did = made(&server).await;
    let before = document(&server, &did).await;
    let body = json!({
        "did": did,
        "didDocumentOperation": ["addToDidDocument", "removeFromDidDocument"],
        "didDocument": [
            {"service": [{"id": "#t", "type": "T", "serviceEndpoint": "https://b.example"}]},
            {"verificationMethod": [{"id": "#key-2"}], "service": [{"id": "#s"}]},
        ],
    });
    let updated = owner(&server, 200, "update", body).await;
    let after = document(&server, &did).await;
    assert_eq!(
        updated["didState"]["didDocument"]["service"],
        after["service"]
    );
    let id = |fragment: &str| format!("{}#{fragment}", did.as_str().unwrap());
    assert_eq!(after["service"].as_array().unwrap().len(), 1);
    assert_eq!(after["service"][0]["id"], id("t"));
    assert_eq!(after["verificationMethod"].as_array().unwrap().len(), 1);
    assert_eq!(
        after["verificationMethod"][0],
        before["verificationMethod"][0]
    );
    assert_eq!(after["authentication"], json!([id("key-1")]));
}

#[tokio::test]
async fn without_an_operation_the_document_is_set() {
    let server = Server::start().await;
    let did = made(&server).await;
    let mut whole = document(&server, &did).await;
    whole["service"] = json!([]);
    let body = json!({"did": did, "didDocument": [whole]});
    owner(&server, 200, "update", body).await;
    assert!(document(&server, &did).await.get("service").is_none());
}

#[tokio::test]
async fn keys_are_added_without_a_document() {
    let server = Server::start().await;
    let did = made(&server).await;
    let body = json!({"did": did, "options": {"requestVerificationMethod": [{"purpose": ["keyAgreement"]}]}});
    let updated = owner(&server, 200, "update", body).await;
    let key = format!("{}#key-3", did.as_str().unwrap());
    assert_eq!(
        updated["didState"]["didDocument"]["keyAgreement"],
        json!([key])
    );
    // The new key is held, or this end would not be complete.
    owner(&server, 200, "deactivate", json!({"did": did})).await;
}

#[tokio::test]
async fn a_last_change_and_the_end_are_one() {
    let server = Server::start().await;
    let did = made(&server).await;
    let before = operations(&server).await.len();
    let body = json!({
        "did": did,
        "didDocumentOperation": ["removeFromDidDocument", "deactivate"],
        "didDocument": [{"service": [{"id": "#s"}]}, null],
    });
    let ended = owner(&server, 200, "update", body).await;
    assert_eq!(ended["didDocumentMetadata"]["deactivated"], true);
    let (status, found) = resolved(&server, &did).await;
    assert_eq!(status, 410);
    assert_eq!(
        found["didDocumentMetadata"]["versionId"],
        ended["didDocumentMetadata"]["versionId"]
    );
    let ledger = server.app.networks.by_name("testnet").unwrap();
    let latest = ledger.latest(&did::Did::parse(did.as_str().unwrap()).unwrap());
    assert!(latest.unwrap().unwrap().document.service.is_empty());
    // Two operations, in one submission.
    assert_eq!(operations(&server).await.len(), before + 2);
}

#[tokio::test]
async fn a_new_key_that_is_not_held_is_named() {
    let server = Server::start().await;
    let did = made(&server).await;
    let at = operations(&server).await;
    let outside = super::asking::method("outside", &super::asking::key(7));
    let body = json!({
        "did": did, "didDocumentOperation": ["addToDidDocument"],
        "didDocument": [{"verificationMethod": [outside]}],
    });
    let refused = owner(&server, 400, "update", body).await;
    let missing = format!("{}#outside", did.as_str().unwrap());
    assert_eq!(refused["didState"]["missing"], json!([missing]));
    assert_eq!(operations(&server).await, at);
}

#[tokio::test]
async fn changes_that_cannot_be_made_leave_everything_as_it_is() {
    let server = Server::start().await;
    let did = made(&server).await;
    let at = operations(&server).await;
    let other = "did:cheqd:testnet:00000000-0000-4000-8000-000000000000";
    for (operations, documents, error, word) in [
        (
            json!(["removeFromDidDocument"]),
            json!([{"service": ["#x"]}]),
            "INVALID_DID_DOCUMENT",
            "#x",
        ),
        (
            json!(["addToDidDocument"]),
            json!([{"service": [{"id": "#s", "type": "U", "serviceEndpoint": "https://c.example"}]}]),
            "INVALID_DID_DOCUMENT",
            "#s",
        ),
        (
            json!(["setDidDocument"]),
            json!([{"id": other}]),
            "INVALID_DID_DOCUMENT",
            other,
        ),
        (
            json!(["setDidDocument"]),
            json!([]),
            "INVALID_OPTIONS",
            "1 operations and 0 documents",
        ),
        (
            json!(["setDidDocument"]),
            json!({}),
            "INVALID_OPTIONS",
            "list",
        ),
        (json!(["fly"]), json!([{}]), "INVALID_OPTIONS", "fly"),
        (
            json!(["deactivate"]),
            json!([null]),
            "INVALID_OPTIONS",
            "/1.0/deactivate",
        ),
        (
            json!(["deactivate"]),
            json!([{}]),
            "INVALID_OPTIONS",
            "null",
        ),
        (
            json!(["deactivate", "setDidDocument"]),
            json!([null, {}]),
            "INVALID_OPTIONS",
            "last operation",
        ),
        (
            json!(["setDidDocument"]),
            json!([{"colour": 1}]),
            "INVALID_DID_DOCUMENT",
            "colour",
        ),
        (json!([]), json!([]), "INVALID_OPTIONS", "changes nothing"),
    ] {
        let body =
            json!({"did": did, "didDocumentOperation": operations, "didDocument": documents});
        let refused = owner(&server, 400, "update", body).await;
        assert_eq!(refused["didState"]["error"], error, "{refused}");
        let reason = refused["didState"]["reason"].as_str().unwrap();
        assert!(reason.contains(word), "{reason}");
    }
    assert_eq!(operations(&server).await, at);
}
