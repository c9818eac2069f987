//! `fixtures/ed25519-edge-cases.json` by flag; `ordinary` are those without any.

use std::collections::BTreeSet;

use did::PublicKey;
use serde_json::Value;

use crate::common::{fixture, hex_of};
use crate::table::Verdict;

pub fn names() -> BTreeSet<String> {
    vectors().iter().flat_map(flags).collect()
}

pub fn verdicts(name: &str) -> Vec<Verdict> {
    let vectors = vectors();
    let chosen = vectors
        .iter()
        .filter(|vector| flags(vector).iter().any(|flag| flag == name));
    chosen.map(|vector| Verdict::of(verifies(vector))).collect()
}

/// `fixtures/ed25519-cctv.json`: `ordinary`, or `odd` for all that carry a flag.
pub fn cctv(name: &str) -> Vec<Verdict> {
    let file = fixture("ed25519-cctv.json");
    let chosen = file.as_array().unwrap().iter().filter(|vector| match name {
        "ordinary" => vector["flags"].is_null(),
        "odd" => !vector["flags"].is_null(),
        other => panic!("{other}"),
    });
    chosen.map(|vector| Verdict::of(verifies(vector))).collect()
}

fn vectors() -> Vec<Value> {
    let file = fixture("ed25519-edge-cases.json");
    file["vectors"].as_array().unwrap().clone()
}

fn flags(vector: &Value) -> Vec<String> {
    let flags = vector["flags"].as_array().unwrap();
    match flags.is_empty() {
        true => vec!["ordinary".to_owned()],
        false => flags
            .iter()
            .map(|flag| flag.as_str().unwrap().to_owned())
            .collect(),
    }
}

fn verifies(vector: &Value) -> bool {
    let message = vector["msg"].as_str().unwrap().as_bytes();
    PublicKey::from_ed25519(&hex_of(vector, "key").try_into().unwrap())
        .is_ok_and(|key| key.verify(message, &hex_of(vector, "sig")).is_ok())
}
