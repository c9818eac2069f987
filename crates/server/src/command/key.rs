//! `atropos key`.

use clap::Subcommand;
use reqwest::Method;
use serde_json::json;

use super::client::{Target, read_input};
use crate::output;

/// Actions on custodial keys.
#[derive(Subcommand)]
pub enum KeyAction {
    /// Create a key.
    Create {
        /// `Ed25519` or `Secp256r1` (P-256).
        #[arg(long = "type", default_value = "Ed25519")]
        key_type: String,
        #[command(flatten)]
        target: Target,
    },
    /// Import a private key from a file with its hexadecimal form.
    Import {
        /// The file; `-` is standard input.
        #[arg(long, default_value = "-")]
        file: String,
        /// `Ed25519` or `Secp256r1` (P-256).
        #[arg(long = "type", default_value = "Ed25519")]
        key_type: String,
        /// Name of the key.
        #[arg(long)]
        alias: Option<String>,
        #[command(flatten)]
        target: Target,
    },
    /// List keys, at most 1,000.
    List {
        /// The last key id of the previous page.
        #[arg(long)]
        after: Option<String>,
        #[command(flatten)]
        target: Target,
    },
    /// Show a key, or its form in a document.
    Show {
        /// The public key in hexadecimal.
        kid: String,
        /// As a verification method of this type.
        #[arg(long)]
        method_type: Option<String>,
        #[command(flatten)]
        target: Target,
    },
}

pub(super) async fn run(action: KeyAction) -> anyhow::Result<()> {
    let answer = match action {
        KeyAction::Create { key_type, target } => {
            let call = target.call(Method::POST, &["key", "create"])?;
            call.query("type", Some(&key_type)).send().await?
        }
        KeyAction::Import {
            file,
            key_type,
            alias,
            target,
        } => {
            let private_key = read_input(&file)?;
            let mut body =
                json!({"privateKeyHex": private_key.trim(), "encrypted": false, "type": key_type});
            if let Some(alias) = alias {
                body["alias"] = alias.into();
            }
            target.post(&["key", "import"], &body).await?
        }
        KeyAction::List { after, target } => {
            let call = target.call(Method::GET, &["key", "list"])?;
            call.query("after", after.as_deref()).send().await?
        }
        KeyAction::Show {
            kid,
            method_type: None,
            target,
        } => target.get(&["key", "read", &kid]).await?,
        KeyAction::Show {
            kid,
            method_type,
            target,
        } => {
            let call = target.call(Method::GET, &["key", &kid, "verification-method"])?;
            call.query("verificationMethodType", method_type.as_deref())
                .send()
                .await?
        }
    };
    Ok(output::json(&answer)?)
}
