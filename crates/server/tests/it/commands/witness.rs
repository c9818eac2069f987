//! `atropos witness`, and a server that it watches.

use std::fs;

use proof::policy::Policy;
use proof::receipt::{self, Receipt, Stage, Verdict, When};
use serde_json::Value;

use super::{Running, eventually, run, stderr, succeed, text};
use crate::support::{Folder, Wallet};

#[tokio::test]
async fn receipts_are_published_once_the_witness_has_cosigned_and_survive_its_restart() {
    let folder = Folder::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (data, witness_data, policy) = (path("data"), path("witness"), path("policy"));
    let made = succeed(&["ledger", "init", "--data", text(&data)]);
    let log_key = made.rsplit("key ").next().unwrap().trim();

    let watch = [
        "witness",
        "--data",
        text(&witness_data),
        "--listen",
        "127.0.0.1:0",
        "--log",
        log_key,
    ];
    let named = [&watch[..], &["--name", "witness.example.org"]].concat();
    let witness = Running::start(&named);
    let vkey = witness.first_line.clone();
    assert!(vkey.starts_with("witness.example.org+"), "{vkey}");
    let lines = format!("witness w1 {vkey} {}\nquorum w1\n", witness.url(""));
    fs::write(&policy, lines).unwrap();

    let serve = ["serve", "--data", text(&data), "--listen", "127.0.0.1:0"];
    let publish = [
        "--publication-policy",
        text(&policy),
        "--publication-interval-ms",
        "10",
    ];
    let server = Running::start(&[&serve[..], &publish].concat());
    eventually(&server.url("/health"), |_, body| {
        body.contains("confirmed\"")
    })
    .await;
    let wallet = Wallet::new(1, 2);
    let client = reqwest::Client::new();
    for message in [wallet.create(), wallet.deactivate_json(&[1, 2])] {
        let request = client.post(server.url("/v1/operations")).json(&message);
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
    let receipt = server.url(&format!("/v1/receipts/{}", wallet.did));
    let published = |status, body: &str| {
        status == 200
            && Receipt::parse(body.as_bytes())
                .is_ok_and(|receipt| receipt.stage() == Stage::Published)
    };
    let bytes = eventually(&receipt, published).await;
    let pinned = async |path: &str| {
        let response = reqwest::get(server.url(path)).await.unwrap();
        response.text().await.unwrap()
    };
    let (policy, bounds) = (
        pinned("/v1/policy/testnet").await,
        pinned("/v1/policy/testnet/bounds").await,
    );
    let policy = Policy::parse(&policy, Some(&bounds)).unwrap();
    let verdict = receipt::verify(bytes.as_bytes(), &policy).unwrap();
    let witnessed = matches!(
        verdict,
        Verdict::Deactivated {
            at_latest_ms: When::Witnessed(_),
            ..
        }
    );
    assert!(witnessed, "{verdict:?}");

    // Again, from its own memory: the same key, and what it has cosigned.
    let checkpoint = proof::witness::checkpoint_path(&receipt_origin(&bytes));
    let remembered = reqwest::get(witness.url(&format!("/{checkpoint}")))
        .await
        .unwrap();
    assert_eq!(remembered.status(), 200);
    witness.stop();
    let again = Running::start(&watch);
    assert_eq!(again.first_line, vkey);
    let remembered = reqwest::get(again.url(&format!("/{checkpoint}")))
        .await
        .unwrap();
    assert_eq!(remembered.status(), 200);
    server.stop();
}

fn receipt_origin(bytes: &str) -> String {
    let value: Value = serde_json::from_str(bytes).unwrap();
    let note = value["checkpoint"].as_str().unwrap();
    note.lines().next().unwrap().to_owned()
}

#[test]
fn a_witness_without_a_log_or_under_another_name_does_not_start() {
    let folder = Folder::new().unwrap();
    let output = run(&["witness", "--data", text(folder.path())]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--log"), "{}", stderr(&output));
    let output = run(&[
        "witness",
        "--data",
        text(folder.path()),
        "--log",
        "nonsense",
    ]);
    assert_eq!(output.status.code(), Some(2));
}

#[tokio::test]
async fn a_silent_witness_leaves_active_unsaid_and_the_end_told() {
    let folder = Folder::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (data, witness_data, policy) = (path("data"), path("witness"), path("policy"));
    let made = succeed(&["ledger", "init", "--data", text(&data)]);
    let log_key = made.rsplit("key ").next().unwrap().trim();
    let witness = Running::start(&[
        "witness",
        "--data",
        text(&witness_data),
        "--listen",
        "127.0.0.1:0",
        "--log",
        log_key,
    ]);
    let lines = format!(
        "witness w {} {}\nquorum w\n",
        witness.first_line,
        witness.url("")
    );
    fs::write(&policy, lines).unwrap();
    witness.stop();

    let server = Running::start(&[
        "serve",
        "--data",
        text(&data),
        "--listen",
        "127.0.0.1:0",
        "--publication-policy",
        text(&policy),
    ]);
    let (active, ended) = (Wallet::new(1, 1), Wallet::new(2, 1));
    let client = reqwest::Client::new();
    for message in [active.create(), ended.create(), ended.deactivate_json(&[1])] {
        let request = client.post(server.url("/v1/operations"));
        assert_eq!(request.json(&message).send().await.unwrap().status(), 200);
    }
    let resolve = async |did: &str| {
        let url = server.url(&format!("/1.0/identifiers/{did}"));
        reqwest::get(url).await.unwrap().status().as_u16()
    };
    assert_eq!(resolve(&active.did).await, 503);
    assert_eq!(resolve(&ended.did).await, 410);
    let health = reqwest::get(server.url("/health")).await.unwrap();
    assert_eq!(health.status(), 200);
    assert!(health.text().await.unwrap().contains("\"unconfirmed\""));
}
