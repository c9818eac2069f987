//! A request that may change something: its body, and the approval that a tenant may demand.

use access::{AccessError, ActionError, ActionRequest, Approval, ApprovalRule, Right};
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use super::error::VaultFault;
use super::fields::Fields;
use crate::asking::{Asked, Asker};
use crate::leave::USER_ACTION_HEADER;
use crate::state::App;
use crate::studio::read_body;

/// What a request without a good approval is told.
const NOT_APPROVED: &str =
    "The tenant demands a user action (X-DFNS-USERACTION): it is missing or invalid";

/// A request that is approved, or that needs no approval.
pub(super) struct Approved {
    headers: HeaderMap,
    body: Bytes,
    approval: Option<Approval>,
}

impl Approved {
    /// Reads the body, and uses the user action where the tenant demands one.
    pub(super) async fn of(
        app: &App,
        request: Request,
        asker: &Asker,
    ) -> Result<Approved, VaultFault> {
        let rule = app.access.approval_rule(&asker.caller.tenant)?;
        let (parts, body) = request.into_parts();
        let body = read_body(body, app.limits.body_bytes).await?;
        let approval = match rule {
            ApprovalRule::Off => None,
            ApprovalRule::On => Some(spend(app, &parts, &body, asker).await?),
        };
        Ok(Approved {
            headers: parts.headers,
            body,
            approval,
        })
    }

    /// The members of the body.
    pub(super) fn fields(&self, app: &App) -> Result<Fields, VaultFault> {
        Fields::read(&self.headers, &self.body, app.limits.json_depth)
    }

    /// Whether the one who asks still may: their own end, or that of the approval, may have come meanwhile.
    pub(super) fn still(&self, app: &App, asker: &Asker) -> Result<(), VaultFault> {
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
) -> Result<Approval, VaultFault> {
    let mut given = parts.headers.get_all(USER_ACTION_HEADER).iter();
    let text = match (given.next(), given.next()) {
        (Some(text), None) => text.to_str().unwrap_or("?"),
        (None, _) | (Some(_), Some(_)) => return Err(VaultFault::Forbidden(NOT_APPROVED.into())),
    };
    let request = ActionRequest {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query(),
        body,
    };
    let for_whom = (&asker.caller, Some(Right::VaultManage));
    let spent = app.access.spend_action(text, &request, for_whom, &asker.by);
    spent.await.map_err(not_approved)
}

fn not_approved(error: ActionError) -> VaultFault {
    match error {
        ActionError::Busy | ActionError::Access(AccessError::Busy) => {
            VaultFault::Unavailable(error.to_string())
        }
        ActionError::Access(error) => VaultFault::internal(&error),
        _ => VaultFault::Forbidden(NOT_APPROVED.into()),
    }
}
