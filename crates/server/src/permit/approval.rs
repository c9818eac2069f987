//! A user action that comes with a request: the approval of this one request by a person.

use access::{AccessError, ActionError, ActionRequest, Approval, Right};
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::HeaderMap;
use registrar::PermitDenied;
use zeroize::Zeroizing;

use crate::app::App;
use crate::authentication::Asker;
use crate::dialect::cheqd_studio::{StudioError, read_body};

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

    /// Takes it from a request, which is handed on as it came. Only the body of a request that carries one is read.
    ///
    /// # Errors
    /// 413 when the body is too long, 400 when it breaks off.
    pub async fn of(
        request: Request,
        body_bytes_max: usize,
    ) -> Result<(GivenAction, Request), StudioError> {
        let text = given(request.headers());
        if matches!(text, Given::None) {
            return Ok((GivenAction::none(), request));
        }
        let (parts, body) = request.into_parts();
        let body = read_body(body, body_bytes_max).await?;
        let action = GivenAction {
            text,
            method: parts.method.as_str().to_owned(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            body: body.clone(),
        };
        Ok((action, Request::from_parts(parts, Body::from(body))))
    }

    /// Whether one came.
    pub(super) fn is_given(&self) -> bool {
        !matches!(self.text, Given::None)
    }

    /// Uses it for what needs this right.
    pub(super) async fn spend(
        &self,
        app: &App,
        asker: &Asker,
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
        let for_whom = (&asker.caller, Some(right));
        let spent = app
            .access
            .spend_action(text, &request, for_whom, &asker.by)
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
