//! `/auth/pats`: the long-lived tokens of a person.

use access::{
    NewPat, PatUpdate, Right, TOKEN_LIFE_MS_MAX, Thing, TokenChange, TokenId, VerifyingKey, role_of,
};
use axum::Json;
use axum::extract::{Path, Request, State};
use serde::Deserialize;
use utoipa::ToSchema;

use super::call::{Call, IdInPath};
use super::error::{AuthProblem, DfnsError};
use super::shown::{Pat, PatList};
use crate::app::App;
use crate::http::description;

/// Life of a token for which none is given: a year.
const LIFE_DAYS: u64 = 365;
const DAY_MS: u64 = 86_400_000;

/// A token to be made.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewPatRequest {
    /// Its name, unique among the caller's.
    pub name: String,
    /// The public key that its holder signs with, PEM.
    pub public_key: String,
    /// What it may do at most; without it, what its user may.
    pub permission_id: Option<String>,
    /// What others call it.
    pub external_id: Option<String>,
    /// How long it lives, in days: 1 to 730, 365 without it.
    pub days_valid: Option<u64>,
    /// The same in seconds; it wins.
    pub seconds_valid: Option<u64>,
}

/// What may change in a token.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PatUpdateRequest {
    /// Another name.
    pub name: Option<String>,
    /// Another name that others use.
    pub external_id: Option<String>,
}

/// List the caller's personal access tokens, archived ones not.
#[utoipa::path(
    get, path = "/auth/pats", tag = description::AUTH, security(("Bearer" = [])),
    responses(
        (status = 200, description = "All of them, at most 1,000.", body = PatList),
        (status = 401, description = "No access token, or one that is not let in.", body = AuthProblem),
        (status = 429, description = "Too often.", body = AuthProblem),
        (status = 503, description = "Too much is going on.", body = AuthProblem),
    ),
)]
pub(super) async fn list(
    State(app): State<App>,
    request: Request,
) -> Result<Json<PatList>, DfnsError> {
    let call = Call::open(&app, request).await?;
    let tokens = app.access.pats(&call.user)?;
    let shown = |token| Pat::of(&app.access, token);
    let items = tokens.into_iter().map(shown).collect::<Result<_, _>>()?;
    Ok(Json(PatList { items }))
}

/// Make a personal access token, with the key that belongs to it.
#[utoipa::path(
    post, path = "/auth/pats", tag = description::AUTH, security(("Bearer" = [])),
    request_body = NewPatRequest,
    responses(
        (status = 200, description = "The token; its text is shown this once.", body = Pat),
        (status = 400, description = "An unusable name, key or life.", body = AuthProblem),
        (status = 401, description = "No access token, or one that is not let in.", body = AuthProblem),
        (status = 403, description = "No user action, no session of a person, or no right.", body = AuthProblem),
        (status = 404, description = "There is no such permission.", body = AuthProblem),
        (status = 409, description = "The name or the key is taken, or there are too many.", body = AuthProblem),
        (status = 429, description = "Too often.", body = AuthProblem),
        (status = 503, description = "Too much is going on.", body = AuthProblem),
    ),
)]
pub(super) async fn create(
    State(app): State<App>,
    request: Request,
) -> Result<Json<Pat>, DfnsError> {
    let call = Call::open(&app, request).await?;
    call.by_a_person(Right::PatsCreate.as_str())?;
    call.with(Right::PatsCreate)?;
    let approval = call.approved().await?;
    let asked: NewPatRequest = call.sent().json()?;
    let new = NewPat {
        life_ms: life_ms(&asked)?,
        role: asked.permission_id.as_deref().map(role_of).transpose()?,
        key: VerifyingKey::from_pem(&asked.public_key)
            .map_err(|error| DfnsError::bad_request(format!("publicKey: {error}")))?,
        name: asked.name,
        external_id: asked.external_id,
    };
    let caller = &call.caller;
    let made = app
        .access
        .create_pat(&caller.account, &approval, new, &caller.by);
    let (token, text, entry) = made.await?;
    app.noted(&entry);
    let mut shown = Pat::of(&app.access, token)?;
    shown.access_token = Some(text.reveal().to_owned());
    Ok(Json(shown))
}

/// Get one of the caller's personal access tokens.
#[utoipa::path(
    get, path = "/auth/pats/{tokenId}", tag = description::AUTH, security(("Bearer" = [])),
    params(("tokenId" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "The token.", body = Pat),
        (status = 401, description = "No access token, or one that is not let in.", body = AuthProblem),
        (status = 404, description = "The caller has no such token.", body = AuthProblem),
        (status = 429, description = "Too often.", body = AuthProblem),
        (status = 503, description = "Too much is going on.", body = AuthProblem),
    ),
)]
pub(super) async fn read(
    State(app): State<App>,
    path: IdInPath,
    request: Request,
) -> Result<Json<Pat>, DfnsError> {
    let call = Call::open(&app, request).await?;
    let token = app.access.pat(&call.user, &token_id(path)?)?;
    Ok(Json(Pat::of(&app.access, token)?))
}

/// Give a personal access token other names.
#[utoipa::path(
    put, path = "/auth/pats/{tokenId}", tag = description::AUTH, security(("Bearer" = [])),
    params(("tokenId" = String, Path, description = "Its id.")),
    request_body = PatUpdateRequest,
    responses(
        (status = 200, description = "The token.", body = Pat),
        (status = 400, description = "An unusable name, or an archived token.", body = AuthProblem),
        (status = 401, description = "No access token, or one that is not let in.", body = AuthProblem),
        (status = 403, description = "No user action.", body = AuthProblem),
        (status = 404, description = "The caller has no such token.", body = AuthProblem),
        (status = 409, description = "The name is taken.", body = AuthProblem),
        (status = 429, description = "Too often.", body = AuthProblem),
        (status = 503, description = "Too much is going on.", body = AuthProblem),
    ),
)]
pub(super) async fn update(
    State(app): State<App>,
    path: IdInPath,
    request: Request,
) -> Result<Json<Pat>, DfnsError> {
    let call = Call::open(&app, request).await?;
    let approval = call.approved().await?;
    let asked: PatUpdateRequest = call.sent().json()?;
    let update = PatUpdate {
        name: asked.name,
        external_id: asked.external_id,
    };
    let (caller, id) = (&call.caller, token_id(path)?);
    let changed = app
        .access
        .update_pat(&caller.account, &approval, (&id, update), &caller.by);
    let (token, entry) = changed.await?;
    if let Some(entry) = &entry {
        app.noted(entry);
    }
    Ok(Json(Pat::of(&app.access, token)?))
}

/// Switch a personal access token on.
#[utoipa::path(
    put, path = "/auth/pats/{tokenId}/activate", tag = description::AUTH, security(("Bearer" = [])),
    params(("tokenId" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "It is on.", body = Pat),
        (status = 400, description = "It is archived, or the body is not empty.", body = AuthProblem),
        (status = 401, description = "No access token, or one that is not let in.", body = AuthProblem),
        (status = 403, description = "No user action.", body = AuthProblem),
        (status = 404, description = "The caller has no such token.", body = AuthProblem),
        (status = 429, description = "Too often.", body = AuthProblem),
        (status = 503, description = "Too much is going on.", body = AuthProblem),
    ),
)]
pub(super) async fn activate(
    State(app): State<App>,
    path: IdInPath,
    request: Request,
) -> Result<Json<Pat>, DfnsError> {
    change(&app, path, request, TokenChange::Activate).await
}

/// Switch a personal access token off, and its key with it: it is refused from the next request on, everywhere.
#[utoipa::path(
    put, path = "/auth/pats/{tokenId}/deactivate", tag = description::AUTH, security(("Bearer" = [])),
    params(("tokenId" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "It is off.", body = Pat),
        (status = 400, description = "The body is not empty.", body = AuthProblem),
        (status = 401, description = "No access token, or one that is not let in.", body = AuthProblem),
        (status = 403, description = "No user action.", body = AuthProblem),
        (status = 404, description = "The caller has no such token.", body = AuthProblem),
        (status = 429, description = "Too often.", body = AuthProblem),
        (status = 503, description = "Too much is going on, or the end is not settled yet.", body = AuthProblem),
    ),
)]
pub(super) async fn deactivate(
    State(app): State<App>,
    path: IdInPath,
    request: Request,
) -> Result<Json<Pat>, DfnsError> {
    change(&app, path, request, TokenChange::Deactivate).await
}

/// Switch a personal access token off for good.
#[utoipa::path(
    delete, path = "/auth/pats/{tokenId}", tag = description::AUTH, security(("Bearer" = [])),
    params(("tokenId" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "It is archived.", body = Pat),
        (status = 400, description = "The body is not empty.", body = AuthProblem),
        (status = 401, description = "No access token, or one that is not let in.", body = AuthProblem),
        (status = 403, description = "No user action.", body = AuthProblem),
        (status = 404, description = "The caller has no such token.", body = AuthProblem),
        (status = 429, description = "Too often.", body = AuthProblem),
        (status = 503, description = "Too much is going on, or the end is not settled yet.", body = AuthProblem),
    ),
)]
pub(super) async fn archive(
    State(app): State<App>,
    path: IdInPath,
    request: Request,
) -> Result<Json<Pat>, DfnsError> {
    change(&app, path, request, TokenChange::Archive).await
}

async fn change(
    app: &App,
    path: IdInPath,
    request: Request,
    to: TokenChange,
) -> Result<Json<Pat>, DfnsError> {
    let call = Call::open(app, request).await?;
    let approval = call.approved().await?;
    call.sent().nothing()?;
    let (caller, id) = (&call.caller, token_id(path)?);
    let changed = app
        .access
        .change_pat(&caller.account, &approval, (&id, to), &caller.by);
    let (token, entry) = changed.await?;
    match (to, entry) {
        // Also where nothing changed: the answer before this one may have failed at just that.
        (TokenChange::Deactivate | TokenChange::Archive, _) => app.settled().await?,
        (TokenChange::Activate, Some(entry)) => app.noted(&entry),
        (TokenChange::Activate, None) => {}
    }
    Ok(Json(Pat::of(&app.access, token)?))
}

/// What has another form is nobody's token.
fn token_id(path: IdInPath) -> Result<TokenId, DfnsError> {
    path.ok()
        .and_then(|Path(text)| TokenId::parse(&text))
        .ok_or(DfnsError::NotFound(Thing::Token))
}

fn life_ms(asked: &NewPatRequest) -> Result<u64, DfnsError> {
    let life_ms = match (asked.seconds_valid, asked.days_valid) {
        (Some(seconds), _) => seconds.checked_mul(1000),
        (None, days) => days.unwrap_or(LIFE_DAYS).checked_mul(DAY_MS),
    };
    life_ms
        .filter(|life_ms| (1..=TOKEN_LIFE_MS_MAX).contains(life_ms))
        .ok_or_else(|| DfnsError::bad_request("a token lives for 1 second to 730 days"))
}
