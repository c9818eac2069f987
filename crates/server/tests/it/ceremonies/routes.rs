//! Holders with and without an account.

use axum::http::Method;
use serde_json::{Value, json};

use super::wallets::*;
use crate::support::Server;

#[tokio::test]
async fn two_wallets_end_a_did_by_links_of_their_own() {
    let server = Server::start().await;
    let (ann, ben) = (key(1), key(2));
    let did = made(&server, &[&ann, &ben]).await;
    let ceremony = started(&server, json!({"operation": "deactivate", "did": did})).await;
    assert_eq!(ceremony["state"], "collecting");
    assert_eq!(ceremony["slots"].as_array().unwrap().len(), 2);
    let mut paths = Vec::new();
    for slot in [0, 1] {
        let answer = post(&server, &ceremony, "links", json!({"slot": slot})).await;
        assert_eq!(answer.status, 201, "{}", answer.error());
        paths.push(answer.json()["path"].as_str().unwrap().to_owned());
    }
    let looked = openly(&server, Method::GET, &paths[0], None).await.json();
    assert_eq!(looked["statements"], ceremony["statements"]);
    assert_eq!(looked["slots"][0]["state"], "requested");

    // One link does not reach the other slot, and a signature is verified when it arrives.
    let of_ann = signed(&ceremony, &ann, &format!("{did}#key-1"));
    let of_ben = signed(&ceremony, &ben, &format!("{did}#key-2"));
    let wrong = signed(&ceremony, &ben, &format!("{did}#key-1"));
    for (path, body, list) in [
        (&paths[1], &of_ann, "unexpected"),
        (&paths[0], &wrong, "invalid"),
    ] {
        let path = format!("{path}/signatures");
        let answer = openly(&server, Method::POST, &path, Some(body.clone())).await;
        assert_eq!(answer.status, 400);
        assert_eq!(answer.json()[list], json!([format!("{did}#key-1")]));
    }
    let path = format!("{}/refusals", paths[1]);
    let body = json!({"slot": 1, "reason": "not yet"});
    let refused = openly(&server, Method::POST, &path, Some(body)).await;
    assert_eq!(refused.json()["state"], "refused");
    for (path, body) in [(&paths[0], of_ann), (&paths[1], of_ben)] {
        let early = openly(&server, Method::POST, &format!("{path}/commit"), None).await;
        assert_eq!(early.status, 400, "{}", early.error());
        assert!(!early.json()["missing"].as_array().unwrap().is_empty());
        let path = format!("{path}/signatures");
        let answer = openly(&server, Method::POST, &path, Some(body)).await;
        assert_eq!(answer.status, 200, "{}", answer.error());
        assert!(!holds_signatures(&answer.json()));
    }
    assert_eq!(server.resolve(&did, None).await.status, 200);
    let commit = format!("{}/commit", paths[1]);
    let committed = openly(&server, Method::POST, &commit, None).await;
    assert_eq!(committed.status, 200, "{}", committed.error());
    assert_eq!(committed.json()["operations"][0]["kind"], "deactivate");
    assert_eq!(server.resolve(&did, None).await.status, 410);
    let again = openly(&server, Method::POST, &commit, None).await;
    assert_eq!(again.json(), committed.json());
}

/// The field that a signature would stand in, at any depth.
fn holds_signatures(value: &Value) -> bool {
    match value {
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| name == "signature" || holds_signatures(value)),
        Value::Array(list) => list.iter().any(holds_signatures),
        _ => false,
    }
}

#[tokio::test]
async fn keys_that_are_held_here_sign_when_they_are_told_to() {
    let server = Server::start().await;
    let ann = key(1);
    let held = done(&server, Method::POST, "/key/create", None).await;
    let held = held["kid"].as_str().unwrap();
    let did = random_did();
    let path = format!(
        "/key/{held}/verification-method?verificationMethodType=Ed25519VerificationKey2020&id=key-2&controller={did}"
    );
    let method = done(&server, Method::GET, &path, None).await;
    let mut document = document(&did, &[&ann]);
    let method = if method.is_array() {
        method[0].clone()
    } else {
        method
    };
    document["verificationMethod"]
        .as_array_mut()
        .unwrap()
        .push(method);
    let body = json!({"operation": "create", "didDocument": document});
    let ceremony = started(&server, body).await;
    let states = |ceremony: &Value| -> Vec<String> {
        let slots = ceremony["slots"].as_array().unwrap().iter();
        slots
            .map(|slot| slot["state"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(states(&ceremony), ["missing", "missing"]);
    let signed_here = post(&server, &ceremony, "held-signatures", json!({})).await;
    assert_eq!(states(&signed_here.json()), ["missing", "signed"]);
    let none = post(&server, &ceremony, "held-signatures", json!({})).await;
    assert_eq!(none.status, 400, "{}", none.error());
    let body = signed(&ceremony, &ann, &format!("{did}#key-1"));
    post(&server, &ceremony, "signatures", body).await;
    let committed = post(&server, &ceremony, "commit", json!({})).await;
    assert_eq!(committed.json()["state"], "committed");
    let listed = done(&server, Method::GET, "/did/list", None).await;
    assert!(listed.to_string().contains(&did));
}

#[tokio::test]
async fn a_message_signed_beforehand_is_what_operations_take() {
    let server = Server::start().await;
    let ann = key(1);
    let did = made(&server, &[&ann]).await;
    let plain = started(&server, json!({"operation": "deactivate", "did": did})).await;
    let path =
        |ceremony: &Value| format!("/v1/ceremonies/{}/export", ceremony["id"].as_str().unwrap());
    let refused = server.ask(Method::GET, &path(&plain), None).await;
    assert_eq!(refused.status, 400, "{}", refused.error());
    let body = json!({
        "operation": "deactivate", "did": did, "preSigned": true, "validForS": 315_360_000_u64,
    });
    let ceremony = started(&server, body).await;
    let early = server.ask(Method::GET, &path(&ceremony), None).await;
    assert_eq!(early.status, 400);
    let body = signed(&ceremony, &ann, &format!("{did}#key-1"));
    post(&server, &ceremony, "signatures", body).await;
    let message = done(&server, Method::GET, &path(&ceremony), None).await;
    let submitted = server.submit(message.to_string()).await;
    assert_eq!(submitted.status, 200, "{}", submitted.error());
    assert_eq!(server.resolve(&did, None).await.status, 410);
    // It is in the log, by whichever way it came there.
    let read = format!("/v1/ceremonies/{}", ceremony["id"].as_str().unwrap());
    let read = done(&server, Method::GET, &read, None).await;
    assert_eq!(read["state"], "committed");
}

#[tokio::test]
async fn lists_go_from_the_newest_to_the_oldest_and_a_cancelled_one_takes_nothing() {
    let server = Server::start().await;
    let ann = key(1);
    let did = made(&server, &[&ann]).await;
    let body = json!({"operation": "deactivate", "did": did, "scope": "version"});
    let first = started(&server, body.clone()).await;
    let second = started(&server, body).await;
    let page = done(&server, Method::GET, "/v1/ceremonies?limit=2", None).await;
    let ids: Vec<&Value> = page["ceremonies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["id"])
        .collect();
    assert_eq!(ids.len(), 2);
    assert!(ids.contains(&&second["id"]));
    let next = page["next"].as_str().unwrap();
    let rest = format!("/v1/ceremonies?did={did}&after={next}");
    let rest = done(&server, Method::GET, &rest, None).await;
    assert_eq!(rest["ceremonies"].as_array().unwrap().len(), 1);

    let cancelled = post(&server, &first, "cancel", json!({})).await;
    assert_eq!(cancelled.json()["state"], "cancelled");
    let body = signed(&first, &ann, &format!("{did}#key-1"));
    for (part, body) in [
        ("signatures", body),
        ("commit", json!({})),
        ("held-signatures", json!({})),
        ("refusals", json!({"slot": 0, "reason": "no"})),
        ("links", json!({})),
    ] {
        let answer = post(&server, &first, part, body).await;
        assert_eq!(answer.status, 409, "{part}: {}", answer.error());
        assert!(answer.error().contains("cancelled"), "{}", answer.error());
    }
}

#[tokio::test]
async fn what_cannot_be_used_is_refused_with_what_is_wrong_with_it() {
    let server = Server::start().await;
    let did = made(&server, &[&key(1)]).await;
    let unknown = random_did();
    for (body, status, part) in [
        (json!({}), 400, "operation"),
        (json!({"operation": "destroy"}), 400, "destroy"),
        (json!({"operation": "deactivate"}), 400, "did"),
        (
            json!({"operation": "deactivate", "did": "did:web:x"}),
            400,
            "not a DID",
        ),
        (
            json!({"operation": "deactivate", "did": unknown}),
            404,
            "not found",
        ),
        (
            json!({"operation": "deactivate", "did": did, "colour": 1}),
            400,
            "colour",
        ),
        (
            json!({"operation": "deactivate", "did": did, "validForS": 0}),
            400,
            "second",
        ),
        (
            json!({"operation": "deactivate", "did": did, "validForS": 9_000_000}),
            400,
            "90 days",
        ),
        (
            json!({"operation": "deactivate", "did": did, "coolingS": 9_000_000}),
            400,
            "cooling",
        ),
        (
            json!({"operation": "deactivate", "did": did, "versionId": "x"}),
            400,
            "versionId",
        ),
        (
            json!({"operation": "deactivate", "did": did, "scope": "none", "versionId": "x"}),
            400,
            "version_id",
        ),
        (
            json!({"operation": "deactivate", "did": did, "scope": "none", "preSigned": true}),
            400,
            "bound",
        ),
        (
            json!({"operation": "create", "didDocument": {"id": did}}),
            400,
            "exists",
        ),
        (
            json!({"operation": "update", "didDocument": {"id": unknown}}),
            404,
            "not found",
        ),
        (
            json!({"operation": "update", "didDocument": {"id": did}, "scope": "version"}),
            400,
            "scope",
        ),
        (
            json!({"operation": "create", "didDocument": []}),
            400,
            "didDocument",
        ),
    ] {
        let answer = server
            .ask(Method::POST, "/v1/ceremonies", Some(body.clone()))
            .await;
        assert_eq!(answer.status, status, "{body}: {}", answer.error());
        let said = answer.error().to_lowercase();
        assert!(said.contains(&part.to_lowercase()), "{body}: {said}");
    }
    for (method, path) in [
        (Method::GET, "/v1/ceremonies/x"),
        (Method::GET, "/v1/ceremony-links/x"),
        (Method::POST, "/v1/ceremony-links/x/commit"),
        (
            Method::GET,
            "/v1/ceremonies/00000000-0000-4000-8000-000000000000",
        ),
    ] {
        assert_eq!(server.ask(method, path, None).await.status, 404, "{path}");
    }
}
