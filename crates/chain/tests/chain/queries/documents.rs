//! Documents and versions.

use chain::Fees;
use chain::query::GrpcCode;
use cosmos::proto::did::{
    QueryAllDidDocVersionsMetadataRequest, QueryAllDidDocVersionsMetadataResponse,
    QueryDidDocRequest, QueryDidDocResponse, QueryDidDocVersionRequest,
};
use cosmos::proto::page::PageRequest;
use did::proto::Metadata;
use ledger::Assurance;

use super::world::{DID, UNKNOWN, VERSIONS, World, document};

const DID_DOC: &str = "/cheqd.did.v2.Query/DidDoc";
const DID_DOC_VERSION: &str = "/cheqd.did.v2.Query/DidDocVersion";
const ALL: &str = "/cheqd.did.v2.Query/AllDidDocVersionsMetadata";
const END: &str = "00000000-4444-4444-8444-444444444444";

fn latest(id: &str) -> QueryDidDocRequest {
    QueryDidDocRequest { id: id.to_owned() }
}

fn version(id: &str, version: &str) -> QueryDidDocVersionRequest {
    QueryDidDocVersionRequest {
        id: id.to_owned(),
        version: version.to_owned(),
    }
}

fn all(id: &str) -> QueryAllDidDocVersionsMetadataRequest {
    QueryAllDidDocVersionsMetadataRequest {
        id: id.to_owned(),
        pagination: None,
    }
}

fn ids(versions: &[Metadata]) -> Vec<&str> {
    let ids = versions.iter().map(|version| version.version_id.as_str());
    ids.collect()
}

#[tokio::test]
async fn a_document_is_the_one_that_was_signed() {
    let world = World::new(Fees::Free);
    world.create_and_update().await;
    // In either case of letters.
    for id in [DID.to_owned(), DID.replace("7bf81a20", "7BF81A20")] {
        let found: QueryDidDocResponse = world.ask(DID_DOC, &latest(&id)).await;
        let found = found.value.unwrap();
        assert_eq!(
            found.did_doc.unwrap(),
            document(VERSIONS[2]).into_document()
        );
        let metadata = found.metadata.unwrap();
        assert_eq!(metadata.version_id, VERSIONS[2]);
        assert_eq!(metadata.previous_version_id, VERSIONS[1]);
        assert_eq!(metadata.next_version_id, "");
        assert!(!metadata.deactivated && metadata.updated.is_some());
    }
    for id in VERSIONS {
        let asked = version(DID, &id.to_uppercase());
        let found: QueryDidDocResponse = world.ask(DID_DOC_VERSION, &asked).await;
        let found = found.value.unwrap();
        assert_eq!(found.did_doc.unwrap(), document(id).into_document());
        assert_eq!(found.metadata.unwrap().version_id, id);
    }
}

#[tokio::test]
async fn versions_come_in_the_order_of_their_ids() {
    let world = World::new(Fees::Free);
    world.create_and_update().await;
    let mut sorted = VERSIONS;
    sorted.sort_unstable();
    let found: QueryAllDidDocVersionsMetadataResponse = world.ask(ALL, &all(DID)).await;
    assert_eq!(ids(&found.versions), sorted);
    assert_eq!(found.pagination, None);
    let paged = |key: Vec<u8>| QueryAllDidDocVersionsMetadataRequest {
        id: DID.to_owned(),
        pagination: Some(PageRequest {
            key,
            limit: 2,
            ..PageRequest::default()
        }),
    };
    let first: QueryAllDidDocVersionsMetadataResponse = world.ask(ALL, &paged(Vec::new())).await;
    assert_eq!(ids(&first.versions), sorted[..2]);
    let key = first.pagination.unwrap().next_key;
    let second: QueryAllDidDocVersionsMetadataResponse = world.ask(ALL, &paged(key)).await;
    assert_eq!(ids(&second.versions), sorted[2..]);
    assert!(second.pagination.unwrap().next_key.is_empty());
}

#[tokio::test]
async fn every_version_of_a_deactivated_did_is_marked() {
    let world = World::new(Fees::Free);
    world.create_and_update().await;
    world.deactivate(END).await;
    let found: QueryAllDidDocVersionsMetadataResponse = world.ask(ALL, &all(DID)).await;
    assert_eq!(found.versions.len(), 4);
    assert!(found.versions.iter().all(|version| version.deactivated));
    let found: QueryDidDocResponse = world.ask(DID_DOC, &latest(DID)).await;
    let found = found.value.unwrap();
    assert_eq!(
        found.did_doc.unwrap(),
        document(VERSIONS[2]).into_document()
    );
    assert_eq!(found.metadata.unwrap().version_id, END);
}

#[tokio::test]
async fn what_does_not_exist_is_said_as_a_node_says_it() {
    let world = World::new(Fees::Free);
    world.create_and_update().await;
    let (error, code, log) = world.refused(DID_DOC, &latest(UNKNOWN)).await;
    assert_eq!(error.grpc_code(), GrpcCode::NotFound);
    assert_eq!(
        (code, log),
        (6, format!("{UNKNOWN}: not found: unknown request"))
    );
    let (error, code, log) = world.refused(DID_DOC_VERSION, &version(DID, END)).await;
    assert_eq!(error.grpc_code(), GrpcCode::NotFound);
    let expected = "diddoc version not found: not found: unknown request";
    assert_eq!((code, log.as_str()), (6, expected));
    let none: QueryAllDidDocVersionsMetadataResponse = world.ask(ALL, &all(UNKNOWN)).await;
    assert_eq!(none, QueryAllDidDocVersionsMetadataResponse::default());
    // The same id on a network that is not served here.
    let elsewhere = DID.replace("testnet", "mainnet");
    let (error, ..) = world.refused(DID_DOC, &latest(&elsewhere)).await;
    assert_eq!(error.grpc_code(), GrpcCode::NotFound);
    for id in [
        "",
        "did:cheqd:testnet:healthcheck",
        "did:example:x",
        "größe",
    ] {
        for refused in [
            world.refused(DID_DOC, &latest(id)).await,
            world.refused(DID_DOC_VERSION, &version(id, END)).await,
            world.refused(ALL, &all(id)).await,
        ] {
            assert_eq!(refused.0.grpc_code(), GrpcCode::InvalidArgument, "{id}");
            assert_eq!(refused.1, 18);
        }
    }
}

#[tokio::test]
async fn what_is_withheld_is_an_error_and_never_not_found() {
    let world = World::new(Fees::Free);
    world.create_and_update().await;
    world.ledger.set_assurance(Assurance::Unconfirmed);
    for id in [DID, UNKNOWN] {
        for refused in [
            world.refused(DID_DOC, &latest(id)).await,
            world
                .refused(DID_DOC_VERSION, &version(id, VERSIONS[0]))
                .await,
            world.refused(ALL, &all(id)).await,
        ] {
            assert_eq!(refused.0.grpc_code(), GrpcCode::Unavailable);
            assert!(!refused.2.contains("not found"), "{}", refused.2);
        }
    }
    // An end is always answer.
    world.deactivate(END).await;
    let found: QueryDidDocResponse = world.ask(DID_DOC, &latest(DID)).await;
    assert!(found.value.unwrap().metadata.unwrap().deactivated);
}
