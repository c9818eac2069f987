//! `GET /v1/receipts/{did}`, and the receipt in a resolution.

use axum::http::Method;
use proof::merkle::leaf_hash;
use proof::receipt::{self, Receipt, Stage, Verdict};
use proof::tlog_proof::TlogProof;
use serde_json::{Value, json};

use super::World;

const FOREVER: &str = "public, max-age=31536000, immutable";

#[tokio::test]
async fn a_receipt_of_an_end_verifies_offline_and_may_be_kept_for_ever() {
    let world = World::new().await;
    let path = format!("/v1/receipts/{}", world.ended.did);
    let answer = world.get(&path).await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, "application/json")
    );
    assert_eq!(answer.header("cache-control"), FOREVER);
    let Verdict::Deactivated {
        did,
        summary,
        checkpoint,
        log_index,
        ..
    } = receipt::verify(&answer.body, &world.policy().await).unwrap()
    else {
        panic!("{}", String::from_utf8_lossy(&answer.body));
    };
    assert_eq!(
        (
            did.to_string(),
            summary.methods.len(),
            summary.distinct_keys
        ),
        (world.ended.did.clone(), 3, 3)
    );
    assert_eq!(
        answer.header("content-location"),
        format!("{path}?size={}", checkpoint.size)
    );
    assert!(log_index < checkpoint.size);

    // The same bytes again, later and by its address.
    let more = super::Wallet::new(9, 1);
    assert_eq!(
        world.server.submit(more.create().to_string()).await.status,
        200
    );
    world.published().await;
    assert_eq!(world.get(&path).await.body, answer.body);
    let by_size = world.get(answer.header("content-location")).await;
    assert_eq!(by_size.body, answer.body);
    let tag = answer.header("etag").to_owned();
    let kept = world.get_with(&path, "if-none-match", &tag).await;
    assert_eq!((kept.status, kept.body.len()), (304, 0));
}

#[tokio::test]
async fn active_and_absent_dids_have_receipts_that_are_soon_old() {
    let world = World::new().await;
    let policy = world.policy().await;
    let active = world
        .get(&format!("/v1/receipts/{}", world.active.did))
        .await;
    assert_eq!(
        (active.status, active.header("cache-control")),
        (200, "public, max-age=60")
    );
    let verdict = receipt::verify(&active.body, &policy).unwrap();
    let Verdict::Active {
        checkpoint,
        summary,
        ..
    } = verdict
    else {
        panic!("{verdict:?}");
    };
    let tag = format!("\"{}.", checkpoint.size);
    assert!(active.header("etag").starts_with(&tag));
    assert_eq!((summary.status_list_index, summary.frozen), (0, false));

    let absent = world
        .get(&format!("/v1/receipts/{}", world.absent.did))
        .await;
    assert_eq!(
        (absent.status, absent.header("cache-control")),
        (200, "public, max-age=5")
    );
    let verdict = receipt::verify(&absent.body, &policy).unwrap();
    assert!(matches!(verdict, Verdict::NeverExisted { .. }));
}

#[tokio::test]
async fn a_receipt_whose_bytes_were_changed_proves_nothing() {
    let world = World::new().await;
    let policy = world.policy().await;
    let answer = world
        .get(&format!("/v1/receipts/{}", world.ended.did))
        .await;
    for at in (0..answer.body.len()).step_by(97) {
        let mut changed = answer.body.clone();
        changed[at] ^= 1;
        assert!(receipt::verify(&changed, &policy).is_err(), "byte {at}");
    }
    // Another server has other keys: its policy believes nothing of this one.
    let other = World::new().await.policy().await;
    assert!(receipt::verify(&answer.body, &other).is_err());
}

#[tokio::test]
async fn the_extract_for_others_shows_that_the_end_stands_in_the_log() {
    let world = World::new().await;
    let path = format!("/v1/receipts/{}/tlog-proof", world.ended.did);
    let answer = world.get(&path).await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, "text/plain; charset=utf-8")
    );
    assert!(
        answer
            .header("content-disposition")
            .ends_with(".tlog-proof\"")
    );
    let proof = TlogProof::parse(&answer.body).unwrap();
    let receipt = world
        .get(&format!("/v1/receipts/{}", world.ended.did))
        .await;
    let receipt = Receipt::parse(&receipt.body).unwrap();
    let leaf = leaf_hash(&receipt.parts().operation.as_ref().unwrap().leaf);
    proof.verify(&leaf, &world.policy().await).unwrap();

    let path = format!("/v1/receipts/{}/tlog-proof", world.active.did);
    let answer = world.get(&path).await;
    assert_eq!(answer.status, 404);
    assert!(answer.error().contains("not deactivated"));
}

#[tokio::test]
async fn requests_for_nothing_are_refused_with_the_reason() {
    let world = World::new().await;
    let did = &world.ended.did;
    for (path, status, part) in [
        ("/v1/receipts/nonsense".to_owned(), 400, "not a DID"),
        (format!("/v1/receipts/{did}?size=x"), 400, "size"),
        (format!("/v1/receipts/{did}?sise=1"), 400, "sise"),
        (format!("/v1/receipts/{did}?size=1&size=1"), 400, "twice"),
        (format!("/v1/receipts/{did}?size=1"), 404, "size 1"),
        (format!("/v1/receipts/{did}?size=999999"), 404, "999999"),
        (
            format!("/v1/receipts/{}", did.replace("testnet", "mainnet")),
            404,
            "mainnet",
        ),
        ("/v1/policy/mainnet".to_owned(), 404, "mainnet"),
        ("/v1/policy/mainnet/bounds".to_owned(), 404, "mainnet"),
    ] {
        let answer = world.get(&path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.error());
        assert!(answer.error().contains(part), "{path}: {}", answer.error());
    }
    let answer = world
        .server
        .ask(Method::POST, &format!("/v1/receipts/{did}"), None)
        .await;
    assert_eq!(answer.status, 405);
}

#[tokio::test]
async fn a_resolution_of_an_ended_did_carries_its_receipt_and_nothing_else_does() {
    let world = World::new().await;
    let policy = world.policy().await;
    let answer = world.server.resolve(&world.ended.did, None).await;
    assert_eq!(answer.status, 410);
    let body: Value = answer.json();
    let proof = body["didDocumentMetadata"]["proof"].as_array().unwrap();
    assert_eq!(
        (proof.len(), &proof[0]["type"]),
        (1, &json!("AtroposReceipt"))
    );
    // Taken out as it stands there, it is the receipt itself.
    let own = world
        .get(&format!("/v1/receipts/{}", world.ended.did))
        .await;
    let own = String::from_utf8(own.body).unwrap();
    let text = String::from_utf8(answer.body).unwrap();
    assert!(text.contains(&format!(
        r#""proof":[{{"type":"AtroposReceipt","receipt":{own}}}]"#
    )));
    let verdict = receipt::verify(own.as_bytes(), &policy).unwrap();
    assert!(matches!(verdict, Verdict::Deactivated { .. }));

    for (did, accept) in [
        (&world.active.did, None),
        (&world.ended.did, Some("application/json")),
        (
            &world.ended.did,
            Some("application/ld+json;profile=\"https://w3id.org/did-resolution\""),
        ),
    ] {
        let body = world.server.resolve(did, accept).await.json();
        let metadata = &body["didDocumentMetadata"];
        assert!(metadata.is_object() && metadata.get("proof").is_none());
    }
}

#[tokio::test]
async fn without_witnesses_a_receipt_is_published_at_once() {
    let world = World::new().await;
    let answer = world
        .get(&format!("/v1/receipts/{}", world.ended.did))
        .await;
    assert_eq!(
        Receipt::parse(&answer.body).unwrap().stage(),
        Stage::Published
    );
}
