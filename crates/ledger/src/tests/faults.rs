//! Failing disks and power cuts: nothing acknowledged is lost, nothing is half there, every restart is clean.

use std::path::Path;
use std::sync::Arc;

use super::world::{Subject, log_signer, options, submit};
use crate::disk::SyncPoint;
use crate::disk::faulty::{DiskFault, FaultyDisk};
use crate::guard::Guard;
use crate::{Embedded, Options, ResourceData};
use did::Operation;

/// Small segments, so that a short story passes several.
const SEGMENT_BYTES: u64 = 8 * 1024;
/// Power cuts tried for one fault, each keeping another part of what was not synced.
const CUTS: u64 = 4;

#[test]
fn every_call_that_fails_leaves_a_ledger_that_starts_clean() {
    no_violation(DiskFault::Fail);
}

#[test]
fn every_torn_write_leaves_a_ledger_that_starts_clean() {
    no_violation(DiskFault::Tear);
}

#[test]
fn a_power_cut_at_every_call_leaves_a_ledger_that_starts_clean() {
    no_violation(DiskFault::PowerCut);
}

#[test]
fn a_disk_that_is_full_from_any_call_on_leaves_a_ledger_that_starts_clean() {
    no_violation(DiskFault::Full);
}

/// The proof that the tests above see what a sync is for: without any one of them, something is lost.
#[test]
fn each_sync_is_missed_when_it_is_left_out() {
    let points = [
        SyncPoint::DirectoryName,
        SyncPoint::NewLog,
        SyncPoint::NewLogName,
        SyncPoint::NewGuard,
        SyncPoint::NewGuardName,
        SyncPoint::SegmentName,
        SyncPoint::Frame,
        SyncPoint::Guard,
        SyncPoint::RollForward,
        SyncPoint::BlobDirectory,
        SyncPoint::Blob,
        SyncPoint::BlobName,
    ];
    for point in points {
        let found = [DiskFault::PowerCut, DiskFault::Fail]
            .into_iter()
            .find_map(|fault| first_violation(fault, Some(point)));
        println!("{point:?}: {found:?}");
        assert!(found.is_some(), "nothing depends on the sync at {point:?}");
    }
}

fn no_violation(fault: DiskFault) {
    if let Some(violation) = first_violation(fault, None) {
        panic!("{violation}");
    }
}

/// Lets the first, second, third … call go wrong until a run passes untouched.
fn first_violation(fault: DiskFault, ignored: Option<SyncPoint>) -> Option<String> {
    for call in 1..10_000 {
        let disk = FaultyDisk::new(call);
        if let Some(point) = ignored {
            disk.ignore(point);
        }
        disk.plan(call, fault);
        let seen = Seen::of_a_story(&disk);
        let struck = disk.has_struck();
        let images = [(String::from("kill"), disk.after_kill())];
        let cuts = (0..CUTS).map(|cut| {
            (
                format!("power cut {cut}"),
                disk.after_power_cut(call * 31 + cut),
            )
        });
        for (name, image) in images.into_iter().chain(cuts) {
            if let Err(violation) = seen.check(&image) {
                return Some(format!(
                    "{fault:?} of call {call}, then {name}: {violation}"
                ));
            }
            // What was repaired after the first restart must hold as well as what was written at first.
            for cut in 0..CUTS {
                if let Err(violation) = seen.check(&image.after_power_cut(call * 17 + cut)) {
                    return Some(format!(
                        "{fault:?} of call {call}, then {name}, then power cut {cut}: {violation}"
                    ));
                }
            }
        }
        if !struck {
            println!("{fault:?}: call {call} was the first that no run made");
            return None;
        }
    }
    Some("no run passed untouched".to_owned())
}

/// What a client has seen of a ledger: its answers.
#[derive(Default)]
struct Seen {
    made: bool,
    acknowledged: Vec<(Operation, u64)>,
    size: u64,
}

impl Seen {
    /// Makes a ledger, opens it and works with it until something fails.
    fn of_a_story(disk: &FaultyDisk) -> Self {
        let mut seen = Self::default();
        let options = test_options(disk);
        if Embedded::init(&options, &log_signer()).is_err() {
            return seen;
        }
        seen.made = true;
        let Ok(ledger) = Embedded::open(&options, log_signer()) else {
            return seen;
        };
        for operations in story() {
            match submit(&ledger, operations.clone()) {
                Ok(committed) => {
                    let indexes = committed
                        .iter()
                        .map(|one| one.location.entry().unwrap().index);
                    seen.acknowledged
                        .extend(operations.into_iter().zip(indexes));
                    seen.size = ledger.published().size;
                }
                Err(_) => break,
            }
        }
        seen
    }

    fn check(&self, disk: &FaultyDisk) -> Result<(), String> {
        let options = test_options(disk);
        if !self.made && !Embedded::exists(&options).map_err(text)? {
            return Embedded::init(&options, &log_signer()).map_err(text);
        }
        if self.size > 0 {
            let guarded = Guard::read(disk, Path::new("/guard"))
                .map_err(text)?
                .map(|head| head.size);
            if guarded < Some(self.size) {
                return Err(format!(
                    "a head of {} entries was published, the guard knows {guarded:?}",
                    self.size
                ));
            }
        }
        let ledger = Embedded::open(&options, log_signer()).map_err(text)?;
        for (operation, index) in &self.acknowledged {
            let version = ledger
                .version(operation.did(), operation.version_id())
                .map_err(text)?;
            let found = match operation.resource() {
                Some(expected) => {
                    let found = ledger.resource(operation.did(), operation.version_id());
                    let found = found.map_err(text)?;
                    let whole = ResourceData::Present(expected.data.to_vec());
                    found
                        .filter(|found| found.data == whole)
                        .map(|found| found.metadata.location.entry().unwrap().index)
                }
                None => version.map(|version| version.location.entry().unwrap().index),
            };
            if found != Some(*index) {
                return Err(format!("entry {index} was acknowledged and is gone"));
            }
        }
        self.check_rest(&ledger)?;
        drop(ledger);
        Embedded::verify(&options).map(drop).map_err(text)
    }

    /// What was not answered may be there or not, but whole; sending it again leads to the same result.
    fn check_rest(&self, ledger: &Embedded) -> Result<(), String> {
        for operations in story() {
            submit(ledger, operations)
                .map_err(|error| format!("{}, {:?}", text(error), ledger.fault()))?;
        }
        for number in [1, 2, 4] {
            let latest = ledger.latest(&Subject::new(number).did()).map_err(text)?;
            if latest.map(|latest| latest.deactivated) != Some(number != 4) {
                return Err(format!("DID {number} is not what the story makes of it"));
            }
        }
        Ok(())
    }
}

fn test_options(disk: &FaultyDisk) -> Options {
    let mut options = options(Arc::new(disk.clone()));
    options.segment_bytes_max = SEGMENT_BYTES;
    options
}

fn story() -> Vec<Vec<Operation>> {
    let [one, two, three, four] = [1, 2, 3, 4].map(Subject::new);
    vec![
        vec![one.create()],
        vec![two.create(), three.create()],
        vec![one.resource(1, "a", b"the first")],
        vec![one.update(2), one.resource(2, "a", &[b'x'; 600])],
        vec![two.deactivate(2)],
        vec![one.update(3)],
        vec![four.create()],
        vec![one.deactivate(4), three.update(2)],
    ]
}

fn text(error: impl std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
