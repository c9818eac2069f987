//! Several operations in one submission: no one key shrinks a list and deactivates the DID in one stroke.

use did::proto::MsgCreateDidDocPayload;
use did::{Operation, OperationKind, Proposal, Rejection, RejectionCode, Status};

use crate::world::{
    By, World, controlled_by, create, deactivate, document, ending, faults, ids, kept, signed,
    update, updating, version,
};

fn all(operations: Vec<Operation>) -> Vec<Proposal> {
    operations.into_iter().map(Proposal::from).collect()
}

#[track_caller]
fn accepted(world: &World, operations: Vec<Operation>) -> Vec<Status> {
    let accepted = world.accepts_all(all(operations));
    accepted.iter().map(|one| one.status).collect()
}

#[track_caller]
fn refused(world: &World, operations: Vec<Operation>) -> (usize, Rejection) {
    world.judge(&all(operations)).unwrap_err()
}

fn update_to(number: u8, document: &MsgCreateDidDocPayload, signers: &[By]) -> Operation {
    signed(OperationKind::Update, updating(document, number), signers)
}

#[test]
fn a_list_shrunk_by_one_key_cannot_be_ended_in_the_same_request() {
    let world = World::of([document(1, &[1, 2, 3])]);
    let one_left = document(1, &[1]);
    let end = || deactivate(1, &[(1, 1)]);
    let (position, rejection) = refused(&world, vec![update(&one_left, &[(1, 1)]), end()]);
    assert_eq!(
        (position, rejection.code()),
        (1, RejectionCode::SignatureNotFound)
    );
    assert_eq!(faults(&rejection), [ids(&[(1, 2), (1, 3)]), vec![], vec![]]);

    let (_, rejection) = refused(&world, vec![update(&one_left, &[(1, 1), (1, 3)]), end()]);
    assert_eq!(faults(&rejection), [ids(&[(1, 2)]), vec![], vec![]]);

    let complete = update(&one_left, &[(1, 1), (1, 2), (1, 3)]);
    assert_eq!(
        accepted(&world, vec![complete, end()]),
        [Status::Active, Status::Deactivated]
    );
}

#[test]
fn neither_can_one_that_was_replaced_or_only_touched() {
    let world = World::of([document(1, &[1, 2])]);
    for (after, signers, enders) in [
        (document(1, &[7]), &[(1, 1), (1, 7)][..], &[(1, 7)][..]),
        (document(1, &[1, 2]), &[(1, 1)], &[(1, 1), (1, 2)]),
        (
            document(1, &[1, 2, 7]),
            &[(1, 1)],
            &[(1, 1), (1, 2), (1, 7)],
        ),
    ] {
        let (position, rejection) =
            refused(&world, vec![update(&after, signers), deactivate(1, enders)]);
        assert_eq!(position, 1);
        assert_eq!(faults(&rejection), [ids(&[(1, 2)]), vec![], vec![]]);
    }
}

#[test]
fn a_later_complete_update_does_not_wash_an_earlier_one_clean() {
    let world = World::of([document(1, &[1, 2])]);
    let (position, rejection) = refused(
        &world,
        vec![
            update_to(210, &document(1, &[1]), &[(1, 1)]),
            update_to(211, &document(1, &[1]), &[(1, 1)]),
            deactivate(1, &[(1, 1)]),
        ],
    );
    assert_eq!(position, 2);
    assert_eq!(faults(&rejection), [ids(&[(1, 2)]), vec![], vec![]]);
}

/// DID 1 has no keys of its own; DID 2 signs for it with three keys.
fn keyless() -> World {
    World::of([
        controlled_by(&[2], document(1, &[])),
        document(2, &[1, 2, 3]),
    ])
}

#[test]
fn a_shrunk_stand_in_cannot_end_the_did_that_it_stands_in_for() {
    let world = keyless();
    let shrunk = document(2, &[1]);
    let end = || deactivate(1, &[(2, 1)]);
    let (position, rejection) = refused(&world, vec![update(&shrunk, &[(2, 1)]), end()]);
    assert_eq!(position, 1);
    assert_eq!(faults(&rejection), [ids(&[(2, 2), (2, 3)]), vec![], vec![]]);
    let complete = update(&shrunk, &[(2, 1), (2, 2), (2, 3)]);
    assert_eq!(
        accepted(&world, vec![complete, end()]),
        [Status::Active, Status::Deactivated]
    );
}

/// The controller's list is shrunk, the DID gets a key of its own and drops the controller, and ends itself: no
/// operation but the first lacks a signature.
#[test]
fn a_shrunk_stand_in_cannot_hand_over_the_did_to_be_ended() {
    let world = keyless();
    let steps = |first: &[By]| {
        vec![
            update(&document(2, &[1]), first),
            update(&document(1, &[9]), &[(2, 1), (1, 9)]),
            deactivate(1, &[(1, 9)]),
        ]
    };
    let (position, rejection) = refused(&world, steps(&[(2, 1)]));
    assert_eq!(position, 2);
    assert_eq!(faults(&rejection), [ids(&[(2, 2), (2, 3)]), vec![], vec![]]);
    accepted(&world, steps(&[(2, 1), (2, 2), (2, 3)]));
}

#[test]
fn a_did_is_made_and_ended_in_one_request() {
    let both = |enders: &[By]| {
        vec![
            create(&document(1, &[1, 2]), &[(1, 1)]),
            deactivate(1, enders),
        ]
    };
    let world = World::default();
    let statuses = accepted(&world, both(&[(1, 1), (1, 2)]));
    assert_eq!(statuses, [Status::Active, Status::Deactivated]);
    let (position, rejection) = refused(&world, both(&[(1, 1)]));
    assert_eq!(position, 1);
    assert_eq!(faults(&rejection), [ids(&[(1, 2)]), vec![], vec![]]);
}

/// The controller alone may update; the DID's own keys sign only because the end follows, and are kept for that reason.
#[test]
fn signatures_that_only_the_end_asks_for_are_kept() {
    let subject = controlled_by(&[2], document(1, &[1, 2]));
    let world = World::of([subject.clone(), document(2, &[3])]);
    let everybody = [(1, 1), (2, 3), (1, 2)];
    let both = |signers: &[By]| all(vec![update(&subject, signers), deactivate(1, &everybody)]);
    let accepted = world.accepts_all(both(&everybody));
    assert_eq!(kept(&accepted[0]), ids(&everybody));
    let (position, rejection) = world.judge(&both(&[(2, 3)])).unwrap_err();
    assert_eq!(position, 1);
    assert_eq!(faults(&rejection), [ids(&[(1, 1), (1, 2)]), vec![], vec![]]);
    let alone = world.accepts(update(&subject, &everybody));
    assert_eq!(kept(&alone), ids(&[(2, 3)]));
}

#[test]
fn an_unrelated_end_asks_nothing_of_an_update() {
    let world = World::of([document(1, &[1, 2]), document(2, &[3])]);
    let shrink = || update(&document(1, &[1]), &[(1, 1)]);
    accepted(&world, vec![shrink(), deactivate(2, &[(2, 3)])]);
    accepted(&world, vec![deactivate(2, &[(2, 3)]), shrink()]);
    accepted(&world, vec![shrink()]);
}

#[test]
fn after_the_end_nothing_follows_in_the_same_request_either() {
    let world = World::of([document(1, &[1]), controlled_by(&[1, 2], document(2, &[2]))]);
    let end = || deactivate(1, &[(1, 1)]);
    let again = signed(
        OperationKind::Deactivate,
        ending(1, &version(202)),
        &[(1, 1)],
    );
    for (next, code) in [
        (
            update(&document(1, &[1]), &[(1, 1)]),
            RejectionCode::DidDocDeactivated,
        ),
        (again, RejectionCode::DidDocDeactivated),
        (
            create(&document(1, &[1]), &[(1, 1)]),
            RejectionCode::DidDocExists,
        ),
        (
            update(
                &controlled_by(&[1, 2], document(2, &[2])),
                &[(1, 1), (2, 2)],
            ),
            RejectionCode::DidDocDeactivated,
        ),
    ] {
        let (position, rejection) = refused(&world, vec![end(), next]);
        assert_eq!((position, rejection.code()), (1, code));
    }
    accepted(&world, vec![end(), deactivate(2, &[(2, 2)])]);
}

#[test]
fn a_version_id_is_used_once_in_a_request() {
    let world = World::of([document(1, &[1])]);
    let touch = || update(&document(1, &[1]), &[(1, 1)]);
    let (position, rejection) = refused(&world, vec![touch(), touch()]);
    assert_eq!((position, rejection.code()), (1, RejectionCode::Internal));
}
