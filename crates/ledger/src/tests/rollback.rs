//! Data and guard that do not belong together are refused; a log ahead of its guard is rolled forward.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::world::{ORIGIN, Subject, is_deactivated, log_signer, real_options, submit};
use crate::{Embedded, OpenError, Options};
use proof::note::NoteSigner;

struct TestLedger {
    dir: TempDir,
    options: Options,
}

impl TestLedger {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = real_options(dir.path());
        Embedded::init(&options, &log_signer()).unwrap();
        Self { dir, options }
    }

    fn open(&self) -> Result<Embedded, OpenError> {
        Embedded::open(&self.options, log_signer())
    }

    fn refused(&self) -> OpenError {
        self.open().err().expect("this must not open")
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }
}

#[test]
fn an_older_copy_of_the_data_under_a_newer_guard_is_refused() {
    let place = TestLedger::new();
    let subject = Subject::new(1);
    submit(&place.open().unwrap(), vec![subject.create()]).unwrap();
    copy(&place.path("data"), &place.path("backup"));
    submit(&place.open().unwrap(), vec![subject.deactivate(2)]).unwrap();

    fs::rename(place.path("data"), place.path("newest")).unwrap();
    fs::rename(place.path("backup"), place.path("data")).unwrap();
    let error = place.refused();
    assert!(
        matches!(error, OpenError::Rollback { guarded: 6, .. }),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .contains("would bring deactivated DIDs back"),
        "{error}"
    );

    fs::rename(place.path("data"), place.path("backup")).unwrap();
    fs::rename(place.path("newest"), place.path("data")).unwrap();
    assert!(
        place
            .open()
            .unwrap()
            .latest(&subject.did())
            .unwrap()
            .unwrap()
            .deactivated
    );
}

#[test]
fn data_without_a_guard_is_refused() {
    let place = TestLedger::new();
    fs::remove_dir_all(place.path("guard")).unwrap();
    assert!(matches!(place.refused(), OpenError::GuardMissing { .. }));
    assert!(Embedded::init(&place.options, &log_signer()).is_err());
}

#[test]
fn a_guard_without_data_is_refused() {
    let place = TestLedger::new();
    fs::remove_dir_all(place.path("data")).unwrap();
    assert!(matches!(
        place.refused(),
        OpenError::DataMissing { size: 2, .. }
    ));
    assert!(Embedded::init(&place.options, &log_signer()).is_err());
}

#[test]
fn neither_data_nor_guard_is_no_ledger() {
    let place = TestLedger::new();
    fs::remove_dir_all(place.path("data")).unwrap();
    fs::remove_dir_all(place.path("guard")).unwrap();
    assert!(matches!(place.refused(), OpenError::Missing { .. }));
}

#[test]
fn the_guard_of_another_log_is_refused() {
    let [one, other] = [TestLedger::new(), TestLedger::new()];
    fs::copy(other.path("guard/head.guard"), one.path("guard/head.guard")).unwrap();
    assert!(matches!(one.refused(), OpenError::OtherGuard { .. }));
}

#[test]
fn another_key_for_the_log_is_refused() {
    let place = TestLedger::new();
    let other = NoteSigner::from_seed(ORIGIN, &[7; 32]).unwrap();
    assert!(matches!(
        Embedded::open(&place.options, other),
        Err(OpenError::OtherGuard { .. })
    ));
}

#[test]
fn another_namespace_is_refused() {
    let mut place = TestLedger::new();
    place.options.namespace = "mainnet".to_owned();
    assert!(matches!(place.refused(), OpenError::OtherNamespace { .. }));
}

#[test]
fn a_damaged_guard_is_refused() {
    let place = TestLedger::new();
    fs::write(place.path("guard/head.guard"), vec![0; 8192]).unwrap();
    assert!(matches!(place.refused(), OpenError::Guard(_)));
}

#[test]
fn a_running_ledger_is_not_opened_twice() {
    let place = TestLedger::new();
    let _running = place.open().unwrap();
    assert!(matches!(place.refused(), OpenError::InUse(_)));
    assert!(Embedded::verify(&place.options).is_err());
}

#[test]
fn a_log_ahead_of_its_guard_is_rolled_forward_unchanged() {
    let place = TestLedger::new();
    let subject = Subject::new(1);
    submit(&place.open().unwrap(), vec![subject.create()]).unwrap();
    let older_guard = fs::read(place.path("guard/head.guard")).unwrap();
    let published = {
        let ledger = place.open().unwrap();
        submit(&ledger, vec![subject.deactivate(2)]).unwrap();
        (*ledger.published()).clone()
    };
    let log = fs::read(place.path("data/segment-00000000.log")).unwrap();

    fs::write(place.path("guard/head.guard"), older_guard).unwrap();
    fs::remove_file(place.path("data/index.redb")).unwrap();
    let report = Embedded::verify(&place.options).unwrap();
    assert_eq!((report.entries, report.unconfirmed_entries), (4, 2));
    let ledger = place.open().unwrap();
    assert_eq!(
        *ledger.published(),
        published,
        "the same size, root and signed note"
    );
    assert!(is_deactivated(&ledger, &subject.did()));
    drop(ledger);
    assert_eq!(
        fs::read(place.path("data/segment-00000000.log")).unwrap(),
        log
    );
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
