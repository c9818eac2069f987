//! `atropos tenant`.

use access::{Access, Tenant, TenantId};
use anyhow::Context;
use clap::Subcommand;
use resolver::Seconds;
use serde_json::{Value, json};

use crate::config::Config;
use crate::output;
use crate::start::open_store;

/// What to do with tenants.
#[derive(Subcommand)]
pub enum TenantAction {
    /// Make a tenant.
    Create {
        /// Its name.
        name: String,
    },
    /// List all tenants, revoked ones too.
    List,
    /// Revoke a tenant and with it all of its API keys. Final.
    Revoke {
        /// Its name or id.
        tenant: String,
    },
}

pub(super) async fn run(action: TenantAction, config: &Config) -> anyhow::Result<()> {
    let access = Access::open(open_store(&config.settings)?);
    let value = match action {
        TenantAction::Create { name } => shown(&access.create_tenant(&name).await?),
        TenantAction::List => access.tenants()?.iter().map(shown).collect(),
        TenantAction::Revoke { tenant } => {
            shown(&access.revoke_tenant(&find(&access, &tenant)?.id).await?)
        }
    };
    Ok(output::json(&value)?)
}

/// A tenant by name, or by id.
pub(super) fn find(access: &Access, tenant: &str) -> anyhow::Result<Tenant> {
    if let Some(found) = access.tenant_named(tenant)? {
        return Ok(found);
    }
    let by_id = TenantId::parse(tenant)
        .map(|id| access.tenant(&id))
        .transpose()?
        .flatten();
    by_id
        .with_context(|| format!("there is no tenant `{tenant}`; `atropos tenant list` shows them"))
}

fn shown(tenant: &Tenant) -> Value {
    json!({
        "id": tenant.id.as_str(),
        "name": tenant.name,
        "createdAt": Seconds::of_ms(tenant.created_ms).to_string(),
        "revokedAt": tenant.revoked_ms.map(|ms| Seconds::of_ms(ms).to_string()),
    })
}
