//! Answers that no handler gives: they still speak the language of the dialect whose path was asked for.

use axum::http::header;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::dialect::apinizer::ApiopsError;
use crate::dialect::cheqd_studio::{StudioError, is_not_served};
use crate::dialect::dfns::AuthError;
use crate::dialect::dif_registration;
use crate::dialect::rezolve::VaultFault;
use crate::dialect::w3c_resolution::{ErrorKind, Problem};

/// Which contract a path belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// DID resolution over HTTP: `/1.0/identifiers/…`.
    Resolution,
    /// DID registration over HTTP: `/1.0/create` and the like.
    Registration,
    /// What no contract has: `/v1/…`, in the shape of Studio with more members.
    Native,
    /// Credentials and tokens of users: `/auth/…`.
    Auth,
    /// Credentials of projects: `/apiops/…`.
    Apiops,
    /// Secrets of other systems: `/api/v1/…`.
    Vault,
    /// The page that shows the API, and what it loads.
    Page,
    /// CometBFT's JSON-RPC, on a port of its own.
    Comet,
    /// Everything else: `{"error": "…"}`, the shape of cheqd Studio.
    Studio,
}

impl Dialect {
    /// The dialect of a path.
    pub fn of(path: &str) -> Dialect {
        if path.starts_with("/1.0/identifiers/") {
            Dialect::Resolution
        } else if dif_registration::is_path(path) {
            Dialect::Registration
        } else if path == "/swagger" || path.starts_with("/swagger/") {
            Dialect::Page
        } else if path.starts_with("/v1/") {
            Dialect::Native
        } else if path.starts_with("/auth/") {
            Dialect::Auth
        } else if path.starts_with("/apiops/") {
            Dialect::Apiops
        } else if path.starts_with("/api/v1/") {
            Dialect::Vault
        } else {
            Dialect::Studio
        }
    }
}

/// What went wrong outside any handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is served at this path.
    NoRoute,
    /// cheqd Studio serves it, this server does not.
    NotServed,
    /// Something is, but not with this method.
    NoMethod,
    /// The answer was not ready in time. Whether a write happened is not known.
    Timeout,
    /// A defect of ours. The log has it, the answer does not.
    Internal,
}

impl Fault {
    /// What a path is answered that no route has.
    pub fn of_unrouted(path: &str) -> Fault {
        if is_not_served(path) {
            Fault::NotServed
        } else {
            Fault::NoRoute
        }
    }

    /// The answer in a dialect's shape.
    pub fn answer(self, dialect: Dialect) -> Response {
        let mut response = match dialect {
            Dialect::Resolution => Problem::new(self.kind(), self.text()).into_response(),
            // A status of its own: the Universal Registrar throws a 404 away, whatever it says.
            Dialect::Registration => return self.registration(),
            Dialect::Auth => AuthError::plain(self.status(), self.text()).into_response(),
            Dialect::Apiops => ApiopsError::plain(self.status(), self.text()).into_response(),
            Dialect::Vault => VaultFault::plain(self.status(), self.text()).into_response(),
            Dialect::Comet => chain::cometbft::fault(self.status(), self.comet_text()),
            Dialect::Studio | Dialect::Native | Dialect::Page => {
                StudioError::plain(self.status(), self.text()).into_response()
            }
        };
        *response.status_mut() = self.status();
        if self == Fault::Timeout {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }

    fn registration(self) -> Response {
        let status = match self.status() {
            StatusCode::NOT_FOUND => StatusCode::BAD_REQUEST,
            status => status,
        };
        dif_registration::plain(status, self.text())
    }

    fn status(self) -> StatusCode {
        match self {
            Fault::NoRoute | Fault::NotServed => StatusCode::NOT_FOUND,
            Fault::NoMethod => StatusCode::METHOD_NOT_ALLOWED,
            Fault::Timeout => StatusCode::SERVICE_UNAVAILABLE,
            Fault::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn kind(self) -> ErrorKind {
        match self {
            Fault::NoRoute | Fault::NotServed => ErrorKind::InvalidDidUrl,
            Fault::NoMethod => ErrorKind::FeatureNotSupported,
            Fault::Timeout | Fault::Internal => ErrorKind::InternalError,
        }
    }

    /// This port is described elsewhere than the others.
    fn comet_text(self) -> &'static str {
        match self {
            Fault::Timeout => {
                "the answer took too long; whether a transaction was accepted shows when it is sent again, and \
                 that is safe"
            }
            _ => self.text(),
        }
    }

    fn text(self) -> &'static str {
        match self {
            Fault::NoRoute => "Nothing is served at this path. The API is described at /swagger.",
            Fault::NotServed => {
                "cheqd Studio has this route, and this server does not serve it. The API is described at /swagger."
            }
            Fault::NoMethod => {
                "This path does not take this method. The API is described at /swagger."
            }
            Fault::Timeout => {
                "The answer took too long. A change may have been made all the same: read the DID before repeating it."
            }
            Fault::Internal => {
                "Internal error: the log holds the reason under the x-request-id of this answer."
            }
        }
    }
}
