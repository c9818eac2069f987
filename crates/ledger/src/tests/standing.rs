//! What a ledger says and takes, as others confirm it.

use tokio::sync::oneshot;

use super::place::Place;
use super::world::{Subject, submit};
use crate::writer::{Job, Reply, Work};
use crate::{Embedded, ReadError, Standing, SubmitError, Withheld};

const CONFIRMED: Standing = Standing::Confirmed { size: 9, at_ms: 1 };

fn paused() -> Standing {
    Standing::Paused {
        known_size: 99,
        by: "witness.test".to_owned(),
    }
}

fn contradicted() -> Standing {
    Standing::Contradicted {
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
    assert!(
        reasons.all(|other| other == first),
        "all three say the same"
    );
    first
}

#[test]
fn only_a_confirmed_log_tells_who_is_active_and_every_log_tells_who_has_ended() {
    let place = Place::new();
    let ledger = place.open();
    let [active, ended, absent] = [1, 2, 3].map(Subject::new);
    submit(&ledger, vec![active.create()]).unwrap();
    submit(&ledger, vec![ended.create()]).unwrap();
    submit(&ledger, vec![ended.deactivate(2)]).unwrap();
    assert_eq!(ledger.standing(), Standing::Alone);
    for standing in [
        Standing::Alone,
        Standing::Asking,
        Standing::Unconfirmed,
        CONFIRMED,
        paused(),
        CONFIRMED,
        contradicted(),
    ] {
        ledger.stand(standing.clone());
        assert_eq!(ledger.standing(), standing);
        let expected = (!standing.tells_active()).then(|| Withheld::Standing(standing.clone()));
        assert_eq!(withheld(&ledger, &active), expected, "{standing:?}");
        assert_eq!(withheld(&ledger, &absent), expected, "{standing:?}");
        assert_eq!(withheld(&ledger, &ended), None, "{standing:?}");
        let latest = ledger.latest(&ended.did()).unwrap().unwrap();
        assert!(latest.deactivated, "{standing:?}");
        assert!(ledger.state(&active.did()).unwrap().is_some(), "for plans");
    }
}

#[test]
fn a_paused_or_contradicted_log_takes_nothing() {
    let place = Place::new();
    let ledger = place.open();
    for (number, standing) in [(1, Standing::Unconfirmed), (2, CONFIRMED)] {
        ledger.stand(standing);
        submit(&ledger, vec![Subject::new(number).create()]).unwrap();
    }
    let size = ledger.published().size;
    for standing in [Standing::Asking, paused(), contradicted()] {
        ledger.stand(standing.clone());
        let refused = submit(&ledger, vec![Subject::new(3).create()]);
        assert!(matches!(refused, Err(SubmitError::Held(found)) if found == standing));
    }
    assert_eq!(ledger.published().size, size);
    assert!(ledger.fault().is_none(), "it is held, not broken");
}

#[test]
fn what_waits_in_the_queue_is_not_written_once_the_log_is_held() {
    let place = Place::new();
    let ledger = place.open();
    ledger.stand(paused());
    let (reply, answer) = oneshot::channel();
    let work = Work::Import(Vec::new());
    ledger.enqueue(Job { work, reply }).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let answer = runtime.block_on(answer).unwrap();
    assert!(matches!(answer, Reply::Held(found) if found == paused()));
}
