//! `atropos role`.

use access::{Access, Role};
use audit::Attribution;
use clap::Subcommand;
use serde_json::{Value, json};

use super::user;
use crate::config::Config;
use crate::output;
use crate::start::open_store;

/// What to do with roles. They are the same in every tenant, and nobody can change them.
#[derive(Subcommand)]
pub enum RoleAction {
    /// List the roles and what they allow.
    List,
    /// Give a role to a user. It counts from the next request.
    Assign(Whose),
    /// Take a role from a user: from everything that acts for it, too.
    Revoke(Whose),
}

/// Which role of whom.
#[derive(clap::Args)]
pub struct Whose {
    /// The role.
    role: String,
    /// The name or id of the user.
    user: String,
    /// Name or id of the tenant.
    #[arg(long, default_value = "default")]
    tenant: String,
}

pub(super) async fn run(action: RoleAction, config: &Config) -> anyhow::Result<()> {
    let value = match action {
        RoleAction::List => Role::ALL.iter().copied().map(shown).collect(),
        RoleAction::Assign(whose) => change(whose, config, Change::Assign).await?,
        RoleAction::Revoke(whose) => change(whose, config, Change::Revoke).await?,
    };
    Ok(output::json(&value)?)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Assign,
    Revoke,
}

async fn change(whose: Whose, config: &Config, change: Change) -> anyhow::Result<Value> {
    let access = Access::open(open_store(&config.settings)?);
    let role = access::role_of(&whose.role)?;
    let user = user::find(&access, &whose.tenant, &whose.user, None)?;
    let by = Attribution::command_line();
    match change {
        Change::Assign => {
            access
                .assign_role(&user.tenant, &user.id, role, &by)
                .await?
        }
        Change::Revoke => {
            access
                .revoke_role(&user.tenant, &user.id, role, &by)
                .await?
        }
    };
    user::shown(&access, &user)
}

fn shown(role: Role) -> Value {
    let rights: Vec<&str> = role.rights().iter().map(|right| right.as_str()).collect();
    json!({"name": role.name(), "permissionId": role.permission_id(), "operations": rights})
}
