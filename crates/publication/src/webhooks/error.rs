//! Why a subscription was not made or changed, by whose fault it is.

use store::StoreError;
use thiserror::Error;

use super::send::URL_BYTES_MAX;
use super::{CredentialProblem, RefusedAddress};

/// Why nothing is sent to a URL.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidUrl {
    /// Too long.
    #[error("the URL has more than {URL_BYTES_MAX} bytes")]
    TooLong,
    /// Not a URL with a host.
    #[error("expected a URL such as https://receiver.example/path")]
    Malformed,
    /// Not https.
    #[error("the URL must begin with https://")]
    Scheme,
    /// With a user name, a password or a fragment.
    #[error("the URL must have no user name, no password and no part after `#`")]
    Surplus,
    /// Its address is not public.
    #[error(transparent)]
    Refused(#[from] RefusedAddress),
}

/// Why a request about subscriptions was not done.
#[derive(Debug, Error)]
pub enum WebhookError {
    /// The caller's: there is no such subscription, or it is another tenant's.
    #[error("there is no such webhook")]
    NotFound,
    /// The caller's: nothing can be sent there.
    #[error(transparent)]
    Url(#[from] InvalidUrl),
    /// The caller's: the filter names no DID, or too many.
    #[error("name 1 to {limit} DIDs, or none to hear of all")]
    DidCount {
        /// How many may be named.
        limit: usize,
    },
    /// The caller's: a DID of a network that is not served, or of which no log is kept here to follow.
    #[error(transparent)]
    NoLog(#[from] ledger::NoLog),
    /// The caller's: it has too many already.
    #[error("at most {limit} webhooks; delete one first")]
    TooMany {
        /// How many there may be.
        limit: usize,
    },
    /// The caller's: another webhook of the tenant is called so.
    #[error("another webhook has this integrationId: choose another one")]
    IntegrationTaken,
    /// The caller's: the credential that it names cannot be used.
    #[error("the webhook cannot be made: {0}")]
    Credential(#[from] CredentialProblem),
    /// No one's: the server is busy. Try again.
    #[error("the server is busy; try again in a moment")]
    Busy,
    /// The server's: it has no room for more.
    #[error("this server has as many webhooks as it can serve")]
    Full,
    /// The server's: subscriptions cannot be read or written.
    #[error("the webhooks cannot be read or written")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<StoreError> for WebhookError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy | StoreError::ReadersBusy => Self::Busy,
            error => Self::Store(Box::new(error)),
        }
    }
}

impl From<rusqlite::Error> for WebhookError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(Box::new(error))
    }
}
