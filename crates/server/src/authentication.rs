//! Who is asking, in every dialect: `x-api-key`, `Authorization: Bearer` or `Authorization: Basic`, one of them, once.

mod asked;
mod presented;

use std::net::{IpAddr, SocketAddr};

use access::{Caller, MissingRight, Right};
use audit::Attribution;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::Extensions;
use axum::http::request::Parts;

use crate::app::App;
use crate::http::layer::{Dialect, RequestId};

pub use asked::{Asked, Refused};
pub use presented::API_KEY_HEADER;
use presented::{Basic, Shown};

/// Who is asking. A request without it is refused before its handler runs, in the shape of its dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asker {
    /// Who.
    pub caller: Caller,
    /// The same, with the request and where it came from, for the audit log.
    pub by: Attribution,
}

impl Asker {
    /// The tenant's id, as the registrar and the keystore take it.
    pub fn tenant(&self) -> &str {
        self.caller.tenant.as_str()
    }

    /// Refuses one who may not do something.
    ///
    /// # Errors
    /// [`MissingRight`]; every dialect has its own form of it.
    pub fn require(&self, right: Right) -> Result<(), MissingRight> {
        self.caller.require(right)
    }
}

impl FromRequestParts<App> for Asker {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Asker, Refused> {
        let dialect = Dialect::of(parts.uri.path());
        ask(app, parts, None)
            .await
            .map_err(|asked| Refused { asked, dialect })
    }
}

/// Who is asking, and whether they may: for handlers that answer in a shape of their own.
///
/// # Errors
/// [`Asked`].
pub async fn ask(app: &App, parts: &Parts, right: Option<Right>) -> Result<Asker, Asked> {
    let asker = heard(app, parts, Shown::of(&parts.headers)?).await?;
    if let Some(right) = right {
        asker.require(right)?;
    }
    Ok(asker)
}

/// Who has this username and password, where a request carries them in its body instead of a header.
///
/// # Errors
/// [`Asked`].
pub async fn ask_password(
    app: &App,
    parts: &Parts,
    username: &str,
    password: &str,
) -> Result<Asker, Asked> {
    heard(app, parts, Shown::Basic(Basic::new(username, password)?)).await
}

async fn heard(app: &App, parts: &Parts, shown: Shown<'_>) -> Result<Asker, Asked> {
    let address = peer(parts);
    let caller = match authenticate(app, shown, address).await {
        Ok(caller) => caller,
        Err(asked) => {
            if asked.is_wrong_credential() {
                app.rates.login_failed(address)?;
            }
            return Err(asked);
        }
    };
    app.rates.request(&caller)?;
    let by = Attribution {
        actor: caller.attribution(),
        request_id: request_id(parts),
        address,
    };
    Ok(Asker { caller, by })
}

async fn authenticate(
    app: &App,
    shown: Shown<'_>,
    address: Option<IpAddr>,
) -> Result<Caller, Asked> {
    Ok(match shown {
        Shown::ApiKey(secret) => app.access.authenticate(access::Presented::ApiKey(secret))?,
        Shown::Bearer(token) => {
            let caller = app.access.authenticate(access::Presented::Bearer(token))?;
            app.access.recheck_address(&caller, address)?;
            caller
        }
        Shown::Basic(basic) => {
            app.rates.login(address)?;
            // Hashing a password takes long and much memory: few at once, on threads that may wait.
            let place = app.gate.password().await.map_err(|_| Asked::Busy)?;
            let access = app.access.clone();
            let hashing = tokio::task::spawn_blocking(move || {
                let _place = place;
                access.authenticate(basic.presented(address))
            });
            hashing.await.map_err(|_| Asked::Unavailable)??
        }
    })
}

/// The attribution of a request that nobody is known for: what it does is still audited.
pub fn anonymous(parts: &Parts) -> Attribution {
    Attribution {
        actor: audit::Actor::Anonymous,
        request_id: request_id(parts),
        address: peer(parts),
    }
}

fn request_id(parts: &Parts) -> Option<String> {
    let id = parts.extensions.get::<RequestId>();
    id.map(|id| id.as_str().to_owned())
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
