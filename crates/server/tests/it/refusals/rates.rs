//! Whoever asks too often, or errs too often, is told when to come back, in the shape of the dialect.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use serde_json::{Value, json};

use super::credentials::basic;
use crate::support::{Answer, Server, Wallet, send};

const HERE: &str = "192.0.2.1:1";

async fn from(server: &Server, address: &str, mut request: Request) -> Answer {
    let address: SocketAddr = address.parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(address));
    send(&server.router, request).await
}

fn list(name: &str, value: &str) -> Request {
    let request = Request::get("/did/list").header(name, value);
    request.body(Body::empty()).unwrap()
}

fn post(path: &str, key: Option<&str>, body: &Value) -> Request {
    let request = Request::post(path).header("content-type", "application/json");
    let request = match key {
        Some(key) => request.header("x-api-key", key),
        None => request,
    };
    request.body(Body::from(body.to_string())).unwrap()
}

fn assert_too_many(answer: &Answer, of: &str) {
    assert_eq!(answer.status, 429, "{}", answer.error());
    assert!(answer.error().contains(of), "{}", answer.error());
    let after: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&after), "{after}");
}

#[tokio::test]
async fn requests_of_a_key_and_of_a_tenant_are_limited() {
    for (setting, of) in [
        ("ATROPOS_RATES_KEY_REQUESTS_PER_S", "with this credential"),
        ("ATROPOS_RATES_TENANT_REQUESTS_PER_S", "of this tenant"),
    ] {
        let server = Server::start_with(&[(setting, "1")]).await;
        let mut refused = None;
        // A second may pass between two requests, not between a hundred.
        for _ in 0..100 {
            let answer = from(&server, HERE, list("x-api-key", &server.key)).await;
            if answer.status != 200 {
                refused = Some(answer);
                break;
            }
        }
        assert_too_many(&refused.unwrap(), of);
        let status = from(
            &server,
            HERE,
            Request::get("/health").body(Body::empty()).unwrap(),
        );
        assert_eq!(
            status.await.status,
            200,
            "what is open to all is not counted"
        );
    }
}

#[tokio::test]
async fn sets_that_are_not_complete_have_a_budget_of_their_own() {
    let setting = ("ATROPOS_RATES_FAILED_SIGNATURES_PER_MIN", "3");
    let server = Server::start_with(&[setting]).await;
    let wallet = Wallet::new(1, 2);
    let made = from(
        &server,
        HERE,
        post("/v1/operations", None, &wallet.create()),
    )
    .await;
    assert_eq!(made.status, 200);
    let (part, whole) = (
        wallet.deactivate_json(&[1]),
        wallet.deactivate_json(&[1, 2]),
    );
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(from(&server, HERE, post("/v1/operations", None, &part)).await);
    }
    let last = statuses.pop().unwrap();
    assert!(statuses.iter().all(|answer| answer.status == 400));
    assert_too_many(&last, "sets of signatures");
    let elsewhere = "192.0.2.2:1";
    let other = from(&server, elsewhere, post("/v1/operations", None, &whole)).await;
    assert_eq!(other.status, 200, "another address has its own budget");
}

#[tokio::test]
async fn a_caller_whose_sets_are_not_complete_is_stopped_whatever_its_address() {
    let setting = ("ATROPOS_RATES_FAILED_SIGNATURES_PER_MIN", "2");
    let server = Server::start_with(&[setting]).await;
    let body =
        json!({"network": "testnet", "verificationMethodType": "Ed25519VerificationKey2020"});
    let made = from(&server, HERE, post("/did/create", Some(&server.key), &body)).await;
    assert_eq!(made.status, 200, "{}", made.error());
    let path = format!("/did/deactivate/{}", made.json()["did"].as_str().unwrap());
    let surplus = from(
        &server,
        HERE,
        post("/key/create", Some(&server.key), &json!({})),
    )
    .await;
    assert_eq!(surplus.status, 200, "{}", surplus.error());
    let keys = json!({"publicKeyHexs": [surplus.json()["kid"]]});
    for port in 1..=3 {
        let address = format!("192.0.2.{port}:1");
        let answer = from(&server, &address, post(&path, Some(&server.key), &keys)).await;
        if port < 3 {
            assert_eq!(answer.status, 400, "{}", answer.error());
        } else {
            assert_too_many(&answer, "sets of signatures");
        }
    }
    let read = from(&server, HERE, list("x-api-key", &server.key)).await;
    assert_eq!(read.status, 200, "other requests are not stopped");
}

#[tokio::test]
async fn credentials_that_are_not_good_are_counted_by_address_and_good_keys_pass_all_the_same() {
    let setting = ("ATROPOS_RATES_FAILED_LOGINS_PER_MIN", "3");
    let server = Server::start_with(&[setting]).await;
    let unknown = "k".repeat(64);
    for _ in 0..3 {
        let answer = from(&server, HERE, list("x-api-key", &unknown)).await;
        assert_eq!(answer.status, 401);
    }
    let answer = from(&server, HERE, list("x-api-key", &unknown)).await;
    assert_too_many(&answer, "to be let in");
    let (name, value) = basic("somebody").pop().unwrap();
    let answer = from(&server, HERE, list(name, &value)).await;
    assert_too_many(&answer, "to be let in");
    let answer = from(&server, "192.0.2.2:1", list("x-api-key", &unknown)).await;
    assert_eq!(answer.status, 401, "another address has its own budget");
    let answer = from(&server, HERE, list("x-api-key", &server.key)).await;
    assert_eq!(answer.status, 200);
}
