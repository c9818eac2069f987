//! Version ids of UUID version 8: what they promise, and when they are void.

use did::{BoundVersion, Operation, OperationKind, Proposal, Scope, authority_hash};
use proptest::prelude::*;
use prost::Message;

use crate::world::{
    By, NETWORK_ID, NOW_MS, World, controlled_by, create, deactivate_bound, did, document, ending,
    parsed, signed, update, with_service,
};

const BOTH: [By; 2] = [(1, 1), (1, 2)];

fn world() -> World {
    World::of([document(1, &[1, 2]), document(2, &[5])])
}

fn bound(scope: Scope) -> BoundVersion {
    BoundVersion {
        network_id: NETWORK_ID,
        did: parsed(1),
        scope,
        expires_ms: NOW_MS,
    }
}

fn this_version(world: &World) -> BoundVersion {
    bound(Scope::Version(world.state_of(1).head.leaf_hash))
}

fn these_keys(world: &World) -> BoundVersion {
    let Ok(hash) = authority_hash(&world.state_of(1), &mut world.clone());
    bound(Scope::Authority(hash))
}

fn reason(world: &World, proposal: Proposal) -> String {
    let text = world.refuses(proposal).to_string();
    let text = text.strip_prefix("payload: (version_id: ").unwrap();
    text.strip_suffix(".).: basic validation failed")
        .unwrap()
        .to_owned()
}

#[test]
fn version_8_without_a_preimage_is_refused_everywhere() {
    let world = world();
    let reserved = this_version(&world).version_id();
    assert_eq!(&reserved[14..15], "8");
    for id in [reserved.clone(), reserved.to_uppercase()] {
        let end = signed(OperationKind::Deactivate, ending(1, &id), &BOTH);
        assert_eq!(
            reason(&world, end.into()),
            "a UUID of version 8 is reserved for bound statements and needs its preimage"
        );
        for (kind, number) in [(OperationKind::Create, 3), (OperationKind::Update, 1)] {
            let mut payload = document(number, &[1, 2]);
            payload.version_id = id.clone();
            let operation = signed(kind, payload.encode_to_vec(), &[(number, 1)]);
            assert_eq!(
                reason(&world, operation.into()),
                "a UUID of version 8 is reserved for bound deactivations"
            );
        }
    }
    world.accepts(create(&document(3, &[1]), &[(3, 1)]));
}

#[test]
fn a_valid_preimage_of_either_scope_is_accepted_with_the_complete_set_only() {
    let world = world();
    for bound in [this_version(&world), these_keys(&world)] {
        world.accepts(deactivate_bound(&bound, 1, &BOTH));
        let rejection = world.refuses(deactivate_bound(&bound, 1, &BOTH[..1]));
        assert_eq!(rejection.missing(), [crate::world::id(1, 2)]);
        let forever = BoundVersion {
            expires_ms: u64::MAX,
            ..bound
        };
        world.accepts(deactivate_bound(&forever, 1, &BOTH));
    }
}

#[test]
fn an_upper_case_id_is_the_same_id() {
    let world = world();
    let bound = this_version(&world);
    let payload = ending(1, &bound.version_id().to_uppercase());
    let proposal = Proposal {
        operation: signed(OperationKind::Deactivate, payload, &BOTH),
        bound: Some(bound),
    };
    world.accepts(proposal);
}

#[test]
fn a_preimage_that_does_not_fit_is_refused() {
    let world = world();
    let good = this_version(&world);
    let other = |change: fn(&mut BoundVersion)| {
        let mut bound = good.clone();
        change(&mut bound);
        bound
    };
    for (bound, expected) in [
        (
            other(|it| it.network_id[0] ^= 1),
            "the statement was made for another network",
        ),
        (
            other(|it| it.did = parsed(2)),
            "the statement was made for another DID",
        ),
        (other(|it| it.expires_ms -= 1), "the statement has expired"),
        (
            other(|it| it.scope = Scope::Version([9; 32])),
            "the statement is superseded: the document has changed since it was made",
        ),
        (
            other(|it| it.scope = Scope::Authority([9; 32])),
            "the statement is superseded: the document has changed since it was made",
        ),
    ] {
        assert_eq!(reason(&world, deactivate_bound(&bound, 1, &BOTH)), expected);
        // The id of the good preimage does not help another one.
        let swapped = Proposal {
            bound: Some(bound),
            ..deactivate_bound(&good, 1, &BOTH)
        };
        assert_eq!(
            reason(&world, swapped),
            "it is not the digest of the preimage that was sent"
        );
    }
    let unbound = Proposal {
        operation: crate::world::deactivate(1, &BOTH),
        bound: Some(good),
    };
    assert_eq!(
        reason(&world, unbound),
        "a preimage was sent, but the id is not a UUID of version 8"
    );
}

#[test]
fn the_hash_of_one_scope_is_worth_nothing_as_the_other() {
    let world = world();
    let (Scope::Version(version), Scope::Authority(keys)) =
        (this_version(&world).scope, these_keys(&world).scope)
    else {
        panic!("other scopes");
    };
    for scope in [Scope::Version(keys), Scope::Authority(version)] {
        world.refuses(deactivate_bound(&bound(scope), 1, &BOTH));
    }
}

#[test]
fn it_may_be_used_up_to_its_last_millisecond() {
    let world = world();
    let proposal = [deactivate_bound(&this_version(&world), 1, &BOTH)];
    assert!(world.judge_at(NOW_MS, &proposal).is_ok());
    assert!(world.judge_at(NOW_MS + 1, &proposal).is_err());
}

#[test]
fn an_update_of_services_voids_the_version_scope_only_and_one_of_keys_both() {
    let mut world = world();
    let (version, keys) = (this_version(&world), these_keys(&world));
    let touched = with_service("Website", "https://example.com", document(1, &[1, 2]));
    world.takes(update(&touched, &[(1, 1)]));
    world.refuses(deactivate_bound(&version, 1, &BOTH));
    world.accepts(deactivate_bound(&keys, 1, &BOTH));

    for (changed, signers) in [
        (document(1, &[1]), &[(1, 1)][..]),
        (document(1, &[1, 2, 3]), &[(1, 1), (1, 3)]),
        (
            controlled_by(&[1, 2], document(1, &[1, 2])),
            &[(1, 1), (2, 5)],
        ),
    ] {
        let mut payload = changed;
        payload.version_id = crate::world::version(210);
        let mut world = world.clone();
        world.takes(signed(
            OperationKind::Update,
            payload.encode_to_vec(),
            signers,
        ));
        let text = reason(
            &world,
            deactivate_bound(&keys, 1, &[(1, 1), (1, 2), (1, 3), (2, 5)]),
        );
        assert!(text.contains("superseded"), "{text}");
    }
}

#[test]
fn the_authority_scope_survives_the_end_of_a_controller() {
    for (payload, before, after) in [
        (
            controlled_by(&[1, 2], document(1, &[1])),
            &[(1, 1), (2, 5)][..],
            &[(1, 1)][..],
        ),
        (
            controlled_by(&[2, 3], document(1, &[])),
            &[(2, 5), (3, 6)],
            &[(3, 6)],
        ),
    ] {
        let mut world = World::of([payload, document(2, &[5]), document(3, &[6])]);
        let keys = these_keys(&world);
        world.accepts(deactivate_bound(&keys, 1, before));
        world.end(2);
        assert_eq!(these_keys(&world), keys);
        world.accepts(deactivate_bound(&keys, 1, after));
        world.accepts(deactivate_bound(&keys, 1, before));
    }
}

#[test]
fn the_keys_of_stand_ins_are_part_of_the_authority() {
    let mut world = World::of([controlled_by(&[2], document(1, &[])), document(2, &[5])]);
    let keys = these_keys(&world);
    world.put(&document(2, &[6]));
    let text = reason(&world, deactivate_bound(&keys, 1, &[(2, 6)]));
    assert!(text.contains("superseded"), "{text}");

    // A controller of a document with keys only has to sign with one of its own, whichever they are by then.
    let mut world = World::of([controlled_by(&[2], document(1, &[1])), document(2, &[5])]);
    let keys = these_keys(&world);
    world.put(&document(2, &[6]));
    world.accepts(deactivate_bound(&keys, 1, &[(1, 1), (2, 6)]));
}

#[test]
fn the_same_act_prepared_twice_has_one_id_and_any_other_another() {
    let world = world();
    let one = this_version(&world);
    assert_eq!(one.version_id(), this_version(&world).version_id());
    assert_eq!(one.version_id(), one.clone().version_id());
    let ids: std::collections::BTreeSet<String> = [
        one.clone(),
        these_keys(&world),
        BoundVersion {
            did: parsed(2),
            ..one.clone()
        },
        BoundVersion {
            network_id: [8; 32],
            ..one.clone()
        },
        BoundVersion {
            expires_ms: NOW_MS + 1,
            ..one
        },
    ]
    .iter()
    .map(BoundVersion::version_id)
    .collect();
    assert_eq!(ids.len(), 5);
}

#[test]
fn the_bytes_of_a_preimage_are_pinned() {
    let bound = BoundVersion {
        network_id: [1; 32],
        did: parsed(1),
        scope: Scope::Authority([2; 32]),
        expires_ms: 3,
    };
    let mut expected = b"atropos/bound-version/v1\0".to_vec();
    expected.extend([1; 32]);
    expected.extend([0, did(1).len() as u8]);
    expected.extend(did(1).bytes());
    expected.push(2);
    expected.extend([2; 32]);
    expected.extend([0, 0, 0, 0, 0, 0, 0, 3]);
    assert_eq!(bound.encode(), expected);
    use sha2::Digest;
    let digest = hex::encode(sha2::Sha256::digest(&expected));
    let id = bound.version_id().replace('-', "");
    assert_eq!(
        (&id[..12], &id[13..16], &id[17..]),
        (&digest[..12], &digest[13..16], &digest[17..32])
    );
    assert_eq!(&id[12..13], "8");
    Operation::parse(
        OperationKind::Deactivate,
        &ending(1, &bound.version_id()),
        vec![],
    )
    .unwrap();
}

/// Tag, network id, length and text of the longest DID, scope and hash, expiry: 25 + 32 + 2 + 256 + 33 + 8.
#[test]
fn no_more_is_read_than_the_longest_preimage_has() {
    let reason = |len: usize| BoundVersion::decode(&vec![0; len]).unwrap_err().to_string();
    assert!(reason(356).ends_with("wrong tag"), "{}", reason(356));
    assert!(reason(357).ends_with("too long"), "{}", reason(357));
}

fn any_bound() -> impl Strategy<Value = BoundVersion> {
    let scope = (any::<bool>(), any::<[u8; 32]>()).prop_map(|(version, hash)| match version {
        true => Scope::Version(hash),
        false => Scope::Authority(hash),
    });
    (any::<[u8; 32]>(), any::<u8>(), scope, any::<u64>()).prop_map(
        |(network_id, number, scope, expires_ms)| BoundVersion {
            network_id,
            did: parsed(number),
            scope,
            expires_ms,
        },
    )
}

proptest! {
    #[test]
    fn a_preimage_is_read_as_it_was_written(bound in any_bound()) {
        prop_assert_eq!(BoundVersion::decode(&bound.encode()), Ok(bound));
    }

    #[test]
    fn what_is_read_has_one_encoding(
        bound in any_bound(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<prop::sample::Index>(),
        tail in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let mut bytes = bound.encode();
        let position = at.index(bytes.len());
        bytes[position] = byte;
        for candidate in [
            bytes.clone(),
            bytes[..cut.index(bytes.len())].to_vec(),
            [bytes.as_slice(), &tail].concat(),
            tail,
        ] {
            if let Ok(read) = BoundVersion::decode(&candidate) {
                prop_assert_eq!(read.encode(), candidate);
            }
        }
    }
}
