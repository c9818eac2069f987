//! From rows to types.

use rusqlite::Row;

use crate::{ApiKey, ApiKeyId, Tenant, TenantId};

/// In the order that [`tenant`] reads.
pub(crate) const TENANT_COLUMNS: &str = "id, name, created_ms, revoked_ms";

/// In the order that [`api_key`] reads.
pub(crate) const API_KEY_COLUMNS: &str = "id, tenant, name, created_ms, revoked_ms";

pub(crate) fn tenant(row: &Row<'_>) -> Result<Tenant, rusqlite::Error> {
    Ok(Tenant {
        id: TenantId(row.get(0)?),
        name: row.get(1)?,
        created_ms: row.get(2)?,
        revoked_ms: row.get(3)?,
    })
}

pub(crate) fn api_key(row: &Row<'_>) -> Result<ApiKey, rusqlite::Error> {
    Ok(ApiKey {
        id: ApiKeyId(row.get(0)?),
        tenant: TenantId(row.get(1)?),
        name: row.get(2)?,
        created_ms: row.get(3)?,
        revoked_ms: row.get(4)?,
    })
}
