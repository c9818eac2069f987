//! `GET /1.0/identifiers/{did}`.

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing;
use publication::Claim;
use resolver::{DocumentShown, Options, Resolution, ResolveError, ResultContext};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::negotiate::{Representation, negotiate};
use super::problem::{ErrorKind, Problem};
use crate::config::Origins;
use crate::state::App;
use crate::{form, layers, openapi};

const PATH: &str = "/1.0/identifiers/{did}";

/// What most answers fit into, in bytes: a document with three keys.
const ANSWER_BYTES: usize = 3072;

/// The routes of this dialect. Pages of the configured origins may read them.
pub fn router(origins: &Origins) -> OpenApiRouter<App> {
    // Without a handler of its own, a preflight would never reach the layer.
    let preflight = routing::options(async || StatusCode::NO_CONTENT);
    OpenApiRouter::new()
        .routes(routes!(identifiers))
        .route(PATH, preflight)
        .layer(layers::public_read(origins))
}

/// Resolve a DID.
///
/// The shape follows `Accept`: by default the full result (`application/did-resolution`). A DID that has ended is
/// answered with 410, `"didDocument": null`, `"deactivated": true` and its receipt in `proof`; with `versionId` or
/// `versionTime` an older version is shown with its document, still as 410. The media types from before 2025 get 200
/// and the document.
#[utoipa::path(
    get, path = "/1.0/identifiers/{did}", tag = openapi::RESOLUTION, security(()),
    params(
        ("did" = String, Path, description = "The DID, percent-encoded or not."),
        ("versionId" = Option<String>, Query, description = "The version with this id."),
        ("versionTime" = Option<String>, Query, description = "The version that was the latest then (RFC 3339)."),
    ),
    responses(
        (status = 200, description = "The DID is active.", content_type = "application/did-resolution"),
        (status = 400, description = "No DID, or unusable options.", content_type = "application/did-resolution"),
        (status = 404, description = "No such DID or version.", content_type = "application/did-resolution"),
        (status = 406, description = "`Accept` cannot be met.", content_type = "application/did-resolution"),
        (status = 410, description = "The DID has ended, for ever.", content_type = "application/did-resolution"),
        (status = 501, description = "Another method, network or option.", content_type = "application/did-resolution"),
        (status = 503, description = "Whether it is active is not known now.",
            content_type = "application/did-resolution"),
    ),
)]
async fn identifiers(
    State(app): State<App>,
    Path(did): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let representation = match negotiate(&headers) {
        Ok(representation) => representation,
        Err(error) => return Problem::from(error).answer(Representation::Result),
    };
    match resolve(&app, &did, query.as_deref()) {
        Ok(resolution) if resolution.is_deactivated() && !representation.is_legacy() => {
            answer(&proven(&app, resolution).await, representation)
        }
        Ok(resolution) => answer(&resolution, representation),
        Err(problem) => problem.answer(representation),
    }
}

/// An end with its receipt. That the DID has ended is true without it, so that it is left out rather than waited for.
async fn proven(app: &App, resolution: Resolution) -> Resolution {
    let served = match app.publication.receipt(resolution.did()).await {
        Ok(served) if served.claim == Claim::Deactivated => served,
        Ok(_) => return resolution,
        Err(error) => {
            tracing::warn!(%error, "a DID that has ended is answered without its receipt");
            return resolution;
        }
    };
    let receipt = String::from_utf8(served.receipt).ok();
    match receipt.map(RawValue::from_string) {
        Some(Ok(receipt)) => resolution.with_receipt(receipt),
        _ => resolution,
    }
}

/// The full result in the shape from before 2025, whatever the client accepts.
pub(crate) fn legacy_result(app: &App, did: &str, query: Option<&str>) -> Response {
    match resolve(app, did, query) {
        Ok(resolution) => answer(&resolution, Representation::LegacyResult),
        Err(problem) => problem.answer(Representation::LegacyResult),
    }
}

fn resolve(app: &App, did: &str, query: Option<&str>) -> Result<Resolution, Problem> {
    let Some(query) = query.filter(|query| !query.is_empty()) else {
        return app
            .resolver
            .resolve(did, &Options::default())
            .map_err(problem);
    };
    let invalid = |detail: String| Problem::new(ErrorKind::InvalidOptions, detail);
    let fields = form::parse(query.as_bytes()).map_err(|error| invalid(error.to_string()))?;
    let mut options = Options::default();
    for (at, (name, value)) in fields.iter().enumerate() {
        if fields[..at].iter().any(|(earlier, _)| earlier == name) {
            return Err(invalid(format!("{name} is given twice")));
        }
        match name.as_str() {
            "versionId" => options.version_id = Some(value),
            "versionTime" => options.version_time = Some(value),
            // Nothing is cached here, so that both values mean the same.
            "noCache" if matches!(value.as_str(), "true" | "false") => {}
            "noCache" => return Err(invalid("noCache should be true or false".into())),
            _ => {
                let detail =
                    "this resolver takes versionId, versionTime and noCache, and no other option";
                return Err(Problem::new(ErrorKind::FeatureNotSupported, detail));
            }
        }
    }
    app.resolver.resolve(did, &options).map_err(problem)
}

fn problem(error: ResolveError) -> Problem {
    let kind = match &error {
        ResolveError::InvalidDid(_) => ErrorKind::InvalidDid,
        ResolveError::DidUrl => ErrorKind::FeatureNotSupported,
        // "Not found" would say that the DID does not exist, which nobody here can know.
        ResolveError::MethodNotSupported | ResolveError::UnknownNetwork(_) => {
            ErrorKind::MethodNotSupported
        }
        ResolveError::NotFound(_) => ErrorKind::NotFound,
        ResolveError::InvalidOptions(_) => ErrorKind::InvalidOptions,
        ResolveError::Withheld(_) => ErrorKind::Withheld,
        ResolveError::Read(source) => {
            tracing::error!(
                error = source as &dyn std::error::Error,
                "a DID cannot be resolved"
            );
            ErrorKind::InternalError
        }
    };
    Problem::new(kind, error.to_string())
}

fn answer(resolution: &Resolution, representation: Representation) -> Response {
    if representation.is_legacy() {
        let content_type = representation.content_type();
        if representation.is_document_only() {
            return written(StatusCode::OK, content_type, &resolution.document());
        }
        let context = if representation.has_result_context() {
            ResultContext::Shown
        } else {
            ResultContext::Absent
        };
        return written(
            StatusCode::OK,
            content_type,
            &resolution.result(context, DocumentShown::Whole),
        );
    }
    if resolution.is_deactivated() {
        // The document alone cannot say that the DID has ended: whoever asked for it gets the full result.
        let shown = if resolution.is_older_version() {
            DocumentShown::Whole
        } else {
            DocumentShown::Null
        };
        let content_type = Representation::Result.content_type();
        return written(
            StatusCode::GONE,
            content_type,
            &resolution.result(ResultContext::Absent, shown),
        );
    }
    let content_type = representation.content_type();
    if representation.is_document_only() {
        return written(StatusCode::OK, content_type, &resolution.document());
    }
    written(
        StatusCode::OK,
        content_type,
        &resolution.result(ResultContext::Absent, DocumentShown::Whole),
    )
}

fn written(status: StatusCode, content_type: &'static str, body: &impl Serialize) -> Response {
    let mut bytes = Vec::with_capacity(ANSWER_BYTES);
    if let Err(error) = serde_json::to_writer(&mut bytes, body) {
        tracing::error!(%error, "an answer cannot be written");
        return Problem::new(ErrorKind::InternalError, "the answer cannot be written")
            .into_response();
    }
    (
        status,
        [(header::CONTENT_TYPE, HeaderValue::from_static(content_type))],
        bytes,
    )
        .into_response()
}
