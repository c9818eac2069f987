//! The table itself: its paths, and what none of them takes.

use std::collections::BTreeSet;

use chain::Fees;
use chain::query::{GrpcCode, Query, QueryError, services};
use cosmos::proto::did::QueryDidDocRequest;
use prost::Message;
use prost_reflect::DescriptorPool;

use super::world::{DID, World};

#[test]
fn every_declared_method_is_served_and_no_other() {
    let pool = DescriptorPool::decode(cosmos::proto::DESCRIPTORS).unwrap();
    let mut declared = BTreeSet::new();
    for service in pool.services() {
        for method in service.methods() {
            declared.insert(format!("/{}/{}", service.full_name(), method.name()));
        }
    }
    let served: BTreeSet<String> = Query::all().map(|query| query.path().to_owned()).collect();
    assert_eq!(declared, served);
    let declared: BTreeSet<String> = pool
        .services()
        .map(|one| one.full_name().to_owned())
        .collect();
    assert_eq!(declared, services().map(str::to_owned).collect());
    assert!(Query::all().all(|query| Query::of_path(query.path()) == Some(query)));
}

#[tokio::test]
async fn other_paths_garbage_and_too_much_are_refused() {
    let world = World::new(Fees::Free);
    for path in [
        "",
        "/",
        "/cheqd.did.v2.Query/",
        "/app/version",
        "cheqd.did.v2.Query/DidDoc",
    ] {
        let refused = world.chain.query(path, &[], 0).await.unwrap_err();
        assert!(matches!(refused, QueryError::Path), "{path}");
        assert_eq!(
            refused.refusal().to_string(),
            "unknown query path: unknown request"
        );
        assert_eq!(refused.refusal().code.as_u32(), 6);
    }
    for query in Query::all() {
        let refused = world
            .chain
            .query(query.path(), &[0xff], 0)
            .await
            .unwrap_err();
        assert!(
            matches!(refused, QueryError::Undecodable(_)),
            "{query:?}: {refused}"
        );
        assert_eq!(refused.refusal().code.as_u32(), 18);
        let long = vec![0; query.request_bytes_max() + 1];
        let refused = world.chain.query(query.path(), &long, 0).await.unwrap_err();
        assert_eq!(
            refused.grpc_code(),
            GrpcCode::ResourceExhausted,
            "{query:?}"
        );
    }
}

#[tokio::test]
async fn only_the_newest_state_is_disclosed() {
    let world = World::new(Fees::Free);
    world.create_and_update().await;
    let request = QueryDidDocRequest { id: DID.to_owned() }.encode_to_vec();
    let ask = |height| {
        world
            .chain
            .query("/cheqd.did.v2.Query/DidDoc", &request, height)
    };
    assert!(ask(0).await.is_ok());
    let refusal = ask(u64::MAX).await.unwrap_err().refusal();
    assert_eq!(refusal.code.as_u32(), 26);
    // The height is a time: it may go on between two calls, but never past this many.
    let newest = world.chain.height();
    let mut answers = Vec::new();
    for height in newest..newest + 60 {
        answers.push(ask(height).await.is_ok());
    }
    assert!(answers.contains(&true));
}
