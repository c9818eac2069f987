//! Resources: the signers of the collection's DID, as in a create, and the DID stays as it is.

use did::proto::SignInfo;
use did::proto::resource::MsgCreateResourcePayload;
use did::{Operation, OperationKind, RejectionCode, Status};
use prost::Message;

use crate::world::{
    By, World, broken, controlled_by, deactivate, did, document, ids, kept, parsed, signature,
    signed, update,
};

pub fn payload(number: u8, resource: u8) -> Vec<u8> {
    let did = parsed(number);
    MsgCreateResourcePayload {
        data: b"data".to_vec(),
        collection_id: did.unique_id().to_owned(),
        id: resource_id(resource),
        name: "name".to_owned(),
        resource_type: "Type".to_owned(),
        ..MsgCreateResourcePayload::default()
    }
    .encode_to_vec()
}

fn resource_id(resource: u8) -> String {
    format!("{resource:08x}-0000-4000-a000-000000000000")
}

fn resource(number: u8, signers: &[By]) -> Operation {
    signed(OperationKind::CreateResource, payload(number, 1), signers)
}

fn with(signatures: Vec<SignInfo>) -> Operation {
    Operation::parse(OperationKind::CreateResource, &payload(1, 1), signatures).unwrap()
}

#[test]
fn one_valid_signature_a_signer_and_no_invalid_one() {
    let two_keys = World::of([document(1, &[1, 2])]);
    let payload = payload(1, 1);
    for signers in [&[(1, 1)][..], &[(1, 2)], &[(1, 1), (1, 2)]] {
        let accepted = two_keys.accepts(resource(1, signers));
        assert_eq!(kept(&accepted), ids(signers));
        assert_eq!(accepted.status, Status::Active);
        assert_eq!(accepted.document, two_keys.state_of(1).document);
        let consulted: Vec<_> = accepted.consulted.iter().map(|seen| &seen.did).collect();
        assert_eq!(consulted, [&parsed(1)]);
    }
    for (signatures, code, text) in [
        (
            vec![signature((2, 1), &payload)],
            RejectionCode::SignatureNotFound,
            format!("signer: {}: signature is required but not found", did(1)),
        ),
        (
            vec![signature((1, 1), &payload), broken((1, 2))],
            RejectionCode::InvalidSignature,
            format!("method id: {}#key-2: invalid signature detected", did(1)),
        ),
        (
            vec![signature((1, 3), &payload)],
            RejectionCode::VerificationMethodNotFound,
            format!("{}#key-3: verification method not found", did(1)),
        ),
    ] {
        let rejection = two_keys.refuses(with(signatures));
        assert_eq!((rejection.code(), rejection.to_string()), (code, text));
    }
}

#[test]
fn controllers_of_document_and_methods_sign_and_no_other_did_is_consulted() {
    let mut of_two = controlled_by(&[2], document(1, &[1]));
    of_two.verification_method[0].controller = did(3);
    let world = World::of([of_two, document(2, &[4]), document(3, &[5])]);
    let accepted = world.accepts(resource(1, &[(2, 4), (3, 5)]));
    assert_eq!(kept(&accepted), ids(&[(2, 4), (3, 5)]));
    // Neither the subject nor a stranger counts.
    let accepted = world.accepts(resource(1, &[(2, 4), (3, 5), (1, 1), (4, 4)]));
    assert_eq!(kept(&accepted), ids(&[(2, 4), (3, 5)]));
    for signers in [&[(1, 1)][..], &[(2, 4)], &[(3, 5)]] {
        let rejection = world.refuses(resource(1, signers));
        assert_eq!(
            rejection.code(),
            RejectionCode::SignatureNotFound,
            "{rejection}"
        );
    }
}

/// Where the cheqd ledger lets a deactivated controller's keys count.
#[test]
fn a_did_that_has_ended_authorises_nothing() {
    let mut world = World::of([controlled_by(&[1, 2], document(1, &[1])), document(2, &[2])]);
    world.accepts(resource(1, &[(1, 1), (2, 2)]));
    world.end(2);
    let rejection = world.refuses(resource(1, &[(1, 1), (2, 2)]));
    assert_eq!(
        rejection.to_string(),
        format!("{}: DID Doc already deactivated", did(2))
    );
    world.end(1);
    let rejection = world.refuses(resource(1, &[(1, 1), (2, 2)]));
    assert_eq!(
        rejection.to_string(),
        format!("{}: DID Doc already deactivated", did(1))
    );
}

#[test]
fn the_checks_come_in_the_order_of_the_cheqd_ledger() {
    let mut world = World::of([document(1, &[1])]);
    let unknown = world.refuses(resource(9, &[(9, 1)]));
    assert_eq!(
        (unknown.code().as_u32(), unknown.code().codespace()),
        (38, "sdk")
    );
    assert_eq!(unknown.to_string(), format!("{}: not found", did(9)));

    let elsewhere = did(1).replace("testnet", "mainnet");
    let foreign = SignInfo {
        verification_method_id: format!("{elsewhere}#key-1"),
        signature: vec![1; 64],
    };
    let rejection = world.refuses(with(vec![signature((1, 1), &payload(1, 1)), foreign]));
    assert_eq!(
        rejection.to_string(),
        "signatures: (1: (verification_method_id: did namespace must be one of: testnet.).).: \
         DID namespace validation failed"
    );

    world.takes(resource(1, &[(1, 1)]));
    // Before the signatures are looked at.
    let again = world.refuses(with(vec![broken((1, 1))]));
    assert_eq!(
        (again.code().as_u32(), again.code().codespace()),
        (2200, "resource")
    );
    assert_eq!(
        again.to_string(),
        format!("{}: Resource exists", resource_id(1))
    );
    let other = signed(OperationKind::CreateResource, payload(1, 2), &[(1, 1)]);
    world.accepts(other);
}

#[test]
fn within_one_request_each_rests_on_what_comes_before() {
    let world = World::of([document(1, &[1])]);
    let all = |operations: Vec<Operation>| operations.into_iter().map(Into::into).collect();
    let judged = |operations| world.judge(&Vec::from_iter::<Vec<did::Proposal>>(all(operations)));
    let next = document(1, &[1, 2]);

    assert!(judged(vec![resource(1, &[(1, 1)]), deactivate(1, &[(1, 1)])]).is_ok());
    let (position, rejection) =
        judged(vec![deactivate(1, &[(1, 1)]), resource(1, &[(1, 1)])]).unwrap_err();
    assert_eq!(
        (position, rejection.code()),
        (1, RejectionCode::DidDocDeactivated)
    );
    let twice = vec![resource(1, &[(1, 1)]), resource(1, &[(1, 1)])];
    let (position, rejection) = judged(twice).unwrap_err();
    assert_eq!(
        (position, rejection.code()),
        (1, RejectionCode::ResourceExists)
    );
    let by_new_key = vec![update(&next, &[(1, 1)]), resource(1, &[(1, 2)])];
    assert!(judged(by_new_key).is_ok());
    let too_early = vec![resource(1, &[(1, 2)]), update(&next, &[(1, 1)])];
    assert_eq!(judged(too_early).unwrap_err().0, 0);
    // A resource does not stand between an update and its complete sets.
    let shrunk = vec![
        update(&document(1, &[2]), &[(1, 1), (1, 2)]),
        resource(1, &[(1, 2)]),
        deactivate(1, &[(1, 2)]),
    ];
    assert!(judged(shrunk).is_ok());
}
