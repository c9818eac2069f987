//! `atropos restore`.

mod mirror;

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use ledger::restore::GuardFound;

use super::file;
use crate::backup::{Restored, restore};
use crate::config::Config;
use crate::output;
use mirror::Source;

/// A backup, and what is known about the newest state.
#[derive(Args)]
pub struct Restore {
    /// The backup.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The newest known checkpoint of the log.
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Source of entries that the backup lacks: a directory or an address with `<network>/tile/entries/…`, such as
    /// https://mirror.example.org/log.
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
    // Restoring verifies the whole log, and waits for the mirror.
    let restored = tokio::task::spawn_blocking(move || {
        let mirror = entries
            .as_mut()
            .map(|entries| entries as &mut crate::backup::Mirror<'_>);
        restore(&config, &arguments.from, newest.as_deref(), mirror)
    });
    let restored = restored.await.context("the restore broke off")??;
    output::line(report(&restored))?;
    Ok(())
}

fn report(restored: &Restored) -> String {
    let mut text = "restored and verified".to_owned();
    for (network, log) in &restored.logs {
        text += &format!("\n  ledger of {network}  {} entries", log.size);
        if log.fetched > 0 {
            text += &format!(", {} of them from the mirror", log.fetched);
        }
        text += match log.guard {
            GuardFound::Kept => "; the head guard confirms that none is missing",
            GuardFound::Made => {
                "; there was no head guard, so it is unknown whether the backup is the newest state. Ask witnesses or \
                 clients before the server accepts operations"
            }
        };
    }
    if let Some(path) = &restored.key_file {
        text += &format!("\n  key file           {}", path.display());
    }
    if restored.logs.iter().any(|(_, log)| log.fetched > 0) {
        text += "\nThe log is newer than the store of the backup. If the server therefore refuses to start, \
            `atropos audit accept-loss` revokes every credential in the store and continues.";
    }
    text += "\nKeys and API keys that were replaced or revoked after the backup are valid again: replace or revoke \
        them once more.";
    text
}
