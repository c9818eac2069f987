//! `atropos did`.

use anyhow::Context;
use clap::Subcommand;
use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Target, read_input};
use crate::output;

/// What to do with DIDs.
#[derive(Subcommand)]
pub enum DidAction {
    /// Create a DID.
    Create {
        /// `testnet` or `mainnet`.
        #[arg(long, default_value = "testnet", conflicts_with = "document")]
        network: String,
        /// How its key is written: `Ed25519VerificationKey2020`, `Ed25519VerificationKey2018` or `JsonWebKey2020`.
        #[arg(long, default_value = "Ed25519VerificationKey2020")]
        method_type: String,
        /// Public key, in hexadecimal, of a key that the server holds; a new one without it.
        #[arg(long, value_name = "HEX")]
        key: Option<String>,
        /// File with a DID document, `-` for standard input; without it the server writes one.
        #[arg(long, value_name = "FILE")]
        document: Option<String>,
        #[command(flatten)]
        target: Target,
    },
    /// Replace the document of a DID.
    Update {
        /// File with the new DID document; `-` is standard input.
        #[arg(long, value_name = "FILE", default_value = "-")]
        document: String,
        /// Public key, in hexadecimal, that is to sign; may stand several times. All that are needed without it.
        #[arg(long, value_name = "HEX")]
        key: Vec<String>,
        #[command(flatten)]
        target: Target,
    },
    /// End a DID, for ever.
    Deactivate {
        /// The DID.
        did: String,
        /// Public key, in hexadecimal, that is to sign; may stand several times. All that are needed without it.
        #[arg(long, value_name = "HEX")]
        key: Vec<String>,
        #[command(flatten)]
        target: Target,
    },
    /// List DIDs, deactivated ones too.
    List {
        /// Only those of this network.
        #[arg(long)]
        network: Option<String>,
        /// Page, from 1.
        #[arg(long)]
        page: Option<String>,
        /// DIDs on a page.
        #[arg(long)]
        limit: Option<String>,
        #[command(flatten)]
        target: Target,
    },
    /// Resolve a DID. Needs no API key; one that has ended is an answer, too.
    Resolve {
        /// The DID.
        did: String,
        /// The version with this id.
        #[arg(long, conflicts_with = "version_time")]
        version_id: Option<String>,
        /// The version that was the latest at this time (RFC 3339).
        #[arg(long)]
        version_time: Option<String>,
        #[command(flatten)]
        target: Target,
    },
}

pub(super) async fn run(action: DidAction) -> anyhow::Result<()> {
    let answer = match action {
        DidAction::Create {
            network,
            method_type,
            key,
            document,
            target,
        } => {
            let mut options = json!({"verificationMethodType": method_type});
            if let Some(key) = key {
                options["key"] = key.into();
            }
            let mut body = json!({"options": options});
            match document {
                Some(path) => body["didDocument"] = read_document(&path)?,
                None => body["network"] = network.into(),
            }
            target
                .call(Method::POST, &["did", "create"])?
                .json(&body)
                .send()
                .await?
        }
        DidAction::Update {
            document,
            key,
            target,
        } => {
            let mut body = signed_by(&key);
            body["didDocument"] = read_document(&document)?;
            target
                .call(Method::POST, &["did", "update"])?
                .json(&body)
                .send()
                .await?
        }
        DidAction::Deactivate { did, key, target } => {
            target
                .call(Method::POST, &["did", "deactivate", &did])?
                .json(&signed_by(&key))
                .send()
                .await?
        }
        DidAction::List {
            network,
            page,
            limit,
            target,
        } => {
            let call = target
                .call(Method::GET, &["did", "list"])?
                .query("network", network.as_deref());
            call.query("page", page.as_deref())
                .query("limit", limit.as_deref())
                .send()
                .await?
        }
        DidAction::Resolve {
            did,
            version_id,
            version_time,
            target,
        } => {
            let call = target
                .call(Method::GET, &["1.0", "identifiers", &did])?
                .accept("application/did-resolution");
            let call = call.query("versionId", version_id.as_deref());
            call.query("versionTime", version_time.as_deref())
                .send_openly()
                .await?
        }
    };
    Ok(output::json(&answer)?)
}

fn signed_by(keys: &[String]) -> Value {
    if keys.is_empty() {
        json!({})
    } else {
        json!({"publicKeyHexs": keys})
    }
}

fn read_document(path: &str) -> anyhow::Result<Value> {
    let text = read_input(path)?;
    serde_json::from_str(&text).with_context(|| format!("{path} is not JSON"))
}
