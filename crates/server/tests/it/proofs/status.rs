//! `/v1/status`, the status list of a network and the key that signs it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::{Value, json};

use super::World;

#[tokio::test]
async fn each_did_has_its_status() {
    let world = World::new().await;
    for (wallet, status, cache) in [
        (&world.active, "active", "public, max-age=60"),
        (
            &world.ended,
            "deactivated",
            "public, max-age=31536000, immutable",
        ),
        (&world.absent, "neverExisted", "public, max-age=1"),
    ] {
        let answer = world.get(&format!("/v1/status/{}", wallet.did)).await;
        assert_eq!(
            (answer.status, answer.header("cache-control")),
            (200, cache)
        );
        let body = answer.json();
        assert_eq!(
            (&body["did"], &body["status"]),
            (&json!(wallet.did), &json!(status))
        );
        assert!(body["checkpoint"]["before"]["size"].is_u64(), "{body}");
    }
    let ended = world.get(&format!("/v1/status/{}", world.ended.did)).await;
    assert!(ended.json()["logIndex"].is_u64() && ended.json()["time"].is_string());
}

#[tokio::test]
async fn the_past_and_the_future_are_answered_by_what_is_known_of_them() {
    let world = World::new().await;
    let of = async |did: &str, time: &str| {
        let answer = world
            .get(&format!("/v1/status/{did}?versionTime={time}"))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.error());
        answer.json()
    };
    let future = of(&world.active.did, "2999-01-01T00:00:00Z").await;
    assert_eq!(future["status"], "undecidable");
    assert!(future["reason"].is_string());
    // Before the log began, nothing can be said of a DID that was active later.
    let before = of(&world.active.did, "2001-01-01T00:00:00Z").await;
    assert_ne!(before["status"], "active", "{before}");
    let answer = world
        .get(&format!("/v1/status/{}?versionTime=noon", world.active.did))
        .await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn many_dids_are_answered_in_their_order() {
    let world = World::new().await;
    let dids = [&world.absent.did, &world.ended.did, &world.active.did];
    let body = json!({"dids": dids}).to_string();
    let answer = world.post("/v1/status", "application/json", body).await;
    assert_eq!(answer.status, 200, "{}", answer.error());
    let body = answer.json();
    let told: Vec<Value> = body["statuses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| json!([one["did"], one["status"]]))
        .collect();
    let expected = [
        json!([dids[0], "neverExisted"]),
        json!([dids[1], "deactivated"]),
        json!([dids[2], "active"]),
    ];
    assert_eq!(told, expected);
    assert!(body["checkpoints"]["testnet"]["before"]["root"].is_string());
}

#[tokio::test]
async fn the_largest_list_is_answered_and_one_more_is_refused() {
    let world = World::new().await;
    let did = |number: usize| format!("did:cheqd:testnet:00000000-0000-4000-8000-{number:012x}");
    let ask = async |count: usize| {
        let dids: Vec<String> = (0..count).map(did).collect();
        let body = json!({ "dids": dids }).to_string();
        world.post("/v1/status", "application/json", body).await
    };
    let answer = ask(10_000).await;
    assert_eq!(answer.status, 200, "{}", answer.error());
    assert_eq!(answer.json()["statuses"].as_array().unwrap().len(), 10_000);
    assert_eq!((ask(10_001).await.status, ask(0).await.status), (400, 400));

    for (content_type, body, status) in [
        ("text/plain", "{}".to_owned(), 415),
        ("application/json", "{".to_owned(), 400),
        ("application/json", r#"{"dids":["x"]}"#.to_owned(), 400),
        (
            "application/json",
            json!({"dids": [did(1)], "x": 1}).to_string(),
            400,
        ),
        (
            "application/json",
            json!({"dids": [did(1).replace("testnet", "mainnet")]}).to_string(),
            404,
        ),
        ("application/json", " ".repeat((1 << 20) + 1), 413),
    ] {
        let answer = world.post("/v1/status", content_type, body).await;
        assert_eq!(answer.status, status, "{}", answer.error());
    }
}

#[tokio::test]
async fn the_status_list_is_signed_by_the_published_key_and_has_the_bit_of_the_ended_did() {
    let world = World::new().await;
    let answer = world.get("/v1/status-list/testnet").await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, "application/vc+jwt")
    );
    let jwt = String::from_utf8(answer.body.clone()).unwrap();
    let parts: Vec<&str> = jwt.split('.').collect();
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
    let keys = world.get("/v1/keys").await;
    assert_eq!(keys.header("content-type"), "application/jwk-set+json");
    let key = keys.json()["keys"][0].clone();
    let header: Value = serde_json::from_slice(&decoded(parts[0])).unwrap();
    assert_eq!(header["kid"], key["kid"]);
    let x: [u8; 32] = decoded(key["x"].as_str().unwrap()).try_into().unwrap();
    let signature: [u8; 64] = decoded(parts[2]).try_into().unwrap();
    let signed = format!("{}.{}", parts[0], parts[1]);
    VerifyingKey::from_bytes(&x)
        .unwrap()
        .verify_strict(signed.as_bytes(), &Signature::from_bytes(&signature))
        .unwrap();
    let credential: Value = serde_json::from_slice(&decoded(parts[1])).unwrap();
    assert_eq!(
        credential["credentialSubject"]["type"],
        "BitstringStatusList"
    );
    let id = credential["id"].as_str().unwrap();
    assert!(id.ends_with("/v1/status-list/testnet"), "{id}");

    let tag = answer.header("etag").to_owned();
    assert_eq!(tag.matches('"').count(), 2, "{tag}");
    let kept = world
        .get_with("/v1/status-list/testnet", "if-none-match", &tag)
        .await;
    assert_eq!(kept.status, 304);
    let accept = "application/vc";
    let enveloped = world
        .get_with("/v1/status-list/testnet", "accept", accept)
        .await;
    assert_eq!(enveloped.header("content-type"), accept);
    assert_eq!(
        enveloped.json()["id"],
        json!(format!("data:application/vc+jwt,{jwt}"))
    );
    let refused = world
        .get_with("/v1/status-list/testnet", "accept", "text/html")
        .await;
    assert_eq!(refused.status, 406);
    assert_eq!(world.get("/v1/status-list/mainnet").await.status, 404);
}
