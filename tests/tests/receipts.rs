//! Receipts outlive their server: they verify with nothing but the receipt and the policy that was pinned before.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;
use std::process::Output;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::client::Client;
use tests::python;
use tests::server::Place;
use tests::studio::{Held, expect_200};
use tests::wallet::Wallet;
use tests::witness::Watched;

const KEYS: usize = 3;
/// How long a quorum may take.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_receipt_of_a_did_with_three_keys_verifies_with_the_server_switched_off() {
    let place = Place::new().unwrap();
    let server = place.start().unwrap();
    let client = server.client().unwrap();
    let held = Held::create(&client, &Wallet::did_of(1), KEYS)
        .await
        .unwrap();
    let keys: Vec<&String> = held.keys.iter().collect();
    // One key short of all does not end it, and gives nothing to show.
    let short = held.deactivate_with(&client, &keys[1..]).await.unwrap();
    assert_eq!(short.status, 400, "{}", short.text());
    assert_ne!(status_in(&receipt(&client, &held.did).await), "deactivated");
    expect_200(held.deactivate_with(&client, &keys).await.unwrap()).unwrap();
    let receipt = receipt(&client, &held.did).await;
    let policy = client.get("/v1/policy/testnet").await.unwrap().text();
    server.stop().unwrap();

    assert_eq!(status_in(&receipt), "deactivated");
    let summary = &parse(&receipt)["summary"];
    assert_eq!(summary["distinctKeys"], KEYS);
    for (position, key) in held.keys.iter().enumerate() {
        let method = &summary["methods"][position];
        assert_eq!(method["id"], held.method_id(position).as_str());
        assert_eq!(method["publicKeyHex"], key.as_str());
    }
    let verified = verify(&place, &receipt, &policy);
    assert_eq!(verified.0["status"], "deactivated", "{verified:?}");
    assert!(verified.1.status.success());
    assert!(python_says(&place).get("verdict").is_some());

    let spoiled = String::from_utf8(receipt.clone()).unwrap();
    let spoiled = spoiled.replace(&held.keys[0], &held.keys[1]);
    assert_ne!(spoiled.as_bytes(), receipt);
    let refused = verify(&place, spoiled.as_bytes(), &policy);
    assert_eq!(refused.0["code"], "otherSummary", "{refused:?}");
    assert_eq!(refused.1.status.code(), Some(1));
    let foreign = policy.replace("log ", "log other.example/");
    let foreign = verify(&place, &receipt, &foreign);
    assert_eq!(foreign.1.status.code(), Some(2), "a key under another name");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_published_receipt_tells_the_time_of_the_witness_and_never_changes() {
    let watched = Watched::new().await.unwrap();
    let server = watched.start().unwrap();
    let client = server.client().unwrap();
    client.until_witnesses_are_asked().await.unwrap();
    let held = Held::create(&client, &Wallet::did_of(1), KEYS)
        .await
        .unwrap();
    let keys: Vec<&String> = held.keys.iter().collect();
    expect_200(held.deactivate_with(&client, &keys).await.unwrap()).unwrap();
    let published = published(&client, &held.did).await;
    let verified = verify(&watched.place, &published, &watched.policy);
    assert_eq!(verified.0["atLatest"]["clock"], "witnesses", "{verified:?}");
    assert!(python_says(&watched.place)["verdict"]["atLatestMs"]["witnessed"].is_u64());
    // The log goes on, and the receipt stays what it is.
    Held::create(&client, &Wallet::did_of(2), 1).await.unwrap();
    assert_eq!(published, receipt(&client, &held.did).await);
    server.stop().unwrap();
    let server = watched.start().unwrap();
    let again = receipt(&server.client().unwrap(), &held.did).await;
    assert_eq!(published, again);
}

async fn receipt(client: &Client, did: &str) -> Vec<u8> {
    let answer = client.get(&format!("/v1/receipts/{did}")).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.body
}

async fn published(client: &Client, did: &str) -> Vec<u8> {
    let begin = Instant::now();
    loop {
        let receipt = receipt(client, did).await;
        if parse(&receipt)["stage"] == "published" {
            return receipt;
        }
        assert!(begin.elapsed() < PATIENCE, "no quorum");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn parse(receipt: &[u8]) -> Value {
    serde_json::from_slice(receipt).unwrap()
}

fn status_in(receipt: &[u8]) -> String {
    parse(receipt)["summary"]["status"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// What the binary says, in a folder where a server once was.
fn verify(place: &Place, receipt: &[u8], policy: &str) -> (Value, Output) {
    fs::write(place.folder().join("receipt.json"), receipt).unwrap();
    fs::write(place.folder().join("policy.txt"), policy).unwrap();
    let arguments = ["verify", "receipt.json", "--policy", "policy.txt", "--json"];
    let output = place.run(&arguments).unwrap();
    let said = serde_json::from_slice(&output.stdout).unwrap_or(json!(null));
    (said, output)
}

/// What the independent verifier says of the same files.
fn python_says(place: &Place) -> Value {
    let file = |name: &str| place.folder().join(name).to_string_lossy().into_owned();
    let (receipt, policy) = (file("receipt.json"), file("policy.txt"));
    let arguments = ["verify_receipt.py", &receipt, "--policy", &policy];
    let output = python::python(&arguments).unwrap().output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}
