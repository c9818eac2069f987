//! Operations that race: one order, and nothing after the end.

use tempfile::tempdir;

use super::world::{Subject, log_signer, real_options, submit};
use crate::{Embedded, SubmitError};
use did::{Proposal, RejectionCode};

#[test]
fn an_update_racing_a_deactivation_is_before_it_or_refused() {
    let dir = tempdir().unwrap();
    let options = real_options(dir.path());
    Embedded::init(&options, &log_signer()).unwrap();
    let ledger = Embedded::open(&options, log_signer()).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
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

        let ended_at = deactivate.unwrap()[0].location.entry().unwrap().index;
        match update {
            Ok(committed) => {
                updates_first += 1;
                assert!(
                    committed[0].location.entry().unwrap().index < ended_at,
                    "round {round}: an update after the end"
                );
            }
            Err(SubmitError::Rejected { rejection, .. }) => {
                assert_eq!(rejection.code(), RejectionCode::DidDocDeactivated)
            }
            Err(error) => panic!("round {round}: {error}"),
        }
        let latest = ledger.latest(&subject.did()).unwrap().unwrap();
        assert!(latest.deactivated);
        assert_eq!(latest.location.entry().unwrap().index, ended_at);
    }
    println!("the update came first in {updates_first} of 1000 rounds");
    drop(ledger);
    assert_eq!(Embedded::verify(&options).unwrap().dids, 1000);
}

/// Shrink-then-end split over two requests that meet in one batch: the deactivation counts against the list that
/// stands when it is written, never against the one before.
#[test]
fn a_deactivation_that_met_a_change_of_keys_in_one_batch_is_judged_again() {
    let dir = tempdir().unwrap();
    let options = real_options(dir.path());
    Embedded::init(&options, &log_signer()).unwrap();
    let ledger = Embedded::open(&options, log_signer()).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
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
            // All three keys ended the document that lists three.
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
