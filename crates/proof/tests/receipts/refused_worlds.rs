//! Logs that lie: deactivations that the DIDs of the log do not allow, regardless of the signatures.

use did::proto::MsgCreateDidDocPayload;
use did::{BoundVersion, OperationKind, Scope};
use proof::Hash;
use proof::leaf::{Consulted, ConsultedStatus, Leaf, LeafReference, OperationLeaf};

use crate::accepted::{bound, controlled_world, stand_in_world, world_with_absent_signer};
use crate::keys::signature;
use crate::refused::Refusal;
use crate::refused_log::{any_summary, honest, lied, lying_parts};
use crate::render::render;
use crate::world::{
    World, controlled_by, deactivation, did, document, parsed, reference, signed, version,
};

/// Where the world itself does not allow the deactivation.
pub fn refusals() -> Vec<Refusal> {
    vec![
        key_set_one_short(),
        stand_in_one_short(),
        behind_the_operation(),
        ended_already(),
        frozen(),
        absent_controller(
            "controller-that-never-existed",
            ConsultedStatus::Absent,
            "refusedByRules",
        ),
        absent_controller(
            "controller-that-never-existed-consulted-as-active",
            ConsultedStatus::Active(head_of_nothing()),
            "consultedOtherwise",
        ),
        bound_refusal("bound-expired", |bound, world| {
            bound.expires_ms = world.time_ms
        }),
        bound_refusal("bound-to-another-network", |bound, _| {
            bound.network_id = [9; 32]
        }),
        bound_refusal("bound-to-another-did", |bound, _| bound.did = parsed(2)),
        bound_refusal("bound-to-an-older-version", |bound, _| {
            bound.scope = Scope::Version([9; 32])
        }),
        bound_refusal("bound-to-another-authority", |bound, _| {
            bound.scope = Scope::Authority([9; 32])
        }),
        bound_without_preimage(),
    ]
}

/// Signed before a key was added.
fn key_set_one_short() -> Refusal {
    let mut world = World::new();
    world.create(&document(2, &["ed-21"]));
    world.create(&controlled_by(&[1, 2], document(1, &["ed-1", "ed-2"])));
    let signers = world.complete_set(1);
    world.update(&MsgCreateDidDocPayload {
        version_id: version(9),
        ..controlled_by(&[1, 2], document(1, &["ed-1", "ed-2", "ed-3"]))
    });
    let operation = signed(
        OperationKind::Deactivate,
        deactivation(1, &version(201)),
        &signers,
    );
    let (mut leaf, document) = honest(&world);
    leaf.signatures.retain(|kept| {
        operation
            .signatures()
            .iter()
            .any(|one| one.method.as_str() == kept.method_id)
    });
    assert_eq!(leaf.signatures.len(), signers.len());
    let parts = lying_parts(world, &leaf, &document);
    Refusal::new(
        "key-set-one-short",
        render(&parts, &any_summary()),
        "incompleteSet",
    )
}

fn stand_in_one_short() -> Refusal {
    lied(
        "stand-in-one-short",
        stand_in_world(),
        |leaf| drop(leaf.signatures.pop()),
        "incompleteSet",
    )
}

/// The state leaf that it names follows it, and the DID is still active there.
fn behind_the_operation() -> Refusal {
    let mut world = controlled_world();
    let (mut leaf, _) = honest(&world);
    world.time_ms += 1_000;
    leaf.time_ms = world.time_ms;
    leaf.judged_under = world.size() + 1;
    let index = world.push(&Leaf::Operation(leaf.clone()));
    let state = world.close();
    assert_eq!(state, leaf.judged_under);
    let dids = leaf.consulted.iter().map(|seen| seen.did.parse().unwrap());
    let parts = world.parts(&did(1), state, dids.collect(), Some(index));
    Refusal::new(
        "state-behind-the-operation",
        render(&parts, &any_summary()),
        "stateNotBefore",
    )
}

/// A second deactivation.
fn ended_already() -> Refusal {
    let mut world = controlled_world();
    let (mut leaf, document) = honest(&world);
    world.deactivate(1);
    let value = world.states[&parsed(1)].value;
    let head = reference(&value);
    leaf.sequence = value.sequence + 1;
    leaf.previous = Some(head);
    leaf.consulted[0].status = ConsultedStatus::Deactivated(head);
    leaf.judged_under = *world.closed.keys().next_back().unwrap();
    leaf.time_ms = world.time_ms;
    let parts = lying_parts(world, &leaf, &document);
    Refusal::new(
        "ended-already",
        render(&parts, &any_summary()),
        "refusedByRules",
    )
}

/// Signed by controllers that were deactivated by then.
fn frozen() -> Refusal {
    let mut world = stand_in_world();
    let (mut leaf, document) = honest(&world);
    for number in [2, 3] {
        world.deactivate(number);
        let head = reference(&world.states[&parsed(number)].value);
        leaf.consulted[usize::from(number) - 1].status = ConsultedStatus::Deactivated(head);
    }
    leaf.judged_under = *world.closed.keys().next_back().unwrap();
    leaf.time_ms = world.time_ms;
    let parts = lying_parts(world, &leaf, &document);
    Refusal::new("frozen", render(&parts, &any_summary()), "refusedByRules")
}

fn head_of_nothing() -> LeafReference {
    LeafReference {
        index: 2,
        hash: Hash::from([1; 32]),
    }
}

/// What the operation records of a controller that never existed does not help it.
fn absent_controller(name: &str, status: ConsultedStatus, reason: &'static str) -> Refusal {
    let world = world_with_absent_signer();
    let mut alone = World::new();
    alone.create(&document(1, &["ed-1"]));
    let (mut leaf, _) = honest(&alone);
    let head = reference(&world.states[&parsed(1)].value);
    leaf.previous = Some(head);
    leaf.consulted = vec![
        Consulted {
            did: did(1),
            status: ConsultedStatus::Active(head),
        },
        Consulted {
            did: did(2),
            status,
        },
    ];
    leaf.time_ms = world.time_ms;
    let document = world.document(&did(1));
    let parts = lying_parts(world, &leaf, &document);
    Refusal::new(name, render(&parts, &any_summary()), reason)
}

type Change = fn(&mut BoundVersion, &World);

/// All required signers have signed a bound statement that does not hold.
fn bound_refusal(name: &str, change: Change) -> Refusal {
    let world = controlled_world();
    let (mut leaf, document) = honest(&world);
    leaf.time_ms += 1_000;
    let head = world.states[&parsed(1)].value.head_hash;
    let mut bound = bound(&world, Scope::Version(*head.as_bytes()));
    change(&mut bound, &world);
    resign(&mut leaf, &bound.version_id());
    leaf.bound_preimage = Some(bound.encode());
    let parts = lying_parts(world, &leaf, &document);
    Refusal::new(name, render(&parts, &any_summary()), "refusedByRules")
}

fn bound_without_preimage() -> Refusal {
    let world = controlled_world();
    let (mut leaf, document) = honest(&world);
    let head = world.states[&parsed(1)].value.head_hash;
    let bound = bound(&world, Scope::Version(*head.as_bytes()));
    resign(&mut leaf, &bound.version_id());
    let parts = lying_parts(world, &leaf, &document);
    let bytes = render(&parts, &any_summary());
    Refusal::new("bound-without-preimage", bytes, "refusedByRules")
}

fn resign(leaf: &mut OperationLeaf, version_id: &str) {
    leaf.payload = deactivation(1, version_id);
    for signed in &mut leaf.signatures {
        signed.bytes = signature(&signed.method_id, &leaf.payload).signature;
    }
}
