//! The remote networks.

use std::sync::Arc;

use cheqd::{Cheqd, Timing, read_payer};
use ledger::Ledger;
use store::Store;

use super::StartError;
use crate::config::{self, Network, Settings};

/// Connects to each of them. One that is unreachable is served all the same: its DIDs are reported once it is
/// reachable.
pub(super) fn open_all(
    settings: &Settings,
    store: &Store,
) -> Result<Vec<Arc<dyn Ledger>>, StartError> {
    let networks = settings.cheqd.iter();
    networks
        .map(|(network, wanted)| open(*network, wanted, store))
        .collect()
}

fn open(
    network: Network,
    wanted: &config::Cheqd,
    store: &Store,
) -> Result<Arc<dyn Ledger>, StartError> {
    let payer =
        read_payer(&wanted.payer_file).map_err(|source| StartError::Payer { network, source })?;
    let settings = cheqd::Settings {
        namespace: network.as_str().to_owned(),
        chain_id: wanted.chain_id.clone(),
        nodes: wanted.nodes.iter().map(|node| (**node).clone()).collect(),
        payer,
        fee_max_ncheq: u128::from(wanted.fee_max_ncheq),
        slippage_percent: wanted.slippage_percent,
        timing: Timing {
            poll_ms: wanted.poll_ms,
            request_timeout_ms: wanted.request_timeout_ms,
            deadline_ms: wanted.deadline_ms,
            timeout_blocks: wanted.timeout_blocks,
            block_age_max_s: wanted.block_age_max_s,
        },
    };
    let ledger = Cheqd::open(settings, store.clone())
        .map_err(|source| StartError::Remote { network, source })?;
    let (payer, chain_id) = (ledger.payer(), ledger.chain_id());
    tracing::info!(%network, chain_id, %payer, "remote network; this account pays for operations");
    Ok(Arc::new(ledger))
}
