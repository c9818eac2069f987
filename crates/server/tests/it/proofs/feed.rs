//! `GET /v1/feed`, in pages and as events.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{Wallet, World};

#[tokio::test]
async fn pages_hold_every_operation_once_in_the_order_of_the_log() {
    let world = World::new().await;
    let mut after: Option<u64> = None;
    let mut seen = Vec::new();
    for _ in 0..4 {
        let cursor = after
            .map(|after| format!("&after={after}"))
            .unwrap_or_default();
        let page = world.get(&format!("/v1/feed?limit=1{cursor}")).await;
        assert_eq!(
            (page.status, page.header("cache-control")),
            (200, "no-store")
        );
        let page = page.json();
        seen.extend(page["entries"].as_array().unwrap().clone());
        after = page["next"].as_u64();
    }
    let told: Vec<Value> = seen
        .iter()
        .map(|entry| json!([entry["did"], entry["kind"], entry["status"]]))
        .collect();
    let expected = [
        json!([world.active.did, "create", "active"]),
        json!([world.ended.did, "create", "active"]),
        json!([world.ended.did, "deactivate", "deactivated"]),
    ];
    assert_eq!(told, expected);
    let ids: Vec<u64> = seen
        .iter()
        .map(|entry| entry["id"].as_u64().unwrap())
        .collect();
    assert!(ids.is_sorted() && after == ids.last().copied(), "{ids:?}");
}

#[tokio::test]
async fn a_follower_gets_what_was_and_then_what_comes() {
    let world = World::new().await;
    let first = world.get("/v1/feed?limit=1").await.json()["next"].clone();
    let request = Request::get("/v1/feed?after=0")
        .header("accept", "text/event-stream")
        .header("last-event-id", first.to_string())
        .body(Body::empty())
        .unwrap();
    let response = world.server.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut body = response.into_body();
    let mut text = String::new();
    let mut read_until = async |part: &str, count: usize| {
        while text.matches(part).count() < count {
            let frame = tokio::time::timeout(Duration::from_secs(30), body.frame());
            let frame = frame.await.unwrap().unwrap().unwrap();
            text += std::str::from_utf8(frame.data_ref().unwrap()).unwrap();
        }
        text.clone()
    };
    let text = read_until("event: operation\n", 2).await;
    assert!(!text.contains(&world.active.did), "{text}");
    assert!(text.contains("\"kind\":\"deactivate\""), "{text}");

    let later = Wallet::new(9, 1);
    world.server.submit(later.create().to_string()).await;
    let text = read_until("event: operation\n", 3).await;
    assert!(text.contains(&later.did), "{text}");
    let last = text.rsplit("id: ").next().unwrap();
    let (id, data) = last.split_once("\nevent: operation\ndata: ").unwrap();
    let data: Value = serde_json::from_str(data.trim_end()).unwrap();
    assert_eq!(data["id"].to_string(), id);

    // A server that stops ends the answers that have no end of their own.
    world.server.app.gate.close();
    while let Some(frame) = tokio::time::timeout(Duration::from_secs(30), body.frame())
        .await
        .unwrap()
    {
        drop(frame.unwrap());
    }
}

#[tokio::test]
async fn cursors_that_are_none_are_refused() {
    let world = World::new().await;
    for (path, status) in [
        ("/v1/feed?after=-1", 400),
        ("/v1/feed?limit=0", 400),
        ("/v1/feed?limit=1001", 400),
        ("/v1/feed?since=1", 400),
        ("/v1/feed?network=mainnet", 404),
        ("/v1/feed?after=18446744073709551615", 200),
    ] {
        let answer = world.get(path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.error());
    }
    let answer = world.get_with("/v1/feed", "accept", "text/html").await;
    assert_eq!(answer.status, 406);
    let request = Request::get("/v1/feed")
        .header("accept", "text/event-stream")
        .header("last-event-id", "yesterday")
        .body(Body::empty())
        .unwrap();
    let answer = world.server.router.clone().oneshot(request).await.unwrap();
    assert_eq!(answer.status().as_u16(), 400);
}
