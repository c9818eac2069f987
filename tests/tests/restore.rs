//! A server that is put back to an older state. Each net alone keeps it from calling an ended DID active and from
//! signing a second history; where all nets went back as well, nothing can.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::time::{Duration, Instant};

use serde_json::Value;
use tests::client::{Answer, Client};
use tests::server::{Place, Saved, Server};
use tests::studio::expect_200;
use tests::wallet::{Signed, Wallet};
use tests::witness::Watched;

const PROTOBUF: &str = "application/protobuf";
const DATA: [&str; 1] = ["data"];
const DATA_AND_GUARD: [&str; 2] = ["data", "data.guard"];
const EVERYTHING: [&str; 3] = ["data", "data.guard", "data.keys"];
/// How long a server may take until it has heard from its witness.
const PATIENCE: Duration = Duration::from_secs(60);

/// A DID that was active when everything was saved, and has ended since.
struct Ended {
    wallet: Wallet,
    saved: Saved,
    /// The checkpoint that a client got with the end.
    checkpoint: String,
    /// The receipt that it fetched.
    receipt: Vec<u8>,
}

/// Creates a DID, saves these parts, and ends the DID. The server has stopped when this returns.
async fn end_after_saving(place: &Place, parts: &[&str]) -> Ended {
    let started = || place.start().unwrap();
    let (wallet, saved) = create_and_save(started(), place, parts).await;
    end(started(), wallet, saved).await
}

/// The same under a witness, which has heard of the end.
async fn end_after_saving_watched(watched: &Watched, parts: &[&str]) -> Ended {
    let (wallet, saved) = create_and_save(watched.start().unwrap(), &watched.place, parts).await;
    let ended = end(watched.start().unwrap(), wallet, saved).await;
    // A witness that has not heard of it may well confirm the older state: that is not what is tested.
    let server = watched.start().unwrap();
    wait_until_witnessed(watched, &server.client().unwrap()).await;
    server.stop().unwrap();
    ended
}

async fn create_and_save(server: Server, place: &Place, parts: &[&str]) -> (Wallet, Saved) {
    let wallet = Wallet::new(1, 2);
    send(&server.client().unwrap(), &wallet.create()).await;
    server.stop().unwrap();
    (wallet, place.save(parts).unwrap())
}

async fn end(server: Server, wallet: Wallet, saved: Saved) -> Ended {
    let client = server.client().unwrap();
    let accepted = send(&client, &wallet.deactivate(2)).await;
    let receipt = receipt_of(&client, &wallet).await;
    server.stop().unwrap();
    Ended {
        wallet,
        saved,
        checkpoint: accepted["checkpoint"].as_str().unwrap().to_owned(),
        receipt,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_head_guard_alone_notices_older_data() {
    let place = Place::new().unwrap();
    let ended = end_after_saving(&place, &DATA).await;
    place.put_back(&ended.saved).unwrap();
    let Err(refusal) = place.start() else {
        panic!("it serves data that are older than its guard");
    };
    assert!(refusal.to_string().contains("older"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_backup_is_not_put_back_beside_a_newer_guard() {
    let place = Place::new().unwrap();
    let wallet = Wallet::new(1, 2);
    let server = place.start().unwrap();
    send(&server.client().unwrap(), &wallet.create()).await;
    // A backup needs no pause.
    assert!(run(&place, &["backup", "--to", "backup"]).status.success());
    send(&server.client().unwrap(), &wallet.deactivate(2)).await;
    server.stop().unwrap();
    std::fs::remove_dir_all(place.folder().join("data")).unwrap();
    let refused = run(&place, &["restore", "--from", "backup"]);
    assert!(!refused.status.success());
    let text = String::from_utf8_lossy(&refused.stderr);
    assert!(text.contains("entries"), "{text}");
    assert!(place.start().is_err(), "it starts without its log");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_witness_alone_notices_older_data_with_their_guard() {
    let watched = Watched::new().await.unwrap();
    let ended = end_after_saving_watched(&watched, &DATA_AND_GUARD).await;
    watched.place.put_back(&ended.saved).unwrap();
    let server = watched.start().unwrap();
    let client = server.client().unwrap();
    never_active(&client, &ended.wallet).await;
    let health = wait_for_standing(&client, "contradicted").await;
    assert_eq!(health["networks"][0]["state"], "read-only", "{health}");
    never_active(&client, &ended.wallet).await;
    nothing_is_accepted(&client).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_checkpoint_of_a_client_alone_notices_older_data_with_their_guard() {
    let place = Place::new().unwrap();
    let ended = end_after_saving(&place, &DATA_AND_GUARD).await;
    let shown = [
        ("text/plain", ended.checkpoint.clone().into_bytes()),
        ("application/json", ended.receipt.clone()),
    ];
    for (content_type, bytes) in shown {
        place.put_back(&ended.saved).unwrap();
        let server = place.start().unwrap();
        let client = server.client().unwrap();
        let effect = client
            .post_bytes("/v1/checkpoints", content_type, bytes)
            .await
            .unwrap();
        let effect = expect_200(effect).unwrap();
        // Its own key has signed what it does not hold.
        assert_eq!(effect["effect"], "contradicted", "{effect}");
        never_active(&client, &ended.wallet).await;
        nothing_is_accepted(&client).await;
        server.stop().unwrap();
        // It does not forget.
        let server = place.start().unwrap();
        let client = server.client().unwrap();
        never_active(&client, &ended.wallet).await;
        nothing_is_accepted(&client).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_everything_put_back_and_nobody_who_watches_it_cannot_notice() {
    let place = Place::new().unwrap();
    let ended = end_after_saving(&place, &EVERYTHING).await;
    place.put_back(&ended.saved).unwrap();
    let server = place.start().unwrap();
    let client = server.client().unwrap();
    let answer = resolve(&client, &ended.wallet).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    // The receipt that was issued stays what it is.
    let policy = client.get("/v1/policy/testnet").await.unwrap().text();
    std::fs::write(place.folder().join("policy.txt"), policy).unwrap();
    std::fs::write(place.folder().join("receipt.json"), &ended.receipt).unwrap();
    let verified = run(
        &place,
        &["verify", "receipt.json", "--policy", "policy.txt"],
    );
    assert!(verified.status.success(), "{verified:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_an_accepted_loss_the_export_of_a_did_ends_it_again() {
    let place = Place::new().unwrap();
    let ended = end_after_saving(&place, &DATA).await;
    let did = ended.wallet.did();
    let exported = run(&place, &["ledger", "export", did, "--to", "export.json"]);
    assert!(exported.status.success(), "{exported:?}");
    place.put_back(&ended.saved).unwrap();
    assert!(place.start().is_err(), "the guard does not notice");
    let recovered = run(
        &place,
        &["ledger", "recover", "--origin", "recovered.example"],
    );
    assert!(recovered.status.success(), "{recovered:?}");
    let server = place.start().unwrap();
    never_active(&server.client().unwrap(), &ended.wallet).await;
    server.stop().unwrap();
    let imported = run(&place, &["ledger", "import", "export.json"]);
    assert!(imported.status.success(), "{imported:?}");
    let server = place.start().unwrap();
    let answer = resolve(&server.client().unwrap(), &ended.wallet).await;
    assert_eq!(answer.status, 410, "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_on_copies_with_one_guard_are_told_apart_by_its_lock() {
    let place = Place::new().unwrap();
    place.start().unwrap().stop().unwrap();
    let copy = copy_of(&place);
    let first = place.start().unwrap();
    let guard = place.folder().join("data.guard");
    let Err(refusal) = copy.start_with(&["--guard", &guard.to_string_lossy()]) else {
        panic!("two processes hold one guard");
    };
    assert!(refusal.to_string().contains("guard"), "{refusal}");
    send(&first.client().unwrap(), &Wallet::new(1, 1).create()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_on_whole_copies_are_told_apart_by_the_witness() {
    let watched = Watched::new().await.unwrap();
    let copy = copy_of(&watched.place);
    let (one, other) = (Wallet::new(1, 1), Wallet::new(2, 1));
    let first = watched.start().unwrap();
    let first = first.client().unwrap();
    wait_for_standing(&first, "confirmed").await;
    send(&first, &one.create()).await;
    wait_until_witnessed(&watched, &first).await;
    let second = watched.start_at(&copy).unwrap();
    let second = second.client().unwrap();
    wait_for_standing(&second, "contradicted").await;
    nothing_is_accepted(&second).await;
    never_active(&second, &one).await;
    never_active(&second, &other).await;
    // The one that the witness knows goes on.
    wait_for_standing(&first, "confirmed").await;
    send(&first, &other.create()).await;
}

fn copy_of(place: &Place) -> Place {
    let copy = Place::new().unwrap();
    copy.put_in(&place.save(&EVERYTHING).unwrap()).unwrap();
    copy
}

/// No interface calls the DID active.
async fn never_active(client: &Client, wallet: &Wallet) {
    let answer = resolve(client, wallet).await;
    assert_ne!(answer.status, 200, "{}", answer.text());
    let did = wallet.did();
    let status = client.get(&format!("/v1/status/{did}")).await.unwrap();
    assert!(!status.text().contains("\"active\""), "{}", status.text());
    let receipt = client.get(&format!("/v1/receipts/{did}")).await.unwrap();
    assert!(!receipt.text().contains("\"status\":\"active\""));
    let searched = client.get(&format!("/did/search/{did}")).await.unwrap();
    assert_ne!(searched.status, 200, "{}", searched.text());
}

/// An operation is refused, and the head stays where it is: no second history begins.
async fn nothing_is_accepted(client: &Client) {
    let head = client.head().await.unwrap();
    let create = Wallet::new(99, 1).create();
    let answer = client
        .post_bytes(create.path(), PROTOBUF, create.bytes())
        .await
        .unwrap();
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert_eq!(client.head().await.unwrap(), head);
}

async fn resolve(client: &Client, wallet: &Wallet) -> Answer {
    let path = format!("/1.0/identifiers/{}", wallet.did());
    client.get(&path).await.unwrap()
}

async fn send(client: &Client, signed: &Signed) -> Value {
    client.until_witnesses_are_asked().await.unwrap();
    let bytes = signed.bytes();
    let answer = client.post_bytes(signed.path(), PROTOBUF, bytes).await;
    expect_200(answer.unwrap()).unwrap()
}

async fn receipt_of(client: &Client, wallet: &Wallet) -> Vec<u8> {
    let path = format!("/v1/receipts/{}", wallet.did());
    let answer = client.get(&path).await.unwrap();
    expect_200(answer.clone()).unwrap();
    answer.body
}

async fn wait_for_standing(client: &Client, wanted: &str) -> Value {
    let begin = Instant::now();
    loop {
        let health = client.get("/health").await.unwrap().json().unwrap();
        if health["networks"][0]["protection"]["standing"]["state"] == wanted {
            return health;
        }
        assert!(begin.elapsed() < PATIENCE, "not {wanted}: {health}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn wait_until_witnessed(watched: &Watched, client: &Client) {
    let begin = Instant::now();
    let (size, _) = client.head().await.unwrap();
    while watched.size_known().await.unwrap() < size {
        assert!(
            begin.elapsed() < PATIENCE,
            "the witness does not hear of {size}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn run(place: &Place, arguments: &[&str]) -> std::process::Output {
    place.run(arguments).unwrap()
}
