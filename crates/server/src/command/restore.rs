//! `atropos restore`.

mod mirror;

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use ledger::restore::GuardFound;

use super::file;
use crate::backup::{Put, put_back};
use crate::config::Config;
use crate::output;
use mirror::Source;

/// From where, and what is known of the newest state.
#[derive(Args)]
pub struct Restore {
    /// The backup.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The newest checkpoint of the log that anybody has.
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Where entries can be had that the backup lacks: a directory or an address that has `<network>/tile/entries/…`,
    /// such as https://mirror.example.org/log.
    #[arg(long, value_name = "URL_OR_DIR")]
    mirror: Option<Source>,
}

pub(super) async fn run(arguments: Restore, config: Config) -> anyhow::Result<()> {
    let newest = arguments
        .checkpoint
        .as_deref()
        .map(|path| file::read(path, file::NOTE_BYTES_MAX))
        .transpose()?;
    let mut entries = arguments
        .mirror
        .map(|source| source.entries(tokio::runtime::Handle::current()))
        .transpose()?;
    // Restoring reads and judges the whole log, and waits for the mirror.
    let put = tokio::task::spawn_blocking(move || {
        let mirror = entries
            .as_mut()
            .map(|entries| entries as &mut crate::backup::Mirror<'_>);
        put_back(&config, &arguments.from, newest.as_deref(), mirror)
    });
    let put = put.await.context("the restore broke off")??;
    output::line(told(&put))?;
    Ok(())
}

fn told(put: &Put) -> String {
    let mut text = "put back and checked".to_owned();
    for (network, log) in &put.logs {
        text += &format!("\n  ledger of {network}  {} entries", log.size);
        if log.fetched > 0 {
            text += &format!(", {} of them from the mirror", log.fetched);
        }
        text += match log.guard {
            GuardFound::Kept => "; the head guard confirms that they are all",
            GuardFound::Made => {
                "; there was no head guard, so that nothing here tells whether the backup is the newest state. Let \
                 witnesses or clients tell before anything is accepted"
            }
        };
    }
    if let Some(path) = &put.key_file {
        text += &format!("\n  key file           {}", path.display());
    }
    if put.logs.iter().any(|(_, log)| log.fetched > 0) {
        text += "\nThe log goes on behind the store of the backup. If the start refuses the store for that, \
            `atropos audit accept-loss` ends every credential in it and goes on.";
    }
    text += "\nKeys and API keys that were replaced or revoked after the backup are as they were then: replace \
        them again.";
    text
}
