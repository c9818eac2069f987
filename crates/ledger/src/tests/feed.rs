//! The feed of operations, and the facts of a DID.

use proof::leaf::{Leaf, VersionKind};
use tempfile::tempdir;

use super::world::{Subject, index_of, log_signer, real_options, submit};
use crate::{Deactivation, Embedded, LoggedOperation, OPERATIONS_READ_MAX};

#[test]
fn operations_come_in_order_each_once_whatever_the_limit() {
    let dir = tempdir().unwrap();
    let options = real_options(dir.path());
    Embedded::init(&options, &log_signer()).unwrap();
    let mut ledger = Embedded::open(&options, log_signer()).unwrap();
    let mut expected = Vec::new();
    for number in 0..60 {
        let subject = Subject::new(number);
        expected.extend(submit(&ledger, vec![subject.create()]).unwrap());
        let both = vec![subject.update(2), subject.deactivate(3)];
        expected.extend(submit(&ledger, both).unwrap());
    }
    for round in 0..2 {
        for limit in [1, 7, 64, 1000] {
            let mut read: Vec<LoggedOperation> = Vec::new();
            loop {
                let after = read.last().map(|last| last.log_index);
                let more = ledger.operations(after, limit).unwrap();
                assert!(more.len() <= limit);
                if more.is_empty() {
                    break;
                }
                read.extend(more);
            }
            let found = read.iter().map(|one| (one.log_index, one.leaf_hash));
            let acknowledged = expected.iter().map(|one| {
                let entry = one.location.entry().unwrap();
                (entry.index, entry.hash)
            });
            assert!(found.eq(acknowledged), "round {round}, limit {limit}");
            for one in read {
                let bytes = Leaf::Operation(one.leaf).encode().unwrap();
                assert_eq!(Leaf::hash_of(&bytes), one.leaf_hash);
            }
        }
        drop(ledger);
        ledger = Embedded::open(&options, log_signer()).unwrap();
    }
    let last = expected.last().unwrap().location.entry().unwrap().index;
    assert_eq!(ledger.operations(Some(last), 10).unwrap(), []);
    assert_eq!(ledger.operations(Some(u64::MAX), 10).unwrap(), []);
    assert_eq!(ledger.operations(None, 0).unwrap(), []);
}

#[test]
fn one_reading_has_a_limit() {
    let dir = tempdir().unwrap();
    let options = real_options(dir.path());
    Embedded::init(&options, &log_signer()).unwrap();
    let ledger = Embedded::open(&options, log_signer()).unwrap();
    let numbers: Vec<u32> = (0..OPERATIONS_READ_MAX as u32 + 20).collect();
    for chunk in numbers.chunks(32) {
        let creates = chunk.iter().map(|number| Subject::new(*number).create());
        submit(&ledger, creates.collect()).unwrap();
    }
    let read = ledger.operations(None, usize::MAX).unwrap();
    assert_eq!(read.len(), OPERATIONS_READ_MAX);
    let rest = ledger.operations(read.last().map(|one| one.log_index), usize::MAX);
    assert_eq!(rest.unwrap().len(), 20);
}

#[test]
fn the_watched_size_covers_every_answer() {
    let dir = tempdir().unwrap();
    let options = real_options(dir.path());
    Embedded::init(&options, &log_signer()).unwrap();
    let ledger = Embedded::open(&options, log_signer()).unwrap();
    let mut watch = ledger.watch();
    assert_eq!(*watch.borrow_and_update(), 2);
    for number in 0..20 {
        let committed = submit(&ledger, vec![Subject::new(number).create()]).unwrap();
        assert!(watch.has_changed().unwrap());
        assert!(*watch.borrow_and_update() > index_of(&committed));
    }
    assert_eq!(*watch.borrow(), ledger.published().size);
}

#[test]
fn facts_name_begin_changes_and_end() {
    let dir = tempdir().unwrap();
    let options = real_options(dir.path());
    Embedded::init(&options, &log_signer()).unwrap();
    let ledger = Embedded::open(&options, log_signer()).unwrap();
    let [one, two] = [1, 2].map(Subject::new);
    let created = submit(&ledger, vec![one.create(), two.create()]).unwrap();
    assert_eq!(ledger.facts(&Subject::new(3).did()).unwrap(), None);
    let facts = ledger.facts(&two.did()).unwrap().unwrap();
    assert_eq!(
        (facts.ordinal, facts.sequence, facts.deactivation),
        (1, 1, None)
    );
    assert_eq!(
        facts.creation_index,
        created[1].location.entry().unwrap().index
    );
    assert_eq!(ledger.deactivated_at(&two.did()).unwrap(), None);

    let updated = submit(&ledger, vec![two.update(2)]).unwrap();
    let deactivated = submit(&ledger, vec![two.deactivate(3)]).unwrap();
    let facts = ledger.facts(&two.did()).unwrap().unwrap();
    assert_eq!(facts.created_ms, created[1].time_ms);
    assert_eq!(
        facts.creation_index,
        created[1].location.entry().unwrap().index
    );
    assert_eq!(
        facts.authority_since,
        created[1].location.entry().unwrap().index,
        "the keys are the same since"
    );
    assert!(updated[0].location.entry().unwrap().index < facts.head_index);
    assert_eq!(facts.head_index, index_of(&deactivated));
    let deactivation = Deactivation {
        index: index_of(&deactivated),
        time_ms: deactivated[0].time_ms,
    };
    assert_eq!(facts.deactivation, Some(deactivation));
    assert_eq!(
        ledger.deactivated_at(&two.did()).unwrap(),
        Some(deactivation.index)
    );
    let [operation] = &ledger
        .operations(Some(updated[0].location.entry().unwrap().index), 9)
        .unwrap()[..]
    else {
        panic!("one operation follows the update")
    };
    assert_eq!(operation.leaf.kind, VersionKind::Deactivate);
}
