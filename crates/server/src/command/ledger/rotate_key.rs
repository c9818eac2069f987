//! `atropos ledger rotate-key`.

use clap::Args;

use super::network_of;
use crate::config::{Config, Network};
use crate::output;
use crate::start::{open_keystore, open_store, rotate_key};

/// A log.
#[derive(Args)]
pub struct RotateKey {
    /// `testnet` or `mainnet`. Default: the only configured network.
    #[arg(long)]
    network: Option<Network>,
}

pub(super) fn run(arguments: &RotateKey, config: &Config) -> anyhow::Result<()> {
    let settings = &config.settings;
    let network = network_of(config, arguments.network)?;
    let store = open_store(settings)?;
    let keystore = open_keystore(config, store.clone())?;
    let rekeyed = rotate_key(settings, &store, &keystore, network)?;
    output::line(format!(
        "{network}: the log has a new key, from size {} on\n  key {}\n\n  Give it to the witnesses and verifiers, \
         with the bounds of the old key: GET /v1/policy/{network} and /v1/policy/{network}/bounds.\n\n{}",
        rekeyed.done.size,
        rekeyed.key,
        rekeyed.done.checkpoint.trim_end()
    ))?;
    Ok(())
}
