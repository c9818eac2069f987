//! One request of this dialect: who asks, the body as it was sent, and the approval that came with it.

use std::ops::Deref;

use access::{ActionRequest, Approval, Principal, Right, TokenKind, UserId, kind_name};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request};
use serde::de::DeserializeOwned;

use super::error::DfnsError;
use super::nonce;
use crate::app::App;
use crate::authentication::{Caller, authenticate};
use crate::http::request::Received;
use crate::permit::USER_ACTION_HEADER;

/// The id in a path, or why it cannot be read: that is said only to those who may ask.
pub(super) type IdInPath = Result<Path<String>, PathRejection>;

/// A request with an access token.
pub(super) struct Call {
    app: App,
    pub(super) caller: Caller,
    pub(super) user: UserId,
    kind: TokenKind,
    sent: Sent,
}

/// What was sent.
pub(super) struct Sent(Received);

impl Deref for Sent {
    type Target = Received;

    fn deref(&self) -> &Received {
        &self.0
    }
}

impl Sent {
    /// Reads a request.
    pub(super) async fn read(app: &App, request: Request) -> Result<Sent, DfnsError> {
        nonce::pass(&app.gate.nonces, request.headers())?;
        Ok(Sent(Received::read(&app.gate, request).await?))
    }

    /// The body as a type.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, DfnsError> {
        Ok(self.typed()?)
    }

    /// Refuses a body with members, where there is nothing to say.
    pub(super) fn nothing(&self) -> Result<(), DfnsError> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Nothing {}
        if self.body.is_empty() {
            return Ok(());
        }
        self.json().map(|Nothing {}| ())
    }
}

impl Call {
    /// Lets the request in, or not. An API key or a password opens nothing here: there is no user behind it.
    pub(super) async fn open(app: &App, request: Request) -> Result<Call, DfnsError> {
        let (parts, body) = request.into_parts();
        let caller = authenticate(app, &parts, None).await?;
        let (user, kind) = match &caller.account.principal {
            Principal::Token { user, kind, .. } => (user.clone(), *kind),
            Principal::ApiKey(_) | Principal::Client { .. } => return Err(DfnsError::Unauthorized),
        };
        let sent = Sent::read(app, Request::from_parts(parts, body)).await?;
        Ok(Call {
            app: app.clone(),
            caller,
            user,
            kind,
            sent,
        })
    }

    /// Refuses all tokens but those that people log in with.
    pub(super) fn by_a_person(&self, operation: &'static str) -> Result<(), DfnsError> {
        match self.kind {
            TokenKind::Session => Ok(()),
            TokenKind::Pat | TokenKind::ServiceAccount | TokenKind::Client => {
                Err(self.forbidden(operation))
            }
        }
    }

    /// Refuses those who may not.
    pub(super) fn with(&self, right: Right) -> Result<(), DfnsError> {
        let lacking = self.caller.require(right);
        lacking.map_err(|lacking| self.forbidden(lacking.right.as_str()))
    }

    /// Uses the user action of the request up.
    pub(super) async fn approved(&self) -> Result<Approval, DfnsError> {
        let mut given = self.sent.parts.headers.get_all(USER_ACTION_HEADER).iter();
        let text = match (given.next(), given.next()) {
            (Some(text), None) => text.to_str().unwrap_or("?"),
            (None, _) => return Err(DfnsError::user_action("the request has none")),
            (Some(_), Some(_)) => return Err(DfnsError::user_action("the request has several")),
        };
        let uri = &self.sent.parts.uri;
        let request = ActionRequest {
            method: self.sent.parts.method.as_str(),
            path: uri.path(),
            query: uri.query(),
            body: &self.sent.body,
        };
        let for_whom = (&self.caller.account, None);
        let access = &self.app.access;
        let approval = access
            .spend_action(text, &request, for_whom, &self.caller.by)
            .await?;
        Ok(approval)
    }

    /// What was sent.
    pub(super) fn sent(&self) -> &Sent {
        &self.sent
    }

    fn forbidden(&self, operation: &'static str) -> DfnsError {
        DfnsError::Forbidden {
            who: format!("{} {}", kind_name(self.kind), self.user),
            operation,
        }
    }
}
