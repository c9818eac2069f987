//! Receipts that prove nothing, by name: parts that were edited, policies that do not fit, summaries that lie.

use proof::merkle::EMPTY_ROOT;
use proof::receipt::{Parts, verify};

use crate::accepted::{case, controlled_world};
use crate::policies::{PolicyText, alone};
use crate::render::{render, summary_of};
use crate::world::parsed;
use crate::{form, refused_log, refused_policies, refused_summaries, refused_values};

pub struct Refusal {
    pub name: String,
    pub bytes: Vec<u8>,
    pub policy: PolicyText,
    pub reason: &'static str,
}

impl Refusal {
    pub fn new(name: &str, bytes: Vec<u8>, reason: &'static str) -> Self {
        Self {
            name: name.to_owned(),
            bytes,
            policy: alone(),
            reason,
        }
    }

    pub fn under(self, policy: PolicyText) -> Self {
        Self { policy, ..self }
    }
}

/// All that is refused, from everywhere.
pub fn refusals() -> Vec<Refusal> {
    let mut all = parts();
    all.extend(refused_policies::refusals());
    all.extend(refused_summaries::refusals());
    all.extend(form::refusals());
    all.extend(refused_log::refusals());
    all.extend(refused_values::refusals());
    all
}

#[test]
fn each_is_refused_for_its_own_reason() {
    let mut wrong = Vec::new();
    for refusal in refusals() {
        let policy = refusal.policy.parsed();
        let (name, reason) = (&refusal.name, refusal.reason);
        match verify(&refusal.bytes, &policy) {
            Ok(verdict) => wrong.push(format!("{name}: {verdict:?}")),
            Err(found) if found.code() == reason => {}
            Err(found) => wrong.push(format!("{name}: {}, not {reason}: {found}", found.code())),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

type Edit = fn(&mut Parts);

/// A receipt that verified before one thing was changed; its summary stays.
fn edited(base: &str, edit: Edit) -> Vec<u8> {
    let case = case(base);
    let summary = summary_of(&case.receipt());
    let mut parts = case.parts.clone();
    edit(&mut parts);
    render(&parts, &summary)
}

pub const DEACTIVATED: &str = "controllers-live-and-ended";
pub const ACTIVE: &str = "active-with-ended-signer";
pub const NEVER: &str = "never-existed";

fn parts() -> Vec<Refusal> {
    let edits: &[(&str, &str, Edit, &'static str)] = &[
        (
            "state-at-another-index",
            DEACTIVATED,
            |parts| parts.state.index -= 1,
            "stateNotIncluded",
        ),
        (
            "state-path-too-long",
            DEACTIVATED,
            |parts| parts.state.path.push(EMPTY_ROOT),
            "stateNotIncluded",
        ),
        (
            "state-path-too-short",
            DEACTIVATED,
            |parts| parts.state.path.truncate(1),
            "stateNotIncluded",
        ),
        (
            "state-path-changed",
            DEACTIVATED,
            |parts| parts.state.path[0] = EMPTY_ROOT,
            "stateNotIncluded",
        ),
        (
            "state-leaf-changed",
            DEACTIVATED,
            |parts| parts.state.leaf[40] ^= 1,
            "stateNotIncluded",
        ),
        (
            "operation-at-another-index",
            DEACTIVATED,
            |parts| operation(parts).index -= 1,
            "operationNotIncluded",
        ),
        (
            "operation-behind-the-end",
            DEACTIVATED,
            |parts| operation(parts).index += 900,
            "operationNotIncluded",
        ),
        (
            "operation-path-too-long",
            DEACTIVATED,
            |parts| operation(parts).path.push(EMPTY_ROOT),
            "operationNotIncluded",
        ),
        (
            "operation-path-too-short",
            DEACTIVATED,
            |parts| operation(parts).path.truncate(1),
            "operationNotIncluded",
        ),
        (
            "operation-leaf-changed",
            DEACTIVATED,
            |parts| operation(parts).leaf[300] ^= 1,
            "operationNotIncluded",
        ),
        (
            "state-is-the-operation",
            DEACTIVATED,
            |parts| parts.state = operation(parts).clone(),
            "notAStateLeaf",
        ),
        (
            "operation-is-the-state",
            DEACTIVATED,
            |parts| parts.operation = Some(parts.state.clone()),
            "notAnOperation",
        ),
        (
            "operation-missing",
            DEACTIVATED,
            |parts| parts.operation = None,
            "stateNotNewest",
        ),
        (
            "controller-not-shown",
            DEACTIVATED,
            |parts| drop(parts.dids.remove(1)),
            "consultedNotShown",
        ),
        (
            "subject-not-shown",
            DEACTIVATED,
            |parts| drop(parts.dids.remove(0)),
            "subjectNotShown",
        ),
        (
            "stranger-shown",
            DEACTIVATED,
            |parts| stranger(parts),
            "shownNotConsulted",
        ),
        (
            "dids-out-of-order",
            DEACTIVATED,
            |parts| parts.dids.swap(0, 1),
            "didsOutOfOrder",
        ),
        (
            "did-shown-twice",
            DEACTIVATED,
            |parts| parts.dids.insert(1, parts.dids[1].clone()),
            "didsOutOfOrder",
        ),
        (
            "value-changed",
            DEACTIVATED,
            |parts| value(parts).ordinal += 1,
            "stateNotProven",
        ),
        (
            "value-taken-out",
            DEACTIVATED,
            |parts| parts.dids[1].value = None,
            "stateNotProven",
        ),
        (
            "absent-did-with-a-value",
            NEVER,
            |parts| given_a_value(parts),
            "stateNotProven",
        ),
        (
            "proof-of-another-did",
            DEACTIVATED,
            |parts| parts.dids[0].proof = parts.dids[1].proof.clone(),
            "stateNotProven",
        ),
        (
            "document-missing",
            DEACTIVATED,
            |parts| parts.dids[1].document = None,
            "documentMissing",
        ),
        (
            "document-of-an-absent-did",
            NEVER,
            |parts| parts.dids[0].document = Some(vec![]),
            "documentOfAbsent",
        ),
        (
            "document-changed",
            DEACTIVATED,
            |parts| document(parts)[60] ^= 1,
            "otherDocument",
        ),
        (
            "document-exchanged",
            DEACTIVATED,
            |parts| exchange(parts),
            "otherDocument",
        ),
        (
            "value-and-document-of-an-older-state",
            DEACTIVATED,
            |parts| stale(parts),
            "stateNotProven",
        ),
        (
            "under-an-older-state-leaf",
            DEACTIVATED,
            |parts| under_an_older_state(parts),
            "otherStateLeaf",
        ),
        (
            "operation-of-another-did",
            DEACTIVATED,
            |parts| other_operation(parts),
            "operationOfOther",
        ),
        (
            "create-instead-of-deactivation",
            DEACTIVATED,
            |parts| create_instead(parts),
            "notADeactivation",
        ),
        (
            "about-another-did",
            DEACTIVATED,
            |parts| parts.did = parsed(2),
            "operationOfOther",
        ),
        (
            "about-a-did-that-is-not-shown",
            DEACTIVATED,
            |parts| parts.did = parsed(77),
            "subjectNotShown",
        ),
        (
            "active-under-an-older-state",
            ACTIVE,
            |parts| older(parts),
            "stateNotNewest",
        ),
        (
            "active-signer-not-shown",
            ACTIVE,
            |parts| drop(parts.dids.remove(2)),
            "consultedNotShown",
        ),
        (
            "active-stranger-shown",
            ACTIVE,
            |parts| stranger(parts),
            "shownNotConsulted",
        ),
        (
            "active-about-an-ended-did",
            ACTIVE,
            |parts| parts.did = parsed(3),
            "deactivationNotShown",
        ),
        (
            "never-existed-stranger-shown",
            NEVER,
            |parts| given_another(parts),
            "shownNotConsulted",
        ),
        (
            "never-existed-about-another-did",
            NEVER,
            |parts| parts.did = parsed(78),
            "subjectNotShown",
        ),
    ];
    edits
        .iter()
        .map(|(name, base, edit, reason)| Refusal::new(name, edited(base, *edit), reason))
        .collect()
}

fn operation(parts: &mut Parts) -> &mut proof::receipt::ProvenLeaf {
    parts.operation.as_mut().unwrap()
}

fn value(parts: &mut Parts) -> &mut proof::state::StateValue {
    parts.dids[1].value.as_mut().unwrap()
}

fn document(parts: &mut Parts) -> &mut Vec<u8> {
    parts.dids[0].document.as_mut().unwrap()
}

fn exchange(parts: &mut Parts) {
    parts.dids[1].document = parts.dids[2].document.clone();
}

/// The DID 77, which never existed, with a valid proof.
fn stranger(parts: &mut Parts) {
    let proven = controlled_world().proven_did(parts.state.index, &parsed(77));
    parts.dids.push(proven);
}

fn given_another(parts: &mut Parts) {
    let proven = controlled_world().proven_did(parts.state.index, &parsed(78));
    parts.dids.push(proven);
}

fn given_a_value(parts: &mut Parts) {
    let other = case(DEACTIVATED).parts.dids[0].clone();
    (parts.dids[0].value, parts.dids[0].document) = (other.value, other.document);
}

/// DID 3 before its deactivation, with the proof of that time.
fn stale(parts: &mut Parts) {
    let mut world = controlled_world();
    world.deactivate(1);
    parts.dids[2] = world.proven_did(parts.state.index - 2, &parsed(3));
}

/// Everything proven, but under the state leaf before the one that the operation names.
fn under_an_older_state(parts: &mut Parts) {
    let mut world = controlled_world();
    let operation = world.deactivate(1);
    let dids = parts.dids.iter().map(|proven| proven.did.clone()).collect();
    *parts = world.parts(
        parts.did.as_str(),
        parts.state.index - 2,
        dids,
        Some(operation),
    );
}

fn other_operation(parts: &mut Parts) {
    let mut world = controlled_world();
    let operation = world.deactivate(1);
    parts.operation = Some(world.proven_leaf(operation - 2));
}

fn create_instead(parts: &mut Parts) {
    let mut world = controlled_world();
    let operation = world.deactivate(1);
    parts.operation = Some(world.proven_leaf(operation - 4));
}

fn older(parts: &mut Parts) {
    let world = controlled_world();
    let dids = parts.dids.iter().map(|proven| proven.did.clone()).collect();
    *parts = world.parts(parts.did.as_str(), parts.state.index - 2, dids, None);
}
