//! `atropos ledger`.

mod erase_resource;
mod recover;
mod rotate_key;
mod transfer;

use anyhow::bail;
use clap::Subcommand;
use ledger::{Embedded, IndexReport, Report};

use crate::config::{Config, Network};
use crate::output;
use crate::start::{Created, When, init, open_keystore, open_store, options_of};

/// Actions on the ledgers of all configured networks.
#[derive(Subcommand)]
pub enum LedgerAction {
    /// Create the ledgers that do not exist yet.
    Init,
    /// Replay every entry through the rules, signatures included, and compare log, head guard and index.
    Verify,
    /// Rebuild the index from the log.
    Rebuild,
    /// Replace the key of a log. The old key stays valid only for what it has signed.
    RotateKey(rotate_key::RotateKey),
    /// Continue after entries were lost for good: under a new name, with every DID unverified until its state is
    /// imported.
    Recover(recover::Recover),
    /// Erase the data of a resource for good. Its metadata stays.
    EraseResource(erase_resource::EraseResource),
    /// Export all operations of a DID with their proofs to a file.
    Export(transfer::Export),
    /// Import what an export of the lost log proves about a DID.
    Import(transfer::Import),
}

/// The given network, or the only one.
fn network_of(config: &Config, given: Option<Network>) -> anyhow::Result<Network> {
    match (given, config.settings.networks.as_slice()) {
        (Some(network), served) if served.contains(&network) => Ok(network),
        (Some(network), _) => bail!("{network} is not among the configured networks"),
        (None, [only]) => Ok(*only),
        (None, _) => bail!("give --network: several are configured"),
    }
}

pub(super) async fn run(action: LedgerAction, config: &Config) -> anyhow::Result<()> {
    match action {
        LedgerAction::Init => init_all(config),
        LedgerAction::Verify => verify_all(config),
        LedgerAction::Rebuild => rebuild_all(config),
        LedgerAction::RotateKey(arguments) => rotate_key::run(&arguments, config),
        LedgerAction::Recover(arguments) => recover::run(&arguments, config),
        LedgerAction::EraseResource(arguments) => erase_resource::run(&arguments, config),
        LedgerAction::Export(arguments) => transfer::export(&arguments, config),
        LedgerAction::Import(arguments) => transfer::import(&arguments, config).await,
    }
}

fn init_all(config: &Config) -> anyhow::Result<()> {
    let settings = &config.settings;
    let store = open_store(settings)?;
    let keystore = open_keystore(config, store.clone())?;
    for network in &settings.networks {
        let data = options_of(settings, *network).data;
        let data = data.display();
        let Created { when, key } = init(settings, &store, &keystore, *network)?;
        let done = match when {
            When::Now => "created in",
            When::Before => "nothing changed, it already exists in",
        };
        output::line(format!("{network}: {done} {data}\n  key {key}"))?;
    }
    Ok(())
}

fn verify_all(config: &Config) -> anyhow::Result<()> {
    let mut broken = Vec::new();
    for network in &config.settings.networks {
        match Embedded::verify(&options_of(&config.settings, *network)) {
            Ok(report) => output::line(verified(*network, &report))?,
            Err(error) => {
                let error = anyhow::Error::from(error);
                output::line(format!("{network}: NOT verified\n  {error:#}"))?;
                broken.push(network.as_str());
            }
        }
    }
    if broken.is_empty() {
        return Ok(());
    }
    bail!("not verified: {}", broken.join(", "))
}

pub(super) fn verified(network: Network, report: &Report) -> String {
    let index = match report.index {
        IndexReport::Same => "consistent with the log",
        IndexReport::Absent => "none; the next start builds it",
    };
    let mut text = format!(
        "{network}: verified\n  entries     {}\n  operations  {} (every signature verified)\n  DIDs        {}\n  \
         root        {}\n  index       {index}",
        report.entries, report.operations, report.dids, report.root
    );
    if report.resources > 0 {
        text += &format!(
            "\n  resources   {}, {} of them without data, so that their signatures can no longer be verified",
            report.resources, report.absent_data
        );
    }
    if report.unconfirmed_entries > 0 {
        text += &format!(
            "\n  {} entries after the head guard, which the next start confirms",
            report.unconfirmed_entries
        );
    }
    text
}

fn rebuild_all(config: &Config) -> anyhow::Result<()> {
    for network in &config.settings.networks {
        let entries = Embedded::rebuild(&options_of(&config.settings, *network))?;
        output::line(format!("{network}: index rebuilt from {entries} entries"))?;
    }
    Ok(())
}
