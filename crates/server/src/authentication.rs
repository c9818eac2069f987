//! Who is calling, in every dialect: `x-api-key`, `Authorization: Bearer` or `Authorization: Basic`, one of them, once.

mod error;
mod presented;

use std::net::{IpAddr, SocketAddr};

use access::{MissingRight, Right};
use audit::Attribution;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::http::layer::Context;
use crate::http::{Fault, HttpError};

pub use error::AuthError;
pub use presented::API_KEY_HEADER;
use presented::{Basic, Shown};

/// An authenticated caller. As an extractor it refuses all others, and those without the rights that the description of
/// the route names, worded by the dialect of the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Whose credential it is, and what it may do.
    pub account: access::Caller,
    /// The same, with the request and where it came from, for the audit log.
    pub by: Attribution,
}

impl Caller {
    /// The tenant's id, as the registrar and the keystore take it.
    pub fn tenant(&self) -> &str {
        self.account.tenant.as_str()
    }

    /// Refuses a caller without this right.
    ///
    /// # Errors
    /// [`MissingRight`]; every dialect has its own form of it.
    pub fn require(&self, right: Right) -> Result<(), MissingRight> {
        self.account.require(right)
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Caller, Response> {
        let Some(context) = parts.extensions.get::<Context>() else {
            // Every route stands under the layer that knows what it needs.
            return Err(StatusCode::INTERNAL_SERVER_ERROR.into_response());
        };
        let permitted = permitted(app, parts, context).await;
        permitted.map_err(|error| context.wording.answer(error))
    }
}

/// The caller, who may do what the description of the route says.
async fn permitted(app: &App, parts: &Parts, context: &Context) -> Result<Caller, HttpError> {
    let route = context.route.as_ref().ok_or(Fault::Internal)?;
    let caller = authenticate(app, parts, None).await?;
    for right in &route.rights {
        caller.require(*right)?;
    }
    Ok(caller)
}

/// The caller, who may do what `right` says.
///
/// # Errors
/// [`AuthError`].
pub async fn authenticate(
    app: &App,
    parts: &Parts,
    right: Option<Right>,
) -> Result<Caller, AuthError> {
    let caller = verified(app, parts, Shown::of(&parts.headers)?).await?;
    if let Some(right) = right {
        caller.require(right)?;
    }
    Ok(caller)
}

/// The caller with this username and password, where a request carries them in its body instead of a header.
///
/// # Errors
/// [`AuthError`].
pub async fn authenticate_password(
    app: &App,
    parts: &Parts,
    username: &str,
    password: &str,
) -> Result<Caller, AuthError> {
    verified(app, parts, Shown::Basic(Basic::new(username, password)?)).await
}

async fn verified(app: &App, parts: &Parts, shown: Shown<'_>) -> Result<Caller, AuthError> {
    let address = peer(parts);
    let account = match account(app, shown, address).await {
        Ok(account) => account,
        Err(error) => {
            if error.is_wrong_credential() {
                app.rates.login_failed(address)?;
            }
            return Err(error);
        }
    };
    app.rates.request(&account)?;
    let by = Attribution {
        actor: account.attribution(),
        request_id: request_id(parts),
        address,
    };
    Ok(Caller { account, by })
}

async fn account(
    app: &App,
    shown: Shown<'_>,
    address: Option<IpAddr>,
) -> Result<access::Caller, AuthError> {
    Ok(match shown {
        Shown::ApiKey(secret) => app.access.authenticate(access::Presented::ApiKey(secret))?,
        Shown::Bearer(token) => {
            let account = app.access.authenticate(access::Presented::Bearer(token))?;
            app.access.recheck_address(&account, address)?;
            account
        }
        Shown::Basic(basic) => {
            app.rates.login(address)?;
            // Hashing a password takes long and much memory: few at once, on threads that may wait.
            let room = app.gate.password().await.map_err(|_| AuthError::Busy)?;
            let access = app.access.clone();
            let hashing = tokio::task::spawn_blocking(move || {
                let _room = room;
                access.authenticate(basic.presented(address))
            });
            hashing.await.map_err(|_| AuthError::Unavailable)??
        }
    })
}

/// The attribution of a request without a caller: what it does is still audited.
pub fn anonymous(parts: &Parts) -> Attribution {
    Attribution {
        actor: audit::Actor::Anonymous,
        request_id: request_id(parts),
        address: peer(parts),
    }
}

fn request_id(parts: &Parts) -> Option<String> {
    let context = parts.extensions.get::<Context>();
    context.map(|context| context.id.as_str().to_owned())
}

/// The other end of the connection. Headers that a proxy could have set are not believed: anyone can set them.
fn peer(parts: &Parts) -> Option<IpAddr> {
    peer_of(&parts.extensions)
}

/// The same, of a request that is not taken apart.
pub fn peer_of(extensions: &Extensions) -> Option<IpAddr> {
    let connection = extensions.get::<ConnectInfo<SocketAddr>>();
    connection.map(|ConnectInfo(peer)| peer.ip().to_canonical())
}
