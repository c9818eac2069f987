//! `atropos api-key`.

use access::{Access, ApiKey, ApiKeyId};
use anyhow::Context;
use audit::Attribution;
use clap::Subcommand;
use resolver::Seconds;
use serde_json::{Value, json};

use super::tenant::TenantName;
use crate::config::Config;
use crate::output;
use crate::start::open_store;

/// Actions on API keys.
#[derive(Subcommand)]
pub enum ApiKeyAction {
    /// Create an API key. Its secret is shown only once.
    Create {
        #[command(flatten)]
        tenant: TenantName,
        /// Name of the key.
        #[arg(long, default_value = "command line")]
        name: String,
    },
    /// List the API keys of a tenant, including revoked ones.
    List {
        #[command(flatten)]
        tenant: TenantName,
    },
    /// Revoke an API key. Final.
    Revoke {
        /// Its id: the 8 digits after `atropos_`.
        id: String,
    },
}

pub(super) async fn run(action: ApiKeyAction, config: &Config) -> anyhow::Result<()> {
    let access = Access::open(open_store(&config.settings)?);
    let by = Attribution::command_line();
    let value = match action {
        ApiKeyAction::Create { tenant, name } => {
            let tenant = tenant.find(&access)?;
            let (key, secret) = access.create_api_key(&tenant.id, &name, &by).await?;
            let mut value = view(&key);
            value["secret"] = secret.reveal().into();
            value
        }
        ApiKeyAction::List { tenant } => {
            let tenant = tenant.find(&access)?;
            access.api_keys(&tenant.id)?.iter().map(view).collect()
        }
        ApiKeyAction::Revoke { id } => {
            let id =
                ApiKeyId::parse(&id).context("the id of an API key has 8 hexadecimal digits")?;
            view(&access.revoke_api_key(&id, &by).await?)
        }
    };
    Ok(output::json(&value)?)
}

fn view(key: &ApiKey) -> Value {
    json!({
        "id": key.id.as_str(),
        "tenant": key.tenant.as_str(),
        "name": key.name,
        "createdAt": Seconds::of_ms(key.created_ms).to_string(),
        "revokedAt": key.revoked_ms.map(|ms| Seconds::of_ms(ms).to_string()),
    })
}
