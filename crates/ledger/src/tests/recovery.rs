//! A log that goes on after an accepted loss, and how its DIDs are verified again.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use did::proto::{MsgCreateDidDocPayload, SignInfo};
use did::{Operation, OperationKind};
use ed25519_dalek::Signer;
use prost::Message;

use super::test_ledger::{NEW_ORIGIN, TestLedger, import, new_signer};
use super::world::{ORIGIN, Subject, is_deactivated, log_signer, options, submit};
use crate::disk::faulty::{DiskFault, FaultyDisk};
use crate::disk::{Disk, SyncPoint};
use crate::recover::{RecoverError, recover};
use crate::{Embedded, ImportError, IndexReport, OpenError, ReadError, SubmitError, Withheld};
use proof::note::{Note, NoteSigner};

/// What becomes of these DIDs in the entries that are lost: nothing, an update, the deactivation, all of it, both.
pub(super) const UNTOUCHED: u32 = 1;
pub(super) const UPDATED: u32 = 2;
pub(super) const DEACTIVATED: u32 = 3;
const CREATED: u32 = 4;
const UPDATED_AND_DEACTIVATED: u32 = 5;
/// Was deactivated before.
const LONG_DEACTIVATED: u32 = 6;
const ALL: [u32; 6] = [
    UNTOUCHED,
    UPDATED,
    DEACTIVATED,
    CREATED,
    UPDATED_AND_DEACTIVATED,
    LONG_DEACTIVATED,
];

pub(super) struct Loss {
    pub(super) place: TestLedger,
    /// The exports of all DIDs from the newest state of the old log, and its size.
    pub(super) exports: Vec<Vec<u8>>,
    /// Exports of one deactivated DID and one that is not, from a time between.
    early: [Vec<u8>; 2],
    pub(super) size: u64,
    kept: u64,
}

pub(super) fn subject(number: u32) -> Subject {
    Subject::with_keys(number, 2)
}

/// A log whose data is restored to an older copy, under its newest guard.
pub(super) fn loss() -> Loss {
    let place = TestLedger::new();
    let ledger = place.open();
    for number in ALL.into_iter().filter(|number| *number != CREATED) {
        submit(&ledger, vec![subject(number).create()]).unwrap();
    }
    submit(&ledger, vec![subject(LONG_DEACTIVATED).deactivate(2)]).unwrap();
    let kept = ledger.published().size;
    drop(ledger);
    place.keep("data", "older");

    let ledger = place.open();
    submit(&ledger, vec![subject(UPDATED).update(2)]).unwrap();
    submit(&ledger, vec![subject(DEACTIVATED).deactivate(2)]).unwrap();
    let early = [DEACTIVATED, UPDATED].map(|number| ledger.export(&subject(number).did()).unwrap());
    submit(&ledger, vec![subject(CREATED).create()]).unwrap();
    submit(&ledger, vec![subject(UPDATED_AND_DEACTIVATED).update(2)]).unwrap();
    submit(
        &ledger,
        vec![subject(UPDATED_AND_DEACTIVATED).deactivate(3)],
    )
    .unwrap();
    let exports = ALL.map(|number| ledger.export(&subject(number).did()).unwrap());
    let size = ledger.published().size;
    drop(ledger);
    place.restore_copy("older", "data");
    Loss {
        place,
        exports: exports.to_vec(),
        early,
        size,
        kept,
    }
}

pub(super) fn unverified(ledger: &Embedded, number: u32) -> bool {
    match ledger.latest(&subject(number).did()) {
        Err(ReadError::Withheld(Withheld::Unverified { .. })) => true,
        Ok(_) => false,
        Err(error) => panic!("{error}"),
    }
}

/// An operation with the signature of the first key alone.
fn by_one_key(operation: &Operation, kind: OperationKind) -> Operation {
    let first = &operation.signatures()[0];
    let signature = SignInfo {
        verification_method_id: first.method.to_string(),
        signature: first.bytes.clone(),
    };
    Operation::parse(kind, operation.payload(), vec![signature]).unwrap()
}

#[test]
fn a_recovered_log_keeps_what_was_there_and_calls_none_of_it_active() {
    let Loss {
        place, size, kept, ..
    } = loss();
    let (log, guard) = (
        place.log(),
        fs::read(place.path("guard/head.guard")).unwrap(),
    );
    assert!(matches!(
        place.refused(log_signer()),
        OpenError::Rollback { .. }
    ));
    let (recovered, ledger) = place.recovered(None);
    assert_eq!((recovered.kept, recovered.known), (kept, Some(size)));
    assert_eq!((ledger.origin(), recovered.size), (NEW_ORIGIN, kept + 2));
    assert_eq!(ledger.published().checkpoint, recovered.checkpoint);
    let kept_guard = fs::read(place.path("guard/head.guard.before-recovery")).unwrap();
    assert_eq!(kept_guard, guard);

    for number in [UNTOUCHED, UPDATED, DEACTIVATED, UPDATED_AND_DEACTIVATED] {
        assert!(unverified(&ledger, number), "{number}");
    }
    assert!(
        unverified(&ledger, CREATED),
        "a DID that began in what was lost"
    );
    let deactivated = ledger
        .latest(&subject(LONG_DEACTIVATED).did())
        .unwrap()
        .unwrap();
    assert!(deactivated.deactivated);
    submit(&ledger, vec![Subject::new(9).create()]).unwrap();
    assert!(!unverified(&ledger, 9), "a DID that began since");
    drop(ledger);
    let end = log.iter().rposition(|byte| *byte != 0).unwrap();
    assert_eq!(place.log()[..end], log[..end], "byte for byte");
    let report = Embedded::verify(&place.options).unwrap();
    assert_eq!(report.index, IndexReport::Same);
    Embedded::rebuild(&place.options).unwrap();
    assert!(unverified(
        &place.open_with(new_signer()).unwrap(),
        UNTOUCHED
    ));
}

#[test]
fn imports_bring_every_did_to_where_it_was_and_again_change_nothing() {
    let Loss { place, exports, .. } = loss();
    let (_, ledger) = place.recovered(None);
    let appended = [0, 1, 1, 1, 2, 0];
    for ((number, export), appended) in ALL.into_iter().zip(&exports).zip(appended) {
        let report = import(&ledger, export).unwrap();
        assert_eq!(report.appended.len(), appended, "{number}");
        assert_eq!(report.confirmed, number == UNTOUCHED, "{number}");
        let ends = [DEACTIVATED, UPDATED_AND_DEACTIVATED, LONG_DEACTIVATED].contains(&number);
        assert_eq!(report.deactivated, ends, "{number}");
        let latest = ledger.latest(&subject(number).did()).unwrap().unwrap();
        assert_eq!(latest.deactivated, ends, "{number}");
    }
    let size = ledger.published().size;
    for export in &exports {
        let report = import(&ledger, export).unwrap();
        assert!(report.appended.is_empty() && !report.confirmed);
    }
    assert_eq!(ledger.published().size, size);
    let updated = ledger.latest(&subject(UPDATED).did()).unwrap().unwrap();
    assert_eq!(updated.version_id, subject(UPDATED).update(2).version_id());
    assert_eq!(updated.document.service.len(), 1);

    submit(&ledger, vec![subject(UPDATED).update(3)]).unwrap();
    submit(&ledger, vec![subject(UNTOUCHED).deactivate(2)]).unwrap();
    drop(ledger);
    let report = Embedded::verify(&place.options).unwrap();
    assert_eq!(report.index, IndexReport::Same);
    Embedded::rebuild(&place.options).unwrap();
    let ledger = place.open_with(new_signer()).unwrap();
    assert!(is_deactivated(&ledger, &subject(DEACTIVATED).did()));
    assert!(!unverified(&ledger, CREATED));
}

#[test]
fn an_unverified_did_takes_what_all_its_keys_have_signed_and_nothing_less() {
    let Loss { place, .. } = loss();
    let (_, ledger) = place.recovered(None);
    let update = subject(UNTOUCHED).update(2);
    let refused = submit(&ledger, vec![by_one_key(&update, OperationKind::Update)]);
    let Err(SubmitError::Rejected { rejection, .. }) = refused else {
        panic!("one key of two is not enough");
    };
    assert_eq!(rejection.missing().len(), 1, "{rejection}");
    submit(&ledger, vec![update]).unwrap();
    assert!(!unverified(&ledger, UNTOUCHED));
    let next = by_one_key(&subject(UNTOUCHED).update(3), OperationKind::Update);
    submit(&ledger, vec![next]).unwrap();

    let end = subject(UPDATED).deactivate(2);
    let refused = submit(&ledger, vec![by_one_key(&end, OperationKind::Deactivate)]);
    assert!(matches!(refused, Err(SubmitError::Rejected { .. })));
    submit(&ledger, vec![end]).unwrap();
    assert!(is_deactivated(&ledger, &subject(UPDATED).did()));
    drop(ledger);
    Embedded::verify(&place.options).unwrap();
}

#[test]
fn an_end_in_the_old_log_counts_although_the_did_went_another_way_since() {
    let Loss { place, exports, .. } = loss();
    let (_, ledger) = place.recovered(None);
    submit(&ledger, vec![subject(UPDATED_AND_DEACTIVATED).update(7)]).unwrap();
    submit(&ledger, vec![subject(UPDATED).update(7)]).unwrap();
    let report = import(&ledger, &exports[4]).unwrap();
    assert_eq!((report.appended.len(), report.deactivated), (1, true));
    let latest = ledger
        .latest(&subject(UPDATED_AND_DEACTIVATED).did())
        .unwrap();
    assert!(latest.unwrap().deactivated);
    let diverged = import(&ledger, &exports[1]);
    assert!(matches!(diverged, Err(ImportError::Diverged(_))));
    drop(ledger);
    Embedded::verify(&place.options).unwrap();
}

#[test]
fn an_export_that_is_older_than_what_is_known_counts_only_for_an_end() {
    let Loss { place, early, .. } = loss();
    let (_, ledger) = place.recovered(None);
    let [deactivated, updated] = early;
    assert!(matches!(
        import(&ledger, &updated),
        Err(ImportError::TooOld { .. })
    ));
    assert!(unverified(&ledger, UPDATED));
    assert!(import(&ledger, &deactivated).unwrap().deactivated);
    assert!(is_deactivated(&ledger, &subject(DEACTIVATED).did()));
    drop(ledger);
    Embedded::verify(&place.options).unwrap();
}

/// A controller's keys may have been replaced in what was lost.
#[test]
fn an_unverified_controller_authorises_nothing() {
    let Loss { place, exports, .. } = loss();
    let (_, ledger) = place.recovered(None);
    let controlled = controlled(Subject::new(9), &subject(UNTOUCHED));
    let refused = submit(&ledger, vec![controlled.clone()]);
    let Err(SubmitError::Rejected { rejection, .. }) = refused else {
        panic!("an unverified DID must not authorise");
    };
    assert!(rejection.to_string().contains("unverified"), "{rejection}");
    import(&ledger, &exports[0]).unwrap();
    submit(&ledger, vec![controlled]).unwrap();
}

fn controlled(subject: Subject, by: &Subject) -> Operation {
    let create = subject.create();
    let mut document = create.document().unwrap().proto().clone();
    document.controller = vec![by.did().to_string()];
    let payload = MsgCreateDidDocPayload::new(document, create.version_id().to_owned());
    let payload = payload.encode_to_vec();
    let signers = [&subject, by];
    let signatures = signers.map(|signer| SignInfo {
        verification_method_id: format!("{}#key-1", signer.did()),
        signature: signer.keys[0].sign(&payload).to_bytes().to_vec(),
    });
    Operation::parse(OperationKind::Create, &payload, signatures.to_vec()).unwrap()
}

#[test]
fn forged_exports_and_those_of_other_logs_are_refused() {
    let Loss { place, exports, .. } = loss();
    let (_, ledger) = place.recovered(None);
    let size = ledger.published().size;
    let text = String::from_utf8(exports[1].clone()).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    type Forge = fn(&mut serde_json::Value);
    let forgeries: [(&str, Forge); 8] = [
        ("another DID", |v| {
            v["did"] = subject(UNTOUCHED).did().to_string().into();
        }),
        ("a shorter chain", |v| {
            v["operations"].as_array_mut().unwrap().pop();
        }),
        ("without its begin", |v| {
            v["operations"].as_array_mut().unwrap().remove(0);
        }),
        ("nothing of it", |v| {
            v["operations"].as_array_mut().unwrap().clear();
        }),
        ("another index", |v| {
            v["operations"][0]["index"] = 3.into();
        }),
        ("another path", |v| {
            v["operations"][0]["path"] = v["operations"][1]["path"].clone();
        }),
        ("another state", |v| {
            v["state"] = v["operations"][1].clone();
        }),
        ("another size", |v| {
            let note = v["checkpoint"].as_str().unwrap().replacen("\n2", "\n3", 1);
            v["checkpoint"] = note.into();
        }),
    ];
    for (what, forge) in forgeries {
        let mut forged = value.clone();
        forge(&mut forged);
        let bytes = in_order(&forged);
        let refused = import(&ledger, bytes.as_bytes());
        assert!(
            matches!(refused, Err(ImportError::NotProven(_))),
            "{what}: {refused:?}"
        );
    }
    assert!(matches!(
        import(&ledger, format!("{text} ").as_bytes()),
        Err(ImportError::Invalid(_))
    ));
    assert!(matches!(
        import(&ledger, &exports[1][1..]),
        Err(ImportError::Invalid(_))
    ));
    // Signed, but by another key than the one that is known for that name.
    let stranger = NoteSigner::from_seed(ORIGIN, &[9; 32]).unwrap();
    let mut forged = value.clone();
    let note = Note::parse(value["checkpoint"].as_str().unwrap().as_bytes()).unwrap();
    forged["checkpoint"] = stranger.sign(note.text()).unwrap().to_string().into();
    // Proven by the state of another DID, and with a gap in the middle.
    let [mut proof, mut gap] = [&exports[1], &exports[4]]
        .map(|bytes| serde_json::from_slice::<serde_json::Value>(bytes).unwrap());
    let other: serde_json::Value = serde_json::from_slice(&exports[0]).unwrap();
    proof["proof"] = other["proof"].clone();
    gap["operations"].as_array_mut().unwrap().remove(1);
    for forged in [forged, proof, gap] {
        let refused = import(&ledger, in_order(&forged).as_bytes());
        assert!(
            matches!(refused, Err(ImportError::NotProven(_))),
            "{refused:?}"
        );
    }
    let other = loss();
    assert!(matches!(
        import(&ledger, &other.exports[1]),
        Err(ImportError::NotProven(_))
    ));
    let own = ledger.export(&subject(UNTOUCHED).did()).unwrap();
    assert!(matches!(
        import(&ledger, &own),
        Err(ImportError::OtherLog(_))
    ));
    assert_eq!(ledger.published().size, size);
}

/// The members in the order in which exports have them.
fn in_order(value: &serde_json::Value) -> String {
    let export: crate::Export = serde_json::from_value(value.clone()).unwrap();
    String::from_utf8(export.to_bytes()).unwrap()
}

#[test]
fn a_log_that_has_lost_nothing_takes_no_import_and_is_not_recovered() {
    let place = TestLedger::new();
    let ledger = place.open();
    submit(&ledger, vec![subject(1).create()]).unwrap();
    let export = ledger.export(&subject(1).did()).unwrap();
    assert!(matches!(
        import(&ledger, &export),
        Err(ImportError::OtherLog(_))
    ));
    drop(ledger);
    assert!(matches!(
        recover(&place.options, &new_signer(), None),
        Err(RecoverError::NothingLost { size: 4 })
    ));
}

#[test]
fn a_loss_that_only_a_witness_knows_is_recovered_with_its_checkpoint() {
    let place = TestLedger::new();
    let ledger = place.open();
    submit(&ledger, vec![subject(1).create()]).unwrap();
    drop(ledger);
    place.keep("data", "older-data");
    place.keep("guard", "older-guard");
    let ledger = place.open();
    submit(&ledger, vec![subject(1).deactivate(2)]).unwrap();
    let note = ledger.published().checkpoint.clone();
    drop(ledger);
    place.restore_copy("older-data", "data");
    place.restore_copy("older-guard", "guard");
    let forged = note.replacen("\n6\n", "\n8\n", 1);
    assert!(matches!(
        recover(&place.options, &new_signer(), Some(forged.as_bytes())),
        Err(RecoverError::Known(_))
    ));
    let (recovered, ledger) = place.recovered(Some(note.as_bytes()));
    assert_eq!((recovered.kept, recovered.known), (4, Some(6)));
    assert!(unverified(&ledger, 1));
}

#[test]
fn a_name_or_key_that_was_used_is_refused() {
    let Loss { place, .. } = loss();
    let again = NoteSigner::from_seed(ORIGIN, &[9; 32]).unwrap();
    let same_key = NoteSigner::from_seed(NEW_ORIGIN, &[42; 32]).unwrap();
    for signer in [again, same_key] {
        assert!(matches!(
            recover(&place.options, &signer, None),
            Err(RecoverError::UsedBefore(_))
        ));
    }
}

/// A recovery that is interrupted at any call to the disk can be done again, and gives one log.
#[test]
fn a_recovery_interrupted_at_any_call_is_completed_by_doing_it_again() {
    let older = FaultyDisk::new(1);
    let options_of = |disk: &FaultyDisk| options(Arc::new(disk.clone()));
    Embedded::init(&options_of(&older), &log_signer()).unwrap();
    drop(Embedded::open(&options_of(&older), log_signer()).unwrap());
    let newer = older.after_kill();
    let ledger = Embedded::open(&options_of(&newer), log_signer()).unwrap();
    submit(&ledger, vec![subject(1).create()]).unwrap();
    drop(ledger);
    let guard = Path::new("/guard/head.guard");
    let mut newest = vec![0; 8192];
    newer
        .open(guard)
        .unwrap()
        .read_exact_at(&mut newest, 0)
        .unwrap();
    let file = older.open(guard).unwrap();
    file.write_all_at(&newest, 0).unwrap();
    file.sync(SyncPoint::Guard).unwrap();
    for fault in [
        DiskFault::Fail,
        DiskFault::Tear,
        DiskFault::PowerCut,
        DiskFault::Full,
    ] {
        for call in 1..1_000 {
            let disk = older.after_kill();
            disk.plan(call, fault);
            let done = recover(&options_of(&disk), &new_signer(), None);
            let struck = disk.has_struck();
            assert!(struck || done.is_ok());
            let cuts = (0..3).map(|cut| disk.after_power_cut(call * 31 + cut));
            for image in cuts.chain([disk.after_kill()]) {
                let opened = Embedded::open(&options_of(&image), new_signer());
                if let Err(error) = &opened {
                    assert!(done.is_err(), "it was reported as done: {error}");
                    let again = recover(&options_of(&image), &new_signer(), None);
                    again.unwrap_or_else(|error| panic!("{fault:?} of call {call}: {error:?}"));
                }
                drop(opened);
                let ledger = Embedded::open(&options_of(&image), new_signer()).unwrap();
                assert_eq!(ledger.published().size, 4);
                drop(ledger);
                Embedded::verify(&options_of(&image)).unwrap();
            }
            if !struck {
                break;
            }
        }
    }
}
