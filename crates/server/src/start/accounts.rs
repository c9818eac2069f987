//! The first tenant and its API key.

use access::{Access, AccessError, ApiKeySecret, Tenant};
use audit::Attribution;

use crate::config::Secret;

/// Name of the tenant that the first start creates.
const TENANT: &str = "default";
const FIRST_KEY: &str = "first start";
const PRESET_KEY: &str = "ATROPOS_BOOTSTRAP_API_KEY";

/// The API key of the first start.
pub struct FirstKey {
    /// Name of its tenant.
    pub tenant: String,
    /// The secret, shown only once.
    pub secret: ApiKeySecret,
}

/// Makes the server usable: with the preset key if one is configured, otherwise, while there is no tenant, with a
/// random one.
pub(super) async fn ensure(
    access: &Access,
    preset: Option<&Secret>,
) -> Result<Option<FirstKey>, AccessError> {
    if let Some(preset) = preset {
        let tenant = default_tenant(access).await?;
        match access
            .create_api_key_with_secret(
                &tenant.id,
                PRESET_KEY,
                preset.expose(),
                &Attribution::system(),
            )
            .await
        {
            Err(error @ (AccessError::SecretRevoked | AccessError::TenantRevoked)) => {
                tracing::warn!(%error, "the API key in ATROPOS_BOOTSTRAP_API_KEY is not accepted");
            }
            result => drop(result?),
        }
        return Ok(None);
    }
    let tenant = match access.tenants()?.as_slice() {
        [] => default_tenant(access).await?,
        // An earlier start was interrupted before it created the key.
        [only] if only.name == TENANT && access.api_keys(&only.id)?.is_empty() => only.clone(),
        _ => return Ok(None),
    };
    let (_, secret) = access
        .create_api_key(&tenant.id, FIRST_KEY, &Attribution::system())
        .await?;
    Ok(Some(FirstKey {
        tenant: tenant.name,
        secret,
    }))
}

async fn default_tenant(access: &Access) -> Result<Tenant, AccessError> {
    match access.tenant_named(TENANT)? {
        Some(tenant) => Ok(tenant),
        None => access.create_tenant(TENANT, &Attribution::system()).await,
    }
}
