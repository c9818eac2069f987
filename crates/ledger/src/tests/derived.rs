//! The index under the proofs: damaged, tampered with or of another release, it never gives a proof that is not one.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use did::Did;
use proof::Hash;
use proof::leaf::Leaf;
use proof::merkle::root_of;
use proof::receipt::{Receipt, Stage};
use tempfile::{TempDir, tempdir};

use super::world::{Subject, log_signer, real_options, submit};
use crate::index::{Index, tampering};
use crate::{Embedded, IndexReport, LedgerFault, Options, ProveError, ReadError, VerifyError};

const SUBJECTS: u32 = 150;

/// A closed ledger, its leaves, and the receipts that it gave.
struct TestLedger {
    dir: TempDir,
    options: Options,
    leaves: Vec<Vec<u8>>,
    note: String,
    receipts: Vec<(Did, Receipt)>,
}

impl TestLedger {
    fn new() -> Self {
        let dir = tempdir().unwrap();
        let options = real_options(dir.path());
        Embedded::init(&options, &log_signer()).unwrap();
        let ledger = Embedded::open(&options, log_signer()).unwrap();
        for number in 0..SUBJECTS {
            let subject = Subject::new(number);
            submit(&ledger, vec![subject.create()]).unwrap();
            if number % 50 == 0 {
                submit(&ledger, vec![subject.resource(1, "a", b"data")]).unwrap();
            }
            if number % 5 == 0 {
                submit(&ledger, vec![subject.deactivate(2)]).unwrap();
            }
        }
        let head = ledger.published();
        let leaves = (0..head.size).map(|index| ledger.leaf(index).unwrap().unwrap());
        let deactivated = (0..SUBJECTS).step_by(5).map(|number| {
            let did = Subject::new(number).did();
            let note = &head.checkpoint;
            let receipt = ledger.deactivation_receipt(&did, note, head.size, Stage::Finished);
            (did, receipt.unwrap())
        });
        Self {
            leaves: leaves.collect(),
            note: head.checkpoint.clone(),
            receipts: deactivated.collect(),
            options,
            dir,
        }
    }

    fn open(&self) -> Embedded {
        Embedded::open(&self.options, log_signer()).unwrap()
    }

    fn index(&self) -> PathBuf {
        self.dir.path().join("data/index.redb")
    }

    fn tamper(&self, change: impl FnOnce(&Index)) {
        let index = Index::open(self.options.disk.as_ref(), &self.index(), 1 << 20).unwrap();
        change(&index);
    }

    fn size(&self) -> u64 {
        self.leaves.len() as u64
    }

    /// Requests every kind of proof. A wrong one fails; an error is counted.
    fn ask(&self, ledger: &Embedded, context: &str) -> usize {
        let size = self.size();
        let hashes: Vec<Hash> = self.leaves.iter().map(|leaf| Leaf::hash_of(leaf)).collect();
        let mut errors = 0;
        let mut check = |answer: Result<bool, ReadError>| match answer {
            Ok(right) => assert!(right, "{context}"),
            Err(_) => errors += 1,
        };
        for at in [1, 2, 255, 256, 257, size - 1] {
            let root = root_of(&hashes[..at as usize]);
            check(ledger.root_at(at).map(|found| found == Some(root)));
        }
        for (index, leaf) in (0..).zip(&self.leaves) {
            check(ledger.leaf(index).map(|found| found.as_ref() == Some(leaf)));
        }
        for (index, some) in (0..).zip(hashes.chunks(256)) {
            let width = some.len() as u16;
            let tile = ledger.tile(0, index, width);
            check(tile.map(|tile| tile.as_deref() == Some(some)));
        }
        for (did, right) in &self.receipts {
            match ledger.deactivation_receipt(did, &self.note, size, Stage::Finished) {
                Ok(receipt) => assert_eq!(receipt, *right, "{context}"),
                Err(ProveError::Read(_)) => errors += 1,
                Err(error) => panic!("{context}: {error:?}"),
            }
        }
        match ledger.snapshot() {
            Ok(snapshot) => errors += self.ask_snapshot(&snapshot, context),
            Err(_) => errors += 1,
        }
        errors
    }

    fn ask_snapshot(&self, snapshot: &crate::Snapshot, context: &str) -> usize {
        let mut errors = 0;
        match snapshot.status_bits() {
            Ok(bits) => {
                for number in 0..SUBJECTS as usize {
                    let deactivated = bits[number / 8] & (0x80 >> (number % 8)) != 0;
                    assert_eq!(deactivated, number % 5 == 0, "{context}: {number}");
                }
            }
            Err(_) => errors += 1,
        }
        for number in (0..SUBJECTS + 5).step_by(7) {
            let did = Subject::new(number).did();
            match snapshot.state_receipt(&did, snapshot.checkpoint(), Stage::Finished) {
                Ok(receipt) => {
                    receipt.verify(&super::world::policy()).unwrap();
                    let deactivated = receipt.parts().operation.is_some();
                    assert_eq!(
                        deactivated,
                        number < SUBJECTS && number % 5 == 0,
                        "{context}"
                    );
                }
                Err(ProveError::Read(_)) => errors += 1,
                Err(error) => panic!("{context}: {error:?}"),
            }
        }
        errors
    }
}

/// The index is damaged under an open ledger, which keeps next to nothing of it in memory: what is met is an error, and
/// the next start has everything again.
#[test]
fn flipped_bits_in_the_index_never_give_a_wrong_proof() {
    let mut place = TestLedger::new();
    place.options.index_cache_bytes = 0;
    let mut ledger = place.open();
    assert_eq!(place.ask(&ledger, "untouched"), 0);
    let mut detected = 0;
    for flip in 0..40_usize {
        let whole = fs::read(place.index()).unwrap();
        // Most of the file is room for later, which is never read.
        let used: Vec<usize> = (0..whole.len()).filter(|at| whole[*at] != 0).collect();
        let at = used[flip.wrapping_mul(0x9e37_79b9_7f4a_7c15) % used.len()];
        let file = fs::OpenOptions::new()
            .write(true)
            .open(place.index())
            .unwrap();
        let flipped = whole[at] ^ 1 << (flip % 8);
        file.write_all_at(&[flipped], at as u64).unwrap();
        if place.ask(&ledger, &format!("byte {at}")) > 0 {
            detected += 1;
            assert!(
                matches!(ledger.fault(), Some(LedgerFault::Index(_))),
                "byte {at}"
            );
            drop(ledger);
            ledger = place.open();
            assert_eq!(place.ask(&ledger, "after the next start"), 0);
        } else {
            file.write_all_at(&whole[at..=at], at as u64).unwrap();
        }
    }
    println!("{detected} of 40 flipped bits were met");
    assert!(
        detected > 0,
        "no flip was ever met: the test reads too little"
    );
}

/// Records whose checksums are right and whose content is not: only the root reveals it.
#[test]
fn a_record_that_was_exchanged_never_gives_a_wrong_proof() {
    // Of a tile the last and the first hash.
    let changes = [
        ("nodes", 0),
        ("tiles", 0),
        ("tiles", 255 * 32),
        ("frames", 0),
        ("evidence", 0),
        ("checkpoint", 0),
    ];
    for (table, from_end) in changes {
        let place = TestLedger::new();
        place.tamper(|index| index.tamper(table, from_end));
        let ledger = place.open();
        let errors = place.ask_unless_refused(&ledger, table);
        assert!(errors > 0, "{table}: not detected");
    }
}

impl TestLedger {
    /// The same, where a receipt may also turn out to be none before it is returned.
    fn ask_unless_refused(&self, ledger: &Embedded, table: &str) -> usize {
        let mut refused = 0;
        for (did, right) in &self.receipts {
            match ledger.deactivation_receipt(did, &self.note, self.size(), Stage::Finished) {
                Ok(receipt) => assert_eq!(receipt, *right, "{table}"),
                Err(_) => refused += 1,
            }
        }
        if table == "evidence" {
            refused
        } else {
            refused + self.ask(ledger, table)
        }
    }
}

#[test]
fn verify_names_the_table_that_was_tampered_with() {
    for expected in tampering::TABLES {
        let place = TestLedger::new();
        assert_eq!(
            Embedded::verify(&place.options).unwrap().index,
            IndexReport::Same
        );
        place.tamper(|index| index.tamper(expected, 0));
        match Embedded::verify(&place.options) {
            Err(VerifyError::Index { table }) => assert_eq!(table, expected),
            // Without its place in the log, an index cannot be compared at all.
            Err(VerifyError::Open(_)) | Ok(_) if expected == "position" => {}
            other => panic!("{expected}: {other:?}"),
        }
    }
}

#[test]
fn an_index_of_another_release_is_made_anew() {
    let place = TestLedger::new();
    place.tamper(Index::age);
    let report = Embedded::verify(&place.options).unwrap();
    assert_eq!(report.index, IndexReport::Absent);
    assert_eq!(place.ask(&place.open(), "after an upgrade"), 0);
    let report = Embedded::verify(&place.options).unwrap();
    assert_eq!(report.index, IndexReport::Same);
}

#[test]
fn a_damaged_entry_is_never_handed_out_with_a_proof() {
    let place = TestLedger::new();
    let ledger = place.open();
    let log = place.dir.path().join("data/segment-00000000.log");
    let mut bytes = fs::read(&log).unwrap();
    let index = 5;
    let needle = &place.leaves[index];
    let at = bytes
        .windows(needle.len())
        .position(|window| window == needle);
    bytes[at.unwrap() + needle.len() / 2] ^= 1;
    fs::write(&log, &bytes).unwrap();
    let named = |error| matches!(error, ReadError::Entry { index: found } if found == 5);
    assert!(named(ledger.leaf(index as u64).unwrap_err()));
    assert_eq!(ledger.fault(), Some(LedgerFault::Entry(5)));
    assert!(matches!(
        ledger.entry_bundle(0, 200),
        Err(ReadError::Entry { .. })
    ));
    assert!(matches!(
        ledger.operations(None, 100),
        Err(ReadError::Entry { .. })
    ));
    // The tree does not depend on it.
    let hashes: Vec<Hash> = place
        .leaves
        .iter()
        .map(|leaf| Leaf::hash_of(leaf))
        .collect();
    let root = root_of(&hashes[..100]);
    assert_eq!(ledger.root_at(100).unwrap(), Some(root));
    assert!(ledger.inclusion(5, 100).unwrap().is_some());
}

/// A frame whose own checksum is right does not make its entries those of the log.
#[test]
fn an_entry_that_was_exchanged_together_with_its_checksum_is_never_handed_out() {
    use crate::log::{Found, Scan, Segments};
    let place = TestLedger::new();
    let ledger = place.open();
    let segments = Segments::new(place.options.disk.clone(), &place.options.data);
    let mut scan = Scan::from_start(&segments);
    let (mut frame, position) = loop {
        match scan.next().unwrap() {
            Found::Frame(frame, position) if frame.sequence == 7 => break (frame, position),
            Found::Frame(..) => {}
            Found::End | Found::Torn { .. } => panic!("the log has more frames"),
        }
    };
    let index = frame.first_index;
    *frame.leaves[0].last_mut().unwrap() ^= 1;
    let log = place.dir.path().join("data/segment-00000000.log");
    let file = fs::OpenOptions::new().write(true).open(log).unwrap();
    let (bytes, _) = frame.encode();
    file.write_all_at(&bytes, position.frame_start).unwrap();
    let named = |error| matches!(error, ReadError::Entry { index: found } if found == index);
    assert!(named(ledger.leaf(index).unwrap_err()));
    assert!(named(ledger.entry_bundle(0, 100).unwrap_err()));
    assert!(named(ledger.operations(None, 100).unwrap_err()));
}
