//! Each operation happens once, and each answer is right, whatever the node does.

use std::sync::{Arc, Mutex};

use did::{OperationKind, RejectionCode};
use ledger::{Ledger, Location, SubmitError};
use tokio::task::JoinSet;

use super::node::Faults;
use super::world::{Subject, World, insist};

const ENDS: u32 = 500;
/// Ends that are under way at once.
const AT_ONCE: usize = 50;
/// The engine is started again after so many.
const ENDS_PER_START: usize = 120;

const EVERYTHING: Faults = Faults {
    unread: 20,
    answer_lost: 20,
    slow: 5,
    catching_up: 60,
    old: 40,
    full: 30,
    price: 30,
    evicted: 120,
    unindexed: 40,
    other_user: 40,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn five_hundred_dids_end_once_each_through_a_node_with_every_fault() {
    let world = World::start().await;
    let subjects: Vec<Subject> = (0..ENDS).map(Subject::new).collect();
    world.made(&subjects).await;
    world.set(EVERYTHING);
    let current = Arc::new(Mutex::new(world.engine()));
    let (mut running, mut done) = (JoinSet::new(), 0);
    for subject in &subjects {
        if running.len() == AT_ONCE {
            running.join_next().await.unwrap().unwrap();
            done += 1;
            if done % ENDS_PER_START == 0 {
                // The one before goes on with what is under way: two at once are harder than a restart.
                *current.lock().unwrap() = world.engine();
            }
        }
        let (current, end) = (Arc::clone(&current), subject.end());
        running.spawn(async move {
            let engine = || Arc::clone(&current.lock().unwrap());
            let committed = insist(engine, end.clone().into()).await.unwrap();
            assert_eq!(
                (&committed.did, committed.kind),
                (end.did(), OperationKind::Deactivate)
            );
            assert_eq!(committed.version_id, end.version_id());
            assert!(committed.location.entry().is_none() && committed.time_ms > 0);
            end
        });
    }
    while let Some(one) = running.join_next().await {
        one.unwrap();
    }

    for subject in &subjects {
        assert_eq!(world.versions(&subject.did), 2, "{}", subject.did);
        let latest = world.network.latest(&subject.did).unwrap().unwrap();
        assert!(latest.deactivated);
    }
    let met = world.node.met();
    for fault in [
        "unread",
        "answer lost",
        "slow",
        "catching up",
        "old",
        "full",
        "price",
        "evicted",
        "unindexed",
        "other user",
    ] {
        assert!(met.contains_key(fault), "{fault} was never met: {met:?}");
    }
    assert_eq!(world.transactions("included"), i64::from(ENDS));
    assert_eq!(world.transactions("open"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_again_gets_the_same_answer_and_another_end_is_refused() {
    let world = World::start().await;
    let subject = Subject::new(1);
    world.made(std::slice::from_ref(&subject)).await;
    let engine = world.engine();
    let end = subject.end();
    let first = engine.submit(vec![end.clone().into()]).await.unwrap();
    assert!(matches!(first[0].location, Location::Transaction { .. }));
    assert_eq!(
        engine.submit(vec![end.clone().into()]).await.unwrap(),
        first
    );
    assert_eq!(
        engine.committed(&end.into()).unwrap().as_ref(),
        first.first()
    );

    let refused = engine.submit(vec![subject.end().into()]).await.unwrap_err();
    let SubmitError::Rejected {
        position: 0,
        rejection,
    } = refused
    else {
        panic!("{refused:?}")
    };
    assert_eq!(rejection.code(), RejectionCode::DidDocDeactivated);
    assert_eq!(world.transactions("included"), 1);
    assert_eq!(world.transactions("open") + world.transactions("failed"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_operations_are_one_transaction_and_all_or_none() {
    let world = World::start().await;
    let engine = world.engine();
    let (one, two) = (Subject::new(1), Subject::new(2));
    let both = vec![one.create().into(), two.create().into()];
    let made = engine.submit(both).await.unwrap();
    assert_eq!(made[0].location, made[1].location);
    assert_eq!(
        engine.latest(&two.did).unwrap().unwrap().version_id,
        made[1].version_id
    );

    let again = vec![one.end().into(), two.create().into()];
    let refused = engine.submit(again).await.unwrap_err();
    assert!(
        matches!(refused, SubmitError::Rejected { position: 1, .. }),
        "{refused:?}"
    );
    assert_eq!((world.versions(&one.did), world.versions(&two.did)), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_when_the_engine_ends_is_found_by_the_next_one() {
    let world = World::start().await;
    let subject = Subject::new(1);
    world.made(std::slice::from_ref(&subject)).await;
    // Nothing is found: as much as a process can know when it is killed.
    world.set(Faults {
        unindexed: 1000,
        ..Faults::default()
    });
    let end = subject.end();
    let engine = world.engine();
    let (asked, proposal) = (Arc::clone(&engine), end.clone().into());
    let waiting = tokio::spawn(async move { asked.submit(vec![proposal]).await });
    while world.transactions("open") == 0 {
        tokio::task::yield_now().await;
    }
    waiting.abort();
    drop(engine);
    world.set(Faults::default());
    let next = world.engine();
    let committed = insist(|| Arc::clone(&next), end.clone().into())
        .await
        .unwrap();
    assert_eq!(committed.version_id, end.version_id());
    assert_eq!(world.versions(&subject.did), 2);
    assert_eq!(world.transactions("included"), 1);
}
