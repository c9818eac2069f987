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

/// A DID, and the file for its export.
#[derive(Args)]
pub struct Export {
    /// The DID.
    did: Did,
    /// A new file. Default: standard output.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

/// An export.
#[derive(Args)]
pub struct Import {
    /// An export of the lost log.
    file: PathBuf,
}

pub(super) fn export(arguments: &Export, config: &Config) -> anyhow::Result<()> {
    let ledger = ledger_of(config, &arguments.did)?;
    let bytes = ledger.export(&arguments.did)?;
    let Some(to) = &arguments.to else {
        // An export has no line break at its end.
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
        (0, true) => "confirmed that no operation is missing".to_owned(),
        (0, false) => "nothing to do".to_owned(),
        (count, _) => format!("{count} missing operations are now in the log"),
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
        .with_context(|| format!("{} is not an export", path.display()))?
        .did()
        .parse()
        .context("the export does not name a DID")?;
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
