//! `atropos backup`.

use std::path::PathBuf;

use clap::Args;

use crate::backup::save;
use crate::config::Config;
use crate::output;

/// Where to.
#[derive(Args)]
pub struct Backup {
    /// An empty directory, or one that is not there yet.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

pub(super) fn run(arguments: &Backup, config: &Config) -> anyhow::Result<()> {
    let saved = save(config, &arguments.to)?;
    let mut text = format!("saved and checked in {}", arguments.to.display());
    for (network, size) in &saved.logs {
        text += &format!("\n  ledger of {network}  {size} entries");
    }
    text += &format!("\n  store              {} bytes", saved.store_bytes);
    text += if saved.holds_key {
        "\n  key file           in it: whoever has this directory can sign with every key. Keep it like one."
    } else {
        "\n  passphrase         not in it: without it no key in this backup can be used."
    };
    text += "\nThe head guards are not in it. Keep them apart, on another machine at best: they notice a \
        restore of an older state.";
    output::line(text)?;
    Ok(())
}
