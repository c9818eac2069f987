//! Nothing in a receipt is unchecked: whatever bit is changed, it proves nothing any more.

use std::collections::BTreeMap;

use proof::receipt::{Parts, Receipt, verify};

use crate::accepted::{controlled_world, stand_in_world};
use crate::policies::{witness, witnessed_by_all};
use crate::world::{START_MS, World, document};

/// Flips every bit of the receipt of these parts, under the signatures of the log and so many witnesses, all of which
/// the policy requires. Returns how often each reason was met.
fn every_bit(world: &World, mut parts: Parts, witnesses: u8) -> BTreeMap<&'static str, usize> {
    let cosigners: Vec<_> = (1..=witnesses).map(witness).collect();
    let at_s = START_MS / 1_000 + 40;
    let lines: Vec<_> = cosigners.iter().map(|one| (one, at_s)).collect();
    parts.checkpoint = world.checkpoint(&lines);
    let bytes = Receipt::assemble(parts).unwrap().to_bytes();
    let policy = witnessed_by_all(witnesses).parsed();
    assert!(verify(&bytes, &policy).is_ok());
    let mut reasons = BTreeMap::new();
    let mut changed = bytes.clone();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            changed[at] ^= 1 << bit;
            match verify(&changed, &policy) {
                Ok(_) => panic!("bit {bit} of byte {at} does not matter"),
                Err(reason) => *reasons.entry(reason.code()).or_default() += 1,
            }
            changed[at] = bytes[at];
        }
    }
    assert_eq!(reasons.values().sum::<usize>(), bytes.len() * 8);
    reasons
}

/// Every part of a receipt must be guarded by its own check, so that the flips meet all of these.
fn assert_met(reasons: &BTreeMap<&str, usize>, expected: &[&str]) {
    for reason in expected {
        assert!(reasons.contains_key(reason), "{reason} in {reasons:?}");
    }
}

const ALWAYS: &[&str] = &[
    "noQuorum",
    "otherSummary",
    "stateNotIncluded",
    "stateNotProven",
    "unreadable",
    "unknownLog",
    "wrongSignatureLine",
];

#[test]
fn of_a_deactivation_with_controllers() {
    let mut world = controlled_world();
    let index = world.deactivate(1);
    let reasons = every_bit(&world, world.deactivated_parts(index), 1);
    assert_met(&reasons, ALWAYS);
    assert_met(&reasons, &["operationNotIncluded", "otherDocument"]);
}

#[test]
fn of_a_deactivation_by_stand_ins() {
    let mut world = stand_in_world();
    let index = world.deactivate(1);
    let reasons = every_bit(&world, world.deactivated_parts(index), 1);
    assert_met(&reasons, ALWAYS);
    assert_met(&reasons, &["operationNotIncluded", "otherDocument"]);
}

#[test]
fn of_an_active_did() {
    let world = controlled_world();
    let reasons = every_bit(&world, world.latest_parts(1), 1);
    assert_met(&reasons, ALWAYS);
    assert_met(&reasons, &["otherDocument"]);
}

#[test]
fn of_a_did_that_never_existed() {
    let mut world = World::new();
    world.create(&document(2, &["ed-21"]));
    world.create(&document(3, &["ed-31"]));
    let reasons = every_bit(&world, world.latest_parts(1), 3);
    assert_met(
        &reasons,
        &[
            "noQuorum",
            "stateNotIncluded",
            "stateNotProven",
            "unreadable",
        ],
    );
}
