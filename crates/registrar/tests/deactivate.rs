//! An end needs the complete set, and happens once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::{OTHER, Place, TENANT, document, exactly, freely, random_did};
use did::Did;
use keystore::StoredKey;
use registrar::{BoundScope, DeactivatedBy, RegistrarError, SigningKeys};

#[tokio::test]
async fn no_part_of_three_keys_ends_a_did_and_the_answer_names_the_others() {
    let place = Place::new();
    let keys = [
        place.key(TENANT).await,
        place.key(TENANT).await,
        place.key(TENANT).await,
    ];
    let did = place.create_with(TENANT, &keys.each_ref()).await.did;
    let head = place.head();
    for subset in 1..7 {
        let is_in = |number: &usize| subset >> number & 1 == 1;
        let given: Vec<&StoredKey> = (0..3).filter(is_in).map(|number| &keys[number]).collect();
        let lacks: Vec<String> = (0..3)
            .filter(|number| !is_in(number))
            .map(|number| format!("{did}#key-{}", number + 1))
            .collect();
        match place.end(TENANT, &did, exactly(&given)).await.unwrap_err() {
            RegistrarError::Incomplete {
                reason,
                set:
                    did::IncompleteSet {
                        missing,
                        invalid,
                        unexpected,
                    },
            } => {
                assert_eq!(
                    (missing, invalid.len(), unexpected.len()),
                    (lacks.clone(), 0, 0),
                    "{subset:03b}"
                );
                assert!(lacks.iter().all(|id| reason.contains(id)), "{reason}");
            }
            other => panic!("{other}"),
        }
        assert_eq!(place.head(), head);
    }
    let ended = place
        .end(TENANT, &did, exactly(&keys.each_ref()))
        .await
        .unwrap();
    assert_eq!(ended.deactivated_by, DeactivatedBy::ThisRequest);
    let latest = place.ledger.latest(&did).unwrap().unwrap();
    assert!(latest.deactivated);
    assert_eq!(latest.version_id, ended.version_id);
}

#[tokio::test]
async fn a_repeat_gets_the_same_end_and_writes_nothing() {
    let place = Place::new();
    let did = place.create_simple(TENANT).await.did;
    let first = place
        .end(TENANT, &did, SigningKeys::AllCustodial)
        .await
        .unwrap();
    let head = place.head();
    let again = place
        .end(TENANT, &did, SigningKeys::AllCustodial)
        .await
        .unwrap();
    assert_eq!(
        (again.deactivated_by, again.version_id),
        (DeactivatedBy::EarlierRequest, first.version_id)
    );
    assert_eq!(place.head(), head);
    let place = place.reopened();
    assert!(
        place
            .end(TENANT, &did, SigningKeys::AllCustodial)
            .await
            .unwrap()
            .deactivated_by
            == DeactivatedBy::EarlierRequest
    );
    assert_eq!(place.listed(TENANT).await, [did]);
}

#[tokio::test]
async fn simultaneous_ends_are_one() {
    let place = Place::new();
    let did = place.create_simple(TENANT).await.did;
    let ends = (0..8).map(|_| {
        let (registrar, did) = (place.registrar.clone(), did.clone());
        tokio::spawn(async move {
            let request = registrar::Deactivate {
                did,
                keys: SigningKeys::AllCustodial,
                scope: BoundScope::Version,
            };
            registrar
                .deactivate(TENANT, request, freely())
                .await
                .unwrap()
        })
    });
    let mut ended = Vec::new();
    for end in ends.collect::<Vec<_>>() {
        ended.push(end.await.unwrap());
    }
    assert_eq!(
        ended
            .iter()
            .filter(|end| end.deactivated_by == DeactivatedBy::ThisRequest)
            .count(),
        1
    );
    assert!(
        ended
            .iter()
            .all(|end| end.version_id == ended[0].version_id)
    );
}

#[tokio::test]
async fn another_tenants_did_is_like_one_that_never_was() {
    let place = Place::new();
    let did = place.create_simple(TENANT).await.did;
    place.key(OTHER).await;
    let head = place.head();
    let foreign = place
        .end(OTHER, &did, SigningKeys::AllCustodial)
        .await
        .unwrap_err()
        .to_string();
    let unknown = Did::parse(&random_did()).unwrap();
    let absent = place
        .end(OTHER, &unknown, SigningKeys::AllCustodial)
        .await
        .unwrap_err()
        .to_string();
    assert_eq!(
        foreign.replace(did.as_str(), ""),
        absent.replace(unknown.as_str(), "")
    );
    assert!(absent.contains("DID document not found"));
    assert_eq!(place.head(), head);
    assert!(place.listed(OTHER).await.is_empty());
}

#[tokio::test]
async fn keys_that_are_named_must_be_held_by_this_tenant_in_this_very_form() {
    let place = Place::new();
    let own = place.key(TENANT).await;
    let foreign = place.key(OTHER).await;
    let did = place.create_with(TENANT, &[&own]).await.did;
    let head = place.head();
    let upper = own.kid.to_uppercase();
    for strange in [
        upper,
        foreign.kid.clone(),
        "zz".to_owned(),
        format!("0x{}", own.kid),
        String::new(),
    ] {
        let keys = SigningKeys::Exactly(vec![own.kid.clone(), strange.clone()]);
        let error = place.end(TENANT, &did, keys).await.unwrap_err().to_string();
        assert_eq!(
            error,
            format!("Public keys with hexs: {strange} are not owned by the customer")
        );
    }
    assert_eq!(place.head(), head);
}

#[tokio::test]
async fn a_custodial_key_that_is_not_required_is_refused() {
    let place = Place::new();
    let (own, surplus) = (place.key(TENANT).await, place.key(TENANT).await);
    let did = place.create_with(TENANT, &[&own]).await.did;
    match place
        .end(TENANT, &did, exactly(&[&own, &surplus]))
        .await
        .unwrap_err()
    {
        RegistrarError::Incomplete {
            set:
                did::IncompleteSet {
                    missing,
                    unexpected,
                    ..
                },
            ..
        } => {
            assert_eq!((missing.len(), unexpected), (0, vec![surplus.kid]));
        }
        other => panic!("{other}"),
    }
    assert!(!place.ledger.latest(&did).unwrap().unwrap().deactivated);
}

#[tokio::test]
async fn each_controller_signs_too_and_one_that_has_ended_is_not_asked() {
    let place = Place::new();
    let (own, theirs) = (place.key(TENANT).await, place.key(OTHER).await);
    let controller = place.create_with(OTHER, &[&theirs]).await.did;
    let mut wanted = document(&random_did(), &[&own]);
    wanted.controller.push(controller.to_string());

    // No custodial key can sign for the controller: it is named, and nothing is left behind.
    let head = place.head();
    match place
        .create_document(TENANT, wanted.clone())
        .await
        .unwrap_err()
    {
        RegistrarError::Incomplete { set, .. } => assert_eq!(set.missing, [controller.to_string()]),
        other => panic!("{other}"),
    }
    assert_eq!(place.head(), head);
    assert_eq!(
        (
            place.rows("registrar_dids"),
            place.rows("registrar_pending")
        ),
        (1, 0)
    );

    let mine = place.create_with(TENANT, &[&own]).await.did;
    let mut wanted = document(&random_did(), &[&own]);
    wanted.controller.push(mine.to_string());
    let controlled = place.create_document(TENANT, wanted).await.unwrap().did;
    place
        .end(TENANT, &controlled, SigningKeys::AllCustodial)
        .await
        .unwrap();

    let mut wanted = document(&random_did(), &[&own]);
    wanted.controller.push(mine.to_string());
    let survivor = place.create_document(TENANT, wanted).await.unwrap().did;
    place
        .end(TENANT, &mine, SigningKeys::AllCustodial)
        .await
        .unwrap();
    assert_eq!(
        place
            .end(TENANT, &survivor, SigningKeys::AllCustodial)
            .await
            .unwrap()
            .deactivated_by,
        DeactivatedBy::ThisRequest
    );
}

#[tokio::test]
async fn networks_that_are_not_served_are_named() {
    let place = Place::new();
    let did = Did::parse(&random_did().replace("testnet", "mainnet")).unwrap();
    let error = place
        .end(TENANT, &did, SigningKeys::AllCustodial)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("mainnet") && error.contains("testnet"),
        "{error}"
    );
}
