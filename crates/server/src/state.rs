//! What handlers work with, and who is asking.

use std::ops::Deref;
use std::sync::Arc;

use access::{Access, AccessDenied, ApiKeyId, TenantId};
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use keystore::Keystore;
use ledger::Networks;
use publication::Publication;
use registrar::Registrar;
use resolver::Resolver;

use crate::config::{Limits, Origins};
use crate::gate::Gate;
use crate::metrics::{Metrics, OperationKind, Outcome};
use crate::studio::{BodyLimits, StudioError};

/// Everything that handlers use: the state of all routers. Clones share it.
#[derive(Clone)]
pub struct App(Arc<Services>);

/// The services of one server.
pub struct Services {
    /// The ledgers, one for each network that is served.
    pub networks: Networks,
    /// How DIDs change.
    pub registrar: Registrar,
    /// Who can sign.
    pub keystore: Keystore,
    /// Who may ask.
    pub access: Access,
    /// How DIDs are read.
    pub resolver: Resolver,
    /// How the logs become public.
    pub publication: Publication,
    /// Its settings.
    pub publication_settings: crate::config::Publication,
    /// What is limited for all clients together.
    pub gate: Gate,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Limits on requests.
    pub limits: Limits,
    /// Who may read from a browser.
    pub origins: Origins,
}

impl App {
    /// Shares the services.
    pub fn new(services: Services) -> App {
        App(Arc::new(services))
    }
}

impl Deref for App {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.0
    }
}

impl Services {
    /// Counts an operation that a route of this dialect was asked for, and hands its result on.
    ///
    /// # Errors
    /// The one that is handed in.
    pub fn counted<T>(
        &self,
        kind: OperationKind,
        result: Result<T, StudioError>,
        done: impl FnOnce(&T) -> Outcome,
    ) -> Result<T, StudioError> {
        let outcome = match &result {
            Ok(value) => done(value),
            Err(error) => match error.status() {
                StatusCode::SERVICE_UNAVAILABLE => Outcome::Busy,
                status if status.is_server_error() => Outcome::Failed,
                _ => Outcome::Refused,
            },
        };
        self.metrics.operation(kind, outcome);
        result
    }

    /// The limits that bodies of requests have.
    pub fn body_limits(&self) -> BodyLimits {
        BodyLimits {
            bytes_max: self.limits.body_bytes,
            json_depth_max: self.limits.json_depth,
        }
    }
}

/// Who is asking: taken from the header `x-api-key`, or the request is refused before its handler runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Whose DIDs and keys may be used.
    pub id: TenantId,
    /// The API key that was shown.
    pub api_key: ApiKeyId,
}

impl Tenant {
    /// The tenant's id, as the registrar and the keystore take it.
    pub fn as_str(&self) -> &str {
        self.id.as_str()
    }
}

/// The header that carries an API key.
pub const API_KEY_HEADER: &str = "x-api-key";

impl FromRequestParts<App> for Tenant {
    type Rejection = StudioError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Tenant, StudioError> {
        let mut given = parts.headers.get_all(API_KEY_HEADER).iter();
        let secret = match (given.next(), given.next()) {
            (None, _) => "",
            (Some(_), Some(_)) => {
                return Err(unauthorized("Send one x-api-key header, not several."));
            }
            // What is not text cannot be a key that exists.
            (Some(secret), None) => secret.to_str().unwrap_or("?"),
        };
        let caller = app.access.authenticate(secret).map_err(denied)?;
        Ok(Tenant {
            id: caller.tenant,
            api_key: caller.api_key,
        })
    }
}

fn denied(denied: AccessDenied) -> StudioError {
    match denied {
        AccessDenied::Missing => unauthorized(
            "Seems like you are not authenticated. Please follow the authentication process using 'Authorize' button",
        ),
        AccessDenied::Unknown => {
            unauthorized("This API key is not known. Check the x-api-key header.")
        }
        AccessDenied::Revoked => unauthorized("This API key was revoked. Ask for a new one."),
        AccessDenied::Unavailable(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "an API key could not be checked"
            );
            StudioError::Unavailable(
                "The API key could not be checked. Try again in a moment.".into(),
            )
        }
    }
}

fn unauthorized(text: &str) -> StudioError {
    StudioError::Unauthorized(format!("Unauthorized error: {text}"))
}
