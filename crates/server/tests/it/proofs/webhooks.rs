//! `/v1/webhooks`: each account sees its own.

use axum::body::Body;
use axum::extract::Request;
use axum::http::Method;
use serde_json::{Value, json};

use super::World;
use crate::support::{Answer, send};

const PATH: &str = "/v1/webhooks";

async fn make(world: &World, body: Value) -> Answer {
    world.server.ask(Method::POST, PATH, Some(body)).await
}

#[tokio::test]
async fn a_webhook_is_made_listed_read_and_removed() {
    let world = World::new().await;
    let url = "https://93.184.215.14/hook";
    let made = make(&world, json!({"url": url, "dids": [world.active.did]})).await;
    assert_eq!(made.status, 201, "{}", made.error());
    let webhook = made.json();
    let path = format!("{PATH}/{}", webhook["id"].as_str().unwrap());
    assert_eq!(made.header("location"), path);
    assert_eq!(
        (&webhook["url"], &webhook["state"], &webhook["dids"]),
        (&json!(url), &json!("active"), &json!([world.active.did]))
    );
    let key = webhook["publicKey"].as_str().unwrap();
    assert!(key.starts_with("whpk_"), "{key}");

    let ask = async |method, path: &str| world.server.ask(method, path, None).await;
    assert_eq!(ask(Method::GET, &path).await.json(), webhook);
    assert_eq!(
        ask(Method::GET, PATH).await.json(),
        json!({"webhooks": [webhook]})
    );
    assert_eq!(ask(Method::POST, &path).await.status, 200);
    assert_eq!(ask(Method::DELETE, &path).await.status, 204);
    for method in [Method::GET, Method::POST, Method::DELETE] {
        assert_eq!(ask(method, &path).await.status, 404);
    }
    assert_eq!(ask(Method::GET, PATH).await.json(), json!({"webhooks": []}));
}

#[tokio::test]
async fn accounts_do_not_see_each_other_and_nobody_without_a_key_gets_in() {
    let world = World::new().await;
    let made = make(&world, json!({"url": "https://93.184.215.14/"})).await;
    let path = format!("{PATH}/{}", made.json()["id"].as_str().unwrap());
    let (_, other) = world.server.another_account("other").await;
    let ask = async |method: Method, path: &str, key: Option<&str>| {
        let request = Request::builder().method(method).uri(path);
        let request = match key {
            Some(key) => request.header("x-api-key", key),
            None => request,
        };
        send(&world.server.router, request.body(Body::empty()).unwrap()).await
    };
    let secret = Some(other.as_str());
    for method in [Method::GET, Method::POST, Method::DELETE] {
        assert_eq!(ask(method.clone(), &path, secret).await.status, 404);
        assert_eq!(ask(method, &path, None).await.status, 401);
    }
    let listed = ask(Method::GET, PATH, secret).await.json();
    assert_eq!(listed, json!({"webhooks": []}));
    assert_eq!(ask(Method::GET, PATH, None).await.status, 401);
    assert_eq!(ask(Method::POST, PATH, None).await.status, 401);
    assert_eq!(world.server.ask(Method::GET, &path, None).await.status, 200);
}

#[tokio::test]
async fn targets_within_this_network_and_unusable_filters_are_refused() {
    let world = World::new().await;
    let did = |number| format!("did:cheqd:testnet:00000000-0000-4000-8000-{number:012x}");
    let many: Vec<String> = (0..1001).map(did).collect();
    for body in [
        json!({"url": "http://93.184.215.14/"}),
        json!({"url": "https://127.0.0.1/"}),
        json!({"url": "https://10.1.2.3/"}),
        json!({"url": "https://169.254.169.254/latest/meta-data"}),
        json!({"url": "https://[::1]/"}),
        json!({"url": "ftp://93.184.215.14/"}),
        json!({"url": "nonsense"}),
        json!({"url": "https://93.184.215.14/", "dids": []}),
        json!({"url": "https://93.184.215.14/", "dids": ["did:web:x"]}),
        json!({"url": "https://93.184.215.14/", "dids": many}),
        json!({"url": "https://93.184.215.14/", "secret": "x"}),
        json!({}),
    ] {
        let answer = make(&world, body.clone()).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(!answer.error().is_empty(), "{body}");
    }
}

#[tokio::test]
async fn an_account_has_a_limited_number() {
    let world = World::new().await;
    for number in 0..20 {
        let url = format!("https://93.184.215.14/{number}");
        assert_eq!(make(&world, json!({ "url": url })).await.status, 201);
    }
    let answer = make(&world, json!({"url": "https://93.184.215.14/21"})).await;
    assert_eq!(answer.status, 409, "{}", answer.error());
}
