//! One request of this dialect: who asks, the body as it was sent, and the approval that came with it.

use access::{ActionRequest, Approval, Principal, Right, TokenKind, UserId, kind_name};
use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::error::AuthError;
use crate::app::App;
use crate::authentication::{Asker, ask};
use crate::dialect::cheqd_studio::{media_type, read_body};
use crate::http::request::json;
use crate::permit::USER_ACTION_HEADER;

/// The id in a path, or why it cannot be read: that is said only to those who may ask.
pub(super) type IdInPath = Result<Path<String>, PathRejection>;

/// A request with an access token.
pub(super) struct Call {
    app: App,
    pub(super) asker: Asker,
    pub(super) user: UserId,
    kind: TokenKind,
    sent: Sent,
}

/// What was sent.
pub(super) struct Sent {
    pub(super) parts: Parts,
    body: Bytes,
    json_depth_max: usize,
}

impl Sent {
    /// Reads a request.
    pub(super) async fn read(app: &App, request: Request) -> Result<Sent, AuthError> {
        let (parts, body) = request.into_parts();
        app.gate.nonces.pass(&parts.headers)?;
        let body = read_body(body, app.limits.body_bytes).await?;
        Ok(Sent {
            parts,
            body,
            json_depth_max: app.limits.json_depth,
        })
    }

    /// The body as a type.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, AuthError> {
        if media_type(&self.parts.headers).as_deref() != Some("application/json") {
            let text = "Content-Type should be application/json";
            return Err(AuthError::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
        }
        json::parse(&self.body, self.json_depth_max)
            .and_then(json::typed)
            .map_err(|error| AuthError::bad_request(error.to_string()))
    }

    /// Refuses a body with members, where there is nothing to say.
    pub(super) fn nothing(&self) -> Result<(), AuthError> {
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
    pub(super) async fn open(app: &App, request: Request) -> Result<Call, AuthError> {
        let (parts, body) = request.into_parts();
        let asker = ask(app, &parts, None).await?;
        let (user, kind) = match &asker.caller.principal {
            Principal::Token { user, kind, .. } => (user.clone(), *kind),
            Principal::ApiKey(_) | Principal::Client { .. } => return Err(AuthError::Unauthorized),
        };
        let sent = Sent::read(app, Request::from_parts(parts, body)).await?;
        Ok(Call {
            app: app.clone(),
            asker,
            user,
            kind,
            sent,
        })
    }

    /// Refuses all tokens but those that people log in with.
    pub(super) fn by_a_person(&self, operation: &'static str) -> Result<(), AuthError> {
        match self.kind {
            TokenKind::Session => Ok(()),
            TokenKind::Pat | TokenKind::ServiceAccount | TokenKind::Client => {
                Err(self.forbidden(operation))
            }
        }
    }

    /// Refuses those who may not.
    pub(super) fn with(&self, right: Right) -> Result<(), AuthError> {
        let lacking = self.asker.require(right);
        lacking.map_err(|lacking| self.forbidden(lacking.right.as_str()))
    }

    /// Uses the user action of the request up.
    pub(super) async fn approved(&self) -> Result<Approval, AuthError> {
        let mut given = self.sent.parts.headers.get_all(USER_ACTION_HEADER).iter();
        let text = match (given.next(), given.next()) {
            (Some(text), None) => text.to_str().unwrap_or("?"),
            (None, _) => return Err(AuthError::user_action("the request has none")),
            (Some(_), Some(_)) => return Err(AuthError::user_action("the request has several")),
        };
        let uri = &self.sent.parts.uri;
        let request = ActionRequest {
            method: self.sent.parts.method.as_str(),
            path: uri.path(),
            query: uri.query(),
            body: &self.sent.body,
        };
        let for_whom = (&self.asker.caller, None);
        let access = &self.app.access;
        let approval = access
            .spend_action(text, &request, for_whom, &self.asker.by)
            .await?;
        Ok(approval)
    }

    /// What was sent.
    pub(super) fn sent(&self) -> &Sent {
        &self.sent
    }

    fn forbidden(&self, operation: &'static str) -> AuthError {
        AuthError::Forbidden {
            who: format!("{} {}", kind_name(self.kind), self.user),
            operation,
        }
    }
}
