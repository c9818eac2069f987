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

/// What to do with the ledgers of all configured networks.
#[derive(Subcommand)]
pub enum LedgerAction {
    /// Make the ledgers that are not there yet.
    Init,
    /// Replay every entry through the rules, signatures included, and compare log, head guard and index.
    Verify,
    /// Make the index anew from the log.
    Rebuild,
    /// Give a log its next key. The old one is of no use from then on but for what it has signed.
    RotateKey(rotate_key::RotateKey),
    /// Go on after entries were lost for good: under a new name, and with every DID unverified until it is shown.
    Recover(recover::Recover),
    /// Erase the data of a resource for good. What is said of it stays.
    EraseResource(erase_resource::EraseResource),
    /// Write everything that a log knows of a DID, with proofs, into a file.
    Export(transfer::Export),
    /// Take over what an export of the lost log proves about a DID.
    Import(transfer::Import),
}

/// The network that is meant: the one that is given, or the only one.
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
            When::Now => "made in",
            When::Before => "nothing was changed, it is there already in",
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
                output::line(format!("{network}: NOT in order\n  {error:#}"))?;
                broken.push(network.as_str());
            }
        }
    }
    if broken.is_empty() {
        return Ok(());
    }
    bail!("not in order: {}", broken.join(", "))
}

pub(super) fn verified(network: Network, report: &Report) -> String {
    let index = match report.index {
        IndexReport::Same => "holds what the log leads to",
        IndexReport::Absent => "none; the next start makes it anew",
    };
    let mut text = format!(
        "{network}: in order\n  entries     {}\n  operations  {} (every signature verified again)\n  DIDs        {}\n  \
         root        {}\n  index       {index}",
        report.entries, report.operations, report.dids, report.root
    );
    if report.resources > 0 {
        text += &format!(
            "\n  resources   {}, {} of them without their data, whose signatures cannot be verified any more",
            report.resources, report.absent_data
        );
    }
    if report.unconfirmed_entries > 0 {
        text += &format!(
            "\n  behind the head guard: {} entries, confirmed at the next start",
            report.unconfirmed_entries
        );
    }
    text
}

fn rebuild_all(config: &Config) -> anyhow::Result<()> {
    for network in &config.settings.networks {
        let entries = Embedded::rebuild(&options_of(&config.settings, *network))?;
        output::line(format!("{network}: index made anew from {entries} entries"))?;
    }
    Ok(())
}
