//! From rows to types, and the questions that several changes ask.

use access::Person;
use audit::TenantId;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::error::VaultError;
use crate::types::{
    AuthType, Description, Endpoint, IntegrationId, Metadata, Scopes, SecretId, SecretName,
    VaultSecret,
};

const COLUMNS: &str = "id, tenant, integration, name, auth_type, description, scopes, token_endpoint, \
    authorization_endpoint, metadata, state, expires_ms, created_ms, created_by, updated_ms, updated_by, \
    last_accessed_ms, access_count, deleted_ms, deleted_by";

/// A credential in whatever state.
pub(crate) enum Kept {
    Live(Box<VaultSecret>),
    Deleted { at_ms: u64, by: Person },
}

/// The credential with this id at this place.
pub(crate) fn one(
    connection: &Connection,
    tenant: &TenantId,
    integration: &IntegrationId,
    id: &SecretId,
) -> Result<Kept, VaultError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM vault_credentials WHERE id = ?1 AND tenant = ?2 AND integration = ?3"
    );
    let found = connection
        .prepare_cached(&sql)?
        .query_row(
            params![id.uuid(), tenant.as_str(), integration.as_str()],
            raw,
        )
        .optional()?;
    let not_found = || VaultError::NotFound {
        integration: integration.clone(),
        credential: Some(id.clone()),
    };
    found.ok_or_else(not_found)?.typed()
}

/// The credential with this id, whatever it was stored under.
pub(crate) fn anywhere(
    connection: &Connection,
    tenant: &TenantId,
    id: &SecretId,
) -> Result<Option<Kept>, VaultError> {
    let sql = format!("SELECT {COLUMNS} FROM vault_credentials WHERE id = ?1 AND tenant = ?2");
    let found = connection
        .prepare_cached(&sql)?
        .query_row(params![id.uuid(), tenant.as_str()], raw)
        .optional()?;
    found.map(Raw::typed).transpose()
}

/// The same, if it is not deleted.
pub(crate) fn live(
    connection: &Connection,
    tenant: &TenantId,
    integration: &IntegrationId,
    id: &SecretId,
) -> Result<VaultSecret, VaultError> {
    match one(connection, tenant, integration, id)? {
        Kept::Live(credential) => Ok(*credential),
        Kept::Deleted { at_ms, by } => Err(VaultError::Deleted {
            at_ms,
            by: by.addressed().to_owned(),
        }),
    }
}

/// The live credential that is meant: the one that is named, or the only one of the integration. For those who read: to
/// them, what was deleted is not there.
pub(crate) fn meant(
    connection: &Connection,
    tenant: &TenantId,
    integration: &IntegrationId,
    id: Option<&SecretId>,
) -> Result<VaultSecret, VaultError> {
    let not_found = || VaultError::NotFound {
        integration: integration.clone(),
        credential: id.cloned(),
    };
    if let Some(id) = id {
        return match one(connection, tenant, integration, id)? {
            Kept::Live(credential) => Ok(*credential),
            Kept::Deleted { .. } => Err(not_found()),
        };
    }
    let sql = "SELECT id FROM vault_credentials WHERE tenant = ?1 AND integration = ?2 AND state <> 'deleted'
               ORDER BY created_ms, id";
    let mut ids: Vec<SecretId> = connection
        .prepare_cached(sql)?
        .query_map([tenant.as_str(), integration.as_str()], |row| {
            row.get(0).map(SecretId)
        })?
        .collect::<Result<_, _>>()?;
    match (ids.pop(), ids.is_empty()) {
        (None, _) => Err(not_found()),
        (Some(only), true) => live(connection, tenant, integration, &only),
        (Some(last), false) => {
            ids.push(last);
            Err(VaultError::Several(ids))
        }
    }
}

/// How many integrations of the tenant use the credential: what a deletion now would stop. Zero is a number, too.
pub(crate) fn integrations_affected(
    connection: &Connection,
    tenant: &TenantId,
    id: &SecretId,
) -> Result<u32, rusqlite::Error> {
    let sql = "SELECT count(DISTINCT integration) FROM vault_bindings
               WHERE tenant = ?1 AND credential = ?2 AND ended_ms IS NULL";
    connection
        .prepare_cached(sql)?
        .query_row([tenant.as_str(), id.uuid()], |row| row.get(0))
}

/// Whether a live credential of the integration other than `except` has the name.
pub(crate) fn name_is_taken(
    connection: &Connection,
    place: (&TenantId, &IntegrationId),
    name: &SecretName,
    except: &SecretId,
) -> Result<bool, rusqlite::Error> {
    let sql = "SELECT 1 FROM vault_credentials
               WHERE tenant = ?1 AND integration = ?2 AND name = ?3 AND id <> ?4 AND state <> 'deleted'";
    let (tenant, integration) = place;
    connection.prepare_cached(sql)?.exists([
        tenant.as_str(),
        integration.as_str(),
        name.as_str(),
        except.uuid(),
    ])
}

struct Raw {
    id: String,
    tenant: String,
    integration: String,
    name: String,
    auth_type: String,
    description: Option<String>,
    scopes: String,
    token_endpoint: Option<String>,
    authorization_endpoint: Option<String>,
    metadata: String,
    state: String,
    expires_ms: Option<u64>,
    created_ms: u64,
    created_by: String,
    updated_ms: u64,
    updated_by: String,
    last_accessed_ms: Option<u64>,
    access_count: u64,
    deleted: Option<(u64, String)>,
}

fn raw(row: &Row<'_>) -> Result<Raw, rusqlite::Error> {
    let (deleted_ms, deleted_by): (Option<u64>, Option<String>) = (row.get(18)?, row.get(19)?);
    Ok(Raw {
        id: row.get(0)?,
        tenant: row.get(1)?,
        integration: row.get(2)?,
        name: row.get(3)?,
        auth_type: row.get(4)?,
        description: row.get(5)?,
        scopes: row.get(6)?,
        token_endpoint: row.get(7)?,
        authorization_endpoint: row.get(8)?,
        metadata: row.get(9)?,
        state: row.get(10)?,
        expires_ms: row.get(11)?,
        created_ms: row.get(12)?,
        created_by: row.get(13)?,
        updated_ms: row.get(14)?,
        updated_by: row.get(15)?,
        last_accessed_ms: row.get(16)?,
        access_count: row.get(17)?,
        deleted: deleted_ms.zip(deleted_by),
    })
}

impl Raw {
    fn typed(self) -> Result<Kept, VaultError> {
        let credential = self.id.clone();
        self.read().ok_or(VaultError::Damaged { credential })
    }

    /// `None` when a column has a form that this program never writes.
    fn read(self) -> Option<Kept> {
        if let Some((at_ms, by)) = self.deleted {
            let by = Person::from_json(&by)?;
            return Some(Kept::Deleted { at_ms, by });
        }
        let endpoint = |text: Option<String>| match text {
            None => Some(None),
            Some(text) => Endpoint::parse(&text).map(Some),
        };
        let description = match self.description {
            None => None,
            Some(text) => Some(Description::parse(&text)?),
        };
        Some(Kept::Live(Box::new(VaultSecret {
            id: SecretId::parse(&self.id)?,
            tenant: TenantId::parse(&self.tenant)?,
            integration: IntegrationId::parse(&self.integration)?,
            name: SecretName::parse(&self.name)?,
            auth_type: AuthType::parse(&self.auth_type)?,
            description,
            scopes: Scopes::parse(serde_json::from_str(&self.scopes).ok()?)?,
            token_endpoint: endpoint(self.token_endpoint)?,
            authorization_endpoint: endpoint(self.authorization_endpoint)?,
            metadata: Metadata::parse(serde_json::from_str(&self.metadata).ok()?)?,
            switched_on: match self.state.as_str() {
                "active" => true,
                "inactive" => false,
                _ => return None,
            },
            expires_ms: self.expires_ms,
            created_ms: self.created_ms,
            created_by: Person::from_json(&self.created_by)?,
            updated_ms: self.updated_ms,
            updated_by: Person::from_json(&self.updated_by)?,
            last_accessed_ms: self.last_accessed_ms,
            access_count: self.access_count,
        })))
    }
}
