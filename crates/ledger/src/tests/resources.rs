//! Resources: found by every path, correct for a version, erased without a trace, and never served when damaged.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use did::{Operation, Proposal, RejectionCode};
use sha2::{Digest, Sha256};
use tempfile::{TempDir, tempdir};

use super::test_ledger::new_signer;
use super::world::{
    Subject, index_of, log_signer, options, real_options, resource_id, submit, two_threads,
};
use crate::backup::backup;
use crate::disk::SyncPoint;
use crate::disk::faulty::FaultyDisk;
use crate::erase::{EraseError, Erased, erase_resource};
use crate::recover::recover;
use crate::restore::restore;
use crate::{
    Embedded, Mark, Options, ReadError, Resource, ResourceData, SUBMISSION_DATA_BYTES_MAX,
    SubmitError, VerifyError,
};

const JSON: &[u8] = br#"{"secret":"rather long and easy to look for"}"#;

struct TestLedger {
    dir: TempDir,
    options: Options,
}

impl TestLedger {
    fn new() -> Self {
        let dir = tempdir().unwrap();
        let options = real_options(dir.path());
        Embedded::init(&options, &log_signer()).unwrap();
        Self { dir, options }
    }

    fn open(&self) -> Embedded {
        Embedded::open(&self.options, log_signer()).unwrap()
    }

    /// The file that holds the data of a resource.
    fn blob(&self, log_index: u64) -> PathBuf {
        let name = format!("data/resources/{log_index:020}.blob");
        self.dir.path().join(name)
    }
}

fn refusal(result: Result<Vec<crate::Committed>, SubmitError>) -> (usize, RejectionCode) {
    match result.unwrap_err() {
        SubmitError::Rejected {
            position,
            rejection,
        } => (position, rejection.code()),
        error => panic!("{error}"),
    }
}

fn read(ledger: &Embedded, subject: &Subject, number: u32) -> Resource {
    let found = ledger.resource(&subject.did(), &resource_id(number));
    found.unwrap().unwrap()
}

fn ids(ledger: &Embedded, subject: &Subject, before: Option<Mark>, limit: usize) -> Vec<String> {
    let found = ledger.resources(&subject.did(), before, limit).unwrap();
    found.into_iter().map(|one| one.header.id).collect()
}

#[test]
fn a_resource_is_read_as_it_was_signed_with_what_the_ledger_adds() {
    let place = TestLedger::new();
    let one = Subject::new(1);
    let ledger = place.open();
    submit(&ledger, vec![one.create()]).unwrap();
    assert_eq!(ledger.resources(&one.did(), None, 10).unwrap(), []);
    assert!(!ledger.latest(&one.did()).unwrap().unwrap().has_resources);
    let committed = submit(&ledger, vec![one.resource(7, "name", JSON)]).unwrap();
    let did = one.did();
    for ledger in [ledger, {
        // From the index, after the overlay.
        place.open_again()
    }] {
        let Resource { metadata, data } = read(&ledger, &one, 7);
        assert_eq!(data, ResourceData::Present(JSON.to_vec()));
        assert_eq!(metadata.did, did);
        assert_eq!(metadata.header.collection_id, did.unique_id());
        assert_eq!(metadata.header.id, resource_id(7));
        assert_eq!(committed[0].version_id, resource_id(7));
        assert_eq!(metadata.header.name, "name");
        assert_eq!(metadata.header.version, "v7");
        assert_eq!(metadata.header.resource_type, "TestResource");
        assert_eq!(metadata.media_type, "application/json");
        assert_eq!(metadata.created_ms, committed[0].time_ms);
        assert_eq!(
            metadata.location.entry().unwrap().index,
            index_of(&committed)
        );
        assert_eq!(metadata.data_bytes, Some(JSON.len() as u64));
        let checksum = hex::encode(Sha256::digest(JSON));
        assert_eq!(metadata.checksum, Some(checksum));
        let [own] = metadata.header.also_known_as.as_slice() else {
            panic!("{metadata:?}");
        };
        assert_eq!(own.uri, format!("{did}/resources/{}", resource_id(7)));
        assert_eq!(own.description, "did-url");
        let upper = resource_id(7).to_uppercase();
        let found = ledger.resource_metadata(&did, &upper).unwrap();
        assert_eq!(found, Some(metadata));
        assert_eq!(ledger.resource(&did, &resource_id(8)).unwrap(), None);
        let latest = ledger.latest(&did).unwrap().unwrap();
        assert!(latest.has_resources);
        assert_eq!(
            latest.location.entry().unwrap().index,
            2,
            "the DID itself is as it was"
        );
    }
    assert_eq!(Embedded::verify(&place.options).unwrap().resources, 1);
}

impl TestLedger {
    /// A copy that is opened beside the ledger that is open.
    fn open_again(&self) -> Embedded {
        let to = self.dir.path().join("copy");
        backup(&self.options, &to).unwrap();
        let options = real_options(&self.dir.path().join("second"));
        fs::create_dir(self.dir.path().join("second")).unwrap();
        restore(&options, &to, None, None).unwrap();
        Embedded::open(&options, log_signer()).unwrap()
    }
}

#[test]
fn resources_of_one_name_and_type_are_versions_of_each_other() {
    let place = TestLedger::new();
    let one = Subject::new(1);
    let check = |ledger: &Embedded| {
        let links = |number| {
            let metadata = read(ledger, &one, number).metadata;
            (metadata.previous_id, metadata.next_id)
        };
        assert_eq!(links(1), (None, Some(resource_id(3))));
        assert_eq!(links(2), (None, None));
        assert_eq!(links(3), (Some(resource_id(1)), Some(resource_id(4))));
        assert_eq!(links(4), (Some(resource_id(3)), None));
        let newest = ledger.latest_resource(&one.did(), "a", "TestResource");
        assert_eq!(newest.unwrap().unwrap().header.id, resource_id(4));
        let none = ledger.latest_resource(&one.did(), "aTest", "Resource");
        assert_eq!(none.unwrap(), None);
    };
    let ledger = place.open();
    submit(&ledger, vec![one.create()]).unwrap();
    submit(&ledger, vec![one.resource(1, "a", b"1")]).unwrap();
    submit(&ledger, vec![one.resource(2, "b", b"2")]).unwrap();
    let both = vec![one.resource(3, "a", b"3"), one.resource(4, "a", b"4")];
    submit(&ledger, both).unwrap();
    check(&ledger);
    drop(ledger);
    check(&place.open());
    Embedded::rebuild(&place.options).unwrap();
    check(&place.open());
    Embedded::verify(&place.options).unwrap();
}

#[test]
fn a_collection_is_listed_newest_first_in_pages_and_true_to_a_version() {
    let place = TestLedger::new();
    let (one, other) = (Subject::new(1), Subject::new(2));
    let ledger = place.open();
    submit(&ledger, vec![one.create(), other.create()]).unwrap();
    let first = ledger.latest(&one.did()).unwrap().unwrap().version_id;
    for number in 1..=3 {
        submit(&ledger, vec![one.resource(number, "a", b"data")]).unwrap();
        submit(&ledger, vec![other.resource(number, "a", b"data")]).unwrap();
    }
    submit(&ledger, vec![one.update(2)]).unwrap();
    submit(&ledger, vec![one.resource(4, "a", b"data")]).unwrap();
    drop(ledger);
    let ledger = place.open();
    submit(&ledger, vec![one.resource(5, "a", b"data")]).unwrap();

    let all: Vec<String> = (1..=5).rev().map(resource_id).collect();
    assert_eq!(ids(&ledger, &one, None, 100), all);
    for page in 1..=5 {
        let mut listed = Vec::new();
        let mut before = None;
        loop {
            let found = ledger.resources(&one.did(), before, page).unwrap();
            let Some(last) = found.last() else { break };
            before = Some(last.mark);
            listed.extend(found.into_iter().map(|one| one.header.id));
        }
        assert_eq!(listed, all, "in pages of {page}");
    }
    let old = ledger.version(&one.did(), &first).unwrap().unwrap();
    assert_eq!(ids(&ledger, &one, old.next_mark, 100), all[2..]);
    let new = ledger.latest(&one.did()).unwrap().unwrap();
    assert_eq!(ids(&ledger, &one, new.next_mark, 100), all);
    assert_eq!(ids(&ledger, &other, None, 100), all[2..]);
    assert_eq!(ids(&ledger, &Subject::new(3), None, 100), [""; 0]);
}

#[test]
fn who_may_not_create_a_resource_writes_nothing() {
    let place = TestLedger::new();
    let (one, two) = (Subject::with_keys(1, 2), Subject::new(2));
    let ledger = place.open();
    let unknown = submit(&ledger, vec![one.resource(1, "a", b"1")]);
    assert_eq!(refusal(unknown), (0, RejectionCode::NotFound));
    submit(&ledger, vec![one.create(), two.create()]).unwrap();
    submit(&ledger, vec![one.resource(1, "a", b"1")]).unwrap();
    let head = ledger.published();
    for (operations, expected) in [
        // Another content under an id that is taken.
        (
            vec![one.resource(1, "a", b"2")],
            (0, RejectionCode::ResourceExists),
        ),
        (
            vec![one.resource(1, "b", b"1")],
            (0, RejectionCode::ResourceExists),
        ),
        (
            vec![one.resource(2, "a", b"1"), one.resource(2, "a", b"1")],
            (1, RejectionCode::ResourceExists),
        ),
        (
            vec![two.deactivate(2), two.resource(3, "a", b"1")],
            (1, RejectionCode::DidDocDeactivated),
        ),
        // All or none.
        (
            vec![one.resource(4, "a", b"1"), two.create()],
            (1, RejectionCode::DidDocExists),
        ),
    ] {
        assert_eq!(refusal(submit(&ledger, operations)), expected);
    }
    let stranger = Subject {
        number: 1,
        keys: vec![two.keys[0].clone()],
    };
    let refused = submit(&ledger, vec![stranger.resource(5, "a", b"1")]);
    assert_eq!(refusal(refused), (0, RejectionCode::InvalidSignature));
    let large: Vec<Operation> = (10..15)
        .map(|number| one.resource(number, "a", &vec![b'x'; SUBMISSION_DATA_BYTES_MAX / 4]))
        .collect();
    assert!(matches!(
        submit(&ledger, large),
        Err(SubmitError::Data { .. })
    ));
    assert_eq!(ledger.published(), head);
    assert_eq!(ids(&ledger, &one, None, 100), [resource_id(1)]);

    submit(&ledger, vec![one.deactivate(2)]).unwrap();
    let deactivated = submit(&ledger, vec![one.resource(6, "a", b"1")]);
    assert_eq!(refusal(deactivated), (0, RejectionCode::DidDocDeactivated));
    let kept = read(&ledger, &one, 1).data;
    assert_eq!(
        kept,
        ResourceData::Present(b"1".to_vec()),
        "after the deactivation"
    );
}

#[test]
fn the_same_resource_again_gets_the_same_answer_and_writes_nothing() {
    let place = TestLedger::new();
    let one = Subject::new(1);
    let ledger = place.open();
    submit(&ledger, vec![one.create()]).unwrap();
    let mixed = || vec![one.update(2), one.resource(1, "a", JSON), one.update(3)];
    let first = submit(&ledger, mixed()).unwrap();
    let head = ledger.published();
    assert_eq!(submit(&ledger, mixed()).unwrap(), first);
    assert_eq!(ledger.published(), head);
    drop(ledger);
    let ledger = place.open();
    let alone = submit(&ledger, vec![one.resource(1, "a", JSON)]).unwrap();
    assert_eq!(alone, first[1..2]);
    drop(ledger);
    Embedded::verify(&place.options).unwrap();
}

#[test]
fn resources_that_race_for_one_id_leave_one() {
    let place = TestLedger::new();
    let one = Subject::new(1);
    let ledger = place.open();
    submit(&ledger, vec![one.create()]).unwrap();
    let runtime = two_threads();
    for round in 0..20 {
        let racers = (0..8_u8).map(|racer| {
            let (ledger, operation) = (ledger.clone(), one.resource(round, "a", &[b'0' + racer]));
            runtime.spawn(async move { ledger.submit(vec![Proposal::from(operation)]).await })
        });
        let racers: Vec<_> = racers.collect();
        let results = racers.into_iter().map(|one| runtime.block_on(one).unwrap());
        let won: Vec<u64> = results
            .filter_map(|result| match result {
                Ok(committed) => Some(index_of(&committed)),
                refused => {
                    assert_eq!(refusal(refused).1, RejectionCode::ResourceExists);
                    None
                }
            })
            .collect();
        assert_eq!(won.len(), 1, "round {round}");
        assert_eq!(
            read(&ledger, &one, round)
                .metadata
                .location
                .entry()
                .unwrap()
                .index,
            won[0]
        );
    }
    assert_eq!(ids(&ledger, &one, None, 100).len(), 20);
    drop(ledger);
    assert_eq!(Embedded::verify(&place.options).unwrap().resources, 20);
}

#[test]
fn many_at_once_for_one_did_are_all_taken() {
    let place = TestLedger::new();
    let one = Subject::new(1);
    let ledger = place.open();
    submit(&ledger, vec![one.create()]).unwrap();
    let runtime = two_threads();
    let all = (0..64).map(|number| {
        let (ledger, operation) = (ledger.clone(), one.resource(number, "a", b"data"));
        runtime.spawn(async move { ledger.submit(vec![Proposal::from(operation)]).await })
    });
    let all: Vec<_> = all.collect();
    for one in all {
        runtime.block_on(one).unwrap().unwrap();
    }
    let listed: BTreeSet<String> = ids(&ledger, &one, None, 100).into_iter().collect();
    assert_eq!(listed.len(), 64);
}

#[test]
fn erased_data_leaves_no_trace_and_the_entry_stays() {
    let place = TestLedger::new();
    let one = Subject::new(1);
    let ledger = place.open();
    submit(&ledger, vec![one.create()]).unwrap();
    let committed = submit(&ledger, vec![one.resource(1, "a", JSON)]).unwrap();
    submit(&ledger, vec![one.resource(2, "a", b"other")]).unwrap();
    let before = read(&ledger, &one, 1).metadata;
    drop(ledger);
    let did = one.did();
    let index = index_of(&committed);
    let erase = || erase_resource(&place.options, &did, &resource_id(1).to_uppercase());
    assert_eq!(erase().unwrap(), Erased::Now(index));
    assert_eq!(erase().unwrap(), Erased::Before(index));
    assert!(matches!(
        erase_resource(&place.options, &did, &resource_id(9)),
        Err(EraseError::NotFound { .. })
    ));
    let checksum = <[u8; 32]>::from(Sha256::digest(JSON));
    for file in files_below(&place.dir.path().join("data")) {
        let bytes = fs::read(&file).unwrap();
        for trace in [JSON, &checksum[..], hex::encode(checksum).as_bytes()] {
            let found = bytes.windows(trace.len()).any(|window| window == trace);
            assert!(!found, "{}", file.display());
        }
    }
    let report = Embedded::verify(&place.options).unwrap();
    assert_eq!((report.resources, report.absent_data), (2, 1));
    Embedded::rebuild(&place.options).unwrap();
    let ledger = place.open();
    let after = read(&ledger, &one, 1);
    assert_eq!(after.data, ResourceData::Absent);
    assert_eq!(after.metadata.checksum, None);
    let without_checksum = |mut metadata: crate::ResourceMetadata| {
        metadata.checksum = None;
        metadata
    };
    assert_eq!(after.metadata, without_checksum(before));
    // The id stays taken, and no one can tell any more whether it is the same.
    let again = submit(&ledger, vec![one.resource(1, "a", JSON)]);
    assert_eq!(refusal(again), (0, RejectionCode::ResourceExists));
    assert!(matches!(
        erase(),
        Err(EraseError::Open(crate::OpenError::InUse(_)))
    ));
}

fn files_below(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let (dirs, mut files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    files.extend(dirs.iter().flat_map(|dir| files_below(dir)));
    files
}

#[test]
fn damaged_data_is_never_served_and_everything_else_is() {
    let place = TestLedger::new();
    let one = Subject::new(1);
    let ledger = place.open();
    submit(&ledger, vec![one.create()]).unwrap();
    let committed = submit(&ledger, vec![one.resource(1, "a", JSON)]).unwrap();
    let index = index_of(&committed);
    let blob = place.blob(index);
    let whole = fs::read(&blob).unwrap();
    let damaged = (0..whole.len()).step_by(7).map(|at| {
        let mut bytes = whole.clone();
        bytes[at] ^= 4;
        bytes
    });
    let cut = [whole[..whole.len() - 1].to_vec(), Vec::new()];
    for bytes in damaged.chain(cut) {
        fs::write(&blob, bytes).unwrap();
        let read = ledger.resource(&one.did(), &resource_id(1));
        assert!(matches!(read, Err(ReadError::Data { index: at }) if at == index));
        assert_eq!(ids(&ledger, &one, None, 10), [resource_id(1)]);
    }
    assert_eq!(ledger.fault(), None);
    submit(&ledger, vec![one.update(2)]).unwrap();
    drop(ledger);
    assert!(matches!(
        Embedded::verify(&place.options),
        Err(VerifyError::Entry { index: at, .. }) if at == index
    ));
    assert!(backup(&place.options, &place.dir.path().join("copy")).is_err());
    fs::write(&blob, whole).unwrap();
    Embedded::verify(&place.options).unwrap();
}

#[test]
fn data_is_held_against_the_signatures() {
    let place = TestLedger::new();
    let one = Subject::new(1);
    let ledger = place.open();
    submit(&ledger, vec![one.create()]).unwrap();
    let committed = submit(&ledger, vec![one.resource(1, "a", b"one")]).unwrap();
    let index = index_of(&committed);
    drop(ledger);
    fs::remove_file(place.blob(index)).unwrap();
    let report = Embedded::verify(&place.options).unwrap();
    assert_eq!((report.resources, report.absent_data), (1, 1));
    // Well formed, and of another content.
    let blobs = crate::blobs::Blobs::new(place.options.disk.clone(), &place.options.data);
    blobs.write(index, &[7; 32], b"two").unwrap();
    assert!(matches!(
        Embedded::verify(&place.options),
        Err(VerifyError::Entry { index: at, .. }) if at == index
    ));
}

#[test]
fn what_belongs_to_no_entry_is_removed_at_start() {
    let place = TestLedger::new();
    let one = Subject::new(1);
    let ledger = place.open();
    submit(&ledger, vec![one.create()]).unwrap();
    let committed = submit(&ledger, vec![one.resource(1, "a", b"one")]).unwrap();
    let size = ledger.published().size;
    drop(ledger);
    let kept = place.blob(index_of(&committed));
    for orphan in [size, size + 1, u64::MAX] {
        fs::copy(&kept, place.blob(orphan)).unwrap();
    }
    fs::write(kept.with_extension("blob.erasing"), b"half").unwrap();
    drop(place.open());
    assert_eq!(files_below(kept.parent().unwrap()), [kept]);
}

#[test]
fn a_backup_carries_the_data_that_is_there() {
    let place = TestLedger::new();
    let one = Subject::new(1);
    let ledger = place.open();
    submit(&ledger, vec![one.create()]).unwrap();
    for number in 1..=3 {
        submit(&ledger, vec![one.resource(number, "a", JSON)]).unwrap();
    }
    drop(ledger);
    erase_resource(&place.options, &one.did(), &resource_id(2)).unwrap();
    let to = place.dir.path().join("copy");
    let manifest = backup(&place.options, &to).unwrap();
    let carried = manifest.files.iter();
    let carried = carried.filter(|file| file.name.starts_with("resources/"));
    assert_eq!(carried.count(), 2);

    fs::remove_dir_all(&place.options.data).unwrap();
    restore(&place.options, &to, None, None).unwrap();
    let ledger = place.open();
    for (number, data) in [
        (1, ResourceData::Present(JSON.to_vec())),
        (2, ResourceData::Absent),
        (3, ResourceData::Present(JSON.to_vec())),
    ] {
        assert_eq!(read(&ledger, &one, number).data, data);
    }
}

/// The entries are gone, and others come in their place: their data must not be taken for that of these.
#[test]
fn data_of_entries_that_a_recovery_cuts_off_is_set_aside() {
    let place = TestLedger::new();
    let one = Subject::new(1);
    let ledger = place.open();
    submit(&ledger, vec![one.create()]).unwrap();
    let kept = submit(&ledger, vec![one.resource(1, "a", b"kept")]).unwrap();
    drop(ledger);
    let segment = place.options.data.join("segment-00000000.log");
    let older = fs::read(&segment).unwrap();
    let ledger = place.open();
    let lost = submit(&ledger, vec![one.resource(2, "a", b"lost")]).unwrap();
    drop(ledger);
    let blob = fs::read(place.blob(lost[0].location.entry().unwrap().index)).unwrap();
    fs::write(&segment, older).unwrap();
    recover(&place.options, &new_signer(), None).unwrap();

    let aside = format!(
        "lost-resource-{:020}",
        lost[0].location.entry().unwrap().index
    );
    assert_eq!(fs::read(place.options.data.join(aside)).unwrap(), blob);
    let left = files_below(&place.options.data.join("resources"));
    assert_eq!(left, [place.blob(kept[0].location.entry().unwrap().index)]);
    let ledger = Embedded::open(&place.options, new_signer()).unwrap();
    let withheld = ledger.resources(&one.did(), None, 10);
    assert!(matches!(withheld, Err(ReadError::Withheld(_))));
    // It authorises nothing before all its keys have signed how it goes on.
    let refused = submit(&ledger, vec![one.resource(3, "a", b"new")]);
    assert_eq!(refusal(refused), (0, RejectionCode::BasicValidation));
    submit(&ledger, vec![one.update(2)]).unwrap();
    submit(&ledger, vec![one.resource(2, "a", b"again")]).unwrap();
    assert_eq!(ids(&ledger, &one, None, 10), [2, 1].map(resource_id));
    drop(ledger);
    assert_eq!(Embedded::verify(&place.options).unwrap().absent_data, 0);
}

/// After the command has answered, no power cut brings the data back; without its syncs one does.
#[test]
fn an_erasure_holds_through_every_power_cut() {
    let comes_back = |ignored: Option<SyncPoint>| {
        let one = Subject::new(1);
        let disk = FaultyDisk::new(1);
        let options = options(Arc::new(disk.clone()));
        Embedded::init(&options, &log_signer()).unwrap();
        let ledger = Embedded::open(&options, log_signer()).unwrap();
        submit(&ledger, vec![one.create()]).unwrap();
        submit(&ledger, vec![one.resource(1, "a", JSON)]).unwrap();
        drop(ledger);
        if let Some(point) = ignored {
            disk.ignore(point);
        }
        erase_resource(&options, &one.did(), &resource_id(1)).unwrap();
        (0..50).any(|cut| {
            let options = super::world::options(Arc::new(disk.after_power_cut(cut)));
            let ledger = Embedded::open(&options, log_signer()).unwrap();
            !matches!(
                ledger.resource(&one.did(), &resource_id(1)),
                Ok(Some(Resource {
                    data: ResourceData::Absent,
                    ..
                }))
            )
        })
    };
    assert!(!comes_back(None));
    assert!(comes_back(Some(SyncPoint::Erasure)));
}
