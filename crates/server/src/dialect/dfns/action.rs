//! `/auth/action`: one exact request is announced and signed.

use access::{Announced, ChallengeId};
use axum::Json;
use axum::extract::{Request, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::Call;
use super::error::{AuthProblem, DfnsError};
use super::factor::SignedChallenge;
use super::login::party;
use super::shown::Challenge;
use crate::app::App;
use crate::http::description;
use crate::http::rate::Source;

/// What is going to be requested.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ActionRequest {
    /// The exact text of the body to come; empty when there is none.
    pub user_action_payload: String,
    /// `POST`, `PUT`, `PATCH`, `DELETE` or `GET`.
    pub user_action_http_method: String,
    /// The path as it will be sent, percent-encoded.
    pub user_action_http_path: String,
    /// `Api`; others are the same.
    #[serde(default)]
    pub user_action_server_kind: Option<String>,
}

/// A signed request, to be used once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SignedAction {
    /// The value of `X-DFNS-USERACTION`.
    pub user_action: String,
}

/// Announce a request that has to be signed.
#[utoipa::path(
    post, path = "/auth/action/init", tag = description::AUTH, security(("Bearer" = [])),
    request_body = ActionRequest,
    responses(
        (status = 200, description = "What has to be signed, and by whom.", body = Challenge),
        (status = 400, description = "A request that cannot be announced.", body = AuthProblem),
        (status = 401, description = "No access token, or one that is not let in.", body = AuthProblem),
        (status = 429, description = "Too often.", body = AuthProblem),
        (status = 503, description = "Too much is going on.", body = AuthProblem),
    ),
)]
pub(super) async fn init(
    State(app): State<App>,
    request: Request,
) -> Result<Json<Challenge>, DfnsError> {
    let call = Call::open(&app, request).await?;
    let asked: ActionRequest = call.sent().json()?;
    let kind = asked.user_action_server_kind.as_deref().unwrap_or("Api");
    if !matches!(kind, "Api" | "Staff") {
        let text = "userActionServerKind should be Api or Staff";
        return Err(DfnsError::bad_request(text));
    }
    let announced = Announced {
        method: &asked.user_action_http_method,
        path: &asked.user_action_http_path,
        payload: &asked.user_action_payload,
    };
    let challenge = app.access.begin_action(&call.caller.account, announced)?;
    Ok(Json(Challenge::of(challenge, party(&app))))
}

/// Hand in the signature of an announced request.
#[utoipa::path(
    post, path = "/auth/action", tag = description::AUTH, security(("Bearer" = [])),
    request_body = SignedChallenge,
    responses(
        (status = 200, description = "The value of `X-DFNS-USERACTION` for the request, once.", body = SignedAction),
        (status = 400, description = "A challenge that is unknown, used or over.", body = AuthProblem),
        (status = 401, description = "No access token, or no credential that may sign.", body = AuthProblem),
        (status = 403, description = "The signature is not valid.", body = AuthProblem),
        (status = 429, description = "Too often, or too many signatures that are not valid.", body = AuthProblem),
        (status = 503, description = "Too much is going on.", body = AuthProblem),
    ),
)]
pub(super) async fn sign(
    State(app): State<App>,
    request: Request,
) -> Result<Json<SignedAction>, DfnsError> {
    let call = Call::open(&app, request).await?;
    let signed: SignedChallenge = call.sent().json()?;
    let source = Source::caller(&call.caller.account);
    app.rates.signatures(&source)?;
    let id = ChallengeId::parse(&signed.challenge_identifier).ok_or(DfnsError::Challenge)?;
    let assertion = signed.assertion()?;
    let action = app
        .access
        .sign_action(&call.caller.account, &id, assertion)
        .await
        .inspect_err(|error| app.rates.failed(&source, error))?;
    Ok(Json(SignedAction {
        user_action: action.reveal().to_owned(),
    }))
}
