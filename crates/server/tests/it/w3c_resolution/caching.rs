//! For how long answers may be kept.

use axum::body::Body;
use axum::extract::Request;

use super::world::{DEREFERENCING, DOCUMENT, LEGACY_RESULT, World};
use crate::support::{Answer, send};

async fn asked(world: &World, after: &str, accept: &str, tag: &str) -> Answer {
    let request = Request::get(format!("/1.0/identifiers/{}{after}", world.wallet.did))
        .header("accept", accept)
        .header("if-none-match", tag);
    send(&world.server.router, request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn what_a_client_has_is_not_sent_again_until_it_changes() {
    let world = World::new().await;
    for (after, accept) in [
        ("", "*/*"),
        ("", DOCUMENT),
        ("", LEGACY_RESULT),
        ("%23key-1", DEREFERENCING),
        ("/versions", DEREFERENCING),
        ("?service=files", "*/*"),
    ] {
        let answer = world.get(after, Some(accept)).await;
        let tag = answer.header("etag");
        assert!(tag.starts_with("W/\""), "{after}: {tag}");
        assert_eq!(answer.header("cache-control"), "public, no-cache");
        assert!(answer.header("vary").contains("accept"), "{after}");
        let again = asked(&world, after, accept, tag).await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{after}");
        assert_eq!(again.header("etag"), tag);
        let listed = format!("\"x\", {tag}");
        assert_eq!(asked(&world, after, accept, &listed).await.status, 304);
        assert_eq!(asked(&world, after, accept, "\"x\"").await.status, 200);
    }
    let result = world.get("", None).await;
    let document = asked(&world, "", DOCUMENT, result.header("etag")).await;
    assert_eq!(document.status, 200, "another type is another answer");

    let legacy = world.get("", Some(LEGACY_RESULT)).await;
    let older = world
        .get(&format!("/version/{}", world.version(2)), None)
        .await;
    world.end().await;
    for tag in [result.header("etag"), "*"] {
        let answer = asked(&world, "", "*/*", tag).await;
        assert_eq!((answer.status, answer.header("etag")), (410, ""));
    }
    let answer = asked(&world, "", LEGACY_RESULT, legacy.header("etag")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["didDocumentMetadata"]["deactivated"], true);
    let after = format!("/version/{}", world.version(2));
    assert_eq!(
        asked(&world, &after, "*/*", older.header("etag"))
            .await
            .status,
        410
    );
}

#[tokio::test]
async fn an_end_is_kept_for_ever_and_an_active_did_as_long_as_configured() {
    let world = World::with(&[("ATROPOS_RESOLUTION_ACTIVE_MAX_AGE_S", "7")]).await;
    let active = world.get("", None).await;
    assert_eq!(active.header("cache-control"), "public, max-age=7");
    let redirect = world.get("?service=files", Some("text/uri-list")).await;
    assert_eq!(redirect.header("cache-control"), "public, max-age=7");
    let option = world.get_encoded("?noCache=true", None).await;
    assert_eq!(option.header("cache-control"), "no-store");
    let absent = world.server.resolve("did:cheqd:testnet:x", None).await;
    assert_eq!(absent.header("cache-control"), "no-store");
    assert!(absent.header("vary").contains("accept"));

    world.end().await;
    const FOREVER: &str = "public, max-age=31536000, immutable";
    let legacy = world.get("", Some(LEGACY_RESULT)).await;
    assert_eq!(legacy.header("cache-control"), FOREVER);
    assert_eq!(
        world.get("/versions", None).await.header("cache-control"),
        FOREVER
    );
    // The receipt is a part of the answer: until it is published, the answer is not the last one.
    let ended = world.get("", None).await;
    let proof = ended.json()["didDocumentMetadata"]["proof"][0]["receipt"].to_string();
    let kept = ended.header("cache-control");
    assert!([FOREVER, "public, max-age=60"].contains(&kept), "{kept}");
    assert!(!proof.is_empty());
}
