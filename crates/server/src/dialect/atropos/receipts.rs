//! `GET /v1/receipts/{did}`: what a verifier checks offline.

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use proof::receipt::{Receipt, Stage};
use publication::{Claim, Served};
use sha2::{Digest, Sha256};

use super::error::{AtroposError, NativeProblem};
use super::request::{Query, did};
use crate::app::App;
use crate::http::description;
use crate::http::response::Content;
use crate::http::response::caching::Cache;

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// Answers about what may change are kept this long at most, in seconds.
pub(super) const ACTIVE_SECONDS_MAX: u64 = 60;
/// For how long a receipt that waits for its quorum may be kept, in seconds.
const FINISHED_SECONDS: u64 = 1;
/// For how long "never existed" may be kept, in seconds: the DID may be created at any moment.
const NEVER_SECONDS: u64 = 5;

/// Get the receipt of a DID.
///
/// Proves, without this server, that the DID is deactivated, is active or never existed, as of the checkpoint in it.
/// `atropos verify` checks it. A receipt of a deactivation that is `published` never changes.
#[utoipa::path(
    get, path = "/v1/receipts/{did}", tag = description::PROOFS, security(()),
    params(
        ("did" = String, Path, description = "The DID."),
        ("size" = Option<u64>, Query, description = "The receipt under the checkpoint of this size."),
    ),
    responses(
        (status = 200, description = "The receipt.", content_type = "application/json"),
        (status = 304, description = "The client has it already."),
        (status = 400, description = "No DID, or unusable parameters.", body = NativeProblem),
        (status = 404, description = "Another network, or no such checkpoint.", body = NativeProblem),
        (status = 503, description = "It cannot be vouched for now; a deactivation still is.", body = NativeProblem),
    ),
)]
pub(super) async fn receipt(
    State(app): State<App>,
    Path(text): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, AtroposError> {
    let (did, served) = served(&app, &text, query.as_deref()).await?;
    let address = format!("/v1/receipts/{did}?size={}", served.size);
    let cache = cache(&served, app.publication_settings.freshness_s);
    let tag = tag(&served);
    let mut response = Content::new(JSON, cache, served.receipt)
        .tagged(tag)
        .answer(&headers);
    name(response.headers_mut(), header::CONTENT_LOCATION, &address);
    let link = format!("<{address}>; rel=\"bookmark\"");
    name(response.headers_mut(), header::LINK, &link);
    Ok(response)
}

/// Get the proof that a deactivation stands in the log (C2SP `tlog-proof`).
///
/// Less than the receipt: who had to sign is not in it.
#[utoipa::path(
    get, path = "/v1/receipts/{did}/tlog-proof", tag = description::PROOFS, security(()),
    params(
        ("did" = String, Path, description = "The DID."),
        ("size" = Option<u64>, Query, description = "Under the checkpoint of this size."),
    ),
    responses(
        (status = 200, description = "The proof.", content_type = "text/plain"),
        (status = 400, description = "No DID, or unusable parameters.", body = NativeProblem),
        (status = 404, description = "The DID is not deactivated.", body = NativeProblem),
        (status = 503, description = "It cannot be vouched for now.", body = NativeProblem),
    ),
)]
pub(super) async fn tlog_proof(
    State(app): State<App>,
    Path(text): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, AtroposError> {
    let (did, served) = served(&app, &text, query.as_deref()).await?;
    let receipt =
        Receipt::parse(&served.receipt).map_err(|error| AtroposError::internal(&error))?;
    let proof = receipt.tlog_proof().ok_or_else(|| {
        let text = "only a deactivation has a tlog-proof, and this DID is not deactivated";
        AtroposError::NotFound(text.into())
    })?;
    let cache = cache(&served, app.publication_settings.freshness_s);
    let mut response = Content::new(TEXT, cache, proof.encode())
        .tagged(tag(&served))
        .answer(&headers);
    let file = format!("attachment; filename=\"{}.tlog-proof\"", did.unique_id());
    name(response.headers_mut(), header::CONTENT_DISPOSITION, &file);
    Ok(response)
}

async fn served(
    app: &App,
    text: &str,
    query: Option<&str>,
) -> Result<(did::Did, Served), AtroposError> {
    let did = did(text)?;
    let size = Query::read(query, &["size"])?.number("size")?;
    let served = match size {
        Some(size) => app.publication.receipt_at(&did, size).await?,
        None => app.publication.receipt(&did).await?,
    };
    Ok((did, served))
}

/// A deactivation that a quorum has seen is true for ever; anything else may be overtaken.
fn cache(served: &Served, freshness_s: u64) -> Cache {
    match (served.claim, served.stage) {
        (Claim::Deactivated, Stage::Published) => Cache::Forever,
        (_, Stage::Finished) => Cache::Seconds(FINISHED_SECONDS),
        (Claim::Active, Stage::Published) => Cache::Seconds(freshness_s.min(ACTIVE_SECONDS_MAX)),
        (Claim::NeverExisted, Stage::Published) => Cache::Seconds(NEVER_SECONDS),
    }
}

/// The size of the checkpoint, and what tells cosignatures of one size apart: the same checkpoint is cosigned again.
fn tag(served: &Served) -> String {
    let hash = Sha256::digest(&served.receipt);
    format!("{}.{}", served.size, hex::encode(&hash[..8]))
}

fn name(headers: &mut HeaderMap, header: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(header, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn served(claim: Claim, stage: Stage) -> Served {
        Served {
            receipt: vec![1],
            stage,
            size: 7,
            claim,
        }
    }

    #[test]
    fn only_a_published_deactivation_is_kept_for_ever() {
        for (claim, stage, expected) in [
            (Claim::Deactivated, Stage::Published, Cache::Forever),
            (Claim::Deactivated, Stage::Finished, Cache::Seconds(1)),
            (Claim::Active, Stage::Published, Cache::Seconds(60)),
            (Claim::Active, Stage::Finished, Cache::Seconds(1)),
            (Claim::NeverExisted, Stage::Published, Cache::Seconds(5)),
            (Claim::NeverExisted, Stage::Finished, Cache::Seconds(1)),
        ] {
            assert_eq!(cache(&served(claim, stage), 3600), expected);
        }
        let active = served(Claim::Active, Stage::Published);
        assert_eq!(cache(&active, 10), Cache::Seconds(10));
    }
}
