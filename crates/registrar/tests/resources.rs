//! Resources that held keys sign.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::{OTHER, PAGE, Place, TENANT, exactly, freely};
use did::{Did, proto};
use ledger::{ResourceData, ResourceMetadata};
use registrar::{
    CreateResource, Deactivate, PermitDenied, RegistrarError, ResourceFilter, SigningKeys,
    SigningPermit,
};

fn request(did: &Did, keys: SigningKeys) -> CreateResource {
    CreateResource {
        did: did.clone(),
        id: None,
        name: "name".into(),
        version: "1.0".into(),
        resource_type: "Type".into(),
        also_known_as: vec![proto::resource::AlternativeUri {
            uri: "https://example.com".into(),
            description: "copy".into(),
        }],
        data: b"data".to_vec(),
        keys,
    }
}

async fn create(
    place: &Place,
    did: &Did,
    keys: SigningKeys,
) -> Result<ResourceMetadata, RegistrarError> {
    let request = request(did, keys);
    place
        .registrar
        .create_resource(TENANT, request, freely())
        .await
}

#[tokio::test]
async fn one_held_key_signs_and_all_that_are_named() {
    let place = Place::new();
    let (one, two) = (place.key(TENANT).await, place.key(TENANT).await);
    let did = place.create_with(TENANT, &[&one, &two]).await.did;
    for keys in [
        SigningKeys::AllCustodial,
        exactly(&[&one]),
        exactly(&[&two]),
        exactly(&[&one, &two]),
    ] {
        let made = create(&place, &did, keys).await.unwrap();
        assert_eq!(made.header.name, "name");
        assert_eq!(made.header.also_known_as.len(), 2);
        let read = place
            .ledger
            .resource(&did, &made.header.id)
            .unwrap()
            .unwrap();
        assert_eq!(read.data, ResourceData::Present(b"data".to_vec()));
        assert_eq!(read.metadata, made);
    }
}

#[tokio::test]
async fn signers_without_a_key_are_named_and_nothing_is_written() {
    let place = Place::new();
    let (ours, theirs) = (place.key(TENANT).await, place.key(OTHER).await);
    let controller = place.create_with(OTHER, &[&theirs]).await.did;
    let own = place.create_with(TENANT, &[&ours]).await.did;
    let head = place.head();

    let unowned = create(&place, &controller, SigningKeys::AllCustodial).await;
    assert!(matches!(unowned, Err(RegistrarError::NotFound(_))));
    let spare = place.key(TENANT).await;
    match create(&place, &own, exactly(&[&spare])).await {
        Err(RegistrarError::Incomplete {
            set:
                did::IncompleteSet {
                    missing,
                    unexpected,
                    ..
                },
            ..
        }) => {
            assert_eq!(missing, [own.to_string()]);
            assert_eq!(unexpected, [spare.kid]);
        }
        other => panic!("{other:?}"),
    }
    let foreign = create(&place, &own, exactly(&[&theirs])).await;
    assert!(matches!(foreign, Err(RegistrarError::KeysNotOwned(_))));
    let too_long = CreateResource {
        name: "n".repeat(65),
        ..request(&own, SigningKeys::AllCustodial)
    };
    let refused = place.registrar.create_resource(TENANT, too_long, freely());
    match refused.await {
        Err(RegistrarError::Rejected(rejection)) => assert!(
            rejection
                .to_string()
                .contains("resourceName: the length must be between 1 and 64"),
            "{rejection}"
        ),
        other => panic!("{other:?}"),
    }
    assert_eq!(place.head(), head);
}

#[tokio::test]
async fn without_leave_no_key_signs_and_after_the_end_nothing_is_created() {
    let place = Place::new();
    let key = place.key(TENANT).await;
    let did = place.create_with(TENANT, &[&key]).await.did;
    let head = place.head();
    let withdrawn = || {
        SigningPermit::new(
            |_| std::future::ready(Err(PermitDenied::Withdrawn("no".into()))),
            || std::future::ready(Ok(())),
        )
    };
    let request = || request(&did, SigningKeys::AllCustodial);
    let refused = place
        .registrar
        .create_resource(TENANT, request(), withdrawn());
    assert!(matches!(
        refused.await,
        Err(RegistrarError::PermitDenied(_))
    ));
    assert_eq!(place.head(), head);

    let end = Deactivate {
        did: did.clone(),
        keys: SigningKeys::AllCustodial,
        scope: registrar::BoundScope::default(),
    };
    place
        .registrar
        .deactivate(TENANT, end, freely())
        .await
        .unwrap();
    let ended = place.registrar.create_resource(TENANT, request(), freely());
    assert!(matches!(ended.await, Err(RegistrarError::Deactivated(_))));
}

#[tokio::test]
async fn the_list_holds_the_resources_of_the_tenants_dids_alone() {
    let place = Place::new();
    let (ours, theirs) = (place.key(TENANT).await, place.key(OTHER).await);
    let one = place.create_with(TENANT, &[&ours]).await.did;
    let two = place.create_with(TENANT, &[&ours]).await.did;
    let other = place.create_with(OTHER, &[&theirs]).await.did;
    let mut ids = Vec::new();
    for did in [&one, &two, &one] {
        ids.push(
            create(&place, did, SigningKeys::AllCustodial)
                .await
                .unwrap()
                .header
                .id,
        );
    }
    let strange = request(&other, SigningKeys::AllCustodial);
    place
        .registrar
        .create_resource(OTHER, strange, freely())
        .await
        .unwrap();
    let list = async |filter: ResourceFilter, page| {
        let listed = place
            .registrar
            .resources(TENANT, &filter, page)
            .await
            .unwrap();
        let ids: Vec<String> = listed
            .resources
            .into_iter()
            .map(|one| one.header.id)
            .collect();
        (listed.total, ids)
    };
    let all = [ids[2].clone(), ids[0].clone(), ids[1].clone()];
    assert_eq!(
        list(ResourceFilter::default(), PAGE).await,
        (3, all.to_vec())
    );
    let second = registrar::Page {
        offset: 1,
        limit: 1,
    };
    assert_eq!(
        list(ResourceFilter::default(), second).await,
        (3, all[1..2].to_vec())
    );
    let of_two = ResourceFilter {
        did: Some(two),
        ..ResourceFilter::default()
    };
    assert_eq!(list(of_two, PAGE).await, (1, all[2..].to_vec()));
    for (name, resource_type, network) in [
        (Some("other"), None, None),
        (None, Some("other"), None),
        (None, None, Some("mainnet")),
    ] {
        let filter = ResourceFilter {
            did: None,
            network: network.map(str::to_owned),
            name: name.map(str::to_owned),
            resource_type: resource_type.map(str::to_owned),
        };
        assert_eq!(list(filter, PAGE).await, (0, vec![]));
    }
    let of_other = ResourceFilter {
        did: Some(other),
        ..ResourceFilter::default()
    };
    let refused = place.registrar.resources(TENANT, &of_other, PAGE).await;
    assert!(matches!(refused, Err(RegistrarError::NotFound(_))));
}
