//! `atropos verify`: checks a receipt offline.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use proof::checkpoint::Checkpoint;
use proof::policy::Policy;
use proof::receipt::{self, MAX_RECEIPT_BYTES, NoProof, Verdict, When};
use serde_json::{Value, json};

use super::file::read;
use crate::output;
use clock::rfc3339_ms;

/// Longest policy or bounds file that is read, in bytes.
const POLICY_BYTES_MAX: usize = 1 << 20;
/// The exit code when the files cannot be used at all; wrong flags have the same.
const UNUSABLE: u8 = 2;

/// Verify a receipt offline. Exit code 0: it is a proof. 1: it proves nothing. 2: it cannot be checked.
#[derive(Args)]
pub struct Verify {
    /// The receipt; `-` is standard input.
    receipt: PathBuf,
    /// The log and the witnesses that you trust (C2SP tlog-policy), from a source that you trust.
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// The JSON that belongs to the policy: the bounds of earlier log keys, and the network id.
    #[arg(long, value_name = "FILE")]
    bounds: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Verify) -> anyhow::Result<ExitCode> {
    let (bytes, policy) = match inputs(arguments) {
        Ok(inputs) => inputs,
        Err(error) => {
            output::error(&error);
            return Ok(ExitCode::from(UNUSABLE));
        }
    };
    let verdict = receipt::verify(&bytes, &policy);
    let proves = verdict.is_ok();
    if arguments.json {
        output::json(&verdict.as_ref().map_or_else(refused_json, proven_json))?;
    } else {
        let text = match &verdict {
            Ok(verdict) => proven_text(verdict),
            Err(reason) => format!("proves nothing: {reason} [{}]", reason.code()),
        };
        output::line(text)?;
    }
    Ok(if proves {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn inputs(arguments: &Verify) -> anyhow::Result<(Vec<u8>, Policy)> {
    let text = |path: &Path| {
        String::from_utf8(read(path, POLICY_BYTES_MAX)?)
            .with_context(|| format!("{} is not UTF-8", path.display()))
    };
    let policy = text(&arguments.policy)?;
    let bounds = arguments.bounds.as_deref().map(text).transpose()?;
    let policy = Policy::parse(&policy, bounds.as_deref())
        .with_context(|| format!("the policy in {} is not usable", arguments.policy.display()))?;
    // One byte more than a receipt may have: the verifier itself refuses one that is too long.
    let bytes = read(&arguments.receipt, MAX_RECEIPT_BYTES + 1)?;
    Ok((bytes, policy))
}

fn proven_text(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Deactivated {
            did,
            log_index,
            at_latest_ms,
            checkpoint,
            summary,
            ..
        } => {
            let at = match at_latest_ms {
                When::Witnessed(ms) => format!("no later than {}", rfc3339_ms(*ms)),
                When::LogClock(ms) => {
                    format!("no later than {}, by the log's own clock", rfc3339_ms(*ms))
                }
            };
            format!(
                "{did}\n  deactivated ({at}, log index {log_index})\n  signed by every key (methods {}, \
                 distinct keys {}, other signers {})\n{}",
                summary.methods.len(),
                summary.distinct_keys,
                summary.signers.len(),
                in_log(checkpoint)
            )
        }
        Verdict::Active {
            did,
            still_at_ms,
            checkpoint,
            summary,
            ..
        } => {
            let mut text = format!("{did}\n  active {}", as_of(still_at_ms));
            if summary.frozen {
                text += "\n  frozen: no key is left that can sign for it";
            }
            for ended in &summary.deactivated_signers {
                text += &format!("\n  its signer {ended} is deactivated");
            }
            format!("{text}\n{}", in_log(checkpoint))
        }
        Verdict::NeverExisted {
            did,
            still_at_ms,
            checkpoint,
            ..
        } => format!(
            "{did}\n  never existed {}\n{}",
            as_of(still_at_ms),
            in_log(checkpoint)
        ),
    }
}

fn as_of(when: &When) -> String {
    match when {
        When::Witnessed(ms) => format!("as of {}", rfc3339_ms(*ms)),
        When::LogClock(ms) => format!("as of {}, by the log's own clock", rfc3339_ms(*ms)),
    }
}

fn in_log(checkpoint: &Checkpoint) -> String {
    format!(
        "  in the log {} of {} entries, root {}",
        checkpoint.origin, checkpoint.size, checkpoint.root
    )
}

fn proven_json(verdict: &Verdict) -> Value {
    let of = |status: &str, did: &did::Did, network_id: &proof::NetworkId, log_index: &u64| {
        json!({
            "proven": true, "status": status, "did": did.to_string(), "networkId": network_id.to_string(),
            "logIndex": log_index,
        })
    };
    let (mut value, when, checkpoint) = match verdict {
        Verdict::Deactivated {
            did,
            network_id,
            log_index,
            at_latest_ms,
            checkpoint,
            summary,
        } => {
            let mut value = of("deactivated", did, network_id, log_index);
            value["summary"] = json!(summary);
            (value, ("atLatest", at_latest_ms), checkpoint)
        }
        Verdict::Active {
            did,
            network_id,
            log_index,
            still_at_ms,
            checkpoint,
            summary,
        } => {
            let mut value = of("active", did, network_id, log_index);
            value["summary"] = json!(summary);
            (value, ("stillAt", still_at_ms), checkpoint)
        }
        Verdict::NeverExisted {
            did,
            network_id,
            log_index,
            still_at_ms,
            checkpoint,
        } => {
            let value = of("neverExisted", did, network_id, log_index);
            (value, ("stillAt", still_at_ms), checkpoint)
        }
    };
    let (name, when) = when;
    value[name] = match when {
        When::Witnessed(ms) => json!({"time": rfc3339_ms(*ms), "clock": "witnesses"}),
        When::LogClock(ms) => json!({"time": rfc3339_ms(*ms), "clock": "log"}),
    };
    value["checkpoint"] = json!({
        "origin": checkpoint.origin.to_string(), "size": checkpoint.size, "root": checkpoint.root.to_string(),
    });
    value
}

fn refused_json(reason: &NoProof) -> Value {
    json!({"proven": false, "code": reason.code(), "reason": reason.to_string()})
}
