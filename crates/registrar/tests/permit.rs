//! No key signs without permit, and nothing that was signed is submitted without it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::future::ready;
use std::sync::{Arc, Mutex};

use common::{OTHER, Place, TENANT, exactly, method, parameters, random_did, written};
use did::{Did, MethodId, Operation, OperationKind, proto};
use keystore::CustodialAlgorithm;
use prost::Message;
use registrar::{
    BoundScope, Change, Deactivate, DeactivatedBy, IdFormat, Import, ImportKey, KeyChoice, KeyUse,
    Managed, PermitDenied, Purpose, RegistrarError, Sections, SigningKeys, SigningPermit, Update,
};
use sha2::{Digest, Sha256};

const SEED: [u8; 32] = [9; 32];

/// At which of the two points permit is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refused {
    ToUse,
    ToSubmit,
    Never,
}

/// What was asked for, in turn: what keys are used for, or `None` for a submission.
type Asked = Arc<Mutex<Vec<Option<KeyUse>>>>;

fn permit(refused: Refused) -> (SigningPermit, Asked) {
    let asked = Asked::default();
    let (uses, submissions) = (Arc::clone(&asked), Arc::clone(&asked));
    let answer = move |here| match here == refused {
        true => Err(PermitDenied::Withdrawn("it was switched off".into())),
        false => Ok(()),
    };
    let permit = SigningPermit::new(
        move |keys| {
            uses.lock().unwrap().push(Some(keys));
            ready(answer(Refused::ToUse))
        },
        move || {
            submissions.lock().unwrap().push(None);
            ready(answer(Refused::ToSubmit))
        },
    );
    (permit, asked)
}

#[derive(Clone, Copy, Debug)]
enum Act {
    CreateWithNewKey,
    CreateWithHeldKey,
    Update,
    Deactivate,
    Import,
}

const ACTS: [Act; 5] = [
    Act::CreateWithNewKey,
    Act::CreateWithHeldKey,
    Act::Update,
    Act::Deactivate,
    Act::Import,
];

async fn act(
    place: &Place,
    act: Act,
    made: &Managed,
    permit: SigningPermit,
) -> Result<(), RegistrarError> {
    let (registrar, did) = (&place.registrar, made.did.clone());
    let keys = SigningKeys::AllCustodial;
    match act {
        Act::CreateWithNewKey => {
            let request = parameters(IdFormat::Uuid, KeyChoice::Generate);
            registrar.create(TENANT, request, permit).await.map(drop)
        }
        Act::CreateWithHeldKey => {
            let document = common::document(&random_did(), &[&made.keys[0].key]);
            let request = written(document);
            registrar.create(TENANT, request, permit).await.map(drop)
        }
        Act::Update => {
            let change = Change::Sections(Sections {
                authentication: Some(vec![]),
                ..Sections::default()
            });
            let request = Update { did, change, keys };
            registrar.update(TENANT, request, permit).await.map(drop)
        }
        Act::Deactivate => {
            let scope = BoundScope::default();
            let request = Deactivate { did, keys, scope };
            registrar
                .deactivate(TENANT, request, permit)
                .await
                .map(drop)
        }
        Act::Import => {
            let key = ImportKey {
                algorithm: CustodialAlgorithm::Ed25519,
                private_key: SEED.to_vec().into(),
                alias: None,
            };
            let request = Import {
                did,
                keys: vec![key],
                first_key: None,
            };
            registrar.import(OTHER, request, permit).await.map(drop)
        }
    }
}

/// A DID with one key that is known here, in a place of its own.
async fn place() -> (Place, Managed) {
    let place = Place::new();
    let key = place
        .keystore
        .import(
            TENANT,
            CustodialAlgorithm::Ed25519,
            SEED.to_vec().into(),
            None,
        )
        .await
        .unwrap();
    let made = place.create_with(TENANT, &[&key]).await;
    (place, made)
}

#[tokio::test]
async fn without_leave_nothing_is_signed_and_nothing_is_submitted() {
    let (place, made) = place().await;
    let (head, log) = (place.head(), place.log_bytes());
    for one in ACTS {
        for refused in [Refused::ToUse, Refused::ToSubmit] {
            let stored = [TENANT, OTHER].map(|tenant| place.key_count(tenant));
            let (permit, asked) = permit(refused);
            let error = act(&place, one, &made, permit).await.unwrap_err();
            assert!(
                matches!(&error, RegistrarError::PermitDenied(PermitDenied::Withdrawn(text)) if text.contains("off")),
                "{one:?}, {refused:?}: {error}"
            );
            let asked = asked.lock().unwrap();
            let times = if refused == Refused::ToUse { 1 } else { 2 };
            assert_eq!(asked.len(), times, "{one:?}");
            assert!(asked[0].is_some() && asked[1..].iter().all(Option::is_none));
            let rows = ["registrar_dids", "registrar_pending"].map(|table| place.rows(table));
            assert_eq!((place.head(), rows), (head.clone(), [1, 0]), "{one:?}");
            assert_eq!(place.log_bytes(), log);
            if refused == Refused::ToUse {
                assert_eq!(
                    stored,
                    [TENANT, OTHER].map(|tenant| place.key_count(tenant))
                );
            }
        }
    }
    assert!(!place.ledger.latest(&made.did).unwrap().unwrap().deactivated);
}

#[tokio::test]
async fn leave_is_asked_for_what_is_signed_and_by_which_keys() {
    let (place, made) = place().await;
    let kid = &made.keys[0].key.kid;
    for (one, kind) in [
        (Act::Update, OperationKind::Update),
        (Act::Deactivate, OperationKind::Deactivate),
    ] {
        let (permit, asked) = permit(Refused::Never);
        act(&place, one, &made, permit).await.unwrap();
        let asked = asked.lock().unwrap();
        let [Some(keys), None] = asked.as_slice() else {
            panic!("{asked:?}");
        };
        assert_eq!(keys.did, made.did);
        assert_eq!(keys.keys.len(), 1);
        assert_eq!(keys.keys[0].public_key_hex, *kid);
        assert_eq!(keys.keys[0].method.as_str(), format!("{}#key-1", made.did));
        let latest = place.ledger.latest(&made.did).unwrap().unwrap();
        let payload = match kind {
            OperationKind::Deactivate => proto::MsgDeactivateDidDocPayload {
                id: made.did.to_string(),
                version_id: latest.version_id.clone(),
            }
            .encode_to_vec(),
            _ => proto::MsgUpdateDidDocPayload::new(
                latest.document.clone(),
                latest.version_id.clone(),
            )
            .encode_to_vec(),
        };
        let expected = Purpose::Sign {
            kind,
            version_id: latest.version_id,
            payload_sha256: Sha256::digest(payload).into(),
        };
        assert_eq!(keys.purpose, expected);
    }
}

#[tokio::test]
async fn a_new_key_and_those_of_other_controllers_are_named_before_they_sign() {
    let (place, controller) = place().await;
    let did = random_did();
    let document = proto::DidDoc {
        id: did.clone(),
        controller: vec![did.clone(), controller.did.to_string()],
        authentication: vec![format!("{did}#key-1")],
        ..proto::DidDoc::default()
    };
    let (permit, asked) = permit(Refused::Never);
    let made = place.registrar.create(TENANT, written(document), permit);
    let made = made.await.unwrap();
    let asked = asked.lock().unwrap();
    let keys = &asked[0].as_ref().unwrap().keys;
    let named: Vec<(&MethodId, &str)> = keys
        .iter()
        .map(|key| (&key.method, key.public_key_hex.as_str()))
        .collect();
    let expected = [&made.keys[0], &controller.keys[0]];
    assert_eq!(
        named,
        expected.map(|key| (&key.method, key.key.kid.as_str()))
    );
}

#[tokio::test]
async fn what_is_signed_anew_because_the_document_moved_needs_leave_of_its_own() {
    let (place, made) = place().await;
    let moves = Arc::new(Mutex::new(vec![foreign_update(&place, &made)]));
    let asked = Asked::default();
    let (ledger, uses) = (place.ledger.clone(), Arc::clone(&asked));
    let permit = SigningPermit::new(
        move |keys| {
            uses.lock().unwrap().push(Some(keys));
            let (ledger, next) = (ledger.clone(), moves.lock().unwrap().pop());
            async move {
                if let Some(update) = next {
                    ledger.submit(vec![update.into()]).await.unwrap();
                }
                Ok(())
            }
        },
        || ready(Ok(())),
    );
    act(&place, Act::Deactivate, &made, permit).await.unwrap();
    let asked = asked.lock().unwrap();
    let versions: Vec<&String> = asked
        .iter()
        .map(|keys| match &keys.as_ref().unwrap().purpose {
            Purpose::Sign { version_id, .. } => version_id,
            Purpose::Import => panic!("nothing is kept"),
        })
        .collect();
    assert_eq!(versions.len(), 2);
    assert_ne!(versions[0], versions[1]);
    let latest = place.ledger.latest(&made.did).unwrap().unwrap();
    assert_eq!(
        (&latest.version_id, latest.deactivated),
        (versions[1], true)
    );
}

#[tokio::test]
async fn an_incomplete_set_asks_for_no_leave_and_neither_does_a_did_that_has_ended() {
    let (place, made) = place().await;
    let other = place.key(TENANT).await;
    let mut document = made.document.proto().clone();
    document
        .verification_method
        .push(method(made.did.as_str(), "key-2", &other));
    let request = Update {
        did: made.did.clone(),
        change: Change::Document(document),
        keys: SigningKeys::AllCustodial,
    };
    place
        .registrar
        .update(TENANT, request, common::freely())
        .await
        .unwrap();

    let (none, asked) = permit(Refused::ToUse);
    let request = |keys| Deactivate {
        did: made.did.clone(),
        keys,
        scope: BoundScope::default(),
    };
    let ended = place
        .registrar
        .deactivate(TENANT, request(exactly(&[&other])), none);
    match ended.await.unwrap_err() {
        RegistrarError::Incomplete { set, .. } => {
            assert_eq!(set.missing, [format!("{}#key-1", made.did)])
        }
        other => panic!("{other}"),
    }
    assert!(asked.lock().unwrap().is_empty());

    let did: &Did = &made.did;
    place
        .end(TENANT, did, SigningKeys::AllCustodial)
        .await
        .unwrap();
    let (none, asked) = permit(Refused::ToUse);
    let again = request(SigningKeys::AllCustodial);
    let again = place.registrar.deactivate(TENANT, again, none).await;
    assert_eq!(again.unwrap().deactivated_by, DeactivatedBy::EarlierRequest);
    assert!(asked.lock().unwrap().is_empty());
}

/// An update that changes nothing, signed with the first key.
fn foreign_update(place: &Place, made: &Managed) -> Operation {
    let version_id = uuid::Uuid::new_v4().to_string();
    let payload = proto::MsgUpdateDidDocPayload::new(made.document.proto().clone(), version_id);
    let bytes = payload.encode_to_vec();
    let method = &made.document.methods()[0];
    let signature = place.keystore.sign(TENANT, method.key(), &bytes).unwrap();
    let info = proto::SignInfo {
        verification_method_id: method.id().to_string(),
        signature,
    };
    Operation::parse(OperationKind::Update, &bytes, vec![info]).unwrap()
}
