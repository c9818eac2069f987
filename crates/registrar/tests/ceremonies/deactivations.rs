//! Deactivations need the complete set; other signers come and go.

use did::{Did, MethodId, proto};
use registrar::ceremony::{
    Act, Binding, CeremonyError, Offered, Release, SlotKeys, SlotState, State, Unexpected,
};
use registrar::{BoundScope, RegistrarError};

use crate::common::{Place, random_did};
use crate::wallets::*;

#[tokio::test]
async fn a_signature_is_checked_when_it_arrives_and_one_wrong_one_keeps_all_out() {
    let place = Place::new();
    let (ann, ben, eve) = (wallet(1), wallet(2), wallet(9));
    let did = made(&place, &[&ann, &ben]).await;
    let others = made(&place, &[&eve]).await;
    let ceremonies = place.registrar.ceremonies();
    let started = ceremonies.start(end(&did, BoundScope::Version)).await;
    let started = started.unwrap();
    let good = ann.offer(&started, &did, "key-1");

    let wrong_key = eve.offer(&started, &did, "key-2");
    let wrong_bytes = Offered {
        bytes: ben.sign(b"something else"),
        ..ben.offer(&started, &did, "key-2")
    };
    let no_signature = Offered {
        bytes: vec![],
        ..wrong_key.clone()
    };
    for invalid in [wrong_key, wrong_bytes, no_signature] {
        let result = sign(&ceremonies, &started, vec![good.clone(), invalid]).await;
        let Err(CeremonyError::Signatures {
            invalid,
            unexpected,
        }) = result
        else {
            panic!("{result:?}");
        };
        assert_eq!((invalid, unexpected.len()), (ids(&did, &["key-2"]), 0));
    }
    for stranger in [
        eve.offer(&started, &did, "key-3"),
        eve.offer(&started, &others, "key-1"),
        Offered {
            slot: Some(1),
            ..good.clone()
        },
    ] {
        let name = stranger.method.to_string();
        let result = sign(&ceremonies, &started, vec![good.clone(), stranger]).await;
        let Err(CeremonyError::Signatures {
            invalid,
            unexpected,
        }) = result
        else {
            panic!("{result:?}");
        };
        assert!(invalid.is_empty());
        assert!(matches!(&unexpected[..], [Unexpected { method, .. }] if *method == name));
    }
    let read = ceremonies.read(mine(&started).via()).unwrap();
    assert_eq!(open_slots(&read).len(), 2, "nothing was taken");

    // The same once more is in order, another one for a slot that is signed is not.
    sign(&ceremonies, &started, vec![good.clone(), good.clone()])
        .await
        .unwrap();
    let read = sign(&ceremonies, &started, vec![good]).await.unwrap();
    assert_eq!(open_slots(&read), ids(&did, &["key-2"]));
}

#[tokio::test]
async fn one_method_of_another_signer_is_enough_and_one_that_ends_is_not_asked_for() {
    let place = Place::new();
    let (ann, ben, cleo) = (wallet(1), wallet(2), wallet(3));
    let company = made(&place, &[&ben, &cleo]).await;
    let did = with_controller(&place, &ann, &company, &ben).await;
    let ceremonies = place.registrar.ceremonies();
    let one = ceremonies.start(end(&did, BoundScope::Authority)).await;
    let one = one.unwrap();
    assert_eq!(
        open_slots(&one),
        [format!("{did}#key-1"), company.to_string()]
    );
    let SlotKeys::AnyOf(methods) = &one.slots[1].keys else {
        panic!("{:?}", one.slots[1]);
    };
    assert_eq!(methods.len(), 2);
    let signed = sign(
        &ceremonies,
        &one,
        vec![
            ann.offer(&one, &did, "key-1"),
            cleo.offer(&one, &company, "key-2"),
        ],
    );
    assert!(matches!(
        signed.await.unwrap().state,
        State::Complete { .. }
    ));
    let second = vec![ben.offer(&one, &company, "key-1")];
    let second = sign(&ceremonies, &one, second).await;
    assert!(matches!(second, Err(CeremonyError::Signatures { .. })));

    // It changes the key that has signed: its signature counts no more, and it signs again.
    let mut document = present(&place, &company);
    let dora = wallet(4);
    document.verification_method[1] = method(company.as_str(), "key-2", &dora);
    let signers = [(&ben, "key-1"), (&dora, "key-2")];
    changed(&place, &company, document, &signers).await;
    let read = ceremonies.read(mine(&one).via()).unwrap();
    assert_eq!(read.state, State::Collecting);
    assert_eq!(open_slots(&read), [company.to_string()]);
    let again = vec![ben.offer(&one, &company, "key-1")];
    let again = sign(&ceremonies, &one, again).await.unwrap();
    assert!(matches!(again.state, State::Complete { .. }));

    // It is deactivated: its signature is left out, and the others are enough.
    let its_end = ceremonies.start(end(&company, BoundScope::Version)).await;
    let its_end = its_end.unwrap();
    let offered = vec![
        ben.offer(&its_end, &company, "key-1"),
        dora.offer(&its_end, &company, "key-2"),
    ];
    sign(&ceremonies, &its_end, offered).await.unwrap();
    commit(&ceremonies, &its_end).await.unwrap();
    let read = ceremonies.read(mine(&one).via()).unwrap();
    assert_eq!(read.slots[1].state, SlotState::NotNeeded);
    assert!(matches!(read.state, State::Complete { .. }));
    commit(&ceremonies, &one).await.unwrap();
    assert!(has_ended(&place, &did));
}

#[tokio::test]
async fn a_controller_that_ends_before_it_has_signed_is_not_waited_for() {
    let place = Place::new();
    let (ann, ben) = (wallet(1), wallet(2));
    let company = made(&place, &[&ben]).await;
    let did = with_controller(&place, &ann, &company, &ben).await;
    let ceremonies = place.registrar.ceremonies();
    let one = ceremonies.start(end(&did, BoundScope::Version)).await;
    let one = one.unwrap();
    assert_eq!(open_slots(&one).len(), 2);
    let its_end = ceremonies.start(end(&company, BoundScope::Version)).await;
    let its_end = its_end.unwrap();
    let offered = vec![ben.offer(&its_end, &company, "key-1")];
    sign(&ceremonies, &its_end, offered).await.unwrap();
    commit(&ceremonies, &its_end).await.unwrap();
    // Its signature comes all the same, late, and does no harm.
    let offered = vec![
        ben.offer(&one, &company, "key-1"),
        ann.offer(&one, &did, "key-1"),
    ];
    let complete = sign(&ceremonies, &one, offered).await.unwrap();
    assert!(matches!(complete.state, State::Complete { .. }));
    commit(&ceremonies, &one).await.unwrap();
    assert!(has_ended(&place, &did));
}

#[tokio::test]
async fn a_document_without_methods_ends_with_all_methods_of_its_controllers() {
    let place = Place::new();
    let (ann, ben) = (wallet(1), wallet(2));
    let company = made(&place, &[&ann, &ben]).await;
    let did = random_did();
    let ceremonies = place.registrar.ceremonies();
    let document = proto::DidDoc {
        id: did.clone(),
        controller: vec![company.to_string()],
        ..proto::DidDoc::default()
    };
    let made = ceremonies.start(create(document)).await.unwrap();
    assert_eq!(open_slots(&made), [company.to_string()]);
    let offered = vec![ann.offer(&made, &company, "key-1")];
    sign(&ceremonies, &made, offered).await.unwrap();
    commit(&ceremonies, &made).await.unwrap();
    let did = Did::parse(&did).unwrap();
    let one = ceremonies.start(end(&did, BoundScope::Authority)).await;
    assert_eq!(
        open_slots(&one.unwrap()),
        ids(&company, &["key-1", "key-2"])
    );
}

#[tokio::test]
async fn an_update_and_an_end_are_accepted_together_with_the_complete_sets_of_both_documents() {
    let place = Place::new();
    let (ann, ben, cleo) = (wallet(1), wallet(2), wallet(3));
    let did = made(&place, &[&ann, &ben]).await;
    let mut last = document(did.as_str(), &[&ann]);
    last.verification_method
        .push(method(did.as_str(), "key-3", &cleo));
    for binding in [
        Binding::Bound(BoundScope::Version),
        Binding::Unbound { version_id: None },
    ] {
        let ceremonies = place.registrar.ceremonies();
        let both = ceremonies
            .start(new(Act::UpdateAndDeactivate {
                document: last.clone(),
                version_id: None,
                binding: binding.clone(),
            }))
            .await
            .unwrap();
        let of = |statement: usize| {
            let mut part = both.clone();
            part.slots.retain(|slot| slot.statement == statement);
            let mut open = open_slots(&part);
            open.sort();
            open
        };
        assert_eq!(of(0), ids(&did, &["key-1", "key-2", "key-3"]));
        assert_eq!(of(1), ids(&did, &["key-1", "key-3"]));
        let offered = vec![
            ann.offer_for(&both, 0, &did, "key-1"),
            cleo.offer_for(&both, 0, &did, "key-3"),
            ann.offer_for(&both, 1, &did, "key-1"),
            cleo.offer_for(&both, 1, &did, "key-3"),
        ];
        let read = sign(&ceremonies, &both, offered).await.unwrap();
        assert_eq!(open_slots(&read), ids(&did, &["key-2"]));
        let head = place.head();
        assert!(commit(&ceremonies, &both).await.is_err());
        assert_eq!(place.head(), head);
        if binding == (Binding::Unbound { version_id: None }) {
            let offered = vec![ben.offer_for(&both, 0, &did, "key-2")];
            sign(&ceremonies, &both, offered).await.unwrap();
            let done = commit(&ceremonies, &both).await.unwrap();
            assert_eq!(
                committed_kinds(&done),
                [did::OperationKind::Update, did::OperationKind::Deactivate]
            );
            assert!(has_ended(&place, &did));
            let again = commit(&ceremonies, &both).await.unwrap();
            assert_eq!(again.state, done.state);
        }
    }
}

#[tokio::test]
async fn an_end_signed_beforehand_is_taken_away_and_submitted_later_and_an_update_voids_it() {
    let place = Place::new();
    let ann = wallet(1);
    let did = made(&place, &[&ann]).await;
    let ceremonies = place.registrar.ceremonies();
    let kept = ceremonies.start(end(&did, BoundScope::Version)).await;
    let kept = kept.unwrap();
    let offered = vec![ann.offer(&kept, &did, "key-1")];
    sign(&ceremonies, &kept, offered).await.unwrap();
    let refused = ceremonies.export(&kept.owner, &kept.id);
    assert!(matches!(refused, Err(CeremonyError::Unusable(_))));

    let beforehand = |scope| {
        let mut new = end(&did, scope);
        new.release = Release::Export;
        new.valid_for = 3650 * DAY;
        new
    };
    let mut exported = Vec::new();
    for scope in [BoundScope::Version, BoundScope::Authority] {
        let one = ceremonies.start(beforehand(scope)).await.unwrap();
        let bound = one.statements[0].bound.clone().unwrap();
        assert!(bound.expires_ms > one.expires_ms);
        let early = ceremonies.export(&one.owner, &one.id);
        assert!(matches!(early, Err(CeremonyError::Incomplete { .. })));
        let offered = vec![ann.offer(&one, &did, "key-1")];
        sign(&ceremonies, &one, offered).await.unwrap();
        exported.push(ceremonies.export(&one.owner, &one.id).unwrap());
    }
    renamed(&place, &ann, &did, "https://example.org/new").await;
    let submit = |exported: &registrar::ceremony::Exported| {
        let operation =
            did::Operation::decode(did::OperationKind::Deactivate, &exported.message).unwrap();
        let bound = exported.statement.bound.clone();
        place
            .ledger
            .submit(vec![did::Proposal { operation, bound }])
    };
    let void = submit(&exported[0]).await.unwrap_err().to_string();
    assert!(void.contains("superseded"), "{void}");
    submit(&exported[1]).await.unwrap();
    assert!(has_ended(&place, &did));
}

#[tokio::test]
async fn what_no_key_could_sign_is_refused_at_the_start() {
    let place = Place::new();
    let ann = wallet(1);
    let did = made(&place, &[&ann]).await;
    let ceremonies = place.registrar.ceremonies();
    let unknown = Did::parse(&random_did()).unwrap();
    let result = ceremonies.start(end(&unknown, BoundScope::Version)).await;
    assert!(matches!(
        result,
        Err(CeremonyError::Registrar(RegistrarError::NotFound(_)))
    ));
    let again = ceremonies
        .start(create(document(did.as_str(), &[&ann])))
        .await;
    assert!(matches!(
        again,
        Err(CeremonyError::Registrar(RegistrarError::Rejected(_)))
    ));
    let reserved = new(Act::Deactivate {
        did: did.clone(),
        binding: Binding::Unbound {
            version_id: Some("0191e4c2-0000-8000-8000-000000000000".into()),
        },
    });
    assert!(ceremonies.start(reserved).await.is_err());
    let used = place.ledger.latest(&did).unwrap().unwrap().version_id;
    let used = new(Act::Deactivate {
        did: did.clone(),
        binding: Binding::Unbound {
            version_id: Some(used),
        },
    });
    assert!(ceremonies.start(used).await.is_err());
    assert_eq!(place.rows("registrar_ceremonies"), 1, "that of the create");
}

/// A DID of Ann's that the company controls too.
async fn with_controller(place: &Place, ann: &Wallet, company: &Did, of_company: &Wallet) -> Did {
    let mut document = document(&random_did(), &[ann]);
    document.controller.push(company.to_string());
    let did = Did::parse(&document.id).unwrap();
    let ceremonies = place.registrar.ceremonies();
    let started = ceremonies.start(create(document)).await.unwrap();
    let offered = vec![
        ann.offer(&started, &did, "key-1"),
        Offered {
            method: MethodId::parse(&format!("{company}#key-1")).unwrap(),
            ..of_company.offer(&started, company, "key-1")
        },
    ];
    sign(&ceremonies, &started, offered).await.unwrap();
    commit(&ceremonies, &started).await.unwrap();
    did
}
