//! Creates, updates and imports.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::{
    ORIGIN, OTHER, Place, TENANT, document, exactly, freely, method, parameters, random_did,
    written,
};
use did::proto;
use keystore::{CustodialAlgorithm, StoredKey};
use registrar::{
    Change, IdFormat, Import, ImportKey, KeyChoice, Managed, RegistrarError, Sections, SigningKeys,
    Update,
};

async fn update(
    place: &Place,
    document: proto::DidDoc,
    keys: SigningKeys,
) -> Result<Managed, RegistrarError> {
    let did = did::Did::parse(&document.id).unwrap();
    place
        .registrar
        .update(
            TENANT,
            Update {
                did,
                change: Change::Document(document),
                keys,
            },
            freely(),
        )
        .await
}

fn guard(did: &str) -> proto::Service {
    proto::Service {
        id: format!("{did}#guard"),
        service_type: did::GUARD_SERVICE_TYPE.into(),
        service_endpoint: vec!["https://guard.example".into()],
        ..proto::Service::default()
    }
}

fn import_key(seed: u8, public: bool) -> (ImportKey, String) {
    let key = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]);
    let mut bytes = vec![seed; 32];
    if public {
        bytes.extend(key.verifying_key().as_bytes());
    }
    let kid: String = key
        .verifying_key()
        .as_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    (
        ImportKey {
            algorithm: CustodialAlgorithm::Ed25519,
            private_key: bytes.into(),
            alias: None,
        },
        kid,
    )
}

#[tokio::test]
async fn a_generated_key_makes_a_did_of_either_format() {
    let place = Place::new();
    for (format, lengths) in [(IdFormat::Uuid, 36..=36), (IdFormat::Base58btc, 21..=22)] {
        let made = place
            .registrar
            .create(TENANT, parameters(format, KeyChoice::Generate), freely())
            .await
            .unwrap();
        assert!(
            lengths.contains(&made.did.unique_id().len()),
            "{}",
            made.did
        );
        let latest = place.ledger.latest(&made.did).unwrap().unwrap();
        assert_eq!(
            (&latest.document, &latest.version_id),
            (made.document.proto(), &made.version_id)
        );
        assert_eq!(
            latest.document.authentication,
            [format!("{}#key-1", made.did)]
        );
        assert_eq!(made.keys.len(), 1);
    }
    assert_eq!(place.key_count(TENANT), 2);
    assert_eq!(
        (
            place.rows("registrar_dids"),
            place.rows("registrar_pending")
        ),
        (2, 0)
    );
}

#[tokio::test]
async fn a_held_key_makes_the_same_base58_did_once() {
    let place = Place::new();
    let key = place.key(TENANT).await;
    let request = || parameters(IdFormat::Base58btc, KeyChoice::Existing(key.kid.clone()));
    let made = place
        .registrar
        .create(TENANT, request(), freely())
        .await
        .unwrap();
    let head = place.head();
    let again = place
        .registrar
        .create(TENANT, request(), freely())
        .await
        .unwrap_err();
    assert_eq!(again.to_string(), format!("{}: DID Doc exists", made.did));
    let foreign = place
        .registrar
        .create(OTHER, request(), freely())
        .await
        .unwrap_err();
    assert!(foreign.to_string().contains("Key not found"), "{foreign}");
    assert_eq!(place.head(), head);
    assert_eq!(
        (
            place.rows("registrar_dids"),
            place.rows("registrar_pending")
        ),
        (1, 0)
    );
}

#[tokio::test]
async fn a_refused_create_leaves_no_key_and_no_row() {
    let place = Place::new();
    let exists = place.create_simple(TENANT).await.did;
    let keys = place.key_count(TENANT);
    let bare = |id: &str, authentication: &str| proto::DidDoc {
        id: id.into(),
        controller: vec![id.into()],
        authentication: vec![authentication.into()],
        ..proto::DidDoc::default()
    };
    let fresh = random_did();
    let mut invalid = bare(&fresh, &format!("{fresh}#key-1"));
    invalid.service = vec![guard(&random_did())];
    let mut stranger = bare(&fresh, &format!("{fresh}#key-1"));
    stranger.controller.push(random_did());
    for refused in [
        bare(exists.as_str(), &format!("{exists}#key-1")),
        invalid,
        stranger,
    ] {
        place.create_document(TENANT, refused).await.unwrap_err();
        assert_eq!(place.key_count(TENANT), keys);
        assert_eq!(
            (
                place.rows("registrar_dids"),
                place.rows("registrar_pending")
            ),
            (1, 0)
        );
    }
    place
        .create_document(TENANT, bare(&fresh, &format!("{fresh}#key-1")))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_document_keeps_its_methods_if_all_keys_are_held() {
    let place = Place::new();
    let (own, foreign) = (place.key(TENANT).await, place.key(OTHER).await);
    let did = random_did();
    let mixed = document(&did, &[&own, &foreign]);
    match place.create_document(TENANT, mixed).await.unwrap_err() {
        RegistrarError::KeysNotCustodial(lacking) => {
            assert_eq!(lacking.len(), 1);
            assert_eq!(lacking[0].method.as_str(), format!("{did}#key-2"));
            assert_eq!(lacking[0].public_key_hex, foreign.kid);
        }
        other => panic!("{other}"),
    }
    let mut wanted = document(&did, &[&own]);
    wanted
        .verification_method
        .push(method(&did, "backup", &own));
    let made = place.create_document(TENANT, wanted.clone()).await.unwrap();
    assert_eq!(made.document.proto(), &wanted);
}

#[tokio::test]
async fn what_a_crash_leaves_pending_belongs_to_the_tenant_that_made_that_version() {
    let place = Place::new();
    let made = place.create_simple(TENANT).await;
    // As if the process had stopped after the ledger's answer; and a create of another that was never submitted.
    let moved = format!(
        "INSERT INTO registrar_pending SELECT tenant, did, '{}', network, created_ms FROM registrar_dids;
         INSERT INTO registrar_pending SELECT '{OTHER}', did, 'never', network, created_ms FROM registrar_dids;
         DELETE FROM registrar_dids",
        made.version_id
    );
    place
        .store
        .write::<_, _, store::StoreError>(move |connection| connection.execute_batch(&moved))
        .await
        .unwrap();
    assert!(place.registrar.owns(TENANT, &made.did).unwrap());
    assert!(!place.registrar.owns(OTHER, &made.did).unwrap());
    let place = place.reopened();
    assert_eq!(place.registrar.recover().await.unwrap(), 2);
    assert_eq!(
        (
            place.rows("registrar_dids"),
            place.rows("registrar_pending")
        ),
        (1, 0)
    );
    assert_eq!(place.listed(TENANT).await, std::slice::from_ref(&made.did));
    assert!(place.listed(OTHER).await.is_empty());
}

#[tokio::test]
async fn an_update_signs_with_old_and_new_keys_and_takes_no_key_without_proof_of_possession() {
    let place = Place::new();
    let (old, new, foreign) = (
        place.key(TENANT).await,
        place.key(TENANT).await,
        place.key(OTHER).await,
    );
    let did = place.create_with(TENANT, &[&old]).await.did.to_string();
    let changed = update(&place, document(&did, &[&new]), SigningKeys::AllCustodial)
        .await
        .unwrap();
    assert_eq!(changed.keys[0].key, new);

    let head = place.head();
    let error = update(
        &place,
        document(&did, &[&new, &foreign]),
        SigningKeys::AllCustodial,
    )
    .await
    .unwrap_err();
    assert!(
        matches!(&error, RegistrarError::KeysNotCustodial(lacking) if lacking.len() == 1),
        "{error}"
    );
    let error = update(&place, document(&did, &[&old]), exactly(&[&new]))
        .await
        .unwrap_err();
    assert!(
        matches!(error, RegistrarError::KeysNotCustodial(_)),
        "{error}"
    );
    assert_eq!(place.head(), head);
    update(&place, document(&did, &[&old]), exactly(&[&new, &old]))
        .await
        .unwrap();
}

#[tokio::test]
async fn sections_are_replaced_and_the_others_stay() {
    let place = Place::new();
    let made = place.create_simple(TENANT).await;
    let before = made.document.proto();
    let service = proto::Service {
        id: format!("{}#site", made.did),
        service_type: "LinkedDomains".into(),
        service_endpoint: vec!["https://a.example".into()],
        ..proto::Service::default()
    };
    let sections = Sections {
        services: Some(vec![service.clone()]),
        ..Sections::default()
    };
    let request = Update {
        did: made.did.clone(),
        change: Change::Sections(sections),
        keys: SigningKeys::AllCustodial,
    };
    let after = place
        .registrar
        .update(TENANT, request, freely())
        .await
        .unwrap();
    assert_eq!(
        after.document.proto(),
        &proto::DidDoc {
            service: vec![service],
            ..before.clone()
        }
    );

    place
        .end(TENANT, &made.did, SigningKeys::AllCustodial)
        .await
        .unwrap();
    let error = update(&place, before.clone(), SigningKeys::AllCustodial)
        .await
        .unwrap_err();
    assert!(matches!(error, RegistrarError::Deactivated(_)), "{error}");
}

#[tokio::test]
async fn a_guarded_document_needs_every_old_key_for_a_change_of_keys() {
    let place = Place::new();
    let keys: [StoredKey; 3] = [
        place.key(TENANT).await,
        place.key(TENANT).await,
        place.key(TENANT).await,
    ];
    let [first, second, new] = keys.each_ref();
    let did = random_did();
    let mut guarded = document(&did, &[first, second]);
    guarded.service = vec![guard(&did)];
    place
        .create_document(TENANT, guarded.clone())
        .await
        .unwrap();
    let head = place.head();

    let mut wanted = guarded.clone();
    wanted.verification_method = vec![method(&did, "key-1", new)];
    match update(&place, wanted.clone(), exactly(&[first, new]))
        .await
        .unwrap_err()
    {
        RegistrarError::Incomplete { set, .. } => assert_eq!(set.missing, [format!("{did}#key-2")]),
        other => panic!("{other}"),
    }
    assert_eq!(place.head(), head);
    update(&place, wanted, SigningKeys::AllCustodial)
        .await
        .unwrap();
}

#[tokio::test]
async fn an_import_takes_exactly_the_keys_of_a_live_document() {
    let place = Place::new();
    let (stored, kid) = import_key(9, true);
    let key = place
        .keystore
        .import(TENANT, stored.algorithm, stored.private_key, None)
        .await
        .unwrap();
    assert_eq!(key.kid, kid);
    let did = place.create_with(TENANT, &[&key]).await.did;
    let import = |keys| {
        place.registrar.import(
            OTHER,
            Import {
                did: did.clone(),
                keys,
                first_key: None,
            },
            freely(),
        )
    };

    for (keys, text) in [
        (vec![], "are missing"),
        (vec![import_key(8, false).0], "the document has no"),
        (
            vec![import_key(9, false).0, import_key(8, false).0],
            "the document has no",
        ),
    ] {
        let error = import(keys).await.unwrap_err().to_string();
        assert!(
            error.contains("Provide all the required keys") && error.contains(text),
            "{error}"
        );
    }
    let broken = ImportKey {
        algorithm: CustodialAlgorithm::Ed25519,
        private_key: vec![9; 64].into(),
        alias: None,
    };
    assert!(matches!(
        import(vec![broken]).await.unwrap_err(),
        RegistrarError::InvalidPrivateKey { number: 1, .. }
    ));
    assert_eq!(
        (place.key_count(OTHER), place.listed(OTHER).await.len()),
        (0, 0)
    );

    let imported = import(vec![import_key(9, true).0]).await.unwrap();
    assert_eq!(imported.keys.len(), 1);
    import(vec![import_key(9, false).0]).await.unwrap();
    assert_eq!(place.listed(OTHER).await, std::slice::from_ref(&did));

    place
        .end(OTHER, &did, SigningKeys::AllCustodial)
        .await
        .unwrap();
    let error = import(vec![import_key(9, true).0]).await.unwrap_err();
    assert!(matches!(error, RegistrarError::Deactivated(_)), "{error}");
}

#[tokio::test]
async fn an_import_of_an_unknown_did_says_which_ledger_this_is() {
    let place = Place::new();
    for did in [random_did(), random_did().replace("testnet", "mainnet")] {
        let did = did::Did::parse(&did).unwrap();
        let request = Import {
            did,
            keys: vec![import_key(9, false).0],
            first_key: None,
        };
        let error = place
            .registrar
            .import(TENANT, request, freely())
            .await
            .unwrap_err()
            .to_string();
        for part in [
            "Invalid did document",
            "network testnet",
            ORIGIN,
            "public cheqd chain cannot be imported",
        ] {
            assert!(error.contains(part), "{error}");
        }
    }
    assert_eq!(place.key_count(TENANT), 0);
}

#[tokio::test]
async fn a_key_that_is_named_must_be_in_the_given_document() {
    let place = Place::new();
    let (own, other) = (place.key(TENANT).await, place.key(TENANT).await);
    let registrar::Create::Document(mut request) = written(document(&random_did(), &[&own])) else {
        panic!()
    };
    request.key = KeyChoice::Existing(other.kid.clone());
    let error = place
        .registrar
        .create(
            TENANT,
            registrar::Create::Document(request.clone()),
            freely(),
        )
        .await
        .unwrap_err();
    assert!(
        matches!(&error, RegistrarError::KeyNotInDocument(kid) if *kid == other.kid),
        "{error}"
    );
    request.key = KeyChoice::Existing(own.kid.clone());
    place
        .registrar
        .create(TENANT, registrar::Create::Document(request), freely())
        .await
        .unwrap();
}
