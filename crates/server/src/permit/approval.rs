//! A user action that comes with a request: the approval of this one request by a person.

use access::{AccessError, ActionError, ActionRequest, Approval, Right};
use axum::body::Bytes;
use axum::http::HeaderMap;
use registrar::PermitDenied;
use zeroize::Zeroizing;

use crate::app::App;
use crate::authentication::Caller;
use crate::http::request::Received;

/// The header that carries a user action.
pub const USER_ACTION_HEADER: &str = "x-dfns-useraction";

/// What to do without an approval. The texts of refusals end with it.
const HOW: &str = "Have this very request signed by an active credential of the tenant (POST /auth/action/init, POST \
                   /auth/action) and send it again with the header X-DFNS-USERACTION.";

/// The user action that came with a request, if one did, and what it has to be for.
pub struct GivenAction {
    text: Given,
    method: String,
    path: String,
    query: Option<String>,
    body: Bytes,
}

enum Given {
    None,
    /// Used when it is needed, and then once and for all.
    One(Zeroizing<String>),
    Several,
}

impl GivenAction {
    /// No action: for requests that need none.
    pub(super) fn none() -> GivenAction {
        GivenAction {
            text: Given::None,
            method: String::new(),
            path: String::new(),
            query: None,
            body: Bytes::new(),
        }
    }

    /// The one of a request, whose body it was signed over.
    pub fn of(received: &Received) -> GivenAction {
        let parts = &received.parts;
        GivenAction {
            text: given(&parts.headers),
            method: parts.method.as_str().to_owned(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            body: received.body.clone(),
        }
    }

    /// Whether one came.
    pub(super) fn is_given(&self) -> bool {
        !matches!(self.text, Given::None)
    }

    /// Uses it for what needs this right.
    pub(super) async fn spend(
        &self,
        app: &App,
        caller: &Caller,
        right: Right,
    ) -> Result<Approval, NotApproved> {
        let text = match &self.text {
            Given::One(text) => text,
            Given::Several => return Err(NotApproved::Several),
            Given::None => return Err(NotApproved::Missing),
        };
        let request = ActionRequest {
            method: &self.method,
            path: &self.path,
            query: self.query.as_deref(),
            body: &self.body,
        };
        let for_whom = (&caller.account, Some(right));
        let spent = app
            .access
            .spend_action(text, &request, for_whom, &caller.by)
            .await;
        Ok(spent?)
    }
}

/// Why a request is not approved.
#[derive(Debug, thiserror::Error)]
pub enum NotApproved {
    /// No action came with it.
    #[error("no user action came with the request")]
    Missing,
    /// Several came with it.
    #[error("there are several X-DFNS-USERACTION headers")]
    Several,
    /// The one that came does not count.
    #[error("{0}")]
    Refused(ActionError),
    /// Too much is going on.
    #[error("{0}")]
    Busy(ActionError),
    /// It could not be found out.
    #[error("whether the request is approved could not be found out")]
    Unavailable(#[source] AccessError),
}

impl From<ActionError> for NotApproved {
    fn from(error: ActionError) -> NotApproved {
        match error {
            ActionError::Busy
            | ActionError::Access(AccessError::Store(store::StoreError::Busy)) => {
                NotApproved::Busy(error)
            }
            ActionError::Access(error) => NotApproved::Unavailable(error),
            error => NotApproved::Refused(error),
        }
    }
}

impl From<NotApproved> for PermitDenied {
    fn from(reason: NotApproved) -> PermitDenied {
        match reason {
            NotApproved::Missing => PermitDenied::NotApproved(format!(
                "Deactivations of this tenant have to be approved. {HOW}"
            )),
            NotApproved::Several => PermitDenied::NotApproved(format!(
                "There are several X-DFNS-USERACTION headers. {HOW}"
            )),
            NotApproved::Refused(error) => {
                PermitDenied::NotApproved(format!("It is not approved: {error}. {HOW}"))
            }
            NotApproved::Busy(_) => PermitDenied::Busy,
            NotApproved::Unavailable(error) => PermitDenied::Unavailable(Box::new(error)),
        }
    }
}

fn given(headers: &HeaderMap) -> Given {
    let mut all = headers.get_all(USER_ACTION_HEADER).iter();
    match (all.next(), all.next()) {
        (None, _) => Given::None,
        (Some(_), Some(_)) => Given::Several,
        // What is not text is no action that was ever given out.
        (Some(text), None) => Given::One(Zeroizing::new(text.to_str().unwrap_or("?").to_owned())),
    }
}
