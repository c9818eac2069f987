//! Who signs the list of [`SigningSet`] has done enough, and who leaves one of it out has not, but for new keys
//! that the rules alone would not ask.

use did::proto::{MsgCreateDidDocPayload, MsgDeactivateDidDocPayload, SignInfo};
use did::{Document, ListedIn, MethodId, Operation, OperationKind, PublicKey, SigningSet};
use prost::Message;

use crate::common::{public_key, sign};
use crate::world::{World, controlled_by, did, document, guarded, id, key, version};

/// A signature by one of the test keys.
fn signed(method: &MethodId, key: &PublicKey, payload: &[u8]) -> SignInfo {
    let seed = (1..20).find(|seed| public_key(*seed) == *key).unwrap();
    SignInfo {
        verification_method_id: method.to_string(),
        signature: sign(seed, payload),
    }
}

/// Everything that the list asks for; and for each of it, whether the rules ask for it too.
fn all(set: &SigningSet, payload: &[u8]) -> Vec<(SignInfo, bool)> {
    let each = set.each().iter().map(|slot| {
        let asked = slot.listed_in != ListedIn::Next;
        (signed(&slot.method, &slot.key, payload), asked)
    });
    let any = set.any().iter().map(|any| {
        let (method, key) = any.methods.iter().next_back().unwrap();
        (signed(method, key, payload), true)
    });
    each.chain(any).collect()
}

fn is_enough_and_not_too_much(
    world: &World,
    kind: OperationKind,
    payload: &[u8],
    set: &SigningSet,
) {
    let signatures = all(set, payload);
    assert!(!signatures.is_empty());
    let operation = |left_out: Option<usize>| {
        let kept = signatures
            .iter()
            .enumerate()
            .filter(|(number, _)| Some(*number) != left_out);
        let kept = kept.map(|(_, (info, _))| info.clone()).collect();
        Operation::parse(kind, payload, kept).unwrap()
    };
    world.accepts(operation(None));
    for (number, (info, asked)) in signatures.iter().enumerate() {
        if *asked {
            world.refuses(operation(Some(number)));
        } else {
            // It is proof of possession only, or one of several of its signer.
            assert!(info.verification_method_id.contains("#key-"));
        }
    }
}

fn change(before: &MsgCreateDidDocPayload, after: &MsgCreateDidDocPayload) -> (World, SigningSet) {
    let world = World::of([before.clone(), document(2, &[5, 6]), document(3, &[7])]);
    let old = Document::from_payload(before).unwrap();
    let new = Document::from_payload(after).unwrap();
    let set = SigningSet::of_update(&old, &new, &mut world.clone()).unwrap();
    (world, set)
}

/// `each` and `any` of a list, shortened.
fn shape(set: &SigningSet) -> (Vec<String>, Vec<String>) {
    let each = set.each().iter().map(|slot| slot.method.to_string());
    let any = set.any().iter().map(|any| any.did.to_string());
    let (mut each, mut any): (Vec<_>, Vec<_>) = (each.collect(), any.collect());
    each.sort();
    any.sort();
    (each, any)
}

#[test]
fn of_an_update() {
    let mut other_key = document(1, &[1]);
    other_key.verification_method[0].verification_material =
        key(1, 4).verification_material.clone();
    other_key.verification_method[0].verification_method_type =
        key(1, 4).verification_method_type.clone();
    let mut of_method = document(1, &[1, 2]);
    of_method.verification_method[1].controller = did(3);
    let ids = |seeds: &[u8]| seeds.iter().map(|seed| id(1, *seed)).collect::<Vec<_>>();
    for (before, after, each, any) in [
        // No key changes: any one of the old keys.
        (
            document(1, &[1, 2]),
            document(1, &[1, 2]),
            ids(&[]),
            vec![did(1)],
        ),
        // One goes: any of those that stay, which speaks for both documents.
        (
            document(1, &[1, 2]),
            document(1, &[1]),
            ids(&[]),
            vec![did(1)],
        ),
        // One comes: it, and any of the old ones.
        (
            document(1, &[1]),
            document(1, &[1, 2]),
            ids(&[2]),
            vec![did(1)],
        ),
        // All are others.
        (
            document(1, &[1]),
            document(1, &[2, 3]),
            ids(&[2, 3]),
            vec![did(1)],
        ),
        // The same id with another key: both sign under it.
        (document(1, &[1]), other_key, ids(&[1]), vec![did(1)]),
        // A controller comes, and another one goes.
        (
            controlled_by(&[1, 2], document(1, &[1])),
            controlled_by(&[1, 3], document(1, &[1])),
            ids(&[]),
            vec![did(1), did(2), did(3)],
        ),
        // The controller of a method.
        (
            document(1, &[1, 2]),
            of_method,
            ids(&[]),
            vec![did(1), did(3)],
        ),
        // Guarded: all old keys and all new ones.
        (
            guarded(document(1, &[1, 2])),
            guarded(document(1, &[1, 3])),
            ids(&[1, 2, 3]),
            vec![],
        ),
        // The first keys of a document that had none: all that stood in for them.
        (
            controlled_by(&[2], document(1, &[])),
            controlled_by(&[2], document(1, &[1])),
            [ids(&[1]), vec![id(2, 5), id(2, 6)]].concat(),
            vec![],
        ),
    ] {
        let (world, set) = change(&before, &after);
        let mut each = each;
        each.sort();
        assert_eq!(shape(&set), (each, any));
        let after = MsgCreateDidDocPayload {
            version_id: version(9),
            ..after
        };
        is_enough_and_not_too_much(&world, OperationKind::Update, &after.encode_to_vec(), &set);
    }
}

#[test]
fn of_a_create() {
    let payload = controlled_by(&[1, 2], document(1, &[1, 2]));
    let world = World::of([document(2, &[5, 6])]);
    let document = Document::from_payload(&payload).unwrap();
    let set = SigningSet::of_create(&document, &mut world.clone()).unwrap();
    assert_eq!(shape(&set), (vec![id(1, 1), id(1, 2)], vec![did(2)]));
    is_enough_and_not_too_much(
        &world,
        OperationKind::Create,
        &payload.encode_to_vec(),
        &set,
    );
}

#[test]
fn of_an_end_and_of_an_update_before_it() {
    let before = controlled_by(&[1, 2, 3], document(1, &[1, 2]));
    let mut world = World::of([before.clone(), document(2, &[5, 6]), document(3, &[7])]);
    world.end(3);
    let old = Document::from_payload(&before).unwrap();
    let set = SigningSet::of_deactivation(&old, &mut world.clone()).unwrap();
    assert_eq!(shape(&set), (vec![id(1, 1), id(1, 2)], vec![did(2)]));
    assert_eq!(
        set.deactivated()
            .map(ToString::to_string)
            .collect::<Vec<_>>(),
        [did(3)]
    );
    let payload = MsgDeactivateDidDocPayload {
        id: did(1),
        version_id: version(9),
    };
    is_enough_and_not_too_much(
        &world,
        OperationKind::Deactivate,
        &payload.encode_to_vec(),
        &set,
    );

    let before = document(1, &[1, 2]);
    let (old, new) = (
        Document::from_payload(&before).unwrap(),
        Document::from_payload(&document(1, &[1, 3])).unwrap(),
    );
    let world = World::of([before]);
    let set = SigningSet::of_update_before_deactivation(&old, &new, &mut world.clone()).unwrap();
    let ids = vec![id(1, 1), id(1, 2), id(1, 3)];
    assert_eq!(shape(&set), (ids, vec![]));
}
