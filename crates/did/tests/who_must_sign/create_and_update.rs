//! Create and update follow the rules, the texts and the order of checks of the cheqd ledger.

use did::proto::{MsgCreateDidDocPayload, SignInfo};
use did::{Operation, OperationKind, Rejection, RejectionCode, Status};
use prost::Message;

use crate::world::{
    By, World, broken, controlled_by, create, did, document, id, ids, kept, signature, update,
    updating, version, with_service,
};

fn operation(kind: OperationKind, payload: &[u8], infos: Vec<SignInfo>) -> Operation {
    Operation::parse(kind, payload, infos).unwrap()
}

fn refusal(rejection: &Rejection) -> (u32, String) {
    (rejection.code().as_u32(), rejection.to_string())
}

/// Names a method of the subject on another network: what only the check of namespaces refuses.
fn on_mainnet() -> SignInfo {
    SignInfo {
        verification_method_id: id(1, 1).replace("testnet", "mainnet"),
        signature: vec![1],
    }
}

#[test]
fn one_valid_signature_of_each_signer_creates() {
    let world = World::of([document(2, &[5, 6])]);
    let own = document(1, &[1, 2]);
    let shared = controlled_by(&[1, 2], own.clone());
    let foreign = controlled_by(&[2], own.clone());
    let mut delegated = own.clone();
    delegated.verification_method[0].controller = did(2);
    for (payload, signers) in [
        (&own, &[(1, 1)][..]),
        (&own, &[(1, 2)]),
        (&own, &[(1, 2), (1, 1)]),
        (&shared, &[(1, 1), (2, 5)]),
        (&shared, &[(2, 6), (1, 2), (2, 5)]),
        (&delegated, &[(1, 1), (2, 5)]),
    ] {
        let accepted = world.accepts(create(payload, signers));
        assert_eq!(accepted.status, Status::Active);
        assert_eq!(kept(&accepted), ids(signers));
    }
    for payload in [&shared, &delegated, &foreign] {
        let text = format!("signer: {}: signature is required but not found", did(2));
        let rejection = world.refuses(create(payload, &[(1, 1), (1, 2)]));
        assert_eq!(refusal(&rejection), (1101, text));
    }
    // The subject's key controls the other method of `foreign`, so it has to sign as well.
    let rejection = world.refuses(create(&foreign, &[(2, 5)]));
    let text = format!("signer: {}: signature is required but not found", did(1));
    assert_eq!(refusal(&rejection), (1101, text));
    let without_own_say = MsgCreateDidDocPayload {
        verification_method: vec![],
        ..foreign
    };
    world.accepts(create(&without_own_say, &[(2, 5)]));
}

#[test]
fn what_a_create_is_refused_for() {
    let world = World::of([document(2, &[5])]);
    let shared = controlled_by(&[2, 1], document(1, &[1, 2]));
    let payload = shared.encode_to_vec();
    let by = |by: By| signature(by, &payload);
    let missing = |number| {
        format!(
            "signer: {}: signature is required but not found",
            did(number)
        )
    };
    let invalid = |by: By| format!("method id: {}: invalid signature detected", id(by.0, by.1));
    let unknown = |by: By| format!("{}: verification method not found", id(by.0, by.1));
    for (infos, code, text) in [
        (vec![], 1101, missing(1)),
        (vec![by((2, 5))], 1101, missing(1)),
        (vec![by((1, 1))], 1101, missing(2)),
        (vec![by((2, 5)), broken((1, 1))], 1100, invalid((1, 1))),
        (
            vec![by((2, 5)), by((1, 1)), broken((1, 2))],
            1100,
            invalid((1, 2)),
        ),
        (
            vec![by((1, 1)), by((2, 5)), broken((2, 6))],
            1202,
            unknown((2, 6)),
        ),
        (
            vec![by((1, 9)), by((1, 1)), by((2, 5))],
            1202,
            unknown((1, 9)),
        ),
        (vec![broken((2, 5)), broken((1, 2))], 1100, invalid((1, 2))),
    ] {
        let rejection = world.refuses(operation(OperationKind::Create, &payload, infos));
        assert_eq!(refusal(&rejection), (code, text));
    }
}

#[test]
fn signatures_of_others_are_ignored_and_not_kept() {
    let world = World::of([document(2, &[5])]);
    let payload = document(1, &[1]);
    for kind in [OperationKind::Create, OperationKind::Update] {
        let (world, bytes) = match kind {
            OperationKind::Update => (
                World::of([payload.clone(), document(2, &[5])]),
                updating(&payload, 200),
            ),
            _ => (world.clone(), payload.encode_to_vec()),
        };
        let infos = vec![
            signature((2, 5), &bytes),
            broken((7, 7)),
            signature((1, 1), &bytes),
        ];
        let accepted = world.accepts(operation(kind, &bytes, infos));
        assert_eq!(kept(&accepted), ids(&[(1, 1)]));
    }
}

#[test]
fn checks_of_a_create_come_in_order() {
    let mut world = World::of([document(1, &[1])]);
    let orphan = controlled_by(&[8, 7], document(1, &[1]));
    let bytes = orphan.encode_to_vec();
    let everything_wrong = || operation(OperationKind::Create, &bytes, vec![on_mainnet()]);
    let text = format!("{}: DID Doc exists", did(1));
    assert_eq!(
        refusal(&world.refuses(everything_wrong())),
        (1200, text.clone())
    );
    world.end(1);
    assert_eq!(refusal(&world.refuses(everything_wrong())), (1200, text));

    let world = World::default();
    assert_eq!(
        world.refuses(everything_wrong()).code(),
        RejectionCode::NamespaceValidation
    );
    let text = format!("{}: DID Doc not found", did(7));
    assert_eq!(refusal(&world.refuses(create(&orphan, &[]))), (1201, text));
}

#[test]
fn what_an_update_is_refused_for() {
    let world = World::of([document(1, &[1, 2]), document(2, &[5])]);
    let same = document(1, &[1, 2]);
    let swapped = document(1, &[2, 3]);
    let given_away = controlled_by(&[2], same.clone());
    let none = |signer: &str| {
        format!(
            "there should be at least one signature by {signer}: signature is required but not found"
        )
    };
    let none_valid = |signer: &str| {
        format!(
            "there should be at least one valid signature by {signer}: invalid signature detected"
        )
    };
    let old = format!("{} (old version)", did(1));
    let new = format!("{} (new version)", did(1));
    for (document, signers, broken_ones, code, text) in [
        (&same, &[][..], &[][..], 1101, none(&old)),
        (&same, &[(2, 5)], &[], 1101, none(&old)),
        (&same, &[], &[(1, 1)], 1100, none_valid(&old)),
        (&same, &[(1, 9)], &[], 1100, none_valid(&old)),
        (&swapped, &[(1, 1)], &[], 1100, none_valid(&new)),
        (&swapped, &[(1, 3)], &[], 1100, none_valid(&old)),
        (&given_away, &[(1, 1)], &[], 1101, none(&did(2))),
        (&given_away, &[(1, 1)], &[(2, 5)], 1100, none_valid(&did(2))),
        (&given_away, &[(2, 5)], &[], 1101, none(&old)),
    ] {
        let bytes = updating(document, 200);
        let good = signers.iter().map(|&by| signature(by, &bytes));
        let infos = good
            .chain(broken_ones.iter().copied().map(broken))
            .collect();
        let rejection = world.refuses(operation(OperationKind::Update, &bytes, infos));
        assert_eq!(refusal(&rejection), (code, text));
    }
}

#[test]
fn one_valid_signature_of_each_signer_updates() {
    let mut delegated = document(1, &[1, 2]);
    delegated.verification_method[1].controller = did(2);
    let others = [document(2, &[5]), document(3, &[6])];
    for (before, after, signers) in [
        // Nothing changes.
        (document(1, &[1, 2]), document(1, &[1, 2]), &[(1, 2)][..]),
        // One key counts for the old and the new document.
        (document(1, &[1, 2]), document(1, &[2, 3]), &[(1, 2)]),
        (document(1, &[1]), document(1, &[2]), &[(1, 1), (1, 2)]),
        // A controller goes, another one comes.
        (
            controlled_by(&[2], document(1, &[1])),
            controlled_by(&[3], document(1, &[1])),
            &[(2, 5), (3, 6)],
        ),
        // Nothing about the methods changes: the controller alone decides.
        (
            controlled_by(&[2], document(1, &[1])),
            with_service(
                "Website",
                "https://example.com",
                controlled_by(&[2], document(1, &[1])),
            ),
            &[(2, 5)],
        ),
        // The controller of a changed method decides as well, old and new.
        (document(1, &[1, 2]), delegated.clone(), &[(1, 1), (2, 5)]),
        (delegated, document(1, &[1, 2]), &[(1, 2), (2, 5)]),
    ] {
        let world = World::of(others.iter().cloned().chain([before]));
        let accepted = world.accepts(update(&after, signers));
        assert_eq!(
            (accepted.status, kept(&accepted)),
            (Status::Active, ids(signers))
        );
        for left_out in 0..signers.len() {
            let mut fewer = signers.to_vec();
            fewer.remove(left_out);
            world.refuses(update(&after, &fewer));
        }
    }
}

#[test]
fn a_stranger_cannot_update_even_if_nothing_changes() {
    let world = World::of([
        document(1, &[1]),
        document(2, &[5]),
        document(3, &[]),
        controlled_by(&[2], document(4, &[])),
    ]);
    for (payload, signers) in [
        (document(1, &[1]), &[(2, 5)][..]),
        (document(1, &[1]), &[(1, 5)]),
        (document(3, &[]), &[(2, 5)]),
        (document(3, &[7]), &[(3, 7)]),
        (controlled_by(&[2], document(3, &[])), &[(2, 5)]),
        (document(4, &[7]), &[(4, 7)]),
    ] {
        world.refuses(update(&payload, signers));
    }
}

#[test]
fn checks_of_an_update_come_in_order() {
    let orphan = controlled_by(&[7], document(1, &[1]));
    let bytes = updating(&orphan, 200);
    let on_mainnet = || operation(OperationKind::Update, &bytes, vec![on_mainnet()]);
    let mut world = World::default();
    assert_eq!(
        world.refuses(on_mainnet()).code(),
        RejectionCode::NamespaceValidation
    );
    let text = format!("{}: not found: DID Doc not found", did(1));
    assert_eq!(refusal(&world.refuses(update(&orphan, &[]))), (1201, text));

    world.put(&document(1, &[1]));
    let text = format!("{}: DID Doc not found", did(7));
    assert_eq!(refusal(&world.refuses(update(&orphan, &[]))), (1201, text));

    world.takes(update(&document(1, &[1]), &[(1, 1)]));
    assert_eq!(
        world.refuses(update(&document(1, &[1]), &[])).code(),
        RejectionCode::SignatureNotFound
    );
    let text = format!(
        "diddoc version already exists for did {}, version {}: DID Doc exists: internal error",
        did(1),
        version(200)
    );
    let rejection = world.refuses(update(&document(1, &[1]), &[(1, 1)]));
    assert_eq!(refusal(&rejection), (1500, text));

    world.end(1);
    let text = format!("{}: DID Doc already deactivated", did(1));
    assert_eq!(refusal(&world.refuses(update(&orphan, &[]))), (1207, text));
    assert_eq!(
        world.refuses(on_mainnet()).code(),
        RejectionCode::NamespaceValidation
    );
}
