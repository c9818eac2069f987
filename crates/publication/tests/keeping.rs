//! The witness that this program can be for other logs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use proof::Hash;
use proof::checkpoint::Checkpoint;
use proof::merkle::{consistency_proof_of, leaf_hash, root_of};
use proof::note::{CosignatureVerifier, Cosigner, Note, NoteSigner, NoteVerifier};
use proof::witness::{AddCheckpoint, parse_cosignatures};
use publication::{InvalidLogs, WitnessReply, WitnessStore};
use store::Store;
use tempfile::TempDir;

const LOG: &str = "log.test/1";

fn signer(seed: u8) -> NoteSigner {
    NoteSigner::from_seed(LOG, &[seed; 32]).unwrap()
}

fn cosigner() -> Cosigner {
    Cosigner::from_seed("witness.test", &[2; 32]).unwrap()
}

fn opened(directory: &TempDir) -> WitnessStore {
    let path = directory.path().join("store.db");
    let store = Store::open(&path, publication::MIGRATIONS).unwrap();
    let logs: Vec<NoteVerifier> = vec![signer(1).verifier().clone()];
    WitnessStore::new(store, logs, cosigner()).unwrap()
}

/// Leaf hashes of one history; another number is another history.
fn leaves(history: u8, size: u8) -> Vec<Hash> {
    (0..size).map(|at| leaf_hash(&[history, at])).collect()
}

fn note(history: u8, size: u8, signer: &NoteSigner) -> String {
    let checkpoint = Checkpoint {
        origin: signer.name().to_owned(),
        size: u64::from(size),
        root: root_of(&leaves(history, size)),
    };
    checkpoint.sign(signer).unwrap().to_string()
}

fn request(history: u8, old: u8, size: u8) -> Vec<u8> {
    let proof = match old {
        0 => Vec::new(),
        _ => proof_between(&leaves(history, size), u64::from(old)),
    };
    let request = AddCheckpoint {
        old_size: u64::from(old),
        proof,
        checkpoint: note(history, size, &signer(1)),
    };
    request.encode().into_bytes()
}

fn proof_between(leaves: &[Hash], old: u64) -> Vec<Hash> {
    consistency_proof_of(leaves, old).unwrap()
}

/// The signature line is one over exactly that note.
fn is_cosigned(reply: &WitnessReply, note: &str) -> bool {
    let note = Note::parse(note.as_bytes()).unwrap();
    let lines = parse_cosignatures(&reply.body).unwrap();
    let key: CosignatureVerifier = cosigner().verifier().clone();
    reply.status == 200 && lines.len() == 1 && key.time_in(note.text(), &lines[0]).is_some()
}

#[tokio::test]
async fn a_log_that_grows_is_cosigned() {
    let directory = tempfile::tempdir().unwrap();
    let witness = opened(&directory);
    for (old, size) in [(0, 3), (3, 3), (3, 7), (7, 8)] {
        let reply = witness.add_checkpoint(&request(1, old, size)).await;
        assert!(
            is_cosigned(&reply, &note(1, size, &signer(1))),
            "{old} {size}: {reply:?}"
        );
    }
    let hash = proof::sha256(LOG.as_bytes()).to_string();
    assert_eq!(
        witness.checkpoint(&hash).unwrap(),
        Some(note(1, 8, &signer(1)))
    );
    assert_eq!(witness.checkpoint("00").unwrap(), None);
}

#[tokio::test]
async fn what_it_knows_survives_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let witness = opened(&directory);
    assert_eq!(witness.add_checkpoint(&request(1, 0, 5)).await.status, 200);
    drop(witness);
    let witness = opened(&directory);
    for smaller in [0, 1, 4] {
        let reply = witness.add_checkpoint(&request(1, smaller, 6)).await;
        assert_eq!(
            (reply.status, reply.body.as_slice()),
            (409, b"5\n".as_slice())
        );
        assert_eq!(reply.content_type, "text/x.tlog.size");
    }
    assert_eq!(witness.add_checkpoint(&request(1, 5, 6)).await.status, 200);
}

#[tokio::test]
async fn two_histories_are_never_cosigned() {
    let directory = tempfile::tempdir().unwrap();
    let witness = opened(&directory);
    assert_eq!(witness.add_checkpoint(&request(1, 0, 4)).await.status, 200);
    for (old, size, status) in [
        (4, 4, 409),
        (4, 9, 422),
        (0, 9, 409),
        (3, 3, 409),
        (9, 4, 400),
    ] {
        let body = match old > size {
            true => {
                let mut malformed = request(1, 0, size);
                malformed.splice(..5, format!("old {old}").bytes());
                malformed
            }
            false => request(2, old, size),
        };
        let reply = witness.add_checkpoint(&body).await;
        assert_eq!(reply.status, status, "{old} {size}: {reply:?}");
    }
    // Nothing of that has changed what it knows.
    assert_eq!(witness.add_checkpoint(&request(1, 4, 9)).await.status, 200);
}

#[tokio::test]
async fn of_many_sizes_at_once_one_is_cosigned() {
    let directory = tempfile::tempdir().unwrap();
    let witness = opened(&directory);
    assert_eq!(witness.add_checkpoint(&request(1, 0, 4)).await.status, 200);
    let mut tasks = Vec::new();
    for size in 5..25 {
        let witness = witness.clone();
        tasks.push(tokio::spawn(async move {
            (
                size,
                witness.add_checkpoint(&request(1, 4, size)).await.status,
            )
        }));
    }
    let mut accepted = Vec::new();
    for task in tasks {
        let (size, status) = task.await.unwrap();
        match status {
            200 => accepted.push(size),
            status => assert_eq!(status, 409),
        }
    }
    assert_eq!(accepted.len(), 1, "{accepted:?}");
}

#[tokio::test]
async fn strangers_are_turned_away() {
    let directory = tempfile::tempdir().unwrap();
    let witness = opened(&directory);
    let with = |checkpoint: String| {
        let request = AddCheckpoint {
            old_size: 0,
            proof: Vec::new(),
            checkpoint,
        };
        request.encode().into_bytes()
    };
    let other_log = NoteSigner::from_seed("other.test/1", &[1; 32]).unwrap();
    let cases = [
        (with(note(1, 3, &other_log)), 404),
        (with(note(1, 3, &signer(9))), 403),
        (b"old 0\n\n".to_vec(), 400),
        (b"hello".to_vec(), 400),
        (vec![b'a'; 1 << 20], 400),
    ];
    for (body, status) in cases {
        assert_eq!(witness.add_checkpoint(&body).await.status, status);
    }
    let hash = proof::sha256(LOG.as_bytes()).to_string();
    assert_eq!(witness.checkpoint(&hash).unwrap(), None);
}

#[test]
fn a_witness_needs_logs() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    let store = Store::open(&path, publication::MIGRATIONS).unwrap();
    let none = WitnessStore::new(store, Vec::new(), cosigner());
    assert_eq!(none.err(), Some(InvalidLogs));
}
