//! The one table of queries: a path and the bytes of a request give the bytes of a response, or an error.
//!
//! Both protocols ask here: JSON-RPC through `abci_query`, gRPC with every unary method. Messages are those of the
//! `.proto` files in the crate `cosmos`; a test compares its services with this table.

mod account;
mod block;
mod did;
mod error;
mod fees;
mod page;
mod resource;
mod transaction;

use ::did::proto::Timestamp;
use cosmos::TRANSACTION_BYTES_MAX;
use prost::Message;
use tokio::task::spawn_blocking;

pub use block::{APP_PROTOCOL, BLOCK_PROTOCOL, COMET_VERSION, P2P_PROTOCOL};
pub use error::{QueryError, Status};

use crate::Chain;

/// Longest request of a query that carries no transaction, in bytes.
const REQUEST_BYTES_MAX: usize = 8 << 10;
/// What stands around a transaction in a request, in bytes.
const AROUND_TRANSACTION_BYTES: usize = 64;

/// The queries that are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Query {
    /// The latest version of a DID.
    DidDoc,
    /// One version of a DID.
    DidDocVersion,
    /// The versions of a DID.
    AllDidDocVersionsMetadata,
    /// What operations on DIDs cost.
    DidParams,
    /// A resource.
    Resource,
    /// A resource without its data.
    ResourceMetadata,
    /// The newest resource of a name and type.
    LatestResourceVersion,
    /// The same without its data.
    LatestResourceVersionMetadata,
    /// The resources of a DID.
    CollectionResources,
    /// What creating resources costs.
    ResourceParams,
    /// How prices come about.
    OracleParams,
    /// What US dollars are in `ncheq`.
    ConvertUsdcToCheq,
    /// How the price of gas comes about.
    FeemarketParams,
    /// Where the price of gas stands.
    FeemarketState,
    /// The price of gas in one currency.
    GasPrice,
    /// The price of gas in every currency.
    GasPrices,
    /// An account.
    Account,
    /// The same, for any kind of account.
    AccountInfo,
    /// What an account has of one currency.
    Balance,
    /// What an account has.
    AllBalances,
    /// What an account may spend.
    SpendableBalances,
    /// Who answers.
    NodeInfo,
    /// Whether it is behind others.
    Syncing,
    /// The newest block.
    LatestBlock,
    /// A block.
    BlockByHeight,
    /// What a transaction would give.
    Simulate,
    /// A transaction.
    Tx,
    /// Hands in a transaction.
    BroadcastTx,
}

/// Every query with its path.
const PATHS: [(Query, &str); 28] = [
    (Query::DidDoc, "/cheqd.did.v2.Query/DidDoc"),
    (Query::DidDocVersion, "/cheqd.did.v2.Query/DidDocVersion"),
    (
        Query::AllDidDocVersionsMetadata,
        "/cheqd.did.v2.Query/AllDidDocVersionsMetadata",
    ),
    (Query::DidParams, "/cheqd.did.v2.Query/Params"),
    (Query::Resource, "/cheqd.resource.v2.Query/Resource"),
    (
        Query::ResourceMetadata,
        "/cheqd.resource.v2.Query/ResourceMetadata",
    ),
    (
        Query::LatestResourceVersion,
        "/cheqd.resource.v2.Query/LatestResourceVersion",
    ),
    (
        Query::LatestResourceVersionMetadata,
        "/cheqd.resource.v2.Query/LatestResourceVersionMetadata",
    ),
    (
        Query::CollectionResources,
        "/cheqd.resource.v2.Query/CollectionResources",
    ),
    (Query::ResourceParams, "/cheqd.resource.v2.Query/Params"),
    (Query::OracleParams, "/cheqd.oracle.v2.Query/Params"),
    (
        Query::ConvertUsdcToCheq,
        "/cheqd.oracle.v2.Query/ConvertUSDCtoCHEQ",
    ),
    (
        Query::FeemarketParams,
        "/feemarket.feemarket.v1.Query/Params",
    ),
    (Query::FeemarketState, "/feemarket.feemarket.v1.Query/State"),
    (Query::GasPrice, "/feemarket.feemarket.v1.Query/GasPrice"),
    (Query::GasPrices, "/feemarket.feemarket.v1.Query/GasPrices"),
    (Query::Account, "/cosmos.auth.v1beta1.Query/Account"),
    (Query::AccountInfo, "/cosmos.auth.v1beta1.Query/AccountInfo"),
    (Query::Balance, "/cosmos.bank.v1beta1.Query/Balance"),
    (Query::AllBalances, "/cosmos.bank.v1beta1.Query/AllBalances"),
    (
        Query::SpendableBalances,
        "/cosmos.bank.v1beta1.Query/SpendableBalances",
    ),
    (
        Query::NodeInfo,
        "/cosmos.base.tendermint.v1beta1.Service/GetNodeInfo",
    ),
    (
        Query::Syncing,
        "/cosmos.base.tendermint.v1beta1.Service/GetSyncing",
    ),
    (
        Query::LatestBlock,
        "/cosmos.base.tendermint.v1beta1.Service/GetLatestBlock",
    ),
    (
        Query::BlockByHeight,
        "/cosmos.base.tendermint.v1beta1.Service/GetBlockByHeight",
    ),
    (Query::Simulate, "/cosmos.tx.v1beta1.Service/Simulate"),
    (Query::Tx, "/cosmos.tx.v1beta1.Service/GetTx"),
    (Query::BroadcastTx, "/cosmos.tx.v1beta1.Service/BroadcastTx"),
];

impl Query {
    /// Every query.
    pub fn all() -> impl Iterator<Item = Query> {
        PATHS.iter().map(|(query, _)| *query)
    }

    /// The query with this path, `/<service>/<method>`.
    pub fn of_path(path: &str) -> Option<Query> {
        let found = PATHS.iter().find(|(_, known)| *known == path);
        found.map(|(query, _)| *query)
    }

    /// Its path.
    pub fn path(self) -> &'static str {
        let found = PATHS.iter().find(|(query, _)| *query == self);
        found.map_or("", |(_, path)| path)
    }

    /// Longest request, in bytes.
    pub fn request_bytes_max(self) -> usize {
        match self {
            Query::Simulate | Query::BroadcastTx => {
                TRANSACTION_BYTES_MAX + AROUND_TRANSACTION_BYTES
            }
            _ => REQUEST_BYTES_MAX,
        }
    }

    /// Whether it may read much from the disk before it answers.
    fn reads_much(self) -> bool {
        matches!(
            self,
            Query::AllDidDocVersionsMetadata
                | Query::CollectionResources
                | Query::Resource
                | Query::LatestResourceVersion
                | Query::Simulate
        )
    }
}

/// The services that have these queries, each once.
pub fn services() -> impl Iterator<Item = &'static str> {
    let services = PATHS.iter().filter_map(|(_, path)| path.split('/').nth(1));
    let services: std::collections::BTreeSet<&str> = services.collect();
    services.into_iter()
}

impl Chain {
    /// Answers a query. `height` is the block whose state is asked for; 0 for the newest, which is the only one there
    /// is.
    ///
    /// # Errors
    /// [`QueryError`], of which both protocols have their own words.
    pub async fn query(
        &self,
        path: &str,
        request: &[u8],
        height: u64,
    ) -> Result<Vec<u8>, QueryError> {
        let query = Query::of_path(path).ok_or(QueryError::Path)?;
        let (found, limit) = (request.len(), query.request_bytes_max());
        if found > limit {
            return Err(QueryError::Size { found, limit });
        }
        block::check_height(height, self.height())?;
        let answer = match query {
            Query::BroadcastTx => transaction::broadcast(self, decoded(request)?)
                .await
                .map(encoded),
            _ if query.reads_much() => {
                let (chain, request) = (self.clone(), request.to_vec());
                let reading = spawn_blocking(move || read(&chain, query, &request)).await;
                reading.unwrap_or_else(|error| Err(QueryError::Fault(Box::new(error))))
            }
            _ => read(self, query, request),
        };
        if let Err(QueryError::Fault(fault)) = &answer {
            tracing::error!(path, %fault, "a query has failed");
        }
        answer
    }
}

/// Answers a query that changes nothing.
fn read(chain: &Chain, query: Query, request: &[u8]) -> Result<Vec<u8>, QueryError> {
    let ledger = chain.ledger();
    match query {
        Query::DidDoc => did::latest(ledger, decoded(request)?).map(encoded),
        Query::DidDocVersion => did::version(ledger, decoded(request)?).map(encoded),
        Query::AllDidDocVersionsMetadata => did::versions(ledger, decoded(request)?).map(encoded),
        Query::DidParams => empty(request, fees::did_params),
        Query::Resource => resource::one(ledger, decoded(request)?).map(encoded),
        Query::ResourceMetadata => resource::metadata(ledger, decoded(request)?).map(encoded),
        Query::LatestResourceVersion => resource::latest(ledger, decoded(request)?).map(encoded),
        Query::LatestResourceVersionMetadata => {
            resource::latest_metadata(ledger, decoded(request)?).map(encoded)
        }
        Query::CollectionResources => resource::collection(ledger, decoded(request)?).map(encoded),
        Query::ResourceParams => empty(request, fees::resource_params),
        Query::OracleParams => empty(request, fees::oracle_params),
        Query::ConvertUsdcToCheq => fees::convert(decoded(request)?).map(encoded),
        Query::FeemarketParams => empty(request, fees::feemarket_params),
        Query::FeemarketState => empty(request, fees::feemarket_state),
        Query::GasPrice => fees::gas_price(decoded(request)?).map(encoded),
        Query::GasPrices => empty(request, fees::gas_prices),
        Query::Account => account::account(chain, decoded(request)?).map(encoded),
        Query::AccountInfo => account::info(chain, decoded(request)?).map(encoded),
        Query::Balance => account::balance(chain, decoded(request)?).map(encoded),
        Query::AllBalances => account::balances(chain, decoded(request)?).map(encoded),
        Query::SpendableBalances => account::spendable(chain, decoded(request)?).map(encoded),
        Query::NodeInfo => empty(request, || block::node_info(chain)),
        Query::Syncing => empty(request, block::syncing),
        Query::LatestBlock => {
            decoded::<Empty>(request)?;
            block::at(chain, chain.height()).map(encoded)
        }
        Query::BlockByHeight => block::by_height(chain, decoded(request)?).map(encoded),
        Query::Simulate => transaction::simulate(chain, decoded(request)?).map(encoded),
        Query::Tx => transaction::found(chain, decoded(request)?).map(encoded),
        // Writes: answered before it comes here.
        Query::BroadcastTx => Err(QueryError::Path),
    }
}

/// A request without fields; all of these are the same on the wire.
type Empty = cosmos::proto::did::QueryParamsRequest;

/// Answers a request without fields.
fn empty<A: Message>(request: &[u8], answer: impl FnOnce() -> A) -> Result<Vec<u8>, QueryError> {
    decoded::<Empty>(request)?;
    Ok(encoded(answer()))
}

fn decoded<Q: Message + Default>(request: &[u8]) -> Result<Q, QueryError> {
    Ok(Q::decode(request)?)
}

fn encoded(answer: impl Message) -> Vec<u8> {
    answer.encode_to_vec()
}

/// Unix milliseconds in the form of messages.
fn timestamp(time_ms: u64) -> Timestamp {
    Timestamp {
        seconds: (time_ms / 1000) as i64,
        nanos: (time_ms % 1000) as i32 * 1_000_000,
    }
}
