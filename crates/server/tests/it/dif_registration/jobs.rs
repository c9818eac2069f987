//! Jobs: bound to operation, DID and tenant, and nothing is committed by a call that is wrong.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::asking::{
    anybody, ask, expect, going_on, key, made_by_client, operations, owner, resolved, signed,
};
use crate::support::Server;

struct World {
    server: Server,
    did: Value,
    /// What the first call was answered.
    action: Value,
    /// Both signatures.
    signed: Value,
    at: Vec<Value>,
}

/// A DID with two keys, and the first call of its end.
async fn world() -> World {
    let server = Server::start().await;
    let did = made_by_client(&server, &[&key(1), &key(2)]).await;
    let body = json!({"did": did, "options": {"clientSecretMode": true}});
    let action = anybody(&server, 200, "deactivate", body).await;
    let signed = signed(&action, &[("key-1", &key(1)), ("key-2", &key(2))]);
    let at = operations(&server).await;
    World {
        server,
        did,
        action,
        signed,
        at,
    }
}

impl World {
    /// A refusal: nothing is committed, and with the right signatures the job still goes on.
    async fn refused(&self, error: &str, word: &str, answer: Value) {
        let state = &answer["didState"];
        assert_eq!(state["state"], "failed", "{answer:#}");
        assert_eq!(state["error"], error, "{answer:#}");
        assert!(
            state["reason"].as_str().unwrap().contains(word),
            "{answer:#}"
        );
        assert_eq!(
            answer["didRegistrationMetadata"]["jobId"],
            self.action["jobId"]
        );
        assert_eq!(operations(&self.server).await, self.at);
        assert_eq!(resolved(&self.server, &self.did).await.0, 200);
    }

    async fn ends(&self) {
        let body = going_on(&self.action, self.signed.clone());
        let ended = anybody(&self.server, 200, "deactivate", body).await;
        assert_eq!(ended["didDocumentMetadata"]["deactivated"], true);
        assert_eq!(resolved(&self.server, &self.did).await.0, 410);
    }

    fn kid(&self, number: usize) -> String {
        format!("{}#key-{number}", self.did.as_str().unwrap())
    }
}

#[tokio::test]
async fn a_replay_gets_the_same_answer() {
    let world = world().await;
    let body = going_on(&world.action, world.signed.clone());
    let first = anybody(&world.server, 200, "deactivate", body.clone()).await;
    let at = operations(&world.server).await;
    let polled = going_on(&world.action, json!({}));
    for body in [body, polled] {
        let again = anybody(&world.server, 200, "deactivate", body).await;
        for member in ["jobId", "didState", "didDocumentMetadata"] {
            assert_eq!(again[member], first[member]);
        }
        assert_eq!(
            again["didRegistrationMetadata"]["jobId"],
            world.action["jobId"]
        );
    }
    assert_eq!(operations(&world.server).await, at);
}

#[tokio::test]
async fn one_signature_short_is_asked_for() {
    let world = world().await;
    let mut one = world.signed.clone();
    one.as_object_mut().unwrap().remove("signingRequest1");
    let short = anybody(
        &world.server,
        200,
        "deactivate",
        going_on(&world.action, one),
    )
    .await;
    assert_eq!(short["jobId"], world.action["jobId"]);
    assert_eq!(short["didState"]["state"], "action");
    let open = short["didState"]["signingRequest"].as_object().unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(open["signingRequest1"]["kid"], world.kid(2));
    assert_eq!(operations(&world.server).await, world.at);
    // What was taken need not come again.
    let mut other = world.signed.clone();
    other.as_object_mut().unwrap().remove("signingRequest0");
    anybody(
        &world.server,
        200,
        "deactivate",
        going_on(&world.action, other),
    )
    .await;
    assert_eq!(resolved(&world.server, &world.did).await.0, 410);
}

#[tokio::test]
async fn one_wrong_signature_spoils_the_call_and_not_the_job() {
    let world = world().await;
    let mut wrong = world.signed.clone();
    wrong["signingRequest1"]["signature"] = wrong["signingRequest0"]["signature"].clone();
    let answer = anybody(
        &world.server,
        400,
        "deactivate",
        going_on(&world.action, wrong),
    )
    .await;
    assert_eq!(answer["didState"]["invalid"], json!([world.kid(2)]));
    world
        .refused("INVALID_OPTIONS", "no signature was taken", answer)
        .await;
    // The good one of that call was not taken either.
    let polled = anybody(
        &world.server,
        200,
        "deactivate",
        going_on(&world.action, json!({})),
    )
    .await;
    assert_eq!(
        polled["didState"]["signingRequest"],
        world.action["didState"]["signingRequest"]
    );
    world.ends().await;
}

#[tokio::test]
async fn one_signature_too_many_spoils_the_call_and_not_the_job() {
    let world = world().await;
    for (id, kid) in [
        ("signingRequest2", world.kid(3)),
        ("signingRequest0", world.kid(2)),
        ("other", world.kid(1)),
    ] {
        let mut extra = world.signed.clone();
        extra[id] = json!({"kid": kid, "signature": STANDARD.encode([1; 64])});
        let answer = anybody(
            &world.server,
            400,
            "deactivate",
            going_on(&world.action, extra),
        )
        .await;
        assert_eq!(
            answer["didState"]["unexpected"],
            json!([format!("{id} ({kid})")])
        );
        world.refused("INVALID_OPTIONS", id, answer).await;
    }
    world.ends().await;
}

#[tokio::test]
async fn a_job_goes_on_with_its_own_did_operation_and_version_alone() {
    let world = world().await;
    let other = made_by_client(&world.server, &[&key(1), &key(2)]).await;
    let world = World {
        at: operations(&world.server).await,
        ..world
    };
    let body = |change: &dyn Fn(&mut Value)| {
        let mut body = going_on(&world.action, world.signed.clone());
        change(&mut body);
        body
    };
    let wrong_did = body(&|body| body["did"] = other.clone());
    let answer = anybody(&world.server, 400, "deactivate", wrong_did).await;
    world
        .refused("INVALID_DID", world.did.as_str().unwrap(), answer)
        .await;
    for function in ["update", "create"] {
        let answer = anybody(&world.server, 400, function, body(&|_| {})).await;
        world
            .refused("INVALID_OPTIONS", "another operation", answer)
            .await;
    }
    let wrong_version = body(&|body| {
        body["options"]["versionId"] = "11111111-1111-4111-8111-111111111111".into();
    });
    let answer = anybody(&world.server, 400, "deactivate", wrong_version).await;
    world.refused("INVALID_OPTIONS", "versionId", answer).await;
    let no_did = body(&|body| {
        body.as_object_mut().unwrap().remove("did");
    });
    let answer = anybody(&world.server, 400, "deactivate", no_did).await;
    world
        .refused("INVALID_DID", "did is required", answer)
        .await;
    world.ends().await;
}

#[tokio::test]
async fn another_tenants_job_is_like_none() {
    let server = Server::start().await;
    let did = made_by_client(&server, &[&key(1)]).await;
    let body = json!({"did": did, "options": {"clientSecretMode": true}});
    let action = owner(&server, 200, "deactivate", body).await;
    let signed = signed(&action, &[("key-1", &key(1))]);
    let at = operations(&server).await;
    let other = server.another_account("another").await.1;
    let body = going_on(&action, signed);
    for key in [Some(&*other), None] {
        let answer = ask(&server, key, "deactivate", &body).await;
        let refused = expect(400, &answer);
        assert_eq!(refused["didState"]["error"], "NOT_FOUND");
        let mut none = body.clone();
        none["jobId"] = "11111111-1111-4111-8111-111111111111".into();
        let answer = ask(&server, key, "deactivate", &none).await;
        assert_eq!(expect(400, &answer)["didState"], refused["didState"]);
    }
    assert_eq!(operations(&server).await, at);
    owner(&server, 200, "deactivate", body).await;
    assert_eq!(resolved(&server, &did).await.0, 410);
}

#[tokio::test]
async fn an_update_of_the_did_voids_the_job() {
    let world = world().await;
    let body = json!({
        "did": world.did, "options": {"clientSecretMode": true},
        "didDocumentOperation": ["addToDidDocument"],
        "didDocument": [{"alsoKnownAs": ["https://a.example"]}],
    });
    let action = anybody(&world.server, 200, "update", body).await;
    let both = signed(&action, &[("key-1", &key(1)), ("key-2", &key(2))]);
    anybody(&world.server, 200, "update", going_on(&action, both)).await;
    let at = operations(&world.server).await;
    let body = going_on(&world.action, world.signed.clone());
    let refused = anybody(&world.server, 400, "deactivate", body).await;
    assert!(
        refused["didState"]["reason"]
            .as_str()
            .unwrap()
            .contains("void")
    );
    assert_eq!(operations(&world.server).await, at);
}

#[tokio::test]
async fn what_the_first_call_has_said_is_not_said_again() {
    let server = Server::start().await;
    let did = made_by_client(&server, &[&key(1)]).await;
    let body = json!({
        "did": did, "options": {"clientSecretMode": true},
        "didDocumentOperation": ["addToDidDocument"],
        "didDocument": [{"alsoKnownAs": ["https://a.example"]}],
    });
    let action = anybody(&server, 200, "update", body.clone()).await;
    let at = operations(&server).await;
    let mut again = going_on(&action, signed(&action, &[("key-1", &key(1))]));
    again["didDocument"] = body["didDocument"].clone();
    let refused = anybody(&server, 400, "update", again).await;
    assert!(
        refused["didState"]["reason"]
            .as_str()
            .unwrap()
            .contains("didDocument")
    );
    assert_eq!(operations(&server).await, at);
}
