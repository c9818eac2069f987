//! `cosmos.base.tendermint.v1beta1`: blocks, and who serves them; with the messages of `tendermint.*` that it shows.

use did::proto::Timestamp;

/// Versions of the rules that blocks follow: `tendermint.version.Consensus`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Consensus {
    /// Of blocks.
    #[prost(uint64, tag = "1")]
    pub block: u64,
    /// Of the application.
    #[prost(uint64, tag = "2")]
    pub app: u64,
}

/// How a block is cut into parts: `tendermint.types.PartSetHeader`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct PartSetHeader {
    /// How many parts.
    #[prost(uint32, tag = "1")]
    pub total: u32,
    /// Root over them.
    #[prost(bytes = "vec", tag = "2")]
    pub hash: Vec<u8>,
}

/// `tendermint.types.BlockID`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct BlockId {
    /// Hash of the header.
    #[prost(bytes = "vec", tag = "1")]
    pub hash: Vec<u8>,
    /// How the block is cut into parts.
    #[prost(message, optional, tag = "2")]
    pub part_set_header: Option<PartSetHeader>,
}

/// `tendermint.types.Header`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Header {
    /// Versions of the rules.
    #[prost(message, optional, tag = "1")]
    pub version: Option<Consensus>,
    /// The chain.
    #[prost(string, tag = "2")]
    pub chain_id: String,
    /// Height of the block.
    #[prost(int64, tag = "3")]
    pub height: i64,
    /// Time of the block.
    #[prost(message, optional, tag = "4")]
    pub time: Option<Timestamp>,
    /// The block before.
    #[prost(message, optional, tag = "5")]
    pub last_block_id: Option<BlockId>,
    /// Hash over the votes for the block before.
    #[prost(bytes = "vec", tag = "6")]
    pub last_commit_hash: Vec<u8>,
    /// Hash over the transactions.
    #[prost(bytes = "vec", tag = "7")]
    pub data_hash: Vec<u8>,
    /// Hash over the validators.
    #[prost(bytes = "vec", tag = "8")]
    pub validators_hash: Vec<u8>,
    /// Hash over the validators of the next block.
    #[prost(bytes = "vec", tag = "9")]
    pub next_validators_hash: Vec<u8>,
    /// Hash over the parameters.
    #[prost(bytes = "vec", tag = "10")]
    pub consensus_hash: Vec<u8>,
    /// Hash over the state.
    #[prost(bytes = "vec", tag = "11")]
    pub app_hash: Vec<u8>,
    /// Hash over the results of the block before.
    #[prost(bytes = "vec", tag = "12")]
    pub last_results_hash: Vec<u8>,
    /// Hash over the evidence.
    #[prost(bytes = "vec", tag = "13")]
    pub evidence_hash: Vec<u8>,
    /// Who proposed the block.
    #[prost(bytes = "vec", tag = "14")]
    pub proposer_address: Vec<u8>,
}

/// Transactions of a block: `tendermint.types.Data`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Data {
    /// As they were handed in.
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub txs: Vec<Vec<u8>>,
}

/// Says that the block before was agreed on: `tendermint.types.Commit`, without signatures since nobody votes.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Commit {
    /// Height of that block.
    #[prost(int64, tag = "1")]
    pub height: i64,
    /// How often it was voted on.
    #[prost(int32, tag = "2")]
    pub round: i32,
    /// That block.
    #[prost(message, optional, tag = "3")]
    pub block_id: Option<BlockId>,
}

/// `tendermint.types.Block`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Block {
    /// The header.
    #[prost(message, optional, tag = "1")]
    pub header: Option<Header>,
    /// The transactions.
    #[prost(message, optional, tag = "2")]
    pub data: Option<Data>,
    /// Says that the block before was agreed on.
    #[prost(message, optional, tag = "4")]
    pub last_commit: Option<Commit>,
}

/// The header as applications show it: [`Header`] with the proposer in bech32.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct SdkHeader {
    /// See [`Header::version`].
    #[prost(message, optional, tag = "1")]
    pub version: Option<Consensus>,
    /// See [`Header::chain_id`].
    #[prost(string, tag = "2")]
    pub chain_id: String,
    /// See [`Header::height`].
    #[prost(int64, tag = "3")]
    pub height: i64,
    /// See [`Header::time`].
    #[prost(message, optional, tag = "4")]
    pub time: Option<Timestamp>,
    /// See [`Header::last_block_id`].
    #[prost(message, optional, tag = "5")]
    pub last_block_id: Option<BlockId>,
    /// See [`Header::last_commit_hash`].
    #[prost(bytes = "vec", tag = "6")]
    pub last_commit_hash: Vec<u8>,
    /// See [`Header::data_hash`].
    #[prost(bytes = "vec", tag = "7")]
    pub data_hash: Vec<u8>,
    /// See [`Header::validators_hash`].
    #[prost(bytes = "vec", tag = "8")]
    pub validators_hash: Vec<u8>,
    /// See [`Header::next_validators_hash`].
    #[prost(bytes = "vec", tag = "9")]
    pub next_validators_hash: Vec<u8>,
    /// See [`Header::consensus_hash`].
    #[prost(bytes = "vec", tag = "10")]
    pub consensus_hash: Vec<u8>,
    /// See [`Header::app_hash`].
    #[prost(bytes = "vec", tag = "11")]
    pub app_hash: Vec<u8>,
    /// See [`Header::last_results_hash`].
    #[prost(bytes = "vec", tag = "12")]
    pub last_results_hash: Vec<u8>,
    /// See [`Header::evidence_hash`].
    #[prost(bytes = "vec", tag = "13")]
    pub evidence_hash: Vec<u8>,
    /// Who proposed the block, in bech32.
    #[prost(string, tag = "14")]
    pub proposer_address: String,
}

/// The block as applications show it: `cosmos.base.tendermint.v1beta1.Block`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct SdkBlock {
    /// The header.
    #[prost(message, optional, tag = "1")]
    pub header: Option<SdkHeader>,
    /// The transactions.
    #[prost(message, optional, tag = "2")]
    pub data: Option<Data>,
    /// Says that the block before was agreed on.
    #[prost(message, optional, tag = "4")]
    pub last_commit: Option<Commit>,
}

/// Asks for the newest block.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct GetLatestBlockRequest {}

/// Asks for a block.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct GetBlockByHeightRequest {
    /// Its height.
    #[prost(int64, tag = "1")]
    pub height: i64,
}

/// A block.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct GetBlockByHeightResponse {
    /// Its hash.
    #[prost(message, optional, tag = "1")]
    pub block_id: Option<BlockId>,
    /// For older clients; the same as `sdk_block`.
    #[prost(message, optional, tag = "2")]
    pub block: Option<Block>,
    /// The block.
    #[prost(message, optional, tag = "3")]
    pub sdk_block: Option<SdkBlock>,
}

/// On the wire the same as [`GetBlockByHeightResponse`].
pub type GetLatestBlockResponse = GetBlockByHeightResponse;

/// Versions of the protocols between nodes: `tendermint.p2p.ProtocolVersion`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ProtocolVersion {
    /// Between nodes.
    #[prost(uint64, tag = "1")]
    pub p2p: u64,
    /// Of blocks.
    #[prost(uint64, tag = "2")]
    pub block: u64,
    /// Of the application.
    #[prost(uint64, tag = "3")]
    pub app: u64,
}

/// Who answers: `tendermint.p2p.DefaultNodeInfo`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct DefaultNodeInfo {
    /// Versions of the protocols.
    #[prost(message, optional, tag = "1")]
    pub protocol_version: Option<ProtocolVersion>,
    /// Id of the node, in hexadecimal.
    #[prost(string, tag = "2")]
    pub default_node_id: String,
    /// Where it would listen to other nodes.
    #[prost(string, tag = "3")]
    pub listen_addr: String,
    /// The chain id.
    #[prost(string, tag = "4")]
    pub network: String,
    /// Version of the software.
    #[prost(string, tag = "5")]
    pub version: String,
    /// What it speaks with other nodes.
    #[prost(bytes = "vec", tag = "6")]
    pub channels: Vec<u8>,
    /// Name of the node.
    #[prost(string, tag = "7")]
    pub moniker: String,
    /// The rest.
    #[prost(message, optional, tag = "8")]
    pub other: Option<DefaultNodeInfoOther>,
}

/// `tendermint.p2p.DefaultNodeInfoOther`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct DefaultNodeInfoOther {
    /// `on` where transactions can be found by their hash.
    #[prost(string, tag = "1")]
    pub tx_index: String,
    /// Where it listens to clients.
    #[prost(string, tag = "2")]
    pub rpc_address: String,
}

/// What software answers.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct VersionInfo {
    /// Name of the project.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Name of the program.
    #[prost(string, tag = "2")]
    pub app_name: String,
    /// Its version.
    #[prost(string, tag = "3")]
    pub version: String,
    /// Its commit.
    #[prost(string, tag = "4")]
    pub git_commit: String,
}

/// Asks who answers.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct GetNodeInfoRequest {}

/// Who answers.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct GetNodeInfoResponse {
    /// The node.
    #[prost(message, optional, tag = "1")]
    pub default_node_info: Option<DefaultNodeInfo>,
    /// Its software.
    #[prost(message, optional, tag = "2")]
    pub application_version: Option<VersionInfo>,
}

/// Asks whether the node is behind others.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct GetSyncingRequest {}

/// Whether the node is behind others.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct GetSyncingResponse {
    /// Whether it is.
    #[prost(bool, tag = "1")]
    pub syncing: bool,
}
