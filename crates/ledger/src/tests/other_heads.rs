//! Heads of other logs in the state leaves.

use std::sync::Arc;

use proof::Hash;
use proof::leaf::OtherHead;

use super::world::{Subject, log_signer, options, submit};
use crate::assurance::Assurance;
use crate::disk::faulty::{DiskFault, FaultyDisk};
use crate::options::INDEX_FILE;
use crate::{Embedded, IndexReport, NoteError, Options, SubmitError};

fn commit(ledger: &Embedded) -> Result<(), SubmitError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(ledger.commit_heads())
}

fn hash(byte: u8) -> Hash {
    Hash::from([byte; 32])
}

fn head(name: &str, size: u64, byte: u8) -> OtherHead {
    OtherHead {
        name: name.to_owned(),
        size,
        root: hash(byte),
    }
}

fn made(disk: &FaultyDisk) -> Options {
    let options = options(Arc::new(disk.clone()));
    Embedded::init(&options, &log_signer()).unwrap();
    options
}

#[test]
fn a_noted_head_stands_in_every_state_leaf_from_then_on() {
    let disk = FaultyDisk::new(1);
    let options = made(&disk);
    let ledger = Embedded::open(&options, log_signer()).unwrap();
    ledger.note_head("vault", 1, hash(9)).unwrap();
    ledger.note_head("audit", 3, hash(1)).unwrap();
    assert_eq!(ledger.other_heads(), [], "noted is not yet recorded");
    submit(&ledger, vec![Subject::new(1).create()]).unwrap();
    let expected = [head("audit", 3, 1), head("vault", 1, 9)];
    assert_eq!(ledger.other_heads(), expected, "names ascending");
    submit(&ledger, vec![Subject::new(2).create()]).unwrap();
    assert_eq!(ledger.other_heads(), expected);
    drop(ledger);
    let ledger = Embedded::open(&options, log_signer()).unwrap();
    assert_eq!(ledger.other_heads(), expected, "after a restart");
    drop(ledger);
    options.disk.remove(&options.data.join(INDEX_FILE)).unwrap();
    let ledger = Embedded::open(&options, log_signer()).unwrap();
    assert_eq!(ledger.other_heads(), expected, "from the log alone");
    drop(ledger);
    let report = Embedded::verify(&options).unwrap();
    assert_eq!(report.index, IndexReport::Same);
}

#[test]
fn a_batch_without_operations_is_made_only_for_a_newer_head() {
    let disk = FaultyDisk::new(2);
    let options = made(&disk);
    let ledger = Embedded::open(&options, log_signer()).unwrap();
    let empty = ledger.published().size;
    commit(&ledger).unwrap();
    assert_eq!(ledger.published().size, empty, "there is nothing to record");
    ledger.note_head("audit", 1, hash(1)).unwrap();
    commit(&ledger).unwrap();
    assert_eq!(ledger.published().size, empty + 1, "one state leaf");
    assert_eq!(ledger.other_heads(), [head("audit", 1, 1)]);
    commit(&ledger).unwrap();
    ledger.note_head("audit", 1, hash(1)).unwrap();
    commit(&ledger).unwrap();
    assert_eq!(ledger.published().size, empty + 1, "it is recorded already");
    submit(&ledger, vec![Subject::new(1).create()]).unwrap();
    drop(ledger);
    Embedded::verify(&options).unwrap();
}

#[test]
fn heads_never_go_back_and_never_change_at_their_size() {
    let disk = FaultyDisk::new(3);
    let options = made(&disk);
    let ledger = Embedded::open(&options, log_signer()).unwrap();
    ledger.note_head("audit", 5, hash(5)).unwrap();
    ledger.note_head("audit", 4, hash(4)).unwrap();
    commit(&ledger).unwrap();
    assert_eq!(ledger.other_heads(), [head("audit", 5, 5)]);
    let refused = ledger.note_head("audit", 5, hash(6));
    assert_eq!(refused, Err(NoteError::Contradicts { size: 5 }));
    for name in ["", "a b", "ü", &"x".repeat(65)] {
        assert_eq!(ledger.note_head(name, 1, hash(1)), Err(NoteError::Name));
    }
    for number in 1..32 {
        ledger
            .note_head(&format!("log-{number}"), 1, hash(1))
            .unwrap();
    }
    let refused = ledger.note_head("one-more", 1, hash(1));
    assert_eq!(refused, Err(NoteError::TooMany));
    commit(&ledger).unwrap();
    assert_eq!(ledger.other_heads().len(), 32);
}

#[test]
fn no_head_is_said_while_the_log_is_held_back() {
    let disk = FaultyDisk::new(4);
    let options = made(&disk);
    let ledger = Embedded::open(&options, log_signer()).unwrap();
    ledger.note_head("audit", 1, hash(1)).unwrap();
    ledger.set_assurance(Assurance::Paused {
        known_size: 100,
        by: "a witness".to_owned(),
    });
    assert!(matches!(commit(&ledger), Err(SubmitError::Held(_))));
    assert_eq!(ledger.other_heads(), []);
}

/// Lets every call of the disk fail in turn while heads are committed.
#[test]
fn a_committed_head_survives_every_failure() {
    for fault in [DiskFault::Fail, DiskFault::Tear, DiskFault::PowerCut] {
        let mut untouched = false;
        for call in 1..500 {
            // Making the log is another test's concern.
            let first = FaultyDisk::new(call);
            made(&first);
            let disk = first.after_kill();
            disk.plan(call, fault);
            let options = super::world::options(Arc::new(disk.clone()));
            let mut committed = 0;
            if let Ok(ledger) = Embedded::open(&options, log_signer()) {
                for size in 1..5_u8 {
                    ledger
                        .note_head("audit", u64::from(size), hash(size))
                        .unwrap();
                    if commit(&ledger).is_err() {
                        break;
                    }
                    committed = size;
                }
            }
            for image in [disk.after_kill(), disk.after_power_cut(call)] {
                let options = super::world::options(Arc::new(image.clone()));
                let ledger = Embedded::open(&options, log_signer()).unwrap();
                let expected = ledger.other_heads();
                let size = expected.first().map_or(0, |head| head.size);
                assert!(size >= u64::from(committed), "{fault:?} of call {call}");
                drop(ledger);
                Embedded::verify(&options).unwrap();
            }
            if !disk.has_struck() {
                untouched = true;
                break;
            }
        }
        assert!(untouched, "{fault:?}: no run passed untouched");
    }
}
