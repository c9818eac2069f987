//! A request that may change what a tenant manages: its body, and the approval that the tenant may demand.

use std::ops::Deref;

use access::{AccessError, Approval, ApprovalRule, Right};
use axum::extract::Request;

use super::approval::{GivenAction, NotApproved};
use crate::app::App;
use crate::authentication::{AuthError, Caller};
use crate::http::HttpError;
use crate::http::request::Received;

/// A request that is approved, or that needs no approval.
pub struct Approved {
    received: Received,
    approval: Option<Approval>,
}

impl Deref for Approved {
    type Target = Received;

    fn deref(&self) -> &Received {
        &self.received
    }
}

impl Approved {
    /// Reads the body, and uses the user action where the tenant demands one for what needs this right.
    ///
    /// # Errors
    /// [`Unapproved`] says whose fault it is; each dialect has its own shape for it.
    pub async fn of(
        app: &App,
        request: Request,
        caller: &Caller,
        right: Right,
    ) -> Result<Approved, Unapproved> {
        let rule = app.access.approval_rule(&caller.account.tenant)?;
        let received = Received::read(&app.gate, request).await?;
        let approval = match rule {
            ApprovalRule::Off => None,
            ApprovalRule::On => {
                let action = GivenAction::of(&received);
                Some(action.spend(app, caller, right).await?)
            }
        };
        Ok(Approved { received, approval })
    }

    /// Whether caller and approval are still good: either may have been switched off meanwhile.
    ///
    /// # Errors
    /// [`Unapproved::Http`] or [`Unapproved::Action`].
    pub fn still(&self, app: &App, caller: &Caller) -> Result<(), Unapproved> {
        let known = app.access.recheck(&caller.account);
        known.map_err(|denied| HttpError::from(AuthError::from(denied)))?;
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
    /// Its body cannot be read, or its caller is not authenticated any more.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// Whether an approval is needed could not be found out.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// An approval is needed, and this is not one.
    #[error(transparent)]
    Action(#[from] NotApproved),
}
