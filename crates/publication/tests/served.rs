//! Receipts, status, lists and the feed, as clients get them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::witness::{FakeWitness, Manner, policy};
use common::{NETWORK, Setup, Subject, World, alone, until};
use did::Did;
use ed25519_dalek::{Signature, VerifyingKey};
use flate2::read::GzDecoder;
use ledger::NoLog;
use proof::receipt::{Receipt, Stage, Summary};
use publication::{Claim, DidStatus, FeedKind, STATUSES_MAX, ServeError, Served, Undecidable};
use serde_json::Value;

fn never() -> Did {
    Subject::new(0xffff).did()
}

fn under(witness: &FakeWitness) -> Setup {
    Setup {
        policy: Some(policy(&[witness], 1)),
        ..Setup::default()
    }
}

fn verified(served: &Served) -> Receipt {
    let receipt = Receipt::parse(&served.receipt).unwrap();
    receipt.verify(&alone()).unwrap();
    receipt
}

#[tokio::test]
async fn every_claim_has_a_receipt_that_verifies() {
    let world = World::alone();
    let (deactivated, alive) = (world.create(1).await, world.create(2).await);
    world.submit(vec![deactivated.deactivate(2)]).await;
    for (did, claim) in [
        (deactivated.did(), Claim::Deactivated),
        (alive.did(), Claim::Active),
        (never(), Claim::NeverExisted),
    ] {
        world.until_published().await;
        let served = world.publication.receipt(&did).await.unwrap();
        assert_eq!((served.claim, served.stage), (claim, Stage::Published));
        assert_eq!(verified(&served).did(), &did);
    }
    let other = Did::parse("did:cheqd:mainnet:00000001-0000-4000-8000-000000000000").unwrap();
    let refused = world.publication.receipt(&other).await.unwrap_err();
    assert!(
        matches!(refused, ServeError::NoLog(NoLog::Unknown(_))),
        "{refused}"
    );
}

#[tokio::test]
async fn a_published_receipt_of_an_end_never_changes() {
    let witness = FakeWitness::start(1).await;
    let world = World::new(under(&witness));
    let subject = world.create(1).await;
    world.submit(vec![subject.deactivate(2)]).await;
    let published = world.until_published().await;
    let first = world.publication.receipt(&subject.did()).await.unwrap();
    assert_eq!(first.stage, Stage::Published);
    verified(&first);

    // The same checkpoint with other cosignatures, later checkpoints, another process.
    witness.sign_at(published.still_at_ms / 1000 + 60);
    until(|| {
        let renewed = world.publication.published(NETWORK).unwrap()?;
        assert_eq!(renewed.size, first.size);
        (renewed.note != published.note).then_some(())
    })
    .await;
    assert_eq!(
        world.publication.receipt(&subject.did()).await.unwrap(),
        first
    );
    for number in 2..5 {
        world.create(number).await;
        world.until_published().await;
        assert_eq!(
            world.publication.receipt(&subject.did()).await.unwrap(),
            first
        );
    }
    let world = world.restarted(under(&witness)).await;
    let newest = world.until_published().await;
    assert!(newest.size > first.size);
    assert_eq!(
        world.publication.receipt(&subject.did()).await.unwrap(),
        first
    );

    // Its address names the size. Other sizes have receipts too, if they cover the deactivation.
    let receipt_at = async |size| world.publication.receipt_at(&subject.did(), size).await;
    assert_eq!(receipt_at(first.size).await.unwrap(), first);
    let later = receipt_at(newest.size).await.unwrap();
    assert_eq!((later.size, later.stage), (newest.size, Stage::Published));
    verified(&later);
    for size in [0, 1, first.size - 2, first.size + 1, newest.size + 2] {
        let refused = receipt_at(size).await.unwrap_err();
        assert!(
            matches!(refused, ServeError::NoReceiptAt { .. }),
            "{size}: {refused}"
        );
    }
}

#[tokio::test]
async fn a_receipt_never_contradicts_what_was_acknowledged() {
    let witness = FakeWitness::start(1).await;
    let mut setup = under(&witness);
    setup.timing.receipt_wait_ms = 100;
    let world = World::new(setup);
    let (changed, same) = (world.create(1).await, world.create(2).await);
    let controlled = Subject::controlled_by(3, &changed);
    world.submit(vec![controlled.create()]).await;
    world.until_published().await;
    world.until_confirmed().await;

    witness.behave(Manner::Down);
    let update = world.submit(vec![changed.update(2)]).await;
    // It is not public yet, and the one before is not returned any more: neither of it, nor of what rests on it.
    for did in [changed.did(), controlled.did()] {
        let refused = world.publication.receipt(&did).await.unwrap_err();
        assert!(matches!(refused, ServeError::NotYetPublished), "{refused}");
    }
    let list = world.publication.status_list(NETWORK).await.unwrap_err();
    assert!(matches!(list, ServeError::NotYetPublished), "{list}");
    let served = world.publication.receipt(&same.did()).await.unwrap();
    assert_eq!(served.claim, Claim::Active);

    witness.behave(Manner::Honest);
    world.until_published().await;
    let served = world.publication.receipt(&changed.did()).await.unwrap();
    assert!(served.size > update[0].location.entry().unwrap().index);
    let Summary::Active(summary) = verified(&served).summary().clone() else {
        panic!("not active");
    };
    assert_eq!(summary.version_sequence, 2);
}

#[tokio::test]
async fn status_at_a_time_is_what_the_checkpoints_next_to_it_show() {
    let (t0, t1, again, t2, t3) = (
        1_700_000_000,
        1_700_000_100,
        1_700_000_150,
        1_700_000_200,
        1_700_000_300,
    );
    let witness = FakeWitness::start(1).await;
    witness.sign_at(t0);
    let world = World::new(under(&witness));
    world.until_published().await;
    witness.sign_at(t1);
    let (deactivated, alive) = (Subject::new(1), Subject::new(2));
    world
        .submit(vec![deactivated.create(), alive.create()])
        .await;
    world.until_published().await;
    witness.sign_at(again);
    until(|| {
        let published = world.publication.published(NETWORK).unwrap()?;
        (published.still_at_ms == again * 1000).then_some(())
    })
    .await;
    witness.sign_at(t2);
    let deactivation = world.submit(vec![deactivated.deactivate(2)]).await;
    world.until_published().await;
    witness.sign_at(t3);
    world.create(3).await;
    world.until_published().await;

    let active = DidStatus::Active {
        frozen: false,
        deactivated_controllers: Vec::new(),
    };
    let gone = DidStatus::Deactivated {
        log_index: deactivation[0].location.entry().unwrap().index,
        time_ms: deactivation[0].time_ms,
    };
    let between = DidStatus::Undecidable(Undecidable::Between);
    let after = DidStatus::Undecidable(Undecidable::AfterTheLast);
    let none = DidStatus::NeverExisted;
    for (at_ms, of_deactivated, of_alive) in [
        (t0 * 1000 - 1, &none, &none),
        (t0 * 1000, &none, &none),
        (
            t0 * 1000 + 1,
            &DidStatus::Undecidable(Undecidable::BeforeTheFirst),
            &DidStatus::Undecidable(Undecidable::BeforeTheFirst),
        ),
        (t0 * 1000 + 999, &between, &between),
        (t1 * 1000 + 998, &between, &between),
        (t1 * 1000 + 999, &active, &active),
        (again * 1000, &active, &active),
        (again * 1000 + 1, &between, &active),
        (t2 * 1000 + 998, &between, &active),
        (t2 * 1000 + 999, &gone, &active),
        (t3 * 1000, &gone, &active),
        (t3 * 1000 + 1, &gone, &after),
        (u64::MAX, &gone, &after),
    ] {
        for (subject, expected) in [(&deactivated, of_deactivated), (&alive, of_alive)] {
            let answer = world
                .publication
                .status(&subject.did(), Some(at_ms))
                .unwrap();
            assert_eq!(&answer.status, expected, "{} at {at_ms}", subject.number);
            let bounds = answer.bounds;
            assert!(
                bounds
                    .before
                    .is_none_or(|before| before.at_latest_ms <= at_ms)
            );
            assert!(bounds.after.is_none_or(|after| after.still_at_ms >= at_ms));
        }
    }
    assert_eq!(
        world
            .publication
            .status(&never(), Some(t2 * 1000))
            .unwrap()
            .status,
        none
    );
}

#[tokio::test]
async fn status_now_shows_who_is_frozen() {
    let world = World::alone();
    let guardian = world.create(1).await;
    let ward = Subject::controlled_by(2, &guardian);
    world.submit(vec![ward.create()]).await;
    let status = |did: Did| world.publication.status(&did, None).unwrap().status;
    let free = DidStatus::Active {
        frozen: false,
        deactivated_controllers: Vec::new(),
    };
    assert_eq!(status(ward.did()), free);
    world.submit(vec![guardian.deactivate(2)]).await;
    let frozen = DidStatus::Active {
        frozen: true,
        deactivated_controllers: vec![guardian.did()],
    };
    assert_eq!(status(ward.did()), frozen);
    assert_eq!(status(never()), DidStatus::NeverExisted);

    let many = vec![ward.did(); STATUSES_MAX + 1];
    let refused = world.publication.statuses(&many, None).unwrap_err();
    assert!(
        matches!(
            refused,
            ServeError::TooMany {
                limit: STATUSES_MAX
            }
        ),
        "{refused}"
    );
    let answers = world.publication.statuses(&many[1..], None).unwrap();
    assert_eq!(answers.len(), STATUSES_MAX);
}

/// As a verifier reads a list that knows the Recommendation and nothing of how it was made.
fn decoded(jwt: &str, jwk: &Value) -> (Value, Vec<u8>) {
    let parts: Vec<&str> = jwt.split('.').collect();
    let part = |at: usize| URL_SAFE_NO_PAD.decode(parts[at]).unwrap();
    let key: [u8; 32] = URL_SAFE_NO_PAD
        .decode(jwk["x"].as_str().unwrap())
        .unwrap()
        .try_into()
        .unwrap();
    let signature = Signature::from_slice(&part(2)).unwrap();
    let signed = format!("{}.{}", parts[0], parts[1]);
    let key = VerifyingKey::from_bytes(&key).unwrap();
    key.verify_strict(signed.as_bytes(), &signature).unwrap();
    let header: Value = serde_json::from_slice(&part(0)).unwrap();
    assert_eq!(
        (header["alg"].as_str(), header["typ"].as_str()),
        (Some("EdDSA"), Some("vc+jwt"))
    );
    assert_eq!(header["kid"], jwk["kid"]);
    let credential: Value = serde_json::from_slice(&part(1)).unwrap();
    let list = credential["credentialSubject"]["encodedList"]
        .as_str()
        .unwrap();
    let zipped = URL_SAFE_NO_PAD
        .decode(list.strip_prefix('u').unwrap())
        .unwrap();
    let mut bits = Vec::new();
    GzDecoder::new(&zipped[..]).read_to_end(&mut bits).unwrap();
    (credential, bits)
}

#[tokio::test]
async fn the_status_list_has_a_bit_for_every_did_in_the_order_of_their_creation() {
    let world = World::alone();
    let mut subjects = Vec::new();
    for number in 1..=11 {
        subjects.push(world.create(number).await);
    }
    for index in [0, 7, 8, 10] {
        world.submit(vec![subjects[index].deactivate(2)]).await;
    }
    let jwk = world.publication.status_key_jwk();
    let list = world.publication.status_list(NETWORK).await.unwrap();
    let (credential, bits) = decoded(&list.jwt, &jwk);
    assert_eq!(bits.len() * 8, 131_072);
    assert_eq!(list.bits, 131_072);
    // The first index is the left-most bit.
    assert_eq!(&bits[..2], [0b1000_0001, 0b1010_0000]);
    assert!(bits[2..].iter().all(|byte| *byte == 0));

    let url = format!("{}/{NETWORK}", common::BASE_URL);
    assert_eq!(credential["id"], url.as_str());
    assert_eq!(credential["issuer"], "https://atropos.test");
    assert_eq!(credential["type"][1], "BitstringStatusListCredential");
    let subject = &credential["credentialSubject"];
    assert_eq!(subject["type"], "BitstringStatusList");
    assert_eq!(subject["statusPurpose"], "revocation");
    assert_eq!(subject["id"], format!("{url}#list").as_str());
    assert_eq!(subject["ttl"], 60_000);
    let time = |name: &str| {
        credential[name]
            .as_str()
            .unwrap()
            .parse::<jiff::Timestamp>()
            .unwrap()
    };
    assert_eq!(
        time("validUntil").as_second() - time("validFrom").as_second(),
        3600
    );

    // The receipt of an active DID names its bit.
    let served = world.publication.receipt(&subjects[9].did()).await.unwrap();
    let Summary::Active(summary) = verified(&served).summary().clone() else {
        panic!("not active");
    };
    assert_eq!(summary.status_list_index, 9);

    // Kept while nothing changes, made anew for what was acknowledged.
    assert_eq!(world.publication.status_list(NETWORK).await.unwrap(), list);
    world.submit(vec![subjects[9].deactivate(2)]).await;
    let newer = world.publication.status_list(NETWORK).await.unwrap();
    assert!(newer.size > list.size && newer.etag != list.etag);
    assert_eq!(decoded(&newer.jwt, &jwk).1[1], 0b1110_0000);
}

#[tokio::test]
async fn the_feed_is_read_in_pages_and_followed() {
    let world = World::alone();
    let subject = world.create(1).await;
    world.submit(vec![subject.update(2)]).await;
    let deactivation = world.submit(vec![subject.deactivate(3)]).await;
    let mut pages = Vec::new();
    let mut after = None;
    loop {
        let page = world.publication.feed(NETWORK, after, 2).unwrap();
        after = page.next;
        if page.entries.is_empty() {
            break;
        }
        assert!(page.entries.len() <= 2);
        pages.extend(page.entries);
    }
    let kinds: Vec<_> = pages.iter().map(|entry| entry.kind).collect();
    assert_eq!(
        kinds,
        [FeedKind::Create, FeedKind::Update, FeedKind::Deactivate]
    );
    let last = serde_json::to_value(&pages[2]).unwrap();
    assert_eq!(last["id"], deactivation[0].location.entry().unwrap().index);
    assert_eq!(last["did"], subject.did().as_str());
    assert_eq!(last["kind"], "deactivate");
    assert_eq!(last["versionId"], deactivation[0].version_id.as_str());
    assert_eq!(
        last["leafHash"],
        deactivation[0]
            .location
            .entry()
            .unwrap()
            .hash
            .to_string()
            .as_str()
    );
    assert_eq!(last["status"], "deactivated");
    let time: jiff::Timestamp = last["time"].as_str().unwrap().parse().unwrap();
    assert_eq!(time.as_millisecond() as u64, deactivation[0].time_ms);

    let mut follower = world.publication.follow(NETWORK, after).unwrap();
    let waiting = tokio::spawn(async move { follower.next().await.unwrap() });
    let other = world.create(2).await;
    let next = waiting.await.unwrap();
    assert_eq!(next.len(), 1);
    assert_eq!(next[0].did, other.did());
    let mut from_the_start = world.publication.follow(NETWORK, None).unwrap();
    assert_eq!(from_the_start.next().await.unwrap().len(), 4);
}
