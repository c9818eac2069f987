//! Rollback detection: each safeguard alone, and none of them.

use std::fs;
use std::os::unix::fs::symlink;

use super::test_ledger::{TestLedger, import};
use super::world::{Subject, is_deactivated, log_signer, real_options, submit};
use crate::{Assurance, Embedded, LedgerFault, OpenError, ReadError, SubmitError};

/// A log in which a DID is deactivated, and what an older copy of everything is called.
fn deactivated() -> (TestLedger, Subject, Vec<u8>) {
    let place = TestLedger::new();
    let subject = Subject::new(1);
    let ledger = place.open();
    submit(&ledger, vec![subject.create()]).unwrap();
    drop(ledger);
    place.keep("data", "older-data");
    place.keep("guard", "older-guard");
    let ledger = place.open();
    submit(&ledger, vec![subject.deactivate(2)]).unwrap();
    let export = ledger.export(&subject.did()).unwrap();
    (place, subject, export)
}

#[test]
fn the_guard_alone_detects_older_data() {
    let (place, ..) = deactivated();
    place.restore_copy("older-data", "data");
    assert!(matches!(
        place.refused(log_signer()),
        OpenError::Rollback { guarded: 6, .. }
    ));
}

#[test]
fn newer_data_alone_brings_an_older_guard_up() {
    let (place, subject, _) = deactivated();
    place.restore_copy("older-guard", "guard");
    let ledger = place.open();
    assert!(is_deactivated(&ledger, &subject.did()));
    assert_eq!(ledger.published().size, 6);
}

#[test]
fn a_witness_or_a_newer_checkpoint_alone_keeps_older_data_and_guard_from_reporting_active_dids() {
    let (place, subject, _) = deactivated();
    place.restore_copy("older-data", "data");
    place.restore_copy("older-guard", "guard");
    let ledger = place.open();
    ledger.set_assurance(Assurance::Paused {
        known_size: 6,
        by: "witness.test".to_owned(),
    });
    assert!(matches!(
        ledger.latest(&subject.did()),
        Err(ReadError::Withheld(_))
    ));
    let refused = submit(&ledger, vec![subject.update(3)]);
    assert!(matches!(refused, Err(SubmitError::Held(_))));
}

#[test]
fn an_export_alone_deactivates_a_did_again_after_everything_else_was_recovered() {
    let (place, subject, export) = deactivated();
    place.restore_copy("older-data", "data");
    let (_, ledger) = place.recovered(None);
    import(&ledger, &export).unwrap();
    assert!(is_deactivated(&ledger, &subject.did()));
}

/// The limit of the guarantees: nothing that is left remembers the deactivation.
#[test]
fn when_data_and_guard_are_older_and_there_is_no_witness_it_cannot_be_detected() {
    let (place, subject, _) = deactivated();
    place.restore_copy("older-data", "data");
    place.restore_copy("older-guard", "guard");
    let ledger = place.open();
    assert_eq!(ledger.assurance(), Assurance::Alone);
    let latest = ledger.latest(&subject.did()).unwrap().unwrap();
    assert!(!latest.deactivated, "it cannot know");
}

#[test]
fn two_processes_on_copies_of_the_data_cannot_hold_one_guard() {
    let place = TestLedger::new();
    place.keep("data", "copy");
    let _running = place.open();
    let mut other = real_options(place.dir.path());
    other.data = place.path("copy");
    assert!(matches!(
        Embedded::open(&other, log_signer()),
        Err(OpenError::InUse(_))
    ));
}

/// Locks do not reach another machine. The guard's file does, where it is shared.
#[test]
fn a_writer_stops_when_another_process_has_moved_its_guard() {
    let place = TestLedger::new();
    place.keep("data", "copy");
    fs::create_dir(place.path("same")).unwrap();
    symlink(
        place.path("guard/head.guard"),
        place.path("same/head.guard"),
    )
    .unwrap();
    let mut other = real_options(place.dir.path());
    other.data = place.path("copy");
    other.guard = place.path("same");
    let (one, two) = (place.open(), Embedded::open(&other, log_signer()).unwrap());
    submit(&one, vec![Subject::new(1).create()]).unwrap();
    let size = two.published().size;
    let refused = submit(&two, vec![Subject::new(2).create()]);
    assert!(matches!(refused, Err(SubmitError::Unknown)));
    let fault = stopped(&two);
    assert!(matches!(fault, LedgerFault::Guard(_)) && fault.ends_process());
    assert_eq!(two.published().size, size, "nothing of it was published");
    submit(&one, vec![Subject::new(3).create()]).unwrap();
    drop((one, two));
    assert!(matches!(
        Embedded::open(&other, log_signer()),
        Err(OpenError::Rollback { .. })
    ));
    place.open();
}

#[test]
fn a_guard_put_back_while_the_process_runs_ends_it() {
    let place = TestLedger::new();
    place.keep("guard", "older-guard");
    let ledger = place.open();
    submit(&ledger, vec![Subject::new(1).create()]).unwrap();
    fs::copy(
        place.path("older-guard/head.guard"),
        place.path("guard/new"),
    )
    .unwrap();
    fs::rename(place.path("guard/new"), place.path("guard/head.guard")).unwrap();
    assert!(submit(&ledger, vec![Subject::new(2).create()]).is_err());
    assert!(matches!(stopped(&ledger), LedgerFault::Guard(_)));
}

/// Waits for the writer to record why it stopped: callers may get their answer before.
fn stopped(ledger: &Embedded) -> LedgerFault {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(ledger.stopped())
}
