//! A request that may change what a tenant manages: its body, and the approval that the tenant may demand.

use access::{AccessError, Approval, ApprovalRule, Right};
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::HeaderMap;

use super::approval::{GivenAction, NotApproved};
use crate::app::App;
use crate::authentication::{Asked, Asker};
use crate::dialect::cheqd_studio::{StudioError, read_body};

/// A request that is approved, or that needs no approval.
pub struct Approved {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, within the limit.
    pub body: Bytes,
    approval: Option<Approval>,
}

impl Approved {
    /// Reads the body, and uses the user action where the tenant demands one for what needs this right.
    ///
    /// # Errors
    /// [`Unapproved`] says whose fault it is; each dialect has its own shape for it.
    pub async fn of(
        app: &App,
        request: Request,
        asker: &Asker,
        right: Right,
    ) -> Result<Approved, Unapproved> {
        let rule = app.access.approval_rule(&asker.caller.tenant)?;
        let bytes_max = app.limits.body_bytes;
        let (action, request) = GivenAction::of(request, bytes_max).await?;
        let (parts, body) = request.into_parts();
        let body = read_body(body, bytes_max).await?;
        let approval = match rule {
            ApprovalRule::Off => None,
            ApprovalRule::On => Some(action.spend(app, asker, right).await?),
        };
        Ok(Approved {
            headers: parts.headers,
            body,
            approval,
        })
    }

    /// Whether the one who asks still may: their own end, or that of the approval, may have come meanwhile.
    ///
    /// # Errors
    /// [`Unapproved::Caller`] or [`Unapproved::Action`].
    pub fn still(&self, app: &App, asker: &Asker) -> Result<(), Unapproved> {
        app.access.recheck(&asker.caller).map_err(Asked::from)?;
        match &self.approval {
            None => Ok(()),
            Some(approval) => {
                let still = app.access.still_approved(approval);
                still.map_err(|error| Unapproved::Action(error.into()))
            }
        }
    }
}

/// Why a request may not change anything.
#[derive(Debug, thiserror::Error)]
pub enum Unapproved {
    /// Its body cannot be taken.
    #[error(transparent)]
    Body(#[from] StudioError),
    /// The one who asks may not, or not any more.
    #[error(transparent)]
    Caller(#[from] Asked),
    /// It could not be found out whether an approval is needed.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// An approval is needed, and this is none.
    #[error(transparent)]
    Action(#[from] NotApproved),
}
