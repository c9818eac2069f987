//! Vectors of what a log publishes: cosignatures, policies, the witness protocol, proofs as files and tiles.

use proof::checkpoint::Checkpoint;
use proof::merkle::{consistency_proof_of, inclusion_proof_of, leaf_hash, root_of};
use proof::note::{Cosigner, Note, NoteSigner};
use proof::policy::{Policy, PolicyRejection};
use proof::tiles::{EntryBundle, TilePath};
use proof::tlog_proof::TlogProof;
use proof::witness::{AddCheckpoint, decide, encode_cosignatures};
use proof::{Hash, sha256};
use serde_json::{Value, json};

use crate::vectors::{NETWORK, ORIGIN, pin, pin_json};

const LEAVES: u64 = 20;

fn old_log() -> NoteSigner {
    NoteSigner::from_seed(ORIGIN, &[0x42; 32]).unwrap()
}

fn new_log() -> NoteSigner {
    NoteSigner::from_seed(ORIGIN, &[0x44; 32]).unwrap()
}

fn witness(number: u8) -> Cosigner {
    Cosigner::from_seed(&format!("witness.example/{number}"), &[0x50 + number; 32]).unwrap()
}

fn leaf(index: u64) -> Vec<u8> {
    format!("leaf {index}").into_bytes()
}

fn hashes(size: u64) -> Vec<Hash> {
    (0..size).map(|index| leaf_hash(&leaf(index))).collect()
}

fn checkpoint(size: u64) -> Checkpoint {
    Checkpoint {
        origin: ORIGIN.to_owned(),
        size,
        root: root_of(&hashes(size)),
    }
}

/// The checkpoint, signed by these keys and cosigned by these witnesses at these times.
fn note(size: u64, keys: &[NoteSigner], cosigned: &[(u8, u64)]) -> Note {
    let text = checkpoint(size).to_string();
    let first = keys[0].sign(&text).unwrap();
    let signed = keys[1..]
        .iter()
        .fold(first, |note, key| key.countersign(note).unwrap());
    cosigned.iter().fold(signed, |note, &(number, time_s)| {
        let line = witness(number).cosign(&note, time_s);
        note.with(line).unwrap()
    })
}

#[test]
fn vectors_of_cosignatures() {
    let times_s = [1, 1_790_000_000, i64::MAX as u64];
    let note = note(LEAVES, &[new_log()], &[]);
    let cosigned: Vec<Value> = times_s
        .iter()
        .map(|&time_s| {
            let line = witness(1).cosign(&note, time_s);
            let read = note.clone().with(line.clone()).unwrap();
            assert_eq!(witness(1).verifier().time_of(&read), Some(time_s));
            json!({
                "time_s": time_s,
                "message": format!("cosignature/v1\ntime {time_s}\n{}", note.text()),
                "line": line.to_string(),
            })
        })
        .collect();
    let vectors = json!({
        "ed25519_seed": hex::encode([0x51; 32]),
        "key": witness(1).verifier().to_string(),
        "note": note.to_string(),
        "cosignatures": cosigned,
    });
    pin_json("cosignatures.json", &vectors);
}

/// Two keys of one log, the first of which was replaced at size 12; two of three witnesses and a fourth.
fn policy_text() -> String {
    let key = |number| witness(number).verifier().to_string();
    format!(
        "# A log whose key was replaced, and who has to see it.\n\
         log {}\nlog {} https://example.com/log/testnet\n\n\
         witness one {} https://witness.example/one\nwitness two {}\nwitness three {}\n\
         group partners 2 one two three\n\n\
         witness public {}\ngroup everyone all partners public\nquorum everyone\n",
        old_log().verifier(),
        new_log().verifier(),
        key(1),
        key(2),
        key(3),
        key(4),
    )
}

fn bounds_text() -> String {
    use base64::Engine;
    let root = base64::engine::general_purpose::STANDARD.encode(checkpoint(12).root);
    let bounds = json!({
        "bounds": [{"key": old_log().verifier().to_string(), "size": 12, "root": root}],
        "networks": [{"origin": ORIGIN, "networkId": NETWORK.to_string()}],
    });
    format!("{}\n", serde_json::to_string_pretty(&bounds).unwrap())
}

fn verdict(policy: &Policy, note: &str) -> Value {
    let refused = match policy.open(note.as_bytes()) {
        Ok(opened) => {
            return json!({
                "size": opened.checkpoint.size,
                "log_key": opened.log_key.to_string(),
                "at_latest_s": opened.at_latest_s(),
                "still_at_s": opened.still_at_s(),
            });
        }
        Err(refused) => refused,
    };
    let reason = match refused {
        PolicyRejection::Note(_) => "no note",
        PolicyRejection::Text(_) => "no checkpoint",
        PolicyRejection::UnknownLog { .. } => "unknown log",
        PolicyRejection::Signature(_) => "signature",
        PolicyRejection::BeyondBound { .. } => "beyond bound",
        PolicyRejection::OtherRoot { .. } => "other root",
        PolicyRejection::NoQuorum { .. } => "no quorum",
        other => panic!("{other}"),
    };
    json!({ "refused": reason })
}

fn policy_notes() -> Vec<(&'static str, String)> {
    let quorum = [(1, 100), (3, 130), (4, 120), (1, 150), (3, 170), (4, 160)];
    let both = || vec![old_log(), new_log()];
    let other_root = Checkpoint {
        root: sha256(b"other"),
        ..checkpoint(12)
    };
    let note_of = |size, keys: Vec<NoteSigner>, by: &[(u8, u64)]| note(size, &keys, by).to_string();
    let moved = note(12, &both(), &quorum[..4]);
    let wrong_line = note(13, &[new_log()], &[(2, 100)]).signatures()[1].clone();
    vec![
        ("quorum", note_of(20, vec![new_log()], &quorum)),
        (
            "old key within its bound",
            note_of(11, vec![old_log()], &quorum),
        ),
        ("both keys at the bound", note_of(12, both(), &quorum)),
        ("both keys beyond the bound", note_of(13, both(), &quorum)),
        (
            "old key beyond its bound",
            note_of(13, vec![old_log()], &quorum),
        ),
        (
            "other root at the bound",
            other_root.sign(&new_log()).unwrap().to_string(),
        ),
        (
            "too few partners",
            note_of(20, vec![new_log()], &[(1, 100), (4, 100)]),
        ),
        (
            "partners alone",
            note_of(20, vec![new_log()], &[(1, 100), (2, 100), (3, 100)]),
        ),
        (
            "wrong line of a witness",
            moved.with(wrong_line).unwrap().to_string(),
        ),
        (
            "unknown witness",
            note_of(20, vec![new_log()], &[(1, 9), (2, 8), (4, 7), (5, 6)]),
        ),
    ]
}

#[test]
fn vectors_of_policies() {
    pin("policy.txt", &policy_text());
    pin("policy-bounds.json", &bounds_text());
    let policy = Policy::parse(policy_text(), Some(&bounds_text())).unwrap();
    let case = |(name, note): (&str, String)| {
        let verdict = verdict(&policy, &note);
        json!({"name": name, "note": note, "verdict": verdict})
    };
    let cases: Vec<Value> = policy_notes().into_iter().map(case).collect();
    pin_json("policy-cases.json", &Value::from(cases));
}

#[test]
fn vectors_of_the_witness_protocol() {
    let request = |old_size: u64, size: u64| AddCheckpoint {
        old_size,
        proof: consistency_proof_of(&hashes(size), old_size).unwrap(),
        checkpoint: note(size, &[new_log()], &[]).to_string(),
    };
    let unproven = AddCheckpoint {
        proof: Vec::new(),
        ..request(13, 20)
    };
    let cases = [
        ("first", 0, request(0, 20)),
        ("continued", 13, request(13, 20)),
        ("the same again", 20, request(20, 20)),
        ("another size is known", 15, request(13, 20)),
        ("no proof", 13, unproven),
    ];
    let case = |(name, known_size, request): (&str, u64, AddCheckpoint)| {
        let known = (known_size > 0).then(|| (known_size, checkpoint(known_size).root));
        let body = request.encode();
        assert_eq!(AddCheckpoint::parse(body.as_bytes()), Ok(request.clone()));
        let (status, answer) = match decide(known, &request, &[new_log().verifier().clone()]) {
            Ok(accepted) => {
                let line = witness(1).cosign(&accepted.note, 1_790_000_000);
                (200, Some(encode_cosignatures(&[line])))
            }
            Err(refused) => (refused.status(), refused.size_body()),
        };
        json!({"name": name, "known_size": known_size, "request": body, "status": status, "answer": answer})
    };
    let cases: Vec<Value> = cases.into_iter().map(case).collect();
    let vectors = json!({
        "log_key": new_log().verifier().to_string(),
        "witness_key": witness(1).verifier().to_string(),
        "time_s": 1_790_000_000,
        "leaves": "the ASCII text `leaf <index>`",
        "cases": cases,
    });
    pin_json("witness.json", &vectors);
}

#[test]
fn vectors_of_proof_files() {
    let quorum = [(1, 100), (3, 130), (4, 120)];
    let of_leaf = |index: u64, extra: Option<&[u8]>| {
        let proof = TlogProof {
            extra: extra.map(<[u8]>::to_vec),
            index,
            hashes: inclusion_proof_of(&hashes(LEAVES), index).unwrap(),
            checkpoint: note(LEAVES, &[new_log()], &quorum).to_string(),
        };
        let text = proof.encode();
        assert_eq!(TlogProof::parse(text.as_bytes()), Ok(proof.clone()));
        let policy = Policy::parse(policy_text(), Some(&bounds_text())).unwrap();
        let shown = proof.verify(&leaf_hash(&leaf(index)), &policy).unwrap();
        json!({
            "leaf": hex::encode(leaf(index)),
            "proof": text,
            "at_latest_s": shown.at_latest_s(),
        })
    };
    let proofs = json!([
        of_leaf(0, None),
        of_leaf(13, Some(b"extra data")),
        of_leaf(19, None)
    ]);
    pin_json("tlog-proofs.json", &proofs);
}

#[test]
fn vectors_of_tiles() {
    let tile = |level, index, width| {
        let path = TilePath::Tile {
            level,
            index,
            width,
        };
        json!({"path": path.to_string(), "level": level, "index": index, "width": width})
    };
    let entries = |index, width| {
        let path = TilePath::Entries { index, width };
        json!({"path": path.to_string(), "index": index, "width": width})
    };
    let bundle = EntryBundle::new((0..3).map(leaf).collect()).unwrap();
    assert_eq!(EntryBundle::parse(&bundle.encode()), Ok(bundle.clone()));
    let leaves: Vec<String> = bundle.entries().iter().map(hex::encode).collect();
    let tiles = [
        tile(0, 0, 256),
        tile(0, 273, 112),
        tile(1, 1, 17),
        tile(2, 0, 1),
        tile(0, 1_234_067, 256),
        tile(63, 999_999, 255),
    ];
    let vectors = json!({
        "tiles": tiles,
        "entries": [entries(0, 3), entries(1_234_067, 256)],
        "bundle": {"entries": leaves, "bytes": hex::encode(bundle.encode())},
    });
    pin_json("tiles.json", &vectors);
}
