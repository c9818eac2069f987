//! `atropos user`.

use std::path::{Path, PathBuf};

use access::{Access, GivenKey, Role, SigningCredential, Switch, User, UserKind, VerifyingKey};
use anyhow::{Context, ensure};
use audit::Attribution;
use clap::{Args, Subcommand};
use resolver::Seconds;
use serde_json::{Value, json};

use super::file;
use super::tenant::TenantName;
use crate::config::Config;
use crate::output;
use crate::start::open_store;

/// Longest file with a public key, in bytes.
const KEY_BYTES_MAX: usize = 4096;

/// Actions on users.
#[derive(Subcommand)]
pub enum UserAction {
    /// Create a person who signs with a key. The session token is shown only once.
    Create {
        /// The login name, such as an e-mail address.
        name: String,
        /// Role of the person, see `atropos role list`; repeatable.
        #[arg(long, default_value = "admin")]
        role: Vec<String>,
        #[command(flatten)]
        key: KeyArguments,
        #[command(flatten)]
        tenant: TenantName,
    },
    /// Add a key for a person, such as one who has lost all others. The session token is shown only once.
    AddKey {
        #[command(flatten)]
        user: UserName,
        #[command(flatten)]
        key: KeyArguments,
    },
    /// List the users of a tenant, including service accounts and deactivated users.
    List {
        #[command(flatten)]
        tenant: TenantName,
    },
    /// Deactivate a user and everything that acts for it. Its sessions end for good.
    Deactivate(UserName),
    /// Activate a user.
    Activate(UserName),
}

/// The user that a command works on.
#[derive(Args)]
pub struct UserName {
    /// Name or id of the user.
    user: String,
    #[command(flatten)]
    tenant: TenantName,
}

/// A public key in a file.
#[derive(Args)]
pub struct KeyArguments {
    /// File with the public key, PEM (Ed25519, P-256, P-384, P-521, secp256k1 or RSA); `-` is standard input.
    #[arg(long, value_name = "FILE")]
    public_key: PathBuf,
    /// The signer's id of the key (`credId`). Default: a new one.
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
            let tenant = tenant.find(&access)?;
            let (roles, key) = (roles(&role)?, key.given()?);
            let made = access.create_person(&tenant.id, (&name, &roles), key, &by);
            let (user, credential, token) = made.await?;
            with_credential(view(&access, &user)?, &credential, token.reveal())
        }
        UserAction::AddKey { user, key } => {
            let user = user.find_kind(&access, UserKind::Person)?;
            let (credential, token) = access.add_key(&user, key.given()?, &by).await?;
            with_credential(view(&access, &user)?, &credential, token.reveal())
        }
        UserAction::List { tenant } => {
            let users = access.users(&tenant.find(&access)?.id)?;
            let views = users.iter().map(|user| view(&access, user));
            views.collect::<anyhow::Result<Value>>()?
        }
        UserAction::Deactivate(user) => {
            switch(&access, &user.find(&access)?, Switch::Deactivate).await?
        }
        UserAction::Activate(user) => {
            switch(&access, &user.find(&access)?, Switch::Activate).await?
        }
    };
    Ok(output::json(&value)?)
}

fn with_credential(mut view: Value, credential: &SigningCredential, token: &str) -> Value {
    view["credentialUuid"] = credential.id.as_str().into();
    view["credentialId"] = credential.credential_id.as_str().into();
    view["token"] = token.into();
    view
}

/// Activates or deactivates a user, and shows it.
pub(super) async fn switch(access: &Access, user: &User, to: Switch) -> anyhow::Result<Value> {
    let by = Attribution::command_line();
    let switched = access.switch_user(&user.tenant, &user.id, to, &by);
    let (user, _) = switched.await?;
    view(access, &user)
}

impl UserName {
    pub(super) fn find(&self, access: &Access) -> anyhow::Result<User> {
        let tenant = self.tenant.find(access)?;
        let found = access.user(&tenant.id, &self.user);
        found.with_context(|| {
            format!(
                "there is no user `{}`; `atropos user list` shows them",
                self.user
            )
        })
    }

    pub(super) fn find_kind(&self, access: &Access, kind: UserKind) -> anyhow::Result<User> {
        let found = self.find(access)?;
        ensure!(
            found.kind == kind,
            "`{}` is not a {}",
            self.user,
            kind.as_str()
        );
        Ok(found)
    }
}

/// Roles by their names or the ids of their permissions.
pub(super) fn roles(names: &[String]) -> anyhow::Result<Vec<Role>> {
    let role = |name: &String| {
        access::role_of(name)
            .with_context(|| format!("there is no role `{name}`; `atropos role list` shows them"))
    };
    names.iter().map(role).collect()
}

/// The public key in a PEM file; `-` is standard input.
pub(super) fn read_public_key(path: &Path) -> anyhow::Result<VerifyingKey> {
    let bytes = file::read(path, KEY_BYTES_MAX)?;
    let text = String::from_utf8(bytes).context("the file with the public key is not text")?;
    Ok(VerifyingKey::from_pem(&text)?)
}

impl KeyArguments {
    fn given(self) -> anyhow::Result<GivenKey> {
        Ok(GivenKey {
            key: read_public_key(&self.public_key)?,
            credential_id: self.credential_id,
        })
    }
}

pub(super) fn view(access: &Access, user: &User) -> anyhow::Result<Value> {
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
