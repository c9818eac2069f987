//! `kill -9` under load, again and again: what was acknowledged is there, the rest is whole or absent, and no document
//! is left whose keys are gone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tests::client::Client;
use tests::server::Place;
use tests::studio::expect_200;
use tests::wallet::Wallet;

const ROUNDS: u64 = 200;
/// Rounds with the same files. A new start of the log keeps the replay of all of it short.
const ROUNDS_PER_PLACE: u64 = 20;
/// Clients of each kind.
const CLIENTS: usize = 3;
/// Shortest and longest load before the kill.
const LOAD_MS: std::ops::Range<u64> = 5..200;

/// What a client knows of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    No,
    Unanswered,
    Acknowledged,
}

/// Two DIDs that are made in one submission, and ended in another.
struct Pair {
    wallets: [Wallet; 2],
    created: Sent,
    ended: Sent,
}

/// A DID whose key the server holds.
struct Held {
    did: String,
    created: Sent,
    ended: Sent,
}

#[derive(Default)]
struct History {
    pairs: Vec<Pair>,
    held: Vec<Held>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_and_nothing_is_half_there() {
    let mut acknowledged = 0;
    let mut unanswered = 0;
    for first_round in (0..ROUNDS).step_by(ROUNDS_PER_PLACE as usize) {
        let place = Place::new().unwrap();
        let numbers = Arc::new(AtomicU64::new(first_round << 20));
        let mut history = History::default();
        for round in first_round..(first_round + ROUNDS_PER_PLACE).min(ROUNDS) {
            let mut made = load_and_kill(&place, &numbers, round).await;
            unanswered += made.count(Sent::Unanswered);
            acknowledged += made.count(Sent::Acknowledged);
            verify(&place, round);
            let server = place.start().unwrap();
            check(&server.client().unwrap(), &mut made).await;
            server.kill().unwrap();
            history.pairs.extend(made.pairs);
            history.held.extend(made.held);
        }
        let server = place.start().unwrap();
        let client = server.client().unwrap();
        check(&client, &mut history).await;
        every_held_did_can_be_ended(&client).await;
        server.stop().unwrap();
        verify(&place, first_round);
    }
    // The kill has met requests on their way, or nothing was tested.
    assert!(
        acknowledged > 10 * ROUNDS as usize && unanswered > ROUNDS as usize,
        "{acknowledged} {unanswered}"
    );
}

/// One life of a server: load until the kill.
async fn load_and_kill(place: &Place, numbers: &Arc<AtomicU64>, round: u64) -> History {
    let server = place.start().unwrap();
    let client = server.client().unwrap();
    let mut tasks = Vec::new();
    for number in 0..2 * CLIENTS {
        let (client, numbers) = (client.clone(), numbers.clone());
        tasks.push(tokio::spawn(async move {
            match number % 2 {
                0 => sign_outside(&client, &numbers).await,
                _ => let_the_server_sign(&client, &numbers).await,
            }
        }));
    }
    let spread = LOAD_MS.end - LOAD_MS.start;
    let load_ms = LOAD_MS.start + (round.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) % spread;
    tokio::time::sleep(Duration::from_millis(load_ms)).await;
    server.kill().unwrap();
    let mut history = History::default();
    for task in tasks {
        let made = task.await.unwrap();
        history.pairs.extend(made.pairs);
        history.held.extend(made.held);
    }
    history
}

async fn sign_outside(client: &Client, numbers: &AtomicU64) -> History {
    let mut history = History::default();
    loop {
        let number = numbers.fetch_add(2, Ordering::Relaxed);
        let wallets = [Wallet::new(number, 1), Wallet::new(number + 1, 2)];
        let mut pair = Pair {
            wallets,
            created: Sent::No,
            ended: Sent::No,
        };
        pair.created = send(client, "/v1/operations", &pair.creates()).await;
        if pair.created == Sent::Acknowledged && number.is_multiple_of(4) {
            pair.ended = send(client, "/v1/operations", &pair.ends()).await;
        }
        let goes_on = pair.created == Sent::Acknowledged && pair.ended != Sent::Unanswered;
        history.pairs.push(pair);
        if !goes_on {
            return history;
        }
    }
}

async fn let_the_server_sign(client: &Client, numbers: &AtomicU64) -> History {
    let mut history = History::default();
    loop {
        let number = numbers.fetch_add(2, Ordering::Relaxed);
        let mut held = Held {
            did: Wallet::did_of(number),
            created: Sent::No,
            ended: Sent::No,
        };
        held.created = send(client, "/did/create", &held.create()).await;
        if held.created == Sent::Acknowledged && number.is_multiple_of(4) {
            held.ended = send(client, &format!("/did/deactivate/{}", held.did), &json!({})).await;
        }
        let goes_on = held.created == Sent::Acknowledged && held.ended != Sent::Unanswered;
        history.held.push(held);
        if !goes_on {
            return history;
        }
    }
}

/// A server that still answers must accept; one that was killed does not answer.
async fn send(client: &Client, path: &str, body: &Value) -> Sent {
    match client.post(path, body).await {
        Ok(answer) if answer.status == 200 => Sent::Acknowledged,
        Ok(answer) => panic!("{path}: {}: {}", answer.status, answer.text()),
        Err(_) => Sent::Unanswered,
    }
}

fn verify(place: &Place, round: u64) {
    let output = place.run(&["ledger", "verify"]).unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "round {round}: {out}{err}");
}

async fn check(client: &Client, history: &mut History) {
    for pair in &mut history.pairs {
        pair.check(client).await;
    }
    let mut listed = BTreeSet::new();
    for page in 1.. {
        let list = expect_200(
            client
                .get(&format!("/did/list?page={page}&limit=1000"))
                .await
                .unwrap(),
        )
        .unwrap();
        let dids = list["dids"].as_array().unwrap();
        listed.extend(dids.iter().map(|did| did.as_str().unwrap().to_owned()));
        if dids.is_empty() {
            break;
        }
    }
    for held in &mut history.held {
        held.check(client, &listed).await;
    }
}

impl Pair {
    fn creates(&self) -> Value {
        json!({"operations": self.wallets.each_ref().map(|wallet| wallet.create().json())})
    }

    fn ends(&self) -> Value {
        json!({"operations": self.wallets.each_ref().map(|wallet| wallet.deactivate(2).json())})
    }

    /// Both of them are there or neither is, both have ended or neither has. What was not answered is sent again.
    async fn check(&mut self, client: &Client) {
        let first = status_of(client, self.wallets[0].did()).await;
        assert_eq!(
            first,
            status_of(client, self.wallets[1].did()).await,
            "{}",
            self.wallets[0].did()
        );
        expect(first, self.created, self.ended, self.wallets[0].did());
        for (sent, body) in [(&mut self.created, true), (&mut self.ended, false)] {
            if *sent == Sent::Unanswered {
                let wallets = self.wallets.each_ref();
                let messages = wallets.map(|wallet| {
                    if body {
                        wallet.create()
                    } else {
                        wallet.deactivate(2)
                    }
                    .json()
                });
                *sent = send(client, "/v1/operations", &json!({"operations": messages})).await;
                assert_eq!(*sent, Sent::Acknowledged);
            }
        }
    }
}

impl Held {
    fn create(&self) -> Value {
        let document = json!({
            "id": self.did, "controller": [self.did], "authentication": [format!("{}#key-1", self.did)],
        });
        json!({"didDocument": document, "options": {"verificationMethodType": "Ed25519VerificationKey2020"}})
    }

    /// It is on the ledger and in the account's list, or in neither. An end that was not answered is asked for again.
    async fn check(&mut self, client: &Client, listed: &BTreeSet<String>) {
        let status = status_of(client, &self.did).await;
        expect(status, self.created, self.ended, &self.did);
        assert_eq!(
            listed.contains(&self.did),
            status != 404,
            "{}: {status}, list",
            self.did
        );
        if self.created == Sent::Unanswered {
            self.created = if status == 404 {
                Sent::No
            } else {
                Sent::Acknowledged
            };
        }
        if self.ended == Sent::Unanswered {
            self.ended = send(client, &format!("/did/deactivate/{}", self.did), &json!({})).await;
            assert_eq!(self.ended, Sent::Acknowledged);
        }
    }
}

async fn status_of(client: &Client, did: &str) -> u16 {
    let answer = client
        .get(&format!("/1.0/identifiers/{did}"))
        .await
        .unwrap();
    if answer.status == 200 {
        let methods = &answer.json().unwrap()["didDocument"]["verificationMethod"];
        assert!(
            methods
                .as_array()
                .is_some_and(|methods| !methods.is_empty()),
            "{did}: {}",
            answer.text()
        );
    }
    answer.status
}

fn expect(status: u16, created: Sent, ended: Sent, did: &str) {
    let possible: &[u16] = match (created, ended) {
        (_, Sent::Acknowledged) => &[410],
        (Sent::Acknowledged, Sent::Unanswered) => &[200, 410],
        (Sent::Acknowledged, Sent::No) => &[200],
        (Sent::Unanswered, _) => &[200, 404],
        (Sent::No, _) => &[404],
    };
    assert!(
        possible.contains(&status),
        "{did}: {status}, created {created:?}, ended {ended:?}"
    );
}

/// Only a held key can do that, also for a DID whose create was never answered.
async fn every_held_did_can_be_ended(client: &Client) {
    let list = expect_200(client.get("/did/list").await.unwrap()).unwrap();
    for did in list["dids"].as_array().unwrap() {
        let did = did.as_str().unwrap();
        let answer = client
            .post_nothing(&format!("/did/deactivate/{did}"))
            .await
            .unwrap();
        assert_eq!(answer.status, 200, "{did}: {}", answer.text());
        assert_eq!(status_of(client, did).await, 410);
    }
}

impl History {
    fn count(&self, sent: Sent) -> usize {
        let pairs = self
            .pairs
            .iter()
            .flat_map(|pair| [pair.created, pair.ended]);
        let held = self.held.iter().flat_map(|held| [held.created, held.ended]);
        pairs.chain(held).filter(|one| *one == sent).count()
    }
}
