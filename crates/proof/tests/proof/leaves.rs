//! Leaves: one encoding each, and nothing else is read.

use proof::leaf::{
    Consulted, ConsultedStatus, FieldProblem, Genesis, InvalidLeaf, Leaf, LeafReference,
    LeafSignature, LeafType, Limit, LogKey, MAX_LEAF_BYTES, OperationLeaf, OtherHead, Predecessor,
    ResourceLeaf, StateLeaf, SubmissionPlace, UnencodableLeaf, VersionKind,
};
use proof::{Hash, NetworkId};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use crate::history_leaves::{import, key_rotation, recovery};

pub(crate) fn hash() -> impl Strategy<Value = Hash> {
    any::<[u8; 32]>().prop_map(Hash::from)
}

pub(crate) fn network() -> impl Strategy<Value = NetworkId> {
    any::<[u8; 32]>().prop_map(NetworkId::from)
}

pub(crate) fn reference() -> impl Strategy<Value = LeafReference> {
    (any::<u64>(), hash()).prop_map(|(index, hash)| LeafReference { index, hash })
}

pub(crate) fn log_key() -> impl Strategy<Value = LogKey> {
    prop_oneof![
        any::<[u8; 32]>().prop_map(|key| LogKey::ed25519(&key)),
        (2_u8.., vec(any::<u8>(), 1..200))
            .prop_map(|(algorithm, bytes)| LogKey { algorithm, bytes }),
    ]
}

prop_compose! {
    fn genesis()(
        network_id in network(), namespace in "[!-~]{1,64}", origin in "[a-z./]{1,255}", created_ms: u64,
        rule_set: u16, log_keys in vec(log_key(), 1..5), limits in btree_map("[a-z_]{1,64}", any::<u64>(), 0..9),
        predecessor in prop::option::of(("[a-z./]{1,255}", any::<u64>(), hash())),
    ) -> Leaf {
        let limits = limits.into_iter().map(|(name, value)| Limit { name, value }).collect();
        let predecessor = predecessor.map(|(origin, size, root)| Predecessor { origin, size, root });
        Leaf::Genesis(Genesis {
            network_id, namespace, origin, created_ms, rule_set, log_keys, limits, predecessor,
        })
    }
}

fn status() -> impl Strategy<Value = ConsultedStatus> {
    prop_oneof![
        Just(ConsultedStatus::Absent),
        reference().prop_map(ConsultedStatus::Active),
        reference().prop_map(ConsultedStatus::Deactivated),
    ]
}

prop_compose! {
    pub(crate) fn operation()(
        numbers: (u16, u64, u64), network_id in network(), did in "did:[!-~]{1,252}", later in 2_u64..,
        previous in reference(), kind in 1_u8..=3, place in (0_u16..50, 1_u16..50), payload in vec(any::<u8>(), 1..500),
        signatures in vec(("[!-~]{1,512}", vec(any::<u8>(), 1..100)), 0..5),
        consulted in btree_map("did:[!-~]{1,252}", status(), 0..5),
        bound_preimage in prop::option::of(vec(any::<u8>(), 1..100)),
    ) -> OperationLeaf {
        let (rule_set, judged_under, time_ms) = numbers;
        let (kind, sequence, previous) = match kind {
            1 => (VersionKind::Create, 1, None),
            2 => (VersionKind::Update, later, Some(previous)),
            _ => (VersionKind::Deactivate, later, Some(previous)),
        };
        OperationLeaf {
            rule_set, network_id, kind, did, sequence, previous, judged_under, time_ms, payload, bound_preimage,
            place: SubmissionPlace { position: place.0, count: place.0 + place.1 },
            signatures: signatures.into_iter().map(|(method_id, bytes)| LeafSignature { method_id, bytes }).collect(),
            consulted: consulted.into_iter().map(|(did, status)| Consulted { did, status }).collect(),
        }
    }
}

prop_compose! {
    fn resource()(
        numbers: (u16, u64, u64), network_id in network(), did in "did:[!-~]{1,252}", place in (0_u16..50, 1_u16..50),
        payload in vec(any::<u8>(), 1..500), data_bytes in 1_u64.., data_digest in hash(), head in reference(),
        media_type in "[ -~]{1,127}", signatures in vec(("[!-~]{1,512}", vec(any::<u8>(), 1..100)), 0..5),
        others in btree_map("did:[!-~]{1,252}", status(), 0..5),
    ) -> Leaf {
        let (rule_set, judged_under, time_ms) = numbers;
        let mut consulted = others;
        consulted.insert(did.clone(), ConsultedStatus::Active(head));
        Leaf::Resource(ResourceLeaf {
            rule_set, network_id, did, judged_under, time_ms, payload, data_bytes, data_digest, media_type,
            place: SubmissionPlace { position: place.0, count: place.0 + place.1 },
            signatures: signatures.into_iter().map(|(method_id, bytes)| LeafSignature { method_id, bytes }).collect(),
            consulted: consulted.into_iter().map(|(did, status)| Consulted { did, status }).collect(),
        })
    }
}

prop_compose! {
    fn state()(
        network_id in network(), state_root in hash(), previous_state in prop::option::of(0_u64..1 << 60),
        gap in 1_u64..1000, operations: u32, dids: u64, time_ms: u64, parameters_hash in hash(),
        heads in btree_map("[!-~]{1,64}", (any::<u64>(), hash()), 0..4),
    ) -> Leaf {
        let other_heads = heads.into_iter().map(|(name, (size, root))| OtherHead { name, size, root }).collect();
        Leaf::State(StateLeaf {
            network_id, state_root, previous_state, operations, dids, time_ms, parameters_hash, other_heads,
            first_operation: previous_state.unwrap_or_default() + gap,
        })
    }
}

fn leaf() -> impl Strategy<Value = Leaf> {
    prop_oneof![
        genesis(),
        operation().prop_map(Leaf::Operation),
        resource(),
        state(),
        key_rotation(),
        recovery(),
        import()
    ]
}

fn sample() -> OperationLeaf {
    OperationLeaf {
        rule_set: 1,
        network_id: NetworkId::from([7; 32]),
        kind: VersionKind::Create,
        did: "did:cheqd:testnet:a".to_owned(),
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

fn encode(leaf: OperationLeaf) -> Result<Vec<u8>, UnencodableLeaf> {
    Leaf::Operation(leaf).encode()
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(leaf in leaf()) {
        let bytes = leaf.encode().unwrap();
        prop_assert!(bytes.len() <= MAX_LEAF_BYTES);
        prop_assert_eq!(Leaf::decode(&bytes), Ok(leaf));
    }

    #[test]
    fn every_accepted_input_is_the_one_encoding(
        leaf in leaf(), places in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = leaf.encode().unwrap();
        for (place, byte) in places {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Ok(read) = Leaf::decode(&bytes) {
            prop_assert_eq!(read.encode(), Ok(bytes));
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..400)) {
        if let Ok(read) = Leaf::decode(&bytes) {
            prop_assert_eq!(read.encode(), Ok(bytes));
        }
    }

    #[test]
    fn cut_and_lengthened_leaves_are_refused(leaf in leaf(), cut in any::<prop::sample::Index>()) {
        let bytes = leaf.encode().unwrap();
        prop_assert!(Leaf::decode(&bytes[..cut.index(bytes.len())]).is_err());
        let longer = Leaf::decode(&[bytes.as_slice(), &[0]].concat());
        let trailing = InvalidLeaf::Field { field: "the last field", problem: FieldProblem::TrailingBytes };
        prop_assert_eq!(longer, Err(trailing));
    }
}

#[test]
fn the_type_byte_says_whether_to_stop() {
    use LeafType::*;
    let known = [
        Genesis,
        Operation,
        State,
        KeyRotation,
        Parameters,
        Import,
        Recovery,
        Resource,
    ];
    for (number, leaf_type) in (1_u8..).zip(known) {
        assert_eq!(
            Leaf::decode(&[number, 1]),
            Err(InvalidLeaf::NotCritical(leaf_type))
        );
    }
    let reserved = Err(InvalidLeaf::Reserved(Parameters));
    assert_eq!(Leaf::decode(&[0x85, 1]), reserved);
    for byte in [0x00, 0x80] {
        assert_eq!(Leaf::decode(&[byte, 1]), Err(InvalidLeaf::NoType(byte)));
    }
    for byte in 0x89..=0xff {
        assert_eq!(
            Leaf::decode(&[byte, 1]),
            Err(InvalidLeaf::UnknownCritical(byte))
        );
    }
    for byte in 0x09..=0x7f {
        let Ok(Leaf::Opaque(leaf)) = Leaf::decode(&[byte, 3, 4, 5]) else {
            panic!("{byte} is not carried")
        };
        assert_eq!(
            (leaf.type_byte(), leaf.version(), leaf.body()),
            (byte, 3, [4, 5].as_slice())
        );
        assert_eq!(Leaf::Opaque(leaf).encode().unwrap(), [byte, 3, 4, 5]);
    }
    assert_eq!(Leaf::decode(&[]), Err(InvalidLeaf::NoHeader));
    assert_eq!(Leaf::decode(&[0x82]), Err(InvalidLeaf::NoHeader));
    let newer = InvalidLeaf::UnknownVersion {
        leaf_type: Operation,
        version: 2,
    };
    assert_eq!(Leaf::decode(&[0x82, 2]), Err(newer));
}

#[test]
fn a_leaf_has_at_most_65535_bytes() {
    let with_payload = |len| {
        encode(OperationLeaf {
            payload: vec![1; len],
            ..sample()
        })
    };
    let overhead = encode(sample()).unwrap().len() - 1;
    let most = MAX_LEAF_BYTES - overhead;
    assert_eq!(with_payload(most).unwrap().len(), MAX_LEAF_BYTES);
    let too_large = |bytes| {
        Err(UnencodableLeaf::TooLarge {
            bytes,
            limit: MAX_LEAF_BYTES,
        })
    };
    assert_eq!(with_payload(most + 1), too_large(MAX_LEAF_BYTES + 1));
    // A field beyond its own length must not wrap around to a short one.
    assert_eq!(with_payload(65_536 + 10), too_large(65_546 + overhead));
    let opaque = [vec![0x10, 1], vec![0; MAX_LEAF_BYTES - 2]].concat();
    assert!(Leaf::decode(&opaque).is_ok());
    let longer = [opaque, vec![0]].concat();
    let refused = InvalidLeaf::TooLarge {
        bytes: MAX_LEAF_BYTES + 1,
        limit: MAX_LEAF_BYTES,
    };
    assert_eq!(Leaf::decode(&longer), Err(refused));
}

#[test]
fn what_contradicts_itself_is_neither_written_nor_read() {
    let previous = Some(LeafReference {
        index: 0,
        hash: Hash::from([0; 32]),
    });
    let consulted = |did: &str| Consulted {
        did: did.to_owned(),
        status: ConsultedStatus::Absent,
    };
    let cases = [
        (
            "did",
            OperationLeaf {
                did: String::new(),
                ..sample()
            },
        ),
        (
            "did",
            OperationLeaf {
                did: "did:é".to_owned(),
                ..sample()
            },
        ),
        (
            "did",
            OperationLeaf {
                did: "did: a".to_owned(),
                ..sample()
            },
        ),
        (
            "did",
            OperationLeaf {
                did: "d".repeat(257),
                ..sample()
            },
        ),
        (
            "sequence",
            OperationLeaf {
                sequence: 0,
                ..sample()
            },
        ),
        (
            "sequence",
            OperationLeaf {
                sequence: 2,
                ..sample()
            },
        ),
        (
            "sequence",
            OperationLeaf {
                kind: VersionKind::Update,
                ..sample()
            },
        ),
        (
            "previous",
            OperationLeaf {
                previous,
                ..sample()
            },
        ),
        (
            "previous",
            OperationLeaf {
                kind: VersionKind::Deactivate,
                sequence: 2,
                ..sample()
            },
        ),
        (
            "place",
            OperationLeaf {
                place: SubmissionPlace {
                    position: 1,
                    count: 1,
                },
                ..sample()
            },
        ),
        (
            "place",
            OperationLeaf {
                place: SubmissionPlace {
                    position: 0,
                    count: 0,
                },
                ..sample()
            },
        ),
        (
            "payload",
            OperationLeaf {
                payload: Vec::new(),
                ..sample()
            },
        ),
        (
            "consulted",
            OperationLeaf {
                consulted: vec![consulted("b"), consulted("a")],
                ..sample()
            },
        ),
        (
            "consulted",
            OperationLeaf {
                consulted: vec![consulted("a"), consulted("a")],
                ..sample()
            },
        ),
        (
            "bound_preimage",
            OperationLeaf {
                bound_preimage: Some(Vec::new()),
                ..sample()
            },
        ),
    ];
    for (name, leaf) in cases {
        let refused = encode(leaf.clone());
        let Err(UnencodableLeaf::Field(InvalidLeaf::Field { field, .. })) = refused else {
            panic!("{name} of {leaf:?}: {refused:?}");
        };
        assert_eq!(field, name, "{leaf:?}");
    }
}

#[test]
fn readers_check_what_writers_check() {
    // The position of `place`, after: type and version, rule set, network id, kind, DID and sequence.
    let place = 2 + 4 + 34 + 3 + (2 + 19) + 10;
    let mut bytes = encode(sample()).unwrap();
    assert_eq!(bytes[place..place + 6], [0, 4, 0, 0, 0, 1]);
    bytes[place + 3] = 1;
    let contradiction = InvalidLeaf::Field {
        field: "place",
        problem: FieldProblem::Contradiction,
    };
    assert_eq!(Leaf::decode(&bytes), Err(contradiction));
    bytes[place + 3] = 0;
    bytes[place - 1] = 2;
    let contradiction = InvalidLeaf::Field {
        field: "sequence",
        problem: FieldProblem::Contradiction,
    };
    assert_eq!(Leaf::decode(&bytes), Err(contradiction));
}

fn sample_resource() -> ResourceLeaf {
    ResourceLeaf {
        rule_set: 1,
        network_id: NetworkId::from([7; 32]),
        did: "did:cheqd:testnet:a".to_owned(),
        place: SubmissionPlace {
            position: 0,
            count: 1,
        },
        judged_under: 1,
        time_ms: 2,
        payload: vec![3],
        data_bytes: 4,
        data_digest: ResourceLeaf::digest(&[5; 32], b"data"),
        media_type: "text/plain; charset=utf-8".to_owned(),
        signatures: Vec::new(),
        consulted: vec![Consulted {
            did: "did:cheqd:testnet:a".to_owned(),
            status: ConsultedStatus::Active(LeafReference {
                index: 2,
                hash: Hash::from([6; 32]),
            }),
        }],
    }
}

#[test]
fn a_resource_has_data_a_media_type_and_an_active_did() {
    assert!(Leaf::Resource(sample_resource()).encode().is_ok());
    let refused = |change: fn(&mut ResourceLeaf), field: &'static str, problem| {
        let mut leaf = sample_resource();
        change(&mut leaf);
        let expected = UnencodableLeaf::Field(InvalidLeaf::Field { field, problem });
        assert_eq!(Leaf::Resource(leaf).encode(), Err(expected));
    };
    use FieldProblem::{Contradiction, InvalidLength, InvalidText};
    refused(|leaf| leaf.data_bytes = 0, "data_bytes", InvalidLength);
    refused(|leaf| leaf.payload.clear(), "payload", InvalidLength);
    refused(|leaf| leaf.place.count = 0, "place", Contradiction);
    for media_type in ["", "a\nb", "\u{fc}", &"a".repeat(128)] {
        let mut leaf = sample_resource();
        leaf.media_type = media_type.to_owned();
        let expected = UnencodableLeaf::Field(InvalidLeaf::Field {
            field: "media_type",
            problem: InvalidText,
        });
        assert_eq!(Leaf::Resource(leaf).encode(), Err(expected));
    }
    refused(|leaf| leaf.consulted.clear(), "consulted", Contradiction);
    refused(
        |leaf| leaf.consulted[0].did.push('b'),
        "consulted",
        Contradiction,
    );
    refused(
        |leaf| {
            let ConsultedStatus::Active(head) = leaf.consulted[0].status else {
                return;
            };
            leaf.consulted[0].status = ConsultedStatus::Deactivated(head);
        },
        "consulted",
        Contradiction,
    );
}

/// Two resources of equal content do not reveal that they are equal: a guess cannot be confirmed.
#[test]
fn what_stays_of_the_data_depends_on_the_salt() {
    let digest = |salt| ResourceLeaf::digest(&[salt; 32], b"data");
    assert_ne!(digest(1), digest(2));
    assert_eq!(digest(1), proof::sha256(&[&[1; 32][..], b"data"].concat()));
}
