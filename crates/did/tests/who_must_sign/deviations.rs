//! Deviations 1 to 6 of `docs/deviations.md`; the seventh, guarded DIDs, has a file of its own.

use did::limits::{MAX_CONTROLLERS, MAX_METHODS};
use did::proto::{MsgCreateDidDocPayload, Service};
use did::{MethodType, Operation, OperationKind, RejectionCode};
use prost::Message;

use crate::world::{
    By, World, broken, controlled_by, create, deactivate, did, document, faults, id, ids, kept,
    signature, update, updating, with_service,
};

/// DID 1, controlled by itself and by DID 2, which is deactivated.
fn orphaned() -> (World, MsgCreateDidDocPayload) {
    let payload = controlled_by(&[1, 2], document(1, &[1]));
    let mut world = World::of([payload.clone(), document(2, &[5])]);
    world.end(2);
    (world, payload)
}

#[test]
fn deviation_1_an_ended_did_cannot_be_named_by_a_create_or_an_update() {
    let (mut world, _) = orphaned();
    world.put(&document(3, &[3]));
    let ended = format!("{}: DID Doc already deactivated", did(2));
    let controlled = |number| controlled_by(&[number, 2], document(number, &[3]));
    let mut of_method = document(3, &[3, 4]);
    of_method.verification_method[1].controller = did(2);
    for operation in [
        create(&controlled(4), &[(4, 3), (2, 5)]),
        create(&controlled(4), &[(4, 3)]),
        update(&controlled(3), &[(3, 3), (2, 5)]),
        update(&of_method, &[(3, 3), (3, 4), (2, 5)]),
    ] {
        let rejection = world.refuses(operation);
        assert_eq!(rejection.code(), RejectionCode::DidDocDeactivated);
        assert_eq!(rejection.to_string(), ended);
    }
}

#[test]
fn deviation_1_a_did_that_has_an_ended_one_is_frozen_for_update_and_can_be_ended() {
    let (world, payload) = orphaned();
    let without = document(1, &[1]);
    for (after, signers) in [
        (&payload, &[(1, 1)][..]),
        (&payload, &[(1, 1), (2, 5)]),
        (&without, &[(1, 1)]),
        (&without, &[(1, 1), (2, 5)]),
    ] {
        let rejection = world.refuses(update(after, signers));
        assert_eq!(
            rejection.to_string(),
            format!("{}: DID Doc already deactivated", did(2))
        );
    }
    world.accepts(deactivate(1, &[(1, 1)]));
}

#[test]
fn deviation_1_holds_for_controllers_of_methods_that_an_update_leaves_alone() {
    let mut payload = document(1, &[1, 2]);
    payload.verification_method[1].controller = did(2);
    let mut world = World::of([payload.clone(), document(2, &[5])]);
    let changed = with_service("Website", "https://example.com", payload);
    world.accepts(update(&changed, &[(1, 1)]));
    world.end(2);
    assert_eq!(
        world.refuses(update(&changed, &[(1, 1)])).code(),
        RejectionCode::DidDocDeactivated
    );
    world.accepts(deactivate(1, &[(1, 1), (1, 2)]));
}

fn refused_at_the_door(payload: &MsgCreateDidDocPayload) -> String {
    let texts = [OperationKind::Create, OperationKind::Update].map(|kind| {
        let rejection = Operation::parse(kind, &payload.encode_to_vec(), vec![]).unwrap_err();
        assert_eq!(rejection.code(), RejectionCode::BasicValidation);
        rejection.to_string()
    });
    assert_eq!(texts[0], texts[1]);
    texts[0].clone()
}

#[test]
fn deviation_2_an_id_belongs_to_the_subject_and_not_to_a_did_that_begins_like_it() {
    let subject = format!("did:cheqd:testnet:{}", bs58::encode([4; 16]).into_string());
    let longer = format!("{subject}1");
    let mut payload = document(1, &[1]);
    payload.id = subject.clone();
    payload.verification_method[0].controller = subject.clone();
    payload.verification_method[0].id = format!("{subject}#key-1");
    Operation::parse(OperationKind::Create, &payload.encode_to_vec(), vec![]).unwrap();

    assert!(longer.starts_with(&subject) && did::Did::parse(&longer).is_ok());
    payload.verification_method[0].id = format!("{longer}#key-1");
    let text = refused_at_the_door(&payload);
    assert!(
        text.contains(&format!("id: must have prefix: {subject}")),
        "{text}"
    );
}

#[test]
fn deviation_2_ids_are_in_normal_form_and_no_two_have_one_fragment() {
    let upper_case = did(0xab)
        .to_uppercase()
        .replace("DID:CHEQD:TESTNET", "did:cheqd:testnet");
    let mut of_method = document(0xab, &[1]);
    of_method.verification_method[0].id = format!("{upper_case}#key-1");
    let mut of_relationship = document(0xab, &[1]);
    of_relationship.authentication = vec![format!("{upper_case}#key-1")];
    let mut twice = document(1, &[1, 2]);
    twice.verification_method[1].id = id(1, 1);
    let mut service = document(1, &[1]);
    service.service = vec![Service {
        id: id(1, 1),
        service_type: "Website".to_owned(),
        service_endpoint: vec!["https://example.com".to_owned()],
        ..Service::default()
    }];
    for (payload, part) in [
        (of_method, "must have prefix"),
        (of_relationship, "must have prefix"),
        (twice, "there are verification method duplicates"),
        (service, "must not be the id of a verification method"),
    ] {
        let text = refused_at_the_door(&payload);
        assert!(text.contains(part), "{text}");
    }
}

/// Tables of weak keys of every algorithm are in `keys.rs` and `ed25519_edge_cases.rs`.
#[test]
fn deviation_3_a_weak_key_is_refused() {
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut payload = document(1, &[1]);
    payload.verification_method[0].verification_method_type =
        MethodType::Ed25519VerificationKey2018.to_string();
    payload.verification_method[0].verification_material = bs58::encode(identity).into_string();
    let text = refused_at_the_door(&payload);
    assert!(
        text.contains("weak public key: a point of small order"),
        "{text}"
    );
}

#[test]
fn deviation_4_the_first_method_needs_every_method_of_every_live_controller() {
    let keyless = controlled_by(&[2, 3], document(1, &[]));
    let world = World::of([keyless, document(2, &[1, 2]), document(3, &[3])]);
    let with_key = controlled_by(&[2, 3], document(1, &[9]));
    const ALL: [By; 4] = [(2, 1), (2, 2), (3, 3), (1, 9)];
    world.accepts(update(&with_key, &ALL));
    for left_out in 0..2 {
        let mut signers = ALL.to_vec();
        let missing = signers.remove(left_out);
        let rejection = world.refuses(update(&with_key, &signers));
        assert_eq!(faults(&rejection), [ids(&[missing]), vec![], vec![]]);
    }
    for left_out in [(3, 3), (1, 9)] {
        let signers: Vec<By> = ALL.into_iter().filter(|by| *by != left_out).collect();
        world.refuses(update(&with_key, &signers));
    }
    let moved = controlled_by(&[2], document(1, &[]));
    world.accepts(update(&moved, &[(2, 1), (3, 3)]));
}

#[test]
fn deviation_4_the_last_method_goes_only_with_every_method_of_every_live_controller() {
    let before = controlled_by(&[1, 2], document(1, &[9]));
    let world = World::of([before, document(2, &[1, 2])]);
    let keyless = controlled_by(&[2], document(1, &[]));
    world.accepts(update(&keyless, &[(1, 9), (2, 1), (2, 2)]));
    for (left, missing) in [((2, 1), (2, 2)), ((2, 2), (2, 1))] {
        let rejection = world.refuses(update(&keyless, &[(1, 9), left]));
        assert_eq!(faults(&rejection), [ids(&[missing]), vec![], vec![]]);
    }
    assert!(
        world
            .judge(&[update(&keyless, &[(2, 1), (2, 2)]).into()])
            .is_err()
    );
    for nobody in [document(1, &[]), controlled_by(&[1], document(1, &[]))] {
        world.refuses(update(&nobody, &[(1, 9), (2, 1), (2, 2)]));
    }
}

/// What several limits give together is in `limits.rs`, and that a worst-case deactivation fits the log in the
/// tests of the ledger.
#[test]
fn deviation_5_methods_and_controllers_are_limited() {
    let methods = |count: usize| {
        let seeds: Vec<u8> = (1..=count as u8).collect();
        document(1, &seeds)
    };
    let controllers = |count: usize| {
        let numbers: Vec<u8> = (2..2 + count as u8).collect();
        controlled_by(&numbers, document(1, &[1]))
    };
    assert_eq!((MAX_METHODS, MAX_CONTROLLERS), (64, 8));
    for fits in [methods(64), controllers(8)] {
        Operation::parse(OperationKind::Create, &fits.encode_to_vec(), vec![]).unwrap();
    }
    assert!(refused_at_the_door(&methods(65)).contains("must hold at most 64 entries"));
    assert!(refused_at_the_door(&controllers(9)).contains("must hold at most 8 entries"));
}

#[test]
fn deviation_6_update_signatures_that_do_not_count_are_skipped_and_not_kept() {
    let world = World::of([document(1, &[1, 2]), document(2, &[5])]);
    let bytes = updating(&document(1, &[1, 2]), 200);
    let infos = vec![
        broken((1, 1)),
        signature((1, 9), &bytes),
        signature((1, 2), &bytes),
        broken((1, 2)),
        broken((2, 5)),
    ];
    let operation = Operation::parse(OperationKind::Update, &bytes, infos).unwrap();
    let accepted = world.accepts(operation);
    assert_eq!(kept(&accepted), ids(&[(1, 2)]));
    assert_eq!(
        accepted.signatures[0].bytes,
        signature((1, 2), &bytes).signature
    );
}
