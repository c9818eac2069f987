//! The versions of a DID: all of them, in order, and so many at a time.

use tempfile::tempdir;

use super::world::{Subject, log_signer, real_options, submit};
use crate::{Embedded, HISTORY_VERSIONS_MAX, VersionFacts};

#[test]
fn versions_come_newest_first_and_a_page_at_a_time() {
    let dir = tempdir().unwrap();
    let options = real_options(dir.path());
    Embedded::init(&options, &log_signer()).unwrap();
    let ledger = Embedded::open(&options, log_signer()).unwrap();
    let subject = Subject::new(1);
    let did = subject.did();
    assert_eq!(ledger.history(&did, None).unwrap(), None);

    let last = HISTORY_VERSIONS_MAX as u32 + 2;
    submit(&ledger, vec![subject.create()]).unwrap();
    let updates: Vec<_> = (2..last).map(|version| subject.update(version)).collect();
    for chunk in updates.chunks(crate::SUBMISSION_OPERATIONS_MAX) {
        submit(&ledger, chunk.to_vec()).unwrap();
    }
    assert!(!ledger.history(&did, None).unwrap().unwrap().deactivated);
    submit(&ledger, vec![subject.deactivate(last)]).unwrap();

    let newest = ledger.history(&did, None).unwrap().unwrap();
    assert!(newest.deactivated);
    assert_eq!(newest.versions.len(), HISTORY_VERSIONS_MAX);
    let oldest_told = newest.versions.last().unwrap().version_id.clone();
    let rest = ledger.history(&did, Some(&oldest_told)).unwrap().unwrap();
    let all: Vec<VersionFacts> = [newest.versions, rest.versions].concat();
    assert_eq!(all.len(), last as usize);
    for (at, version) in all.iter().enumerate() {
        let resolved = ledger.version(&did, &version.version_id).unwrap().unwrap();
        let expected = VersionFacts {
            version_id: resolved.version_id,
            updated_ms: resolved.updated_ms,
            previous_version_id: all.get(at + 1).map(|next| next.version_id.clone()),
            next_version_id: at.checked_sub(1).map(|at| all[at].version_id.clone()),
        };
        assert_eq!(*version, expected);
        assert_eq!(resolved.previous_version_id, expected.previous_version_id);
        assert_eq!(resolved.next_version_id, expected.next_version_id);
    }
    let first = &all.last().unwrap().version_id;
    assert_eq!(*first, subject.create_version_id());
    assert_eq!(ledger.history(&did, Some(first)).unwrap(), None);
    assert_eq!(ledger.history(&did, Some("unknown")).unwrap(), None);
}
