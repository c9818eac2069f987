//! Who may ask: tenants and API keys.
//!
//! A *tenant* owns DIDs and keys; an *API key* lets a program act for one tenant. Of an API key's secret only the
//! SHA-256 is stored, so the secret is shown once, when it is made.
//!
//! There is no cache: a revocation counts from the moment it is answered, whichever process made it.

mod api_key;
mod error;
mod rows;
mod secret;
mod tenant;

use store::{Migration, Store};

pub use api_key::{ApiKey, ApiKeyId, Caller};
pub use error::{AccessDenied, AccessError};
pub use secret::{ApiKeySecret, PRESET_SECRET_CHARS_MAX, PRESET_SECRET_CHARS_MIN};
pub use tenant::{Tenant, TenantId};

/// The tables of this crate, for [`Store::open`].
pub const MIGRATIONS: &[Migration] = &[Migration {
    component: "access",
    version: 1,
    sql: include_str!("migrations/1.sql"),
}];

/// Characters of a tenant's or an API key's name.
pub const NAME_CHARS_MAX: usize = 128;

/// Tenants in one store, revoked ones included.
pub const TENANTS_MAX: usize = 10_000;

/// API keys of one tenant, revoked ones included.
pub const API_KEYS_PER_TENANT_MAX: usize = 10_000;

/// Tenants and API keys of one store. Clones share the store.
#[derive(Clone)]
pub struct Access {
    store: Store,
}

impl Access {
    /// Uses a store that was opened with [`MIGRATIONS`].
    #[must_use]
    pub fn open(store: Store) -> Access {
        Access { store }
    }
}
