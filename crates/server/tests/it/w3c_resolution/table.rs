//! The tables of DID Resolution v1: every error with its status, and what is said of a DID that has ended.

use axum::body::Body;
use axum::extract::Request;
use axum::http::Method;
use serde_json::{Value, json};

use super::world::{
    DEREFERENCING, DOCUMENT, LEGACY_RESULT, RESULT, World, error_of, without_metadata,
};
use crate::support::{Answer, Wallet, send};

/// Requests that fail: what is asked for, the error, the status.
fn errors(world: &World) -> Vec<(String, &'static str, u16)> {
    let did = &world.wallet.did;
    let encoded = did.replace(':', "%3A");
    let unknown = Wallet::new(0xcd, 1).did;
    let mainnet = did.replace("testnet", "mainnet");
    let id = "11111111-1111-4111-8111-111111111111";
    let time = "2026-01-01T00:00:00Z";
    let row = |path: String, name, status| (path, name, status);
    vec![
        // No DID.
        row("nonsense".into(), "INVALID_DID", 400),
        row("did:cheqd:testnet:x".into(), "INVALID_DID", 400),
        row("did%3Acheqd%3Atestnet%3Ax".into(), "INVALID_DID", 400),
        row(format!("{did}:x"), "INVALID_DID", 400),
        row(format!("{did}%20"), "INVALID_DID", 400),
        row("did:cheqd:testnet:x?service=a".into(), "INVALID_DID", 400),
        row(String::new(), "INVALID_DID", 400),
        // No DID URL.
        row(format!("{encoded}%23a%23b"), "INVALID_DID_URL", 400),
        row(format!("{encoded}%23a%20b"), "INVALID_DID_URL", 400),
        row(format!("{encoded}%FF"), "INVALID_DID_URL", 400),
        row(
            format!("{did}?service=files&service=files"),
            "INVALID_DID_URL",
            400,
        ),
        row(
            format!("{did}?versionId=a&versionId=a"),
            "INVALID_DID_URL",
            400,
        ),
        row(
            format!("{did}?service=files&relativeRef=../x"),
            "INVALID_DID_URL",
            400,
        ),
        row(
            format!("{did}?service=files&relativeRef=%252e%252e%252fx"),
            "INVALID_DID_URL",
            400,
        ),
        row(
            format!("{did}?service=files&relativeRef=%2F%2Fevil.example"),
            "INVALID_DID_URL",
            400,
        ),
        // Options that cannot be used.
        row(
            format!("{encoded}?versionId=a&versionId=a"),
            "INVALID_OPTIONS",
            400,
        ),
        row(
            format!("{encoded}?versionId=a&versionTime={time}"),
            "INVALID_OPTIONS",
            400,
        ),
        row(
            format!("{did}?versionId=a&versionTime={time}"),
            "INVALID_OPTIONS",
            400,
        ),
        row(
            format!("{encoded}%3FversionId%3Da?versionId=a"),
            "INVALID_OPTIONS",
            400,
        ),
        row(
            format!("{encoded}?versionTime=2026-01-01T00:00:00.5Z"),
            "INVALID_OPTIONS",
            400,
        ),
        row(
            format!("{encoded}?versionTime=2026-01-01T00:00:00.000Z"),
            "INVALID_OPTIONS",
            400,
        ),
        row(
            format!("{encoded}?versionTime=2026-01-01T00:00:00%2B00:00"),
            "INVALID_OPTIONS",
            400,
        ),
        row(format!("{did}?versionTime=noon"), "INVALID_OPTIONS", 400),
        row(format!("{encoded}?versionId="), "INVALID_OPTIONS", 400),
        row(format!("{encoded}?noCache=maybe"), "INVALID_OPTIONS", 400),
        row(
            format!("{encoded}?expandRelativeUrls=1"),
            "INVALID_OPTIONS",
            400,
        ),
        row(format!("{did}?relativeRef=a"), "INVALID_OPTIONS", 400),
        row(
            format!("{did}?verificationRelationship=authentication"),
            "INVALID_OPTIONS",
            400,
        ),
        row(format!("{did}?resourceId=a"), "INVALID_OPTIONS", 400),
        // Nothing there.
        row(unknown.clone(), "NOT_FOUND", 404),
        row(
            format!("{unknown}#key-1").replace('#', "%23"),
            "NOT_FOUND",
            404,
        ),
        row(format!("{unknown}/versions"), "NOT_FOUND", 404),
        row(format!("{encoded}?versionId={id}"), "NOT_FOUND", 404),
        row(
            format!("{encoded}?versionTime=2001-01-01T00:00:00Z"),
            "NOT_FOUND",
            404,
        ),
        row(format!("{did}%23key"), "NOT_FOUND", 404),
        row(format!("{did}%23"), "NOT_FOUND", 404),
        row(format!("{did}?service=file"), "NOT_FOUND", 404),
        row(format!("{did}/whois"), "NOT_FOUND", 404),
        row(format!("{did}/version/{id}"), "NOT_FOUND", 404),
        row(format!("{did}/resources/{id}"), "NOT_FOUND", 404),
        row(format!("{did}/resources/{id}/metadata"), "NOT_FOUND", 404),
        row(format!("{did}?resourceName=a"), "NOT_FOUND", 404),
        // Not ours.
        row("did:web:example.com".into(), "METHOD_NOT_SUPPORTED", 501),
        row(
            "did%3Aweb%3Aexample.com%23a".into(),
            "METHOD_NOT_SUPPORTED",
            501,
        ),
        row(mainnet, "METHOD_NOT_SUPPORTED", 501),
        row(format!("{encoded}?hl=a"), "FEATURE_NOT_SUPPORTED", 501),
        row(format!("{did}?versionid=a"), "FEATURE_NOT_SUPPORTED", 501),
        // Methods that may not be used so, which the table counts among all other errors.
        row(
            format!("{encoded}%23key-2?verificationRelationship=keyAgreement"),
            "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD",
            500,
        ),
        row(
            format!("{encoded}%23files?verificationRelationship=authentication"),
            "INVALID_VERIFICATION_METHOD",
            500,
        ),
    ]
}

fn is_whole_error(answer: &Answer, name: &str, context: &str) {
    let url = error_of(answer);
    let prefix = match name.contains("VERIFICATION_METHOD") {
        true => "https://w3id.org/security#",
        false => "https://www.w3.org/ns/did#",
    };
    assert_eq!(url, format!("{prefix}{name}"), "{context}");
    let (expected, metadata) = match answer.header("content-type") {
        RESULT => (
            json!({"didDocument": null, "didDocumentMetadata": {}}),
            "didResolutionMetadata",
        ),
        DEREFERENCING => (
            json!({"content": null, "contentStream": null, "contentMetadata": {}}),
            "dereferencingMetadata",
        ),
        other => panic!("{context}: {other}"),
    };
    assert_eq!(without_metadata(answer), expected, "{context}");
    let error = &answer.json()[metadata]["error"];
    let texts = ["type", "title", "detail"].map(|name| error[name].as_str().unwrap().is_empty());
    assert_eq!(texts, [false; 3], "{context}");
    assert_eq!(answer.header("cache-control"), "no-store", "{context}");
}

#[tokio::test]
async fn every_error_has_its_type_and_status() {
    let world = World::new().await;
    for (path, name, status) in errors(&world) {
        let answer = world.server.resolve(&path, None).await;
        assert_eq!(answer.status, status, "{path}");
        is_whole_error(&answer, name, &path);

        // HEAD says the same without a body.
        let request = Request::head(format!("/1.0/identifiers/{path}"))
            .body(Body::empty())
            .unwrap();
        let head = send(&world.server.router, request).await;
        assert_eq!(
            (head.status, head.body.is_empty()),
            (status, true),
            "{path}"
        );
        assert_eq!(
            head.header("content-type"),
            answer.header("content-type"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_represented_is_said_so() {
    let world = World::new().await;
    for (after, accept) in [
        ("", "text/html"),
        ("", "application/did;q=0"),
        ("", "text/uri-list"),
        ("%23key-1", RESULT),
        ("?service=files", "text/html"),
        ("/versions", DOCUMENT),
        ("/metadata", DOCUMENT),
        ("?metadata=true", DEREFERENCING),
    ] {
        let answer = world.get(after, Some(accept)).await;
        assert_eq!(answer.status, 406, "{after} {accept}");
        is_whole_error(&answer, "REPRESENTATION_NOT_SUPPORTED", after);
    }
    // An identifier that is none is that, whatever is accepted.
    let answer = world.server.resolve("nonsense", Some("text/html")).await;
    assert_eq!(answer.status, 400);
    is_whole_error(&answer, "INVALID_DID", "nonsense");
}

#[tokio::test]
async fn options_in_a_body_are_those_of_the_query() {
    let world = World::new().await;
    let first = world.version(1);
    let body = json!({"versionId": first, "noCache": true}).to_string();
    for content_type in [
        None,
        Some(RESULT),
        Some(DEREFERENCING),
        Some("application/json"),
    ] {
        let answer = world.post("", content_type, &body).await;
        assert_eq!(answer.status, 200, "{content_type:?}");
        let metadata = &answer.json()["didDocumentMetadata"];
        assert_eq!(metadata["versionId"], first.as_str());
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    assert_eq!(world.post("", None, "").await.status, 200);
    let part = world.post("%23key-1", None, "{}").await;
    assert_eq!(
        (part.status, part.header("content-type")),
        (200, DEREFERENCING)
    );
    // The query of an identifier that is not encoded belongs to the DID URL; a body stands beside it.
    let both = world
        .post("?service=files", None, "{\"noCache\":\"false\"}")
        .await;
    assert_eq!(
        both.json()["content"]["service"].as_array().unwrap().len(),
        1
    );

    for (after, content_type, body, name, status) in [
        ("", Some("text/plain"), "{}", "INVALID_OPTIONS", 400),
        ("", None, "[]", "INVALID_OPTIONS", 400),
        ("", None, "{", "INVALID_OPTIONS", 400),
        ("", None, "{\"versionId\":1}", "INVALID_OPTIONS", 400),
        (
            "",
            None,
            "{\"noCache\":true,\"noCache\":true}",
            "INVALID_OPTIONS",
            400,
        ),
        (
            "?noCache=true",
            None,
            "{\"noCache\":true}",
            "INVALID_OPTIONS",
            400,
        ),
        (
            "",
            None,
            "{\"accept\":\"application/did\"}",
            "INVALID_OPTIONS",
            400,
        ),
        ("", None, "{\"hl\":\"x\"}", "FEATURE_NOT_SUPPORTED", 501),
    ] {
        let answer = world.post(after, content_type, body).await;
        assert_eq!(answer.status, status, "{body}");
        is_whole_error(&answer, name, body);
    }
    let long = json!({"versionId": "x".repeat(300_000)}).to_string();
    assert_eq!(
        error_of(&world.post("", None, &long).await)
            .rsplit('#')
            .next(),
        Some("INVALID_OPTIONS")
    );
}

#[tokio::test]
async fn other_methods_are_refused_in_the_shape_of_the_dialect() {
    let world = World::new().await;
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let request = Request::builder()
            .method(method)
            .uri(format!("/1.0/identifiers/{}", world.wallet.did))
            .body(Body::empty())
            .unwrap();
        let answer = send(&world.server.router, request).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (405, RESULT)
        );
    }
}

#[tokio::test]
async fn an_ended_did_is_gone_and_says_all_but_its_document() {
    let world = World::new().await;
    world.end().await;
    for accept in [
        None,
        Some(RESULT),
        Some(DOCUMENT),
        Some("*/*"),
        Some(DEREFERENCING),
    ] {
        for answer in [
            world.get("", accept).await,
            world.get_encoded("", accept).await,
            world.get_encoded("?noCache=true", accept).await,
            world
                .get(&format!("?versionId={}", world.version(3)), accept)
                .await,
        ] {
            assert_eq!(answer.status, 410, "{accept:?}");
            let body = answer.json();
            let metadata = match answer.header("content-type") {
                RESULT => {
                    assert_eq!(body["didDocument"], Value::Null);
                    assert!(body["didResolutionMetadata"].get("error").is_none());
                    &body["didDocumentMetadata"]
                }
                DEREFERENCING => {
                    assert_eq!(body["content"], Value::Null);
                    assert_eq!(body["contentStream"], Value::Null);
                    assert!(body["dereferencingMetadata"].get("error").is_none());
                    &body["contentMetadata"]
                }
                other => panic!("{other}"),
            };
            assert_eq!(metadata["deactivated"], true);
            assert_eq!(metadata["versionId"], world.version(3).as_str());
            assert_eq!(metadata["previousVersionId"], world.version(2).as_str());
            assert_eq!(metadata["proof"][0]["type"], "AtroposReceipt");
            for time in ["created", "updated"] {
                assert_eq!(metadata[time].as_str().unwrap().len(), 20);
            }
        }
    }
    let head = Request::head(format!("/1.0/identifiers/{}", world.wallet.did));
    let head = send(&world.server.router, head.body(Body::empty()).unwrap()).await;
    assert_eq!((head.status, head.body.is_empty()), (410, true));
}

#[tokio::test]
async fn nothing_is_dereferenced_of_an_ended_did() {
    let world = World::new().await;
    world.end().await;
    for after in [
        "%23key-1",
        "%23no-such-part",
        "?service=files",
        "?service=files&relativeRef=a",
        "?serviceType=Files",
    ] {
        for accept in [None, Some(DEREFERENCING), Some(DOCUMENT), Some("*/*")] {
            let answer = world.get(after, accept).await;
            assert_eq!(
                (answer.status, answer.header("content-type")),
                (410, DEREFERENCING),
                "{after} {accept:?}"
            );
            let body = answer.json();
            assert_eq!(
                (&body["content"], &body["contentStream"]),
                (&Value::Null, &Value::Null)
            );
            assert_eq!(body["contentMetadata"]["deactivated"], true);
        }
    }
    // Where a service was is no address to go to any more.
    let answer = world.get("?service=files", Some("text/uri-list")).await;
    assert_eq!((answer.status, answer.header("location")), (410, ""));
    let metadata = world.get("/metadata", None).await;
    assert_eq!(metadata.status, 410);
}

#[tokio::test]
async fn documents_of_an_ended_did_are_shown_to_whoever_asks_for_them_as_gone() {
    let world = World::new().await;
    world.end().await;
    let first = world.version(1);
    let updated = {
        let body = world
            .get(&format!("/version/{}", world.version(2)), None)
            .await;
        body.json()["didDocumentMetadata"]["updated"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    for answer in [
        world.get(&format!("?versionId={first}"), None).await,
        world
            .get_encoded(&format!("?versionId={first}"), Some(DOCUMENT))
            .await,
        world.get(&format!("/version/{first}"), None).await,
        world
            .get_encoded("?returnDeactivatedDidDocument=true", None)
            .await,
        world
            .get("?returnDeactivatedDidDocument=true", Some(DOCUMENT))
            .await,
        world
            .get_encoded(
                &format!("?versionTime={updated}&returnDeactivatedDidDocument=true"),
                None,
            )
            .await,
    ] {
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (410, RESULT)
        );
        let body = answer.json();
        assert_eq!(body["didDocument"]["id"], world.wallet.did.as_str());
        assert_eq!(body["didDocumentMetadata"]["deactivated"], true);
    }
    let no = world
        .get_encoded("?returnDeactivatedDidDocument=false", None)
        .await;
    assert_eq!((no.status, &no.json()["didDocument"]), (410, &Value::Null));
    let part = world
        .get(&format!("?versionId={first}%23key-1"), None)
        .await;
    assert_eq!(part.status, 404, "an encoded # in a query is data");
    let part = world
        .get_encoded(&format!("%3FversionId%3D{first}%23key-1"), None)
        .await;
    assert_eq!(part.status, 410);
    assert_eq!(
        part.json()["content"]["id"],
        world.wallet.method(1).as_str()
    );
}

#[tokio::test]
async fn the_did_of_the_document_is_the_one_that_was_asked_for() {
    let world = World::new().await;
    let did = &world.wallet.did;
    let upper = did.replace("ab", "AB");
    assert_ne!(upper, *did);
    for (asked, to) in [
        (upper.clone(), did.clone()),
        (
            format!("{upper}?service=files"),
            format!("{did}?service=files"),
        ),
        (
            format!("{}?noCache=true", upper.replace(':', "%3A")),
            format!("{}?noCache=true", did.replace(':', "%3A")),
        ),
        (
            "did:cheqd:testnet:zEv9FXHwp8eFeHbeTXamwda8YoPfgU12".into(),
            "did:cheqd:testnet:3KpiDD6Hxs4i2G7FtpiGhu".into(),
        ),
    ] {
        for accept in [None, Some(RESULT), Some(DOCUMENT), Some(LEGACY_RESULT)] {
            if accept == Some(RESULT) && asked.contains("service") {
                continue;
            }
            let answer = world.server.resolve(&asked, accept).await;
            assert_eq!(
                (answer.status, answer.header("location")),
                (301, format!("/1.0/identifiers/{to}").as_str()),
                "{asked} {accept:?}"
            );
        }
    }
    let body = world.server.resolve(&upper, None).await.json();
    assert_eq!(body["didDocument"], Value::Null);
    let metadata = json!({"canonicalId": did, "equivalentId": [upper]});
    assert_eq!(body["didDocumentMetadata"], metadata);

    let path = format!("/1.0/identifiers/{upper}");
    let post = Request::post(path).body(Body::from("{}")).unwrap();
    assert_eq!(send(&world.server.router, post).await.status, 308);
}
