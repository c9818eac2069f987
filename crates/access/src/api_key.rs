//! API keys: made, preset, listed, revoked, and checked at every request.

mod secret;

use audit::{Action, Attribution, Event, append};
use clock::now_ms;
use rusqlite::{Connection, OptionalExtension, Row, params};
use subtle::ConstantTimeEq;

pub use secret::ApiKeySecret;
use secret::SecretHash;

use crate::caller::{Caller, CredentialStatus, Principal};
use crate::error::{AccessError, AuthenticationError};
use crate::right::Role;
use crate::tenant::{live, valid_name};
use crate::{API_KEYS_PER_TENANT_MAX, Access, ApiKeyId, TenantId};

/// In the order that [`api_key`] reads.
const COLUMNS: &str = "id, tenant, name, created_ms, revoked_ms";

/// Of 4 billion ids at most 100 million can be taken, so a second attempt is rare.
const ID_ATTEMPTS_MAX: usize = 64;

/// What is known of an API key: everything but its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The id.
    pub id: ApiKeyId,
    /// The tenant that it acts for.
    pub tenant: TenantId,
    /// A name for people; need not be unique.
    pub name: String,
    /// When it was made, Unix time in milliseconds.
    pub created_ms: u64,
    /// When it was revoked, if it was.
    pub revoked_ms: Option<u64>,
}

impl Access {
    /// Makes an API key with a random secret, which is shown here and never again.
    ///
    /// # Errors
    /// [`AccessError::InvalidName`], [`AccessError::NoSuchTenant`], [`AccessError::TenantRevoked`],
    /// [`AccessError::TooMany`], or those of the store.
    pub async fn create_api_key(
        &self,
        tenant: &TenantId,
        name: &str,
        by: &Attribution,
    ) -> Result<(ApiKey, ApiKeySecret), AccessError> {
        let name = valid_name(name)?;
        let id = self.unused_id()?;
        let secret = ApiKeySecret::generate(&id)?;
        let hash = SecretHash::of(secret.reveal()).ok_or(AccessError::InvalidSecret)?;
        let key = ApiKey {
            id,
            tenant: tenant.clone(),
            name,
            created_ms: now_ms(),
            revoked_ms: None,
        };
        let by = by.clone();
        let key: Result<ApiKey, AccessError> = self
            .store
            .write(move |connection| insert(connection, key, hash, &by))
            .await;
        Ok((key?, secret))
    }

    /// Makes an API key with a preset secret, for example of a deployment.
    ///
    /// The secret has 32 to 256 printable ASCII characters without spaces, and should be random. Doing it again with
    /// the same tenant and secret answers with the key that is there, under its first name.
    ///
    /// # Errors
    /// [`AccessError::InvalidSecret`], [`AccessError::SecretRevoked`], [`AccessError::SecretTaken`], and those of
    /// [`Access::create_api_key`].
    pub async fn create_api_key_with_secret(
        &self,
        tenant: &TenantId,
        name: &str,
        secret: &str,
        by: &Attribution,
    ) -> Result<ApiKey, AccessError> {
        let name = valid_name(name)?;
        let hash = SecretHash::of(secret).ok_or(AccessError::InvalidSecret)?;
        let id = self.unused_id()?;
        let key = ApiKey {
            id,
            tenant: tenant.clone(),
            name,
            created_ms: now_ms(),
            revoked_ms: None,
        };
        let by = by.clone();
        self.store
            .write(move |connection| preset(connection, key, hash, &by))
            .await
    }

    /// The API keys of a tenant, oldest first, revoked ones too: at most [`API_KEYS_PER_TENANT_MAX`].
    pub fn api_keys(&self, tenant: &TenantId) -> Result<Vec<ApiKey>, AccessError> {
        let sql =
            format!("SELECT {COLUMNS} FROM api_keys WHERE tenant = ?1 ORDER BY created_ms, id");
        let keys = self.store.read(|connection| {
            connection
                .prepare_cached(&sql)?
                .query_map([tenant.as_str()], api_key)?
                .collect()
        });
        Ok(keys?)
    }

    /// The API key with this id.
    pub fn api_key(&self, id: &ApiKeyId) -> Result<Option<ApiKey>, AccessError> {
        Ok(self.store.read(|connection| by_id(connection, id))?)
    }

    /// Revokes an API key. Final: it is refused from the moment this answers.
    ///
    /// Revoking again changes nothing and answers with the first time.
    ///
    /// # Errors
    /// [`AccessError::NoSuchApiKey`], or those of the store.
    pub async fn revoke_api_key(
        &self,
        id: &ApiKeyId,
        by: &Attribution,
    ) -> Result<ApiKey, AccessError> {
        let (id, by, now_ms) = (id.clone(), by.clone(), now_ms());
        let revoked = self
            .store
            .write(move |connection: &Connection| -> Result<_, AccessError> {
                let changed = connection
                    .prepare_cached(
                        "UPDATE api_keys SET revoked_ms = ?2 WHERE id = ?1 AND revoked_ms IS NULL",
                    )?
                    .execute(params![id.as_str(), now_ms])?;
                let key = by_id(connection, &id)?.ok_or(AccessError::NoSuchApiKey)?;
                if changed > 0 {
                    let event = Event::new(Some(&key.tenant), Action::ApiKeyRevoke, id.as_str());
                    append(connection, &by, &event)?;
                }
                Ok(key)
            });
        revoked.await
    }

    /// A random id that no key has. Should another process take it first, the insertion fails and nothing is lost.
    fn unused_id(&self) -> Result<ApiKeyId, AccessError> {
        for _ in 0..ID_ATTEMPTS_MAX {
            let id = ApiKeyId::generate()?;
            if self.api_key(&id)?.is_none() {
                return Ok(id);
            }
        }
        Err(AccessError::TooMany)
    }
}

/// The caller with this secret.
pub(crate) fn authenticate(access: &Access, secret: &str) -> Result<Caller, AuthenticationError> {
    let hash = SecretHash::of(secret).ok_or(AuthenticationError::Unknown)?;
    let found = access
        .store
        .read(|connection| holder(connection, hash))
        .map_err(AuthenticationError::Unavailable)?;
    let holder = found.ok_or(AuthenticationError::Unknown)?;
    // The search is by hash, whose bytes a caller cannot steer; the decision takes the same time for all.
    if !bool::from(holder.secret_hash.ct_eq(&hash.0)) {
        return Err(AuthenticationError::Unknown);
    }
    if holder.revoked {
        Err(AuthenticationError::Revoked)
    } else {
        Ok(holder.caller)
    }
}

/// Whether the key still counts. A revocation is final, so that a key has no generations.
pub(crate) fn status(
    connection: &Connection,
    id: &ApiKeyId,
) -> Result<CredentialStatus, rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "SELECT api_keys.revoked_ms IS NOT NULL OR tenants.revoked_ms IS NOT NULL
         FROM api_keys JOIN tenants ON tenants.id = api_keys.tenant WHERE api_keys.id = ?1",
    )?;
    let revoked = statement
        .query_row([id.as_str()], |row| row.get(0))
        .optional()?;
    Ok(match revoked {
        None => CredentialStatus::Unknown,
        Some(true) => CredentialStatus::Revoked,
        Some(false) => CredentialStatus::Valid,
    })
}

struct Holder {
    caller: Caller,
    secret_hash: [u8; 32],
    revoked: bool,
}

fn holder(connection: &Connection, hash: SecretHash) -> Result<Option<Holder>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "SELECT api_keys.tenant, api_keys.id, secret_sha256,
                api_keys.revoked_ms IS NOT NULL OR tenants.revoked_ms IS NOT NULL
         FROM api_keys JOIN tenants ON tenants.id = api_keys.tenant WHERE secret_sha256 = ?1",
    )?;
    let holder = statement.query_row([hash.0], |row| {
        Ok(Holder {
            caller: Caller {
                tenant: row.get(0)?,
                principal: Principal::ApiKey(row.get(1)?),
                rights: Role::Registrar.rights(),
                generation: 0,
            },
            secret_hash: row.get(2)?,
            revoked: row.get(3)?,
        })
    });
    holder.optional()
}

fn preset(
    connection: &Connection,
    key: ApiKey,
    hash: SecretHash,
    by: &Attribution,
) -> Result<ApiKey, AccessError> {
    live(connection, &key.tenant)?;
    let sql = format!("SELECT {COLUMNS} FROM api_keys WHERE secret_sha256 = ?1");
    let present = connection
        .prepare_cached(&sql)?
        .query_row([hash.0], api_key)
        .optional()?;
    match present {
        None => insert(connection, key, hash, by),
        Some(present) if present.tenant != key.tenant => Err(AccessError::SecretTaken),
        Some(present) if present.revoked_ms.is_some() => Err(AccessError::SecretRevoked),
        Some(present) => Ok(present),
    }
}

fn insert(
    connection: &Connection,
    key: ApiKey,
    hash: SecretHash,
    by: &Attribution,
) -> Result<ApiKey, AccessError> {
    live(connection, &key.tenant)?;
    let count: usize = connection
        .prepare_cached("SELECT count(*) FROM api_keys WHERE tenant = ?1")?
        .query_row([key.tenant.as_str()], |row| row.get(0))?;
    if count >= API_KEYS_PER_TENANT_MAX {
        return Err(AccessError::TooMany);
    }
    connection
        .prepare_cached(
            "INSERT INTO api_keys (id, tenant, name, secret_sha256, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![key.id.as_str(), key.tenant.as_str(), key.name, hash.0, key.created_ms])?;
    let event = Event::new(Some(&key.tenant), Action::ApiKeyCreate, key.id.as_str());
    append(connection, by, &event.with("name", key.name.as_str()))?;
    Ok(key)
}

fn by_id(connection: &Connection, id: &ApiKeyId) -> Result<Option<ApiKey>, rusqlite::Error> {
    let sql = format!("SELECT {COLUMNS} FROM api_keys WHERE id = ?1");
    connection
        .prepare_cached(&sql)?
        .query_row([id.as_str()], api_key)
        .optional()
}

fn api_key(row: &Row<'_>) -> Result<ApiKey, rusqlite::Error> {
    Ok(ApiKey {
        id: row.get(0)?,
        tenant: row.get(1)?,
        name: row.get(2)?,
        created_ms: row.get(3)?,
        revoked_ms: row.get(4)?,
    })
}
