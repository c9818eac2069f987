//! Queries of JSON-RPC and gRPC: the first byte picks a path, the rest is the request.
//!
//! Behind them stands a real ledger with a few DIDs. Whatever is asked gets an answer or an error with a code of the
//! ABCI and a status of gRPC; what is withheld or damaged cannot occur here. Nothing that is asked changes a DID.

#![no_main]

use std::sync::LazyLock;

use chain::query::{GrpcCode, Query, QueryError};
use chain::{Chain, Fees, Settings};
use did::{OperationKind, Operation, Proposal};
use ledger::Embedded;
use libfuzzer_sys::fuzz_target;
use proof::note::NoteSigner;
use store::Store;
use tempfile::TempDir;
use tokio::runtime::Runtime;

struct World {
    runtime: Runtime,
    chain: Chain,
    queries: Vec<Query>,
    _folder: TempDir,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let [data, guard] = ["data", "guard"].map(|name| folder.path().join(name));
    let options = ledger::Options::new(data, guard, "testnet");
    let signer = || NoteSigner::from_seed("example.org/testnet", &[7; 32]).expect("a key");
    Embedded::init(&options, &signer()).expect("a log");
    let ledger = Embedded::open(&options, signer()).expect("a ledger");
    let store = Store::open(&folder.path().join("store.sqlite"), chain::MIGRATIONS).expect("a store");
    let runtime = Runtime::new().expect("a runtime");
    let settings = Settings {
        chain_id: "atropos-testnet-1".to_owned(),
        fees: Fees::Free,
        funded: Vec::new(),
    };
    let chain = runtime.block_on(async {
        for create in creates() {
            // Those of the other network are refused here.
            let _ = ledger.submit(vec![Proposal::from(create)]).await;
        }
        Chain::open(ledger, store, settings).expect("a chain")
    });
    World {
        runtime,
        chain,
        queries: Query::all().collect(),
        _folder: folder,
    }
});

fn creates() -> Vec<Operation> {
    let fixture: serde_json::Value =
        serde_json::from_str(include_str!("../../fixtures/cheqd-sdk.json")).expect("JSON");
    let operations = fixture["operations"].as_array().expect("a list");
    let creates = operations.iter().filter(|one| one["kind"] == "create");
    let messages = creates.map(|one| hex::decode(one["msgHex"].as_str().expect("a text")).expect("hex"));
    // Some are there because they are refused.
    messages.filter_map(|message| Operation::decode(OperationKind::Create, &message).ok()).collect()
}

fuzz_target!(|data: &[u8]| {
    let Some((first, request)) = data.split_first() else {
        return;
    };
    let world = &*WORLD;
    let query = world.queries[usize::from(*first) % world.queries.len()];
    let size = world.chain.ledger().published().size;
    let answer = world.runtime.block_on(world.chain.query(query.path(), request, 0));
    match answer {
        Ok(_) => assert!(request.len() <= query.request_bytes_max()),
        Err(error) => {
            let refusal = error.refusal();
            assert!(refusal.code.as_u32() > 1 && !refusal.to_string().is_empty());
            let withheld = matches!(error, QueryError::Unavailable(_) | QueryError::Path | QueryError::Fault(_));
            assert!(!withheld && error.grpc_code() != GrpcCode::Internal, "{query:?}: {error}");
        }
    }
    if query != Query::BroadcastTx {
        assert_eq!(world.chain.ledger().published().size, size);
    }
});
