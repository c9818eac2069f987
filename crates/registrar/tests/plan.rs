//! What an end would take, and what a key is needed for: said before anything is done.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::{OTHER, Place, TENANT, document, exactly, freely, random_did};
use did::{Did, proto};
use keystore::StoredKey;
use registrar::{
    Change, CreateResource, Holder, LOOKED_AT_MAX, Need, Outlook, RegistrarError, SigningKeys,
    Update,
};

/// A DID of this key that the controller controls too; the tenant holds the keys of both.
async fn with_controller(place: &Place, key: &StoredKey, controller: &Did) -> Did {
    let mut document = document(&random_did(), &[key]);
    document.controller.push(controller.to_string());
    place.create_document(TENANT, document).await.unwrap().did
}

#[tokio::test]
async fn a_plan_names_every_key_and_says_which_are_held() {
    let place = Place::new();
    let (own, other) = (place.key(TENANT).await, place.key(TENANT).await);
    let company = place.create_with(TENANT, &[&other]).await.did;
    let did = with_controller(&place, &own, &company).await;
    let head = place.head();
    let plan = place.registrar.plan_deactivation(TENANT, &did).unwrap();
    assert_eq!(plan.outlook, Outlook::Ready);
    assert_eq!(plan.keys.len(), 1);
    assert_eq!(plan.keys[0].method.to_string(), format!("{did}#key-1"));
    assert_eq!(plan.keys[0].holder, Holder::Custodial);
    assert_eq!(plan.signers.len(), 1);
    assert_eq!(plan.signers[0].did, company);
    assert_eq!(plan.controllers, std::slice::from_ref(&company));

    let plan = place.registrar.plan_deactivation(OTHER, &did).unwrap();
    assert_eq!(plan.outlook, Outlook::NeedsOthers);
    let Holder::External { ask } = &plan.keys[0].holder else {
        panic!("{:?}", plan.keys[0]);
    };
    assert_eq!(ask, std::slice::from_ref(&did));
    assert_eq!(place.head(), head, "a plan changes nothing");
}

#[tokio::test]
async fn where_a_missing_key_can_be_asked_for_stands_in_the_documents() {
    let place = Place::new();
    let key = place.key(TENANT).await;
    let mut open = document(&random_did(), &[&key]);
    open.service = vec![proto::Service {
        id: format!("{}#desk", open.id),
        service_type: "LinkedDomains".into(),
        service_endpoint: vec!["https://example.org".into()],
        ..proto::Service::default()
    }];
    let did = place.create_document(TENANT, open).await.unwrap().did;
    let registrar = &place.registrar;
    let here = registrar.plan_deactivation(TENANT, &did).unwrap();
    assert!(here.services.is_empty());
    let elsewhere = registrar.plan_deactivation(OTHER, &did).unwrap();
    assert_eq!(elsewhere.services[&did].len(), 1);
}

#[tokio::test]
async fn what_hangs_on_a_did_is_said_also_after_a_restart() {
    let place = Place::new();
    let (own, other) = (place.key(TENANT).await, place.key(TENANT).await);
    let company = place.create_with(TENANT, &[&other]).await.did;
    let mut hanging = vec![
        with_controller(&place, &own, &company).await,
        with_controller(&place, &own, &company).await,
        with_controller(&place, &own, &company).await,
    ];
    hanging.sort();
    let named = |place: &Place, did: &Did| {
        let plan = place.registrar.plan_deactivation(TENANT, did).unwrap();
        let mut dids = plan.named_by.dids;
        dids.sort();
        (dids, plan.named_by.may_be_more)
    };
    assert_eq!(named(&place, &company), (hanging.clone(), false));
    assert_eq!(named(&place, &hanging[0]).0, []);

    // One is deactivated, one removes its controller.
    place
        .end(TENANT, &hanging[0], SigningKeys::AllCustodial)
        .await
        .unwrap();
    let change = Update {
        did: hanging[1].clone(),
        change: Change::Document(document(hanging[1].as_str(), &[&own])),
        keys: SigningKeys::AllCustodial,
    };
    place
        .registrar
        .update(TENANT, change, freely())
        .await
        .unwrap();
    let left = (vec![hanging[2].clone()], false);
    assert_eq!(named(&place, &company), left);
    let place = place.reopened();
    assert_eq!(named(&place, &company), left);

    // A deactivated controller is not asked for, and the plan is as without it.
    place
        .end(TENANT, &company, SigningKeys::AllCustodial)
        .await
        .unwrap();
    let plan = place
        .registrar
        .plan_deactivation(TENANT, &hanging[2])
        .unwrap();
    assert_eq!(plan.deactivated, std::slice::from_ref(&company));
    assert_eq!((plan.signers.len(), plan.outlook), (0, Outlook::Ready));
    let plan = place.registrar.plan_deactivation(TENANT, &company).unwrap();
    assert_eq!(plan.outlook, Outlook::Deactivated);
}

#[tokio::test]
async fn a_plan_lists_what_belongs_to_the_did() {
    let place = Place::new();
    let did = place.create_simple(TENANT).await.did;
    let listed = || {
        let plan = place.registrar.plan_deactivation(TENANT, &did).unwrap();
        let ids = plan.resources.into_iter().map(|one| one.header.id);
        ids.collect::<Vec<String>>()
    };
    assert_eq!(listed(), [""; 0]);
    let resource = CreateResource {
        did: did.clone(),
        id: None,
        name: "terms".into(),
        version: String::new(),
        resource_type: "Text".into(),
        also_known_as: Vec::new(),
        data: b"as agreed".to_vec(),
        keys: SigningKeys::AllCustodial,
    };
    let made = place
        .registrar
        .create_resource(TENANT, resource, freely())
        .await
        .unwrap();
    assert_eq!(listed(), std::slice::from_ref(&made.header.id));
    place
        .end(TENANT, &did, SigningKeys::AllCustodial)
        .await
        .unwrap();
    assert_eq!(listed(), std::slice::from_ref(&made.header.id));
}

#[tokio::test]
async fn who_cannot_end_is_told_why() {
    let place = Place::new();
    let key = place.key(TENANT).await;
    let company = place.create_with(TENANT, &[&key]).await.did;
    let keyless = proto::DidDoc {
        id: random_did(),
        controller: vec![company.to_string()],
        ..proto::DidDoc::default()
    };
    // Without methods the registrar would give it a key: a ceremony makes it as it is.
    let ceremonies = place.registrar.ceremonies();
    let started = ceremonies
        .start(registrar::ceremony::NewCeremony {
            owner: registrar::ceremony::Owner::Tenant(TENANT.into()),
            act: registrar::ceremony::Act::Create {
                document: keyless,
                version_id: None,
            },
            valid_for: std::time::Duration::from_secs(60),
            cooling: std::time::Duration::ZERO,
            release: registrar::ceremony::Release::Submit,
        })
        .await
        .unwrap();
    let all = SigningKeys::AllCustodial;
    ceremonies
        .sign_custodial(TENANT, &started.id, all.clone(), freely())
        .await
        .unwrap();
    let via = registrar::ceremony::CeremonyAccess::Owner {
        owner: &started.owner,
        id: &started.id,
    };
    ceremonies.commit(via).await.unwrap();
    let plan = |did: &Did| place.registrar.plan_deactivation(TENANT, did).unwrap();
    assert_eq!(plan(&started.did).outlook, Outlook::Ready);
    place.end(TENANT, &company, all).await.unwrap();
    let frozen = plan(&started.did);
    assert!(
        matches!(frozen.outlook, Outlook::Frozen { .. }),
        "{:?}",
        frozen.outlook
    );
    let unknown = Did::parse(&random_did()).unwrap();
    let unknown = place.registrar.plan_deactivation(TENANT, &unknown);
    assert!(matches!(unknown, Err(RegistrarError::NotFound(_))));
}

#[tokio::test]
async fn a_key_is_needed_for_the_dids_that_could_not_end_without_it() {
    let place = Place::new();
    let (one, two, idle) = (
        place.key(TENANT).await,
        place.key(TENANT).await,
        place.key(TENANT).await,
    );
    let both = place.create_with(TENANT, &[&one, &two]).await.did;
    let company = place.create_with(TENANT, &[&two, &idle]).await.did;
    let controlled = with_controller(&place, &one, &company).await;
    let needed = |key: &StoredKey| {
        let needed = place.registrar.needed_for(TENANT, &key.kid).unwrap();
        assert!(!needed.may_be_more, "{LOOKED_AT_MAX}");
        let mut dids: Vec<(Did, Need)> = needed
            .dids
            .into_iter()
            .map(|one| (one.did, one.need))
            .collect();
        dids.sort_by(|a, b| a.0.cmp(&b.0));
        dids
    };
    let sorted = |mut list: Vec<(Did, Need)>| {
        list.sort_by(|a, b| a.0.cmp(&b.0));
        list
    };
    let (always, one_of) = (Need::Always, Need::OneOf { keys: 2 });
    assert_eq!(
        needed(&one),
        sorted(vec![(both.clone(), always), (controlled.clone(), always)])
    );
    assert_eq!(
        needed(&two),
        sorted(vec![
            (both.clone(), always),
            (company.clone(), always),
            (controlled.clone(), one_of)
        ])
    );
    assert_eq!(
        needed(&idle),
        sorted(vec![(company, always), (controlled, one_of)])
    );
    place
        .end(TENANT, &both, exactly(&[&one, &two]))
        .await
        .unwrap();
    assert_eq!(needed(&one).len(), 1);
    let strange = place.registrar.needed_for(OTHER, &one.kid);
    assert!(matches!(strange, Err(RegistrarError::KeyNotFound(_))));
}
