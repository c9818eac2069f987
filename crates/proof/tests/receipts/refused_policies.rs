//! Receipts under policies that do not accept their checkpoints.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proof::NetworkId;
use proof::checkpoint::Checkpoint;
use proof::merkle::EMPTY_ROOT;
use proof::note::Note;
use proof::receipt::Parts;

use crate::accepted::case;
use crate::policies::{alone, of_another_key, of_another_log, pinned_to, witness, witnessed};
use crate::refused::{DEACTIVATED, Refusal};
use crate::render::{render, summary_of};
use crate::world::{ORIGIN, START_MS, log_key};

pub fn refusals() -> Vec<Refusal> {
    let deactivated = || case(DEACTIVATED).receipt().to_bytes();
    let size = case(DEACTIVATED).parts.operation.as_ref().unwrap().index + 2;
    let bounded = |size: u64| {
        let (key, root) = (log_key().verifier().to_string(), STANDARD.encode([7; 32]));
        alone().with_bounds(format!(
            r#"{{"bounds":[{{"key":"{key}","size":{size},"root":"{root}"}}]}}"#
        ))
    };
    let refusal = |name, policy, reason| Refusal::new(name, deactivated(), reason).under(policy);
    let with_note = |name, note: &str, policy, reason| {
        let case = case("published");
        let parts = Parts {
            checkpoint: note.to_owned(),
            ..case.parts.clone()
        };
        let bytes = render(&parts, &summary_of(&case.receipt()));
        Refusal::new(name, bytes, reason).under(policy)
    };
    let note = &case("published").parts.checkpoint;
    let lines: Vec<&str> = note.lines().collect();
    // The line of witness 2, with the signature of witness 1.
    let forged = {
        let data = |line: &str| STANDARD.decode(line.rsplit_once(' ').unwrap().1).unwrap();
        let mixed = [&data(lines[6])[..4], &data(lines[5])[4..]].concat();
        let (name, _) = lines[6].rsplit_once(' ').unwrap();
        note.replace(lines[6], &format!("{name} {}", STANDARD.encode(mixed)))
    };
    let resized = note.replacen(&format!("\n{}\n", lines[1]), "\n999\n", 1);
    let unsigned = note.split_once("\n\n").unwrap().0;
    let not_a_checkpoint = log_key().sign("log.example/testnet\nno size\n").unwrap();
    vec![
        refusal("policy-of-another-log", of_another_log(), "unknownLog"),
        refusal(
            "policy-with-another-key",
            of_another_key(),
            "logHasNotSigned",
        ),
        refusal(
            "policy-of-another-network",
            pinned_to(NetworkId::new([0x22; 32])),
            "otherNetwork",
        ),
        refusal("policy-asks-for-a-witness", witnessed(1), "noQuorum"),
        refusal("log-key-replaced-before", bounded(size - 1), "beyondBound"),
        refusal("policy-pins-another-root", bounded(size), "otherRoot"),
        with_note(
            "witness-line-missing",
            &note.replace(&format!("{}\n", lines[6]), ""),
            witnessed(3),
            "noQuorum",
        ),
        with_note(
            "witness-line-exchanged",
            &forged,
            witnessed(3),
            "wrongSignatureLine",
        ),
        with_note(
            "log-line-missing",
            &note.replace(&format!("{}\n", lines[4]), ""),
            witnessed(2),
            "logHasNotSigned",
        ),
        with_note(
            "checkpoint-of-another-size",
            &resized,
            witnessed(2),
            "wrongSignatureLine",
        ),
        with_note(
            "checkpoint-unsigned",
            unsigned,
            witnessed(2),
            "unreadableCheckpoint",
        ),
        with_note(
            "no-checkpoint",
            &not_a_checkpoint.to_string(),
            witnessed(2),
            "unreadableCheckpoint",
        ),
        with_note(
            "checkpoint-of-another-tree",
            &other_tree(),
            alone(),
            "stateNotIncluded",
        ),
    ]
}

/// Signed by the log itself, over another root.
fn other_tree() -> String {
    let checkpoint = Checkpoint {
        origin: ORIGIN.to_owned(),
        size: case("published").parts.operation.as_ref().unwrap().index + 30,
        root: EMPTY_ROOT,
    };
    let note: Note = checkpoint.sign(&log_key()).unwrap();
    let line = witness(1).cosign(&note, START_MS / 1_000);
    note.with(line).unwrap().to_string()
}
