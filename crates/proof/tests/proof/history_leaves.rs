//! Leaves about the log's own history: what they may contain, and what not.

use proof::leaf::{
    FieldProblem, Import, ImportedLeaf, InvalidLeaf, KeyRotation, Leaf, LeafReference, LogKey,
    MAX_IMPORT_DEPTH, MAX_IMPORTABLE_LEAF_BYTES, MAX_LEAF_BYTES, OperationLeaf, Predecessor,
    Recovery, StateLeaf, SubmissionPlace, TreeHead, UnencodableLeaf, VersionKind,
};
use proof::{Hash, NetworkId};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::leaves::{hash, log_key, network, operation, reference};

const DID: &str = "did:cheqd:testnet:a";

fn head() -> impl Strategy<Value = TreeHead> {
    (1_u64.., hash()).prop_map(|(size, root)| TreeHead { size, root })
}

prop_compose! {
    pub(crate) fn key_rotation()(
        network_id in network(), time_ms: u64, log_keys in vec(log_key(), 1..5), previous_key: [u8; 32],
    ) -> Leaf {
        let previous_key = LogKey::ed25519(&previous_key);
        Leaf::KeyRotation(KeyRotation { network_id, time_ms, log_keys, previous_key })
    }
}

prop_compose! {
    pub(crate) fn recovery()(
        network_id in network(), time_ms: u64, origin in "[a-z./]{1,254}", log_keys in vec(log_key(), 1..5),
        kept in head(), known in prop::option::of(head()),
    ) -> Leaf {
        let predecessor = Predecessor { origin: format!("{origin}1"), size: kept.size, root: kept.root };
        Leaf::Recovery(Recovery { network_id, time_ms, origin, log_keys, predecessor, known })
    }
}

prop_compose! {
    pub(crate) fn import()(
        network_id in network(), time_ms: u64, origin in "[a-z./]{1,255}", until in head(), before in reference(),
        inner in prop::option::of(operation()), has_previous: bool, depth in 1..=MAX_IMPORT_DEPTH, index: u64,
    ) -> Leaf {
        let did = inner.as_ref().map_or(DID.to_owned(), |operation| operation.did.clone());
        let previous = (has_previous || inner.is_none()).then_some(before);
        let index = index % until.size;
        let around = |leaf: Vec<u8>| Import {
            network_id, time_ms, did: did.clone(), origin: origin.clone(), until, previous,
            operation: Some(ImportedLeaf { index, leaf }),
        };
        let Some(operation) = inner else {
            return Leaf::Import(Import { operation: None, ..around(Vec::new()) });
        };
        let mut leaf = Leaf::Operation(operation);
        for _ in 0..depth {
            leaf = Leaf::Import(around(leaf.encode().unwrap()));
        }
        leaf
    }
}

fn key(byte: u8) -> LogKey {
    LogKey::ed25519(&[byte; 32])
}

fn sample_operation(did: &str) -> OperationLeaf {
    OperationLeaf {
        rule_set: 1,
        network_id: NetworkId::from([7; 32]),
        kind: VersionKind::Create,
        did: did.to_owned(),
        sequence: 1,
        place: SubmissionPlace {
            position: 0,
            count: 1,
        },
        previous: None,
        judged_under: 1,
        time_ms: 2,
        payload: vec![3],
        signatures: Vec::new(),
        consulted: Vec::new(),
        bound_preimage: None,
    }
}

fn import_of(leaf: Option<Vec<u8>>) -> Import {
    Import {
        network_id: NetworkId::from([7; 32]),
        time_ms: 9,
        did: DID.to_owned(),
        origin: "example.com/old".to_owned(),
        until: TreeHead {
            size: 50,
            root: Hash::from([1; 32]),
        },
        operation: leaf.map(|leaf| ImportedLeaf { index: 49, leaf }),
        previous: Some(LeafReference {
            index: 4,
            hash: Hash::from([2; 32]),
        }),
    }
}

fn encoded_operation(did: &str) -> Vec<u8> {
    Leaf::Operation(sample_operation(did)).encode().unwrap()
}

/// What breaks a rule is not even written.
fn refused(leaf: Leaf, field: &'static str, problem: FieldProblem) {
    let expected = InvalidLeaf::Field { field, problem };
    let written = leaf.encode();
    assert_eq!(written, Err(UnencodableLeaf::Field(expected)), "{leaf:?}");
}

#[test]
fn the_key_that_leaves_does_not_stay() {
    let rotation = |log_keys| {
        Leaf::KeyRotation(KeyRotation {
            network_id: NetworkId::from([7; 32]),
            time_ms: 1,
            log_keys,
            previous_key: key(1),
        })
    };
    assert!(rotation(vec![key(2)]).encode().is_ok());
    refused(
        rotation(vec![key(2), key(1)]),
        "previous_key",
        FieldProblem::Contradiction,
    );
    refused(
        rotation(Vec::new()),
        "log_keys",
        FieldProblem::InvalidLength,
    );
    refused(
        rotation(vec![key(2); 17]),
        "log_keys",
        FieldProblem::InvalidLength,
    );
    let short = LogKey {
        algorithm: LogKey::ED25519,
        bytes: vec![1; 31],
    };
    refused(
        rotation(vec![short]),
        "log_keys",
        FieldProblem::InvalidLength,
    );

    // The same bytes with the new key made equal to the old one.
    let mut bytes = rotation(vec![key(2)]).encode().unwrap();
    let new_key = bytes.windows(32).position(|w| w == [2; 32]).unwrap();
    bytes[new_key..new_key + 32].fill(1);
    let field = InvalidLeaf::Field {
        field: "previous_key",
        problem: FieldProblem::Contradiction,
    };
    assert_eq!(Leaf::decode(&bytes), Err(field));
}

#[test]
fn a_recovery_has_a_new_name_and_keeps_something() {
    let recovery = |origin: &str, old: &str, size| {
        Leaf::Recovery(Recovery {
            network_id: NetworkId::from([7; 32]),
            time_ms: 1,
            origin: origin.to_owned(),
            log_keys: vec![key(2)],
            predecessor: Predecessor {
                origin: old.to_owned(),
                size,
                root: Hash::from([1; 32]),
            },
            known: None,
        })
    };
    assert!(recovery("log/2", "log/1", 1).encode().is_ok());
    refused(
        recovery("log/1", "log/1", 1),
        "predecessor",
        FieldProblem::Contradiction,
    );
    refused(
        recovery("log/2", "log/1", 0),
        "predecessor",
        FieldProblem::Contradiction,
    );
    refused(
        recovery("log 2", "log/1", 1),
        "origin",
        FieldProblem::InvalidText,
    );
    refused(
        recovery("log/2", "log+1", 1),
        "predecessor",
        FieldProblem::InvalidText,
    );

    let mut bytes = recovery("log/2", "log/1", 1).encode().unwrap();
    let name = bytes.windows(5).position(|w| w == b"log/2").unwrap();
    bytes[name + 4] = b'1';
    let field = InvalidLeaf::Field {
        field: "predecessor",
        problem: FieldProblem::Contradiction,
    };
    assert_eq!(Leaf::decode(&bytes), Err(field));
}

#[test]
fn an_import_holds_an_operation_of_its_did_or_confirms_its_head() {
    let operation = encoded_operation(DID);
    let import = import_of(Some(operation.clone()));
    assert!(Leaf::Import(import.clone()).encode().is_ok());
    assert_eq!(import.imported_operation(), Ok(Some(sample_operation(DID))));
    assert_eq!(import_of(None).imported_operation(), Ok(None));

    let state = Leaf::State(StateLeaf {
        network_id: NetworkId::from([7; 32]),
        state_root: Hash::from([0; 32]),
        previous_state: None,
        first_operation: 1,
        operations: 0,
        dids: 0,
        time_ms: 0,
        parameters_hash: Hash::from([0; 32]),
        other_heads: Vec::new(),
    });
    let confirming = Leaf::Import(import_of(None)).encode().unwrap();
    let longer = [operation.as_slice(), &[0]].concat();
    let strangers = [
        encoded_operation("did:cheqd:testnet:b"),
        state.encode().unwrap(),
        confirming,
        vec![0x10, 1, 2, 3],
        longer,
        Vec::new(),
    ];
    for leaf in strangers {
        refused(
            Leaf::Import(import_of(Some(leaf))),
            "operation",
            FieldProblem::NoOperation,
        );
    }
    let unfounded = Import {
        previous: None,
        ..import_of(None)
    };
    refused(
        Leaf::Import(unfounded),
        "previous",
        FieldProblem::Contradiction,
    );
    let mut outside = import;
    outside.until.size = 49;
    refused(
        Leaf::Import(outside),
        "operation",
        FieldProblem::Contradiction,
    );
}

#[test]
fn a_foreign_operation_in_an_import_is_not_read_either() {
    let mut bytes = Leaf::Import(import_of(Some(encoded_operation(DID))))
        .encode()
        .unwrap();
    let inner_did = bytes
        .windows(DID.len())
        .rposition(|w| w == DID.as_bytes())
        .unwrap();
    bytes[inner_did + DID.len() - 1] = b'b';
    let field = InvalidLeaf::Field {
        field: "operation",
        problem: FieldProblem::NoOperation,
    };
    assert_eq!(Leaf::decode(&bytes), Err(field));
}

#[test]
fn imports_stand_inside_each_other_only_so_deep() {
    let mut leaf = encoded_operation(DID);
    for depth in 1..=MAX_IMPORT_DEPTH {
        let import = import_of(Some(leaf));
        assert_eq!(
            import.imported_operation(),
            Ok(Some(sample_operation(DID))),
            "{depth}"
        );
        leaf = Leaf::Import(import).encode().unwrap();
    }
    refused(
        Leaf::Import(import_of(Some(leaf.clone()))),
        "operation",
        FieldProblem::NoOperation,
    );
    // Within, every import must be of the same DID too.
    let mut strange = import_of(Some(encoded_operation(DID)));
    strange.did = "did:cheqd:testnet:b".to_owned();
    strange.operation = Some(ImportedLeaf {
        index: 0,
        leaf: encoded_operation("did:cheqd:testnet:b"),
    });
    let strange = Leaf::Import(strange).encode().unwrap();
    // Only the operation inside is made one of this DID; the import around it stays another's.
    let mut half = strange.clone();
    let last_did = half
        .windows(DID.len())
        .rposition(|w| w == b"did:cheqd:testnet:b")
        .unwrap();
    half[last_did + DID.len() - 1] = b'a';
    for strange in [strange, half] {
        refused(
            Leaf::Import(import_of(Some(strange))),
            "operation",
            FieldProblem::NoOperation,
        );
    }
}

#[test]
fn a_leaf_that_fits_its_log_may_be_too_long_to_be_imported() {
    let did = "d".repeat(256);
    let of_length = |length: usize| {
        let with_payload = |len| {
            let payload = vec![1; len];
            let operation = OperationLeaf {
                payload,
                ..sample_operation(&did)
            };
            Leaf::Operation(operation).encode().unwrap()
        };
        let overhead = with_payload(1).len() - 1;
        let import = Import {
            did: did.clone(),
            origin: "o".repeat(255),
            ..import_of(Some(with_payload(length - overhead)))
        };
        Leaf::Import(import).encode()
    };
    let longest = of_length(MAX_IMPORTABLE_LEAF_BYTES);
    assert_eq!(longest.unwrap().len(), MAX_LEAF_BYTES);
    for length in [MAX_IMPORTABLE_LEAF_BYTES + 1, MAX_LEAF_BYTES] {
        let refused = of_length(length);
        assert!(
            matches!(refused, Err(UnencodableLeaf::TooLarge { .. })),
            "{refused:?}"
        );
    }
}
