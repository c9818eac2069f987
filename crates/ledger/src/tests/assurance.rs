//! What a ledger discloses and accepts, depending on its assurance.

use tokio::sync::oneshot;

use super::test_ledger::TestLedger;
use super::world::{Subject, submit};
use crate::writer::{Job, Reply, Work};
use crate::{Assurance, Embedded, ReadError, SubmitError, Withheld};

const CONFIRMED: Assurance = Assurance::Confirmed { size: 9, at_ms: 1 };

fn paused() -> Assurance {
    Assurance::Paused {
        known_size: 99,
        by: "witness.test".to_owned(),
    }
}

fn contradicted() -> Assurance {
    Assurance::Contradicted {
        reason: "two roots".to_owned(),
    }
}

fn withheld(ledger: &Embedded, subject: &Subject) -> Option<Withheld> {
    let by_id = ledger.version(&subject.did(), &subject.create_version_id());
    let answers = [
        ledger.latest(&subject.did()),
        by_id,
        ledger.at(&subject.did(), u64::MAX),
    ];
    let mut reasons = answers.into_iter().map(|answer| match answer {
        Err(ReadError::Withheld(reason)) => Some(reason),
        Ok(_) => None,
        Err(error) => panic!("{error}"),
    });
    let first = reasons.next().unwrap();
    assert!(reasons.all(|other| other == first), "all three agree");
    first
}

#[test]
fn only_a_confirmed_log_reports_active_dids_and_every_log_reports_deactivated_ones() {
    let place = TestLedger::new();
    let ledger = place.open();
    let [active, deactivated, absent] = [1, 2, 3].map(Subject::new);
    submit(&ledger, vec![active.create()]).unwrap();
    submit(&ledger, vec![deactivated.create()]).unwrap();
    submit(&ledger, vec![deactivated.deactivate(2)]).unwrap();
    assert_eq!(ledger.assurance(), Assurance::Alone);
    for assurance in [
        Assurance::Alone,
        Assurance::Asking,
        Assurance::Unconfirmed,
        CONFIRMED,
        paused(),
        CONFIRMED,
        contradicted(),
    ] {
        ledger.set_assurance(assurance.clone());
        assert_eq!(ledger.assurance(), assurance);
        let expected =
            (!assurance.discloses_active()).then(|| Withheld::Assurance(assurance.clone()));
        assert_eq!(withheld(&ledger, &active), expected, "{assurance:?}");
        assert_eq!(withheld(&ledger, &absent), expected, "{assurance:?}");
        assert_eq!(withheld(&ledger, &deactivated), None, "{assurance:?}");
        let latest = ledger.latest(&deactivated.did()).unwrap().unwrap();
        assert!(latest.deactivated, "{assurance:?}");
        assert!(ledger.state(&active.did()).unwrap().is_some(), "for plans");
    }
}

#[test]
fn a_paused_or_contradicted_log_accepts_nothing() {
    let place = TestLedger::new();
    let ledger = place.open();
    for (number, assurance) in [(1, Assurance::Unconfirmed), (2, CONFIRMED)] {
        ledger.set_assurance(assurance);
        submit(&ledger, vec![Subject::new(number).create()]).unwrap();
    }
    let size = ledger.published().size;
    for assurance in [Assurance::Asking, paused(), contradicted()] {
        ledger.set_assurance(assurance.clone());
        let refused = submit(&ledger, vec![Subject::new(3).create()]);
        assert!(matches!(refused, Err(SubmitError::Held(found)) if found == assurance));
    }
    assert_eq!(ledger.published().size, size);
    assert!(ledger.fault().is_none(), "it is held, not broken");
}

#[test]
fn what_waits_in_the_queue_is_not_written_once_the_log_is_held() {
    let place = TestLedger::new();
    let ledger = place.open();
    ledger.set_assurance(paused());
    let (reply, answer) = oneshot::channel();
    let work = Work::Import(Vec::new());
    ledger.enqueue(Job { work, reply }).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let answer = runtime.block_on(answer).unwrap();
    assert!(matches!(answer, Reply::Held(found) if found == paused()));
}
