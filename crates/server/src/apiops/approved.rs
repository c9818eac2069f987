//! A request that may change something: its body, and the approval that a tenant may demand.

use access::{AccessError, ActionError, ActionRequest, Approval, ApprovalRule, Right};
use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use super::error::ApiopsError;
use crate::asking::{Asked, Asker};
use crate::json;
use crate::leave::USER_ACTION_HEADER;
use crate::state::App;
use crate::studio::{media_type, read_body};

/// What a request without a good approval is told.
const NOT_APPROVED: &str = "user action signature is missing or invalid";

/// A request that is approved, or that needs no approval.
pub(super) struct Approved {
    body: Bytes,
    approval: Option<Approval>,
}

impl Approved {
    /// Reads the body, and uses the user action where the tenant demands one.
    pub(super) async fn of(
        app: &App,
        parts: &Parts,
        body: Body,
        asker: &Asker,
    ) -> Result<Approved, ApiopsError> {
        let rule = app.access.approval_rule(&asker.caller.tenant);
        let rule = rule.map_err(|error| ApiopsError::internal(&error))?;
        let body = read_body(body, app.limits.body_bytes).await?;
        let approval = match rule {
            ApprovalRule::Off => None,
            ApprovalRule::On => Some(spend(app, parts, &body, asker).await?),
        };
        Ok(Approved { body, approval })
    }

    /// The body as a JSON object of a type, also of a DELETE.
    pub(super) fn json_body<T: DeserializeOwned>(
        &self,
        app: &App,
        headers: &HeaderMap,
    ) -> Result<T, ApiopsError> {
        if self.body.is_empty() {
            return Err(ApiopsError::bad_request("The request has no body"));
        }
        if media_type(headers).as_deref() != Some("application/json") {
            let text = "Content-Type should be application/json";
            return Err(ApiopsError::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
        }
        json::parse(&self.body, app.limits.json_depth)
            .and_then(json::typed)
            .map_err(|error| ApiopsError::bad_request(error.to_string()))
    }

    /// Whether the one who asks still may: their own end, or that of the approval, may have come meanwhile.
    pub(super) fn still(&self, app: &App, asker: &Asker) -> Result<(), ApiopsError> {
        app.access.recheck(&asker.caller).map_err(Asked::from)?;
        match &self.approval {
            None => Ok(()),
            Some(approval) => app.access.still_approved(approval).map_err(not_approved),
        }
    }
}

async fn spend(
    app: &App,
    parts: &Parts,
    body: &Bytes,
    asker: &Asker,
) -> Result<Approval, ApiopsError> {
    let mut given = parts.headers.get_all(USER_ACTION_HEADER).iter();
    let text = match (given.next(), given.next()) {
        (Some(text), None) => text.to_str().unwrap_or("?"),
        (None, _) | (Some(_), Some(_)) => return Err(ApiopsError::Forbidden(NOT_APPROVED.into())),
    };
    let request = ActionRequest {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query(),
        body,
    };
    let for_whom = (&asker.caller, Some(Right::ClientsManage));
    let spent = app.access.spend_action(text, &request, for_whom, &asker.by);
    spent.await.map_err(not_approved)
}

fn not_approved(error: ActionError) -> ApiopsError {
    match error {
        ActionError::Busy | ActionError::Access(AccessError::Busy) => {
            ApiopsError::Unavailable(error.to_string())
        }
        ActionError::Access(error) => ApiopsError::internal(&error),
        _ => ApiopsError::Forbidden(NOT_APPROVED.into()),
    }
}
