//! Requests that cannot be what their sender meant: each gets a state object that says what is wrong.

use axum::body::Body;
use axum::extract::Request;
use serde_json::{Value, json};

use super::asking::{anybody, expect, operations, owner};
use crate::support::{Server, get, send};

const DID: &str = "did:cheqd:testnet:7bf81a20-633c-4cc7-bc4a-5a45801005e0";

#[tokio::test]
async fn members_stand_where_the_specification_wants_them() {
    let server = Server::start().await;
    let at = operations(&server).await;
    for (function, body, error, word) in [
        ("create", json!({}), "INVALID_OPTIONS", "method is required"),
        (
            "create",
            json!({"method": "cheqd", "did": DID}),
            "INVALID_OPTIONS",
            "method should be left out",
        ),
        (
            "create",
            json!({"method": "web"}),
            "METHOD_NOT_SUPPORTED",
            "web",
        ),
        (
            "create",
            json!({"did": "did:web:example.com"}),
            "METHOD_NOT_SUPPORTED",
            "web",
        ),
        (
            "create",
            json!({"method": "cheqd", "didDocumentOperation": ["setDidDocument"]}),
            "INVALID_OPTIONS",
            "didDocumentOperation should be left out",
        ),
        (
            "create",
            json!({"method": "cheqd", "didDocument": []}),
            "INVALID_DID_DOCUMENT",
            "JSON object",
        ),
        (
            "create",
            json!({"method": "cheqd", "colour": 1}),
            "INVALID_OPTIONS",
            "colour",
        ),
        (
            "create",
            json!({"method": "cheqd", "options": {"colour": 1}}),
            "INVALID_OPTIONS",
            "options.colour",
        ),
        (
            "create",
            json!({"method": "cheqd", "options": []}),
            "INVALID_OPTIONS",
            "options should be",
        ),
        (
            "create",
            json!({"method": "cheqd", "options": {"clientSecretMode": "yes"}}),
            "INVALID_OPTIONS",
            "options.clientSecretMode should be a boolean",
        ),
        (
            "create",
            json!({"method": "cheqd", "options": {"network": "moonnet"}}),
            "INVALID_OPTIONS",
            "testnet or mainnet",
        ),
        (
            "create",
            json!({"did": DID, "options": {"network": "mainnet"}}),
            "INVALID_OPTIONS",
            "options.network",
        ),
        (
            "create",
            json!({"did": "did:cheqd:mainnet:7bf81a20-633c-4cc7-bc4a-5a45801005e0"}),
            "INVALID_DID",
            "mainnet",
        ),
        (
            "update",
            json!({"didDocument": [{}]}),
            "INVALID_DID",
            "did is required",
        ),
        (
            "update",
            json!({"did": DID, "method": "cheqd"}),
            "INVALID_OPTIONS",
            "method should be left out",
        ),
        (
            "update",
            json!({"did": DID, "didDocument": [{}]}),
            "NOT_FOUND",
            DID,
        ),
        ("deactivate", json!({}), "INVALID_DID", "did is required"),
        (
            "deactivate",
            json!({"did": format!("{DID}#key-1")}),
            "INVALID_DID",
            "not a DID",
        ),
        (
            "deactivate",
            json!({"did": DID, "didDocument": {}}),
            "INVALID_OPTIONS",
            "takes no document",
        ),
        (
            "deactivate",
            json!({"did": DID, "didDocumentOperation": ["deactivate"]}),
            "INVALID_OPTIONS",
            "takes no document",
        ),
        (
            "deactivate",
            json!({"did": DID, "options": {"versionId": "x"}}),
            "INVALID_OPTIONS",
            "options.versionId",
        ),
        (
            "deactivate",
            json!({"did": DID, "jobId": "x", "options": {"clientSecretMode": false}}),
            "INVALID_OPTIONS",
            "clientSecretMode",
        ),
        ("deactivate", json!({"did": DID}), "NOT_FOUND", DID),
        (
            "execute",
            json!({"did": DID, "operation": ["fly"], "operationData": [{}]}),
            "INVALID_OPTIONS",
            "fly",
        ),
        (
            "execute",
            json!({"did": DID}),
            "INVALID_OPTIONS",
            "operationData",
        ),
        (
            "execute",
            json!({"did": DID, "operation": ["fly"], "operationData": []}),
            "INVALID_OPTIONS",
            "same length",
        ),
    ] {
        let refused = owner(&server, 400, function, body).await;
        let state = &refused["didState"];
        assert_eq!(state["error"], error, "{refused:#}");
        assert!(
            state["reason"].as_str().unwrap().contains(word),
            "{refused:#}"
        );
    }
    assert_eq!(operations(&server).await, at);
}

#[tokio::test]
async fn what_a_client_sends_is_checked_before_a_job_is_looked_at() {
    let server = Server::start().await;
    let client = json!({"clientSecretMode": true});
    let job = "11111111-1111-4111-8111-111111111111";
    let response = |response: Value| {
        let secret = json!({"signingResponse": response});
        json!({"did": DID, "jobId": job, "options": client, "secret": secret})
    };
    let more = |name: &str| json!({"clientSecretMode": true, name: true});
    for (function, body, error, word) in [
        (
            "deactivate",
            json!({"did": DID, "options": client}),
            "NOT_FOUND",
            DID,
        ),
        (
            "deactivate",
            json!({"did": DID, "jobId": job, "options": client}),
            "NOT_FOUND",
            "no such job",
        ),
        (
            "deactivate",
            json!({"did": DID, "jobId": "../x", "options": client}),
            "NOT_FOUND",
            "no such job",
        ),
        (
            "deactivate",
            response(json!([])),
            "INVALID_OPTIONS",
            "signingResponse should be a JSON object",
        ),
        (
            "deactivate",
            response(json!({"a": {}})),
            "INVALID_OPTIONS",
            "signature is required",
        ),
        (
            "deactivate",
            response(json!({"a": {"signature": "?"}})),
            "INVALID_OPTIONS",
            "base64",
        ),
        (
            "deactivate",
            response(json!({"a": {"signature": "AA==", "x": 1}})),
            "INVALID_OPTIONS",
            "a.x",
        ),
        (
            "deactivate",
            json!({"did": DID, "options": client, "secret": {"signingResponse": {}}}),
            "INVALID_OPTIONS",
            "jobId",
        ),
        (
            "deactivate",
            json!({"did": DID, "options": more("returnSecrets")}),
            "INVALID_OPTIONS",
            "returnSecrets",
        ),
        (
            "deactivate",
            json!({"did": DID, "options": more("storeSecrets")}),
            "INVALID_OPTIONS",
            "storeSecrets",
        ),
        (
            "create",
            json!({"method": "cheqd", "options": {"clientSecretMode": true, "requestVerificationMethod": []}}),
            "INVALID_OPTIONS",
            "requestVerificationMethod",
        ),
        (
            "create",
            json!({"method": "cheqd", "options": client}),
            "INVALID_DID_DOCUMENT",
            "secret.verificationMethod",
        ),
        (
            "create",
            json!({"method": "cheqd", "options": client, "secret": {"decryptionResponse": {}}}),
            "INVALID_OPTIONS",
            "decryption",
        ),
        (
            "create",
            json!({"method": "cheqd", "options": client, "secret": {"seed": "s3cr3t"}}),
            "INVALID_OPTIONS",
            "secret.seed",
        ),
    ] {
        let refused = anybody(&server, 400, function, body).await;
        let state = &refused["didState"];
        assert_eq!(state["error"], error, "{refused:#}");
        assert!(
            state["reason"].as_str().unwrap().contains(word),
            "{refused:#}"
        );
        assert!(!refused.to_string().contains("s3cr3t"), "{refused:#}");
    }
}

#[tokio::test]
async fn bodies_that_cannot_be_read() {
    let server = Server::start().await;
    let long = format!(r#"{{"method": "{}"}}"#, "x".repeat(262_144));
    for (content_type, body, status, error, word) in [
        (
            "application/json",
            "{",
            400,
            "REPRESENTATION_NOT_SUPPORTED",
            "line 1",
        ),
        (
            "application/json",
            "[]",
            400,
            "INVALID_OPTIONS",
            "JSON object",
        ),
        (
            "application/json",
            r#"{"did": 1, "did": 2}"#,
            400,
            "INVALID_OPTIONS",
            "did twice",
        ),
        (
            "application/json",
            r#"{"did": 1}"#,
            400,
            "INVALID_OPTIONS",
            "did should be a string",
        ),
        (
            "application/json",
            long.as_str(),
            413,
            "REQUEST_TOO_LARGE",
            "262144",
        ),
        (
            "text/plain",
            "{}",
            415,
            "REPRESENTATION_NOT_SUPPORTED",
            "application/json",
        ),
    ] {
        for function in ["create", "update", "deactivate", "execute"] {
            let request = Request::post(format!("/1.0/{function}"))
                .header("content-type", content_type)
                .body(Body::from(body.to_owned()))
                .unwrap();
            let answer = send(&server.router, request).await;
            let refused = expect(status, &answer);
            assert_eq!(refused["didState"]["error"], error, "{refused:#}");
            let reason = refused["didState"]["reason"].as_str().unwrap();
            assert!(reason.contains(word), "{reason}");
        }
    }
}

#[tokio::test]
async fn a_path_that_a_driver_has_is_never_not_found() {
    let server = Server::start().await;
    let answer = super::asking::ask(&server, None, "deactivateResource", &json!({})).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["didState"]["state"], "failed");
    let answer = get(&server.router, "/1.0/create").await;
    expect(405, &answer);
}

#[tokio::test]
async fn what_can_be_done_here_is_told() {
    let server = Server::start().await;
    let methods = get(&server.router, "/1.0/methods").await;
    assert_eq!(methods.json(), json!(["cheqd"]));
    let properties = get(&server.router, "/1.0/properties").await.json();
    assert_eq!(properties["cheqd"]["networks"], json!(["testnet"]));
    let traits = get(&server.router, "/1.0/traits").await.json();
    assert_eq!(
        traits["cheqd"],
        json!({
            "updatable": true, "deactivatable": true, "enumerable": true, "historyAvailable": true,
            "humanReadable": false,
        })
    );
}

#[tokio::test]
async fn the_method_may_stand_in_the_query() {
    let server = Server::start().await;
    let ask = async |path: &str| {
        let request = Request::post(path)
            .header("content-type", "application/json")
            .header("x-api-key", &server.key)
            .body(Body::from("{}"))
            .unwrap();
        send(&server.router, request).await
    };
    expect(201, &ask("/1.0/create?method=cheqd").await);
    expect(400, &ask("/1.0/create?method=web").await);
    expect(400, &ask("/1.0/create?metod=cheqd").await);
}
