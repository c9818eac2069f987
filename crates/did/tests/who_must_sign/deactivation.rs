//! (a) Every verification method of the latest document signs exactly once.

use std::convert::Infallible;

use did::proto::{MsgCreateDidDocPayload, SignInfo, VerificationMethod};
use did::{
    Document, KeyAlgorithm, MethodId, MethodType, Operation, OperationKind, PublicKey,
    RejectionCode, RequiredSet, Signature, Status,
};

use crate::common::{fixture, hex_of};
use crate::world::{
    By, World, broken, deactivate, did, document, ending, faults, id, ids, kept, key, parsed,
    signature, version,
};

const THREE: [By; 3] = [(1, 1), (1, 2), (1, 3)];

/// DID 1 with one key of each method type.
fn three_types() -> World {
    let document = document(1, &[1, 2, 3]);
    let mut types: Vec<&str> = document
        .verification_method
        .iter()
        .map(|method| method.verification_method_type.as_str())
        .collect();
    types.sort_unstable();
    assert_eq!(types, MethodType::ALL.map(MethodType::as_str));
    World::of([document])
}

fn end_with(infos: Vec<SignInfo>) -> Operation {
    Operation::parse(OperationKind::Deactivate, &ending(1, &version(201)), infos).unwrap()
}

#[test]
fn every_subset_but_the_whole_is_refused_and_names_exactly_what_is_missing() {
    let world = three_types();
    for mask in 0..8 {
        let (there, missing): (Vec<By>, Vec<By>) = THREE
            .iter()
            .partition(|(_, seed)| mask >> (seed - 1) & 1 == 1);
        let operation = deactivate(1, &there);
        if missing.is_empty() {
            let accepted = world.accepts(operation);
            assert_eq!(accepted.status, Status::Deactivated);
            assert_eq!(kept(&accepted), ids(&THREE));
            continue;
        }
        let rejection = world.refuses(operation);
        assert_eq!(rejection.code(), RejectionCode::SignatureNotFound);
        assert_eq!(faults(&rejection), [ids(&missing), vec![], vec![]]);
        for (_, seed) in missing {
            assert!(rejection.to_string().contains(&id(1, seed)), "{rejection}");
        }
    }
}

#[test]
fn the_whole_set_is_accepted_in_any_order() {
    let world = three_types();
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let signers = order.map(|at: usize| THREE[at]);
        let accepted = world.accepts(deactivate(1, &signers));
        let in_order: Vec<_> = accepted
            .signatures
            .iter()
            .map(|signature| signature.method.to_string())
            .collect();
        assert_eq!(in_order, signers.map(|(did, seed)| id(did, seed)));
    }
}

#[test]
fn a_single_flipped_bit_of_any_signature_is_found_and_named() {
    let world = three_types();
    let payload = ending(1, &version(201));
    for broken in 0..3 {
        for bit in (0..512).step_by(13).chain([0, 255, 256, 511]) {
            let mut infos = THREE.map(|by| signature(by, &payload)).to_vec();
            infos[broken].signature[bit / 8] ^= 1 << (bit % 8);
            let rejection = world.refuses(end_with(infos));
            assert_eq!(rejection.code(), RejectionCode::InvalidSignature);
            let named = vec![id(1, broken as u8 + 1)];
            assert_eq!(faults(&rejection), [vec![], named, vec![]], "bit {bit}");
        }
    }
}

#[test]
fn signatures_that_are_not_required_are_refused_and_named() {
    let world = World::of([document(1, &[1, 2, 3]), document(2, &[1])]);
    let payload = ending(1, &version(201));
    let second = SignInfo {
        signature: [broken((1, 2)).signature, vec![0]].concat(),
        ..broken((1, 2))
    };
    for (extra, named) in [
        (signature((2, 1), &payload), id(2, 1)),
        (broken((2, 1)), id(2, 1)),
        (signature((9, 1), &payload), id(9, 1)),
        (signature((1, 9), &payload), id(1, 9)),
        (broken((1, 2)), id(1, 2)),
        (second, id(1, 2)),
    ] {
        let mut infos = THREE.map(|by| signature(by, &payload)).to_vec();
        infos.push(extra);
        let rejection = world.refuses(end_with(infos));
        assert_eq!(rejection.code(), RejectionCode::VerificationMethodNotFound);
        assert_eq!(faults(&rejection), [vec![], vec![], vec![named]]);
    }
}

#[test]
fn a_valid_signature_does_not_cure_an_invalid_one_of_the_same_method() {
    let payload = ending(1, &version(201));
    let mut infos = vec![broken((1, 2))];
    infos.extend(THREE.map(|by| signature(by, &payload)));
    let rejection = three_types().refuses(end_with(infos));
    assert_eq!(faults(&rejection), [vec![], ids(&[(1, 2)]), vec![]]);
}

#[test]
fn everything_that_is_wrong_is_named_at_once() {
    let payload = ending(1, &version(201));
    let infos = vec![
        broken((1, 3)),
        signature((2, 1), &payload),
        signature((1, 1), &payload),
    ];
    let rejection = three_types().refuses(end_with(infos));
    assert_eq!(rejection.code(), RejectionCode::SignatureNotFound);
    let [one, two, three] = [(1, 2), (1, 3), (2, 1)].map(|(did, seed)| id(did, seed));
    assert_eq!(
        rejection.to_string(),
        format!(
            "every verification method must sign exactly once; missing: {one}; invalid: {two}; not asked for or sent \
             twice: {three}: signature is required but not found"
        )
    );
}

#[test]
fn one_key_under_two_ids_signs_for_each_of_them_and_is_reported_as_one() {
    let twin = VerificationMethod {
        id: id(1, 2),
        ..key(1, 1)
    };
    let mut shared = document(1, &[1]);
    shared.verification_method.push(twin);
    let mut world = World::of([shared]);
    let payload = ending(1, &version(201));
    let first = signature((1, 1), &payload);
    let second = SignInfo {
        verification_method_id: id(1, 2),
        ..first.clone()
    };

    let rejection = world.refuses(end_with(vec![first.clone()]));
    assert_eq!(faults(&rejection), [ids(&[(1, 2)]), vec![], vec![]]);
    assert_eq!(
        world
            .accepts(end_with(vec![first, second]))
            .signatures
            .len(),
        2
    );

    let state = world.state_of(1);
    let required = RequiredSet::of(&state.document, &mut world).unwrap();
    assert_eq!(
        (required.methods().count(), required.distinct_keys()),
        (2, 1)
    );
}

#[test]
fn a_key_that_was_rotated_out_is_a_stranger() {
    let mut world = World::of([document(1, &[1, 2])]);
    world.takes(crate::world::update(
        &document(1, &[2, 3]),
        &[(1, 1), (1, 2), (1, 3)],
    ));
    let rejection = world.refuses(deactivate(1, &[(1, 1), (1, 2), (1, 3)]));
    assert_eq!(faults(&rejection), [vec![], vec![], ids(&[(1, 1)])]);
    world.accepts(deactivate(1, &[(1, 2), (1, 3)]));
}

/// P-256, P-384, P-521 and RSA, with signatures that OpenSSL made.
#[test]
fn keys_of_every_algorithm_must_sign() {
    let file = fixture("openssl-signatures.json");
    let message = file["message"].as_str().unwrap().as_bytes();
    let mut methods = Vec::new();
    let mut signatures = Vec::new();
    for (at, vector) in file["vectors"].as_array().unwrap().iter().enumerate() {
        let algorithm = match vector["algorithm"].as_str().unwrap() {
            "P-256" => KeyAlgorithm::P256,
            "P-384" => KeyAlgorithm::P384,
            "P-521" => KeyAlgorithm::P521,
            _ => KeyAlgorithm::Rsa,
        };
        let key = PublicKey::from_bytes(algorithm, &hex_of(vector, "publicKeyHex")).unwrap();
        methods.push(VerificationMethod {
            id: id(1, at as u8),
            verification_method_type: MethodType::JsonWebKey2020.to_string(),
            controller: did(1),
            verification_material: MethodType::JsonWebKey2020.encode(&key).unwrap(),
        });
        signatures.push(Signature {
            method: MethodId::parse(&id(1, at as u8)).unwrap(),
            bytes: hex_of(vector, "signatureHex"),
        });
    }
    let payload = MsgCreateDidDocPayload {
        verification_method: methods,
        ..document(1, &[])
    };
    let document = Document::from_payload(&payload).unwrap();
    let required = RequiredSet::of(&document, &mut World::default()).unwrap();
    let complete = required.complete(message, &signatures).unwrap();
    assert_eq!(complete.counted(), signatures);
    // RSA's four signatures are by one key, with four lengths of salt.
    assert_eq!(complete.distinct_keys(), 4);

    for at in 0..signatures.len() {
        let named = vec![signatures[at].method.to_string()];
        let mut fewer = signatures.clone();
        fewer.remove(at);
        assert_eq!(
            required.complete(message, &fewer).unwrap_err().missing,
            named
        );

        let mut damaged = signatures.clone();
        *damaged[at].bytes.last_mut().unwrap() ^= 1;
        assert_eq!(
            required.complete(message, &damaged).unwrap_err().invalid,
            named
        );
        assert_eq!(
            required
                .complete(b"another", &signatures)
                .unwrap_err()
                .invalid
                .len(),
            7
        );
    }
}

#[test]
fn checks_come_in_the_order_of_the_cheqd_ledger() {
    let mut world = three_types();
    let elsewhere = |number: u8, extra: &str| {
        let infos = vec![SignInfo {
            verification_method_id: format!("{extra}#key-1"),
            signature: vec![1],
        }];
        Operation::parse(
            OperationKind::Deactivate,
            &ending(number, &version(201)),
            infos,
        )
        .unwrap()
    };
    let mainnet = did(1).replace("testnet", "mainnet");
    assert_eq!(
        world.refuses(elsewhere(9, &mainnet)).to_string(),
        format!("{}: DID Doc not found", did(9))
    );
    assert_eq!(
        world.refuses(elsewhere(1, &mainnet)).code(),
        RejectionCode::NamespaceValidation
    );
    world.takes(deactivate(1, &THREE));
    assert_eq!(
        world.refuses(elsewhere(1, &mainnet)).code(),
        RejectionCode::NamespaceValidation
    );
    for signers in [&THREE[..], &[], &[(9, 9)]] {
        assert_eq!(
            world.refuses(deactivate(1, signers)).to_string(),
            format!("{}: DID Doc already deactivated", did(1))
        );
    }
}

#[test]
fn a_version_id_that_was_used_is_refused_after_the_signatures() {
    let mut world = three_types();
    world.takes(crate::world::update(&document(1, &[1, 2, 3]), &[(1, 1)]));
    let used = |signers: &[By]| {
        let payload = ending(1, &version(200));
        crate::world::signed(OperationKind::Deactivate, payload, signers)
    };
    assert_eq!(
        world.refuses(used(&[(1, 1)])).code(),
        RejectionCode::SignatureNotFound
    );
    let rejection = world.refuses(used(&THREE));
    assert_eq!(
        rejection.to_string(),
        format!(
            "diddoc version already exists for did {}, version {}: DID Doc exists: internal error",
            parsed(1),
            version(200)
        )
    );
}

#[test]
fn the_source_is_asked_once_for_each_did() {
    struct Counting(World, usize);
    impl did::Known for Counting {
        type Error = Infallible;
        fn state(
            &mut self,
            did: &did::Did,
        ) -> Result<Option<std::sync::Arc<did::DidState>>, Infallible> {
            self.1 += 1;
            self.0.state(did)
        }
        fn version_is_used(&mut self, did: &did::Did, version: &str) -> Result<bool, Infallible> {
            self.0.version_is_used(did, version)
        }
        fn resource_exists(&mut self, did: &did::Did, resource: &str) -> Result<bool, Infallible> {
            self.0.resource_exists(did, resource)
        }
    }
    let payload = crate::world::controlled_by(&[2, 1], document(1, &[1]));
    let mut counting = Counting(World::of([payload, document(2, &[2])]), 0);
    let circumstances = did::Circumstances {
        namespace: "testnet",
        network_id: &crate::world::NETWORK_ID,
        time_ms: 0,
    };
    let proposals = [deactivate(1, &[(1, 1), (2, 2)]).into()];
    let accepted = did::judge(&proposals, &circumstances, &mut counting).unwrap();
    assert_eq!(counting.1, 2);
    let consulted: Vec<_> = accepted[0].consulted.iter().map(|seen| &seen.did).collect();
    assert_eq!(consulted, [&parsed(1), &parsed(2)]);
}
