//! `/auth/login` and `/auth/logout`.

use access::ChallengeId;
use axum::Json;
use axum::extract::{Request, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::{Call, Sent};
use super::error::{AuthProblem, DfnsError};
use super::factor::SignedChallenge;
use super::shown::{Challenge, Message, Party};
use crate::app::App;
use crate::authentication;
use crate::http::description;

/// Who wants to log in.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LoginRequest {
    /// The name of the user.
    pub username: String,
    /// The tenant: `or-…`.
    pub org_id: String,
}

/// A session.
#[derive(Serialize, ToSchema)]
pub(super) struct Session {
    /// The access token, for `Authorization: Bearer`.
    pub token: String,
}

/// Begin to log in.
///
/// The answer does not tell whether there is such a user.
#[utoipa::path(
    post, path = "/auth/login/init", tag = description::AUTH, security(()),
    request_body = LoginRequest,
    responses(
        (status = 200, description = "What has to be signed.", body = Challenge),
        (status = 400, description = "The request cannot be read.", body = AuthProblem),
        (status = 503, description = "Too much is going on.", body = AuthProblem),
    ),
)]
pub(super) async fn init(
    State(app): State<App>,
    request: Request,
) -> Result<Json<Challenge>, DfnsError> {
    let sent = Sent::read(&app, request).await?;
    let asked: LoginRequest = sent.json()?;
    let challenge = app.access.begin_login(&asked.org_id, &asked.username)?;
    Ok(Json(Challenge::of(challenge, party(&app))))
}

/// Log in.
#[utoipa::path(
    post, path = "/auth/login", tag = description::AUTH, security(()),
    request_body = SignedChallenge,
    responses(
        (status = 200, description = "A session.", body = Session),
        (status = 400, description = "The request cannot be read.", body = AuthProblem),
        (status = 401, description = "The challenge is not answered.", body = AuthProblem),
        (status = 429, description = "Too many failures from this address.", body = AuthProblem),
        (status = 503, description = "Too much is going on.", body = AuthProblem),
    ),
)]
pub(super) async fn finish(
    State(app): State<App>,
    request: Request,
) -> Result<Json<Session>, DfnsError> {
    let sent = Sent::read(&app, request).await?;
    let by = authentication::anonymous(&sent.parts);
    app.rates.login(by.address)?;
    let signed: SignedChallenge = sent.json()?;
    let id = ChallengeId::parse(&signed.challenge_identifier);
    let assertion = signed.assertion()?;
    let opened = match &id {
        Some(id) => app.access.finish_login(id, &assertion, &by).await,
        None => Err(access::IdentityError::NotApproved(
            access::ActionError::Challenge,
        )),
    };
    match opened.map_err(DfnsError::from) {
        Ok((_, text)) => Ok(Json(Session {
            token: text.reveal().to_owned(),
        })),
        // Which of them it was would tell whether there is such a user.
        Err(DfnsError::Challenge | DfnsError::NoCredential | DfnsError::UserAction { .. }) => {
            app.rates.login_failed(by.address)?;
            Err(DfnsError::Unauthorized)
        }
        Err(error) => Err(error),
    }
}

/// Log out: the session ends for good.
///
/// Long-lived tokens are switched off under `/auth/pats`, not here.
#[utoipa::path(
    put, path = "/auth/logout", tag = description::AUTH, security(("Bearer" = [])),
    responses(
        (status = 200, description = "It is over.", body = Message),
        (status = 401, description = "No access token, or one that is not let in.", body = AuthProblem),
        (status = 403, description = "Not a session.", body = AuthProblem),
        (status = 429, description = "Too often.", body = AuthProblem),
        (status = 503, description = "Too much is going on, or the end is not settled yet.", body = AuthProblem),
    ),
)]
pub(super) async fn logout(
    State(app): State<App>,
    request: Request,
) -> Result<Json<Message>, DfnsError> {
    let call = Call::open(&app, request).await?;
    call.by_a_person("Auth:Logout")?;
    let caller = &call.caller;
    app.access
        .close_session(&caller.account, &caller.by)
        .await?;
    app.settled().await?;
    Ok(Json(Message::SUCCESS))
}

/// For whom passkeys sign here.
pub(super) fn party(app: &App) -> Option<Party> {
    app.access.relying_party().map(|party| Party {
        id: party.id.clone(),
        name: party.name.clone(),
    })
}
