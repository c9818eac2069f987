//! The audit log of the built binary: checked offline, and a net under the store.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::process::Output;

use serde_json::Value;
use tests::client::Client;
use tests::server::{Place, Server};
use tests::studio::{Held, expect_200};
use tests::wallet::Wallet;

const STORE: &str = "data/atropos.sqlite";

fn run(place: &Place, arguments: &[&str]) -> Output {
    place.run(arguments).unwrap()
}

fn succeeds(place: &Place, arguments: &[&str]) -> String {
    let output = run(place, arguments);
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {err}");
    String::from_utf8(output.stdout).unwrap()
}

fn fails(place: &Place, arguments: &[&str]) -> String {
    let output = run(place, arguments);
    assert!(!output.status.success(), "{arguments:?} succeeds");
    String::from_utf8(output.stderr).unwrap()
}

fn new_key(place: &Place) -> (String, String) {
    let made = succeeds(place, &["api-key", "create"]);
    let made: Value = serde_json::from_str(&made).unwrap();
    let text = |member: &str| made[member].as_str().unwrap().to_owned();
    (text("id"), text("secret"))
}

async fn lists(server: &Server, secret: &str) -> u16 {
    let client: Client = server.client().unwrap().with_key(Some(secret));
    client.get("/did/list").await.unwrap().status
}

/// The head once nothing is added to the log any more.
async fn settled_head(client: &Client) -> (u64, String) {
    let mut head = client.head().await.unwrap();
    loop {
        tokio::time::sleep(std::time::Duration::from_millis(2500)).await;
        let now = client.head().await.unwrap();
        if now == head {
            return head;
        }
        head = now;
    }
}

/// The store alone, as a copy of the disk would have it.
fn copy_store(place: &Place, from: &str, to: &str) {
    for extension in ["", "-wal", "-shm"] {
        let at = |name: &str| place.folder().join(format!("{name}{extension}"));
        let _absent = std::fs::remove_file(at(to));
        if at(from).exists() {
            std::fs::copy(at(from), at(to)).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_copy_of_the_store_is_refused_until_its_loss_is_accepted() {
    let place = Place::new().unwrap();
    let server = place.start().unwrap();
    let (id, secret) = new_key(&place);
    server.stop().unwrap();
    // What was done without a server is in the log after the next start.
    let server = place.start().unwrap();
    let head = settled_head(&server.client().unwrap()).await;
    assert_eq!(lists(&server, &secret).await, 200);
    server.stop().unwrap();
    copy_store(&place, STORE, "older.sqlite");

    let server = place.start().unwrap();
    // Beside the running server: refused at once, and in the log soon after, without any operation.
    succeeds(&place, &["api-key", "revoke", &id]);
    assert_eq!(lists(&server, &secret).await, 401);
    let client = server.client().unwrap();
    while client.head().await.unwrap() == head {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let text = succeeds(&place, &["audit", "verify"]);
    assert!(
        text.contains("a running server has the ledger open"),
        "{text}"
    );
    server.stop().unwrap();
    let text = succeeds(&place, &["audit", "verify"]);
    assert!(
        text.contains("testnet: consistent with the ledger"),
        "{text}"
    );
    assert!(fails(&place, &["audit", "accept-loss"]).contains("nothing is lost"));

    copy_store(&place, "older.sqlite", STORE);
    let Err(refusal) = place.start() else {
        panic!("a revoked key is back");
    };
    let refusal = refusal.to_string();
    assert!(refusal.contains("accept-loss"), "{refusal}");
    assert!(fails(&place, &["audit", "verify"]).contains("older copy"));

    let text = succeeds(&place, &["audit", "accept-loss"]);
    let new = text
        .lines()
        .map(str::trim)
        .find(|line| line.starts_with("atropos_"));
    let new = new.unwrap().to_owned();
    let server = place.start().unwrap();
    for old in [secret.as_str(), tests::server::API_KEY] {
        assert_eq!(lists(&server, old).await, 401);
    }
    assert_eq!(lists(&server, &new).await, 200);
    server.stop().unwrap();
    succeeds(&place, &["audit", "verify"]);
    // The copy stays older: accepting it once does not open it for ever.
    copy_store(&place, "older.sqlite", STORE);
    assert!(place.start().is_err(), "the older copy is taken again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_signature_is_recorded_and_an_export_is_checked_offline() {
    let place = Place::new().unwrap();
    let server = place.start().unwrap();
    let client = server.client().unwrap();
    let held = Held::create(&client, &Wallet::did_of(1), 1).await.unwrap();
    let all: Vec<&String> = held.keys.iter().collect();
    expect_200(held.deactivate_with(&client, &all).await.unwrap()).unwrap();
    // An API key may not read what was done by others.
    assert_eq!(client.get("/v1/audit").await.unwrap().status, 403);
    assert_eq!(client.get("/v1/audit/export").await.unwrap().status, 403);

    let export = succeeds(&place, &["audit", "export"]);
    std::fs::write(place.folder().join("export.ndjson"), &export).unwrap();
    let entries: Vec<Value> = export
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let signed: Vec<&Value> = entries
        .iter()
        .filter(|entry| entry["action"] == "keys.sign")
        .collect();
    assert_eq!(signed.len(), 2, "the create and the end");
    for entry in signed {
        assert_eq!(entry["subject"], held.did.as_str());
        assert_eq!(entry["address"], "127.0.0.1");
        assert!(entry["requestId"].is_string());
        assert!(entry["actor"].as_str().unwrap().starts_with("api-key:"));
    }
    let text = succeeds(&place, &["audit", "verify", "--file", "export.ndjson"]);
    assert!(text.contains(entries.last().unwrap()["hash"].as_str().unwrap()));
    let without: Vec<&str> = export.lines().skip(1).collect();
    std::fs::write(place.folder().join("export.ndjson"), without.join("\n")).unwrap();
    let text = fails(&place, &["audit", "verify", "--file", "export.ndjson"]);
    assert!(text.contains("audit row 0 is missing"), "{text}");
    let hidden = succeeds(&place, &["tenant", "create", "other"]);
    assert!(hidden.contains("other"));
    let of_other = succeeds(&place, &["audit", "export", "--tenant", "other"]);
    assert!(!of_other.contains(&held.did), "{of_other}");
    assert_eq!(of_other.lines().count(), entries.len() + 1);
}
