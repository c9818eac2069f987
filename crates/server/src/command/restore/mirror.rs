//! Entries of a log from a mirror: a directory, or a server that speaks C2SP tlog-tiles.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use anyhow::Context;
use proof::tiles::{EntryBundle, TILE_WIDTH, TilePath};
use reqwest::{Client, Url};
use tokio::runtime::Handle;

use crate::backup::Entries;
use crate::config::Network;

/// Longest bundle that is read: 256 entries of the largest size.
const BUNDLE_BYTES_MAX: usize = 256 * (65_535 + 2);
/// Time for one bundle.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Where entries are.
#[derive(Clone, Debug)]
pub enum Source {
    /// In files.
    Folder(PathBuf),
    /// At a server.
    Server(Url),
}

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Source, Self::Err> {
        if text.starts_with("https://") || text.starts_with("http://") {
            return Ok(Source::Server(parse(text)?));
        }
        Ok(Source::Folder(text.into()))
    }
}

fn parse(text: &str) -> Result<Url, String> {
    let url = text.trim_end_matches('/').parse();
    url.map_err(|error| format!("{text} is not an address: {error}"))
}

impl Source {
    /// What gives the entries of a network, from one index to before another, a bundle at a time.
    pub(super) fn entries(
        self,
        runtime: Handle,
    ) -> anyhow::Result<impl FnMut(Network, u64, u64) -> Entries> {
        let client = outbound::builder()
            .timeout(TIMEOUT)
            .build()
            .context("the HTTP client cannot be made")?;
        Ok(move |network: Network, first: u64, end: u64| {
            let width = u64::from(TILE_WIDTH);
            let (index, skipped) = (first / width, first % width);
            let partial = end.saturating_sub(index * width).min(width) as u16;
            // The bundle as it was at that size of the log, or the full one that it has become.
            let widths = [partial, TILE_WIDTH];
            let mut failed = String::new();
            for width in widths {
                let path = TilePath::Entries { index, width };
                let path = format!("{network}/{path}");
                match runtime.block_on(self.fetch(&client, &path)) {
                    Ok(bytes) => {
                        let bundle = EntryBundle::parse(&bytes)
                            .map_err(|error| format!("{path}: {error}"))?;
                        let wanted = usize::from(partial) - skipped as usize;
                        let entries = bundle.into_entries().into_iter();
                        return Ok(entries.skip(skipped as usize).take(wanted).collect());
                    }
                    Err(error) => failed = format!("{path}: {error:#}"),
                }
            }
            Err(failed)
        })
    }

    async fn fetch(&self, client: &Client, path: &str) -> anyhow::Result<Vec<u8>> {
        match self {
            Source::Folder(folder) => read(&folder.join(path)),
            Source::Server(server) => {
                let server = server.as_str().trim_end_matches('/');
                get(client, &format!("{server}/{path}")).await
            }
        }
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(BUNDLE_BYTES_MAX as u64)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

async fn get(client: &Client, url: &str) -> anyhow::Result<Vec<u8>> {
    let mut response = client.get(url).send().await?.error_for_status()?;
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        anyhow::ensure!(
            bytes.len() + chunk.len() <= BUNDLE_BYTES_MAX,
            "the answer is longer than any bundle"
        );
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
