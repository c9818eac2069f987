//! Days go by, servers stop and start, holders refuse, documents change.

use registrar::BoundScope;
use registrar::ceremony::{CeremonyError, Closed, KEPT_FOR, SlotState, State, Supersession};

use crate::common::{Place, TENANT};
use crate::wallets::*;

#[tokio::test]
async fn three_wallets_end_a_did_in_two_days_over_a_restart_a_refusal_and_an_update() {
    let place = Place::new();
    let (ann, ben, cleo) = (wallet(1), wallet(2), wallet(3));
    let did = made(&place, &[&ann, &ben, &cleo]).await;
    assert_eq!(place.listed(TENANT).await, std::slice::from_ref(&did));

    // The first day: one signs, one refuses, and the server is started again.
    let ceremonies = place.registrar.ceremonies();
    let first = end(&did, BoundScope::Version);
    let first = ceremonies.start(first).await.unwrap();
    assert_eq!(open_slots(&first), ids(&did, &["key-1", "key-2", "key-3"]));
    let offered = vec![ann.offer(&first, &did, "key-1")];
    sign(&ceremonies, &first, offered).await.unwrap();
    let reason = "not before the audit";
    let refused = ceremonies
        .refuse(mine(&first).via(), 1, reason.into())
        .await;
    assert_eq!(refused.unwrap().state, State::Refused);
    drop(ceremonies);
    let place = place.reopened();
    let ceremonies = place.registrar.ceremonies();
    let read = ceremonies.read(mine(&first).via()).unwrap();
    assert_eq!(read.state, State::Refused);
    assert_eq!(read.statements, first.statements);
    assert!(matches!(read.slots[0].state, SlotState::Signed { .. }));
    let SlotState::Refused { reason: kept, .. } = &read.slots[1].state else {
        panic!("{:?}", read.slots[1]);
    };
    assert_eq!(kept, reason);

    // The document changes: the signatures are worth nothing any more.
    renamed(&place, &ann, &did, "https://example.org/a").await;
    let superseded = ceremonies.read(mine(&first).via()).unwrap();
    let State::Superseded { by } = superseded.state else {
        panic!("{:?}", superseded.state);
    };
    assert!(matches!(by, Supersession::Updated { .. }));
    let late = vec![cleo.offer(&first, &did, "key-3")];
    let late = sign(&ceremonies, &first, late).await;
    let superseded = Closed::Superseded;
    assert!(matches!(late, Err(CeremonyError::Closed(closed)) if closed == superseded));
    let late = commit(&ceremonies, &first).await;
    assert!(matches!(late, Err(CeremonyError::Closed(closed)) if closed == superseded));

    // The second day: a statement that such a change does not disturb.
    place.pass(DAY);
    let second = end(&did, BoundScope::Authority);
    let second = ceremonies.start(second).await.unwrap();
    let offered = vec![
        ann.offer(&second, &did, "key-1"),
        ben.offer(&second, &did, "key-2"),
    ];
    sign(&ceremonies, &second, offered).await.unwrap();
    renamed(&place, &ann, &did, "https://example.org/b").await;
    place.pass(DAY);
    let read = ceremonies.read(mine(&second).via()).unwrap();
    assert_eq!(read.state, State::Collecting);
    assert_eq!(open_slots(&read), ids(&did, &["key-3"]));
    let head = place.head();
    let early = commit(&ceremonies, &second).await;
    let Err(CeremonyError::Incomplete { missing, refused }) = early else {
        panic!("{early:?}");
    };
    assert_eq!((missing, refused), (ids(&did, &["key-3"]), vec![]));
    assert_eq!(place.head(), head);
    let offered = vec![cleo.offer(&second, &did, "key-3")];
    let complete = sign(&ceremonies, &second, offered).await.unwrap();
    assert!(matches!(complete.state, State::Complete { .. }));
    assert!(!has_ended(&place, &did));
    let committed = commit(&ceremonies, &second).await.unwrap();
    assert!(has_ended(&place, &did));

    // The same again, also after a restart, gets the same answer and writes nothing.
    let head = place.head();
    let again = commit(&ceremonies, &second).await.unwrap();
    drop(ceremonies);
    let place = place.reopened();
    let after = commit(&place.registrar.ceremonies(), &second)
        .await
        .unwrap();
    assert_eq!(again.state, committed.state);
    assert_eq!(after.state, committed.state);
    assert_eq!(place.head().size, head.size);
}

#[tokio::test]
async fn an_end_of_another_kind_supersedes_and_traffic_of_others_does_not() {
    let place = Place::new();
    let (ann, ben) = (wallet(1), wallet(2));
    let did = made(&place, &[&ann]).await;
    let other = made(&place, &[&ben]).await;
    let ceremonies = place.registrar.ceremonies();
    let one = ceremonies.start(end(&did, BoundScope::Version)).await;
    let one = one.unwrap();
    let two = ceremonies.start(end(&did, BoundScope::Authority)).await;
    let two = two.unwrap();
    renamed(&place, &ben, &other, "https://example.org/ben").await;
    assert_eq!(
        ceremonies.read(mine(&one).via()).unwrap().state,
        State::Collecting
    );
    let offered = vec![ann.offer(&one, &did, "key-1")];
    sign(&ceremonies, &one, offered).await.unwrap();
    commit(&ceremonies, &one).await.unwrap();
    let read = ceremonies.read(mine(&two).via()).unwrap();
    let State::Superseded { by } = read.state else {
        panic!("{:?}", read.state);
    };
    assert!(matches!(by, Supersession::Deactivated { .. }));
}

#[tokio::test]
async fn new_keys_supersede_what_rests_on_the_old_ones() {
    let place = Place::new();
    let (ann, ben) = (wallet(1), wallet(2));
    let did = made(&place, &[&ann]).await;
    let ceremonies = place.registrar.ceremonies();
    let started = ceremonies.start(end(&did, BoundScope::Authority)).await;
    let started = started.unwrap();
    let document = document(did.as_str(), &[&ann, &ben]);
    changed(&place, &did, document, &[(&ann, "key-1"), (&ben, "key-2")]).await;
    let read = ceremonies.read(mine(&started).via()).unwrap();
    assert!(matches!(read.state, State::Superseded { .. }));
    assert!(!has_ended(&place, &did));
}

#[tokio::test]
async fn what_has_expired_takes_nothing_and_is_swept_away() {
    let place = Place::new();
    let ann = wallet(1);
    let did = made(&place, &[&ann]).await;
    let ceremonies = place.registrar.ceremonies();
    let mut short = end(&did, BoundScope::Version);
    short.valid_for = DAY;
    let started = ceremonies.start(short).await.unwrap();
    let offered = vec![ann.offer(&started, &did, "key-1")];
    sign(&ceremonies, &started, offered.clone()).await.unwrap();
    place.pass(2 * DAY);
    let expired = ceremonies.read(mine(&started).via()).unwrap();
    assert_eq!(expired.state, State::Expired);
    let head = place.head();
    let late = commit(&ceremonies, &started).await;
    assert!(matches!(late, Err(CeremonyError::Closed(Closed::Expired))));
    let late = ceremonies
        .refuse(mine(&started).via(), 0, "no".into())
        .await;
    assert!(matches!(late, Err(CeremonyError::Closed(Closed::Expired))));
    assert_eq!(place.head(), head);
    assert_eq!(signatures(&place), 2);
    // The create of the DID has a week, and is not over yet.
    assert_eq!(ceremonies.sweep().await.unwrap(), 0);
    assert_eq!(signatures(&place), 1);
    place.pass(KEPT_FOR + WEEK);
    assert_eq!(ceremonies.sweep().await.unwrap(), 2);
    for table in [
        "registrar_ceremonies",
        "registrar_statements",
        "registrar_slots",
    ] {
        assert_eq!(place.rows(table), 0, "{table}");
    }
    let gone = ceremonies.read(mine(&started).via());
    assert!(matches!(gone, Err(CeremonyError::NotFound)));
}

fn signatures(place: &Place) -> i64 {
    place.rows("registrar_slots WHERE signature IS NOT NULL")
}
