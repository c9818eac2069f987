//! API keys: made, preset, listed, revoked, and checked at every request.

use std::fmt;

use rusqlite::{Connection, OptionalExtension, params};
use subtle::ConstantTimeEq;

use crate::audit::{Action, Attribution, Event, append};
use crate::caller::{Caller, Principal, Standing};
use crate::rows::{self, API_KEY_COLUMNS};
use crate::secret::SecretHash;
use crate::tenant::{live, now_ms, valid_name};
use crate::{
    API_KEYS_PER_TENANT_MAX, Access, AccessDenied, AccessError, ApiKeySecret, Role, TenantId,
};

/// Of 4 billion ids at most 100 million can be taken, so a second attempt is rare.
const ID_ATTEMPTS_MAX: usize = 64;

/// An API key's id: 8 lower-case hexadecimal digits, public, part of a secret made here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiKeyId(pub(crate) String);

impl ApiKeyId {
    /// The id in a text, in normal form; `None` when it is not 8 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<ApiKeyId> {
        let fits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        fits.then(|| ApiKeyId(text.to_ascii_lowercase()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn generate() -> Result<ApiKeyId, AccessError> {
        let mut random = [0; 4];
        getrandom::fill(&mut random).map_err(AccessError::NoRandomness)?;
        Ok(ApiKeyId(hex::encode(random)))
    }
}

impl fmt::Display for ApiKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is known of an API key: everything but its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The id.
    pub id: ApiKeyId,
    /// For whom it acts.
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
    ///
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
        let key = self
            .store
            .write(move |connection| insert(connection, key, hash, &by))
            .await?;
        Ok((key, secret))
    }

    /// Makes an API key whose secret was chosen elsewhere, for example by a deployment.
    ///
    /// The secret has 32 to 256 printable ASCII characters without spaces, and should be random. Doing it again with
    /// the same tenant and secret answers with the key that is there, under its first name.
    ///
    /// # Errors
    ///
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
        Ok(self
            .store
            .write(move |connection| preset(connection, key, hash, &by))
            .await?)
    }

    /// The API keys of a tenant, oldest first, revoked ones too: at most [`API_KEYS_PER_TENANT_MAX`].
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub fn api_keys(&self, tenant: &TenantId) -> Result<Vec<ApiKey>, AccessError> {
        let sql = format!(
            "SELECT {API_KEY_COLUMNS} FROM api_keys WHERE tenant = ?1 ORDER BY created_ms, id"
        );
        let keys = self.store.read(|connection| {
            connection
                .prepare_cached(&sql)?
                .query_map([tenant.as_str()], rows::api_key)?
                .collect()
        });
        Ok(keys?)
    }

    /// The API key with this id.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub fn api_key(&self, id: &ApiKeyId) -> Result<Option<ApiKey>, AccessError> {
        Ok(self.store.read(|connection| by_id(connection, id))?)
    }

    /// Revokes an API key. Final: it is refused from the moment this answers.
    ///
    /// Revoking again changes nothing and answers with the first time.
    ///
    /// # Errors
    ///
    /// [`AccessError::NoSuchApiKey`], or those of the store.
    pub async fn revoke_api_key(
        &self,
        id: &ApiKeyId,
        by: &Attribution,
    ) -> Result<ApiKey, AccessError> {
        let (id, by, now_ms) = (id.clone(), by.clone(), now_ms());
        let revoked = self.store.write(move |connection| {
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
        Ok(revoked.await?)
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

/// Who shows this secret.
pub(crate) fn authenticate(access: &Access, secret: &str) -> Result<Caller, AccessDenied> {
    let hash = SecretHash::of(secret).ok_or(AccessDenied::Unknown)?;
    let found = access
        .store
        .read(|connection| holder(connection, hash))
        .map_err(AccessDenied::Unavailable)?;
    let holder = found.ok_or(AccessDenied::Unknown)?;
    // The search is by hash, whose bytes a caller cannot steer; the decision takes the same time for all.
    if !bool::from(holder.secret_hash.ct_eq(&hash.0)) {
        return Err(AccessDenied::Unknown);
    }
    if holder.revoked {
        Err(AccessDenied::Revoked)
    } else {
        Ok(holder.caller)
    }
}

/// How the key stands now. A revocation is final, so that a key has no generations.
pub(crate) fn standing(
    connection: &Connection,
    id: &ApiKeyId,
) -> Result<Standing, rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "SELECT api_keys.revoked_ms IS NOT NULL OR tenants.revoked_ms IS NOT NULL
         FROM api_keys JOIN tenants ON tenants.id = api_keys.tenant WHERE api_keys.id = ?1",
    )?;
    let revoked = statement
        .query_row([id.as_str()], |row| row.get(0))
        .optional()?;
    Ok(match revoked {
        None => Standing::Unknown,
        Some(true) => Standing::Revoked,
        Some(false) => Standing::Good,
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
                tenant: TenantId(row.get(0)?),
                principal: Principal::ApiKey(ApiKeyId(row.get(1)?)),
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
    let sql = format!("SELECT {API_KEY_COLUMNS} FROM api_keys WHERE secret_sha256 = ?1");
    let present = connection
        .prepare_cached(&sql)?
        .query_row([hash.0], rows::api_key)
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
    let sql = format!("SELECT {API_KEY_COLUMNS} FROM api_keys WHERE id = ?1");
    connection
        .prepare_cached(&sql)?
        .query_row([id.as_str()], rows::api_key)
        .optional()
}
