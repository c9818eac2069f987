//! Transactions and blocks.

use chain::Fees;
use chain::query::GrpcCode;
use cosmos::TxHash;
use cosmos::proto::tendermint::{
    GetBlockByHeightRequest, GetBlockByHeightResponse, GetLatestBlockRequest, GetNodeInfoRequest,
    GetNodeInfoResponse, GetSyncingRequest, GetSyncingResponse,
};
use cosmos::proto::tx::{
    BroadcastMode, BroadcastTxRequest, BroadcastTxResponse, GetTxRequest, GetTxResponse,
    SimulateRequest, SimulateResponse,
};

use super::world::{CHAIN_ID, DID, World};

const BROADCAST: &str = "/cosmos.tx.v1beta1.Service/BroadcastTx";
const GET_TX: &str = "/cosmos.tx.v1beta1.Service/GetTx";
const SIMULATE: &str = "/cosmos.tx.v1beta1.Service/Simulate";
const BLOCK: &str = "/cosmos.base.tendermint.v1beta1.Service/GetBlockByHeight";
const LATEST_BLOCK: &str = "/cosmos.base.tendermint.v1beta1.Service/GetLatestBlock";

fn broadcast(tx_bytes: Vec<u8>, mode: BroadcastMode) -> BroadcastTxRequest {
    BroadcastTxRequest {
        tx_bytes,
        mode: mode as i32,
    }
}

fn by_hash(hash: &str) -> GetTxRequest {
    GetTxRequest {
        hash: hash.to_owned(),
    }
}

fn block(height: i64) -> GetBlockByHeightRequest {
    GetBlockByHeightRequest { height }
}

#[tokio::test]
async fn a_transaction_is_submitted_and_found_with_its_block() {
    let world = World::new(Fees::Free);
    let bytes = world.transaction(0);
    let hash = TxHash::of(&bytes).to_string();
    for _ in 0..2 {
        let request = broadcast(bytes.clone(), BroadcastMode::Sync);
        let sent: BroadcastTxResponse = world.ask(BROADCAST, &request).await;
        let sent = sent.tx_response.unwrap();
        assert_eq!((sent.code, sent.txhash.as_str()), (0, hash.as_str()));
    }
    let mut found = None;
    for asked in [hash.clone(), hash.to_lowercase()] {
        let answer: GetTxResponse = world.ask(GET_TX, &by_hash(&asked)).await;
        let body = answer.tx.unwrap().body.unwrap();
        assert_eq!(body.messages[0].type_url, "/cheqd.did.v2.MsgCreateDidDoc");
        found = answer.tx_response;
    }
    let found = found.unwrap();
    assert_eq!((found.code, found.txhash.as_str()), (0, hash.as_str()));
    assert_eq!(found.tx.unwrap().value, bytes);
    assert!(found.events.iter().any(|event| event.r#type == "message"));
    assert!(found.gas_used > 0 && found.gas_wanted == 360_000);
    assert!(
        found.timestamp.ends_with('Z') && found.timestamp.len() == 20,
        "{}",
        found.timestamp
    );
    assert!(!found.data.is_empty() && found.data == found.data.to_uppercase());

    let held: GetBlockByHeightResponse = world.ask(BLOCK, &block(found.height)).await;
    assert_eq!(
        held.block.as_ref().unwrap().data.as_ref().unwrap().txs,
        [bytes]
    );
    let header = held.sdk_block.unwrap().header.unwrap();
    assert_eq!(
        (header.height, header.chain_id.as_str()),
        (found.height, CHAIN_ID)
    );
    assert!(!held.block_id.unwrap().hash.is_empty());
}

#[tokio::test]
async fn a_transaction_that_is_refused_says_why() {
    let world = World::new(Fees::Free);
    let early: BroadcastTxResponse = world
        .ask(
            BROADCAST,
            &broadcast(world.transaction(5), BroadcastMode::Sync),
        )
        .await;
    let early = early.tx_response.unwrap();
    assert_eq!((early.code, early.codespace.as_str()), (32, "sdk"));
    assert!(
        early.raw_log.contains("expected 0, got 5"),
        "{}",
        early.raw_log
    );
    for mode in [BroadcastMode::Unspecified, BroadcastMode::Block] {
        let (error, ..) = world
            .refused(BROADCAST, &broadcast(world.transaction(0), mode))
            .await;
        assert_eq!(error.grpc_code(), GrpcCode::InvalidArgument);
    }
    let (error, code, log) = world.refused(GET_TX, &by_hash(&"00".repeat(32))).await;
    assert_eq!((error.grpc_code(), code), (GrpcCode::NotFound, 22));
    assert!(log.contains("tx not found"), "{log}");
    for hash in ["", "zz", "00"] {
        let (error, ..) = world.refused(GET_TX, &by_hash(hash)).await;
        assert_eq!(error.grpc_code(), GrpcCode::InvalidArgument, "{hash}");
    }
}

#[tokio::test]
async fn a_simulation_tells_the_gas_or_what_would_fail() {
    let world = World::new(Fees::Free);
    let request = SimulateRequest {
        tx: None,
        tx_bytes: world.transaction(0),
    };
    let answer: SimulateResponse = world.ask(SIMULATE, &request).await;
    assert!(answer.gas_info.unwrap().gas_used > 0);
    assert!(
        world
            .ledger
            .latest(&DID.parse().unwrap())
            .unwrap()
            .is_none()
    );
    world.create_and_update().await;
    let (error, code, log) = world.refused(SIMULATE, &request).await;
    assert_eq!((error.grpc_code(), code), (GrpcCode::Unknown, 6));
    assert!(log.contains("DID Doc exists"), "{log}");
    let (error, ..) = world.refused(SIMULATE, &SimulateRequest::default()).await;
    assert_eq!(error.grpc_code(), GrpcCode::InvalidArgument);
}

#[tokio::test]
async fn blocks_that_are_not_there_are_refused() {
    let world = World::new(Fees::Free);
    for height in [i64::MIN, -1, 0, i64::MAX] {
        let (error, code, _) = world.refused(BLOCK, &block(height)).await;
        assert_eq!(
            (error.grpc_code(), code),
            (GrpcCode::InvalidArgument, 18),
            "{height}"
        );
    }
    let first: GetBlockByHeightResponse = world.ask(BLOCK, &block(1)).await;
    assert_eq!(first.block.unwrap().header.unwrap().height, 1);
    let newest: GetBlockByHeightResponse = world.ask(LATEST_BLOCK, &GetLatestBlockRequest {}).await;
    assert!(newest.block.unwrap().header.unwrap().height >= 1);
}

#[tokio::test]
async fn the_node_names_the_chain_and_is_not_behind() {
    let world = World::new(Fees::Free);
    let path = "/cosmos.base.tendermint.v1beta1.Service/GetNodeInfo";
    let answer: GetNodeInfoResponse = world.ask(path, &GetNodeInfoRequest {}).await;
    let info = answer.default_node_info.unwrap();
    assert_eq!(info.network, CHAIN_ID);
    assert!(info.version.starts_with("0.38."));
    let path = "/cosmos.base.tendermint.v1beta1.Service/GetSyncing";
    let answer: GetSyncingResponse = world.ask(path, &GetSyncingRequest {}).await;
    assert!(!answer.syncing);
}
