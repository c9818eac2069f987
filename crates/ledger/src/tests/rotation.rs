//! Another key for the log, whatever happens while it is changed.

use std::sync::Arc;

use super::test_ledger::{TestLedger, next_signer};
use super::world::{ORIGIN, Subject, log_signer, options, submit};
use crate::disk::faulty::{DiskFault, FaultyDisk};
use crate::rotate::{RotateError, rotate};
use crate::{Embedded, OpenError};
use proof::note::{Note, NoteSigner, NoteVerifier};

fn signed_by(checkpoint: &str, keys: &[&NoteSigner]) -> Vec<bool> {
    let note = Note::parse(checkpoint.as_bytes()).unwrap();
    let verifies = |key: &&NoteSigner| {
        let verifier = NoteVerifier::new(key.name(), &key.public_key()).unwrap();
        note.verify(&[verifier]).is_ok()
    };
    keys.iter().map(verifies).collect()
}

#[test]
fn the_checkpoint_of_the_rotation_carries_both_signatures_and_later_ones_the_new_one() {
    let place = TestLedger::new();
    let subject = Subject::new(1);
    submit(&place.open(), vec![subject.create()]).unwrap();
    let rotated = rotate(&place.options, log_signer(), next_signer()).unwrap();
    let (old, new) = (log_signer(), next_signer());
    assert_eq!(rotated.size, 6);
    assert_eq!(signed_by(&rotated.checkpoint, &[&old, &new]), [true, true]);
    let first = Note::parse(rotated.checkpoint.as_bytes())
        .unwrap()
        .signatures()[0]
        .key_id();
    assert_eq!(first, old.verifier().key_id(), "the old key first");

    assert!(matches!(
        place.refused(log_signer()),
        OpenError::OtherGuard { .. }
    ));
    let ledger = place.open_with(next_signer()).unwrap();
    assert_eq!(ledger.published().checkpoint, rotated.checkpoint);
    assert_eq!(ledger.log_key(), &new.public_key());
    submit(&ledger, vec![subject.deactivate(2)]).unwrap();
    let checkpoint = ledger.published().checkpoint.clone();
    assert_eq!(signed_by(&checkpoint, &[&old, &new]), [false, true]);
    drop(ledger);
    Embedded::verify(&place.options).unwrap();
    Embedded::rebuild(&place.options).unwrap();
    let ledger = place.open_with(next_signer()).unwrap();
    assert_eq!(ledger.published().checkpoint, checkpoint);
}

#[test]
fn a_rotation_done_again_changes_nothing() {
    let place = TestLedger::new();
    let first = rotate(&place.options, log_signer(), next_signer()).unwrap();
    let again = rotate(&place.options, log_signer(), next_signer()).unwrap();
    assert_eq!(first, again);
}

#[test]
fn a_key_of_another_log_or_one_that_was_used_is_refused() {
    let place = TestLedger::new();
    let stranger = NoteSigner::from_seed("other.test/1", &[9; 32]).unwrap();
    assert!(matches!(
        rotate(&place.options, log_signer(), stranger),
        Err(RotateError::OtherName { .. })
    ));
    rotate(&place.options, log_signer(), next_signer()).unwrap();
    assert!(matches!(
        rotate(&place.options, next_signer(), log_signer()),
        Err(RotateError::UsedBefore)
    ));
    let unrelated = || NoteSigner::from_seed(ORIGIN, &[9; 32]).unwrap();
    assert!(matches!(
        rotate(&place.options, unrelated(), unrelated()),
        Err(RotateError::Open(OpenError::OtherGuard { .. }))
    ));
}

/// A rotation that is interrupted at any call to the disk leaves a log that opens with the old key and the new one,
/// under one of them, with everything that was acknowledged; and that then can be rotated.
#[test]
fn a_rotation_interrupted_at_any_call_leaves_a_log_that_opens() {
    for fault in [
        DiskFault::Fail,
        DiskFault::Tear,
        DiskFault::PowerCut,
        DiskFault::Full,
    ] {
        let mut ends = [0, 0];
        for call in 1..1_000 {
            let disk = FaultyDisk::new(call);
            let acknowledged = made(&disk);
            disk.plan(call, fault);
            let done = rotate(
                &options(Arc::new(disk.clone())),
                log_signer(),
                next_signer(),
            );
            let struck = disk.has_struck();
            assert!(struck || done.is_ok());
            let images = (0..4).map(|cut| disk.after_power_cut(call * 31 + cut));
            for image in images.chain([disk.after_kill()]) {
                let new = check(&image, &acknowledged, done.is_ok());
                ends[usize::from(new)] += 1;
            }
            if !struck {
                break;
            }
        }
        assert!(ends[0] > 0 && ends[1] > 0, "{fault:?} ended as {ends:?}");
    }
}

fn made(disk: &FaultyDisk) -> String {
    let options = options(Arc::new(disk.clone()));
    Embedded::init(&options, &log_signer()).unwrap();
    let ledger = Embedded::open(&options, log_signer()).unwrap();
    submit(&ledger, vec![Subject::new(1).create()]).unwrap();
    ledger.published().checkpoint.clone()
}

/// Whether the log that is there has the new key.
fn check(disk: &FaultyDisk, acknowledged: &str, done: bool) -> bool {
    let options = options(Arc::new(disk.clone()));
    let ledger = Embedded::open(&options, vec![log_signer(), next_signer()]).unwrap();
    assert!(ledger.latest(&Subject::new(1).did()).unwrap().is_some());
    let new = ledger.log_key() == &next_signer().public_key();
    assert!(new || !done, "it was reported as done");
    let checkpoint = ledger.published().checkpoint.clone();
    match new {
        true => assert_eq!(
            signed_by(&checkpoint, &[&log_signer(), &next_signer()]),
            [true, true]
        ),
        false => assert_eq!(checkpoint, acknowledged),
    }
    drop(ledger);
    Embedded::verify(&options).unwrap();
    let rotated = rotate(&options, log_signer(), next_signer()).unwrap();
    assert!(
        !new || rotated.checkpoint == checkpoint,
        "one head for a size"
    );
    let ledger = Embedded::open(&options, next_signer()).unwrap();
    submit(&ledger, vec![Subject::new(1).deactivate(2)]).unwrap();
    new
}
