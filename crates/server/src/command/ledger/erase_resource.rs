//! `atropos ledger erase-resource`.

use clap::Args;
use did::Did;
use ledger::erase::{Erased, erase_resource};

use crate::config::Config;
use crate::output;
use crate::start::options_of;

/// A resource.
#[derive(Args)]
pub struct EraseResource {
    /// Its DID.
    did: Did,
    /// Its id.
    resource_id: String,
}

pub(super) fn run(arguments: &EraseResource, config: &Config) -> anyhow::Result<()> {
    let (did, id) = (&arguments.did, &arguments.resource_id);
    let namespace = did.namespace().unwrap_or_default();
    let network = namespace.parse().map_err(anyhow::Error::msg)?;
    let network = super::network_of(config, Some(network))?;
    let options = options_of(&config.settings, network);
    let done = match erase_resource(&options, did, id)? {
        Erased::Now(index) => format!(
            "the data of {id} is erased; entry {index} stays. Earlier backups still contain the data"
        ),
        Erased::Before(index) => {
            format!("the data of {id} was already absent; entry {index} stays")
        }
    };
    output::line(format!("{did}: {done}"))?;
    Ok(())
}
