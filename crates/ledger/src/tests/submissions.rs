//! Submissions: all or none, the same again, one after the other in one batch.

use tempfile::{TempDir, tempdir};

use super::world::{Subject, is_deactivated, log_signer, real_options, submit};
use crate::{Embedded, Options, SUBMISSION_OPERATIONS_MAX, SubmitError};
use did::RejectionCode;

fn ledger() -> (TempDir, Options, Embedded) {
    let dir = tempdir().unwrap();
    let options = real_options(dir.path());
    Embedded::init(&options, &log_signer()).unwrap();
    let ledger = Embedded::open(&options, log_signer()).unwrap();
    (dir, options, ledger)
}

fn code(error: SubmitError) -> (usize, RejectionCode) {
    match error {
        SubmitError::Rejected {
            position,
            rejection,
        } => (position, rejection.code()),
        error => panic!("{error}"),
    }
}

#[test]
fn all_operations_of_a_submission_are_accepted_or_none() {
    let (_dir, _, ledger) = ledger();
    let [one, two] = [1, 2].map(Subject::new);
    let head = ledger.published();
    let refused = submit(&ledger, vec![one.create(), two.update(2)]).unwrap_err();
    assert_eq!(code(refused), (1, RejectionCode::DidDocNotFound));
    assert_eq!(ledger.published(), head);
    assert_eq!(ledger.latest(&one.did()).unwrap(), None);

    submit(
        &ledger,
        vec![one.create(), two.create(), one.update(2), one.deactivate(3)],
    )
    .unwrap();
    assert!(is_deactivated(&ledger, &one.did()));
    assert!(!is_deactivated(&ledger, &two.did()));
}

#[test]
fn a_state_leaf_stands_between_operations_that_depend_on_each_other() {
    let (_dir, options, ledger) = ledger();
    let one = Subject::new(1);
    let committed = submit(
        &ledger,
        vec![one.create(), one.update(2), one.deactivate(3)],
    )
    .unwrap();
    let indexes: Vec<u64> = committed
        .iter()
        .map(|one| one.location.entry().unwrap().index)
        .collect();
    assert_eq!(indexes, [2, 4, 6]);
    assert_eq!(ledger.published().size, 8);
    drop(ledger);
    Embedded::verify(&options).unwrap();
}

#[test]
fn the_same_submission_again_gets_the_same_answer_and_writes_nothing() {
    let (_dir, _, ledger) = ledger();
    let one = Subject::with_keys(1, 3);
    for operations in [
        vec![one.create()],
        vec![one.update(2)],
        vec![one.deactivate(3)],
    ] {
        let first = submit(&ledger, operations.clone()).unwrap();
        let head = ledger.published();
        assert_eq!(submit(&ledger, operations).unwrap(), first);
        assert_eq!(ledger.published(), head);
    }
    let other = submit(&ledger, vec![one.deactivate(4)]).unwrap_err();
    assert_eq!(code(other), (0, RejectionCode::DidDocDeactivated));
}

#[test]
fn every_write_on_a_deactivated_did_is_refused() {
    let (_dir, _, ledger) = ledger();
    let one = Subject::new(1);
    submit(&ledger, vec![one.create()]).unwrap();
    submit(&ledger, vec![one.deactivate(2)]).unwrap();
    let head = ledger.published();
    for kind in did::OperationKind::ALL {
        let (operation, expected) = match kind {
            did::OperationKind::Create => {
                let mut other = one.clone();
                other.keys.truncate(0);
                (
                    Subject::with_keys(1, 2).create(),
                    RejectionCode::DidDocExists,
                )
            }
            did::OperationKind::Update => (one.update(3), RejectionCode::DidDocDeactivated),
            did::OperationKind::Deactivate => (one.deactivate(4), RejectionCode::DidDocDeactivated),
            did::OperationKind::CreateResource => {
                (one.resource(1, "a", b"1"), RejectionCode::DidDocDeactivated)
            }
        };
        assert_eq!(
            code(submit(&ledger, vec![operation]).unwrap_err()),
            (0, expected)
        );
    }
    assert_eq!(ledger.published(), head);
}

#[test]
fn a_submission_has_one_operation_at_least_and_a_limit() {
    let (_dir, _, ledger) = ledger();
    let many = (0..=SUBMISSION_OPERATIONS_MAX as u32)
        .map(|number| Subject::new(number).create())
        .collect();
    assert!(matches!(
        submit(&ledger, many),
        Err(SubmitError::Count { .. })
    ));
    assert!(matches!(
        submit(&ledger, Vec::new()),
        Err(SubmitError::Count { found: 0, .. })
    ));
}

#[test]
fn versions_are_found_by_id_and_by_time() {
    let (_dir, _, ledger) = ledger();
    let one = Subject::new(1);
    let mut times = Vec::new();
    for operation in [
        one.create(),
        one.update(2),
        one.update(3),
        one.deactivate(4),
    ] {
        let committed = submit(&ledger, vec![operation]).unwrap();
        times.push((committed[0].time_ms, committed[0].version_id.clone()));
        std::thread::sleep(std::time::Duration::from_millis(3));
    }
    for (position, (time_ms, version_id)) in times.iter().enumerate() {
        let found = ledger.version(&one.did(), version_id).unwrap().unwrap();
        assert_eq!(ledger.at(&one.did(), *time_ms).unwrap().unwrap(), found);
        assert_eq!(
            found.previous_version_id.as_ref(),
            position.checked_sub(1).map(|before| &times[before].1)
        );
        assert_eq!(
            found.next_version_id.as_ref(),
            times.get(position + 1).map(|(_, id)| id)
        );
        assert_eq!(found.updated_ms, (position > 0).then_some(*time_ms));
        assert!(
            found.deactivated,
            "no one may rely on an older version of a deactivated DID"
        );
    }
    assert_eq!(ledger.at(&one.did(), times[0].0 - 1).unwrap(), None);
    assert_eq!(ledger.version(&one.did(), "no such version").unwrap(), None);
    assert_eq!(
        ledger.latest(&one.did()).unwrap().unwrap().version_id,
        times[3].1
    );
}
