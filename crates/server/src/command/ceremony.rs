//! `atropos ceremony`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Target, read_json, signed_by};
use super::did::Keys;
use super::file::write_new;
use crate::output;

/// Actions on ceremonies, which collect the signatures of several holders over time.
#[derive(Subcommand)]
pub enum CeremonyAction {
    /// Start a ceremony for a deactivation, or for a new document.
    Start {
        /// The operation that its participants sign.
        #[arg(value_enum)]
        operation: Operation,
        /// The DID to deactivate.
        #[arg(long, conflicts_with = "document")]
        did: Option<String>,
        /// File with the whole new DID document, `-` for standard input.
        #[arg(long, value_name = "FILE")]
        document: Option<String>,
        /// What a deactivation is bound to: `version`, `authority` (the default) or `none`.
        #[arg(long)]
        scope: Option<String>,
        /// Time to collect signatures, in days.
        #[arg(long, value_name = "DAYS", default_value_t = 7)]
        days: u64,
        /// Waiting time between the last signature and the commit, in hours.
        #[arg(long, value_name = "HOURS", default_value_t = 0)]
        cooling_hours: u64,
        /// Allow its owner to export the signed message and submit it later. An update may void it.
        #[arg(long)]
        pre_signed: bool,
        #[command(flatten)]
        target: Target,
    },
    /// List ceremonies, the newest first.
    List {
        /// Only those about this DID.
        #[arg(long)]
        did: Option<String>,
        #[command(flatten)]
        target: Target,
    },
    /// Show which signatures are there and which are missing.
    Show {
        /// The ceremony.
        id: String,
        #[command(flatten)]
        target: Target,
    },
    /// Get the statement for `atropos sign`.
    Statement {
        /// The ceremony.
        id: String,
        /// A new file. Default: standard output.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[command(flatten)]
        target: Target,
    },
    /// Submit signatures that `atropos sign` made.
    Add {
        /// The ceremony.
        id: String,
        /// File with signatures; `-` is standard input.
        signatures: String,
        #[command(flatten)]
        target: Target,
    },
    /// Sign with custodial keys.
    #[command(name = "sign-held")]
    SignCustodial {
        /// The ceremony.
        id: String,
        #[command(flatten)]
        keys: Keys,
        #[command(flatten)]
        target: Target,
    },
    /// Create a link for a holder without an account.
    Link {
        /// The ceremony.
        id: String,
        /// The only slot that its holder may fill. Default: every slot.
        #[arg(long, value_name = "NUMBER")]
        slot: Option<u32>,
        #[command(flatten)]
        target: Target,
    },
    /// Submit the operation once every signature is there.
    Commit {
        /// The ceremony.
        id: String,
        #[command(flatten)]
        target: Target,
    },
    /// Cancel a ceremony.
    Cancel {
        /// The ceremony.
        id: String,
        #[command(flatten)]
        target: Target,
    },
    /// Export the signed message of a pre-signed deactivation.
    Export {
        /// The ceremony.
        id: String,
        #[command(flatten)]
        target: Target,
    },
}

/// The operation of a ceremony.
#[derive(Clone, Copy, ValueEnum)]
pub enum Operation {
    /// Create a DID.
    Create,
    /// Update a DID.
    Update,
    /// Deactivate a DID.
    Deactivate,
    /// Update a DID and deactivate it, both or neither.
    UpdateAndDeactivate,
}

impl Operation {
    fn as_str(self) -> &'static str {
        match self {
            Operation::Create => "create",
            Operation::Update => "update",
            Operation::Deactivate => "deactivate",
            Operation::UpdateAndDeactivate => "updateAndDeactivate",
        }
    }
}

pub(super) async fn run(action: CeremonyAction) -> anyhow::Result<()> {
    let answer = match action {
        CeremonyAction::Start {
            operation,
            did,
            document,
            scope,
            days,
            cooling_hours,
            pre_signed,
            target,
        } => {
            let mut body = json!({
                "operation": operation.as_str(),
                "validForS": days.saturating_mul(86_400),
                "coolingS": cooling_hours.saturating_mul(3600),
                "preSigned": pre_signed,
            });
            if let Some(did) = did {
                body["did"] = did.into();
            }
            if let Some(path) = document {
                body["didDocument"] = read_json(&path)?;
            }
            if let Some(scope) = scope {
                body["scope"] = scope.into();
            }
            target.post(&["v1", "ceremonies"], &body).await?
        }
        CeremonyAction::List { did, target } => {
            let call = target.call(Method::GET, &["v1", "ceremonies"])?;
            call.query("did", did.as_deref()).send().await?
        }
        CeremonyAction::Show { id, target } => target.get(&["v1", "ceremonies", &id]).await?,
        CeremonyAction::Statement { id, out, target } => {
            let answer = target.get(&["v1", "ceremonies", &id, "statement"]).await?;
            match out {
                Some(path) => return write_new(&path, format!("{answer:#}\n").as_bytes()),
                None => answer,
            }
        }
        CeremonyAction::Add {
            id,
            signatures,
            target,
        } => {
            let signatures = read_json(&signatures)?;
            post(&target, &id, "signatures", &signatures).await?
        }
        CeremonyAction::SignCustodial { id, keys, target } => {
            post(&target, &id, "held-signatures", &signed_by(&keys.key)).await?
        }
        CeremonyAction::Link { id, slot, target } => {
            let body = slot.map_or_else(|| json!({}), |slot| json!({"slot": slot}));
            post(&target, &id, "links", &body).await?
        }
        CeremonyAction::Commit { id, target } => post(&target, &id, "commit", &json!({})).await?,
        CeremonyAction::Cancel { id, target } => post(&target, &id, "cancel", &json!({})).await?,
        CeremonyAction::Export { id, target } => {
            target.get(&["v1", "ceremonies", &id, "export"]).await?
        }
    };
    Ok(output::json(&answer)?)
}

async fn post(target: &Target, id: &str, part: &str, body: &Value) -> anyhow::Result<Value> {
    target.post(&["v1", "ceremonies", id, part], body).await
}
