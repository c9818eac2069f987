//! Resources of a DID.

use did::proto::resource::{MsgCreateResource, MsgCreateResourcePayload};
use did::{Operation, Proposal};
use serde_json::{Value, json};

use super::world::{DEREFERENCING, LEGACY_DEREFERENCING, World, error_of};

const SCHEMA_1: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const SCHEMA_2: &str = "aaaaaaaa-0000-4000-8000-000000000002";
const LOGO: &str = "aaaaaaaa-0000-4000-8000-000000000003";
const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0xff,
];

async fn add(world: &World, id: &str, name: &str, resource_type: &str, data: &[u8]) {
    let payload = MsgCreateResourcePayload {
        data: data.to_vec(),
        collection_id: world.wallet.did.rsplit(':').next().unwrap().into(),
        id: id.into(),
        name: name.into(),
        version: "1".into(),
        resource_type: resource_type.into(),
        also_known_as: vec![],
    };
    let signatures = world.wallet.signatures(&payload, &[1]);
    let message = MsgCreateResource {
        payload: Some(payload),
        signatures,
    };
    let operation = Operation::from_create_resource(message).unwrap();
    let ledger = world.server.app.networks.log_of("testnet").unwrap();
    ledger
        .submit(vec![Proposal::from(operation)])
        .await
        .unwrap();
}

/// Two versions of a schema, and a picture.
async fn with_resources() -> World {
    let world = World::new().await;
    add(&world, SCHEMA_1, "schema", "Schema", b"{\"v\":1}").await;
    add(&world, SCHEMA_2, "schema", "Schema", b"{\"v\":2}").await;
    add(&world, LOGO, "logo", "Logo", PNG).await;
    world
}

#[tokio::test]
async fn data_comes_in_its_own_type() {
    let world = with_resources().await;
    let picture = format!("/resources/{LOGO}");
    for accept in [None, Some("*/*"), Some("image/png"), Some("image/*")] {
        let answer = world.get(&picture, accept).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, "image/png")
        );
        assert_eq!(answer.body, PNG);
        assert!(answer.header("etag").starts_with("W/"));
        assert_eq!(answer.header("content-disposition"), "attachment");
    }
    let schema = world
        .get(&format!("/resources/{SCHEMA_1}"), Some("application/json"))
        .await;
    assert_eq!((schema.status, schema.json()), (200, json!({"v": 1})));
    for accept in ["application/json", "text/html"] {
        let answer = world.get(&picture, Some(accept)).await;
        assert_eq!(answer.status, 406);
        assert!(error_of(&answer).ends_with("REPRESENTATION_NOT_SUPPORTED"));
    }
}

#[tokio::test]
async fn full_results_hold_data_and_what_is_known_of_it() {
    let world = with_resources().await;
    let after = format!("/resources/{SCHEMA_1}");
    for (accept, names) in [
        (DEREFERENCING, vec!["content", "contentStream"]),
        (LEGACY_DEREFERENCING, vec!["contentStream"]),
    ] {
        let answer = world.get(&after, Some(accept)).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, accept)
        );
        let body = answer.json();
        for name in names {
            assert_eq!(body[name], json!({"v": 1}), "{name}");
        }
        assert_eq!(
            body["dereferencingMetadata"]["contentType"],
            "application/json"
        );
        let metadata = &body["contentMetadata"];
        assert_eq!(metadata["resourceId"], SCHEMA_1);
        assert_eq!(
            metadata["resourceURI"],
            format!("{}{after}", world.wallet.did)
        );
        assert_eq!(metadata["nextVersionId"], SCHEMA_2);
        assert_eq!(metadata["previousVersionId"], Value::Null);
    }
    let picture = world
        .get(&format!("/resources/{LOGO}"), Some(DEREFERENCING))
        .await;
    let content = &picture.json()["content"];
    assert!(
        content.as_str().unwrap().starts_with("iVBORw0KGgo"),
        "{content}"
    );

    let metadata = world
        .get(&format!("/resources/{LOGO}/metadata"), None)
        .await;
    assert_eq!(
        (metadata.status, metadata.header("content-type")),
        (200, DEREFERENCING)
    );
    let body = metadata.json();
    assert_eq!(
        (&body["content"], &body["contentStream"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(body["contentMetadata"]["mediaType"], "image/png");
    assert_eq!(
        body["contentMetadata"]["checksum"].as_str().unwrap().len(),
        64
    );
}

#[tokio::test]
async fn resources_are_found_by_what_is_said_of_them() {
    let world = with_resources().await;
    let checksum = world
        .get(&format!("/resources/{SCHEMA_1}/metadata"), None)
        .await
        .json();
    let checksum = checksum["contentMetadata"]["checksum"]
        .as_str()
        .unwrap()
        .to_owned();
    for (query, id) in [
        (
            "resourceName=schema&resourceType=Schema".to_owned(),
            SCHEMA_2,
        ),
        ("resourceName=schema".into(), SCHEMA_2),
        ("resourceName=%2573chema".into(), SCHEMA_2),
        (format!("resourceId={}", SCHEMA_1.to_uppercase()), SCHEMA_1),
        (format!("checksum={checksum}"), SCHEMA_1),
        ("resourceType=Logo&resourceVersion=1".into(), LOGO),
        (
            "resourceName=logo&resourceVersionTime=2999-01-01T00:00:00Z".into(),
            LOGO,
        ),
    ] {
        let answer = world.get(&format!("?{query}"), Some(DEREFERENCING)).await;
        assert_eq!(answer.status, 200, "{query}");
        assert_eq!(
            answer.json()["contentMetadata"]["resourceId"],
            id,
            "{query}"
        );
    }
    for (query, name, status) in [
        ("resourceName=none", "NOT_FOUND", 404),
        ("resourceName=schema&resourceType=Logo", "NOT_FOUND", 404),
        (
            "resourceName=schema&resourceVersionTime=2001-01-01T00:00:00Z",
            "NOT_FOUND",
            404,
        ),
        ("resourceVersion=1", "INVALID_OPTIONS", 400),
        ("resourceVersion=1&resourceCollectionId=x", "NOT_FOUND", 404),
        (
            "resourceVersion=1&resourceMetadata=false",
            "INVALID_OPTIONS",
            400,
        ),
        (
            "resourceName=logo&resourceVersionTime=noon",
            "INVALID_OPTIONS",
            400,
        ),
    ] {
        let answer = world.get(&format!("?{query}"), Some(DEREFERENCING)).await;
        assert_eq!(answer.status, status, "{query}");
        assert!(error_of(&answer).ends_with(name), "{query}");
    }
    let list = world
        .get("?resourceType=Schema&resourceMetadata=true", None)
        .await;
    let list = list.json()["contentMetadata"]["linkedResourceMetadata"].clone();
    let ids: Vec<&Value> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["resourceId"])
        .collect();
    assert_eq!(ids, [SCHEMA_2, SCHEMA_1]);
    let collection = world.wallet.did.rsplit(':').next().unwrap();
    let all = format!("?resourceCollectionId={collection}&resourceMetadata=true");
    let all = world.get(&all, None).await.json();
    let all = all["contentMetadata"]["linkedResourceMetadata"]
        .as_array()
        .unwrap()
        .len();
    assert_eq!(all, 3);

    // Nothing was there in the time of the first version.
    let before = format!("?versionId={}&resourceName=schema", world.version(1));
    assert_eq!(world.get(&before, None).await.status, 404);
}

#[tokio::test]
async fn documents_list_their_resources_and_change_with_them() {
    let world = World::new().await;
    let empty = world.get("", None).await;
    assert_eq!(
        empty.json()["didDocumentMetadata"]["linkedResourceMetadata"],
        json!([])
    );
    add(&world, LOGO, "logo", "Logo", PNG).await;
    let one = world.get("", None).await;
    let listed = &one.json()["didDocumentMetadata"]["linkedResourceMetadata"];
    assert_eq!(listed[0]["resourceId"], LOGO);
    assert_ne!(one.header("etag"), empty.header("etag"));
}

#[tokio::test]
async fn resources_of_an_ended_did_are_still_read_and_say_so() {
    let world = with_resources().await;
    world.end().await;
    let data = world.get(&format!("/resources/{LOGO}"), None).await;
    assert_eq!((data.status, data.body.as_slice()), (410, PNG));
    assert_eq!(data.header("cache-control"), "public, no-cache");
    let full = world
        .get(&format!("/resources/{LOGO}"), Some(DEREFERENCING))
        .await;
    assert_eq!(
        (full.status, &full.json()["contentMetadata"]["deactivated"]),
        (410, &json!(true))
    );
    let legacy = world
        .get(&format!("/resources/{LOGO}"), Some(LEGACY_DEREFERENCING))
        .await;
    assert_eq!(legacy.status, 200);
}
