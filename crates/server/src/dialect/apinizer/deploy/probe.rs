//! A login that the server makes itself.

use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;

use access::{AccessToken, Caller};
use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Request, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::app::App;
use crate::authentication::{AuthError, authenticate};

/// What came of a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// It was let in, as this.
    LetIn(Box<Caller>),
    /// It was refused.
    Refused,
    /// It could not be tried, for this reason. That is never the same as refused.
    Unanswered(String),
}

/// Tries logins at one node.
pub trait Probe: Send + Sync + 'static {
    /// Tries the token, as if it came from this address.
    fn token<'a>(
        &'a self,
        app: &'a App,
        token: &'a AccessToken,
        from: Option<IpAddr>,
    ) -> Pin<Box<dyn Future<Output = Login> + Send + 'a>>;

    /// Tries a username and password.
    fn password<'a>(
        &'a self,
        app: &'a App,
        username: &'a str,
        password: &'a str,
    ) -> Pin<Box<dyn Future<Output = Login> + Send + 'a>>;
}

/// Tries logins at this process: through [`authenticate`], as every request of every dialect.
pub struct SelfProbe;

impl Probe for SelfProbe {
    fn token<'a>(
        &'a self,
        app: &'a App,
        token: &'a AccessToken,
        from: Option<IpAddr>,
    ) -> Pin<Box<dyn Future<Output = Login> + Send + 'a>> {
        Box::pin(async move {
            let header = Zeroizing::new(format!("Bearer {}", token.reveal()));
            login(app, &header, from).await
        })
    }

    fn password<'a>(
        &'a self,
        app: &'a App,
        username: &'a str,
        password: &'a str,
    ) -> Pin<Box<dyn Future<Output = Login> + Send + 'a>> {
        Box::pin(async move {
            let both = Zeroizing::new(format!("{username}:{password}"));
            let header = Zeroizing::new(format!("Basic {}", STANDARD.encode(both.as_bytes())));
            login(app, &header, None).await
        })
    }
}

async fn login(app: &App, authorization: &str, from: Option<IpAddr>) -> Login {
    let Some(parts) = request(authorization, from) else {
        return Login::Unanswered("the login does not fit into a header".into());
    };
    match authenticate(app, &parts, None).await {
        Ok(caller) => Login::LetIn(Box::new(caller.account)),
        Err(AuthError::Unknown | AuthError::Revoked | AuthError::Inactive | AuthError::Expired) => {
            Login::Refused
        }
        Err(asked) => Login::Unanswered(asked.to_string()),
    }
}

/// The head of a request that shows this and nothing else.
fn request(authorization: &str, from: Option<IpAddr>) -> Option<Parts> {
    let mut value = HeaderValue::from_str(authorization).ok()?;
    value.set_sensitive(true);
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.headers.insert(header::AUTHORIZATION, value);
    if let Some(address) = from {
        parts
            .extensions
            .insert(ConnectInfo(SocketAddr::new(address, 0)));
    }
    Some(parts)
}
