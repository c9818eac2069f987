//! `atropos did`.

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::json;

use super::client::{Target, read_json, signed_by};
use crate::output;

/// Actions on DIDs.
#[derive(Subcommand)]
pub enum DidAction {
    /// Create a DID.
    Create {
        /// `testnet` or `mainnet`.
        #[arg(long, default_value = "testnet", conflicts_with = "document")]
        network: String,
        /// Type of its verification method: `Ed25519VerificationKey2020`, `Ed25519VerificationKey2018` or
        /// `JsonWebKey2020`.
        #[arg(long, default_value = "Ed25519VerificationKey2020")]
        method_type: String,
        /// Public key, in hexadecimal, of a custodial key. Default: a new one.
        #[arg(long, value_name = "HEX")]
        key: Option<String>,
        /// File with a DID document, `-` for standard input. Default: the server writes one.
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
        #[command(flatten)]
        keys: Keys,
        #[command(flatten)]
        target: Target,
    },
    /// Deactivate a DID, for good.
    Deactivate {
        /// The DID.
        did: String,
        #[command(flatten)]
        keys: Keys,
        #[command(flatten)]
        target: Target,
    },
    /// List DIDs, including deactivated ones.
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
    /// Resolve a DID. Needs no API key. A deactivated DID is printed too, and is not an error.
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

/// The custodial keys that sign.
#[derive(Args)]
pub struct Keys {
    /// Public key, in hexadecimal, of a custodial key that signs; repeatable. Default: all that are needed.
    #[arg(long, value_name = "HEX")]
    pub(super) key: Vec<String>,
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
                Some(path) => body["didDocument"] = read_json(&path)?,
                None => body["network"] = network.into(),
            }
            target.post(&["did", "create"], &body).await?
        }
        DidAction::Update {
            document,
            keys,
            target,
        } => {
            let mut body = signed_by(&keys.key);
            body["didDocument"] = read_json(&document)?;
            target.post(&["did", "update"], &body).await?
        }
        DidAction::Deactivate { did, keys, target } => {
            let path = ["did", "deactivate", &did];
            target.post(&path, &signed_by(&keys.key)).await?
        }
        DidAction::List {
            network,
            page,
            limit,
            target,
        } => {
            let call = target.call(Method::GET, &["did", "list"])?;
            call.query("network", network.as_deref())
                .query("page", page.as_deref())
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
            let call = target.call(Method::GET, &["1.0", "identifiers", &did])?;
            call.accept("application/did-resolution")
                .query("versionId", version_id.as_deref())
                .query("versionTime", version_time.as_deref())
                .send_openly()
                .await?
        }
    };
    Ok(output::json(&answer)?)
}
