//! The start of a ceremony.

use access::Right;
use audit::Action;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::requests::{CeremonyOperation, CeremonyRequest};
use super::shown::ShownCeremony;
use super::{owner, record, right_of};
use crate::app::App;
use crate::authentication::Caller;
use crate::dialect::atropos::error::{AtroposError, NativeProblem};
use crate::dialect::atropos::request::json_body;
use crate::http::description;

/// Start a ceremony: a statement that waits until everybody has signed it.
///
/// Who signs is found out and frozen; no key signs yet, and nobody is asked. What the rules refuse whoever signs is
/// refused now.
#[utoipa::path(
    post, path = "/v1/ceremonies", tag = description::CEREMONIES,
    request_body = CeremonyRequest,
    responses(
        (status = 201, description = "It waits for its signatures.", body = ShownCeremony),
        (status = 400, description = "Unusable, or refused by the rules.", body = NativeProblem),
        (status = 401, description = "No credential, or none that is accepted.", body = NativeProblem),
        (status = 403, description = "The credential lacks the permission for it.", body = NativeProblem),
        (status = 404, description = "No such DID or network.", body = NativeProblem),
        (status = 409, description = "The DID has ended, or too many ceremonies are open.", body = NativeProblem),
        (status = 413, description = "The body is too long.", body = NativeProblem),
        (status = 415, description = "Not JSON.", body = NativeProblem),
        (status = 429, description = "Too many requests.", body = NativeProblem),
        (status = 503, description = "Too much is going on.", body = NativeProblem),
    ),
)]
pub(in crate::dialect::atropos) async fn start(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Result<Response, AtroposError> {
    caller.require(Right::DidsRead)?;
    let asked: CeremonyRequest = json_body(&app, request).await?;
    for kind in kinds(asked.operation) {
        caller.require(right_of(*kind))?;
    }
    let new = asked.into_new(owner(&caller))?;
    let started = app.registrar.ceremonies().start(new).await?;
    record(&app, &caller.by, Action::CeremonyStart, &started).await?;
    let location = HeaderValue::from_str(&format!("/v1/ceremonies/{}", started.id));
    let shown = Json(ShownCeremony::from(started));
    let mut response = (StatusCode::CREATED, shown).into_response();
    if let Ok(location) = location {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

fn kinds(operation: CeremonyOperation) -> &'static [did::OperationKind] {
    use did::OperationKind::{Create, Deactivate, Update};
    match operation {
        CeremonyOperation::Create => &[Create],
        CeremonyOperation::Update => &[Update],
        CeremonyOperation::Deactivate => &[Deactivate],
        CeremonyOperation::UpdateAndDeactivate => &[Update, Deactivate],
    }
}
