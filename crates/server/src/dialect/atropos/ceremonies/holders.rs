//! What the holder of a link does, without an account.

use audit::Action;
use axum::Json;
use axum::extract::{Path, Request, State};
use registrar::ceremony::{CeremonyAccess, CeremonyError, LinkToken};

use super::requests::{RefusalRequest, offered};
use super::shown::ShownCeremony;
use super::{counted, file_of, record};
use crate::app::App;
use crate::authentication;
use crate::dialect::atropos::error::{AtroposError, NativeProblem};
use crate::dialect::atropos::request::json_body;
use crate::http::description;
use crate::http::rate::Source;
use crate::statement::{SignatureFile, StatementFile};

fn token(text: &str) -> Result<LinkToken, AtroposError> {
    LinkToken::parse(text).ok_or_else(|| CeremonyError::NotFound.into())
}

/// Look at a ceremony with a link.
#[utoipa::path(
    get, path = "/v1/ceremony-links/{token}", tag = description::CEREMONIES, security(()),
    params(("token" = String, Path, description = "The secret of the link.")),
    responses(
        (status = 200, description = "The ceremony as it stands now.", body = ShownCeremony),
        (status = 404, description = "No such link; it may be revoked, or its ceremony over.", body = NativeProblem),
        (status = 429, description = "Too many requests, or wrong signatures.", body = NativeProblem),
        (status = 503, description = "Too much is going on.", body = NativeProblem),
    ),
)]
pub(in crate::dialect::atropos) async fn read(
    State(app): State<App>,
    Path(text): Path<String>,
) -> Result<Json<ShownCeremony>, AtroposError> {
    let token = token(&text)?;
    let ceremony = app
        .registrar
        .ceremonies()
        .read(CeremonyAccess::Link(&token))?;
    Ok(Json(ceremony.into()))
}

/// Get the statement as a file that `atropos sign` checks and signs without any server.
#[utoipa::path(
    get, path = "/v1/ceremony-links/{token}/statement", tag = description::CEREMONIES, security(()),
    params(("token" = String, Path, description = "The secret of the link.")),
    responses(
        (status = 200, description = "The file.", body = StatementFile),
        (status = 404, description = "No such link; it may be revoked, or its ceremony over.", body = NativeProblem),
        (status = 429, description = "Too many requests, or wrong signatures.", body = NativeProblem),
        (status = 503, description = "Too much is going on.", body = NativeProblem),
    ),
)]
pub(in crate::dialect::atropos) async fn statement(
    State(app): State<App>,
    Path(text): Path<String>,
) -> Result<Json<StatementFile>, AtroposError> {
    let token = token(&text)?;
    let ceremony = app
        .registrar
        .ceremonies()
        .read(CeremonyAccess::Link(&token))?;
    Ok(Json(file_of(&app, &ceremony)?))
}

/// Hand in signatures with a link. All of them are taken, or none.
#[utoipa::path(
    post, path = "/v1/ceremony-links/{token}/signatures", tag = description::CEREMONIES, security(()),
    params(("token" = String, Path, description = "The secret of the link.")),
    request_body = SignatureFile,
    responses(
        (status = 200, description = "They are taken.", body = ShownCeremony),
        (status = 400, description = "A signature that does not verify, or has no place here.", body = NativeProblem),
        (status = 404, description = "No such link; it may be revoked, or its ceremony over.", body = NativeProblem),
        (status = 409, description = "The ceremony is over.", body = NativeProblem),
        (status = 413, description = "The body is too long.", body = NativeProblem),
        (status = 415, description = "Not JSON.", body = NativeProblem),
        (status = 429, description = "Too many requests, or wrong signatures.", body = NativeProblem),
        (status = 503, description = "Too much is going on.", body = NativeProblem),
    ),
)]
pub(in crate::dialect::atropos) async fn sign(
    State(app): State<App>,
    Path(text): Path<String>,
    request: Request,
) -> Result<Json<ShownCeremony>, AtroposError> {
    let token = token(&text)?;
    let source = Source::address(authentication::peer_of(request.extensions()));
    app.rates.signatures(&source)?;
    let ceremonies = app.registrar.ceremonies();
    let ceremony = ceremonies.read(CeremonyAccess::Link(&token))?;
    let file: SignatureFile = json_body(&app, request).await?;
    let offered = offered(file, &ceremony.id)?;
    let signed = ceremonies.sign(CeremonyAccess::Link(&token), offered).await;
    let signed = signed.inspect_err(|error| app.rates.failed(&source, error))?;
    Ok(Json(signed.into()))
}

/// Refuse to sign, with a link. A signature replaces that.
#[utoipa::path(
    post, path = "/v1/ceremony-links/{token}/refusals", tag = description::CEREMONIES, security(()),
    params(("token" = String, Path, description = "The secret of the link.")),
    request_body = RefusalRequest,
    responses(
        (status = 200, description = "It is noted.", body = ShownCeremony),
        (status = 400, description = "No such slot, or one that is signed, or no reason.", body = NativeProblem),
        (status = 403, description = "The link is for another slot.", body = NativeProblem),
        (status = 404, description = "No such link; it may be revoked, or its ceremony over.", body = NativeProblem),
        (status = 409, description = "The ceremony is over.", body = NativeProblem),
        (status = 413, description = "The body is too long.", body = NativeProblem),
        (status = 415, description = "Not JSON.", body = NativeProblem),
        (status = 429, description = "Too many requests, or wrong signatures.", body = NativeProblem),
        (status = 503, description = "Too much is going on.", body = NativeProblem),
    ),
)]
pub(in crate::dialect::atropos) async fn refuse(
    State(app): State<App>,
    Path(text): Path<String>,
    request: Request,
) -> Result<Json<ShownCeremony>, AtroposError> {
    let token = token(&text)?;
    let ceremonies = app.registrar.ceremonies();
    ceremonies.read(CeremonyAccess::Link(&token))?;
    let RefusalRequest { slot, reason } = json_body(&app, request).await?;
    let refused = ceremonies
        .refuse(CeremonyAccess::Link(&token), slot, reason)
        .await?;
    Ok(Json(refused.into()))
}

/// Submit what everybody has signed, with a link. The same again gets the same answer.
#[utoipa::path(
    post, path = "/v1/ceremony-links/{token}/commit", tag = description::CEREMONIES, security(()),
    params(("token" = String, Path, description = "The secret of the link.")),
    responses(
        (status = 200, description = "It is in the log.", body = ShownCeremony),
        (status = 400, description = "Not everybody has signed, or the rules refuse it.", body = NativeProblem),
        (status = 404, description = "No such link; it may be revoked, or its ceremony over.", body = NativeProblem),
        (status = 409, description = "It is over otherwise, or in its cooling period.", body = NativeProblem),
        (status = 429, description = "Too many requests, or wrong signatures.", body = NativeProblem),
        (status = 503, description = "Too much is going on.", body = NativeProblem),
    ),
)]
pub(in crate::dialect::atropos) async fn commit(
    State(app): State<App>,
    Path(text): Path<String>,
    request: Request,
) -> Result<Json<ShownCeremony>, AtroposError> {
    let by = authentication::anonymous(&request.into_parts().0);
    let token = token(&text)?;
    let ceremonies = app.registrar.ceremonies();
    let before = ceremonies.read(CeremonyAccess::Link(&token))?;
    let result = ceremonies.commit(CeremonyAccess::Link(&token)).await;
    counted(&app, &before, &result);
    let committed = result?;
    if before.state.is_open() {
        record(&app, &by, Action::CeremonyCommit, &committed).await?;
    }
    Ok(Json(committed.into()))
}

/// Call a ceremony off with a link, which can be done during its cooling period.
#[utoipa::path(
    post, path = "/v1/ceremony-links/{token}/cancel", tag = description::CEREMONIES, security(()),
    params(("token" = String, Path, description = "The secret of the link.")),
    responses(
        (status = 200, description = "It is called off.", body = ShownCeremony),
        (status = 403, description = "It is not in its cooling period.", body = NativeProblem),
        (status = 404, description = "No such link; it may be revoked, or its ceremony over.", body = NativeProblem),
        (status = 409, description = "It is over otherwise.", body = NativeProblem),
        (status = 429, description = "Too many requests, or wrong signatures.", body = NativeProblem),
        (status = 503, description = "Too much is going on.", body = NativeProblem),
    ),
)]
pub(in crate::dialect::atropos) async fn cancel(
    State(app): State<App>,
    Path(text): Path<String>,
    request: Request,
) -> Result<Json<ShownCeremony>, AtroposError> {
    let by = authentication::anonymous(&request.into_parts().0);
    let token = token(&text)?;
    let ceremonies = app.registrar.ceremonies();
    let before = ceremonies.read(CeremonyAccess::Link(&token))?;
    let cancelled = ceremonies.cancel(CeremonyAccess::Link(&token)).await?;
    if before.state.is_open() {
        record(&app, &by, Action::CeremonyCancel, &cancelled).await?;
    }
    Ok(Json(cancelled.into()))
}
