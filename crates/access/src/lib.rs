//! Access: which callers there are, and what they may do.
//!
//! A *tenant* owns DIDs and keys. A *caller* acts for one tenant; it is authenticated by the secret of an API key, by
//! the access token of a user, or as a client of a project. Its *rights* say what it may do, and an *approval* by a
//! user is what some acts need beside them. Of secrets only hashes are stored.
//!
//! There is no cache: a revocation counts from the moment it is answered, in every process.
//!
//! Folders, lowest first: `error`, `right`, `caller`, `tenant`, `key`, `api_key`, `credential`, `challenge`, `token`,
//! `client`, `user`, `authentication`, `approval`, `account`, `loss`.

mod account;
mod api_key;
mod approval;
mod authentication;
mod caller;
mod challenge;
mod client;
mod credential;
mod error;
mod key;
mod loss;
mod person;
mod right;
mod rows;
mod tenant;
mod token;
mod user;

use std::sync::Arc;

use audit::AuditLog;
use store::{Migration, Store};

pub use account::{CreationChallenge, NewCredential, PatUpdate, TokenChange};
pub use api_key::{ApiKey, ApiKeySecret};
pub use approval::{Approval, ApprovalRule, UserAction};
pub use audit::{
    ActionId, ApiKeyId, AssignmentId, ChallengeId, CredentialId, PermissionId, TenantId, TokenId,
    UserId,
};
pub use caller::{Caller, Presented, Principal, TokenKind};
pub use challenge::{ActionRequest, Announced, SigningSettings};
pub use client::{
    Api, ApiGroup, CLIENT_TOKEN_SECONDS, Changed, Client, ClientDetails, ClientDraft, ClientError,
    ClientPlace, DEPLOYMENTS_PAGE_MAX, Deployment, DeploymentState, Environment, EnvironmentKind,
    Field, FieldFault, GRANTS_PER_CLIENT_MAX, Goal, Grant, GrantTarget, Metadatum, Network, Node,
    PASSWORD_BYTES_MAX, PASSWORD_BYTES_MIN, Password, PasswordHash, Project, THIS_NODE,
    USERNAME_CHARS_MAX, Username,
};
pub use clock::now_ms;
pub use credential::{
    Assertion, CredentialKind, RelyingParty, SigningChallenge, SigningCredential,
};
pub use error::{
    AccessError, ActionError, AuthenticationError, IdentityError, MissingRight, RecordError, Thing,
};
pub use key::{DigestName, KeyError, VerifyingKey};
pub use loss::{EndedByLoss, Loss};
pub use person::Person;
pub use right::{Right, Rights, Role};
pub use tenant::{Tenant, live as live_tenant};
pub use token::{AccessToken, NewPat, TOKEN_LIFE_MS_MAX, Token, TokenKey, TokenState, kind_name};
pub use user::{Assignment, GivenKey, Switch, User, UserKind, role_of};

/// The tables of this crate and, since data directories are made so, of `audit` (2) and `vault` (5), for
/// [`Store::open`].
pub const MIGRATIONS: &[Migration] = &[
    migration(1, include_str!("migrations/1.sql")),
    migration(2, include_str!("migrations/2.sql")),
    migration(3, include_str!("migrations/3.sql")),
    migration(4, include_str!("migrations/4.sql")),
    migration(5, include_str!("migrations/5.sql")),
    migration(6, include_str!("migrations/6.sql")),
];

const fn migration(version: u32, sql: &'static str) -> Migration {
    Migration {
        component: "access",
        version,
        sql,
    }
}

/// Characters of a tenant's or an API key's name.
pub const NAME_CHARS_MAX: usize = 128;

/// Tenants in one store, revoked ones included.
pub const TENANTS_MAX: usize = 10_000;

/// API keys of one tenant, revoked ones included.
pub const API_KEYS_PER_TENANT_MAX: usize = 10_000;

/// Characters of a preset secret, at least.
pub const PRESET_SECRET_CHARS_MIN: usize = 32;

/// Characters of a preset secret, at most.
pub const PRESET_SECRET_CHARS_MAX: usize = 256;

/// Everything that governs access, in one store. Clones share it.
#[derive(Clone)]
pub struct Access {
    store: Store,
    audit: AuditLog,
    recorder: Arc<approval::Recorder>,
    challenges: Arc<challenge::Challenges>,
}

impl Access {
    /// Uses a store that was opened with [`MIGRATIONS`].
    #[must_use]
    pub fn open(store: Store) -> Access {
        Access {
            audit: AuditLog::new(store.clone()),
            store,
            recorder: Arc::default(),
            challenges: Arc::new(challenge::Challenges::new(SigningSettings::default())),
        }
    }

    /// The audit log in the same store.
    #[must_use]
    pub fn audit(&self) -> &AuditLog {
        &self.audit
    }

    /// With other settings for challenges. Those that are open are void.
    #[must_use]
    pub fn with_signing(self, settings: SigningSettings) -> Access {
        Access {
            challenges: Arc::new(challenge::Challenges::new(settings)),
            ..self
        }
    }
}
