//! The chain that Cosmos transactions go to.

use chain::{Chain, Funded, Settings};
use cosmos::Address;
use ledger::Networks;
use store::Store;

use super::StartError;
use crate::config::{Comet, Fees, Grpc};

/// What the faucet begins with, in ncheq: a billion CHEQ.
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
    // Who wants to send transactions to a network that others keep has its nodes for it.
    let log = ledger.log().ok_or_else(|| {
        failed(
            "the network is kept by others; name one in `comet.network` whose log is kept here"
                .into(),
        )
    })?;
    let faucet = comet.faucet.as_deref().map(Address::parse).transpose();
    let faucet = faucet.map_err(|error| failed(Box::new(error)))?;
    let settings = Settings {
        chain_id: comet.chain_id.clone(),
        fees: match comet.fees {
            Fees::Free => chain::Fees::Free,
            Fees::Static => chain::Fees::Static,
        },
        funded: faucet
            .map(|address| Funded {
                address,
                amount: FAUCET_NCHEQ,
            })
            .into_iter()
            .collect(),
    };
    let chain = Chain::open(log.clone(), store, settings);
    chain.map(Some).map_err(|error| failed(Box::new(error)))
}
