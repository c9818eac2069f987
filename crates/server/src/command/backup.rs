//! `atropos backup`.

use std::path::PathBuf;

use clap::Args;

use crate::backup::save;
use crate::config::Config;
use crate::output;

/// The target of a backup.
#[derive(Args)]
pub struct Backup {
    /// A directory that is empty or does not exist.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

pub(super) fn run(arguments: &Backup, config: &Config) -> anyhow::Result<()> {
    let saved = save(config, &arguments.to)?;
    let mut text = format!("saved and verified in {}", arguments.to.display());
    for (network, size) in &saved.logs {
        text += &format!("\n  ledger of {network}  {size} entries");
    }
    text += &format!("\n  store              {} bytes", saved.store_bytes);
    text += if saved.holds_key {
        "\n  key file           included: this directory can sign with every key, so protect it like a private key."
    } else {
        "\n  passphrase         not included: the keys in this backup cannot be used without it."
    };
    text += "\nThe head guards are not included. Keep them on another disk or machine: they detect that an older \
        state was restored.";
    output::line(text)?;
    Ok(())
}
