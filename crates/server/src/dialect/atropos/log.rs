//! `/log/{network}/…`: the log as files (C2SP `tlog-tiles`), for witnesses, monitors and mirrors.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use ledger::Embedded;
use proof::tiles::{EntryBundle, TilePath};

use super::error::{AtroposError, NativeProblem};
use crate::app::App;
use crate::http::description;
use crate::http::response::Content;
use crate::http::response::caching::Cache;

const CHECKPOINT_SECONDS: u64 = 2;

/// Get the newest checkpoint that is published, with its cosignatures.
#[utoipa::path(
    get, path = "/log/{network}/checkpoint", tag = description::PROOFS, security(()),
    params(("network" = String, Path, description = "`testnet` or `mainnet`.")),
    responses(
        (status = 200, description = "A signed note (C2SP `tlog-checkpoint`).", content_type = "text/plain"),
        (status = 404, description = "Not a network of this server.", body = NativeProblem),
        (status = 503, description = "None is published yet.", body = NativeProblem),
    ),
)]
pub(super) async fn checkpoint(
    State(app): State<App>,
    Path(network): Path<String>,
    headers: HeaderMap,
) -> Result<Response, AtroposError> {
    let ledger = app.networks.log_of(&network)?;
    let published = app.publication.published(ledger.namespace())?;
    let published = published.ok_or_else(|| {
        AtroposError::Unavailable(
            "no checkpoint is published yet: the quorum of witnesses has not answered".into(),
        )
    })?;
    let cache = Cache::Seconds(CHECKPOINT_SECONDS);
    Ok(Content::new("text/plain; charset=utf-8", cache, published.note).answer(&headers))
}

/// Get a tile of the tree, or a bundle of entries.
///
/// `tile/<level>/<index>`, or `tile/entries/<index>`; the index in groups of three digits (`x001/067`), and
/// `.p/<width>` behind it for a tile that is not full.
#[utoipa::path(
    get, path = "/log/{network}/tile/{*path}", tag = description::PROOFS, security(()),
    params(
        ("network" = String, Path, description = "`testnet` or `mainnet`."),
        ("path" = String, Path, description = "Level and index; may hold slashes."),
    ),
    responses(
        (status = 200, description = "Hashes, or entries.", content_type = "application/octet-stream"),
        (status = 400, description = "Not the path of a tile.", body = NativeProblem),
        (status = 404, description = "The log is not that long.", body = NativeProblem),
    ),
)]
pub(super) async fn tile(
    State(app): State<App>,
    Path((network, path)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, AtroposError> {
    let ledger = app.networks.log_of(&network)?.clone();
    let path: TilePath = format!("tile/{path}").parse().map_err(|error| {
        AtroposError::malformed(None, format!("this is not the path of a tile: {error}"))
    })?;
    let bytes = super::blocking(move || bytes_of(&ledger, path)).await??;
    let bytes = bytes.ok_or_else(|| {
        AtroposError::NotFound("the log is not that long yet; see its checkpoint".into())
    })?;
    Ok(Content::new("application/octet-stream", Cache::Forever, bytes).answer(&headers))
}

fn bytes_of(ledger: &Embedded, path: TilePath) -> Result<Option<Vec<u8>>, AtroposError> {
    match path {
        TilePath::Tile {
            level,
            index,
            width,
        } => {
            let hashes = ledger.tile(level, index, width)?;
            Ok(hashes.map(|hashes| hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()))
        }
        TilePath::Entries { index, width } => {
            let Some(entries) = ledger.entry_bundle(index, width)? else {
                return Ok(None);
            };
            let bundle =
                EntryBundle::new(entries).map_err(|error| AtroposError::internal(&error))?;
            Ok(Some(bundle.encode()))
        }
    }
}
