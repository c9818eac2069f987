//! `cosmos.base.tendermint.v1beta1.Service`: blocks, and who serves them.
//!
//! There are no votes on blocks, so a header has no hashes of votes, validators and state. Only a checkpoint of the log
//! proves anything; the hash of a block only names it.

use cosmos::SdkCode;
use cosmos::proto::block::{Block, BlockId, Commit, Data, Header, PartSetHeader};
use cosmos::proto::p2p::{DefaultNodeInfo, DefaultNodeInfoOther, ProtocolVersion};
use cosmos::proto::tendermint::{
    Block as SdkBlock, GetBlockByHeightRequest, GetBlockByHeightResponse, GetLatestBlockResponse,
    GetNodeInfoResponse, GetSyncingResponse, Header as SdkHeader, VersionInfo,
};
use cosmos::proto::version::Consensus;
use sha2::{Digest, Sha256};

use super::error::QueryError;
use crate::Chain;
use crate::message_data::timestamp;

/// The version of CometBFT whose answers are given; clients choose by it how they read them.
pub const COMET_VERSION: &str = "0.38.19";
/// Version of its rules for blocks.
pub const BLOCK_PROTOCOL: u64 = 11;
/// Version of its protocol between nodes.
pub const P2P_PROTOCOL: u64 = 8;
/// Version of the application in a block.
pub const APP_PROTOCOL: u64 = 0;
/// The name of the node.
const MONIKER: &str = "atropos";

pub(super) fn check_height(requested: u64, newest: u64) -> Result<(), QueryError> {
    match requested {
        0 => Ok(()),
        requested if requested == newest => Ok(()),
        requested if requested > newest => Err(QueryError::Height(SdkCode::InvalidHeight.because(
            "cannot query with height in the future; please provide a valid height",
        ))),
        requested => Err(QueryError::Height(SdkCode::InvalidRequest.because(format!(
            "failed to load state at height {requested}; only the newest is kept (latest height: {newest})"
        )))),
    }
}

pub(super) fn node_info(chain: &Chain) -> GetNodeInfoResponse {
    let id = Sha256::digest(chain.ledger().log_key());
    GetNodeInfoResponse {
        default_node_info: Some(DefaultNodeInfo {
            protocol_version: Some(ProtocolVersion {
                p2p: P2P_PROTOCOL,
                block: BLOCK_PROTOCOL,
                app: APP_PROTOCOL,
            }),
            default_node_id: hex::encode(&id[..20]),
            network: chain.chain_id().to_owned(),
            version: COMET_VERSION.to_owned(),
            moniker: MONIKER.to_owned(),
            other: Some(DefaultNodeInfoOther {
                tx_index: "on".to_owned(),
                rpc_address: String::new(),
            }),
            ..DefaultNodeInfo::default()
        }),
        application_version: Some(VersionInfo {
            name: MONIKER.to_owned(),
            app_name: MONIKER.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            git_commit: String::new(),
        }),
    }
}

/// There is no other node to be behind.
pub(super) fn syncing() -> GetSyncingResponse {
    GetSyncingResponse { syncing: false }
}

pub(super) fn by_height(
    chain: &Chain,
    request: GetBlockByHeightRequest,
) -> Result<GetBlockByHeightResponse, QueryError> {
    let newest = chain.height();
    match u64::try_from(request.height) {
        Ok(height @ 1..) if height <= newest => at(chain, height),
        Ok(1..) => Err(QueryError::Invalid(
            "requested block height is bigger then the chain length".to_owned(),
        )),
        _ => Err(QueryError::Invalid(
            "height must be greater than 0".to_owned(),
        )),
    }
}

pub(super) fn latest(chain: &Chain) -> Result<GetLatestBlockResponse, QueryError> {
    let GetBlockByHeightResponse {
        block_id,
        block,
        sdk_block,
    } = at(chain, chain.height())?;
    Ok(GetLatestBlockResponse {
        block_id,
        block,
        sdk_block,
    })
}

fn at(chain: &Chain, height: u64) -> Result<GetBlockByHeightResponse, QueryError> {
    let block = chain.block(height)?;
    let block = block.ok_or_else(|| QueryError::NotFound(format!("no block {height}")))?;
    let header = header(chain, height, block.time_ms);
    let data = Data {
        txs: block
            .transactions
            .into_iter()
            .map(|one| one.bytes)
            .collect(),
    };
    let last_commit = Commit {
        height: header.height - 1,
        round: 0,
        block_id: header.last_block_id.clone(),
    };
    Ok(GetBlockByHeightResponse {
        block_id: Some(id_of(chain, height)),
        sdk_block: Some(SdkBlock {
            header: Some(shown(header.clone())),
            data: Some(data.clone()),
            last_commit: Some(last_commit.clone()),
        }),
        block: Some(Block {
            header: Some(header),
            data: Some(data),
            last_commit: Some(last_commit),
        }),
    })
}

fn header(chain: &Chain, height: u64, time_ms: u64) -> Header {
    let before = match height {
        1 => BlockId::default(),
        height => id_of(chain, height - 1),
    };
    Header {
        version: Some(Consensus {
            block: BLOCK_PROTOCOL,
            app: APP_PROTOCOL,
        }),
        chain_id: chain.chain_id().to_owned(),
        height: height as i64,
        time: Some(timestamp(time_ms)),
        last_block_id: Some(before),
        ..Header::default()
    }
}

fn shown(header: Header) -> SdkHeader {
    SdkHeader {
        version: header.version,
        chain_id: header.chain_id,
        height: header.height,
        time: header.time,
        last_block_id: header.last_block_id,
        ..SdkHeader::default()
    }
}

fn id_of(chain: &Chain, height: u64) -> BlockId {
    let hash = chain.block_hash(height).to_vec();
    BlockId {
        part_set_header: Some(PartSetHeader {
            total: 1,
            hash: hash.clone(),
        }),
        hash,
    }
}

impl Chain {
    /// The name of a block, where a node has a hash. The newest block still takes transactions, so that its name cannot
    /// follow from what it holds; it proves nothing.
    pub fn block_hash(&self, height: u64) -> [u8; 32] {
        let mut hash = Sha256::new();
        for part in [self.chain_id().as_bytes(), &height.to_be_bytes()] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }
}
