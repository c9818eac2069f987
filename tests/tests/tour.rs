//! The whole way of a DID with three keys: made, refused to end by fewer than all of them, ended, and ended for ever.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use serde_json::{Value, json};
use tests::client::Client;
use tests::server::Place;
use tests::studio::{Held, METHOD_TYPES, expect_200};
use tests::wallet::Wallet;

const LEGACY: &str = "application/ld+json";

#[tokio::test]
async fn a_did_with_three_keys_ends_by_all_of_them_and_for_ever() {
    let place = Place::new().unwrap();
    let server = place.start().unwrap();
    let client = server.client().unwrap();
    let held = Held::create(&client, &Wallet::did_of(1), 3).await.unwrap();
    is_active_with_three_types(&client, &held).await;

    every_proper_subset_is_refused(&client, &held).await;
    is_active_with_three_types(&client, &held).await;

    // The order in which the keys are named means nothing.
    let [first, second, third] = [&held.keys[0], &held.keys[1], &held.keys[2]];
    let before = client.operations().await.unwrap();
    let ended = expect_200(
        held.deactivate_with(&client, &[third, first, second])
            .await
            .unwrap(),
    )
    .unwrap();
    assert_eq!(ended["didDocumentMetadata"]["deactivated"], true);
    assert_eq!(ended["didDocument"]["id"], held.did.as_str());
    let after = client.operations().await.unwrap();
    assert_eq!(after.len(), before.len() + 1, "{before:?} {after:?}");

    the_same_again_gets_the_same_answer(&client, &held, ended).await;
    nothing_changes_it_any_more(&client, &held).await;
    readers_see_the_end(&client, &held).await;
    assert_eq!(client.operations().await.unwrap(), after);

    server.stop().unwrap();
    let server = place.start().unwrap();
    let client = server.client().unwrap();
    readers_see_the_end(&client, &held).await;
    assert_eq!(client.operations().await.unwrap(), after);
}

async fn is_active_with_three_types(client: &Client, held: &Held) {
    let resolution = expect_200(
        client
            .get(&format!("/1.0/identifiers/{}", held.did))
            .await
            .unwrap(),
    )
    .unwrap();
    let methods = resolution["didDocument"]["verificationMethod"]
        .as_array()
        .unwrap();
    let types: Vec<&Value> = methods.iter().map(|method| &method["type"]).collect();
    assert_eq!(types, METHOD_TYPES);
    assert!(
        resolution["didDocumentMetadata"]
            .get("deactivated")
            .is_none_or(|flag| flag == false),
        "{resolution}"
    );
}

async fn every_proper_subset_is_refused(client: &Client, held: &Held) {
    let before = client.operations().await.unwrap();
    // The empty subset is not among them: no key named means that every held key signs.
    for subset in 1..0b111u32 {
        let positions =
            |in_it: bool| (0..3).filter(move |position| (subset >> position & 1 == 1) == in_it);
        let keys: Vec<&String> = positions(true)
            .map(|position| &held.keys[position])
            .collect();
        let missing: Vec<String> = positions(false)
            .map(|position| held.method_id(position))
            .collect();
        let answer = held.deactivate_with(client, &keys).await.unwrap();
        assert_eq!(answer.status, 400, "{subset:03b}: {}", answer.text());
        let body = answer.json().unwrap();
        assert_eq!(body["code"], "incomplete_signature_set", "{body}");
        assert_eq!(body["missing"], json!(missing), "{body}");
        assert_eq!(
            (&body["invalid"], &body["unexpected"]),
            (&json!([]), &json!([])),
            "{body}"
        );
        assert!(!answer.error().unwrap().is_empty());
        assert_eq!(client.operations().await.unwrap(), before, "{subset:03b}");
    }
}

async fn the_same_again_gets_the_same_answer(client: &Client, held: &Held, mut first: Value) {
    let retrieved = |body: &mut Value| {
        body["didResolutionMetadata"]
            .as_object_mut()
            .unwrap()
            .remove("retrieved")
    };
    assert!(retrieved(&mut first).is_some());
    let all: Vec<&String> = held.keys.iter().collect();
    for keys in [&all[..], &all[..1], &[]] {
        let mut again = expect_200(held.deactivate_with(client, keys).await.unwrap()).unwrap();
        retrieved(&mut again);
        assert_eq!(again, first);
    }
}

async fn nothing_changes_it_any_more(client: &Client, held: &Held) {
    let options = json!({"verificationMethodType": METHOD_TYPES[0]});
    let id = format!("{}#web", held.did);
    let service = json!([{"id": id, "type": "LinkedDomains", "serviceEndpoint": ["https://a.b"]}]);
    let key = json!({"privateKeyHex": "11".repeat(32), "type": "Ed25519", "encrypted": false});
    for (path, body) in [
        ("/did/update", json!({"didDocument": held.document})),
        ("/did/update", json!({"did": held.did, "service": service})),
        (
            "/did/create",
            json!({"didDocument": held.document, "options": options}),
        ),
        ("/did/import", json!({"did": held.did, "keys": [key]})),
    ] {
        let answer = client.post(path, &body).await.unwrap();
        assert_eq!(answer.status, 400, "{path}: {}", answer.text());
        let error = answer.error().unwrap().to_lowercase();
        let says_why = ["deactivated", "exists"]
            .iter()
            .any(|word| error.contains(word));
        assert!(says_why, "{path}: {error}");
    }
}

async fn readers_see_the_end(client: &Client, held: &Held) {
    let path = format!("/1.0/identifiers/{}", held.did);
    let answer = client.with_key(None).get(&path).await.unwrap();
    assert_eq!(answer.status, 410, "{}", answer.text());
    let body = answer.json().unwrap();
    assert_eq!(body["didDocument"], Value::Null);
    assert_eq!(body["didDocumentMetadata"]["deactivated"], true);

    let body = expect_200(client.with_key(None).get_as(&path, LEGACY).await.unwrap()).unwrap();
    assert_eq!(body["didDocumentMetadata"]["deactivated"], true, "{body}");
    assert_eq!(body["didDocument"]["id"], held.did.as_str());

    let list = expect_200(client.get("/did/list").await.unwrap()).unwrap();
    assert_eq!(list, json!({"total": 1, "dids": [held.did]}));
    let search = client
        .get(&format!("/did/search/{}", held.did))
        .await
        .unwrap();
    assert_eq!(
        search.json().unwrap()["didDocumentMetadata"]["deactivated"],
        true,
        "{}",
        search.text()
    );
}
