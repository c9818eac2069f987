//! Damaged files: the index is made anew or refused, a damaged entry is named, never served, and stops all writes.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::world::{Subject, log_signer, real_options, submit};
use crate::{
    Embedded, IndexReport, LedgerFault, Options, ReadError, Resolved, SubmitError, VerifyError,
};

const SUBJECTS: u32 = 24;

/// A closed ledger with active and deactivated DIDs, and the right answers about them.
struct TestLedger {
    dir: TempDir,
    options: Options,
    answers: Vec<Option<Resolved>>,
}

impl TestLedger {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = real_options(dir.path());
        Embedded::init(&options, &log_signer()).unwrap();
        let ledger = Embedded::open(&options, log_signer()).unwrap();
        for number in 0..SUBJECTS {
            let subject = Subject::new(number);
            submit(&ledger, vec![subject.create()]).unwrap();
            if number % 3 == 0 {
                submit(&ledger, vec![subject.update(2)]).unwrap();
            }
            if number % 2 == 0 {
                submit(&ledger, vec![subject.deactivate(3)]).unwrap();
            }
        }
        let answers = (0..SUBJECTS + 4)
            .map(|number| ledger.latest(&Subject::new(number).did()).unwrap())
            .collect();
        Self {
            dir,
            options,
            answers,
        }
    }

    fn open(&self) -> Embedded {
        Embedded::open(&self.options, log_signer()).unwrap()
    }

    fn index(&self) -> PathBuf {
        self.dir.path().join("data/index.redb")
    }

    fn log(&self) -> PathBuf {
        self.dir.path().join("data/segment-00000000.log")
    }

    /// Reads everything. A wrong answer fails; an error does not.
    fn ask(&self, ledger: &Embedded, context: &str) -> usize {
        let mut errors = 0;
        for (number, right) in (0..).zip(&self.answers) {
            match ledger.latest(&Subject::new(number).did()) {
                Ok(answer) => assert_eq!(answer, *right, "{context}, DID {number}"),
                Err(_) => errors += 1,
            }
        }
        errors
    }
}

#[test]
fn a_missing_index_is_made_anew() {
    let place = TestLedger::new();
    fs::remove_file(place.index()).unwrap();
    assert_eq!(
        Embedded::verify(&place.options).unwrap().index,
        IndexReport::Absent
    );
    assert_eq!(place.ask(&place.open(), "without an index"), 0);
    assert_eq!(
        Embedded::verify(&place.options).unwrap().index,
        IndexReport::Same
    );
}

#[test]
fn a_rebuilt_index_holds_the_same() {
    let place = TestLedger::new();
    let size = Embedded::rebuild(&place.options).unwrap();
    let report = Embedded::verify(&place.options).unwrap();
    assert_eq!((report.index, report.entries), (IndexReport::Same, size));
    assert_eq!(report.dids, u64::from(SUBJECTS));
}

/// One bit of the index is flipped, a thousand times at places spread over the whole file: every answer is right or an
/// error, and after an error the next start has everything again.
#[test]
fn a_thousand_flipped_bits_in_the_index_never_give_a_wrong_answer() {
    let place = TestLedger::new();
    drop(place.open());
    let whole = fs::read(place.index()).unwrap();
    let mut detected = 0;
    for flip in 0..1000_usize {
        let bit = flip.wrapping_mul(0x9e37_79b9_7f4a_7c15) % (whole.len() * 8);
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(place.index(), &flipped).unwrap();
        let Ok(ledger) = Embedded::open(&place.options, log_signer()) else {
            panic!("bit {bit}: a damaged index must not keep the ledger from starting");
        };
        if place.ask(&ledger, &format!("bit {bit}")) > 0 {
            detected += 1;
            assert!(
                matches!(ledger.fault(), Some(LedgerFault::Index(_))),
                "bit {bit}"
            );
            let refused = submit(&ledger, vec![Subject::new(999).create()]);
            assert!(
                matches!(refused, Err(SubmitError::Stopped(_) | SubmitError::Read(_))),
                "bit {bit}"
            );
            drop(ledger);
            assert_eq!(place.ask(&place.open(), "after the next start"), 0);
        }
    }
    println!("{detected} of 1000 flipped bits were met while reading");
}

#[test]
fn an_index_of_another_ledger_is_made_anew() {
    let [one, other] = [TestLedger::new(), TestLedger::new()];
    fs::copy(other.index(), one.index()).unwrap();
    assert_eq!(one.ask(&one.open(), "another ledger's index"), 0);
}

#[test]
fn a_damaged_entry_is_named_never_served_and_stops_all_writes() {
    let place = TestLedger::new();
    let right = place.answers[1].clone().unwrap();
    let ledger = place.open();
    // The payload of the create of DID 1 holds its version id.
    let mut log = fs::read(place.log()).unwrap();
    let needle = right.version_id.as_bytes();
    let at = log
        .windows(needle.len())
        .position(|window| window == needle)
        .unwrap();
    log[at] ^= 1;
    fs::write(place.log(), &log).unwrap();

    let read = ledger.latest(&Subject::new(1).did());
    assert!(
        matches!(read, Err(ReadError::Entry { index }) if index == right.location.entry().unwrap().index),
        "{read:?}"
    );
    assert_eq!(
        ledger.fault(),
        Some(LedgerFault::Entry(right.location.entry().unwrap().index))
    );
    let refused = submit(&ledger, vec![Subject::new(999).create()]);
    assert!(
        matches!(refused, Err(SubmitError::Stopped(LedgerFault::Entry(_)))),
        "{refused:?}"
    );
    assert!(
        ledger.latest(&Subject::new(3).did()).unwrap().is_some(),
        "other entries are still served"
    );
    drop(ledger);

    let error = Embedded::verify(&place.options).unwrap_err();
    let VerifyError::Frame { index, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(index, right.location.entry().unwrap().index, "{error}");
}

#[test]
fn a_forged_operation_in_a_well_formed_frame_is_named_by_verify() {
    let place = TestLedger::new();
    forge(&place);
    let error = Embedded::verify(&place.options).unwrap_err();
    assert!(
        matches!(error, VerifyError::Entry { .. } | VerifyError::Head(_)),
        "{error}"
    );
}

/// Flips a bit in a signature and repairs the checksums of every frame behind it, as an operator could.
fn forge(place: &TestLedger) {
    use crate::log::{Found, Frame, SEGMENT_HEADER_BYTES, Scan, Segments};
    use proof::leaf::Leaf;
    let segments = Segments::new(place.options.disk.clone(), &place.options.data);
    let mut scan = Scan::from_start(&segments);
    let mut frames = Vec::new();
    while let Found::Frame(frame, _) = scan.next().unwrap() {
        frames.push(frame);
    }
    let Leaf::Operation(mut leaf) = Leaf::decode(&frames[3].leaves[0]).unwrap() else {
        panic!()
    };
    leaf.signatures[0].bytes[10] ^= 1;
    frames[3].leaves[0] = Leaf::Operation(leaf).encode().unwrap();
    let mut bytes = fs::read(place.log()).unwrap();
    bytes.truncate(SEGMENT_HEADER_BYTES as usize);
    let mut previous = proof::Hash::from([0; 32]);
    for frame in frames {
        let (encoded, hash) = Frame { previous, ..frame }.encode();
        previous = hash;
        bytes.extend_from_slice(&encoded);
    }
    fs::write(place.log(), &bytes).unwrap();
    // The guard would notice at once; an operator holds it too.
    let guard = crate::guard::Guard::open(&place.options.disk, &place.options.guard).unwrap();
    let (mut guard, mut head) = guard.unwrap();
    head.position.frame_hash = previous;
    guard.advance(&head).unwrap();
}
