//! `/v1/exports` and `/v1/imports`: a DID's chain with its proofs, to bring it back after a log was lost.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use did::Did;
use ledger::{EXPORT_BYTES_MAX, Export, ExportError, ImportError, ImportReport};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::CommittedOperation;
use super::error::{AtroposError, NativeProblem};
use super::request::did;
use crate::app::App;
use crate::http::description;
use crate::http::request::Received;
use crate::http::response::Content;
use crate::http::response::caching::Cache;

/// What an import did.
#[derive(Debug, Serialize, ToSchema)]
pub struct Imported {
    /// The DID.
    pub did: String,
    /// Operations that were missing, as they stand in the log now.
    pub appended: Vec<CommittedOperation>,
    /// Whether it was confirmed, by an entry of its own, that none was missing.
    pub confirmed: bool,
    /// Whether the DID has ended.
    pub deactivated: bool,
}

/// Export everything that the log knows of a DID, with proofs.
///
/// Keep it: after a loss it brings the DID back, to this server or to another one that continues its log.
#[utoipa::path(
    get, path = "/v1/exports/{did}", tag = description::PROOFS, security(()),
    params(("did" = String, Path, description = "The DID.")),
    responses(
        (status = 200, description = "The export.", content_type = "application/json"),
        (status = 400, description = "No DID.", body = NativeProblem),
        (status = 404, description = "There is no such DID.", body = NativeProblem),
        (status = 503, description = "Too much at once.", body = NativeProblem),
    ),
)]
pub(super) async fn export(
    State(app): State<App>,
    Path(text): Path<String>,
    headers: HeaderMap,
) -> Result<Response, AtroposError> {
    let did = did(&text)?;
    let _place = app.gate.bulk(EXPORT_BYTES_MAX)?;
    let ledger = app.networks.log_of_did(&did)?.clone();
    let file = format!("attachment; filename=\"{}.export.json\"", did.unique_id());
    let bytes = super::blocking(move || ledger.export(&did)).await??;
    let mut response = Content::new("application/json", Cache::Seconds(0), bytes).answer(&headers);
    if let Ok(file) = HeaderValue::from_str(&file) {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_DISPOSITION, file);
    }
    Ok(response)
}

/// Import what an export of the log before a loss proves about a DID.
///
/// Anyone may: nothing but proofs decides. The same again changes nothing.
#[utoipa::path(
    post, path = "/v1/imports", tag = description::PROOFS, security(()),
    extensions(("x-body-bytes-max" = json!(EXPORT_BYTES_MAX))),
    request_body(content((serde_json::Value = "application/json")), description = "An export, byte for byte."),
    responses(
        (status = 200, description = "What is known of the DID now stands in the log.", body = Imported),
        (status = 400, description = "It proves nothing here.", body = NativeProblem),
        (status = 404, description = "Another network.", body = NativeProblem),
        (status = 409, description = "The DID went another way here, or the export is too old.", body = NativeProblem),
        (status = 413, description = "The body is too long.", body = NativeProblem),
        (status = 503, description = "Nothing is accepted now.", body = NativeProblem),
    ),
)]
pub(super) async fn import(
    State(app): State<App>,
    request: Request,
) -> Result<Json<Imported>, AtroposError> {
    let received = Received::read(&app.gate, request).await?;
    let named = Export::parse(&received.body).map_err(ImportError::from)?;
    let did: Did = did(named.did())?;
    let report = app
        .networks
        .log_of_did(&did)?
        .import(&received.body)
        .await?;
    Ok(Json(shown(report)))
}

fn shown(report: ImportReport) -> Imported {
    Imported {
        did: report.did.to_string(),
        appended: report.appended.into_iter().map(Into::into).collect(),
        confirmed: report.confirmed,
        deactivated: report.deactivated,
    }
}

impl From<ExportError> for AtroposError {
    fn from(error: ExportError) -> AtroposError {
        match error {
            ExportError::Unknown(_) => AtroposError::NotFound(error.to_string()),
            ExportError::TooLarge(_) => AtroposError::Conflict(error.to_string()),
            ExportError::Read(error) => error.into(),
        }
    }
}

impl From<ImportError> for AtroposError {
    fn from(error: ImportError) -> AtroposError {
        let text = error.to_string();
        match error {
            ImportError::Invalid(_) | ImportError::OtherLog(_) | ImportError::NotProven(_) => {
                AtroposError::malformed(None, text)
            }
            ImportError::TooOld { .. } | ImportError::Diverged(_) | ImportError::TooLarge(_) => {
                AtroposError::Conflict(text)
            }
            ImportError::Submit(error) => error.into(),
        }
    }
}
