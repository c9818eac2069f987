//! Who may ask: tenants, what acts for them, what it may do, and the audit log of it all.
//!
//! A *tenant* owns DIDs and keys; an *API key* lets a program act for one tenant. Of an API key's secret only the
//! SHA-256 is stored, so the secret is shown once, when it is made.
//!
//! There is no cache: a revocation counts from the moment it is answered, whichever process made it.

mod api_key;
mod approval;
mod audit;
mod bootstrap;
mod caller;
mod ceremony;
mod client;
mod credential;
mod environment;
mod error;
mod id;
mod identity_error;
mod loss;
mod once;
mod payload;
mod permission;
mod project;
mod right;
mod rows;
mod secret;
mod session;
mod tenant;
mod token;
mod user;
mod user_action;
mod vault;

use std::sync::Arc;

use store::{Migration, Store};

pub use api_key::{ApiKey, ApiKeyId};
pub use approval::ApprovalRule;
pub use audit::{
    AUDIT_LINE_BYTES_MAX, AUDIT_PAGE_MAX, Action, Actor, Attribution, AuditCheck, AuditFault,
    AuditFilter, AuditHead, AuditLines, DETAILS_BYTES_MAX, Entry, Event, NotALine,
    SUBJECT_BYTES_MAX,
};
pub use bootstrap::GivenKey;
pub use caller::{Caller, Presented, Principal, TokenKind};
pub use ceremony::SigningSettings;
pub use client::{
    Api, ApiGroup, CLIENT_TOKEN_SECONDS, CLIENTS_PER_PROJECT_MAX, CLIENTS_PER_TENANT_MAX, Changed,
    Client, ClientDetails, ClientDraft, ClientError, ClientPlace, ClientToken, Field, FieldFault,
    GRANTS_PER_CLIENT_MAX, Grant, GrantTarget, Metadatum, Network, PASSWORD_BYTES_MAX,
    PASSWORD_BYTES_MIN, Password, PasswordHash, USERNAME_CHARS_MAX, Username,
};
pub use credential::{
    CREDENTIALS_PER_USER_MAX, CreationChallenge, Credential, CredentialKind, DigestName, KeyError,
    NewCredential, RelyingParty, VerifyingKey,
};
pub use environment::{
    DEPLOYMENTS_PAGE_MAX, Deployment, DeploymentState, Environment, EnvironmentKind, Goal, Node,
    THIS_NODE,
};
pub use error::{AccessDenied, AccessError, Lacking, UseRefused};
pub use id::{ActionId, AssignmentId, ChallengeId, CredentialId, PermissionId, TokenId, UserId};
pub use identity_error::{ActionError, IdentityError, Thing};
pub use loss::{Loss, LostHead};
pub use permission::{Assignment, role_of};
pub use project::{PROJECTS_PER_TENANT_MAX, Project};
pub use right::{Right, Rights, Role};
pub use secret::{ApiKeySecret, PRESET_SECRET_CHARS_MAX, PRESET_SECRET_CHARS_MIN};
pub use tenant::{Tenant, TenantId, now_ms};
pub use token::{
    AccessToken, NewPat, PatUpdate, TOKEN_LIFE_MS_MAX, TOKENS_PER_USER_MAX, Token, TokenChange,
    TokenKey, TokenState, kind_name,
};
pub use user::{Switch, USERS_PER_TENANT_MAX, User, UserKind};
pub use user_action::{
    ACTION_PATH_BYTES_MAX, ActionChallenge, ActionRequest, Announced, Approval, Assertion,
    UserAction,
};
pub use vault::{
    AUDIT_NEWEST_MAX, AuditNewest, AuthType, BoundSecret, CredentialName, Description, Endpoint,
    INTEGRATION_ID_CHARS_MAX, IntegrationId, METADATA_BYTES_MAX, Metadata, NewVaultCredential,
    Person, SCOPES_MAX, Scopes, SealedParts, VAULT_CREDENTIALS_MAX, VaultChange, VaultChanged,
    VaultCredential, VaultCredentialId, VaultDeleted, VaultDetails, VaultError, VaultRevealed,
    VaultState, VaultSwitch, WebhookDeed, bind_webhook, note_webhook, unbind_webhook,
};

/// The tables of this crate, for [`Store::open`].
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        component: "access",
        version: 1,
        sql: include_str!("migrations/1.sql"),
    },
    Migration {
        component: "access",
        version: 2,
        sql: include_str!("migrations/2.sql"),
    },
    Migration {
        component: "access",
        version: 3,
        sql: include_str!("migrations/3.sql"),
    },
    Migration {
        component: "access",
        version: 4,
        sql: include_str!("migrations/4.sql"),
    },
    Migration {
        component: "access",
        version: 5,
        sql: include_str!("migrations/5.sql"),
    },
    Migration {
        component: "access",
        version: 6,
        sql: include_str!("migrations/6.sql"),
    },
];

/// Characters of a tenant's or an API key's name.
pub const NAME_CHARS_MAX: usize = 128;

/// Tenants in one store, revoked ones included.
pub const TENANTS_MAX: usize = 10_000;

/// API keys of one tenant, revoked ones included.
pub const API_KEYS_PER_TENANT_MAX: usize = 10_000;

/// Everything that governs access, in one store. Clones share it.
#[derive(Clone)]
pub struct Access {
    store: Store,
    recorder: Arc<audit::Recorder>,
    ceremonies: Arc<ceremony::Ceremonies>,
}

impl Access {
    /// Uses a store that was opened with [`MIGRATIONS`].
    #[must_use]
    pub fn open(store: Store) -> Access {
        Access {
            store,
            recorder: Arc::default(),
            ceremonies: Arc::new(ceremony::Ceremonies::new(SigningSettings::default())),
        }
    }

    /// With other settings for what is signed. What was under way is void.
    #[must_use]
    pub fn with_signing(self, settings: SigningSettings) -> Access {
        Access {
            ceremonies: Arc::new(ceremony::Ceremonies::new(settings)),
            ..self
        }
    }
}
