//! A prepared deactivation is bound to what it deactivates: one id for one act, and void once the DID has changed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use common::{OTHER, Place, TENANT, document, freely, random_did};
use did::{BoundVersion, Did, Operation, OperationKind, Proposal, Scope, Signature, proto};
use keystore::StoredKey;
use ledger::SubmitError;
use prost::Message;
use registrar::{
    BoundScope, Change, Deactivate, DeactivatedBy, EXPIRY_GRID_MS, Managed, Prepared,
    RegistrarError, Sections, SigningKeys, Update,
};

const DAY: Duration = Duration::from_secs(86_400);
const SCOPES: [BoundScope; 2] = [BoundScope::Version, BoundScope::Authority];

fn prepare(place: &Place, did: &Did, scope: BoundScope) -> Prepared {
    place
        .registrar
        .prepare_deactivation(did, scope, DAY)
        .unwrap()
}

/// Two statements that were prepared within one hour.
fn prepare_twice(place: &Place, did: &Did, scope: BoundScope) -> (Prepared, Prepared) {
    loop {
        let (one, two) = (prepare(place, did, scope), prepare(place, did, scope));
        if one.bound.expires_ms == two.bound.expires_ms {
            return (one, two);
        }
    }
}

fn signed(place: &Place, prepared: &Prepared) -> Vec<Signature> {
    let methods = prepared.required.methods();
    let keys: Vec<_> = methods.map(|(id, key)| (id.clone(), key.clone())).collect();
    place
        .keystore
        .sign_all(TENANT, &keys, &prepared.payload)
        .unwrap()
}

/// What the ledger says to this statement with all its signatures.
async fn submit(place: &Place, prepared: &Prepared) -> Result<String, String> {
    let proposal = prepared.signed(signed(place, prepared)).unwrap();
    match place.ledger.submit(vec![proposal]).await {
        Ok(committed) => Ok(committed[0].version_id.clone()),
        Err(SubmitError::Rejected { rejection, .. }) => Err(rejection.to_string()),
        Err(other) => panic!("{other}"),
    }
}

async fn end(place: &Place, did: &Did, scope: BoundScope) -> Result<String, RegistrarError> {
    let (did, keys) = (did.clone(), SigningKeys::AllCustodial);
    let request = Deactivate { did, keys, scope };
    let ended = place
        .registrar
        .deactivate(TENANT, request, freely())
        .await?;
    assert_eq!(ended.deactivated_by, DeactivatedBy::ThisRequest);
    Ok(ended.version_id)
}

async fn update(place: &Place, did: &Did, sections: Sections) {
    let request = Update {
        did: did.clone(),
        change: Change::Sections(sections),
        keys: SigningKeys::AllCustodial,
    };
    place
        .registrar
        .update(TENANT, request, freely())
        .await
        .unwrap();
}

fn services(did: &Did, endpoint: &str) -> Sections {
    Sections {
        services: Some(vec![proto::Service {
            id: format!("{did}#site"),
            service_type: "LinkedDomains".into(),
            service_endpoint: vec![endpoint.into()],
            ..proto::Service::default()
        }]),
        ..Sections::default()
    }
}

fn methods(made: &Managed, keys: &[&StoredKey]) -> Sections {
    let document = document(made.did.as_str(), keys);
    Sections {
        verification_methods: Some(document.verification_method),
        ..Sections::default()
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn preparing_the_same_act_twice_gives_the_same_statement_even_after_a_restart() {
    let place = Place::new();
    let did = place.create_simple(TENANT).await.did;
    let (one, two) = prepare_twice(&place, &did, BoundScope::Version);
    assert_eq!(
        (&one.version_id, &one.payload, &one.bound),
        (&two.version_id, &two.payload, &two.bound)
    );
    assert_eq!(one.version_id, one.bound.version_id());
    assert_eq!(&one.version_id[14..15], "8");

    let (other_scope, _) = prepare_twice(&place, &did, BoundScope::Authority);
    assert_ne!(other_scope.version_id, one.version_id);
    let place = place.reopened();
    let later = prepare(&place, &did, BoundScope::Version);
    let same_hour = later.bound.expires_ms == one.bound.expires_ms;
    assert_eq!(later.version_id == one.version_id, same_hour);
    assert_eq!(later.bound.scope, one.bound.scope);
}

#[tokio::test]
async fn a_statement_says_what_is_signed_by_whom_and_until_when() {
    let place = Place::new();
    let (first, second) = (place.key(TENANT).await, place.key(TENANT).await);
    let controller = place.create_simple(TENANT).await.did;
    let mut wanted = document(&random_did(), &[&first, &second]);
    wanted.controller.push(controller.to_string());
    let did = place.create_document(TENANT, wanted).await.unwrap().did;

    let prepared = prepare(&place, &did, BoundScope::Version);
    let payload = proto::MsgDeactivateDidDocPayload::decode(&*prepared.payload).unwrap();
    assert_eq!(
        (payload.id.as_str(), &payload.version_id),
        (did.as_str(), &prepared.version_id)
    );
    let methods = prepared.required.methods().map(|(id, _)| id.to_string());
    let expected = [format!("{did}#key-1"), format!("{did}#key-2")];
    assert_eq!(methods.collect::<Vec<_>>(), expected);
    let signers: Vec<_> = prepared.required.signers().map(|(did, _)| did).collect();
    assert_eq!(signers, [&controller]);

    let state = place.ledger.state(&did).unwrap().unwrap();
    assert_eq!(prepared.bound.scope, Scope::Version(state.head.leaf_hash));
    assert_eq!(prepared.bound.network_id, *place.ledger.network_id());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let expires = Duration::from_millis(prepared.bound.expires_ms);
    assert!(expires > now + DAY - Duration::from_millis(EXPIRY_GRID_MS));
    assert!(expires <= now + DAY + Duration::from_millis(EXPIRY_GRID_MS));
    assert_eq!(prepared.bound.expires_ms % EXPIRY_GRID_MS, 0);
}

#[tokio::test]
async fn an_end_of_either_scope_has_the_prepared_id_and_its_leaf_carries_the_preimage() {
    for scope in SCOPES {
        let place = Place::new();
        let did = place.create_simple(TENANT).await.did;
        let prepared = prepare(&place, &did, scope);
        assert!(!contains(&place.log_bytes(), &prepared.bound.encode()));
        let version_id = end(&place, &did, scope).await.unwrap();
        let latest = place.ledger.latest(&did).unwrap().unwrap();
        assert!(latest.deactivated);
        assert_eq!(latest.version_id, version_id);

        // Its own expiry is a nearer one than that of the statement above; the rest is the same.
        let bytes = place.log_bytes();
        let hours = (0..=26).map(|hours| prepared.bound.expires_ms - hours * EXPIRY_GRID_MS);
        let candidates = hours.map(|expires_ms| BoundVersion {
            expires_ms,
            ..prepared.bound.clone()
        });
        let written: Vec<_> = candidates
            .filter(|bound| contains(&bytes, &bound.encode()))
            .collect();
        assert_eq!(written.len(), 1, "{scope:?}");
        assert_eq!(written[0].version_id(), version_id);
    }
}

#[tokio::test]
async fn an_update_supersedes_a_statement_about_a_version_but_not_one_about_the_authority() {
    let place = Place::new();
    let did = place.create_simple(TENANT).await.did;
    let [version, authority] = SCOPES.map(|scope| prepare(&place, &did, scope));
    update(&place, &did, services(&did, "https://one.example")).await;
    let head = place.head();
    let refusal = submit(&place, &version).await.unwrap_err();
    assert!(refusal.contains("superseded"), "{refusal}");
    assert_eq!(place.head(), head);
    assert_eq!(
        prepare(&place, &did, BoundScope::Authority).bound.scope,
        authority.bound.scope
    );
    assert_eq!(
        submit(&place, &authority).await.unwrap(),
        authority.version_id
    );
}

#[tokio::test]
async fn a_change_of_keys_supersedes_statements_of_both_scopes() {
    let place = Place::new();
    let (first, second) = (place.key(TENANT).await, place.key(TENANT).await);
    let made = place.create_with(TENANT, &[&first]).await;
    let statements = SCOPES.map(|scope| prepare(&place, &made.did, scope));
    update(&place, &made.did, methods(&made, &[&first, &second])).await;
    for statement in statements {
        let refusal = submit(&place, &statement).await.unwrap_err();
        assert!(refusal.contains("superseded"), "{refusal}");
    }
    for scope in SCOPES {
        let methods = prepare(&place, &made.did, scope).required;
        assert_eq!(methods.methods().count(), 2);
    }
}

#[tokio::test]
async fn an_expired_statement_is_refused_and_so_is_a_bound_id_without_its_preimage() {
    let place = Place::new();
    let did = place.create_simple(TENANT).await.did;
    let head = place.head();
    let mut expired = prepare(&place, &did, BoundScope::Version);
    expired.bound.expires_ms = place.head().time_ms - 1;
    expired.version_id = expired.bound.version_id();
    let payload = proto::MsgDeactivateDidDocPayload {
        id: did.to_string(),
        version_id: expired.version_id.clone(),
    };
    expired.payload = payload.encode_to_vec();
    let refusal = submit(&place, &expired).await.unwrap_err();
    assert!(refusal.contains("the statement has expired"), "{refusal}");

    let good = prepare(&place, &did, BoundScope::Version);
    let infos = signed(&place, &good)
        .into_iter()
        .map(|signature| proto::SignInfo {
            verification_method_id: signature.method.to_string(),
            signature: signature.bytes,
        })
        .collect();
    let operation = Operation::parse(OperationKind::Deactivate, &good.payload, infos).unwrap();
    let bare: Proposal = operation.into();
    let refusal = place.ledger.submit(vec![bare]).await.unwrap_err();
    assert!(
        refusal.to_string().contains("needs its preimage"),
        "{refusal}"
    );
    assert_eq!(place.head(), head);
    assert_eq!(submit(&place, &good).await.unwrap(), good.version_id);
}

#[tokio::test]
async fn only_what_can_end_is_prepared() {
    let place = Place::new();
    let did = place.create_simple(TENANT).await.did;
    // Every caller may prepare: the statement contains public data only.
    let by_other = prepare_twice(&place, &did, BoundScope::Version).0;
    assert_eq!(by_other.bound.did, did);
    place.key(OTHER).await;

    let unknown = Did::parse(&random_did()).unwrap();
    let prepared = |did: &Did| {
        let registrar = &place.registrar;
        registrar
            .prepare_deactivation(did, BoundScope::Version, DAY)
            .unwrap_err()
    };
    assert!(matches!(prepared(&unknown), RegistrarError::NotFound(did) if did == unknown));
    let elsewhere = Did::parse(&random_did().replace("testnet", "mainnet")).unwrap();
    assert!(matches!(
        prepared(&elsewhere),
        RegistrarError::UnknownNetwork(_)
    ));
    end(&place, &did, BoundScope::Version).await.unwrap();
    assert!(matches!(prepared(&did), RegistrarError::Deactivated(ended) if ended == did));
}

/// The update does not come through this registrar, which therefore cannot wait for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_that_moves_while_it_is_ended_is_prepared_again() {
    let place = Place::new();
    for round in 0..60 {
        let key = place.key(TENANT).await;
        let made = place.create_with(TENANT, &[&key]).await;
        let did = made.did.clone();
        let (ledger, update) = (place.ledger.clone(), foreign_update(&place, &made));
        let update = tokio::spawn(async move { ledger.submit(vec![update.into()]).await });
        let ended = end(&place, &did, BoundScope::Version).await;
        let version_id = ended.unwrap_or_else(|error| panic!("round {round}: {error}"));
        // Whichever came first, the end is the last.
        drop(update.await.unwrap());
        let latest = place.ledger.latest(&did).unwrap().unwrap();
        assert_eq!((latest.version_id, latest.deactivated), (version_id, true));
    }
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
