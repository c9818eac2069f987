//! The chain for Cosmos transactions.

use chain::{Chain, Funded, Settings};
use ledger::Networks;
use store::Store;

use super::StartError;
use crate::config::{Comet, Fees, Grpc};

/// The supply, which the faucet holds at the start, in ncheq: a billion CHEQ.
const FAUCET_NCHEQ: u64 = 1_000_000_000_000_000_000;

/// Opens the chain, where a port for it is configured.
pub(super) fn open(
    comet: &Comet,
    grpc: &Grpc,
    store: Store,
    networks: &Networks,
) -> Result<Option<Chain>, StartError> {
    if comet.listen.is_none() && grpc.listen.is_none() {
        return Ok(None);
    }
    let network = comet.network.as_str();
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| StartError::Chain {
        network: network.to_owned(),
        source,
    };
    let ledger = networks
        .by_name(network)
        .map_err(|error| failed(Box::new(error)))?;
    // Transactions for a remote network go to its own nodes.
    let log = ledger.log().ok_or_else(|| {
        failed(
            "it is a remote network; set `comet.network` to one whose log this server keeps".into(),
        )
    })?;
    let settings = Settings {
        chain_id: comet.chain_id.to_string(),
        fees: match comet.fees {
            Fees::Free => chain::Fees::Free,
            Fees::Static => chain::Fees::Static,
        },
        funded: comet
            .faucet
            .as_ref()
            .map(|faucet| Funded {
                address: **faucet,
                amount: FAUCET_NCHEQ,
            })
            .into_iter()
            .collect(),
    };
    let chain = Chain::open(log.clone(), store, settings);
    chain.map(Some).map_err(|error| failed(Box::new(error)))
}
