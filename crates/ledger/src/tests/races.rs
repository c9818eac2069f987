//! Operations that race: one order, and nothing after the deactivation.

use tempfile::tempdir;

use super::world::{Subject, index_of, log_signer, real_options, submit, two_threads};
use crate::{Embedded, SubmitError};
use did::{Proposal, RejectionCode};

#[test]
fn an_update_racing_a_deactivation_is_before_it_or_refused() {
    let dir = tempdir().unwrap();
    let options = real_options(dir.path());
    Embedded::init(&options, &log_signer()).unwrap();
    let ledger = Embedded::open(&options, log_signer()).unwrap();
    let runtime = two_threads();
    let mut updates_first = 0;
    for round in 0..1000 {
        let subject = Subject::new(round);
        submit(&ledger, vec![subject.create()]).unwrap();
        let (one, two) = (ledger.clone(), ledger.clone());
        let (update, deactivate) = (subject.update(2), subject.deactivate(3));
        let update = runtime.spawn(async move { one.submit(vec![Proposal::from(update)]).await });
        let deactivate =
            runtime.spawn(async move { two.submit(vec![Proposal::from(deactivate)]).await });
        let (update, deactivate) =
            runtime.block_on(async { (update.await.unwrap(), deactivate.await.unwrap()) });

        let deactivated_at = deactivate.unwrap()[0].location.entry().unwrap().index;
        match update {
            Ok(committed) => {
                updates_first += 1;
                assert!(
                    index_of(&committed) < deactivated_at,
                    "round {round}: an update after the deactivation"
                );
            }
            Err(SubmitError::Rejected { rejection, .. }) => {
                assert_eq!(rejection.code(), RejectionCode::DidDocDeactivated)
            }
            Err(error) => panic!("round {round}: {error}"),
        }
        let latest = ledger.latest(&subject.did()).unwrap().unwrap();
        assert!(latest.deactivated);
        assert_eq!(latest.location.entry().unwrap().index, deactivated_at);
    }
    println!("the update came first in {updates_first} of 1000 rounds");
    drop(ledger);
    assert_eq!(Embedded::verify(&options).unwrap().dids, 1000);
}

/// Shrink-then-deactivate split over two requests that meet in one batch: the deactivation counts against the list that
/// is current when it is written, never against the one before.
#[test]
fn a_deactivation_that_met_a_change_of_keys_in_one_batch_is_judged_again() {
    let dir = tempdir().unwrap();
    let options = real_options(dir.path());
    Embedded::init(&options, &log_signer()).unwrap();
    let ledger = Embedded::open(&options, log_signer()).unwrap();
    let runtime = two_threads();
    for round in 0..200 {
        let (large, small) = (Subject::with_keys(round, 3), Subject::with_keys(round, 1));
        submit(&ledger, vec![large.create()]).unwrap();
        let (one, two) = (ledger.clone(), ledger.clone());
        let (grow_less, end) = (small.update(2), large.deactivate(3));
        let update =
            runtime.spawn(async move { one.submit(vec![Proposal::from(grow_less)]).await });
        let end = runtime.spawn(async move { two.submit(vec![Proposal::from(end)]).await });
        let (update, end) = runtime.block_on(async { (update.await.unwrap(), end.await.unwrap()) });
        match (update, end) {
            // All three keys signed for the document that lists three.
            (Err(SubmitError::Rejected { rejection, .. }), Ok(_)) => {
                assert_eq!(rejection.code(), RejectionCode::DidDocDeactivated);
            }
            // The list had one key by then, and two of the three signatures are strangers'.
            (Ok(_), Err(SubmitError::Rejected { rejection, .. })) => {
                assert_eq!(rejection.unexpected().len(), 2)
            }
            (update, end) => panic!("round {round}: {update:?} {end:?}"),
        }
    }
    drop(ledger);
    Embedded::verify(&options).unwrap();
}
