//! Links: made and revoked by the account whose ceremony it is.

use audit::Action;
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use registrar::ceremony::{CeremonyAccess, LinkScope};

use super::requests::LinkRequest;
use super::shown::{LinkList, NewLink};
use super::{check_rights, id, owner, record};
use crate::app::App;
use crate::authentication::Caller;
use crate::dialect::atropos::error::{AtroposError, NativeProblem};
use crate::dialect::atropos::request::json_body;
use crate::http::description;

/// Make a link, so that a holder without an account can look, check, sign or refuse, and submit what is complete.
///
/// Its secret is shown this once. It ends with the ceremony, or when it is revoked.
#[utoipa::path(
    post, path = "/v1/ceremonies/{id}/links", tag = description::CEREMONIES,
    params(("id" = String, Path, description = "The ceremony.")),
    request_body = LinkRequest,
    responses(
        (status = 201, description = "The link, with its secret.", body = NewLink),
        (status = 400, description = "No such slot, or too many links.", body = NativeProblem),
        (status = 401, description = "No credential, or none that is accepted.", body = NativeProblem),
        (status = 403, description = "The credential lacks the permission for it.", body = NativeProblem),
        (status = 404, description = "This account has no such ceremony.", body = NativeProblem),
        (status = 409, description = "The ceremony is over.", body = NativeProblem),
        (status = 413, description = "The body is too long.", body = NativeProblem),
        (status = 415, description = "Not JSON.", body = NativeProblem),
        (status = 429, description = "Too many requests, or wrong signatures.", body = NativeProblem),
        (status = 503, description = "Too much is going on.", body = NativeProblem),
    ),
)]
pub(in crate::dialect::atropos) async fn make(
    State(app): State<App>,
    caller: Caller,
    Path(text): Path<String>,
    request: Request,
) -> Result<(StatusCode, Json<NewLink>), AtroposError> {
    let (owner, id) = (owner(&caller), id(&text)?);
    let ceremonies = app.registrar.ceremonies();
    let via = CeremonyAccess::Owner {
        owner: &owner,
        id: &id,
    };
    let ceremony = ceremonies.read(via)?;
    check_rights(&caller, &ceremony)?;
    let LinkRequest { slot } = json_body(&app, request).await?;
    let scope = slot.map_or(LinkScope::Whole, LinkScope::Slot);
    record(&app, &caller.by, Action::CeremonyLink, &ceremony).await?;
    let (link, token) = ceremonies.link(&owner, &id, scope).await?;
    Ok((StatusCode::CREATED, Json(NewLink::of(link, &token))))
}

/// List the links of a ceremony, without their secrets.
#[utoipa::path(
    get, path = "/v1/ceremonies/{id}/links", tag = description::CEREMONIES,
    params(("id" = String, Path, description = "The ceremony.")),
    responses(
        (status = 200, description = "All of them, revoked ones too.", body = LinkList),
        (status = 401, description = "No credential, or none that is accepted.", body = NativeProblem),
        (status = 403, description = "The credential lacks the permission for it.", body = NativeProblem),
        (status = 404, description = "This account has no such ceremony.", body = NativeProblem),
        (status = 429, description = "Too many requests, or wrong signatures.", body = NativeProblem),
        (status = 503, description = "Too much is going on.", body = NativeProblem),
    ),
)]
pub(in crate::dialect::atropos) async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(text): Path<String>,
) -> Result<Json<LinkList>, AtroposError> {
    caller.require(access::Right::DidsRead)?;
    let (owner, id) = (owner(&caller), id(&text)?);
    let links = app.registrar.ceremonies().links(&owner, &id)?;
    let links = links.into_iter().map(Into::into).collect();
    Ok(Json(LinkList { links }))
}

/// Revoke a link. Doing it again changes nothing.
#[utoipa::path(
    delete, path = "/v1/ceremonies/{id}/links/{link}", tag = description::CEREMONIES,
    params(("id" = String, Path, description = "The ceremony."), ("link" = String, Path, description = "The link.")),
    responses(
        (status = 204, description = "It reaches nothing any more."),
        (status = 401, description = "No credential, or none that is accepted.", body = NativeProblem),
        (status = 403, description = "The credential lacks the permission for it.", body = NativeProblem),
        (status = 404, description = "This account has no such ceremony or link.", body = NativeProblem),
        (status = 429, description = "Too many requests, or wrong signatures.", body = NativeProblem),
        (status = 503, description = "Too much is going on.", body = NativeProblem),
    ),
)]
pub(in crate::dialect::atropos) async fn revoke(
    State(app): State<App>,
    caller: Caller,
    Path((text, link)): Path<(String, String)>,
) -> Result<StatusCode, AtroposError> {
    let (owner, id, link) = (owner(&caller), id(&text)?, id(&link)?);
    let ceremonies = app.registrar.ceremonies();
    let via = CeremonyAccess::Owner {
        owner: &owner,
        id: &id,
    };
    let ceremony = ceremonies.read(via)?;
    check_rights(&caller, &ceremony)?;
    ceremonies.revoke_link(&owner, &id, &link).await?;
    record(&app, &caller.by, Action::CeremonyRevokeLink, &ceremony).await?;
    Ok(StatusCode::NO_CONTENT)
}
