//! A log that is recovered twice, and the backups of one that was recovered.

use super::recovery::{DEACTIVATED, Loss, UNTOUCHED, UPDATED, loss, subject, unverified};
use super::test_ledger::{import, new_signer};
use super::world::{is_deactivated, submit};
use crate::backup::backup;
use crate::recover::recover;
use crate::restore::restore;
use crate::{Embedded, ImportError};
use proof::note::NoteSigner;

fn third_signer() -> NoteSigner {
    NoteSigner::from_seed("ledger.test/3", &[45; 32]).unwrap()
}

#[test]
fn after_a_second_loss_the_second_log_verifies_and_the_first_one_still_ends() {
    let Loss { place, exports, .. } = loss();
    let (_, ledger) = place.recovered(None);
    import(&ledger, &exports[1]).unwrap();
    drop(ledger);
    place.keep("data", "older-again");
    let ledger = place.open_with(new_signer()).unwrap();
    submit(&ledger, vec![subject(UPDATED).update(3)]).unwrap();
    import(&ledger, &exports[0]).unwrap();
    submit(&ledger, vec![subject(UNTOUCHED).update(2)]).unwrap();
    let [updated, untouched] = [UPDATED, UNTOUCHED].map(|number| subject(number).did());
    let second = ledger.export(&updated).unwrap();
    let confirmed = ledger.export(&untouched).unwrap();
    drop(ledger);
    place.restore_copy("older-again", "data");
    recover(&place.options, &third_signer(), None).unwrap();
    let ledger = place.open_with(third_signer()).unwrap();

    assert!(unverified(&ledger, UPDATED));
    let first = import(&ledger, &exports[1]);
    assert!(
        matches!(first, Err(ImportError::TooOld { .. })),
        "{first:?}"
    );
    assert_eq!(import(&ledger, &second).unwrap().appended.len(), 1);
    assert!(!unverified(&ledger, UPDATED));
    let latest = ledger.latest(&updated).unwrap().unwrap();
    assert_eq!(latest.version_id, subject(UPDATED).update(3).version_id());
    assert!(import(&ledger, &exports[2]).unwrap().deactivated);
    assert!(is_deactivated(&ledger, &subject(DEACTIVATED).did()));
    // What follows on a lost confirmation does not follow on anything here: its keys have to sign it themselves.
    assert!(matches!(
        import(&ledger, &confirmed),
        Err(ImportError::Diverged(_))
    ));
    submit(&ledger, vec![subject(UNTOUCHED).update(2)]).unwrap();
    drop(ledger);
    Embedded::verify(&place.options).unwrap();
    Embedded::rebuild(&place.options).unwrap();
}

#[test]
fn a_backup_of_a_recovered_log_is_put_back_under_its_new_name_alone() {
    let Loss { place, exports, .. } = loss();
    place.keep("guard", "guard-before");
    let (_, ledger) = place.recovered(None);
    import(&ledger, &exports[2]).unwrap();
    let published = ledger.published();
    drop(ledger);
    let to = place.path("backup");
    backup(&place.options, &to).unwrap();
    place.keep("guard", "guard-after");
    for (guard, fits) in [("guard-before", false), ("guard-after", true)] {
        place.restore_copy(guard, "guard");
        std::fs::remove_dir_all(place.path("data")).unwrap();
        let restored = restore(&place.options, &to, None, None);
        assert_eq!(restored.is_ok(), fits, "{guard}: {restored:?}");
        std::fs::create_dir_all(place.path("data")).unwrap();
    }
    let ledger = place.open_with(new_signer()).unwrap();
    assert_eq!(ledger.published(), published);
    assert!(unverified(&ledger, UNTOUCHED));
}
