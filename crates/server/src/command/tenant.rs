//! `atropos tenant`.

use access::{Access, ApprovalRule, Tenant, TenantId};
use anyhow::Context;
use audit::Attribution;
use clap::{Args, Subcommand, ValueEnum};
use resolver::Seconds;
use serde_json::{Value, json};

use crate::config::Config;
use crate::output;
use crate::start::open_store;

/// Actions on tenants.
#[derive(Subcommand)]
pub enum TenantAction {
    /// Create a tenant.
    Create {
        /// Its name.
        name: String,
    },
    /// List all tenants, including revoked ones.
    List,
    /// Require that a person approves each deactivation with custodial keys, or stop requiring it.
    RequireApproval {
        /// Its name or id.
        tenant: String,
        /// `on`: each deactivation needs a user action, signed by an active credential of the tenant. `off`: none does.
        rule: Approval,
    },
    /// Revoke a tenant and with it all of its API keys. Final.
    Revoke {
        /// Its name or id.
        tenant: String,
    },
}

/// Whether deactivations need an approval.
#[derive(Clone, Copy, ValueEnum)]
pub enum Approval {
    /// They do.
    On,
    /// They do not.
    Off,
}

impl From<Approval> for ApprovalRule {
    fn from(rule: Approval) -> ApprovalRule {
        match rule {
            Approval::On => ApprovalRule::On,
            Approval::Off => ApprovalRule::Off,
        }
    }
}

/// The tenant that a command works on.
#[derive(Args)]
pub struct TenantName {
    /// Name or id of the tenant.
    #[arg(long, default_value = "default")]
    tenant: String,
}

impl TenantName {
    pub(super) fn find(&self, access: &Access) -> anyhow::Result<Tenant> {
        find(access, &self.tenant)
    }
}

pub(super) async fn run(action: TenantAction, config: &Config) -> anyhow::Result<()> {
    let access = Access::open(open_store(&config.settings)?);
    let by = Attribution::command_line();
    let value = match action {
        TenantAction::Create { name } => view(&access.create_tenant(&name, &by).await?),
        TenantAction::List => access.tenants()?.iter().map(view).collect(),
        TenantAction::RequireApproval { tenant, rule } => {
            let tenant = find(&access, &tenant)?;
            access
                .set_approval_rule(&tenant.id, rule.into(), &by)
                .await?;
            let rule = access.approval_rule(&tenant.id)?;
            let mut value = view(&tenant);
            value["requireApproval"] = rule.as_str().into();
            value
        }
        TenantAction::Revoke { tenant } => view(
            &access
                .revoke_tenant(&find(&access, &tenant)?.id, &by)
                .await?,
        ),
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

fn view(tenant: &Tenant) -> Value {
    json!({
        "id": tenant.id.as_str(),
        "name": tenant.name,
        "createdAt": Seconds::of_ms(tenant.created_ms).to_string(),
        "revokedAt": tenant.revoked_ms.map(|ms| Seconds::of_ms(ms).to_string()),
    })
}
