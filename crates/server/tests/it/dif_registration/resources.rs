//! Resources: made and updated with keys that are held here.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::asking::{ask, operations, owner};
use crate::support::Server;

async fn made(server: &Server) -> Value {
    let made = owner(server, 201, "create", json!({"method": "cheqd"})).await;
    made["didState"]["did"].clone()
}

async fn asked(server: &Server, status: u16, function: &str, body: Value) -> Value {
    let answer = ask(server, Some(&server.key), function, &body).await;
    assert_eq!(answer.status, status, "{:#}", answer.json());
    answer.json()
}

fn schema(did: &Value) -> Value {
    json!({
        "did": did, "options": {"name": "degree", "type": "JSONSchema", "versionId": "1"},
        "content": STANDARD.encode(r#"{"type":"object"}"#),
    })
}

#[tokio::test]
async fn a_resource_is_made_and_updated_by_the_next_one() {
    let server = Server::start().await;
    let did = made(&server).await;
    let first = asked(&server, 201, "createResource", schema(&did)).await;
    assert!(first["jobId"].is_null());
    assert_eq!(first["didUrlState"]["state"], "finished");
    let metadata = &first["contentMetadata"];
    let id = metadata["resourceId"].as_str().unwrap();
    let url = format!("{}/resources/{id}", did.as_str().unwrap());
    assert_eq!(first["didUrlState"]["didUrl"], url);
    assert_eq!(metadata["resourceURI"], url);
    assert_eq!(metadata["resourceVersion"], "1");

    let update = json!({
        "did": did, "relativeDidUrl": format!("/resources/{id}"), "options": {"versionId": "2"},
        "contentOperation": ["setContent"], "content": [STANDARD.encode("[]")],
    });
    let second = asked(&server, 200, "updateResource", update.clone()).await;
    let metadata = &second["contentMetadata"];
    assert_eq!(metadata["previousVersionId"], id);
    assert_eq!(metadata["resourceName"], "degree");
    // The first one is not the newest any more.
    let at = operations(&server).await;
    let refused = asked(&server, 400, "updateResource", update).await;
    let reason = refused["didUrlState"]["reason"].as_str().unwrap();
    assert!(
        reason.contains(metadata["resourceId"].as_str().unwrap()),
        "{reason}"
    );
    assert_eq!(operations(&server).await, at);
}

#[tokio::test]
async fn none_is_made_for_a_did_that_has_ended_or_by_another_account() {
    let server = Server::start().await;
    let did = made(&server).await;
    let at = operations(&server).await;
    let other = server.another_account("another").await.1;
    let answer = ask(&server, Some(&other), "createResource", &schema(&did)).await;
    assert_eq!(
        (answer.status, &answer.json()["didUrlState"]["error"]),
        (400, &json!("NOT_FOUND"))
    );
    let answer = ask(&server, None, "createResource", &schema(&did)).await;
    assert_eq!(answer.status, 401);
    assert_eq!(operations(&server).await, at);
    owner(&server, 200, "deactivate", json!({"did": did})).await;
    let refused = asked(&server, 400, "createResource", schema(&did)).await;
    assert_eq!(refused["didUrlState"]["error"], "INVALID_DID");
}

#[tokio::test]
async fn data_may_be_longer_than_other_bodies() {
    let server = Server::start().await;
    let did = made(&server).await;
    let mut body = schema(&did);
    body["content"] = STANDARD.encode(vec![b'a'; 1 << 20]).into();
    asked(&server, 201, "createResource", body.clone()).await;
    body["content"] = STANDARD.encode(vec![b'a'; (2 << 20) + 1]).into();
    let at = operations(&server).await;
    asked(&server, 400, "createResource", body).await;
    assert_eq!(operations(&server).await, at);
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused() {
    let server = Server::start().await;
    let did = made(&server).await;
    let at = operations(&server).await;
    let create = |member: &str, value: Value| {
        let mut body = schema(&did);
        body[member] = value;
        ("createResource", body)
    };
    let update = |body: Value| {
        let mut body = body;
        body["did"] = did.clone();
        ("updateResource", body)
    };
    let unknown = "/resources/5e16a3f9-7c6e-4b6b-8e28-20f56780ee25";
    for ((function, body), error, word) in [
        (
            create("content", json!(null)),
            "INVALID_OPTIONS",
            "content is required",
        ),
        (create("content", json!("?")), "INVALID_OPTIONS", "base64"),
        (
            create("options", json!({"name": "n"})),
            "INVALID_OPTIONS",
            "options.type",
        ),
        (
            create("options", json!({"name": "n", "type": "t", "x": 1})),
            "INVALID_OPTIONS",
            "options.x",
        ),
        (
            create("relativeDidUrl", json!("/x")),
            "INVALID_OPTIONS",
            "/resources/",
        ),
        (
            create("did", json!("did:web:x")),
            "METHOD_NOT_SUPPORTED",
            "web",
        ),
        (create("jobId", json!("x")), "NOT_FOUND", "jobId"),
        (
            create("options", json!({"clientSecretMode": true})),
            "INVALID_OPTIONS",
            "/v1/operations",
        ),
        (
            update(json!({"content": ["AA=="]})),
            "INVALID_OPTIONS",
            "relativeDidUrl is required",
        ),
        (
            update(json!({"content": "AA==", "relativeDidUrl": unknown})),
            "INVALID_OPTIONS",
            "list",
        ),
        (
            update(json!({"content": ["AA=="], "relativeDidUrl": unknown})),
            "NOT_FOUND",
            "no resource",
        ),
        (
            update(
                json!({"content": ["AA=="], "relativeDidUrl": unknown, "contentOperation": ["add"]}),
            ),
            "INVALID_OPTIONS",
            "setContent",
        ),
    ] {
        let refused = asked(&server, 400, function, body).await;
        let state = &refused["didUrlState"];
        assert_eq!(state["error"], error, "{refused:#}");
        assert!(
            state["reason"].as_str().unwrap().contains(word),
            "{refused:#}"
        );
        assert_eq!(refused["contentMetadata"], json!({}));
    }
    assert_eq!(operations(&server).await, at);
}
