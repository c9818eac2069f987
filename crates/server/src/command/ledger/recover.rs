//! `atropos ledger recover`.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use super::network_of;
use crate::command::file;
use crate::config::{Config, Network};
use crate::output;
use crate::start::{open_keystore, open_store, recover_log};

/// The log, and what is known about its lost entries.
#[derive(Args)]
pub struct Recover {
    /// `testnet` or `mainnet`. Default: the only configured network.
    #[arg(long)]
    network: Option<Network>,
    /// The newest known checkpoint of the lost log.
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// The new name, followed by `/<network>`, which this log has never had. Default: a random one.
    #[arg(long, value_name = "NAME")]
    origin: Option<String>,
}

pub(super) fn run(arguments: &Recover, config: &Config) -> anyhow::Result<()> {
    let settings = &config.settings;
    let network = network_of(config, arguments.network)?;
    let newest = arguments
        .checkpoint
        .as_deref()
        .map(|path| file::read(path, file::NOTE_BYTES_MAX))
        .transpose()?;
    let store = open_store(settings)?;
    let keystore = open_keystore(config, store.clone())?;
    let wanted = arguments.origin.as_deref();
    let rekeyed = recover_log(
        settings,
        &store,
        &keystore,
        network,
        wanted,
        newest.as_deref(),
    )
    .context("nothing changed, or repeating the command completes it")?;
    let done = &rekeyed.done;
    let known = done.known.map_or_else(String::new, |known| {
        format!(
            "; the lost log had at least {known}, so {} are gone",
            known.saturating_sub(done.kept)
        )
    });
    output::line(format!(
        "{network}: the log continues under a new name, with {} entries of the lost one{known}\n  key {}\n\n  \
         Every DID in it is now unverified: it is not reported as active, and only its complete set can update it, \
         until its state in the lost log is imported (atropos ledger import, or POST /v1/imports).\n  Deactivated \
         DIDs stay deactivated. Give the key to the witnesses and verifiers.",
        done.kept, rekeyed.key
    ))?;
    Ok(())
}
