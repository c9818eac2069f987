//! The history of a DID.

use serde_json::{Value, json};

use super::world::{DEREFERENCING, LEGACY_DEREFERENCING, LEGACY_RESULT, RESULT, World};

#[tokio::test]
async fn versions_are_listed_newest_first() {
    let world = World::new().await;
    let [first, second, third] = [1, 2, 3].map(|number| world.version(number));
    let ids = |body: &Value, pointer: &str| -> Vec<String> {
        let versions = body.pointer(pointer).unwrap().as_array().unwrap().iter();
        let id = |version: &Value| version["versionId"].as_str().unwrap().to_owned();
        versions.map(id).collect()
    };
    let answer = world.get("/versions", None).await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, DEREFERENCING)
    );
    let body = answer.json();
    assert_eq!(
        ids(&body, "/content/versions"),
        [second.clone(), first.clone()]
    );
    let oldest = &body["content"]["versions"][1];
    assert_eq!(oldest["nextVersionId"], second.as_str());
    assert!(oldest.get("updated").is_none() && oldest["created"].is_string());
    let newest = &body["content"]["versions"][0];
    assert_eq!(newest["previousVersionId"], first.as_str());
    assert!(newest.get("nextVersionId").is_none() && newest["updated"].is_string());

    let before = world.get(&format!("/versions?before={second}"), None).await;
    assert_eq!(
        ids(&before.json(), "/content/versions").as_slice(),
        std::slice::from_ref(&first)
    );
    let before = world.get(&format!("/versions?before={first}"), None).await;
    assert_eq!(before.status, 404);

    world.end().await;
    let answer = world.get("/versions", None).await;
    let body = answer.json();
    assert_eq!(
        (answer.status, &body["contentMetadata"]),
        (410, &json!({"deactivated": true}))
    );
    assert_eq!(
        ids(&body, "/contentStream/versions"),
        [third, second, first]
    );
    let legacy = world.get("/versions", Some("application/ld+json")).await;
    assert_eq!(
        (legacy.status, legacy.header("content-type")),
        (200, LEGACY_DEREFERENCING)
    );
    let body = legacy.json();
    assert_eq!(body["contentStream"]["versions"][0]["deactivated"], true);
    assert!(body.get("content").is_none() && body["@context"].is_string());
}

#[tokio::test]
async fn one_version_has_an_address_of_its_own() {
    let world = World::new().await;
    let first = world.version(1);
    let by_path = world.get(&format!("/version/{first}"), None).await;
    assert_eq!(
        (by_path.status, by_path.header("content-type")),
        (200, RESULT)
    );
    let by_option = world
        .get_encoded(&format!("?versionId={first}"), None)
        .await;
    let retrieved = |mut body: Value| {
        body["didResolutionMetadata"]["retrieved"].take();
        body
    };
    assert_eq!(retrieved(by_path.json()), retrieved(by_option.json()));
    let metadata = &by_path.json()["didDocumentMetadata"];
    assert_eq!(metadata["versionId"], first.as_str());
    assert_eq!(metadata["nextVersionId"], world.version(2).as_str());
    let newest = world.get("", None).await.json();
    assert_eq!(
        metadata["nextUpdate"],
        newest["didDocumentMetadata"]["updated"]
    );
    let method = world
        .get_encoded(&format!("%2Fversion%2F{first}%23key-1"), None)
        .await;
    assert_eq!(
        method.json()["content"]["id"],
        world.wallet.method(1).as_str()
    );

    for (after, id) in [
        ("/metadata".to_owned(), world.version(2)),
        ("?metadata=true".to_owned(), world.version(2)),
        (format!("/version/{first}/metadata"), first.clone()),
    ] {
        for accept in [None, Some(LEGACY_RESULT), Some("application/json")] {
            let answer = world.get(&after, accept).await;
            assert_eq!(answer.status, 200, "{after}");
            let body = answer.json();
            assert_eq!(body["didDocument"], Value::Null, "{after}");
            assert_eq!(body["didDocumentMetadata"]["versionId"], id.as_str());
        }
    }
}
