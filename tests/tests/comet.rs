//! `kill -9` under a load of transactions, again and again: what was answered is found with the same outcome, no
//! sequence goes back, and what was on its way is done once or not at all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cosmos::TxHash;
use serde_json::Value;
use tests::comet::{Comet, LISTENING, Payer};
use tests::server::{Place, Server};
use tests::wallet::Wallet;

const ROUNDS: u64 = 25;
const PAYERS: u64 = 6;
/// Shortest and longest load before the kill.
const LOAD_MS: std::ops::Range<u64> = 5..150;
const FLAGS: [&str; 2] = ["--comet-listen", "127.0.0.1:0"];

/// A transaction, and what was said of it.
struct Sent {
    bytes: Vec<u8>,
    did: String,
    answered: bool,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_survives_and_nothing_is_done_twice() {
    let place = Place::new().unwrap();
    let numbers = Arc::new(AtomicU64::new(1));
    let mut payers: Vec<Payer> = (1..=PAYERS)
        .map(|number| Payer::new(number, 0).unwrap())
        .collect();
    let mut history = Vec::new();
    let mut unanswered = 0;
    let mut height = 0;
    for round in 0..ROUNDS {
        let (sent, back) = load_and_kill(&place, payers, &numbers, round).await;
        let server = place.start_with(&FLAGS).unwrap();
        let comet = comet(&server);
        let now = comet.height().await.unwrap();
        assert!(now >= height, "{now} < {height}");
        unanswered += sent.iter().filter(|sent| !sent.answered).count();
        payers = back;
        check(&comet, sent.iter().filter(|sent| sent.answered)).await;
        ask_again(&comet, &sent).await;
        history.extend(sent);
        check(&comet, history.iter()).await;
        height = comet.height().await.unwrap();
        server.kill().unwrap();
    }
    let answered = history.iter().filter(|sent| sent.answered).count();
    assert!(
        answered > ROUNDS as usize && unanswered > ROUNDS as usize / 2,
        "the kill has met transactions on their way, or nothing was tested: {answered} answered, {unanswered} not"
    );
}

/// Every payer creates DIDs as fast as it can, until the server is killed in the middle of it.
async fn load_and_kill(
    place: &Place,
    payers: Vec<Payer>,
    numbers: &Arc<AtomicU64>,
    round: u64,
) -> (Vec<Sent>, Vec<Payer>) {
    let server = place.start_with(&FLAGS).unwrap();
    let comet = comet(&server);
    let sending: Vec<_> = payers
        .into_iter()
        .map(|payer| {
            tokio::spawn(create_until_it_ends(
                comet.clone(),
                payer,
                Arc::clone(numbers),
            ))
        })
        .collect();
    let spread = LOAD_MS.end - LOAD_MS.start;
    tokio::time::sleep(Duration::from_millis(LOAD_MS.start + round * 37 % spread)).await;
    server.kill().unwrap();
    let (mut all, mut back) = (Vec::new(), Vec::new());
    for task in sending {
        let (sent, payer) = task.await.unwrap();
        all.extend(sent);
        back.push(payer);
    }
    (all, back)
}

async fn create_until_it_ends(
    comet: Comet,
    payer: Payer,
    numbers: Arc<AtomicU64>,
) -> (Vec<Sent>, Payer) {
    let mut all = Vec::new();
    loop {
        let wallet = Wallet::new(numbers.fetch_add(1, Ordering::Relaxed), 1);
        let bytes = payer.transaction(&wallet.create());
        let did = wallet.did().to_owned();
        let answer = comet.broadcast(&bytes).await;
        all.push(Sent {
            bytes,
            did,
            answered: answer.is_ok(),
        });
        match answer {
            Ok(answer) => assert_eq!(answer.code, 0, "{}", answer.log),
            Err(_) => return (all, payer),
        }
    }
}

/// What nobody has heard of: the same bytes again are accepted now if they were not before, and answered the same if
/// they were.
async fn ask_again(comet: &Comet, sent: &[Sent]) {
    for sent in sent.iter().filter(|sent| !sent.answered) {
        let again = comet.broadcast(&sent.bytes).await.unwrap();
        assert_eq!(again.code, 0, "{}", again.log);
    }
}

async fn check(comet: &Comet, history: impl Iterator<Item = &Sent>) {
    for sent in history {
        let found = comet.transaction(&TxHash::of(&sent.bytes)).await.unwrap();
        let found = found.unwrap_or_else(|| panic!("the transaction for {} is lost", sent.did));
        assert_eq!(found["tx_result"]["code"], 0, "{}: {found}", sent.did);
        assert_ne!(found["height"], Value::from("0"));
    }
}

fn comet(server: &Server) -> Comet {
    Comet::new(&server.logged_address(LISTENING).unwrap()).unwrap()
}
