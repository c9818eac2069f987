//! Logs that lie: state values, documents and leaves that no honest log has, with good proofs.

use did::Document;
use did::proto::DidDoc;
use proof::leaf::Leaf;
use proof::receipt::Parts;
use proof::state::{StateValue, Status};
use proof::{Hash, sha256};
use prost::Message;

use crate::accepted::{controlled_world, stand_in_world};
use crate::keys::method;
use crate::refused::Refusal;
use crate::refused_log::{any_summary, honest, lying_parts};
use crate::render::render;
use crate::world::{Entry, World, did, parsed, reference};

pub fn refusals() -> Vec<Refusal> {
    let mut all = values();
    all.extend(documents());
    all.extend(documents_of_active_dids());
    all.extend(unreadable_leaves());
    all
}

/// A receipt of the honest deactivation of DID 1 in a log whose state value of one DID was made up before.
fn with_entry(world: World, number: u8, lie: impl FnOnce(&mut Entry)) -> Parts {
    let mut world = world;
    lie(world.states.get_mut(&parsed(number)).unwrap());
    world.close();
    ending_of(world)
}

fn ending_of(world: World) -> Parts {
    let (mut leaf, document) = {
        // Signed in an honest log; only what surrounds it differs.
        let (leaf, document) = honest(&controlled_world());
        (leaf, document)
    };
    let entry = &world.states[&parsed(1)];
    leaf.previous = Some(reference(&entry.value));
    leaf.sequence = entry.value.sequence.wrapping_add(1).max(2);
    for seen in &mut leaf.consulted {
        let value = world.states[&seen.did.parse().unwrap()].value;
        seen.status = match value.status {
            Status::Active => proof::leaf::ConsultedStatus::Active(reference(&value)),
            Status::Deactivated { .. } => {
                proof::leaf::ConsultedStatus::Deactivated(reference(&value))
            }
        };
    }
    leaf.judged_under = *world.closed.keys().next_back().unwrap();
    leaf.time_ms = world.time_ms;
    lying_parts(world, &leaf, &document)
}

type Lie = fn(&mut StateValue);

fn values() -> Vec<Refusal> {
    let lies: &[(&str, u8, Lie, &'static str)] = &[
        (
            "key-set-other",
            1,
            |value| value.key_set_hash = Hash::from([1; 32]),
            "otherKeySet",
        ),
        (
            "key-set-of-a-controller-other",
            2,
            |value| value.key_set_hash = Hash::from([1; 32]),
            "otherKeySet",
        ),
        (
            "created-after-its-authority",
            1,
            |value| value.creation_index = value.authority_since + 1,
            "contradictoryValue",
        ),
        (
            "authority-after-its-head",
            1,
            |value| value.authority_since = value.head_index + 1,
            "contradictoryValue",
        ),
        (
            "head-at-the-state-leaf",
            1,
            |value| value.head_index = 12,
            "contradictoryValue",
        ),
        (
            "ordinal-too-high",
            1,
            |value| value.ordinal = 4,
            "contradictoryValue",
        ),
        (
            "sequence-zero",
            1,
            |value| value.sequence = 0,
            "contradictoryValue",
        ),
        (
            "ended-when-created",
            3,
            |value| {
                value.status = Status::Deactivated {
                    index: value.creation_index,
                }
            },
            "contradictoryValue",
        ),
        (
            "ended-after-its-head",
            3,
            |value| {
                value.status = Status::Deactivated {
                    index: value.head_index + 1,
                }
            },
            "contradictoryValue",
        ),
    ];
    let refusals = lies.iter().map(|(name, number, lie, reason)| {
        let parts = with_entry(controlled_world(), *number, |entry| lie(&mut entry.value));
        Refusal::new(name, render(&parts, &any_summary()), reason)
    });
    refusals.collect()
}

/// Documents with the hash in the state.
fn documents() -> Vec<Refusal> {
    type Lie = fn(&mut DidDoc);
    let lies: &[(&str, u8, Lie, &'static str)] = &[
        (
            "document-of-another-did",
            1,
            |document| renamed(document),
            "documentOfOther",
        ),
        (
            "document-of-a-controller-of-another-did",
            3,
            |document| renamed(document),
            "documentOfOther",
        ),
        (
            "document-not-in-normal-form",
            1,
            |document| document.controller[1] = upper_case(),
            "unreadableDocument",
        ),
        (
            "document-with-a-method-twice",
            1,
            |document| {
                document.verification_method[1].id = document.verification_method[0].id.clone()
            },
            "unreadableDocument",
        ),
        (
            "document-with-a-method-of-another-did",
            1,
            |document| document.verification_method[0].id = format!("{}#x", did(2)),
            "unreadableDocument",
        ),
        (
            "document-with-a-method-id-not-in-normal-form",
            1,
            |document| document.verification_method[0].id = format!("{}#x", upper_case()),
            "unreadableDocument",
        ),
        (
            "document-with-a-weak-key",
            1,
            |document| document.verification_method[0] = weak(),
            "unreadableDocument",
        ),
    ];
    let mut refusals: Vec<Refusal> = lies
        .iter()
        .map(|(name, number, lie, reason)| {
            let parts = with_entry(controlled_world(), *number, |entry| {
                let mut document = DidDoc::decode(entry.document.as_slice()).unwrap();
                lie(&mut document);
                replace(entry, document.encode_to_vec());
            });
            Refusal::new(name, render(&parts, &any_summary()), reason)
        })
        .collect();
    for (name, bytes) in [
        ("document-garbage", b"document".to_vec()),
        (
            "document-with-an-unknown-field",
            [document_of(1), vec![0xf8, 0x07, 1]].concat(),
        ),
    ] {
        let parts = with_entry(controlled_world(), 1, |entry| replace(entry, bytes));
        refusals.push(Refusal::new(
            name,
            render(&parts, &any_summary()),
            "unreadableDocument",
        ));
    }
    refusals
}

fn documents_of_active_dids() -> Vec<Refusal> {
    let with = |name, number, reason| {
        let mut world = controlled_world();
        let entry = world.states.get_mut(&parsed(number)).unwrap();
        let mut document = DidDoc::decode(entry.document.as_slice()).unwrap();
        renamed(&mut document);
        replace(entry, document.encode_to_vec());
        world.close();
        let dids = (1..=4).map(parsed).collect();
        let state = world.size() - 1;
        let parts = world.parts(&did(1), state, dids, None);
        Refusal::new(name, render(&parts, &any_summary()), reason)
    };
    vec![
        with("active-document-of-another-did", 1, "documentOfOther"),
        with(
            "active-signers-document-of-another-did",
            2,
            "documentOfOther",
        ),
        with(
            "active-ended-signers-document-of-another-did",
            3,
            "documentOfOther",
        ),
    ]
}

fn replace(entry: &mut Entry, document: Vec<u8>) {
    entry.value.document_hash = sha256(&document);
    if let Ok(parsed) = Document::restore_encoded(&document) {
        entry.value.key_set_hash = did::key_set_hash(&parsed).into();
    }
    entry.document = document;
}

fn document_of(number: u8) -> Vec<u8> {
    controlled_world().states[&parsed(number)].document.clone()
}

fn renamed(document: &mut DidDoc) {
    document.verification_method.clear();
    document.id = did(55);
}

fn upper_case() -> String {
    did(1).replace("-8000-", "-A000-")
}

/// A point of order eight: anyone can sign for it.
fn weak() -> did::proto::VerificationMethod {
    did::proto::VerificationMethod {
        verification_method_type: "JsonWebKey2020".to_owned(),
        verification_material:
            r#"{"crv":"Ed25519","kty":"OKP","x":"xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o"}"#
                .to_owned(),
        ..method(&did(1), "ed-1")
    }
}

/// Leaves that are in the log and are not leaves.
fn unreadable_leaves() -> Vec<Refusal> {
    let garbage = b"\x83\x02 of a later version".to_vec();
    let with = |at: fn(&World) -> u64, name, reason| {
        let mut world = stand_in_world();
        let operation = world.deactivate(1);
        let parts = world.deactivated_parts(operation);
        let index = at(&world);
        world.leaves[index as usize] = garbage.clone();
        let dids = parts.dids.iter().map(|proven| proven.did.clone()).collect();
        let parts = world.parts(&did(1), parts.state.index, dids, Some(operation));
        assert!(Leaf::decode(&garbage).is_err());
        Refusal::new(name, render(&parts, &any_summary()), reason)
    };
    vec![
        with(
            |world| world.size() - 3,
            "state-leaf-unreadable",
            "unreadableState",
        ),
        with(
            |world| world.size() - 2,
            "operation-leaf-unreadable",
            "unreadableOperation",
        ),
    ]
}
