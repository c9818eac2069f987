//! Internal-secret mode: the keys are made and held here.

use serde_json::{Value, json};

use super::asking::{anybody, expect, operations, owner, resolved};
use crate::support::{Server, send};

async fn made(server: &Server) -> Value {
    owner(server, 201, "create", json!({"method": "cheqd"})).await
}

#[tokio::test]
async fn a_bare_create_makes_a_did_with_one_key() {
    let server = Server::start().await;
    let made = made(&server).await;
    let state = &made["didState"];
    let did = state["did"].as_str().unwrap();
    assert!(did.starts_with("did:cheqd:testnet:"), "{made}");
    let document = &state["didDocument"];
    assert_eq!(document["id"], did);
    let key = format!("{did}#key-1");
    assert_eq!(document["verificationMethod"][0]["id"], key);
    assert_eq!(document["authentication"], json!([key]));
    assert_eq!(document["assertionMethod"], json!([key]));
    assert!(made["jobId"].is_null());
    assert_eq!(made["didRegistrationMetadata"]["method"], "cheqd");
    let (status, found) = resolved(&server, &state["did"]).await;
    assert_eq!(
        (status, &found["didDocumentMetadata"]["versionId"]),
        (200, &made["didDocumentMetadata"]["versionId"])
    );
}

#[tokio::test]
async fn keys_are_made_as_their_templates_say() {
    let server = Server::start().await;
    let body = json!({
        "did": "did:cheqd:testnet:7bf81a20-633c-4cc7-bc4a-5a45801005e0",
        "options": {"requestVerificationMethod": [
            {"id": "#sign", "type": "JsonWebKey2020", "purpose": ["assertionMethod", "authentication"]},
            {"type": "Ed25519VerificationKey2018"},
            {},
        ]},
        "didDocument": {"service": [{"id": "#s", "type": "T", "serviceEndpoint": "https://a.example"}]},
    });
    let made = owner(&server, 201, "create", body).await;
    let document = &made["didState"]["didDocument"];
    let did = made["didState"]["did"].as_str().unwrap();
    let methods = document["verificationMethod"].as_array().unwrap();
    let shown: Vec<(&str, &str)> = methods
        .iter()
        .map(|method| {
            (
                method["id"].as_str().unwrap(),
                method["type"].as_str().unwrap(),
            )
        })
        .collect();
    let id = |fragment: &str| format!("{did}#{fragment}");
    assert_eq!(
        shown,
        [
            (&*id("sign"), "JsonWebKey2020"),
            (&*id("key-1"), "Ed25519VerificationKey2018"),
            (&*id("key-2"), "Ed25519VerificationKey2020"),
        ]
    );
    assert_eq!(document["assertionMethod"], json!([id("sign")]));
    assert_eq!(
        document["authentication"],
        json!([id("sign"), id("key-1"), id("key-2")])
    );
    assert_eq!(document["service"][0]["id"], id("s"));
}

#[tokio::test]
async fn a_refused_create_leaves_no_key() {
    let server = Server::start().await;
    let first = made(&server).await;
    let held = || {
        server
            .app
            .keystore
            .list(&tenant(&server), None)
            .unwrap()
            .len()
    };
    let before = (held(), operations(&server).await);
    let body = json!({
        "did": first["didState"]["did"],
        "options": {"requestVerificationMethod": [{"id": "#a"}, {"id": "#b"}]},
    });
    let refused = owner(&server, 400, "create", body).await;
    assert_eq!(refused["didState"]["error"], "INVALID_DID_DOCUMENT");
    assert_eq!((held(), operations(&server).await), before);
}

#[tokio::test]
async fn an_end_is_final_and_repeated_alike() {
    let server = Server::start().await;
    let did = made(&server).await["didState"]["did"].clone();
    let body = json!({"did": did, "options": {}, "secret": {}});
    let ended = owner(&server, 200, "deactivate", body.clone()).await;
    assert_eq!(ended["didState"], json!({"state": "finished", "did": did}));
    assert_eq!(ended["didDocumentMetadata"]["deactivated"], true);
    let receipt = ended["didRegistrationMetadata"]["receipt"]
        .as_str()
        .unwrap();
    assert_eq!(
        crate::support::get(&server.router, receipt).await.status,
        200
    );
    let (status, found) = resolved(&server, &did).await;
    assert_eq!(
        (status, &found["didDocumentMetadata"]["versionId"]),
        (410, &ended["didDocumentMetadata"]["versionId"])
    );
    let at = operations(&server).await;
    let again = owner(&server, 200, "deactivate", body).await;
    assert_eq!(again["didDocumentMetadata"], ended["didDocumentMetadata"]);
    let update = json!({"did": did, "didDocument": [{}]});
    let refused = owner(&server, 400, "update", update).await;
    assert_eq!(refused["didState"]["error"], "INVALID_DID");
    assert_eq!(operations(&server).await, at);
}

#[tokio::test]
async fn keys_that_are_held_here_sign_for_their_account_alone() {
    let server = Server::start().await;
    let did = made(&server).await["didState"]["did"].clone();
    let other = server.another_account("another").await.1;
    let at = operations(&server).await;
    let body = json!({"did": did});
    let refused = anybody(&server, 401, "deactivate", body.clone()).await;
    assert_eq!(refused["didState"]["error"], "UNAUTHORIZED");
    assert_eq!(refused["didState"]["did"], did);
    let answer = super::asking::ask(&server, Some(&other), "deactivate", &body).await;
    let refused = expect(400, &answer);
    assert_eq!(refused["didState"]["error"], "NOT_FOUND");
    let answer = super::asking::ask(&server, Some("atropos_wrong"), "deactivate", &body).await;
    expect(401, &answer);
    assert_eq!(operations(&server).await, at);
}

#[tokio::test]
async fn no_secret_goes_in_or_out() {
    let server = Server::start().await;
    let at = operations(&server).await;
    for (options, secret, word) in [
        (json!({"returnSecrets": true}), json!({}), "returnSecrets"),
        (json!({"storeSecrets": false}), json!({}), "storeSecrets"),
        (
            json!({}),
            json!({"verificationMethod": [{"privateKeyMultibase": "zSECRET"}]}),
            "POST /key/import",
        ),
    ] {
        let body = json!({"method": "cheqd", "options": options, "secret": secret});
        let refused = owner(&server, 400, "create", body).await;
        let reason = refused["didState"]["reason"].as_str().unwrap();
        assert!(reason.contains(word), "{reason}");
        assert!(!refused.to_string().contains("zSECRET"), "{refused}");
    }
    assert_eq!(operations(&server).await, at);
    let body =
        json!({"method": "cheqd", "options": {"storeSecrets": true, "returnSecrets": false}});
    let made = owner(&server, 201, "create", body).await;
    assert!(made["didState"].get("secret").is_none(), "{made}");
}

#[tokio::test]
async fn an_end_waits_for_the_approval_that_its_tenant_demands() {
    let server = Server::start().await;
    let did = made(&server).await["didState"]["did"].clone();
    let by = audit::Attribution::command_line();
    let tenant = access::TenantId::parse(&tenant(&server)).unwrap();
    let on = access::ApprovalRule::On;
    server
        .app
        .access
        .set_approval_rule(&tenant, on, &by)
        .await
        .unwrap();
    let at = operations(&server).await;
    let last = json!({
        "did": did, "didDocumentOperation": ["addToDidDocument", "deactivate"],
        "didDocument": [{"alsoKnownAs": ["https://a.example"]}, null],
    });
    for (function, body) in [("deactivate", json!({"did": did})), ("update", last)] {
        let refused = owner(&server, 403, function, body).await;
        assert_eq!(refused["didState"]["error"], "FORBIDDEN");
        let reason = refused["didState"]["reason"].as_str().unwrap();
        assert!(reason.contains("X-DFNS-USERACTION"), "{reason}");
    }
    assert_eq!(operations(&server).await, at);
    assert_eq!(resolved(&server, &did).await.0, 200);
}

/// The tenant of the first API key.
fn tenant(server: &Server) -> String {
    let shown = access::Presented::ApiKey(&server.key);
    let caller = server.app.access.authenticate(shown).unwrap();
    caller.tenant.as_str().to_owned()
}

#[tokio::test]
async fn options_stand_in_the_body_alone() {
    let server = Server::start().await;
    let request = axum::extract::Request::post("/1.0/create")
        .header("content-type", "application/json")
        .header("x-api-key", &server.key)
        .header("x-config", r#"{"network": "testnet"}"#);
    let body = axum::body::Body::from(r#"{"method": "cheqd"}"#);
    let answer = send(&server.router, request.body(body).unwrap()).await;
    let refused = expect(400, &answer);
    let reason = refused["didState"]["reason"].as_str().unwrap();
    assert!(reason.contains("X-Config"), "{reason}");
}

#[tokio::test]
async fn the_examples_of_the_description_work() {
    let server = Server::start().await;
    let description = crate::support::get(&server.router, "/openapi.json")
        .await
        .json();
    let example = |function: &str| {
        let body = &description["paths"][format!("/1.0/{function}")]["post"]["requestBody"];
        let example = &body["content"]["application/json"]["example"];
        assert!(example.is_object(), "{function}: {body}");
        example.clone()
    };
    let made = owner(&server, 201, "create", example("create")).await;
    for (function, state) in [("update", "finished"), ("deactivate", "action")] {
        let mut body = example(function);
        body["did"] = made["didState"]["did"].clone();
        let answer = owner(&server, 200, function, body).await;
        assert_eq!(answer["didState"]["state"], state, "{answer:#}");
    }
}
