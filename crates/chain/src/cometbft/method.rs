//! The methods.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cosmos::TxHash;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::Port;
use super::answer::Text64;
use super::arguments::{Arguments, Encoding, Parameter};
use super::block::{BlockAnswer, BlockResults};
use super::error::RpcError;
use super::search::{Criterion, Order, Page};
use super::status::Status;
use super::transaction::{Broadcasted, Committed, TxAnswer};
use crate::Block;

/// A method that is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Health,
    Status,
    AbciQuery,
    BroadcastTxSync,
    BroadcastTxAsync,
    BroadcastTxCommit,
    Tx,
    TxSearch,
    Block,
    BlockResults,
}

/// `health` answers an empty object.
#[derive(Serialize)]
struct Empty {}

#[derive(Serialize)]
struct Queried {
    response: QueryResponse,
}

#[derive(Serialize)]
struct QueryResponse {
    code: u32,
    log: String,
    info: &'static str,
    index: Text64,
    key: Option<String>,
    value: Option<String>,
    #[serde(rename = "proofOps")]
    proof_ops: Option<()>,
    height: Text64,
    codespace: &'static str,
}

impl Method {
    pub(super) const ALL: [Self; 10] = [
        Self::Health,
        Self::Status,
        Self::AbciQuery,
        Self::BroadcastTxSync,
        Self::BroadcastTxAsync,
        Self::BroadcastTxCommit,
        Self::Tx,
        Self::TxSearch,
        Self::Block,
        Self::BlockResults,
    ];

    pub(super) fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| {
            let signature = method.signature();
            signature.split('(').next() == Some(name)
        })
    }

    /// Its name with its arguments.
    pub(super) fn signature(self) -> &'static str {
        match self {
            Self::Health => "health()",
            Self::Status => "status()",
            Self::AbciQuery => "abci_query(path, data, height, prove)",
            Self::BroadcastTxSync => "broadcast_tx_sync(tx)",
            Self::BroadcastTxAsync => "broadcast_tx_async(tx)",
            Self::BroadcastTxCommit => "broadcast_tx_commit(tx)",
            Self::Tx => "tx(hash, prove)",
            Self::TxSearch => "tx_search(query, prove, page, per_page, order_by)",
            Self::Block => "block(height)",
            Self::BlockResults => "block_results(height)",
        }
    }

    pub(super) async fn call(
        self,
        port: &Port,
        arguments: Arguments,
    ) -> Result<Box<RawValue>, RpcError> {
        match self {
            Self::Health => raw(&Empty {}),
            Self::Status => raw(&Status::of(&port.chain)),
            Self::AbciQuery => raw(&query(port, &arguments).await?),
            Self::BroadcastTxSync => {
                let broadcast = port.chain.submit(&transaction(&arguments)?).await?;
                raw(&Broadcasted::of(&broadcast))
            }
            Self::BroadcastTxAsync => raw(&broadcast_later(port, transaction(&arguments)?)),
            Self::BroadcastTxCommit => {
                let broadcast = port.chain.submit(&transaction(&arguments)?).await?;
                let included = match broadcast.checked {
                    Ok(()) => port.chain.transaction(&broadcast.hash)?,
                    Err(_) => None,
                };
                raw(&Committed::of(&broadcast, included.as_ref()))
            }
            Self::Tx => {
                let hash = hash(&arguments)?;
                let included = port.chain.transaction(&hash)?;
                let absent = || RpcError::internal(format!("tx ({hash}) not found"));
                raw(&TxAnswer::of(&included.ok_or_else(absent)?))
            }
            Self::TxSearch => {
                let criterion = Criterion::parse(&arguments.text(Parameter("query", 0))?)?;
                raw(&criterion.find(&port.chain, &page(&arguments)?)?)
            }
            Self::Block => raw(&BlockAnswer::of(&port.chain, &block(port, &arguments)?)),
            Self::BlockResults => raw(&BlockResults::of(&port.chain, &block(port, &arguments)?)),
        }
    }
}

/// A refused query is an answer, too, and not an error of the protocol.
async fn query(port: &Port, arguments: &Arguments) -> Result<Queried, RpcError> {
    let path = arguments.text(Parameter("path", 0))?;
    let data = arguments.optional_bytes(Parameter("data", 1), Encoding::Hexadecimal)?;
    let height = arguments.optional_number(Parameter("height", 2))?;
    let chain = &port.chain;
    let answer = chain
        .query(&path, &data.unwrap_or_default(), height.unwrap_or_default())
        .await;
    let (code, codespace, log, value) = match answer {
        Ok(value) => (0, "", String::new(), Some(STANDARD.encode(value))),
        Err(error) => {
            let refusal = error.refusal();
            let codespace = cosmos::SdkCode::CODESPACE;
            (refusal.code.as_u32(), codespace, refusal.to_string(), None)
        }
    };
    Ok(Queried {
        response: QueryResponse {
            code,
            log,
            info: "",
            index: Text64(0),
            key: None,
            value,
            proof_ops: None,
            height: Text64(chain.height()),
            codespace,
        },
    })
}

/// The answer contains no refusal; for that there is `broadcast_tx_sync`.
fn broadcast_later(port: &Port, bytes: Vec<u8>) -> Broadcasted {
    let hash = TxHash::of(&bytes);
    let chain = port.chain.clone();
    tokio::spawn(async move {
        if let Err(error) = chain.submit(&bytes).await {
            tracing::warn!(%hash, %error, "a transaction was submitted without waiting, and is lost");
        }
    });
    Broadcasted::unchecked(hash)
}

fn transaction(arguments: &Arguments) -> Result<Vec<u8>, RpcError> {
    arguments.bytes(Parameter("tx", 0), Encoding::Base64)
}

fn hash(arguments: &Arguments) -> Result<TxHash, RpcError> {
    let bytes = arguments.bytes(Parameter("hash", 0), Encoding::Base64)?;
    let hash = bytes.try_into().map(TxHash::from_bytes);
    hash.map_err(|_| RpcError::invalid_params("hash must have 32 bytes"))
}

fn page(arguments: &Arguments) -> Result<Page, RpcError> {
    let order_by = Parameter("order_by", 4);
    let order = match arguments.text(order_by).ok().as_deref() {
        None | Some("asc") => Order::Ascending,
        Some("desc") => Order::Descending,
        Some(_) => {
            let expected = "expected order_by to be either `asc` or `desc` or empty";
            return Err(RpcError::internal(expected));
        }
    };
    Ok(Page {
        number: arguments.optional_number(Parameter("page", 2))?,
        size: arguments.optional_number(Parameter("per_page", 3))?,
        order,
    })
}

fn block(port: &Port, arguments: &Arguments) -> Result<Block, RpcError> {
    let newest = port.chain.height();
    let height = arguments.optional_number(Parameter("height", 0))?;
    let height = height.unwrap_or(newest);
    if height == 0 {
        return Err(RpcError::internal(
            "height must be greater than 0, but got 0",
        ));
    }
    let found = port.chain.block(height)?;
    found.ok_or_else(|| {
        RpcError::internal(format!(
            "height {height} must be less than or equal to the current blockchain height {newest}"
        ))
    })
}

fn raw(answer: &impl Serialize) -> Result<Box<RawValue>, RpcError> {
    to_raw_value(answer).map_err(|error| RpcError::internal(error.to_string()))
}
