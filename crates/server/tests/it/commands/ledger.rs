//! `atropos ledger`: turns of a log, and DIDs that are carried over them.

use std::fs;

use proof::policy::Policy;
use proof::receipt::{self, Verdict};

use super::{Running, eventually, run, stderr, succeed, text};
use crate::support::{Folder, Wallet};

fn serve(folder: &Folder) -> Running {
    let data = folder.path().join("data");
    Running::start(&["serve", "--data", text(&data), "--listen", "127.0.0.1:0"])
}

fn ledger(folder: &Folder, arguments: &[&str]) -> String {
    let data = folder.path().join("data");
    succeed(&[&["ledger"][..], arguments, &["--data", text(&data)]].concat())
}

async fn submit(server: &Running, message: serde_json::Value) -> u16 {
    let client = reqwest::Client::new();
    let request = client.post(server.url("/v1/operations")).json(&message);
    request.send().await.unwrap().status().as_u16()
}

async fn fetch(server: &Running, path: &str) -> String {
    let response = reqwest::get(server.url(path)).await.unwrap();
    response.text().await.unwrap()
}

/// The receipt of a DID once it is published, and the policy that the server publishes.
async fn receipt_and_policy(server: &Running, did: &str) -> (String, Policy) {
    let url = server.url(&format!("/v1/receipts/{did}"));
    let published = |status, body: &str| status == 200 && body.contains("\"stage\":\"published\"");
    let receipt = eventually(&url, published).await;
    let policy = fetch(server, "/v1/policy/testnet").await;
    let bounds = fetch(server, "/v1/policy/testnet/bounds").await;
    (receipt, Policy::parse(&policy, Some(&bounds)).unwrap())
}

#[tokio::test]
async fn a_log_gets_another_key_and_old_and_new_receipts_verify_under_the_new_policy() {
    let folder = Folder::new().unwrap();
    let (before, after) = (Wallet::new(1, 1), Wallet::new(2, 1));
    let server = serve(&folder);
    assert_eq!(submit(&server, before.create()).await, 200);
    assert_eq!(submit(&server, before.deactivate_json(&[1])).await, 200);
    let (old_receipt, old_policy) = receipt_and_policy(&server, &before.did).await;
    server.stop();

    let first = ledger(&folder, &["init"]);
    let told = ledger(&folder, &["rotate-key"]);
    let key = |told: &str| {
        let line = told.lines().find_map(|line| line.strip_prefix("  key "));
        line.unwrap().to_owned()
    };
    assert_ne!(key(&first), key(&told));
    assert_eq!(key(&ledger(&folder, &["init"])), key(&told));

    let server = serve(&folder);
    assert_eq!(submit(&server, after.create()).await, 200);
    assert_eq!(submit(&server, after.deactivate_json(&[1])).await, 200);
    let (new_receipt, new_policy) = receipt_and_policy(&server, &after.did).await;
    let ends = |receipt: &str, policy: &Policy| {
        matches!(
            receipt::verify(receipt.as_bytes(), policy),
            Ok(Verdict::Deactivated { .. })
        )
    };
    assert!(ends(&new_receipt, &new_policy));
    assert!(ends(&old_receipt, &new_policy));
    assert!(ends(&old_receipt, &old_policy));
    // Whoever has not heard of the new key believes nothing that it signs.
    assert!(!ends(&new_receipt, &old_policy));
    server.stop();
    assert!(ledger(&folder, &["verify"]).contains("testnet: verified"));
}

#[tokio::test]
async fn after_a_loss_nothing_is_called_active_until_it_is_imported() {
    let folder = Folder::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (updated, ended) = (Wallet::new(1, 1), Wallet::new(2, 1));
    let server = serve(&folder);
    assert_eq!(submit(&server, updated.create()).await, 200);
    assert_eq!(submit(&server, ended.create()).await, 200);
    let (data, backup) = (path("data"), path("backup"));
    succeed(&["backup", "--data", text(&data), "--to", text(&backup)]);
    assert_eq!(submit(&server, ended.deactivate_json(&[1])).await, 200);
    let newest = fetch(&server, "/log/testnet/checkpoint").await;
    for wallet in [&updated, &ended] {
        let export = fetch(&server, &format!("/v1/exports/{}", wallet.did)).await;
        fs::write(path(&wallet.did), export).unwrap();
    }
    server.stop();
    fs::write(path("newest"), newest).unwrap();

    // Data, guard and every mirror are gone; an older backup and two exports are left.
    for lost in ["data", "data.guard", "data.keys"] {
        fs::remove_dir_all(path(lost)).unwrap();
    }
    succeed(&["restore", "--data", text(&data), "--from", text(&backup)]);
    let exported = fs::read_to_string(path(&ended.did)).unwrap();
    let exported: serde_json::Value = serde_json::from_str(&exported).unwrap();
    fs::write(path("newest"), exported["checkpoint"].as_str().unwrap()).unwrap();
    let told = ledger(&folder, &["recover", "--checkpoint", text(&path("newest"))]);
    assert!(told.contains("continues under a new name"), "{told}");

    let server = serve(&folder);
    let status = async |did: &str| {
        let url = server.url(&format!("/1.0/identifiers/{did}"));
        reqwest::get(url).await.unwrap().status().as_u16()
    };
    assert_eq!(
        (status(&updated.did).await, status(&ended.did).await),
        (503, 503)
    );
    let import = async |did: &str| {
        let body = fs::read(path(did)).unwrap();
        let client = reqwest::Client::new();
        let request = client.post(server.url("/v1/imports")).body(body);
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.text().await.unwrap())
    };
    for wallet in [&ended, &updated, &ended] {
        let (status, told) = import(&wallet.did).await;
        assert_eq!(status, 200, "{told}");
    }
    assert_eq!(
        (status(&updated.did).await, status(&ended.did).await),
        (200, 410)
    );
    let (receipt, policy) = receipt_and_policy(&server, &ended.did).await;
    let verdict = receipt::verify(receipt.as_bytes(), &policy).unwrap();
    assert!(matches!(verdict, Verdict::Deactivated { .. }));
}

#[tokio::test]
async fn an_export_is_the_same_from_the_server_and_from_the_command_line() {
    let folder = Folder::new().unwrap();
    let wallet = Wallet::new(1, 1);
    let server = serve(&folder);
    assert_eq!(submit(&server, wallet.create()).await, 200);
    let served = fetch(&server, &format!("/v1/exports/{}", wallet.did)).await;
    // It is of this log itself: nothing that could be imported here.
    let client = reqwest::Client::new();
    let request = client.post(server.url("/v1/imports")).body(served.clone());
    assert_eq!(request.send().await.unwrap().status(), 400);
    server.stop();

    assert_eq!(ledger(&folder, &["export", &wallet.did]), served);
    let file = folder.path().join("export");
    ledger(&folder, &["export", &wallet.did, "--to", text(&file)]);
    assert_eq!(fs::read_to_string(&file).unwrap(), served);
    let data = folder.path().join("data");
    let output = run(&["ledger", "import", text(&file), "--data", text(&data)]);
    assert!(!output.status.success());
    assert!(
        stderr(&output).contains("does not continue"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn nothing_is_recovered_where_nothing_is_lost() {
    let folder = Folder::new().unwrap();
    let data = folder.path().join("data");
    ledger(&folder, &["init"]);
    let output = run(&["ledger", "recover", "--data", text(&data)]);
    assert!(!output.status.success());
    assert!(
        stderr(&output).contains("nothing is lost"),
        "{}",
        stderr(&output)
    );
    // The name that was not taken is forgotten: the server starts as before.
    serve(&folder).stop();
}

#[tokio::test]
async fn erased_data_of_a_resource_is_gone_and_what_is_said_of_it_stays() {
    let folder = Folder::new().unwrap();
    let wallet = Wallet::new(1, 1);
    let id = "00000007-0000-4000-a000-000000000000";
    let server = serve(&folder);
    assert_eq!(submit(&server, wallet.create()).await, 200);
    assert_eq!(
        submit(&server, wallet.resource(7, b"data", &[1])).await,
        200
    );
    let search = format!("/resource/search/{}", wallet.did);
    let data = format!("{search}?resourceId={id}");
    assert_eq!(fetch(&server, &data).await, "data");
    server.stop();

    let told = ledger(&folder, &["erase-resource", &wallet.did, id]);
    assert!(told.contains("is erased"), "{told}");
    let told = ledger(&folder, &["erase-resource", &wallet.did, id]);
    assert!(told.contains("already absent"), "{told}");
    let told = ledger(&folder, &["verify"]);
    assert!(
        told.contains("resources   1, 1 of them without data"),
        "{told}"
    );

    let server = serve(&folder);
    let gone = reqwest::get(server.url(&data)).await.unwrap();
    assert_eq!(gone.status(), 410);
    let left = fetch(&server, &search).await;
    assert!(
        left.contains(id) && left.contains("\"checksum\":null"),
        "{left}"
    );
    server.stop();
}
