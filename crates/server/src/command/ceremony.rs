//! `atropos ceremony`.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Subcommand, ValueEnum};
use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Target, read_input};
use super::file::write_new;
use crate::output;

/// What to do with ceremonies: signatures of several holders, collected over time.
#[derive(Subcommand)]
pub enum CeremonyAction {
    /// Start a ceremony that ends a DID, or that writes a document.
    Start {
        /// What is to be done.
        #[arg(value_enum)]
        operation: Operation,
        /// The DID that is to end.
        #[arg(long, conflicts_with = "document")]
        did: Option<String>,
        /// File with the whole new DID document, `-` for standard input.
        #[arg(long, value_name = "FILE")]
        document: Option<String>,
        /// What an end is bound to: `version`, `authority` (which it is without it) or `none`.
        #[arg(long)]
        scope: Option<String>,
        /// How long signatures are collected, in days.
        #[arg(long, value_name = "DAYS", default_value_t = 7)]
        days: u64,
        /// How long it waits between the last signature and the commit, in hours.
        #[arg(long, value_name = "HOURS", default_value_t = 0)]
        cooling_hours: u64,
        /// The signed message can be taken away and be submitted later; an update may void it.
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
    /// Show who has signed, and who has not.
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
        /// A new file for it; standard output without it.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[command(flatten)]
        target: Target,
    },
    /// Hand in signatures that `atropos sign` has made.
    Add {
        /// The ceremony.
        id: String,
        /// File with signatures; `-` is standard input.
        signatures: String,
        #[command(flatten)]
        target: Target,
    },
    /// Let keys that the server holds sign.
    SignHeld {
        /// The ceremony.
        id: String,
        /// Public key, in hexadecimal, that is to sign; may stand several times. All that are needed without it.
        #[arg(long, value_name = "HEX")]
        key: Vec<String>,
        #[command(flatten)]
        target: Target,
    },
    /// Make a link for a holder without an account.
    Link {
        /// The ceremony.
        id: String,
        /// The slot that its holder may fill; every slot without it.
        #[arg(long, value_name = "NUMBER")]
        slot: Option<u32>,
        #[command(flatten)]
        target: Target,
    },
    /// Submit what everybody has signed.
    Commit {
        /// The ceremony.
        id: String,
        #[command(flatten)]
        target: Target,
    },
    /// Call a ceremony off.
    Cancel {
        /// The ceremony.
        id: String,
        #[command(flatten)]
        target: Target,
    },
    /// Take the signed message of a pre-signed end away.
    Export {
        /// The ceremony.
        id: String,
        #[command(flatten)]
        target: Target,
    },
}

/// What a ceremony does.
#[derive(Clone, Copy, ValueEnum)]
pub enum Operation {
    /// Makes a DID.
    Create,
    /// Changes one.
    Update,
    /// Ends one.
    Deactivate,
    /// Changes one and ends it, both or neither.
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
            let call = target.call(Method::POST, &["v1", "ceremonies"])?;
            call.json(&body).send().await?
        }
        CeremonyAction::List { did, target } => {
            let call = target.call(Method::GET, &["v1", "ceremonies"])?;
            call.query("did", did.as_deref()).send().await?
        }
        CeremonyAction::Show { id, target } => get(&target, &["v1", "ceremonies", &id]).await?,
        CeremonyAction::Statement { id, out, target } => {
            let answer = get(&target, &["v1", "ceremonies", &id, "statement"]).await?;
            match out {
                Some(path) => return write_new(&path, format!("{answer:#}\n").as_bytes()),
                None => answer,
            }
        }
        CeremonyAction::Add {
            id,
            signatures,
            target,
        } => post(&target, &id, "signatures", read_json(&signatures)?).await?,
        CeremonyAction::SignHeld { id, key, target } => {
            let body = if key.is_empty() {
                json!({})
            } else {
                json!({"publicKeyHexs": key})
            };
            post(&target, &id, "held-signatures", body).await?
        }
        CeremonyAction::Link { id, slot, target } => {
            let body = slot.map_or_else(|| json!({}), |slot| json!({"slot": slot}));
            post(&target, &id, "links", body).await?
        }
        CeremonyAction::Commit { id, target } => post(&target, &id, "commit", json!({})).await?,
        CeremonyAction::Cancel { id, target } => post(&target, &id, "cancel", json!({})).await?,
        CeremonyAction::Export { id, target } => {
            get(&target, &["v1", "ceremonies", &id, "export"]).await?
        }
    };
    Ok(output::json(&answer)?)
}

async fn get(target: &Target, path: &[&str]) -> anyhow::Result<Value> {
    target.call(Method::GET, path)?.send().await
}

async fn post(target: &Target, id: &str, part: &str, body: Value) -> anyhow::Result<Value> {
    let call = target.call(Method::POST, &["v1", "ceremonies", id, part])?;
    call.json(&body).send().await
}

fn read_json(path: &str) -> anyhow::Result<Value> {
    let text = read_input(path)?;
    serde_json::from_str(&text).with_context(|| format!("{path} is not JSON"))
}
