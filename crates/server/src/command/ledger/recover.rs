//! `atropos ledger recover`.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use super::network_of;
use crate::command::file;
use crate::config::{Config, Network};
use crate::output;
use crate::start::{open_keystore, open_store, recover_log};

/// Which log, and what is known of what was lost.
#[derive(Args)]
pub struct Recover {
    /// `testnet` or `mainnet`; may be left out where there is only one.
    #[arg(long)]
    network: Option<Network>,
    /// The newest checkpoint of the lost log that anybody has.
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// The new name, followed by `/<network>`; one that this log never had. A random one without it.
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
    let turned = recover_log(
        settings,
        &store,
        &keystore,
        network,
        wanted,
        newest.as_deref(),
    )
    .context("nothing was changed, or it is completed by doing it again")?;
    let done = &turned.done;
    let known = done.known.map_or_else(String::new, |known| {
        format!(
            "; the lost log is known to have had {known}, so that {} are gone",
            known.saturating_sub(done.kept)
        )
    });
    output::line(format!(
        "{network}: the log goes on under another name, with {} entries of the lost one{known}\n  key {}\n\n  \
         Every DID \
         that it holds is unverified from now on: it is not called active, and takes no update but one that its \
             complete \
         set signs, until what the lost log knew of it is imported (atropos ledger import, or POST /v1/imports).\n  \
         Deactivated DIDs stay deactivated. Give the key to the witnesses and verifiers.",
        done.kept, turned.key
    ))?;
    Ok(())
}
