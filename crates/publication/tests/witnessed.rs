//! Witnesses decide what is published, and the assurance of the log.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::witness::{FakeWitness, Manner, policy};
use common::{Disk, Setup, Subject, World, alone, forged_by_log, until};
use ledger::{Assurance, SubmitError};
use proof::Hash;
use proof::policy::Policy;
use proof::receipt::{Receipt, Stage};
use publication::{Claim, DidStatus, Effect, PresentError, ServeError, Undecidable};

fn under(policy: String) -> Setup {
    Setup {
        policy: Some(policy),
        ..Setup::default()
    }
}

async fn three() -> [FakeWitness; 3] {
    [
        FakeWitness::start(1).await,
        FakeWitness::start(2).await,
        FakeWitness::start(3).await,
    ]
}

fn is_withheld(error: &ServeError) -> bool {
    matches!(error, ServeError::Withheld(_))
}

/// The policy as this server publishes it.
fn published_policy(world: &World) -> Policy {
    let text = world.publication.policy_text(common::NETWORK).unwrap();
    Policy::parse(text, None).unwrap()
}

/// A backup from before a deactivation that the witnesses have seen.
async fn backup_before_deactivation(setup: impl Fn() -> Setup) -> (Disk, Subject) {
    let world = World::new(setup());
    let subject = world.create(1).await;
    world.until_published().await;
    let disk = world.stopped().await;
    let backup = disk.copied();
    let world = World::on(disk, setup());
    world.submit(vec![subject.deactivate(2)]).await;
    world.until_published().await;
    drop(world.stopped().await);
    (backup, subject)
}

async fn until_paused(world: &World) -> Assurance {
    world
        .until_assurance(|assurance| matches!(assurance, Assurance::Paused { .. }))
        .await
}

async fn until_contradicted(world: &World) -> Assurance {
    world
        .until_assurance(|assurance| matches!(assurance, Assurance::Contradicted { .. }))
        .await
}

fn paused(known_size: u64, by: &str) -> Assurance {
    Assurance::Paused {
        known_size,
        by: by.to_owned(),
    }
}

/// Why a create is refused.
async fn refusal(world: &World, number: u32) -> Assurance {
    let proposals = vec![Subject::new(number).create().into()];
    match world.ledger.submit(proposals).await {
        Err(SubmitError::Held(assurance)) => assurance,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_quorum_publishes_and_confirms() {
    let witnesses = three().await;
    witnesses[2].behave(Manner::Down);
    let world = World::new(under(policy(&witnesses.each_ref(), 2)));
    let subject = world.create(1).await;
    let published = world.until_published().await;
    world.until_confirmed().await;

    let opened = published_policy(&world)
        .open(published.note.as_bytes())
        .unwrap();
    assert_eq!(
        (opened.checkpoint.size, opened.checkpoint.root),
        world.root()
    );
    assert_eq!(
        published.still_at_ms,
        opened.quorum.still_at_s().unwrap() * 1000
    );
    assert_eq!(
        published.at_latest_ms,
        opened.quorum.at_latest_s().unwrap() * 1000 + 999
    );

    let served = world.publication.receipt(&subject.did()).await.unwrap();
    assert_eq!(
        (served.stage, served.claim),
        (Stage::Published, Claim::Active)
    );
    let receipt = Receipt::parse(&served.receipt).unwrap();
    receipt.verify(&published_policy(&world)).unwrap();
}

#[tokio::test]
async fn without_a_quorum_nothing_is_published_and_no_did_is_reported_as_active() {
    let witnesses = three().await;
    witnesses[1].behave(Manner::Down);
    witnesses[2].behave(Manner::OtherKey);
    let world = World::new(under(policy(&witnesses.each_ref(), 2)));
    let subject = world.create(1).await;
    until(|| (witnesses[0].known()?.0 == world.root().0).then_some(())).await;
    until(|| (witnesses[2].requests() > 1).then_some(())).await;

    assert_eq!(world.assurance(), Assurance::Unconfirmed);
    assert_eq!(world.publication.published(common::NETWORK).unwrap(), None);
    let refused = world.publication.receipt(&subject.did()).await.unwrap_err();
    assert!(is_withheld(&refused), "{refused}");
    let refused = world
        .publication
        .status_list(common::NETWORK)
        .await
        .unwrap_err();
    assert!(is_withheld(&refused), "{refused}");
    let status = world
        .publication
        .status(&subject.did(), None)
        .unwrap()
        .status;
    assert!(
        matches!(status, DidStatus::Undecidable(Undecidable::Withheld(_))),
        "{status:?}"
    );

    // The deactivation is reported all the same, with a receipt that states that it is not published.
    world.submit(vec![subject.deactivate(2)]).await;
    let served = world.publication.receipt(&subject.did()).await.unwrap();
    assert_eq!(
        (served.stage, served.claim),
        (Stage::Finished, Claim::Deactivated)
    );
    Receipt::parse(&served.receipt)
        .unwrap()
        .verify(&alone())
        .unwrap();
    let status = world
        .publication
        .status(&subject.did(), None)
        .unwrap()
        .status;
    assert!(
        matches!(status, DidStatus::Deactivated { .. }),
        "{status:?}"
    );

    // When the quorum is back, it is published.
    witnesses[1].behave(Manner::Honest);
    world.until_published().await;
    world.until_confirmed().await;
    let served = world.publication.receipt(&subject.did()).await.unwrap();
    assert_eq!(served.stage, Stage::Published);
}

#[tokio::test]
async fn at_the_start_nothing_is_accepted_until_every_witness_has_answered_or_timed_out() {
    let witnesses = three().await;
    witnesses[2].behave(Manner::Silent);
    let mut setup = under(policy(&witnesses.each_ref(), 2));
    setup.timing.witness_timeout_ms = 3_000;
    let world = World::new(setup);
    let create = Subject::new(1).create();
    until(|| {
        witnesses
            .iter()
            .all(|witness| witness.requests() > 0)
            .then_some(())
    })
    .await;
    let refused = world.ledger.submit(vec![create.into()]).await;
    assert!(
        matches!(refused, Err(SubmitError::Held(Assurance::Asking))),
        "{refused:?}"
    );
    assert_eq!(world.ledger.published().size, 2, "as it was made");
    world.until_confirmed().await;
    world.create(1).await;
}

#[tokio::test]
async fn a_quorum_that_falls_silent_is_no_longer_a_confirmation() {
    let witness = FakeWitness::start(1).await;
    let mut setup = under(policy(&[&witness], 1));
    setup.timing.max_silence_s = 2;
    let world = World::new(setup);
    world.until_confirmed().await;
    witness.behave(Manner::Down);
    world
        .until_assurance(|assurance| *assurance == Assurance::Unconfirmed)
        .await;
    witness.behave(Manner::Honest);
    world.until_confirmed().await;
}

#[tokio::test]
async fn the_same_checkpoint_is_signed_again_for_a_new_time() {
    let witness = FakeWitness::start(1).await;
    witness.sign_at(1_700_000_000);
    let world = World::new(under(policy(&[&witness], 1)));
    world.create(1).await;
    let first = world.until_published().await;
    assert_eq!(first.still_at_ms, 1_700_000_000_000);
    witness.sign_at(1_700_000_060);
    let later = until(|| {
        let published = world.publication.published(common::NETWORK).unwrap()?;
        (published.still_at_ms > first.still_at_ms).then_some(published)
    })
    .await;
    assert_eq!((later.size, later.root), (first.size, first.root));
    assert_eq!(later.still_at_ms, 1_700_000_060_000);
}

#[tokio::test]
async fn a_witness_that_already_knows_the_log_is_caught_up_with() {
    let witness = FakeWitness::start(1).await;
    let world = World::new(under(policy(&[&witness], 1)));
    world.create(1).await;
    world.until_published().await;
    // Another process: it does not remember what the witness knows.
    let world = world.restarted(under(policy(&[&witness], 1))).await;
    world.create(2).await;
    world.until_published().await;
    assert_eq!(witness.known(), Some(world.root()));
    world.until_confirmed().await;
}

#[tokio::test]
async fn a_larger_size_pauses_until_that_witness_signs_again() {
    let witnesses = three().await;
    witnesses[2].behave(Manner::Claims(1_000));
    let world = World::new(under(policy(&witnesses.each_ref(), 2)));
    let assurance = until_paused(&world).await;
    assert_eq!(assurance, paused(1_000, "the witness w3"));
    assert!(matches!(refusal(&world, 1).await, Assurance::Paused { .. }));

    // A quorum of other witnesses does not resolve it.
    let requests = witnesses[0].requests();
    until(|| (witnesses[0].requests() > requests + 1).then_some(())).await;
    assert!(matches!(world.assurance(), Assurance::Paused { .. }));

    witnesses[2].behave(Manner::Honest);
    world.until_confirmed().await;
    world.create(1).await;
}

#[tokio::test]
async fn an_older_copy_of_everything_is_detected_by_a_witness() {
    let witness = FakeWitness::start(1).await;
    let setup = || under(policy(&[&witness], 1));
    let (backup, subject) = backup_before_deactivation(setup).await;

    // The witness publishes the note that the log's own key has signed.
    let world = World::on(backup, setup());
    let assurance = until_contradicted(&world).await;
    assert!(!assurance.discloses_active());
    let refused = world.publication.receipt(&subject.did()).await.unwrap_err();
    assert!(is_withheld(&refused), "{refused}");
}

#[tokio::test]
async fn an_older_copy_that_has_grown_again_is_detected_too() {
    let witness = FakeWitness::start(1).await;
    let setup = || under(policy(&[&witness], 1));
    let (backup, _) = backup_before_deactivation(setup).await;
    let known = witness.known().unwrap();

    // The witness is down while the copy grows beyond what it knows.
    witness.behave(Manner::Down);
    let world = World::on(backup, setup());
    for number in 2..6 {
        world.create(number).await;
    }
    assert!(world.root().0 > known.0);
    // It publishes no note: its answer alone pauses.
    witness.remember(known.0, known.1, None);
    witness.behave(Manner::Honest);
    let assurance = until_paused(&world).await;
    assert_eq!(assurance, paused(known.0, "the witness w1"));
}

#[tokio::test]
async fn a_contradiction_is_kept_and_holds_before_anything_is_served() {
    let witness = FakeWitness::start(1).await;
    let setup = || under(policy(&[&witness], 1));
    let world = World::new(setup());
    let subject = world.create(1).await;
    world.until_published().await;
    let (size, _) = world.root();
    let other = Hash::from([9; 32]);
    witness.remember(size, other, Some(forged_by_log(size, other)));
    world.create(2).await;
    let assurance = until_contradicted(&world).await;
    let Assurance::Contradicted { reason } = &assurance else {
        panic!("{assurance}");
    };
    assert_eq!(
        reason,
        &format!("the log's own key has signed another root over the first {size} entries")
    );

    // The witness is honest again, and it changes nothing: neither now nor after a restart.
    witness.forget();
    let world = world.restarted(setup()).await;
    assert_eq!(world.assurance(), assurance);
    let refused = world.publication.receipt(&subject.did()).await.unwrap_err();
    assert!(is_withheld(&refused), "{refused}");
    assert!(matches!(
        refusal(&world, 3).await,
        Assurance::Contradicted { .. }
    ));
}

#[tokio::test]
async fn a_lying_witness_adds_nothing() {
    for manner in [
        Manner::OtherKey,
        Manner::OtherText,
        Manner::Garbage(b"thank you\n".to_vec()),
        Manner::Garbage(Vec::new()),
        Manner::Garbage(vec![b'a'; 1 << 20]),
        Manner::Redirects("http://127.0.0.1:9/".to_owned()),
        Manner::Silent,
    ] {
        let (liar, honest) = (FakeWitness::start(1).await, FakeWitness::start(2).await);
        liar.behave(manner.clone());
        let mut setup = under(policy(&[&liar, &honest], 1));
        setup.timing.witness_timeout_ms = 200;
        let world = World::new(setup);
        world.create(1).await;
        let published = world.until_published().await;
        world.until_confirmed().await;
        let lines = published
            .note
            .lines()
            .filter(|line| line.starts_with('\u{2014}'));
        assert_eq!(lines.count(), 2, "{manner:?}");
        let health = until(|| {
            let health = world
                .publication
                .protection(common::NETWORK)
                .unwrap()
                .witnesses;
            Some(health).filter(|health| health[0].last_error.is_some())
        })
        .await;
        assert_eq!(health[0].last_cosigned_ms, None, "{manner:?}");
        assert!(health[1].last_cosigned_ms.is_some() && health[1].last_error.is_none());
    }
}

#[tokio::test]
async fn a_redirect_to_an_honest_witness_is_not_followed() {
    let (sly, honest) = (FakeWitness::start(1).await, FakeWitness::start(2).await);
    sly.behave(Manner::Redirects(format!("{}add-checkpoint", honest.url())));
    let world = World::new(under(policy(&[&sly], 1)));
    until(|| (sly.requests() > 0).then_some(())).await;
    until(|| {
        let health = world
            .publication
            .protection(common::NETWORK)
            .unwrap()
            .witnesses;
        health[0].last_error.clone()
    })
    .await;
    assert_eq!(honest.requests(), 0);
}

#[tokio::test]
async fn what_strangers_present_changes_nothing() {
    let witness = FakeWitness::start(1).await;
    let stranger = FakeWitness::start(9).await;
    let world = World::new(under(policy(&[&witness], 1)));
    world.create(1).await;
    let published = world.until_published().await;
    world.until_confirmed().await;
    let present = |note: String| {
        let publication = world.publication.clone();
        async move { publication.present(note.as_bytes()).await }
    };

    let own = world.ledger.published().checkpoint.clone();
    let unsigned = stranger.cosigned_alone(&forged_by_log(1_000, Hash::from([1; 32])), 1);
    let changed = forged_by_log(1_000, Hash::from([1; 32])).replacen("1000", "1001", 1);
    let foreign = proof::checkpoint::Checkpoint {
        origin: "other.test/1".to_owned(),
        size: 1_000,
        root: Hash::from([1; 32]),
    };
    let other_key = proof::note::NoteSigner::from_seed("other.test/1", &[1; 32]).unwrap();
    let foreign = foreign.sign(&other_key).unwrap().to_string();

    assert!(matches!(
        present(unsigned).await,
        Err(PresentError::Unsigned)
    ));
    assert!(matches!(
        present(changed).await,
        Err(PresentError::Forged { .. })
    ));
    assert!(matches!(
        present(foreign).await,
        Err(PresentError::OtherLog { .. })
    ));
    for garbage in [
        "",
        "hello",
        "{}",
        "{\"format\":\"atropos-receipt/v1\"}",
        "a\n\n\u{2014} b c\n",
    ] {
        let refused = present(garbage.to_owned()).await;
        assert!(
            matches!(refused, Err(PresentError::Garbage { .. })),
            "{garbage}"
        );
    }
    for fitting in [own, published.note] {
        let effect = present(fitting).await.unwrap();
        assert!(matches!(effect, Effect::None { .. }), "{effect:?}");
    }
    assert!(world.assurance().discloses_active());
}

#[tokio::test]
async fn a_client_with_a_larger_checkpoint_of_the_log_contradicts() {
    for root in [[7; 32], [8; 32]] {
        let world = World::alone();
        world.create(1).await;
        let (size, _) = world.root();
        let larger = forged_by_log(size + 2, Hash::from(root));
        let effect = world.publication.present(larger.as_bytes()).await.unwrap();
        assert!(matches!(effect, Effect::Contradicted { .. }), "{effect:?}");
        let world = world.restarted(Setup::default()).await;
        assert!(matches!(world.assurance(), Assurance::Contradicted { .. }));
    }
}

#[tokio::test]
async fn a_client_with_a_receipt_from_before_a_rollback_contradicts() {
    let disk = common::Disk::new();
    let world = World::on(disk, Setup::default());
    let subject = world.create(1).await;
    world.until_published().await;
    let disk = world.stopped().await;
    let backup = disk.copied();
    let world = World::on(disk, Setup::default());
    world.submit(vec![subject.deactivate(2)]).await;
    let receipt = world.publication.receipt(&subject.did()).await.unwrap();
    // It tells the server that issued it nothing new.
    let effect = world.publication.present(&receipt.receipt).await.unwrap();
    assert!(matches!(effect, Effect::None { .. }), "{effect:?}");
    drop(world.stopped().await);

    let world = World::on(backup, Setup::default());
    let status = world
        .publication
        .status(&subject.did(), None)
        .unwrap()
        .status;
    assert!(
        matches!(status, DidStatus::Active { .. }),
        "nothing else has revealed it: {status:?}"
    );
    let effect = world.publication.present(&receipt.receipt).await.unwrap();
    assert!(matches!(effect, Effect::Contradicted { .. }), "{effect:?}");
    let status = world
        .publication
        .status(&subject.did(), None)
        .unwrap()
        .status;
    assert!(
        matches!(status, DidStatus::Undecidable(Undecidable::Withheld(_))),
        "{status:?}"
    );
}

#[tokio::test]
async fn a_witness_alone_can_pause_through_a_client() {
    let witness = FakeWitness::start(1).await;
    let world = World::new(under(policy(&[&witness], 1)));
    world.create(1).await;
    world.until_confirmed().await;
    witness.behave(Manner::Down);
    let larger = forged_by_log(1_000, Hash::from([7; 32]));
    let seen = witness.cosigned_alone(&larger, 1_700_000_000);
    let effect = world.publication.present(seen.as_bytes()).await.unwrap();
    let by = "w1".to_owned();
    assert_eq!(
        effect,
        Effect::Paused {
            known_size: 1_000,
            by
        }
    );
    assert!(matches!(world.assurance(), Assurance::Paused { .. }));
    // That very witness settles it.
    witness.behave(Manner::Honest);
    world.until_confirmed().await;
}

#[tokio::test]
async fn a_replaced_key_proves_nothing_beyond_its_bound() {
    let old = proof::note::NoteSigner::from_seed(common::ORIGIN, &[77; 32]).unwrap();
    let bounds = format!(
        r#"{{"bounds":[{{"key":"{}","size":2,"root":"{}"}}]}}"#,
        old.verifier(),
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    );
    let world = World::new(Setup {
        policy: Some(format!("log {}\nquorum none\n", old.verifier())),
        bounds: Some(bounds),
        ..Setup::default()
    });
    world.create(1).await;
    let beyond = proof::checkpoint::Checkpoint {
        origin: common::ORIGIN.to_owned(),
        size: 1_000,
        root: Hash::from([1; 32]),
    };
    let note = beyond.sign(&old).unwrap().to_string();
    let refused = world.publication.present(note.as_bytes()).await;
    assert!(
        matches!(refused, Err(PresentError::ReplacedKey { until: 2 })),
        "{refused:?}"
    );
    assert_eq!(world.assurance(), Assurance::Alone);
}
