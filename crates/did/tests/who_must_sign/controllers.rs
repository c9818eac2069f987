//! (b) Other signer DIDs, (c) documents without methods, and deactivated signers.

use did::proto::VerificationMethod;
use did::{Did, Document, Operation, OperationKind, RejectionCode, RequiredSet};

use crate::world::{
    By, World, broken, controlled_by, deactivate, did, document, ending, faults, id, ids, kept,
    key, signature, version,
};

/// DID 1 with one key, controlled by DID 2 with two keys besides itself.
fn external() -> World {
    World::of([
        controlled_by(&[1, 2], document(1, &[1])),
        document(2, &[2, 3]),
    ])
}

#[test]
fn each_external_controller_signs_at_least_once() {
    let world = external();
    for (signers, missing) in [
        (&[(1, 1)][..], vec![did(2)]),
        (&[(2, 2)], ids(&[(1, 1)])),
        (&[(2, 2), (2, 3)], ids(&[(1, 1)])),
        (&[], vec![id(1, 1), did(2)]),
    ] {
        let rejection = world.refuses(deactivate(1, signers));
        assert_eq!(faults(&rejection), [missing, vec![], vec![]]);
    }
    for one in [(2, 2), (2, 3)] {
        let accepted = world.accepts(deactivate(1, &[(1, 1), one]));
        assert_eq!(kept(&accepted), ids(&[(1, 1), one]));
    }
    let more = world.accepts(deactivate(1, &[(1, 1), (2, 3), (2, 2)]));
    assert_eq!(kept(&more), ids(&[(1, 1), (2, 3)]), "the first one counts");
}

#[test]
fn an_invalid_signature_of_an_external_controller_is_refused_although_another_is_valid() {
    let payload = ending(1, &version(201));
    let infos = vec![
        signature((1, 1), &payload),
        signature((2, 2), &payload),
        broken((2, 3)),
    ];
    let operation = Operation::parse(OperationKind::Deactivate, &payload, infos).unwrap();
    let rejection = external().refuses(operation);
    assert_eq!(faults(&rejection), [vec![], ids(&[(2, 3)]), vec![]]);
}

#[test]
fn a_method_that_the_controller_does_not_have_is_no_signature_of_it() {
    let rejection = external().refuses(deactivate(1, &[(1, 1), (2, 9)]));
    assert_eq!(faults(&rejection), [vec![did(2)], vec![], ids(&[(2, 9)])]);
}

#[test]
fn the_controllers_of_a_controller_do_not_matter() {
    let mut world = external();
    world.put(&controlled_by(&[3], document(2, &[2])));
    world.put(&document(3, &[4]));
    world.accepts(deactivate(1, &[(1, 1), (2, 2)]));
    let rejection = world.refuses(deactivate(1, &[(1, 1), (3, 4)]));
    assert_eq!(faults(&rejection), [vec![did(2)], vec![], ids(&[(3, 4)])]);
}

#[test]
fn the_controller_of_a_method_signs_too() {
    let mut payload = document(1, &[1, 2]);
    payload.verification_method[1].controller = did(2);
    let world = World::of([payload, document(2, &[3])]);
    let rejection = world.refuses(deactivate(1, &[(1, 1), (1, 2)]));
    assert_eq!(faults(&rejection), [vec![did(2)], vec![], vec![]]);
    world.accepts(deactivate(1, &[(1, 1), (1, 2), (2, 3)]));
}

#[test]
fn a_live_controller_without_a_key_stays_required() {
    let mut world = external();
    world.put(&controlled_by(&[3], document(2, &[])));
    world.put(&document(3, &[3]));
    let rejection = world.refuses(deactivate(1, &[(1, 1)]));
    assert_eq!(faults(&rejection), [vec![did(2)], vec![], vec![]]);
    let rejection = world.refuses(deactivate(1, &[(1, 1), (3, 3)]));
    assert_eq!(faults(&rejection), [vec![did(2)], vec![], ids(&[(3, 3)])]);
    world.put(&document(2, &[4]));
    world.accepts(deactivate(1, &[(1, 1), (2, 4)]));
}

#[test]
fn an_ended_controller_is_not_asked_for_and_its_signatures_are_left_out() {
    let mut world = external();
    world.end(2);
    for signers in [&[(1, 1)][..], &[(1, 1), (2, 2)], &[(2, 3), (2, 9), (1, 1)]] {
        let accepted = world.accepts(deactivate(1, signers));
        assert_eq!(kept(&accepted), ids(&[(1, 1)]));
    }
    let rejection = world.refuses(deactivate(1, &[(2, 2), (2, 3)]));
    assert_eq!(faults(&rejection), [ids(&[(1, 1)]), vec![], vec![]]);

    let document = world.state_of(1).document.clone();
    let required = RequiredSet::of(&document, &mut world).unwrap();
    assert_eq!(
        required
            .deactivated()
            .map(Did::to_string)
            .collect::<Vec<_>>(),
        [did(2)]
    );
    assert_eq!(required.signers().count(), 0);
}

#[test]
fn a_controller_of_which_a_signature_is_invalid_is_not_missing_besides_and_others_are() {
    let world = World::of([
        controlled_by(&[1, 2, 3], document(1, &[1])),
        document(2, &[2, 3]),
        document(3, &[4]),
    ]);
    for (invalid, missing) in [
        ((1, 1), vec![did(2), did(3)]),
        ((2, 3), vec![id(1, 1), did(3)]),
        ((3, 4), vec![id(1, 1), did(2)]),
    ] {
        let payload = ending(1, &version(201));
        let operation =
            Operation::parse(OperationKind::Deactivate, &payload, vec![broken(invalid)]);
        let rejection = world.refuses(operation.unwrap());
        assert_eq!(faults(&rejection), [missing, ids(&[invalid]), vec![]]);
    }
}

#[test]
fn a_set_says_who_signs_besides_the_methods_and_with_what() {
    let mut world = external();
    let document = world.state_of(1).document.clone();
    let required = RequiredSet::of(&document, &mut world).unwrap();
    let signers: Vec<(String, Vec<String>)> = required
        .signers()
        .map(|(did, methods)| {
            (
                did.to_string(),
                methods.keys().map(ToString::to_string).collect(),
            )
        })
        .collect();
    assert_eq!(signers, [(did(2), ids(&[(2, 2), (2, 3)]))]);
}

#[test]
fn a_controller_that_ends_while_signatures_are_collected_does_not_spoil_the_set() {
    let mut world = external();
    let collected = deactivate(1, &[(1, 1), (2, 2)]);
    world.accepts(collected.clone());
    world.takes(deactivate(2, &[(2, 2), (2, 3)]));
    let accepted = world.accepts(collected);
    assert_eq!(kept(&accepted), ids(&[(1, 1)]));
}

#[test]
fn a_method_whose_controller_has_ended_still_signs() {
    let mut payload = document(1, &[1]);
    payload.verification_method[0].controller = did(2);
    let mut world = World::of([payload, document(2, &[2])]);
    world.end(2);
    let rejection = world.refuses(deactivate(1, &[]));
    assert_eq!(faults(&rejection), [ids(&[(1, 1)]), vec![], vec![]]);
    world.accepts(deactivate(1, &[(1, 1)]));
}

#[test]
fn without_methods_all_methods_of_all_live_controllers_stand_in() {
    let mut world = World::of([
        controlled_by(&[2, 3], document(1, &[])),
        document(2, &[1, 2]),
        document(3, &[3, 4]),
    ]);
    const ALL: [By; 4] = [(2, 1), (2, 2), (3, 3), (3, 4)];
    for left_out in 0..4 {
        let mut signers = ALL.to_vec();
        let missing = signers.remove(left_out);
        let rejection = world.refuses(deactivate(1, &signers));
        assert_eq!(faults(&rejection), [ids(&[missing]), vec![], vec![]]);
    }
    assert_eq!(kept(&world.accepts(deactivate(1, &ALL))), ids(&ALL));

    world.end(3);
    let accepted = world.accepts(deactivate(1, &ALL));
    assert_eq!(kept(&accepted), ids(&ALL[..2]));
    let rejection = world.refuses(deactivate(1, &ALL[1..]));
    assert_eq!(faults(&rejection), [ids(&ALL[..1]), vec![], vec![]]);
}

#[test]
fn a_live_stand_in_without_a_key_stays_required() {
    let mut world = World::of([
        controlled_by(&[1, 2, 3], document(1, &[])),
        document(2, &[1]),
        controlled_by(&[2], document(3, &[])),
    ]);
    let rejection = world.refuses(deactivate(1, &[(2, 1)]));
    assert_eq!(faults(&rejection), [vec![did(3)], vec![], vec![]]);
    world.end(3);
    world.accepts(deactivate(1, &[(2, 1)]));
}

#[test]
fn the_set_is_never_empty_and_a_did_without_a_key_is_frozen() {
    let mut world = World::of([
        document(1, &[]),
        controlled_by(&[1, 3], document(2, &[])),
        document(3, &[3]),
    ]);
    world.end(3);
    world.end(1);
    for (number, signers) in [(2, &[][..]), (2, &[(3, 3)]), (2, &[(2, 1)])] {
        let rejection = world.refuses(deactivate(number, signers));
        assert_eq!(rejection.code(), RejectionCode::SignatureNotFound);
        assert!(rejection.description().contains("is frozen"), "{rejection}");
    }
    let alone = World::of([document(1, &[])]);
    assert!(
        alone
            .refuses(deactivate(1, &[]))
            .description()
            .contains("is frozen")
    );
    for payload in [document(1, &[]), controlled_by(&[1], document(1, &[]))] {
        let document = Document::from_payload(&payload).unwrap();
        let refused = RequiredSet::of(&document, &mut World::default()).unwrap_err();
        let (_, rejection) = refused.rejected();
        assert_eq!(rejection.code(), RejectionCode::SignatureNotFound);
    }
}

#[test]
fn a_signer_that_does_not_exist_is_an_error_and_not_an_empty_place() {
    let payload = controlled_by(&[7], document(1, &[1]));
    let rejection = World::of([payload]).refuses(deactivate(1, &[(1, 1)]));
    assert_eq!(
        rejection.to_string(),
        format!("{}: DID Doc not found", did(7))
    );
}

#[test]
fn relationships_do_not_matter_a_key_agreement_key_signs_as_well() {
    let mut payload = document(1, &[1, 2]);
    payload.authentication = vec![id(1, 1)];
    payload.key_agreement = vec![id(1, 2)];
    let world = World::of([payload]);
    let rejection = world.refuses(deactivate(1, &[(1, 1)]));
    assert_eq!(faults(&rejection), [ids(&[(1, 2)]), vec![], vec![]]);
}

#[test]
fn a_second_id_of_an_external_key_is_another_method_of_that_signer() {
    let twin = VerificationMethod {
        id: id(2, 9),
        ..key(2, 2)
    };
    let mut controller = document(2, &[2]);
    controller.verification_method.push(twin);
    let mut world = external();
    world.put(&controller);
    let payload = ending(1, &version(201));
    let mut of_twin = signature((2, 2), &payload);
    of_twin.verification_method_id = id(2, 9);
    let infos = vec![signature((1, 1), &payload), of_twin];
    let operation = Operation::parse(OperationKind::Deactivate, &payload, infos).unwrap();
    assert_eq!(kept(&world.accepts(operation)), ids(&[(1, 1), (2, 9)]));
}
