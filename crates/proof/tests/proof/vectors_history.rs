//! Vectors of the leaves about a log's own history; `vectors.rs` pins them with the others.

use proof::leaf::{
    Import, ImportedLeaf, KeyRotation, Leaf, LogKey, Predecessor, Recovery, TreeHead,
};
use serde_json::{Value, json};

use crate::vectors::{NETWORK, ORIGIN, SUBJECT, digest, reference};

fn key(byte: u8) -> LogKey {
    LogKey::ed25519(&[byte; 32])
}

fn key_fields(key: &LogKey) -> Value {
    json!({"algorithm": key.algorithm, "bytes": hex::encode(&key.bytes)})
}

fn head_fields(head: &TreeHead) -> Value {
    json!({"size": head.size, "root": head.root.to_string()})
}

fn rotation() -> (&'static str, Leaf, Value) {
    let leaf = KeyRotation {
        network_id: NETWORK,
        time_ms: 1_790_000_003_000,
        log_keys: vec![key(0xc2), key(0xc3)],
        previous_key: key(0xc1),
    };
    let fields = json!({
        "network_id": leaf.network_id.to_string(),
        "time_ms": leaf.time_ms,
        "log_keys": leaf.log_keys.iter().map(key_fields).collect::<Vec<_>>(),
        "previous_key": key_fields(&leaf.previous_key),
    });
    ("key rotation", Leaf::KeyRotation(leaf), fields)
}

fn recovery(name: &'static str, known: Option<TreeHead>) -> (&'static str, Leaf, Value) {
    let leaf = Recovery {
        network_id: NETWORK,
        time_ms: 1_790_000_004_000,
        origin: format!("{ORIGIN}-2"),
        log_keys: vec![key(0xd1)],
        predecessor: Predecessor {
            origin: ORIGIN.to_owned(),
            size: 60,
            root: digest("kept"),
        },
        known,
    };
    let fields = json!({
        "network_id": leaf.network_id.to_string(),
        "time_ms": leaf.time_ms,
        "origin": leaf.origin,
        "log_keys": leaf.log_keys.iter().map(key_fields).collect::<Vec<_>>(),
        "predecessor": {
            "origin": leaf.predecessor.origin,
            "size": leaf.predecessor.size,
            "root": leaf.predecessor.root.to_string(),
        },
        "known": leaf.known.as_ref().map(head_fields),
    });
    (name, Leaf::Recovery(leaf), fields)
}

fn import(name: &'static str, operation: Option<ImportedLeaf>) -> (&'static str, Leaf, Value) {
    let leaf = Import {
        network_id: NETWORK,
        time_ms: 1_790_000_005_000,
        did: SUBJECT.to_owned(),
        origin: ORIGIN.to_owned(),
        until: TreeHead {
            size: 70,
            root: digest("until"),
        },
        operation,
        previous: Some(reference(40)),
    };
    let fields = json!({
        "network_id": leaf.network_id.to_string(),
        "time_ms": leaf.time_ms,
        "did": leaf.did,
        "origin": leaf.origin,
        "until": head_fields(&leaf.until),
        "operation": leaf.operation.as_ref().map(|imported| {
            json!({"index": imported.index, "leaf": hex::encode(&imported.leaf)})
        }),
        "previous": leaf.previous.as_ref().map(|at| json!({"index": at.index, "hash": at.hash.to_string()})),
    });
    (name, Leaf::Import(leaf), fields)
}

/// The leaves with their names and fields; `deactivation` is one of the subject.
pub(crate) fn leaves(deactivation: &Leaf) -> Vec<(&'static str, Leaf, Value)> {
    let lost = TreeHead {
        size: 71,
        root: digest("lost"),
    };
    let imported = ImportedLeaf {
        index: 65,
        leaf: deactivation.encode().unwrap(),
    };
    let once = import("import of a deactivation", Some(imported));
    let again = ImportedLeaf {
        index: 69,
        leaf: once.1.encode().unwrap(),
    };
    vec![
        rotation(),
        recovery("recovery", None),
        recovery("recovery that knows what was lost", Some(lost)),
        import("import that confirms a head", None),
        once,
        import("import of an import", Some(again)),
    ]
}
