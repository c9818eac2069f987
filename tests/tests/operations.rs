//! Operations that their signers send themselves: no account, the signatures are the authority.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use proof::checkpoint::Checkpoint;
use serde_json::{Value, json};
use tests::client::{Answer, Client};
use tests::server::{Place, Server};
use tests::studio::expect_200;
use tests::wallet::{Signed, Wallet};

const PROTOBUF: &str = "application/protobuf";

struct World {
    _place: Place,
    _server: Server,
    client: Client,
}

impl World {
    fn new() -> World {
        let place = Place::new().unwrap();
        let server = place.start().unwrap();
        // Whoever signs needs no API key.
        let client = server.client().unwrap().with_key(None);
        World {
            _place: place,
            _server: server,
            client,
        }
    }

    async fn send(&self, message: &Signed) -> Answer {
        self.client
            .post_bytes(message.path(), PROTOBUF, message.bytes())
            .await
            .unwrap()
    }

    async fn send_json(&self, message: &Signed) -> Answer {
        self.client
            .post("/v1/operations", &message.json())
            .await
            .unwrap()
    }

    async fn status_of(&self, did: &str) -> u16 {
        self.client
            .get(&format!("/1.0/identifiers/{did}"))
            .await
            .unwrap()
            .status
    }

    /// A refusal that has left nothing behind.
    async fn refused(&self, message: &Signed) -> Value {
        let before = self.client.operations().await.unwrap();
        let (one, other) = (self.send(message).await, self.send_json(message).await);
        assert_eq!(
            (one.status, other.status),
            (400, 400),
            "{} {}",
            one.text(),
            other.text()
        );
        assert_eq!(one.json().unwrap(), other.json().unwrap());
        assert_eq!(self.client.operations().await.unwrap(), before);
        one.json().unwrap()
    }
}

#[tokio::test]
async fn a_did_lives_from_outside_and_each_message_may_come_twice() {
    let world = World::new();
    let wallet = Wallet::new(1, 3);
    let steps = [
        ("create", wallet.create(), 200),
        ("update", wallet.update(2, "https://example.com/2"), 200),
        ("update", wallet.update(3, "https://example.com/3"), 200),
        ("deactivate", wallet.deactivate(4), 410),
    ];
    for (kind, message, status) in steps {
        let first = expect_200(world.send(&message).await).unwrap();
        let operation = &first["operations"][0];
        assert_eq!(
            (&operation["kind"], &operation["did"]),
            (&json!(kind), &json!(wallet.did()))
        );
        assert_eq!(world.status_of(wallet.did()).await, status);
        let before = world.client.operations().await.unwrap();
        assert!(operation["logIndex"].as_u64().unwrap() < world.client.head().await.unwrap().0);

        // The same message, in either encoding, gets the same answer, and nothing is written.
        for again in [world.send(&message).await, world.send_json(&message).await] {
            let again = expect_200(again).unwrap();
            assert_eq!(again["operations"], first["operations"]);
        }
        assert_eq!(world.client.operations().await.unwrap(), before);
    }
}

#[tokio::test]
async fn the_answer_has_a_checkpoint_of_the_log_that_health_shows() {
    let world = World::new();
    // A state leaf that tells of the audit log alone may come in between, once after the start.
    for number in 1..=3 {
        let answer = expect_200(world.send(&Wallet::new(number, 1).create()).await).unwrap();
        let note = answer["checkpoint"].as_str().unwrap();
        let (text, signature) = note.split_once("\n\n").unwrap();
        assert!(signature.starts_with("\u{2014} "), "{note}");
        let (checkpoint, _) = Checkpoint::parse(&format!("{text}\n")).unwrap();
        let (size, root) = world.client.head().await.unwrap();
        if checkpoint.size == size {
            return assert_eq!(checkpoint.root.to_string(), root);
        }
        assert!(checkpoint.size < size);
    }
    panic!("no answer had the newest checkpoint");
}

#[tokio::test]
async fn a_deactivation_that_not_every_key_has_signed_names_the_missing() {
    let world = World::new();
    let wallet = Wallet::new(1, 3);
    expect_200(world.send(&wallet.create()).await).unwrap();
    for subset in 1..0b111u32 {
        let mut partial = wallet.deactivate(2);
        let signatures = std::mem::take(&mut partial.signatures);
        let mut missing = Vec::new();
        for (position, signature) in signatures.into_iter().enumerate() {
            match subset >> position & 1 {
                1 => partial.signatures.push(signature),
                _ => missing.push(wallet.method_id(position)),
            }
        }
        let body = world.refused(&partial).await;
        assert_eq!(body["missing"], json!(missing), "{body}");
        assert_eq!(
            (&body["invalid"], &body["unexpected"]),
            (&json!([]), &json!([])),
            "{body}"
        );
        assert_eq!(
            (&body["codespace"], &body["position"]),
            (&json!("cheqd"), &json!(0))
        );
        assert_eq!(world.status_of(wallet.did()).await, 200);
    }
    let mut full = wallet.deactivate(2);
    full.signatures.reverse();
    expect_200(world.send(&full).await).unwrap();
    assert_eq!(world.status_of(wallet.did()).await, 410);
}

#[tokio::test]
async fn spoilt_foreign_and_repeated_signatures_are_refused() {
    let world = World::new();
    let (wallet, other) = (Wallet::new(1, 2), Wallet::new(2, 1));
    expect_200(world.send(&wallet.create()).await).unwrap();
    expect_200(world.send(&other.create()).await).unwrap();

    let mut spoilt = wallet.deactivate(2);
    spoilt.signatures[1].signature[40] ^= 1;
    let body = world.refused(&spoilt).await;
    assert_eq!(body["invalid"], json!([wallet.method_id(1)]), "{body}");

    let mut foreign = wallet.deactivate(2);
    foreign
        .signatures
        .push(other.deactivate(2).signatures.remove(0));
    let body = world.refused(&foreign).await;
    assert_eq!(body["unexpected"], json!([other.method_id(0)]), "{body}");

    let mut repeated = wallet.deactivate(2);
    repeated.signatures[1] = repeated.signatures[0].clone();
    world.refused(&repeated).await;

    let mut swapped = wallet.deactivate(2);
    let (first, rest) = swapped.signatures.split_at_mut(1);
    std::mem::swap(&mut first[0].signature, &mut rest[0].signature);
    let body = world.refused(&swapped).await;
    assert_eq!(
        body["invalid"],
        json!([wallet.method_id(0), wallet.method_id(1)]),
        "{body}"
    );
    assert_eq!(world.status_of(wallet.did()).await, 200);
}

#[tokio::test]
async fn what_has_ended_or_never_was_cannot_be_changed() {
    let world = World::new();
    let (wallet, unknown) = (Wallet::new(1, 1), Wallet::new(2, 1));
    for message in [
        unknown.update(2, "https://example.com"),
        unknown.deactivate(2),
    ] {
        let body = world.refused(&message).await;
        assert_eq!(body["code"], 1201, "{body}");
    }
    expect_200(world.send(&wallet.create()).await).unwrap();
    expect_200(world.send(&wallet.deactivate(2)).await).unwrap();
    for (message, code) in [
        (wallet.update(3, "https://example.com"), 1207),
        (wallet.deactivate(3), 1207),
        (Wallet::new(1, 2).create(), 1200),
    ] {
        let body = world.refused(&message).await;
        assert_eq!(body["code"], code, "{body}");
        assert!(
            body["error"].as_str().unwrap().contains(wallet.did()),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_submission_of_several_is_accepted_whole_or_not_at_all() {
    let world = World::new();
    let wallets: Vec<Wallet> = (1..=3).map(|number| Wallet::new(number, 1)).collect();
    let creates: Vec<Value> = wallets
        .iter()
        .map(|wallet| wallet.create().json())
        .collect();
    let before = world.client.operations().await.unwrap();
    let mut spoilt = Wallet::new(4, 1).create();
    spoilt.signatures[0].signature[0] ^= 1;
    let mut list = creates.clone();
    list.push(spoilt.json());
    let answer = world
        .client
        .post("/v1/operations", &json!({"operations": list}))
        .await
        .unwrap();
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json().unwrap()["position"], 3, "{}", answer.text());
    assert_eq!(world.client.operations().await.unwrap(), before);
    for wallet in &wallets {
        assert_eq!(world.status_of(wallet.did()).await, 404);
    }

    let body = json!({"operations": creates});
    let answer = expect_200(world.client.post("/v1/operations", &body).await.unwrap()).unwrap();
    let dids: Vec<&Value> = answer["operations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["did"])
        .collect();
    assert_eq!(dids, wallets.iter().map(Wallet::did).collect::<Vec<_>>());
    for wallet in &wallets {
        assert_eq!(world.status_of(wallet.did()).await, 200);
    }
}

#[tokio::test]
async fn one_key_cannot_shrink_the_list_and_end_the_did_in_one_stroke() {
    let world = World::new();
    let (wallet, shrunk) = (Wallet::new(1, 2), Wallet::new(1, 1));
    expect_200(world.send(&wallet.create()).await).unwrap();
    let before = world.client.operations().await.unwrap();
    let list = [
        shrunk.update(2, "https://example.com").json(),
        shrunk.deactivate(3).json(),
    ];
    let answer = world
        .client
        .post("/v1/operations", &json!({"operations": list}))
        .await
        .unwrap();
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert_eq!(
        answer.json().unwrap()["missing"],
        json!([wallet.method_id(1)]),
        "{}",
        answer.text()
    );
    assert_eq!(world.client.operations().await.unwrap(), before);
    assert_eq!(world.status_of(wallet.did()).await, 200);
}
