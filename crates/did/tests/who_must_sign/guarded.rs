//! Deviation 7: what a `KeySetGuard` in a document asks of every change to methods, controllers and the guard.

use did::proto::{MsgCreateDidDocPayload, SignInfo};
use did::{GUARD_SERVICE_TYPE, MethodType, Operation, OperationKind};

use crate::common::public_key;
use crate::world::{
    By, World, broken, controlled_by, deactivate, did, document, faults, guarded, id, ids, kept,
    key, signature, update, updating, with_service,
};

const OLD: [By; 3] = [(1, 1), (1, 2), (1, 3)];

fn world_of(payload: MsgCreateDidDocPayload) -> World {
    World::of([payload, document(2, &[5, 6])])
}

fn base() -> MsgCreateDidDocPayload {
    guarded(document(1, &[1, 2, 3]))
}

/// The complete set is taken, and nothing less; each old key that is missing is named.
fn needs(before: &MsgCreateDidDocPayload, after: &MsgCreateDidDocPayload, signers: &[By]) {
    let world = world_of(before.clone());
    let accepted = world.accepts(update(after, signers));
    assert_eq!(kept(&accepted), ids(signers));
    for left_out in 0..signers.len() {
        let mut fewer = signers.to_vec();
        let missing = fewer.remove(left_out);
        let rejection = world.refuses(update(after, &fewer));
        if OLD.contains(&missing) {
            assert_eq!(faults(&rejection), [ids(&[missing]), vec![], vec![]]);
        }
    }
}

#[test]
fn every_kind_of_change_needs_the_complete_old_set_and_each_new_key() {
    let with_new_keys: &[By] = &[(1, 1), (1, 2), (1, 3), (1, 7), (1, 8)];
    let with_controller: &[By] = &[(1, 1), (1, 2), (1, 3), (2, 5)];
    let mut delegated = base();
    delegated.verification_method[1].controller = did(2);
    let mut encoded_otherwise = base();
    let method = &mut encoded_otherwise.verification_method[0];
    assert_ne!(
        method.verification_method_type,
        MethodType::JsonWebKey2020.as_str()
    );
    method.verification_method_type = MethodType::JsonWebKey2020.to_string();
    method.verification_material = MethodType::JsonWebKey2020.encode(&public_key(1)).unwrap();
    let mut moved_guard = base();
    moved_guard.service[0].service_endpoint = vec!["https://example.org".to_owned()];
    let mut second_guard = base();
    second_guard.service.push(did::proto::Service {
        id: format!("{}#second", did(1)),
        ..second_guard.service[0].clone()
    });
    for (after, signers) in [
        (guarded(document(1, &[1, 2, 3, 7, 8])), with_new_keys),
        (guarded(document(1, &[7, 8])), with_new_keys),
        (guarded(document(1, &[1, 2])), &OLD),
        (delegated, with_controller),
        (encoded_otherwise, &OLD),
        (controlled_by(&[1, 2], base()), with_controller),
        (controlled_by(&[1], base()), &OLD),
        (moved_guard, &OLD),
        (second_guard, &OLD),
        (document(1, &[1, 2, 3]), &OLD),
    ] {
        needs(&base(), &after, signers);
    }
}

#[test]
fn a_controller_is_dropped_only_with_its_signature_and_all_keys() {
    let before = controlled_by(&[1, 2], base());
    needs(&before, &base(), &[(1, 1), (1, 2), (1, 3), (2, 6)]);
}

#[test]
fn a_key_replaced_under_its_id_signs_old_and_new() {
    let world = world_of(base());
    let mut after = base();
    after.verification_method[2] = did::proto::VerificationMethod {
        id: id(1, 3),
        ..key(1, 9)
    };
    let bytes = updating(&after, 200);
    let new = SignInfo {
        verification_method_id: id(1, 3),
        ..signature((1, 9), &bytes)
    };
    let old = OLD.map(|by| signature(by, &bytes));
    let operation =
        |infos: Vec<SignInfo>| Operation::parse(OperationKind::Update, &bytes, infos).unwrap();
    let [one, two, three] = old.clone();
    for infos in [
        vec![one.clone(), two.clone(), three.clone(), new.clone()],
        vec![new.clone(), three.clone(), two.clone(), one.clone()],
    ] {
        assert_eq!(world.accepts(operation(infos)).signatures.len(), 4);
    }
    for infos in [
        vec![one.clone(), two.clone(), new.clone()],
        vec![one.clone(), two.clone(), three.clone()],
    ] {
        let rejection = world.refuses(operation(infos));
        assert_eq!(faults(&rejection), [ids(&[(1, 3)]), vec![], vec![]]);
    }
    world.refuses(operation(vec![one, three, new]));
}

/// An update may carry more than its sets ask for, and cheqd's clients send it: only an open place is a fault.
#[test]
fn signatures_that_do_not_verify_spoil_no_set_that_others_complete() {
    let before = controlled_by(&[1, 2], base());
    let world = world_of(before);
    let bytes = updating(&controlled_by(&[1, 2], guarded(document(1, &[1, 2]))), 200);
    let operation =
        |infos: Vec<SignInfo>| Operation::parse(OperationKind::Update, &bytes, infos).unwrap();
    let by = |signers: &[By]| -> Vec<SignInfo> {
        let infos = signers.iter().map(|&by| signature(by, &bytes));
        infos.collect()
    };
    let whole = [(1, 1), (1, 2), (1, 3), (2, 6)];
    for infos in [
        [by(&whole), vec![broken((1, 2))]].concat(),
        [by(&whole), vec![broken((2, 5))]].concat(),
        [by(&whole), vec![broken((2, 6))]].concat(),
        [vec![broken((1, 2)), broken((2, 5))], by(&whole)].concat(),
        [vec![broken((2, 6))], by(&whole)].concat(),
    ] {
        assert_eq!(kept(&world.accepts(operation(infos))), ids(&whole));
    }

    let without_a_key = [by(&[(1, 1), (1, 3), (2, 6)]), vec![broken((1, 2))]].concat();
    let rejection = world.refuses(operation(without_a_key));
    assert_eq!(faults(&rejection), [vec![], ids(&[(1, 2)]), vec![]]);
}

#[test]
fn a_change_of_services_or_relationships_alone_needs_one_key() {
    let world = world_of(base());
    let mut related = base();
    related.authentication = vec![id(1, 2)];
    let mut reordered = base();
    reordered.verification_method.reverse();
    for after in [
        with_service("Website", "https://example.com", base()),
        related,
        reordered,
        base(),
    ] {
        world.accepts(update(&after, &[(1, 2)]));
    }
}

#[test]
fn without_the_guard_one_key_still_changes_everything() {
    let world = world_of(document(1, &[1, 2, 3]));
    world.accepts(update(&document(1, &[1]), &[(1, 1)]));
    world.accepts(update(&base(), &[(1, 1)]));
    let other = with_service("Guard", "https://example.com", document(1, &[1, 2, 3]));
    assert_ne!(other.service[0].service_type, GUARD_SERVICE_TYPE);
    world_of(other).accepts(update(&document(1, &[1]), &[(1, 1)]));
}

#[test]
fn a_guarded_document_without_methods_is_guarded_by_its_stand_ins() {
    let before = guarded(controlled_by(&[2], document(1, &[])));
    let after = guarded(controlled_by(&[2, 3], document(1, &[])));
    let world = World::of([before, document(2, &[5, 6]), document(3, &[3])]);
    world.accepts(update(&after, &[(2, 5), (2, 6), (3, 3)]));
    let rejection = world.refuses(update(&after, &[(2, 5), (3, 3)]));
    assert_eq!(faults(&rejection), [ids(&[(2, 6)]), vec![], vec![]]);
}

#[test]
fn the_end_of_a_guarded_did_needs_its_complete_set_as_ever() {
    let world = world_of(base());
    world.accepts(deactivate(1, &OLD));
    let rejection = world.refuses(deactivate(1, &OLD[1..]));
    assert_eq!(faults(&rejection), [ids(&OLD[..1]), vec![], vec![]]);
}
