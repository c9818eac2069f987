//! What the server publishes about itself, and how its answers look: pinned, so that no change goes unseen.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Value, json};
use tests::client::{Answer, Client};
use tests::server::{Place, Server};
use tests::studio::{Held, METHOD_TYPES};
use tests::wallet::Wallet;

static WORLD: LazyLock<(Place, Server)> = LazyLock::new(|| {
    let place = Place::new().unwrap();
    let server = place.start().unwrap();
    (place, server)
});

fn pinned(name: &str, value: &Value) {
    insta::with_settings!({snapshot_path => "../snapshots", prepend_module_to_snapshot => false}, {
        insta::assert_json_snapshot!(name, value);
    });
}

/// Status, the headers that are part of the contract, and the body without what differs from run to run.
fn shown(answer: &Answer) -> Value {
    let header = |name: &str| {
        answer
            .headers
            .get(name)
            .map(|value| value.to_str().unwrap())
    };
    let mut body = answer.json().unwrap();
    hide(&mut body);
    json!({
        "status": answer.status,
        "content-type": header("content-type"),
        "cache-control": header("cache-control"),
        "body": body,
    })
}

/// Replaces times, keys and version ids, which are random, by what they are.
fn hide(value: &mut Value) {
    const HIDDEN: [&str; 13] = [
        "created",
        "createdAt",
        "updatedAt",
        "updated",
        "retrieved",
        "versionId",
        "previousVersionId",
        "publicKeyHex",
        "kid",
        "publicKeyMultibase",
        "publicKeyBase58",
        "x",
        "controllerKeyId",
    ];
    match value {
        Value::Object(members) => members.iter_mut().for_each(|(name, value)| match value {
            Value::String(text) if HIDDEN.contains(&name.as_str()) => *text = format!("<{name}>"),
            Value::Array(list) if name == "controllerKeyRefs" => list.fill(json!("<kid>")),
            Value::Object(_) if name == "receipt" => *value = json!("<receipt>"),
            other => hide(other),
        }),
        Value::Array(list) => list.iter_mut().for_each(hide),
        _ => {}
    }
}

#[tokio::test]
async fn the_description_of_the_api() {
    let client = WORLD.1.client().unwrap();
    let mut description = client.get("/openapi.json").await.unwrap().json().unwrap();
    description["info"]["version"] = json!("<version>");
    pinned("openapi", &description);
}

#[tokio::test]
async fn answers_of_the_studio_routes() {
    let client = WORLD.1.client().unwrap();
    pinned(
        "key-create",
        &shown(&client.post_nothing("/key/create").await.unwrap()),
    );
    let did = Wallet::did_of(1);
    let options = json!({"verificationMethodType": METHOD_TYPES[2]});
    let document =
        json!({"id": did, "controller": [did], "authentication": [format!("{did}#key-1")]});
    let create = client
        .post(
            "/did/create",
            &json!({"didDocument": document, "options": options}),
        )
        .await
        .unwrap();
    pinned("did-create", &shown(&create));
    let web = json!({"id": format!("{did}#web"), "type": "LinkedDomains", "serviceEndpoint": ["https://example.com"]});
    let update = client
        .post("/did/update", &json!({"did": did, "service": [web]}))
        .await
        .unwrap();
    pinned("did-update", &shown(&update));
    let path = format!("/did/deactivate/{did}");
    pinned(
        "did-deactivate",
        &shown(&client.post_nothing(&path).await.unwrap()),
    );
    let update = client
        .post("/did/update", &json!({"did": did, "service": [web]}))
        .await
        .unwrap();
    pinned("did-update-after-the-end", &shown(&update));
}

/// Asks until the receipt in the answer is published, after which the answer stays as it is.
async fn with_its_last_receipt(client: &Client, path: &str) -> Answer {
    for _ in 0..600 {
        let answer = client.get(path).await.unwrap();
        let cache = answer.headers.get("cache-control").unwrap();
        if cache.to_str().unwrap().contains("immutable") {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the receipt is not published");
}

#[tokio::test]
async fn answers_of_the_resolution_route() {
    let client = WORLD.1.client().unwrap();
    let held = Held::create(&client, &Wallet::did_of(2), 2).await.unwrap();
    let path = format!("/1.0/identifiers/{}", held.did);
    pinned("resolve", &shown(&client.get(&path).await.unwrap()));
    pinned(
        "resolve-unknown",
        &shown(
            &client
                .get(&format!("/1.0/identifiers/{}", Wallet::did_of(3)))
                .await
                .unwrap(),
        ),
    );
    let partial = held
        .deactivate_with(&client, &[&held.keys[1]])
        .await
        .unwrap();
    pinned("did-deactivate-incomplete", &shown(&partial));
    assert_eq!(
        held.deactivate_with(&client, &held.keys.iter().collect::<Vec<_>>())
            .await
            .unwrap()
            .status,
        200
    );
    pinned(
        "resolve-deactivated",
        &shown(&with_its_last_receipt(&client, &path).await),
    );
    pinned(
        "resolve-deactivated-legacy",
        &shown(&client.get_as(&path, "application/ld+json").await.unwrap()),
    );
}
