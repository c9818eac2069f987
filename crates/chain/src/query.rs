//! The one table of queries: a path and the bytes of a request give the bytes of a response, or an error.
//!
//! Both protocols use it: JSON-RPC through `abci_query`, gRPC with every unary method. Messages are those of the
//! `.proto` files in the crate `cosmos`; a test compares its services with this table.

mod account;
mod block;
mod did;
mod error;
mod fees;
mod page;
mod resource;
mod transaction;

use std::collections::BTreeSet;

use cosmos::TRANSACTION_BYTES_MAX;
use prost::Message;
use tokio::task::spawn_blocking;

pub use block::{APP_PROTOCOL, BLOCK_PROTOCOL, COMET_VERSION, P2P_PROTOCOL};
pub use error::{GrpcCode, QueryError};

use crate::Chain;

/// Longest request of a query that carries no transaction, in bytes.
const REQUEST_BYTES_MAX: usize = 8 << 10;
/// The rest of a request around a transaction, in bytes.
const AROUND_TRANSACTION_BYTES: usize = 64;

/// Declares the queries, each with its path.
macro_rules! queries {
    ($($(#[$doc:meta])* $name:ident = $path:literal,)*) => {
        /// The queries that are served.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Query {
            $($(#[$doc])* $name,)*
        }

        const ALL: &[Query] = &[$(Query::$name),*];

        impl Query {
            /// Its path, `/<service>/<method>`.
            pub fn path(self) -> &'static str {
                match self {
                    $(Self::$name => $path,)*
                }
            }
        }
    };
}

queries! {
    /// The latest version of a DID.
    DidDoc = "/cheqd.did.v2.Query/DidDoc",
    /// One version of a DID.
    DidDocVersion = "/cheqd.did.v2.Query/DidDocVersion",
    /// The versions of a DID.
    AllDidDocVersionsMetadata = "/cheqd.did.v2.Query/AllDidDocVersionsMetadata",
    /// What operations on DIDs cost.
    DidParams = "/cheqd.did.v2.Query/Params",
    /// A resource.
    Resource = "/cheqd.resource.v2.Query/Resource",
    /// A resource without its data.
    ResourceMetadata = "/cheqd.resource.v2.Query/ResourceMetadata",
    /// The newest resource of a name and type.
    LatestResourceVersion = "/cheqd.resource.v2.Query/LatestResourceVersion",
    /// The same without its data.
    LatestResourceVersionMetadata = "/cheqd.resource.v2.Query/LatestResourceVersionMetadata",
    /// The resources of a DID.
    CollectionResources = "/cheqd.resource.v2.Query/CollectionResources",
    /// What creating resources costs.
    ResourceParams = "/cheqd.resource.v2.Query/Params",
    /// How prices come about.
    OracleParams = "/cheqd.oracle.v2.Query/Params",
    /// What US dollars are in `ncheq`.
    ConvertUsdcToCheq = "/cheqd.oracle.v2.Query/ConvertUSDCtoCHEQ",
    /// How the price of gas comes about.
    FeemarketParams = "/feemarket.feemarket.v1.Query/Params",
    /// The current price of gas.
    FeemarketState = "/feemarket.feemarket.v1.Query/State",
    /// The price of gas in one currency.
    GasPrice = "/feemarket.feemarket.v1.Query/GasPrice",
    /// The price of gas in every currency.
    GasPrices = "/feemarket.feemarket.v1.Query/GasPrices",
    /// An account.
    Account = "/cosmos.auth.v1beta1.Query/Account",
    /// The same, for any kind of account.
    AccountInfo = "/cosmos.auth.v1beta1.Query/AccountInfo",
    /// What an account has of one currency.
    Balance = "/cosmos.bank.v1beta1.Query/Balance",
    /// What an account has.
    AllBalances = "/cosmos.bank.v1beta1.Query/AllBalances",
    /// What an account may spend.
    SpendableBalances = "/cosmos.bank.v1beta1.Query/SpendableBalances",
    /// The node.
    NodeInfo = "/cosmos.base.tendermint.v1beta1.Service/GetNodeInfo",
    /// Whether it is behind other nodes.
    Syncing = "/cosmos.base.tendermint.v1beta1.Service/GetSyncing",
    /// The newest block.
    LatestBlock = "/cosmos.base.tendermint.v1beta1.Service/GetLatestBlock",
    /// A block.
    BlockByHeight = "/cosmos.base.tendermint.v1beta1.Service/GetBlockByHeight",
    /// What a transaction would give.
    Simulate = "/cosmos.tx.v1beta1.Service/Simulate",
    /// A transaction.
    Tx = "/cosmos.tx.v1beta1.Service/GetTx",
    /// Submits a transaction.
    BroadcastTx = "/cosmos.tx.v1beta1.Service/BroadcastTx",
}

impl Query {
    /// Every query.
    pub fn all() -> impl Iterator<Item = Query> {
        ALL.iter().copied()
    }

    /// The query with this path.
    pub fn of_path(path: &str) -> Option<Query> {
        Query::all().find(|query| query.path() == path)
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
    let services = Query::all().filter_map(|query| query.path().split('/').nth(1));
    services.collect::<BTreeSet<_>>().into_iter()
}

impl Chain {
    /// Answers a query. `height` is the block whose state is requested; 0 for the newest, which is the only one there
    /// is.
    ///
    /// # Errors
    /// [`QueryError`].
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
            block::latest(chain).map(encoded)
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
