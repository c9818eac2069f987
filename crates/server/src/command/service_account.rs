//! `atropos service-account`.

use std::path::PathBuf;

use access::{Access, Switch, UserKind, VerifyingKey};
use anyhow::Context;
use audit::Attribution;
use clap::Subcommand;
use resolver::Seconds;

use super::{file, tenant, user};
use crate::config::Config;
use crate::output;
use crate::start::open_store;

/// Longest file with a public key, in bytes.
const KEY_BYTES_MAX: usize = 4096;
const DAY_MS: u64 = 86_400_000;

/// What to do with service accounts. `atropos user` lists them and switches them on.
#[derive(Subcommand)]
pub enum ServiceAccountAction {
    /// Make a service account. Its access token is printed this once.
    Create {
        /// Its name.
        name: String,
        /// What it may do; `atropos role list` shows the roles. May stand several times.
        #[arg(long, default_value = "registrar")]
        role: Vec<String>,
        /// File with the public key that it signs with, PEM; `-` is standard input.
        #[arg(long, value_name = "FILE")]
        public_key: PathBuf,
        /// How long its token lives, in days: 1 to 730.
        #[arg(long, default_value_t = 365)]
        days: u64,
        /// Name or id of the tenant.
        #[arg(long, default_value = "default")]
        tenant: String,
    },
    /// Switch a service account off, and its tokens with it.
    Deactivate {
        /// Its name or id.
        name: String,
        /// Name or id of the tenant.
        #[arg(long, default_value = "default")]
        tenant: String,
    },
}

pub(super) async fn run(action: ServiceAccountAction, config: &Config) -> anyhow::Result<()> {
    let access = Access::open(open_store(&config.settings)?);
    let by = Attribution::command_line();
    let value = match action {
        ServiceAccountAction::Create {
            name,
            role,
            public_key,
            days,
            tenant,
        } => {
            let tenant = tenant::find(&access, &tenant)?;
            let roles = user::roles(&role)?;
            let pem = String::from_utf8(file::read(&public_key, KEY_BYTES_MAX)?)
                .context("the file with the public key is no text")?;
            let key = VerifyingKey::from_pem(&pem)?;
            let life_ms = days.saturating_mul(DAY_MS);
            let made =
                access.create_service_account(&tenant.id, (&name, &roles), (key, life_ms), &by);
            let (account, token, text) = made.await?;
            let mut value = user::shown(&access, &account)?;
            value["tokenId"] = token.id.as_str().into();
            value["expiresAt"] = Seconds::of_ms(token.expires_ms).to_string().into();
            value["credentialId"] = token.key.map(|key| key.credential_id).into();
            value["token"] = text.reveal().into();
            value
        }
        ServiceAccountAction::Deactivate { name, tenant } => {
            let kind = Some(UserKind::ServiceAccount);
            let account = user::find(&access, &tenant, &name, kind)?;
            user::switch(&access, &account, Switch::Deactivate).await?
        }
    };
    Ok(output::json(&value)?)
}
