//! What is told of a network that others keep, and when nothing is.

use did::Did;
use ledger::{Ledger, ReadError, Withheld};

use super::node::Faults;
use super::world::{Subject, World};

fn is_withheld<T: std::fmt::Debug>(read: Result<T, ReadError>) -> bool {
    matches!(read, Err(ReadError::Withheld(Withheld::Network { .. })))
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_are_told_as_the_network_has_them() {
    let world = World::start().await;
    let subject = Subject::new(1);
    world.made(std::slice::from_ref(&subject)).await;
    let engine = world.engine();
    let ended = engine.submit(vec![subject.end().into()]).await.unwrap();
    let own = world.network.history(&subject.did, None).unwrap().unwrap();
    assert_eq!(engine.history(&subject.did, None).unwrap().unwrap(), own);
    let first_id = own.versions[1].version_id.clone();
    let before = engine
        .history(&subject.did, Some(&ended[0].version_id))
        .unwrap()
        .unwrap();
    assert_eq!(before.versions, own.versions[1..]);
    assert_eq!(engine.history(&subject.did, Some(&first_id)).unwrap(), None);

    let (theirs, ours) = (
        world
            .network
            .version(&subject.did, &first_id)
            .unwrap()
            .unwrap(),
        engine.version(&subject.did, &first_id).unwrap().unwrap(),
    );
    assert_eq!(ours.document, theirs.document);
    assert_eq!(
        (ours.created_ms, ours.next_update_ms),
        (theirs.created_ms, theirs.next_update_ms)
    );
    assert!(ours.deactivated && theirs.deactivated);
    let at = engine.at(&subject.did, own.created_ms).unwrap().unwrap();
    assert_eq!(at.version_id, first_id);
    assert!(
        engine
            .at(&subject.did, own.created_ms - 1)
            .unwrap()
            .is_none()
    );
    assert!(engine.state(&subject.did).unwrap().unwrap().status == did::Status::Deactivated);

    let never = Did::parse("did:cheqd:testnet:00000000-0000-4000-8000-00000000ffff").unwrap();
    assert!(engine.latest(&never).unwrap().is_none());
    assert!(engine.history(&never, None).unwrap().is_none());
    assert!(engine.resources(&never, None, 9).unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_behind_tells_nothing() {
    let world = World::start().await;
    let subject = Subject::new(1);
    world.made(std::slice::from_ref(&subject)).await;
    let engine = world.engine();
    assert!(engine.latest(&subject.did).unwrap().is_some());
    // It would say that there is no such DID.
    world.set(Faults {
        old: 1000,
        ..Faults::default()
    });
    assert!(is_withheld(engine.latest(&subject.did)));
    assert!(is_withheld(engine.state(&subject.did)));
    assert!(engine.withheld().is_some());
    let refused = engine.submit(vec![subject.end().into()]).await;
    assert!(refused.is_err());
    world.set(Faults::default());
    assert!(engine.latest(&subject.did).unwrap().is_some());
    assert!(engine.withheld().is_none());

    world.node.set_down(true);
    assert!(is_withheld(engine.latest(&subject.did)));
    assert_eq!(world.transactions("open"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_in_a_block_is_the_oldest_that_is_believed_after_a_restart() {
    let world = World::start().await;
    let subject = Subject::new(1);
    let engine = world.engine();
    engine.submit(vec![subject.create().into()]).await.unwrap();
    drop(engine);
    world.node.go_back();
    assert!(is_withheld(world.engine().latest(&subject.did)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_of_another_chain_is_refused_at_the_start() {
    let world = World::start().await;
    let refused = world.engine_of("cheqd-mainnet-1").err().unwrap();
    let text = refused.to_string();
    assert!(
        text.contains(super::world::CHAIN_ID) && text.contains("cheqd-mainnet-1"),
        "{text}"
    );
    world.node.set_down(true);
    assert!(world.engine_of("cheqd-mainnet-1").is_ok());
}

/// An executor of one thread: whoever waits there must not wait for itself.
#[tokio::test]
async fn reads_end_on_a_runtime_of_one_thread() {
    let other = std::thread::spawn(|| {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let world = runtime.block_on(World::start());
        (runtime, world)
    });
    let (runtime, world) = other.join().unwrap();
    let subject = Subject::new(1);
    assert!(world.engine().latest(&subject.did).unwrap().is_none());
    runtime.shutdown_background();
}
