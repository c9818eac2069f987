//! `atropos role`.

use access::{Access, Role};
use audit::Attribution;
use clap::Subcommand;
use serde_json::{Value, json};

use super::user::{self, UserName};
use crate::config::Config;
use crate::output;
use crate::start::open_store;

/// Actions on roles, which are the same in every tenant and cannot be changed.
#[derive(Subcommand)]
pub enum RoleAction {
    /// List the roles and what they allow.
    List,
    /// Assign a role to a user. It takes effect with the next request.
    Assign(RoleOfUser),
    /// Revoke a role of a user and of everything that acts for it.
    Revoke(RoleOfUser),
}

/// A role and a user.
#[derive(clap::Args)]
pub struct RoleOfUser {
    /// The role.
    role: String,
    #[command(flatten)]
    user: UserName,
}

pub(super) async fn run(action: RoleAction, config: &Config) -> anyhow::Result<()> {
    let value = match action {
        RoleAction::List => Role::ALL.iter().copied().map(view).collect(),
        RoleAction::Assign(given) => change(given, config, Change::Assign).await?,
        RoleAction::Revoke(given) => change(given, config, Change::Revoke).await?,
    };
    Ok(output::json(&value)?)
}

#[derive(Clone, Copy)]
enum Change {
    Assign,
    Revoke,
}

async fn change(given: RoleOfUser, config: &Config, change: Change) -> anyhow::Result<Value> {
    let access = Access::open(open_store(&config.settings)?);
    let role = access::role_of(&given.role)?;
    let user = given.user.find(&access)?;
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
    user::view(&access, &user)
}

fn view(role: Role) -> Value {
    let rights: Vec<&str> = role.rights().iter().map(|right| right.as_str()).collect();
    json!({"name": role.name(), "permissionId": role.permission_id(), "operations": rights})
}
