//! Receipts after a recovery: of deactivations that were kept or imported, and of none that is uncertain.

use proof::policy::Policy;
use proof::receipt::{Receipt, Stage, Summary, verify};

use super::recovery::{DEACTIVATED, Loss, UNTOUCHED, UPDATED, loss, subject};
use super::test_ledger::{NEW_ORIGIN, TestLedger, import, new_signer};
use super::world::ORIGIN;
use crate::{Embedded, ProveError, ReadError, Withheld};

/// Deactivated together with an update, and long before the loss.
const OTHERS_DEACTIVATED: [u32; 2] = [5, 6];

fn policy() -> Policy {
    let text = format!("log {}\nquorum none\n", new_signer().verifier());
    Policy::parse(&text, None).unwrap()
}

fn deactivated(ledger: &Embedded, number: u32, note: &str, size: u64) -> Receipt {
    ledger
        .deactivation_receipt(&subject(number).did(), note, size, Stage::Finished)
        .unwrap_or_else(|error| panic!("{number}: {error:?}"))
}

fn rebuilt(place: &TestLedger, ledger: Embedded) -> Embedded {
    drop(ledger);
    Embedded::rebuild(&place.options).unwrap();
    place.open_with(new_signer()).unwrap()
}

#[test]
fn ends_from_before_a_loss_are_proven_by_the_log_that_goes_on() {
    let Loss { place, exports, .. } = loss();
    let (_, mut ledger) = place.recovered(None);
    for export in &exports {
        import(&ledger, export).unwrap();
    }
    let head = ledger.published();
    let mut given = Vec::new();
    for number in OTHERS_DEACTIVATED.into_iter().chain([DEACTIVATED]) {
        let receipt = deactivated(&ledger, number, &head.checkpoint, head.size);
        receipt.verify(&policy()).unwrap();
        let Summary::Deactivated(summary) = receipt.summary() else {
            panic!("{number} is deactivated")
        };
        let from = summary.import.as_ref().map(|import| import.origin.as_str());
        let imported = number != OTHERS_DEACTIVATED[1];
        assert_eq!(from, imported.then_some(ORIGIN), "{number}");
        given.push((number, receipt.to_bytes()));
    }
    ledger = rebuilt(&place, ledger);
    for (number, bytes) in given {
        let again = deactivated(&ledger, number, &head.checkpoint, head.size);
        assert_eq!(again.to_bytes(), bytes, "{number}");
    }
    assert_eq!(head.checkpoint.lines().next(), Some(NEW_ORIGIN));
}

#[test]
fn an_unverified_did_gets_no_receipt_until_it_is_confirmed() {
    let Loss { place, exports, .. } = loss();
    let (_, ledger) = place.recovered(None);
    let receipt = |number| {
        let snapshot = ledger.fresh_snapshot().unwrap();
        let note = snapshot.checkpoint().to_owned();
        snapshot.state_receipt(&subject(number).did(), &note, Stage::Finished)
    };
    for number in [UNTOUCHED, UPDATED] {
        let error = receipt(number).unwrap_err();
        let withheld = ReadError::Withheld(Withheld::Unverified {
            since: ledger.published().size - 2,
        });
        assert_eq!(error.to_string(), withheld.to_string());
        assert!(matches!(error, ProveError::Read(ReadError::Withheld(_))));
    }
    for export in &exports[..2] {
        import(&ledger, export).unwrap();
    }
    for number in [UNTOUCHED, UPDATED] {
        let bytes = receipt(number).unwrap().to_bytes();
        verify(&bytes, &policy()).unwrap();
    }
}

#[test]
fn the_feed_names_imports_with_the_log_that_they_come_from() {
    let Loss { place, exports, .. } = loss();
    let (_, ledger) = place.recovered(None);
    let before = ledger.published().size;
    for export in &exports {
        import(&ledger, export).unwrap();
    }
    let found = ledger.operations(Some(before - 1), 100).unwrap();
    assert_eq!(found.len(), 5);
    for one in &found {
        assert_eq!(one.imported_from.as_deref(), Some(ORIGIN));
        assert!(one.log_index >= before && one.time_ms >= one.leaf.time_ms);
    }
    let kept = ledger.operations(None, 100).unwrap();
    assert!(
        kept.iter()
            .all(|one| one.imported_from.is_some() == (one.log_index >= before))
    );
}
