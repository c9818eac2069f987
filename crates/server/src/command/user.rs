//! `atropos user`.

use std::path::PathBuf;

use access::{Access, GivenKey, Role, Switch, User, UserKind, VerifyingKey};
use anyhow::{Context, ensure};
use audit::Attribution;
use clap::{Args, Subcommand};
use resolver::Seconds;
use serde_json::{Value, json};

use super::{file, tenant};
use crate::config::Config;
use crate::output;
use crate::start::open_store;

/// Longest file with a public key, in bytes.
const KEY_BYTES_MAX: usize = 4096;

/// What to do with users.
#[derive(Subcommand)]
pub enum UserAction {
    /// Make a person who signs with a key. A session token is printed this once.
    Create {
        /// The name to log in with, for example an e-mail address.
        name: String,
        /// What the person may do; `atropos role list` shows the roles. May stand several times.
        #[arg(long, default_value = "admin")]
        role: Vec<String>,
        #[command(flatten)]
        key: KeyArguments,
        /// Name or id of the tenant.
        #[arg(long, default_value = "default")]
        tenant: String,
    },
    /// Give a person a further key: the way back in for who has lost all others. A session token is printed this once.
    AddKey {
        /// The name or id of the person.
        user: String,
        #[command(flatten)]
        key: KeyArguments,
        /// Name or id of the tenant.
        #[arg(long, default_value = "default")]
        tenant: String,
    },
    /// List the users of a tenant, service accounts and switched-off ones too.
    List {
        /// Name or id of the tenant.
        #[arg(long, default_value = "default")]
        tenant: String,
    },
    /// Switch a user off, and with it everything that acts for it. Its sessions end for good.
    Deactivate {
        /// The name or id of the user.
        user: String,
        /// Name or id of the tenant.
        #[arg(long, default_value = "default")]
        tenant: String,
    },
    /// Switch a user on.
    Activate {
        /// The name or id of the user.
        user: String,
        /// Name or id of the tenant.
        #[arg(long, default_value = "default")]
        tenant: String,
    },
}

/// A public key in a file.
#[derive(Args)]
pub struct KeyArguments {
    /// File with the public key, PEM (Ed25519, P-256, P-384, P-521, secp256k1 or RSA); `-` is standard input.
    #[arg(long, value_name = "FILE")]
    public_key: PathBuf,
    /// What the signer calls the key (`credId`); made up without it.
    #[arg(long)]
    credential_id: Option<String>,
}

pub(super) async fn run(action: UserAction, config: &Config) -> anyhow::Result<()> {
    let settings = config.settings.auth.signing();
    let access = Access::open(open_store(&config.settings)?).with_signing(settings);
    let by = Attribution::command_line();
    let value = match action {
        UserAction::Create {
            name,
            role,
            key,
            tenant,
        } => {
            let tenant = tenant::find(&access, &tenant)?;
            let (roles, key) = (roles(&role)?, key.given()?);
            let made = access.create_person(&tenant.id, (&name, &roles), key, &by);
            let (user, credential, token) = made.await?;
            let mut value = shown(&access, &user)?;
            value["credentialUuid"] = credential.id.as_str().into();
            value["credentialId"] = credential.credential_id.as_str().into();
            value["token"] = token.reveal().into();
            value
        }
        UserAction::AddKey { user, key, tenant } => {
            let user = find(&access, &tenant, &user, Some(UserKind::Person))?;
            let (credential, token) = access.add_key(&user, key.given()?, &by).await?;
            let mut value = shown(&access, &user)?;
            value["credentialUuid"] = credential.id.as_str().into();
            value["credentialId"] = credential.credential_id.as_str().into();
            value["token"] = token.reveal().into();
            value
        }
        UserAction::List { tenant } => {
            let tenant = tenant::find(&access, &tenant)?;
            let users = access.users(&tenant.id)?;
            let shown = users.iter().map(|user| shown(&access, user));
            shown.collect::<anyhow::Result<Value>>()?
        }
        UserAction::Deactivate { user, tenant } => {
            let user = find(&access, &tenant, &user, None)?;
            switch(&access, &user, Switch::Deactivate).await?
        }
        UserAction::Activate { user, tenant } => {
            let user = find(&access, &tenant, &user, None)?;
            switch(&access, &user, Switch::Activate).await?
        }
    };
    Ok(output::json(&value)?)
}

/// Switches a user on or off, and shows it.
pub(super) async fn switch(access: &Access, user: &User, to: Switch) -> anyhow::Result<Value> {
    let by = Attribution::command_line();
    let switched = access.switch_user(&user.tenant, &user.id, to, &by);
    let (user, _) = switched.await?;
    shown(access, &user)
}

/// A user of a tenant by name or id, and of a kind if one is given.
pub(super) fn find(
    access: &Access,
    tenant: &str,
    user: &str,
    kind: Option<UserKind>,
) -> anyhow::Result<User> {
    let tenant = tenant::find(access, tenant)?;
    let found = access
        .user(&tenant.id, user)
        .with_context(|| format!("there is no user `{user}`; `atropos user list` shows them"))?;
    if let Some(kind) = kind {
        ensure!(found.kind == kind, "`{user}` is no {}", kind.as_str());
    }
    Ok(found)
}

/// Roles by their names or the ids of their permissions.
pub(super) fn roles(names: &[String]) -> anyhow::Result<Vec<Role>> {
    let role = |name: &String| {
        access::role_of(name)
            .with_context(|| format!("there is no role `{name}`; `atropos role list` shows them"))
    };
    names.iter().map(role).collect()
}

impl KeyArguments {
    pub(super) fn key(&self) -> anyhow::Result<VerifyingKey> {
        let bytes = file::read(&self.public_key, KEY_BYTES_MAX)?;
        let text = String::from_utf8(bytes).context("the file with the public key is no text")?;
        Ok(VerifyingKey::from_pem(&text)?)
    }

    fn given(self) -> anyhow::Result<GivenKey> {
        Ok(GivenKey {
            key: self.key()?,
            credential_id: self.credential_id,
        })
    }
}

pub(super) fn shown(access: &Access, user: &User) -> anyhow::Result<Value> {
    let assignments = access.assignments(&user.id)?;
    let roles: Vec<&str> = assignments.iter().map(|one| one.role.name()).collect();
    Ok(json!({
        "id": user.id.as_str(),
        "tenant": user.tenant.as_str(),
        "orgId": user.tenant.org_id(),
        "kind": user.kind.as_str(),
        "name": user.name,
        "roles": roles,
        "createdAt": Seconds::of_ms(user.created_ms).to_string(),
        "isActive": user.active,
    }))
}
