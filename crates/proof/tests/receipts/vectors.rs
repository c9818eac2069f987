//! The vectors in `fixtures/receipts/` pin the format and the reasons, for verifiers in any language.
//!
//! `UPDATE_FIXTURES=1 cargo test -p proof --test receipts vectors` writes them again.

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proof::policy::Policy;
use proof::receipt::{Verdict, When, verify};
use serde_json::{Value, json};

use crate::accepted::cases;
use crate::policies::PolicyText;
use crate::refused::refusals;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/receipts")
        .join(name)
}

/// Compares the vectors with a file of one line each, or writes the file on request. Returns the vectors of the
/// file.
fn pin(name: &str, vectors: &[Value]) -> Vec<Value> {
    let lines: Vec<String> = vectors.iter().map(Value::to_string).collect();
    let content = format!("[\n{}\n]\n", lines.join(",\n"));
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::create_dir_all(path("")).unwrap();
        std::fs::write(path(name), &content).unwrap();
    }
    let pinned = std::fs::read_to_string(path(name)).unwrap();
    assert!(
        pinned == content,
        "{name} differs: the format has changed, or the vectors are out of date"
    );
    serde_json::from_str(&pinned).unwrap()
}

#[test]
fn vectors_of_receipts_that_verify() {
    let vectors: Vec<Value> = cases()
        .iter()
        .map(|case| {
            let receipt = case.receipt();
            let verdict = receipt.verify(&case.policy.parsed()).unwrap();
            let text = String::from_utf8(receipt.to_bytes()).unwrap();
            vector(
                case.name,
                &case.policy,
                ("receipt", text),
                ("verdict", shown(&verdict)),
            )
        })
        .collect();
    for vector in pin("verified.json", &vectors) {
        let receipt = vector["receipt"].as_str().unwrap();
        let verdict = verify(receipt.as_bytes(), &policy_of(&vector)).unwrap();
        assert_eq!(shown(&verdict), vector["verdict"], "{}", vector["name"]);
    }
}

#[test]
fn vectors_of_receipts_that_are_refused() {
    let vectors: Vec<Value> = refusals()
        .iter()
        .map(|refusal| {
            // Not every one of them is text.
            let bytes = match String::from_utf8(refusal.bytes.clone()) {
                Ok(text) => ("receipt", text),
                Err(_) => ("receiptBase64", STANDARD.encode(&refusal.bytes)),
            };
            vector(
                &refusal.name,
                &refusal.policy,
                bytes,
                ("reason", json!(refusal.reason)),
            )
        })
        .collect();
    for vector in pin("refused.json", &vectors) {
        let bytes = match vector["receipt"].as_str() {
            Some(text) => text.as_bytes().to_vec(),
            None => STANDARD
                .decode(vector["receiptBase64"].as_str().unwrap())
                .unwrap(),
        };
        let reason = verify(&bytes, &policy_of(&vector)).unwrap_err();
        assert_eq!(vector["reason"], reason.code(), "{}", vector["name"]);
    }
}

fn vector(
    name: &str,
    policy: &PolicyText,
    (member, receipt): (&str, String),
    (expected, value): (&str, Value),
) -> Value {
    json!({
        "name": name,
        "policy": policy.policy,
        "bounds": policy.bounds,
        member: receipt,
        expected: value,
    })
}

fn policy_of(vector: &Value) -> Policy {
    let bounds = vector["bounds"].as_str();
    Policy::parse(vector["policy"].as_str().unwrap(), bounds).unwrap()
}

/// A verdict without its summary, which the receipt contains.
fn shown(verdict: &Verdict) -> Value {
    let when = |when: &When| match when {
        When::Witnessed(ms) => json!({ "witnessed": ms }),
        When::LogClock(ms) => json!({ "logClock": ms }),
    };
    let (status, did, network_id, log_index, time, checkpoint) = match verdict {
        Verdict::Deactivated {
            did,
            network_id,
            log_index,
            at_latest_ms,
            checkpoint,
            ..
        } => (
            "deactivated",
            did,
            network_id,
            log_index,
            ("atLatestMs", at_latest_ms),
            checkpoint,
        ),
        Verdict::Active {
            did,
            network_id,
            log_index,
            still_at_ms,
            checkpoint,
            ..
        } => (
            "active",
            did,
            network_id,
            log_index,
            ("stillAtMs", still_at_ms),
            checkpoint,
        ),
        Verdict::NeverExisted {
            did,
            network_id,
            log_index,
            still_at_ms,
            checkpoint,
        } => (
            "neverExisted",
            did,
            network_id,
            log_index,
            ("stillAtMs", still_at_ms),
            checkpoint,
        ),
    };
    json!({
        "status": status,
        "did": did.as_str(),
        "networkId": network_id.to_string(),
        "logIndex": log_index,
        time.0: when(time.1),
        "checkpoint": {
            "origin": checkpoint.origin,
            "size": checkpoint.size,
            "root": STANDARD.encode(checkpoint.root),
        },
    })
}
