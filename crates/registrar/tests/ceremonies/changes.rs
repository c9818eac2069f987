//! Creates and updates: old and new signers, and every new key.

use did::{Did, GUARD_SERVICE_TYPE, proto};
use registrar::ceremony::{CeremonyError, State};

use crate::common::{OTHER, Place, TENANT, random_did};
use crate::wallets::*;

#[tokio::test]
async fn every_key_of_a_new_document_gives_proof_of_possession() {
    let place = Place::new();
    let (ann, ben) = (wallet(1), wallet(2));
    let did = Did::parse(&random_did()).unwrap();
    let ceremonies = place.registrar.ceremonies();
    let started = ceremonies
        .start(create(document(did.as_str(), &[&ann, &ben])))
        .await
        .unwrap();
    let offered = vec![ann.offer(&started, &did, "key-1")];
    sign(&ceremonies, &started, offered).await.unwrap();
    let early = commit(&ceremonies, &started).await;
    assert!(matches!(early, Err(CeremonyError::Incomplete { .. })));
    assert!(place.listed(TENANT).await.is_empty());
    assert!(place.ledger.latest(&did).unwrap().is_none());
    let offered = vec![ben.offer(&started, &did, "key-2")];
    sign(&ceremonies, &started, offered).await.unwrap();
    commit(&ceremonies, &started).await.unwrap();
    assert_eq!(place.listed(TENANT).await, [did]);
    assert!(place.listed(OTHER).await.is_empty());
    assert_eq!(place.rows("registrar_pending"), 0);
}

#[tokio::test]
async fn one_old_key_is_enough_for_a_change_that_brings_no_key() {
    let place = Place::new();
    let (ann, ben) = (wallet(1), wallet(2));
    let did = made(&place, &[&ann, &ben]).await;
    let ceremonies = place.registrar.ceremonies();
    let mut document = present(&place, &did);
    document.also_known_as = vec!["https://example.org".into()];
    let started = ceremonies.start(update(document)).await.unwrap();
    assert_eq!(open_slots(&started), [did.to_string()]);
    let offered = vec![ben.offer(&started, &did, "key-2")];
    let complete = sign(&ceremonies, &started, offered).await.unwrap();
    assert!(matches!(complete.state, State::Complete { .. }));
    commit(&ceremonies, &started).await.unwrap();
    assert_eq!(present(&place, &did).also_known_as.len(), 1);
}

#[tokio::test]
async fn a_key_that_changes_under_its_id_signs_old_and_new() {
    let place = Place::new();
    let (ann, ben) = (wallet(1), wallet(2));
    let did = made(&place, &[&ann]).await;
    let ceremonies = place.registrar.ceremonies();
    let started = ceremonies
        .start(update(document(did.as_str(), &[&ben])))
        .await
        .unwrap();
    assert_eq!(
        open_slots(&started),
        [format!("{did}#key-1"), did.to_string()]
    );
    let offered = vec![
        ann.offer(&started, &did, "key-1"),
        ben.offer(&started, &did, "key-1"),
    ];
    sign(&ceremonies, &started, offered).await.unwrap();
    commit(&ceremonies, &started).await.unwrap();
    assert_eq!(
        present(&place, &did).verification_method,
        [method(did.as_str(), "key-1", &ben)]
    );
}

#[tokio::test]
async fn a_guarded_document_asks_all_old_keys_and_all_new_ones() {
    let place = Place::new();
    let (ann, ben, cleo) = (wallet(1), wallet(2), wallet(3));
    let mut guarded = document(&random_did(), &[&ann, &ben]);
    guarded.service = vec![proto::Service {
        id: format!("{}#guard", guarded.id),
        service_type: GUARD_SERVICE_TYPE.into(),
        service_endpoint: vec!["https://example.org/guard".into()],
        ..proto::Service::default()
    }];
    let did = made_from(&place, guarded.clone(), &[&ann, &ben]).await;
    let mut next = guarded;
    next.verification_method = vec![
        method(did.as_str(), "key-1", &ann),
        method(did.as_str(), "key-3", &cleo),
    ];
    let ceremonies = place.registrar.ceremonies();
    let started = ceremonies.start(update(next)).await.unwrap();
    let mut open = open_slots(&started);
    open.sort();
    assert_eq!(open, ids(&did, &["key-1", "key-2", "key-3"]));
    let offered = vec![
        ann.offer(&started, &did, "key-1"),
        ben.offer(&started, &did, "key-2"),
        cleo.offer(&started, &did, "key-3"),
    ];
    sign(&ceremonies, &started, offered).await.unwrap();
    commit(&ceremonies, &started).await.unwrap();
    assert_eq!(present(&place, &did).verification_method.len(), 2);
}

#[tokio::test]
async fn of_two_changes_from_one_version_the_second_is_superseded() {
    let place = Place::new();
    let ann = wallet(1);
    let did = made(&place, &[&ann]).await;
    let ceremonies = place.registrar.ceremonies();
    let mut started = Vec::new();
    for name in ["https://example.org/a", "https://example.org/b"] {
        let mut document = present(&place, &did);
        document.also_known_as = vec![name.into()];
        let one = ceremonies.start(update(document)).await.unwrap();
        let offered = vec![ann.offer(&one, &did, "key-1")];
        started.push(sign(&ceremonies, &one, offered).await.unwrap());
    }
    commit(&ceremonies, &started[0]).await.unwrap();
    let late = commit(&ceremonies, &started[1]).await;
    assert!(matches!(late, Err(CeremonyError::Closed(_))), "{late:?}");
    assert_eq!(
        present(&place, &did).also_known_as,
        ["https://example.org/a"]
    );
    // The first stays what it is although its DID goes on.
    renamed(&place, &ann, &did, "https://example.org/c").await;
    let read = ceremonies.read(mine(&started[0]).via()).unwrap();
    assert!(matches!(read.state, State::Committed(_)));
}
