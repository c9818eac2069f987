//! Clients: programs that present a username and password, or a token that they got for it.
//!
//! A client belongs to a project. What it may do is what its grants say. Deleting it destroys the password's hash, the
//! grants and the tokens in one transaction; what stays is a tombstone, so that its name is never used again.

mod authenticate;
mod deployment;
mod details;
mod environment;
mod error;
mod grant;
mod manage;
mod network;
mod password;
mod project;
mod rows;
mod token;
mod username;

pub(crate) use authenticate::{authenticate, authenticate_token, status};
pub use deployment::{DEPLOYMENTS_PAGE_MAX, Deployment, DeploymentState, Goal};
pub use details::{ClientDetails, ClientDraft, Field, FieldFault, Metadatum};
pub use environment::{Environment, EnvironmentKind, Node, THIS_NODE};
pub use error::ClientError;
pub use grant::{Api, ApiGroup, GRANTS_PER_CLIENT_MAX, Grant, GrantTarget};
pub use manage::{Changed, ClientPlace};
pub use network::Network;
pub use password::{PASSWORD_BYTES_MAX, PASSWORD_BYTES_MIN, Password, PasswordHash};
pub use project::Project;
pub use token::CLIENT_TOKEN_SECONDS;
pub use username::{USERNAME_CHARS_MAX, Username};

use crate::TenantId;

/// Clients of one project.
pub const CLIENTS_PER_PROJECT_MAX: usize = 1_000;

/// Clients of one tenant, deleted ones included: their usernames are kept.
pub const CLIENTS_PER_TENANT_MAX: usize = 100_000;

/// A client: everything but its password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// The tenant that it acts for.
    pub tenant: TenantId,
    /// Its project.
    pub project: String,
    /// Its name.
    pub username: Username,
    /// What it is.
    pub details: ClientDetails,
    /// Raised whenever the callers of before must be rejected.
    pub generation: u64,
    /// When it was made, Unix time in milliseconds.
    pub created_ms: u64,
    /// When it was last changed.
    pub updated_ms: u64,
}

impl Client {
    /// Whether it is authenticated with the right secret and from the right address.
    #[must_use]
    pub fn usable_at(&self, now_ms: u64) -> bool {
        self.details.enabled
            && self
                .details
                .expires_ms
                .is_none_or(|expires_ms| now_ms < expires_ms)
    }
}
