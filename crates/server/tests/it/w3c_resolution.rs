//! `/1.0/identifiers/…`.

mod caching;
mod dereferencing;
mod legacy;
mod resources;
mod table;
mod versions;
mod world;

use axum::body::Body;
use axum::extract::Request;
use serde_json::{Value, json};

use crate::support::{Server, Wallet, send};

const RESULT: &str = "application/did-resolution";
const LEGACY_RESULT: &str = "application/ld+json;profile=\"https://w3id.org/did-resolution\"";

#[tokio::test]
async fn an_active_did_is_answered_in_the_shape_that_was_asked_for() {
    let server = Server::start().await;
    let wallet = Wallet::new(1, 2);
    server.submit(wallet.create().to_string()).await;
    let full = server.resolve(&wallet.did, None).await;
    assert_eq!((full.status, full.header("content-type")), (200, RESULT));
    let document = full.json()["didDocument"].clone();
    assert_eq!(document["id"], json!(wallet.did));
    assert!(
        full.json().get("@context").is_none()
            && full.json()["didDocumentMetadata"]
                .get("deactivated")
                .is_none()
    );
    let encoded = wallet.did.replace(':', "%3A");
    assert_eq!(
        server.resolve(&encoded, Some(RESULT)).await.json()["didDocument"],
        document
    );

    for (accept, has_metadata, has_context) in [
        ("application/did", false, false),
        ("application/did+json", false, false),
        ("application/did+ld+json", false, false),
        (LEGACY_RESULT, true, true),
        ("application/json", true, false),
    ] {
        let answer = server.resolve(&wallet.did, Some(accept)).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, accept)
        );
        let body = answer.json();
        assert_eq!(
            body.get("didDocumentMetadata").is_some(),
            has_metadata,
            "{accept}"
        );
        if has_metadata {
            assert_eq!(body["didDocument"], document);
            assert_eq!(body.get("@context").is_some(), has_context, "{accept}");
        } else {
            assert_eq!(body, document);
        }
    }
    assert_eq!(
        server.resolve(&wallet.did, Some("text/html")).await.status,
        406
    );
}

#[tokio::test]
async fn an_ended_did_is_gone_and_older_types_get_their_flag() {
    let server = Server::start().await;
    let wallet = Wallet::new(1, 2);
    server.submit(wallet.create().to_string()).await;
    let first =
        server.resolve(&wallet.did, None).await.json()["didDocumentMetadata"]["versionId"].clone();
    server
        .submit(wallet.deactivate_json(&[1, 2]).to_string())
        .await;

    for accept in [None, Some(RESULT), Some("application/did"), Some("*/*")] {
        let answer = server.resolve(&wallet.did, accept).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (410, RESULT),
            "{accept:?}"
        );
        let body = answer.json();
        assert_eq!(
            (
                &body["didDocument"],
                &body["didDocumentMetadata"]["deactivated"]
            ),
            (&Value::Null, &json!(true))
        );
        assert!(body["didResolutionMetadata"].get("error").is_none());
        assert_eq!(body["didDocumentMetadata"]["previousVersionId"], first);
    }
    for accept in [LEGACY_RESULT, "application/json"] {
        let answer = server.resolve(&wallet.did, Some(accept)).await;
        let body = answer.json();
        assert_eq!(
            (answer.status, &body["didDocument"]["id"]),
            (200, &json!(wallet.did))
        );
        assert_eq!(body["didDocumentMetadata"]["deactivated"], true);
    }
    assert_eq!(
        server
            .resolve(&wallet.did, Some("application/did+json"))
            .await
            .status,
        200
    );

    let older = server
        .resolve(
            &format!("{}?versionId={}", wallet.did, first.as_str().unwrap()),
            None,
        )
        .await;
    assert_eq!(older.status, 410);
    assert_eq!(older.json()["didDocument"]["id"], json!(wallet.did));
    assert_eq!(older.json()["didDocumentMetadata"]["deactivated"], true);
}

#[tokio::test]
async fn pages_in_a_browser_may_resolve() {
    let server = Server::start().await;
    let path = format!("/1.0/identifiers/{}", Wallet::new(1, 1).did);
    let preflight = Request::builder()
        .method("OPTIONS")
        .uri(&path)
        .header("origin", "https://wallet.example")
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "accept")
        .body(Body::empty())
        .unwrap();
    let answer = send(&server.router, preflight).await;
    assert_eq!(
        (answer.status, answer.header("access-control-allow-origin")),
        (200, "*")
    );
    assert!(
        answer
            .header("access-control-allow-methods")
            .contains("GET")
    );
    let request = Request::get(&path)
        .header("origin", "https://wallet.example")
        .body(Body::empty())
        .unwrap();
    assert_eq!(
        send(&server.router, request)
            .await
            .header("access-control-allow-origin"),
        "*"
    );
    let request = Request::get("/health")
        .header("origin", "https://wallet.example")
        .body(Body::empty())
        .unwrap();
    assert_eq!(
        send(&server.router, request)
            .await
            .header("access-control-allow-origin"),
        ""
    );
}
