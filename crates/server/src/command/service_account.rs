//! `atropos service-account`.

use std::path::PathBuf;

use access::{Access, Switch, UserKind};
use audit::Attribution;
use clap::Subcommand;
use resolver::Seconds;

use super::tenant::TenantName;
use super::user::{self, UserName};
use crate::config::Config;
use crate::output;
use crate::start::open_store;

const DAY_MS: u64 = 86_400_000;

/// Actions on service accounts. `atropos user` lists and activates them.
#[derive(Subcommand)]
pub enum ServiceAccountAction {
    /// Create a service account. Its access token is shown only once.
    Create {
        /// Its name.
        name: String,
        /// Role of the account, see `atropos role list`; repeatable.
        #[arg(long, default_value = "registrar")]
        role: Vec<String>,
        /// File with its public key, PEM; `-` is standard input.
        #[arg(long, value_name = "FILE")]
        public_key: PathBuf,
        /// Lifetime of its token, in days: 1 to 730.
        #[arg(long, default_value_t = 365)]
        days: u64,
        #[command(flatten)]
        tenant: TenantName,
    },
    /// Deactivate a service account and its tokens.
    Deactivate(UserName),
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
            let tenant = tenant.find(&access)?;
            let (roles, key) = (user::roles(&role)?, user::read_public_key(&public_key)?);
            let life_ms = days.saturating_mul(DAY_MS);
            let made =
                access.create_service_account(&tenant.id, (&name, &roles), (key, life_ms), &by);
            let (account, token, text) = made.await?;
            let mut value = user::view(&access, &account)?;
            value["tokenId"] = token.id.as_str().into();
            value["expiresAt"] = Seconds::of_ms(token.expires_ms).to_string().into();
            value["credentialId"] = token.key.map(|key| key.credential_id).into();
            value["token"] = text.reveal().into();
            value
        }
        ServiceAccountAction::Deactivate(name) => {
            let account = name.find_kind(&access, UserKind::ServiceAccount)?;
            user::switch(&access, &account, Switch::Deactivate).await?
        }
    };
    Ok(output::json(&value)?)
}
