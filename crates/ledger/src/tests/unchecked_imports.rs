//! What an import is checked for at the door is checked again when the log is replayed.

use proof::leaf::{Import, ImportedLeaf, Leaf, TreeHead};
use tokio::sync::oneshot;

use super::recovery::{Loss, UNTOUCHED, UPDATED, loss, subject};
use super::test_ledger::new_signer;
use crate::tip::reference;
use crate::writer::{Job, Reply, Work};
use crate::{Embedded, Export, VerifyError};

/// The import of an exported leaf, or of none, as a careless writer would make it.
fn draft(
    ledger: &Embedded,
    export: &Export,
    operation: Option<ImportedLeaf>,
    until: u64,
) -> Import {
    let did = did::Did::parse(export.did()).unwrap();
    let reader = &ledger.shared().reader;
    let head = reader.head(&reader.key(&did)).unwrap();
    Import {
        network_id: reader.network_id,
        time_ms: 0,
        did: did.to_string(),
        origin: export.origin.clone(),
        until: TreeHead {
            size: until,
            root: proof::Hash::new([1; 32]),
        },
        operation,
        previous: head.as_ref().map(reference),
    }
}

fn newest(export: &Export) -> ImportedLeaf {
    let last = export.operations.last().unwrap();
    ImportedLeaf {
        index: last.index,
        leaf: last.leaf.0.clone(),
    }
}

/// Hands imports to the writer past all checks.
fn write(ledger: &Embedded, leaf: Import) -> Option<Reply> {
    let (reply, answer) = oneshot::channel();
    let work = Work::Import(vec![leaf]);
    ledger.enqueue(Job { work, reply }).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(answer).ok()
}

fn refused_by_verify(loss: &Loss) -> String {
    match Embedded::verify(&loss.place.options) {
        Err(VerifyError::Entry { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_confirmation_by_an_older_log_than_is_known_is_not_written() {
    let loss = loss();
    let (_, ledger) = loss.place.recovered(None);
    let export = Export::parse(&loss.exports[0]).unwrap();
    assert_eq!(export.did(), subject(UNTOUCHED).did().as_str());
    let size = ledger.published().size;
    let leaf = draft(&ledger, &export, None, loss.size - 1);
    assert!(write(&ledger, leaf).is_none(), "the writer stops");
    assert_eq!(ledger.published().size, size);
    drop(ledger);
    let ledger = loss.place.open_with(new_signer()).unwrap();
    let leaf = draft(&ledger, &export, None, loss.size);
    assert!(matches!(write(&ledger, leaf), Some(Reply::Committed(_))));
}

#[test]
fn an_operation_by_an_older_log_than_is_known_without_its_end_is_found() {
    let loss = loss();
    let (_, ledger) = loss.place.recovered(None);
    let export = Export::parse(&loss.exports[1]).unwrap();
    assert_eq!(export.did(), subject(UPDATED).did().as_str());
    let leaf = draft(&ledger, &export, Some(newest(&export)), loss.size - 1);
    assert!(matches!(write(&ledger, leaf), Some(Reply::Committed(_))));
    drop(ledger);
    let reason = refused_by_verify(&loss);
    assert!(reason.contains("the deactivation of the DID"), "{reason}");
}

#[test]
fn an_operation_that_its_keys_have_not_signed_is_found() {
    let loss = loss();
    let (_, ledger) = loss.place.recovered(None);
    let export = Export::parse(&loss.exports[2]).unwrap();
    let mut imported = newest(&export);
    let Ok(Leaf::Operation(mut operation)) = Leaf::decode(&imported.leaf) else {
        panic!("a deactivation");
    };
    operation.signatures[1].bytes[7] ^= 1;
    imported.leaf = Leaf::Operation(operation).encode().unwrap();
    let leaf = draft(&ledger, &export, Some(imported), loss.size);
    assert!(matches!(write(&ledger, leaf), Some(Reply::Committed(_))));
    drop(ledger);
    let reason = refused_by_verify(&loss);
    assert!(reason.contains("not all keys"), "{reason}");
}
