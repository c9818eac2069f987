//! `cosmos.tx.v1beta1.Service`: handing in transactions, and finding them again.

use super::tx::{Any, Tx};

/// What happened in a transaction: `tendermint.abci.Event`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Event {
    /// What happened.
    #[prost(string, tag = "1")]
    pub r#type: String,
    /// To what.
    #[prost(message, repeated, tag = "2")]
    pub attributes: Vec<EventAttribute>,
}

/// `tendermint.abci.EventAttribute`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct EventAttribute {
    /// Its name.
    #[prost(string, tag = "1")]
    pub key: String,
    /// Its value.
    #[prost(string, tag = "2")]
    pub value: String,
    /// Whether transactions can be found by it.
    #[prost(bool, tag = "3")]
    pub index: bool,
}

/// What became of a transaction: `cosmos.base.abci.v1beta1.TxResponse`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct TxResponse {
    /// Height of the block; 0 when the transaction is in none.
    #[prost(int64, tag = "1")]
    pub height: i64,
    /// SHA-256 of the transaction in upper-case hexadecimal.
    #[prost(string, tag = "2")]
    pub txhash: String,
    /// Whose code it is.
    #[prost(string, tag = "3")]
    pub codespace: String,
    /// 0 when all went well.
    #[prost(uint32, tag = "4")]
    pub code: u32,
    /// What the messages answered, in upper-case hexadecimal.
    #[prost(string, tag = "5")]
    pub data: String,
    /// What went wrong.
    #[prost(string, tag = "6")]
    pub raw_log: String,
    /// More of it.
    #[prost(string, tag = "8")]
    pub info: String,
    /// Gas that was offered.
    #[prost(int64, tag = "9")]
    pub gas_wanted: i64,
    /// Gas that was taken.
    #[prost(int64, tag = "10")]
    pub gas_used: i64,
    /// The transaction.
    #[prost(message, optional, tag = "11")]
    pub tx: Option<Any>,
    /// Time of the block in RFC 3339.
    #[prost(string, tag = "12")]
    pub timestamp: String,
    /// What happened.
    #[prost(message, repeated, tag = "13")]
    pub events: Vec<Event>,
}

/// `cosmos.base.abci.v1beta1.GasInfo`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct GasInfo {
    /// Gas that was offered.
    #[prost(uint64, tag = "1")]
    pub gas_wanted: u64,
    /// Gas that was taken.
    #[prost(uint64, tag = "2")]
    pub gas_used: u64,
}

/// What running a transaction gave: `cosmos.base.abci.v1beta1.Result`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct RunResult {
    /// What the messages answered, as `TxMsgData`.
    #[prost(bytes = "vec", tag = "1")]
    pub data: Vec<u8>,
    /// What was told about it.
    #[prost(string, tag = "2")]
    pub log: String,
    /// What happened.
    #[prost(message, repeated, tag = "3")]
    pub events: Vec<Event>,
    /// What the messages answered.
    #[prost(message, repeated, tag = "4")]
    pub msg_responses: Vec<Any>,
}

/// Asks what a transaction would give.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct SimulateRequest {
    /// Deprecated in favour of `tx_bytes`.
    #[prost(message, optional, tag = "1")]
    pub tx: Option<Tx>,
    /// The transaction.
    #[prost(bytes = "vec", tag = "2")]
    pub tx_bytes: Vec<u8>,
}

/// What a transaction would give.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct SimulateResponse {
    /// Gas that it would take.
    #[prost(message, optional, tag = "1")]
    pub gas_info: Option<GasInfo>,
    /// What it would give.
    #[prost(message, optional, tag = "2")]
    pub result: Option<RunResult>,
}

/// Asks for a transaction.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct GetTxRequest {
    /// Its hash in hexadecimal.
    #[prost(string, tag = "1")]
    pub hash: String,
}

/// A transaction, and what became of it.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct GetTxResponse {
    /// The transaction.
    #[prost(message, optional, tag = "1")]
    pub tx: Option<Tx>,
    /// What became of it.
    #[prost(message, optional, tag = "2")]
    pub tx_response: Option<TxResponse>,
}

/// When the answer to a broadcast comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum BroadcastMode {
    /// Not said.
    Unspecified = 0,
    /// No longer taken by nodes.
    Block = 1,
    /// Once the transaction was checked.
    Sync = 2,
    /// At once.
    Async = 3,
}

/// Hands in a transaction.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct BroadcastTxRequest {
    /// The transaction.
    #[prost(bytes = "vec", tag = "1")]
    pub tx_bytes: Vec<u8>,
    /// When the answer comes.
    #[prost(enumeration = "BroadcastMode", tag = "2")]
    pub mode: i32,
}

/// What was said to a transaction.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct BroadcastTxResponse {
    /// Code and log of the check.
    #[prost(message, optional, tag = "1")]
    pub tx_response: Option<TxResponse>,
}
