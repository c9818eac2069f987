//! The vectors in `fixtures/log/` pin the formats: if one of these tests fails, a format has changed.
//!
//! `UPDATE_FIXTURES=1 cargo test -p proof vectors` writes them again.

use std::path::Path;

use proof::checkpoint::{Checkpoint, SignedCheckpoint};
use proof::leaf::{
    Consulted, ConsultedStatus, Genesis, Leaf, LeafReference, LeafSignature, Limit, LogKey,
    OperationLeaf, OtherHead, Predecessor, ResourceLeaf, StateLeaf, SubmissionPlace, VersionKind,
};
use proof::merkle::{Frontier, consistency_proof_of, inclusion_proof_of, leaf_hash};
use proof::note::NoteSigner;
use proof::state::{StateKey, StateValue, Status};
use proof::{Hash, NetworkId, sha256};
use serde_json::{Value, json};

use crate::state_model::Stored;

pub(crate) const ORIGIN: &str = "example.com/log/testnet";
const SEED: [u8; 32] = [0x42; 32];
pub(crate) const NETWORK: NetworkId = NetworkId::new([0x11; 32]);
pub(crate) const SUBJECT: &str = "did:cheqd:testnet:0a6f1b2c-9d3e-4f50-8a61-7b8c9d0e1f2a";
const CONTROLLER: &str = "did:cheqd:testnet:1b7f2c3d-0e4f-4a61-9b72-8c9d0e1f2a3b";

/// Compares `content` with a file, or writes the file on request.
pub(crate) fn pin(name: &str, content: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/log")
        .join(name);
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::write(&path, content).unwrap();
    }
    let pinned = std::fs::read_to_string(&path).unwrap();
    assert!(
        pinned == content,
        "{name} differs: the format has changed, or the vectors are out of date"
    );
}

pub(crate) fn pin_json(name: &str, value: &Value) {
    pin(
        name,
        &format!("{}\n", serde_json::to_string_pretty(value).unwrap()),
    );
}

pub(crate) fn digest(text: &str) -> Hash {
    sha256(text.as_bytes())
}

pub(crate) fn reference(index: u64) -> LeafReference {
    LeafReference {
        index,
        hash: digest(&format!("leaf {index}")),
    }
}

fn genesis() -> Genesis {
    Genesis {
        network_id: NETWORK,
        namespace: "testnet".to_owned(),
        origin: ORIGIN.to_owned(),
        created_ms: 1_790_000_000_000,
        rule_set: 1,
        log_keys: vec![LogKey::ed25519(
            &NoteSigner::from_seed(ORIGIN, &SEED).unwrap().public_key(),
        )],
        limits: vec![
            Limit {
                name: "controllers_max".to_owned(),
                value: 8,
            },
            Limit {
                name: "methods_max".to_owned(),
                value: 64,
            },
        ],
        predecessor: Some(Predecessor {
            origin: "example.com/log/testnet-2025".to_owned(),
            size: 1_000_000,
            root: digest("predecessor"),
        }),
    }
}

fn create() -> OperationLeaf {
    OperationLeaf {
        rule_set: 1,
        network_id: NETWORK,
        kind: VersionKind::Create,
        did: SUBJECT.to_owned(),
        sequence: 1,
        place: SubmissionPlace {
            position: 0,
            count: 1,
        },
        previous: None,
        judged_under: 1,
        time_ms: 1_790_000_001_000,
        payload: b"payload of the create".to_vec(),
        signatures: vec![LeafSignature {
            method_id: format!("{SUBJECT}#key-1"),
            bytes: vec![0xa1; 64],
        }],
        consulted: vec![Consulted {
            did: SUBJECT.to_owned(),
            status: ConsultedStatus::Absent,
        }],
        bound_preimage: None,
    }
}

fn deactivation() -> OperationLeaf {
    OperationLeaf {
        kind: VersionKind::Deactivate,
        sequence: 3,
        place: SubmissionPlace {
            position: 1,
            count: 2,
        },
        previous: Some(reference(40)),
        judged_under: 50,
        time_ms: 1_790_000_002_000,
        payload: b"payload of the deactivation".to_vec(),
        signatures: vec![
            LeafSignature {
                method_id: format!("{SUBJECT}#key-1"),
                bytes: vec![0xb1; 64],
            },
            LeafSignature {
                method_id: format!("{SUBJECT}#key-2"),
                bytes: vec![0xb2; 71],
            },
            LeafSignature {
                method_id: format!("{CONTROLLER}#key-1"),
                bytes: vec![0xb3; 64],
            },
        ],
        consulted: vec![
            Consulted {
                did: SUBJECT.to_owned(),
                status: ConsultedStatus::Active(reference(40)),
            },
            Consulted {
                did: CONTROLLER.to_owned(),
                status: ConsultedStatus::Active(reference(30)),
            },
            Consulted {
                did: format!("{CONTROLLER}-gone"),
                status: ConsultedStatus::Deactivated(reference(20)),
            },
        ],
        bound_preimage: Some(b"preimage".to_vec()),
        ..create()
    }
}

fn state() -> StateLeaf {
    StateLeaf {
        network_id: NETWORK,
        state_root: digest("state root"),
        previous_state: Some(50),
        first_operation: 51,
        operations: 2,
        dids: 17,
        time_ms: 1_790_000_002_000,
        parameters_hash: digest("parameters"),
        other_heads: vec![OtherHead {
            name: "audit".to_owned(),
            size: 99,
            root: digest("audit"),
        }],
    }
}

fn genesis_fields(leaf: &Genesis) -> Value {
    let keys = leaf
        .log_keys
        .iter()
        .map(|key| json!({"algorithm": key.algorithm, "bytes": hex::encode(&key.bytes)}));
    json!({
        "network_id": leaf.network_id.to_string(),
        "namespace": leaf.namespace,
        "origin": leaf.origin,
        "created_ms": leaf.created_ms,
        "rule_set": leaf.rule_set,
        "log_keys": keys.collect::<Vec<_>>(),
        "limits": leaf.limits.iter().map(|l| json!({"name": l.name, "value": l.value})).collect::<Vec<_>>(),
        "predecessor": leaf.predecessor.as_ref().map(|log| {
            json!({"origin": log.origin, "size": log.size, "root": log.root.to_string()})
        }),
    })
}

fn reference_fields(at: &LeafReference) -> Value {
    json!({"index": at.index, "hash": at.hash.to_string()})
}

fn consulted_fields(consulted: &[Consulted]) -> Vec<Value> {
    let fields = |consulted: &Consulted| {
        let (status, head) = match &consulted.status {
            ConsultedStatus::Absent => (0, None),
            ConsultedStatus::Active(head) => (1, Some(head)),
            ConsultedStatus::Deactivated(head) => (2, Some(head)),
        };
        json!({"did": consulted.did, "status": status, "head": head.map(reference_fields)})
    };
    consulted.iter().map(fields).collect()
}

fn signature_fields(signatures: &[LeafSignature]) -> Vec<Value> {
    let fields =
        |s: &LeafSignature| json!({"method_id": s.method_id, "bytes": hex::encode(&s.bytes)});
    signatures.iter().map(fields).collect()
}

fn operation_fields(leaf: &OperationLeaf) -> Value {
    json!({
        "rule_set": leaf.rule_set,
        "network_id": leaf.network_id.to_string(),
        "kind": leaf.kind as u8,
        "did": leaf.did,
        "sequence": leaf.sequence,
        "place": {"position": leaf.place.position, "count": leaf.place.count},
        "previous": leaf.previous.as_ref().map(reference_fields),
        "judged_under": leaf.judged_under,
        "time_ms": leaf.time_ms,
        "payload": hex::encode(&leaf.payload),
        "signatures": signature_fields(&leaf.signatures),
        "consulted": consulted_fields(&leaf.consulted),
        "bound_preimage": leaf.bound_preimage.as_ref().map(hex::encode),
    })
}

const RESOURCE_SALT: [u8; 32] = [0x5a; 32];
const RESOURCE_DATA: &[u8] = b"{\"a\":1}";

fn resource() -> ResourceLeaf {
    ResourceLeaf {
        rule_set: 1,
        network_id: NETWORK,
        did: SUBJECT.to_owned(),
        place: SubmissionPlace {
            position: 0,
            count: 1,
        },
        judged_under: 50,
        time_ms: 1_790_000_001_500,
        payload: b"payload without data".to_vec(),
        data_bytes: RESOURCE_DATA.len() as u64,
        data_digest: ResourceLeaf::digest(&RESOURCE_SALT, RESOURCE_DATA),
        media_type: "application/json".to_owned(),
        signatures: vec![LeafSignature {
            method_id: format!("{SUBJECT}#key-1"),
            bytes: vec![0xb1; 64],
        }],
        consulted: vec![Consulted {
            did: SUBJECT.to_owned(),
            status: ConsultedStatus::Active(reference(40)),
        }],
    }
}

fn resource_fields(leaf: &ResourceLeaf) -> Value {
    json!({
        "rule_set": leaf.rule_set,
        "network_id": leaf.network_id.to_string(),
        "did": leaf.did,
        "place": {"position": leaf.place.position, "count": leaf.place.count},
        "judged_under": leaf.judged_under,
        "time_ms": leaf.time_ms,
        "payload": hex::encode(&leaf.payload),
        "data_bytes": leaf.data_bytes,
        "data_digest": leaf.data_digest.to_string(),
        "media_type": leaf.media_type,
        "signatures": signature_fields(&leaf.signatures),
        "consulted": consulted_fields(&leaf.consulted),
    })
}

fn state_fields(leaf: &StateLeaf) -> Value {
    let heads = leaf.other_heads.iter();
    let heads = heads
        .map(|head| json!({"name": head.name, "size": head.size, "root": head.root.to_string()}));
    json!({
        "network_id": leaf.network_id.to_string(),
        "state_root": leaf.state_root.to_string(),
        "previous_state": leaf.previous_state,
        "first_operation": leaf.first_operation,
        "operations": leaf.operations,
        "dids": leaf.dids,
        "time_ms": leaf.time_ms,
        "parameters_hash": leaf.parameters_hash.to_string(),
        "other_heads": heads.collect::<Vec<_>>(),
    })
}

fn leaves() -> Vec<(&'static str, Leaf, Value)> {
    let plain = Genesis {
        predecessor: None,
        limits: Vec::new(),
        ..genesis()
    };
    let update = OperationLeaf {
        kind: VersionKind::Update,
        sequence: 2,
        previous: Some(reference(2)),
        ..create()
    };
    let first_state = StateLeaf {
        previous_state: None,
        first_operation: 1,
        operations: 0,
        other_heads: Vec::new(),
        ..state()
    };
    let resource = resource();
    let operation = |leaf: OperationLeaf| (operation_fields(&leaf), Leaf::Operation(leaf));
    let [
        (create, create_leaf),
        (update, update_leaf),
        (end, end_leaf),
    ] = [create(), update, deactivation()].map(operation);
    let history = crate::vectors_history::leaves(&end_leaf);
    let mut leaves = vec![
        (
            "genesis",
            Leaf::Genesis(plain.clone()),
            genesis_fields(&plain),
        ),
        (
            "genesis with limits and predecessor",
            Leaf::Genesis(genesis()),
            genesis_fields(&genesis()),
        ),
        ("create", create_leaf, create),
        ("update", update_leaf, update),
        ("deactivation", end_leaf, end),
        (
            "resource",
            Leaf::Resource(resource.clone()),
            resource_fields(&resource),
        ),
        (
            "first state",
            Leaf::State(first_state.clone()),
            state_fields(&first_state),
        ),
        ("state", Leaf::State(state()), state_fields(&state())),
    ];
    leaves.extend(history);
    leaves
}

#[test]
fn vectors_of_leaves() {
    let vector = |(name, leaf, fields): (&str, Leaf, Value)| {
        let encoded = leaf.encode().unwrap();
        assert_eq!(Leaf::decode(&encoded), Ok(leaf));
        json!({
            "name": name,
            "fields": fields,
            "leaf": hex::encode(&encoded),
            "leaf_hash": Leaf::hash_of(&encoded).to_string(),
        })
    };
    pin_json("leaves.json", &leaves().into_iter().map(vector).collect());
}

#[test]
fn vectors_of_the_log_tree() {
    let leaves: Vec<Hash> = (0..9)
        .map(|n| leaf_hash(format!("leaf {n}").as_bytes()))
        .collect();
    let texts = |hashes: Vec<Hash>| hashes.iter().map(Hash::to_string).collect::<Vec<_>>();
    let mut frontier = Frontier::new();
    let mut sizes = Vec::new();
    for size in 0..=leaves.len() {
        let prefix = &leaves[..size];
        let inclusion = |at: u64| texts(inclusion_proof_of(prefix, at).unwrap());
        let consistency = |old: u64| texts(consistency_proof_of(prefix, old).unwrap());
        sizes.push(json!({
            "size": size,
            "root": frontier.root().to_string(),
            "right_edge": hex::encode(frontier.encode()),
            "inclusion_proofs": (0..size as u64).map(inclusion).collect::<Vec<_>>(),
            "consistency_proofs_from": (0..=size as u64).map(consistency).collect::<Vec<_>>(),
        }));
        leaves
            .get(size)
            .into_iter()
            .for_each(|leaf| frontier.append(*leaf));
    }
    pin_json(
        "log-tree.json",
        &json!({"leaves": "UTF-8 text `leaf <n>`, n from 0", "sizes": sizes}),
    );
}

fn state_value(n: u64) -> StateValue {
    StateValue {
        status: if n.is_multiple_of(3) {
            Status::Deactivated { index: 100 + n }
        } else {
            Status::Active
        },
        sequence: 1 + n,
        head_index: 100 + n,
        head_hash: reference(100 + n).hash,
        creation_index: 2 + n,
        ordinal: n,
        authority_since: 50 + n,
        document_hash: digest(&format!("document {n}")),
        key_set_hash: digest(&format!("key set {n}")),
    }
}

fn state_entry(n: u64) -> (StateKey, StateValue, Value) {
    let did = format!("did:cheqd:testnet:{n}");
    let (key, value) = (StateKey::of(&NETWORK, &did), state_value(n));
    let fields = json!({
        "status": if value.deactivation_index().is_some() { 2 } else { 1 },
        "sequence": value.sequence,
        "head_index": value.head_index,
        "head_hash": value.head_hash.to_string(),
        "creation_index": value.creation_index,
        "ordinal": value.ordinal,
        "authority_since": value.authority_since,
        "deactivation_index": value.deactivation_index(),
        "document_hash": value.document_hash.to_string(),
        "key_set_hash": value.key_set_hash.to_string(),
    });
    let vector = json!({
        "did": did,
        "key": hex::encode(key.as_bytes()),
        "fields": fields,
        "value": hex::encode(value.encode()),
        "value_hash": value.hash().to_string(),
    });
    (key, value, vector)
}

#[test]
fn vectors_of_the_state_tree() {
    let mut stored = Stored::default();
    let (mut entries, mut roots) = (Vec::new(), vec![stored.tree.root().to_string()]);
    for (key, value, vector) in (0..20).map(state_entry) {
        assert_eq!(StateValue::decode(&value.encode()), Ok(value));
        stored.update(&[(key, value.hash())]);
        entries.push(vector);
        roots.push(stored.tree.root().to_string());
    }
    let proof_of = |n: u64| {
        let (key, value, _) = state_entry(n);
        let proof = stored.prove(&key).unwrap();
        let expected = (n < 20).then(|| value.hash());
        assert_eq!(proof.verify(&stored.tree.root(), &key), Ok(expected));
        json!({
            "key": hex::encode(key.as_bytes()),
            "value_hash": expected.map(|hash| hash.to_string()),
            "proof": hex::encode(proof.encode()),
        })
    };
    let proofs = [0, 3, 19, 20, 21, 22, 23].map(proof_of);
    let vectors = json!({
        "network_id": NETWORK.to_string(),
        "entries": entries,
        "roots_after_each_entry": roots,
        "proofs_under_the_last_root": proofs,
    });
    pin_json("state-tree.json", &vectors);
}

#[test]
fn vectors_of_notes_and_checkpoints() {
    let log = NoteSigner::from_seed(ORIGIN, &SEED).unwrap();
    let witness = NoteSigner::from_seed("example.com/witness", &[0x43; 32]).unwrap();
    let checkpoint = Checkpoint {
        origin: ORIGIN.to_owned(),
        size: 54,
        root: digest("root"),
    };
    let note = witness.countersign(checkpoint.sign(&log).unwrap()).unwrap();
    pin("checkpoint.txt", &note.to_string());
    let keys = json!([log.verifier().to_string(), witness.verifier().to_string()]);
    let seeds = json!([hex::encode(SEED), hex::encode([0x43; 32])]);
    pin_json(
        "checkpoint-keys.json",
        &json!({"keys": keys, "ed25519_seeds": seeds}),
    );
    let opened = SignedCheckpoint::open(note.to_string().as_bytes(), log.verifier()).unwrap();
    assert_eq!(opened.checkpoint(), &checkpoint);
}
