//! Access to a ceremony: tenants, holders of links, custodial keys.

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use did::{Did, MethodId};
use registrar::ceremony::{
    CeremonyAccess, CeremonyError, LinkScope, LinkToken, Listing, OPEN_OF_BEARERS_ON_DID_MAX,
    Offered, Owner, State,
};
use registrar::{BoundScope, PermitDenied, RegistrarError, SigningKeys, SigningPermit};

use crate::common::{OTHER, Place, TENANT, exactly, freely};
use crate::wallets::*;

#[tokio::test]
async fn a_ceremony_is_there_for_its_tenant_alone() {
    let place = Place::new();
    let ann = wallet(1);
    let did = made(&place, &[&ann]).await;
    let ceremonies = place.registrar.ceremonies();
    let started = ceremonies.start(end(&did, BoundScope::Version)).await;
    let started = started.unwrap();
    let strangers = [Owner::Tenant(OTHER.into()), Owner::Bearer];
    for owner in &strangers {
        let via = CeremonyAccess::Owner {
            owner,
            id: &started.id,
        };
        let offered = vec![ann.offer(&started, &did, "key-1")];
        let not_found = [
            ceremonies.read(via).map(drop),
            ceremonies.sign(via, offered).await.map(drop),
            ceremonies.refuse(via, 0, "no".into()).await.map(drop),
            ceremonies.commit(via).await.map(drop),
            ceremonies.cancel(via).await.map(drop),
            ceremonies.export(owner, &started.id).map(drop),
            ceremonies.links(owner, &started.id).map(drop),
        ];
        for result in not_found {
            assert!(matches!(result, Err(CeremonyError::NotFound)));
        }
    }
    let all = Listing {
        limit: 10,
        ..Listing::default()
    };
    assert_eq!(ceremonies.list(OTHER, &all).unwrap().len(), 0);
    let listed = ceremonies.list(TENANT, &all).unwrap();
    assert_eq!(listed.len(), 2);
    let after = Listing {
        after: Some(listed[0].id.clone()),
        did: Some(did),
        limit: 10,
    };
    let rest = ceremonies.list(TENANT, &after).unwrap();
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0].id, listed[1].id);
}

#[tokio::test]
async fn a_link_of_a_slot_reaches_that_slot_until_it_is_revoked() {
    let place = Place::new();
    let (ann, ben) = (wallet(1), wallet(2));
    let did = made(&place, &[&ann, &ben]).await;
    let ceremonies = place.registrar.ceremonies();
    let started = ceremonies.start(end(&did, BoundScope::Version)).await;
    let started = started.unwrap();
    let (link, token) = ceremonies
        .link(&started.owner, &started.id, LinkScope::Slot(1))
        .await
        .unwrap();
    let token = LinkToken::parse(&token.reveal()).unwrap();
    let via = CeremonyAccess::Link(&token);
    assert_eq!(ceremonies.read(via).unwrap().statements, started.statements);
    let (of_ann, of_ben) = (
        ann.offer(&started, &did, "key-1"),
        ben.offer(&started, &did, "key-2"),
    );
    let other = ceremonies.sign(via, vec![of_ann.clone()]).await;
    assert!(matches!(other, Err(CeremonyError::Signatures { .. })));
    let other = ceremonies.refuse(via, 0, "no".into()).await;
    assert!(matches!(other, Err(CeremonyError::NotWithThisLink(_))));
    let cancelled = ceremonies.cancel(via).await;
    assert!(matches!(cancelled, Err(CeremonyError::NotWithThisLink(_))));
    ceremonies.sign(via, vec![of_ben.clone()]).await.unwrap();

    // Nothing that is stored gives the link away.
    let plain = format!(
        "registrar_links WHERE hex(token_sha256) = upper('{}')",
        &token.reveal()[13..]
    );
    assert_eq!((place.rows("registrar_links"), place.rows(&plain)), (1, 0));

    ceremonies
        .revoke_link(&started.owner, &started.id, &link.id)
        .await
        .unwrap();
    let revoked = ceremonies.read(via);
    assert!(matches!(revoked, Err(CeremonyError::NotFound)));

    // The holder of a link of the whole may submit what is complete.
    let (_, whole) = ceremonies
        .link(&started.owner, &started.id, LinkScope::Whole)
        .await
        .unwrap();
    ceremonies
        .sign(CeremonyAccess::Link(&whole), vec![of_ann])
        .await
        .unwrap();
    let committed = ceremonies
        .commit(CeremonyAccess::Link(&whole))
        .await
        .unwrap();
    assert!(has_ended(&place, &did));
    let again = ceremonies
        .commit(CeremonyAccess::Link(&whole))
        .await
        .unwrap();
    assert_eq!(again.state, committed.state);
    place.pass(2 * WEEK);
    let ended = ceremonies.read(CeremonyAccess::Link(&whole));
    assert!(matches!(ended, Err(CeremonyError::NotFound)));
}

#[tokio::test]
async fn a_cooling_period_leaves_time_to_call_it_off() {
    let place = Place::new();
    let ann = wallet(1);
    let did = made(&place, &[&ann]).await;
    let ceremonies = place.registrar.ceremonies();
    for called_off in [true, false] {
        let mut slow = end(&did, BoundScope::Version);
        slow.cooling = DAY;
        let started = ceremonies.start(slow).await.unwrap();
        let (_, token) = ceremonies
            .link(&started.owner, &started.id, LinkScope::Slot(0))
            .await
            .unwrap();
        let via = CeremonyAccess::Link(&token);
        ceremonies
            .sign(via, vec![ann.offer(&started, &did, "key-1")])
            .await
            .unwrap();
        let early = ceremonies.commit(via).await;
        assert!(matches!(early, Err(CeremonyError::Cooling { .. })));
        assert!(!has_ended(&place, &did));
        if called_off {
            let cancelled = ceremonies.cancel(via).await.unwrap();
            assert!(matches!(cancelled.state, State::Cancelled { .. }));
            let none = place.rows(
                "registrar_slots WHERE signature IS NOT NULL AND ceremony IN
                 (SELECT id FROM registrar_ceremonies WHERE cancelled_ms IS NOT NULL)",
            );
            assert_eq!(none, 0);
            place.pass(2 * DAY);
            assert!(ceremonies.commit(via).await.is_err());
            assert!(!has_ended(&place, &did));
        } else {
            place.pass(DAY + HOUR);
            ceremonies.commit(via).await.unwrap();
            assert!(has_ended(&place, &did));
        }
    }
}

#[tokio::test]
async fn keys_that_are_held_sign_when_they_are_told_to_and_may() {
    let place = Place::new();
    let ann = wallet(1);
    let held = place.key(TENANT).await;
    let spare = place.key(TENANT).await;
    let mut both = document(&crate::common::random_did(), &[&ann]);
    let did = Did::parse(&both.id).unwrap();
    both.verification_method
        .push(crate::common::method(did.as_str(), "key-2", &held));
    let ceremonies = place.registrar.ceremonies();
    let started = ceremonies.start(create(both)).await.unwrap();
    assert_eq!(open_slots(&started).len(), 2, "no key signs by itself");

    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let withdrawn = SigningPermit::new(
        move |keys| {
            assert_eq!(keys.keys.len(), 1);
            count.fetch_add(1, Ordering::Relaxed);
            ready(Err(PermitDenied::Withdrawn("no".into())))
        },
        || ready(Ok(())),
    );
    let all = SigningKeys::AllCustodial;
    let refused = ceremonies
        .sign_custodial(TENANT, &started.id, all.clone(), withdrawn)
        .await;
    assert!(matches!(
        refused,
        Err(CeremonyError::Registrar(RegistrarError::PermitDenied(_)))
    ));
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    let other = ceremonies
        .sign_custodial(OTHER, &started.id, all.clone(), freely())
        .await;
    assert!(matches!(other, Err(CeremonyError::NotFound)));
    let idle = ceremonies
        .sign_custodial(TENANT, &started.id, exactly(&[&spare]), freely())
        .await;
    assert!(matches!(idle, Err(CeremonyError::Unusable(_))));
    let read = ceremonies.read(mine(&started).via()).unwrap();
    assert_eq!(open_slots(&read).len(), 2);
    let read = ceremonies
        .sign_custodial(TENANT, &started.id, all.clone(), freely())
        .await
        .unwrap();
    assert_eq!(open_slots(&read), ids(&did, &["key-1"]));
    let none = ceremonies
        .sign_custodial(TENANT, &started.id, all, freely())
        .await;
    assert!(matches!(none, Err(CeremonyError::Unusable(_))));
    sign(
        &ceremonies,
        &started,
        vec![ann.offer(&started, &did, "key-1")],
    )
    .await
    .unwrap();
    commit(&ceremonies, &started).await.unwrap();
}

#[tokio::test]
async fn a_ceremony_without_a_tenant_is_reached_by_its_id_and_one_did_has_few_of_them() {
    let place = Place::new();
    let ann = wallet(1);
    let did = made(&place, &[&ann]).await;
    let ceremonies = place.registrar.ceremonies();
    let nobody = || {
        let mut new = end(&did, BoundScope::Version);
        new.owner = Owner::Bearer;
        new
    };
    // What has a signature stays; of the others the oldest makes room.
    let signed = ceremonies.start(nobody()).await.unwrap();
    let offered = vec![ann.offer(&signed, &did, "key-1")];
    sign(&ceremonies, &signed, offered).await.unwrap();
    let idle = ceremonies.start(nobody()).await.unwrap();
    place.pass(HOUR / 60);
    let mut last = None;
    for _ in 1..OPEN_OF_BEARERS_ON_DID_MAX {
        last = Some(ceremonies.start(nobody()).await.unwrap());
    }
    assert!(ceremonies.read(mine(&signed).via()).is_ok());
    let gone = ceremonies.read(mine(&idle).via());
    assert!(matches!(gone, Err(CeremonyError::NotFound)));
    let last = last.unwrap();
    let offered = vec![Offered {
        slot: Some(0),
        method: MethodId::parse(&format!("{did}#key-1")).unwrap(),
        bytes: ann.sign(&last.statements[0].payload),
    }];
    sign(&ceremonies, &last, offered).await.unwrap();
    commit(&ceremonies, &last).await.unwrap();
    assert!(has_ended(&place, &did));
}
