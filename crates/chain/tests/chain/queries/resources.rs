//! Resources.

use chain::Fees;
use chain::query::GrpcCode;
use cosmos::proto::resource::{
    QueryCollectionResourcesRequest, QueryCollectionResourcesResponse,
    QueryLatestResourceVersionRequest, QueryResourceMetadataResponse, QueryResourceRequest,
    QueryResourceResponse,
};
use ledger::Assurance;

use super::world::{COLLECTION, DID, World};

const FIRST: &str = "cccccccc-1111-4111-8111-111111111111";
const SECOND: &str = "aaaaaaaa-2222-4222-8222-222222222222";
const OTHER: &str = "bbbbbbbb-3333-4333-8333-333333333333";
const NONE: &str = "00000000-3333-4333-8333-333333333333";

fn path(method: &str) -> String {
    format!("/cheqd.resource.v2.Query/{method}")
}

fn one(collection_id: &str, id: &str) -> QueryResourceRequest {
    QueryResourceRequest {
        collection_id: collection_id.to_owned(),
        id: id.to_owned(),
    }
}

fn named(name: &str) -> QueryLatestResourceVersionRequest {
    QueryLatestResourceVersionRequest {
        collection_id: COLLECTION.to_owned(),
        name: name.to_owned(),
        resource_type: "Type".to_owned(),
    }
}

fn collection(collection_id: &str) -> QueryCollectionResourcesRequest {
    QueryCollectionResourcesRequest {
        collection_id: collection_id.to_owned(),
        pagination: None,
    }
}

async fn world() -> World {
    let world = World::new(Fees::Free);
    world.create_and_update().await;
    world.resource(FIRST, "name", br#"{"a":1}"#).await;
    world.resource(SECOND, "name", br#"{"a":2}"#).await;
    world.resource(OTHER, "other", b"text").await;
    world
}

#[tokio::test]
async fn resources_are_found_by_id_and_by_name_and_type() {
    let world = world().await;
    for id in [FIRST.to_owned(), FIRST.to_uppercase()] {
        let found: QueryResourceResponse =
            world.ask(&path("Resource"), &one(COLLECTION, &id)).await;
        let found = found.resource.unwrap();
        assert_eq!(found.resource.unwrap().data, br#"{"a":1}"#);
        let metadata = found.metadata.unwrap();
        assert_eq!(
            (metadata.id.as_str(), metadata.media_type.as_str()),
            (FIRST, "application/json")
        );
        assert_eq!(metadata.next_version_id, SECOND);
        assert_eq!(
            metadata.also_known_as[0].uri,
            format!("{DID}/resources/{FIRST}")
        );
        let answer: QueryResourceMetadataResponse = world
            .ask(&path("ResourceMetadata"), &one(COLLECTION, &id))
            .await;
        assert_eq!(answer.resource.unwrap(), metadata);
    }
    let newest: QueryResourceResponse = world
        .ask(&path("LatestResourceVersion"), &named("name"))
        .await;
    let newest = newest.resource.unwrap();
    assert_eq!(newest.resource.unwrap().data, br#"{"a":2}"#);
    let answer: QueryResourceMetadataResponse = world
        .ask(&path("LatestResourceVersionMetadata"), &named("name"))
        .await;
    assert_eq!(answer.resource.unwrap(), newest.metadata.unwrap());
}

#[tokio::test]
async fn a_collection_comes_in_the_order_of_ids() {
    let world = world().await;
    let found: QueryCollectionResourcesResponse = world
        .ask(&path("CollectionResources"), &collection(COLLECTION))
        .await;
    let ids: Vec<&str> = found.resources.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids, [SECOND, OTHER, FIRST]);
    assert_eq!(found.pagination, None);
}

#[tokio::test]
async fn what_does_not_exist_is_said_as_a_node_says_it() {
    let world = world().await;
    let (error, code, log) = world
        .refused(&path("Resource"), &one(COLLECTION, NONE))
        .await;
    assert_eq!(error.grpc_code(), GrpcCode::NotFound);
    assert_eq!(code, 6);
    assert_eq!(
        log,
        format!("resource {COLLECTION}:{NONE}: not found: unknown request")
    );
    let (error, ..) = world
        .refused(&path("LatestResourceVersion"), &named("none"))
        .await;
    assert_eq!(error.grpc_code(), GrpcCode::NotFound);
    // The DID must exist before anything is asked about its resources.
    for refused in [
        world
            .refused(&path("ResourceMetadata"), &one(NONE, FIRST))
            .await,
        world
            .refused(&path("CollectionResources"), &collection(NONE))
            .await,
    ] {
        let expected = format!("did:cheqd:testnet:{NONE}: DID Doc not found: unknown request");
        assert_eq!((refused.1, refused.2), (6, expected));
    }
    let (error, code, _) = world
        .refused(&path("CollectionResources"), &collection("x:y"))
        .await;
    assert_eq!((error.grpc_code(), code), (GrpcCode::InvalidArgument, 18));
}

#[tokio::test]
async fn what_is_withheld_is_an_error_and_never_not_found() {
    let world = world().await;
    world.ledger.set_assurance(Assurance::Unconfirmed);
    for refused in [
        world
            .refused(&path("Resource"), &one(COLLECTION, FIRST))
            .await,
        world
            .refused(&path("ResourceMetadata"), &one(COLLECTION, FIRST))
            .await,
        world
            .refused(&path("CollectionResources"), &collection(COLLECTION))
            .await,
        world
            .refused(&path("CollectionResources"), &collection(NONE))
            .await,
        world
            .refused(&path("LatestResourceVersion"), &named("name"))
            .await,
    ] {
        assert_eq!(refused.0.grpc_code(), GrpcCode::Unavailable);
        assert!(!refused.2.contains("not found"), "{}", refused.2);
    }
}
