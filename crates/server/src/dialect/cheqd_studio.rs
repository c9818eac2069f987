//! The cheqd Studio dialect: its requests, its texts, its answers.
//!
//! The texts of refusals are part of the contract: clients show them, and some compare them. The rules behind them are
//! decided again by the core, which knows nothing of these texts.

mod body;
mod did;
mod did_routes;
mod document;
mod error;
mod fields;
mod form;
mod key_routes;
mod keys;
mod requests;
mod resource_routes;
mod responses;
mod services;

use ::did::OperationKind;
use axum::http::StatusCode;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use crate::http::{Dialect, Wording};
use crate::metrics::Outcome;

pub use body::{AbsentBody, Input};
pub use did::{CheqdDid, IdentifierFormat, did as parse_did};
use error::ERRORS;
pub use error::{InvalidRequest, StudioError};
pub use keys::{CreateKey, ImportKey, ImportedKey, KeyType, VerificationMethodQuery, kid};
pub use requests::{CreateDid, DeactivateDid, DocumentInput, ImportDid, UpdateDid};
pub use responses::{
    ContentType, ControllerKey, DeactivatedDidDocumentMetadata, DeactivatedDidResolution,
    DidDeactivateRequest, DidDocument, DidList, DidProperties, DidResolutionMetadata,
    IdentifierResult, KMS, KeyList, KeyMeta, KeyResult, MethodOfKey, ResourceMetadata, Service,
    StoredKey, VerificationMethod,
};
pub use services::NewService;

/// The API of cheqd Studio. It also words all paths that no dialect owns: its shape is the plainest.
pub const DIALECT: Dialect<App> = Dialect {
    contract: "cheqd Studio",
    owns: &["/did/", "/key/", "/resource/"],
    // `/did/export` would hand out private keys, which never leave the keystore.
    not_served: &[
        "/did/export/",
        "/credential/",
        "/credentials/",
        "/credential-status/",
        "/presentation/",
        "/trust-registry/",
        "/account",
        "/auth/",
        "/logto/",
        "/admin/",
        "/event/",
        "/providers",
        "/organisation/",
        "/static/",
    ],
    wording: Wording::of::<StudioError>(),
    routes: |_| ERRORS.describe::<InvalidRequest, _>(router()),
};

fn router() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Schemas::openapi())
        .merge(did_routes::did_router())
        .merge(key_routes::key_router())
        .merge(resource_routes::resource_router())
}

/// What the published description of the contract names, and what stands in bodies that take several types.
#[derive(OpenApi)]
#[openapi(components(schemas(
    DidDeactivateRequest,
    DeactivatedDidResolution,
    IdentifierResult,
    StoredKey,
    DidList,
    DidDocument,
    ContentType,
)))]
struct Schemas;

/// Counts an operation that a route was asked for, and hands its result on.
fn counted<T>(
    app: &App,
    kind: OperationKind,
    result: Result<T, StudioError>,
    done: impl FnOnce(&T) -> Outcome,
) -> Result<T, StudioError> {
    let outcome = match &result {
        Ok(value) => done(value),
        Err(error) => match error.status() {
            StatusCode::SERVICE_UNAVAILABLE => Outcome::Busy,
            status if status.is_server_error() => Outcome::Failed,
            _ => Outcome::Refused,
        },
    };
    app.metrics.operation(kind, outcome);
    result
}
