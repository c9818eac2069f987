//! `atropos ledger`.

use anyhow::bail;
use clap::Subcommand;
use ledger::{IndexReport, Ledger, Report};

use crate::config::{Config, Network};
use crate::output;
use crate::start::{Created, init, open_keystore, open_store, options_of};

/// What to do with the ledgers of all configured networks.
#[derive(Subcommand)]
pub enum LedgerAction {
    /// Make the ledgers that are not there yet.
    Init,
    /// Replay every entry through the rules, signatures included, and compare log, head guard and index.
    Verify,
    /// Make the index anew from the log.
    Rebuild,
}

pub(super) fn run(action: &LedgerAction, config: &Config) -> anyhow::Result<()> {
    match action {
        LedgerAction::Init => init_all(config),
        LedgerAction::Verify => verify_all(config),
        LedgerAction::Rebuild => rebuild_all(config),
    }
}

fn init_all(config: &Config) -> anyhow::Result<()> {
    let settings = &config.settings;
    let store = open_store(settings)?;
    let keystore = open_keystore(config, store.clone())?;
    for network in &settings.networks {
        let data = options_of(settings, *network).data;
        let data = data.display();
        output::line(match init(settings, &store, &keystore, *network)? {
            Created::Now { origin } => format!("{network}: made in {data}, origin {origin}"),
            Created::Before => {
                format!("{network}: is there already in {data}; nothing was changed")
            }
        })?;
    }
    Ok(())
}

fn verify_all(config: &Config) -> anyhow::Result<()> {
    let mut broken = Vec::new();
    for network in &config.settings.networks {
        match Ledger::verify(&options_of(&config.settings, *network)) {
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
        let entries = Ledger::rebuild(&options_of(&config.settings, *network))?;
        output::line(format!("{network}: index made anew from {entries} entries"))?;
    }
    Ok(())
}
