//! What is said when nobody can vouch for "active": never "active", and what has ended stays ended.

use axum::http::Method;
use ledger::Assurance;
use serde_json::json;

use super::{Wallet, World};

fn stand(world: &World, standing: Assurance) {
    let ledger = world.server.app.networks.log_of("testnet").unwrap();
    ledger.set_assurance(standing);
}

fn paused() -> Assurance {
    Assurance::Paused {
        known_size: 4711,
        by: "witness.example.org".into(),
    }
}

#[tokio::test]
async fn active_is_withheld_in_every_dialect_and_the_text_says_why() {
    for (standing, part) in [
        (Assurance::Asking, "newer log"),
        (Assurance::Unconfirmed, "witnesses"),
        (paused(), "4711"),
        (
            Assurance::Contradicted {
                reason: "two roots".into(),
            },
            "two roots",
        ),
    ] {
        let world = World::new().await;
        stand(&world, standing);
        let did = &world.active.did;
        for path in [
            format!("/v1/receipts/{did}"),
            format!("/v1/status/{did}"),
            format!("/did/search/{did}"),
            format!("/1.0/identifiers/{did}"),
            format!("/1.0/identifiers/{}", world.absent.did),
        ] {
            let answer = world.get(&path).await;
            assert_eq!(answer.status, 503, "{path}");
            assert!(!answer.header("retry-after").is_empty(), "{path}");
            let text = String::from_utf8(answer.body).unwrap();
            let legacy = path.starts_with("/did/");
            assert!(legacy || text.contains(part), "{path}: {text}");
            assert!(!text.contains("verificationMethod"), "{path}: {text}");
        }
        let legacy = world
            .server
            .resolve(did, Some("application/did+json"))
            .await;
        assert_eq!(legacy.status, 503);
        let many = json!({"dids": [did, &world.ended.did]}).to_string();
        let many = world.post("/v1/status", "application/json", many).await;
        assert_eq!(many.json()["statuses"][0]["status"], "undecidable");
        assert_eq!(many.json()["statuses"][1]["status"], "deactivated");
    }
}

#[tokio::test]
async fn what_has_ended_is_told_whatever_the_standing() {
    let world = World::new().await;
    stand(&world, paused());
    let did = &world.ended.did;
    assert_eq!(world.server.resolve(did, None).await.status, 410);
    let status = world.get(&format!("/v1/status/{did}")).await;
    assert_eq!(status.json()["status"], "deactivated");
    assert_eq!(world.get(&format!("/v1/receipts/{did}")).await.status, 200);
}

#[tokio::test]
async fn a_paused_log_takes_nothing_in_any_dialect() {
    let world = World::new().await;
    stand(&world, paused());
    let answer = world
        .server
        .submit(Wallet::new(9, 1).create().to_string())
        .await;
    assert_eq!(answer.status, 503);
    assert!(answer.error().contains("4711"), "{}", answer.error());
    let options = json!({"verificationMethodType": "Ed25519VerificationKey2020"});
    let body = json!({"network": "testnet", "options": options});
    let answer = world
        .server
        .ask(Method::POST, "/did/create", Some(body))
        .await;
    assert_eq!(answer.status, 503);
    assert!(answer.error().contains("4711"), "{}", answer.error());
}

#[tokio::test]
async fn health_tells_the_standing_and_the_nets() {
    let world = World::new().await;
    let health = async || world.get("/health").await.json();
    let network = health().await["networks"][0].clone();
    assert_eq!(network["state"], "ok");
    assert_eq!(network["protection"]["standing"], json!({"state": "alone"}));
    assert_eq!(network["protection"]["guard"], true);
    assert!(
        network["protection"]["published"]["size"].is_u64(),
        "{network}"
    );

    stand(&world, paused());
    let paused = health().await;
    assert_eq!(paused["status"], "read-only");
    let network = &paused["networks"][0];
    assert!(network["fault"].as_str().unwrap().contains("4711"));
    assert_eq!(
        network["protection"]["standing"],
        json!({"state": "paused", "knownSize": 4711, "by": "witness.example.org"})
    );
}

#[tokio::test]
async fn what_is_presented_counts_only_under_the_key_of_the_log() {
    let world = World::new().await;
    let checkpoint = world.get("/log/testnet/checkpoint").await.body;
    let present = async |body: Vec<u8>| {
        let answer = world.post("/v1/checkpoints", "text/plain", body).await;
        (answer.status, answer.json())
    };
    let (status, effect) = present(checkpoint.clone()).await;
    assert_eq!((status, &effect["effect"]), (200, &json!("none")));
    let receipt = world
        .get(&format!("/v1/receipts/{}", world.ended.did))
        .await
        .body;
    assert_eq!(present(receipt).await.0, 200);

    let text = String::from_utf8(checkpoint).unwrap();
    let larger = text.replacen("\n", "\n9", 1);
    for forged in [larger.into_bytes(), b"garbage".to_vec(), Vec::new()] {
        let (status, answer) = present(forged).await;
        assert_eq!(status, 400);
        assert!(answer["error"].is_string());
    }
    // A checkpoint of another server changes nothing here.
    let other = World::new().await.get("/log/testnet/checkpoint").await.body;
    assert_eq!(present(other).await.0, 400);
    assert_eq!(world.get("/health").await.json()["status"], "ok");
}

#[tokio::test]
async fn a_longer_log_under_our_own_key_stops_the_server_from_vouching() {
    use proof::Hash;
    use proof::checkpoint::Checkpoint;
    use proof::note::NoteSigner;
    let world = World::new().await;
    let ledger = world.server.app.networks.log_of("testnet").unwrap();
    let origin = ledger.origin().to_owned();
    let seed = world.server.app.keystore.checkpoint_seed(&origin).unwrap();
    let signer = NoteSigner::from_seed(&origin, seed.reveal()).unwrap();
    let longer = Checkpoint {
        origin,
        size: 4711,
        root: Hash::from([7; 32]),
    };
    let note = longer.sign(&signer).unwrap();
    let answer = world
        .post("/v1/checkpoints", "text/plain", note.to_string())
        .await;
    assert_eq!(answer.status, 200, "{}", answer.error());
    assert_ne!(answer.json()["effect"], "none", "{}", answer.json());
    let did = &world.active.did;
    assert_eq!(world.server.resolve(did, None).await.status, 503);
    assert_eq!(
        world.server.resolve(&world.ended.did, None).await.status,
        410
    );
    assert_eq!(world.get("/health").await.json()["status"], "read-only");
}
