//! `atropos ledger export` and `atropos ledger import`.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use did::Did;
use ledger::{EXPORT_BYTES_MAX, Embedded};

use super::super::file;
use crate::config::{Config, Network};
use crate::output;
use crate::start::{open_alone, open_keystore, open_store};

/// What is exported, and to where.
#[derive(Args)]
pub struct Export {
    /// The DID.
    did: Did,
    /// The file, which must not be there yet; standard output without it.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

/// What is imported.
#[derive(Args)]
pub struct Import {
    /// An export of the lost log.
    file: PathBuf,
}

pub(super) fn export(arguments: &Export, config: &Config) -> anyhow::Result<()> {
    let ledger = ledger_of(config, &arguments.did)?;
    let bytes = ledger.export(&arguments.did)?;
    let Some(to) = &arguments.to else {
        // Nothing may stand beside an export, a line break neither.
        return Ok(output::bytes(&bytes)?);
    };
    file::write_new(to, &bytes)?;
    let (did, length) = (&arguments.did, bytes.len());
    output::line(format!("{did}: {length} bytes in {}", to.display()))?;
    Ok(())
}

pub(super) async fn import(arguments: &Import, config: &Config) -> anyhow::Result<()> {
    let (bytes, did) = read(&arguments.file)?;
    let ledger = ledger_of(config, &did)?;
    let report = ledger.import(&bytes).await?;
    let done = match (report.appended.len(), report.confirmed) {
        (0, true) => "no operation was missing, which is confirmed now".to_owned(),
        (0, false) => "nothing was to be done".to_owned(),
        (count, _) => format!("{count} operations that were missing are in the log now"),
    };
    let status = if report.deactivated {
        "; it is deactivated"
    } else {
        ""
    };
    output::line(format!("{did}: {done}{status}"))?;
    Ok(())
}

fn read(path: &Path) -> anyhow::Result<(Vec<u8>, Did)> {
    let bytes = file::read(path, EXPORT_BYTES_MAX)?;
    let did = ledger::Export::parse(&bytes)
        .with_context(|| format!("{} is no export", path.display()))?
        .did()
        .parse()
        .context("the export names no DID")?;
    Ok((bytes, did))
}

fn ledger_of(config: &Config, did: &Did) -> anyhow::Result<Embedded> {
    let network: Option<Network> = did.namespace().and_then(|name| name.parse().ok());
    let network = network.filter(|network| config.settings.networks.contains(network));
    let network = network.with_context(|| format!("the network of {did} is not configured"))?;
    let store = open_store(&config.settings)?;
    let keystore = open_keystore(config, store.clone())?;
    Ok(open_alone(&config.settings, &store, &keystore, network)?)
}
