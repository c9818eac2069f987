//! `/v1/webhooks`: told at once when a DID changes (Standard Webhooks).

use access::Right;
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use did::Did;
use publication::{
    CredentialProblem, Filter, NewSubscription, Registered, Subscription, SubscriptionState,
    WebhookError,
};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vault::{IntegrationId, SecretId};

use super::error::{AtroposError, NativeProblem};
use super::request::json_body;
use crate::app::App;
use crate::authentication::Caller;
use crate::http::description;
use crate::secret::webhooks as bindings;
use clock::rfc3339_ms;

/// A webhook to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookRequest {
    /// Where the messages go.
    pub url: String,
    /// Only changes of these DIDs, 1 to 1,000; of all without it.
    pub dids: Option<Vec<String>>,
    /// The credential of the vault that its messages are sent with. Whoever names one must be allowed to read it.
    #[serde(rename = "credentialId")]
    pub credential_id: Option<String>,
    /// What the webhook is called where the vault counts integrations; its id without it.
    #[serde(rename = "integrationId")]
    pub integration_id: Option<String>,
}

/// A webhook.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    /// Its id.
    pub id: String,
    /// Where the messages go.
    pub url: String,
    /// Only changes of these DIDs; of all where this is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dids: Option<Vec<String>>,
    /// What it is called where the vault counts integrations.
    pub integration_id: String,
    /// The credential that its messages are sent with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential_id: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// The key that its messages are signed with: `whpk_` and base64 (Standard Webhooks, `v1a`).
    pub public_key: String,
    /// Whether messages are sent: `active`, `failing`, `held` (its credential cannot be used), `disabled`.
    pub state: &'static str,
    /// What is in the way, since when, and when it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<WebhookProblem>,
}

/// Why messages do not arrive.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookProblem {
    /// Its name, where it has one: `credential_inactive`, `credential_expired`, `credential_deleted`,
    /// `credential_unknown`, `credential_unfit`, `credential_unavailable`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// What the last attempt met with.
    pub reason: String,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Attempts since then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u64>,
    /// When it is tried again; absent when it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_attempt: Option<String>,
}

/// The webhooks of an account.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookList {
    /// The oldest first.
    pub webhooks: Vec<Webhook>,
}

/// Make a webhook.
///
/// Each change is sent as a signed message with the receipt of the DID in it; verify the receipt, the message is but
/// the hint.
#[utoipa::path(
    post, path = "/v1/webhooks", tag = description::WEBHOOKS,
    request_body = WebhookRequest,
    responses(
        (status = 201, description = "It is made; messages begin with what is accepted from now on.", body = Webhook),
        (status = 400, description = "An address that is not used, or unusable DIDs.", body = NativeProblem),
        (status = 401, description = "No credential, or none that is accepted.", body = NativeProblem),
        (status = 403, description = "The credential lacks the permission for it.", body = NativeProblem),
        (status = 409, description = "There are too many already, the integrationId is taken, or the credential \
            cannot be used.", body = NativeProblem),
    ),
)]
pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Result<Response, AtroposError> {
    caller.require(Right::WebhooksManage)?;
    let asked: WebhookRequest = json_body(&app, request).await?;
    let credential = credential(&app, &caller, asked.credential_id)?;
    let subscription = NewSubscription {
        url: asked.url,
        filter: filter(asked.dids)?,
        integration: asked.integration_id.map(integration).transpose()?,
        credential: credential.as_ref().map(ToString::to_string),
    };
    let webhooks = app.publication.webhooks();
    let (by, tenant) = (caller.by.clone(), caller.account.tenant.clone());
    let also = move |connection: &Connection, registered: &Registered| {
        bindings::made(connection, &by, &tenant, registered)
    };
    let made = webhooks
        .subscribe_with(caller.tenant(), subscription, also)
        .await?;
    let location = HeaderValue::from_str(&format!("/v1/webhooks/{}", made.id));
    let mut response = (StatusCode::CREATED, Json(shown(made))).into_response();
    if let Ok(location) = location {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// List the webhooks of this account.
#[utoipa::path(
    get, path = "/v1/webhooks", tag = description::WEBHOOKS,
    responses(
        (status = 200, description = "All of them, at most 20.", body = WebhookList),
        (status = 401, description = "No credential, or none that is accepted.", body = NativeProblem),
        (status = 403, description = "The credential lacks the permission for it.", body = NativeProblem),
    ),
)]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<WebhookList>, AtroposError> {
    caller.require(Right::WebhooksRead)?;
    let webhooks = app.publication.webhooks().list(caller.tenant())?;
    let webhooks = webhooks.into_iter().map(shown).collect();
    Ok(Json(WebhookList { webhooks }))
}

/// Get a webhook: whether its messages arrive.
#[utoipa::path(
    get, path = "/v1/webhooks/{id}", tag = description::WEBHOOKS,
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "The webhook.", body = Webhook),
        (status = 401, description = "No credential, or none that is accepted.", body = NativeProblem),
        (status = 403, description = "The credential lacks the permission for it.", body = NativeProblem),
        (status = 404, description = "This account has no such webhook.", body = NativeProblem),
    ),
)]
pub(super) async fn read(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Webhook>, AtroposError> {
    caller.require(Right::WebhooksRead)?;
    let webhooks = app.publication.webhooks();
    let found = webhooks.subscription(caller.tenant(), &id)?;
    Ok(Json(shown(found)))
}

/// Send messages again after they were given up.
#[utoipa::path(
    post, path = "/v1/webhooks/{id}", tag = description::WEBHOOKS,
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "Messages are sent, those that were held back first.", body = Webhook),
        (status = 401, description = "No credential, or none that is accepted.", body = NativeProblem),
        (status = 403, description = "The credential lacks the permission for it.", body = NativeProblem),
        (status = 404, description = "This account has no such webhook.", body = NativeProblem),
    ),
)]
pub(super) async fn enable(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Webhook>, AtroposError> {
    caller.require(Right::WebhooksManage)?;
    let webhooks = app.publication.webhooks();
    let (by, tenant, webhook) = (caller.by.clone(), caller.account.tenant.clone(), id.clone());
    let also = move |connection: &Connection| bindings::enabled(connection, &by, &tenant, &webhook);
    let enabled = webhooks.enable_with(caller.tenant(), &id, also).await?;
    Ok(Json(shown(enabled)))
}

/// Remove a webhook.
#[utoipa::path(
    delete, path = "/v1/webhooks/{id}", tag = description::WEBHOOKS,
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 204, description = "It is gone; a message that is under way may still arrive."),
        (status = 401, description = "No credential, or none that is accepted.", body = NativeProblem),
        (status = 403, description = "The credential lacks the permission for it.", body = NativeProblem),
        (status = 404, description = "This account has no such webhook.", body = NativeProblem),
    ),
)]
pub(super) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, AtroposError> {
    caller.require(Right::WebhooksManage)?;
    let webhooks = app.publication.webhooks();
    let (by, tenant, webhook) = (caller.by.clone(), caller.account.tenant.clone(), id.clone());
    let also = move |connection: &Connection| bindings::removed(connection, &by, &tenant, &webhook);
    webhooks
        .unsubscribe_with(caller.tenant(), &id, also)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The credential that is named. A webhook hands it to whatever receiver its maker names, so the maker must be allowed
/// to read it.
fn credential(
    app: &App,
    caller: &Caller,
    asked: Option<String>,
) -> Result<Option<SecretId>, AtroposError> {
    let Some(text) = asked else {
        return Ok(None);
    };
    let id = SecretId::parse(&text).ok_or_else(|| {
        AtroposError::malformed(None, "credentialId should be `cred-` and a UUID")
    })?;
    caller.require(Right::VaultReveal)?;
    bindings::check(app, &caller.account.tenant, &id)?;
    Ok(Some(id))
}

fn integration(text: String) -> Result<String, AtroposError> {
    let reason = "integrationId should be 1 to 128 of A-Z a-z 0-9 . _ : -";
    match IntegrationId::parse(&text) {
        Some(_) => Ok(text),
        None => Err(AtroposError::malformed(None, reason)),
    }
}

fn filter(dids: Option<Vec<String>>) -> Result<Filter, AtroposError> {
    let Some(dids) = dids else {
        return Ok(Filter::All);
    };
    let dids = (0..).zip(&dids).map(|(position, text)| {
        Did::parse(text).map_err(|error| {
            AtroposError::malformed(Some(position), format!("this is not a DID: {error}"))
        })
    });
    Ok(Filter::Dids(dids.collect::<Result<_, _>>()?))
}

fn shown(subscription: Subscription) -> Webhook {
    let (state, problem) = match subscription.state {
        SubscriptionState::Active { failing: None } => ("active", None),
        SubscriptionState::Active {
            failing: Some(failing),
        } => {
            let problem = WebhookProblem {
                code: None,
                reason: failing.reason,
                since: Some(rfc3339_ms(failing.since_ms)),
                attempts: Some(u64::from(failing.attempts)),
                next_attempt: Some(rfc3339_ms(failing.next_attempt_ms)),
            };
            ("failing", Some(problem))
        }
        SubscriptionState::Held(problem) => {
            let problem = WebhookProblem {
                code: Some(problem.name()),
                reason: problem.to_string(),
                since: None,
                attempts: None,
                next_attempt: None,
            };
            ("held", Some(problem))
        }
        SubscriptionState::Disabled { at_ms, reason } => {
            let problem = WebhookProblem {
                code: None,
                reason,
                since: Some(rfc3339_ms(at_ms)),
                attempts: None,
                next_attempt: None,
            };
            ("disabled", Some(problem))
        }
    };
    Webhook {
        id: subscription.id,
        url: subscription.url,
        dids: match subscription.filter {
            Filter::All => None,
            Filter::Dids(dids) => Some(dids.iter().map(Did::to_string).collect()),
        },
        integration_id: subscription.integration,
        credential_id: subscription.credential,
        created_at: rfc3339_ms(subscription.created_ms),
        public_key: subscription.public_key,
        state,
        problem,
    }
}

impl From<WebhookError> for AtroposError {
    fn from(error: WebhookError) -> AtroposError {
        let text = error.to_string();
        match error {
            WebhookError::NotFound => AtroposError::NotFound(text),
            WebhookError::Url(_) | WebhookError::DidCount { .. } | WebhookError::NoLog(_) => {
                AtroposError::malformed(None, text)
            }
            WebhookError::Credential(CredentialProblem::Unfit(_) | CredentialProblem::Unknown) => {
                AtroposError::malformed(None, text)
            }
            WebhookError::Credential(CredentialProblem::Unavailable) => {
                AtroposError::Unavailable(text)
            }
            WebhookError::TooMany { .. }
            | WebhookError::IntegrationTaken
            | WebhookError::Credential(_) => AtroposError::Conflict(text),
            WebhookError::Busy | WebhookError::Full => AtroposError::Unavailable(text),
            WebhookError::Store(error) => AtroposError::internal(error.as_ref()),
        }
    }
}
