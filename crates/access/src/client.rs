//! Clients: programs that show a username and password, or a token that they got for it.
//!
//! A client belongs to a project. What it may do is what its grants say. Deleting it destroys the password's hash, the
//! grants and the tokens in one transaction; what stays is a tombstone, so that nobody else can come under its name.

mod authenticate;
mod details;
mod error;
mod grant;
mod manage;
mod network;
mod password;
mod rows;
mod token;
mod username;

pub(crate) use authenticate::{authenticate, authenticate_token, standing};
pub use details::{ClientDetails, ClientDraft, Field, FieldFault, Metadatum};
pub use error::ClientError;
pub use grant::{Api, ApiGroup, GRANTS_PER_CLIENT_MAX, Grant, GrantTarget};
pub use manage::{Changed, ClientPlace};
pub use network::Network;
pub use password::{PASSWORD_BYTES_MAX, PASSWORD_BYTES_MIN, Password, PasswordHash};
pub use token::{CLIENT_TOKEN_SECONDS, ClientToken};
pub use username::{USERNAME_CHARS_MAX, Username};

use crate::TenantId;

/// Clients of one project.
pub const CLIENTS_PER_PROJECT_MAX: usize = 1_000;

/// Clients of one tenant, deleted ones included: their usernames are kept.
pub const CLIENTS_PER_TENANT_MAX: usize = 100_000;

/// A client: everything but its password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// For whom it acts.
    pub tenant: TenantId,
    /// In which project it is.
    pub project: String,
    /// Its name.
    pub username: Username,
    /// What it is.
    pub details: ClientDetails,
    /// Raised whenever everything that was let in before must no longer be.
    pub generation: u64,
    /// When it was made, Unix time in milliseconds.
    pub created_ms: u64,
    /// When it was last changed.
    pub updated_ms: u64,
}

impl Client {
    /// Whether it is let in, if it shows the right secret and comes from the right place.
    #[must_use]
    pub fn usable_at(&self, now_ms: u64) -> bool {
        self.details.enabled
            && self
                .details
                .expires_ms
                .is_none_or(|expires_ms| now_ms < expires_ms)
    }
}
