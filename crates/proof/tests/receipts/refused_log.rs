//! Logs that lie: leaves that no honest log writes, with good proofs.

use did::{Document, OperationKind, Proposal};
use proof::leaf::{Consulted, ConsultedStatus, Import, Leaf, OperationLeaf, VersionKind};
use proof::receipt::{NoProof, Parts, Receipt};
use proof::{Hash, NetworkId};

use crate::accepted::{controlled_world, import_parts, importing};
use crate::keys::signature;
use crate::refused::Refusal;
use crate::refused_worlds;
use crate::render::render;
use crate::world::{World, deactivation, did, signed, version};

/// What an honest log would write for the deactivation of DID 1, and the document of that DID.
pub fn honest(world: &World) -> (OperationLeaf, Document) {
    let signers = world.complete_set(1);
    let operation = signed(
        OperationKind::Deactivate,
        deactivation(1, &version(201)),
        &signers,
    );
    let proposal: Proposal = operation.into();
    let judged = world.judge(std::slice::from_ref(&proposal));
    let accepted = judged.unwrap().remove(0);
    (world.leaf(&proposal, &accepted), accepted.document)
}

/// The parts of a receipt for a leaf in a log that lies.
pub fn lying_parts(mut world: World, leaf: &OperationLeaf, document: &Document) -> Parts {
    world.time_ms += 1_000;
    let state = leaf.judged_under;
    let index = world.append(leaf, document);
    world.close();
    let known = leaf
        .consulted
        .iter()
        .filter_map(|seen| seen.did.parse().ok());
    let mut dids: Vec<did::Did> = known.collect();
    dids.sort();
    world.parts(&did(1), state, dids, Some(index))
}

type Lie = fn(&mut OperationLeaf);

pub fn lied(name: &str, world: World, lie: Lie, reason: &'static str) -> Refusal {
    let (mut leaf, document) = honest(&world);
    lie(&mut leaf);
    let parts = lying_parts(world, &leaf, &document);
    Refusal::new(name, render(&parts, &any_summary()), reason)
}

/// The readable part does not matter where something before it is wrong.
pub fn any_summary() -> String {
    r#"{"status":"neverExisted"}"#.to_owned()
}

pub fn refusals() -> Vec<Refusal> {
    let mut all = leaves();
    all.extend(imports());
    all.extend(refused_worlds::refusals());
    all
}

fn leaves() -> Vec<Refusal> {
    let lies: &[(&str, Lie, &'static str)] = &[
        (
            "own-signature-missing",
            |leaf| drop(leaf.signatures.remove(0)),
            "incompleteSet",
        ),
        (
            "controllers-signature-missing",
            |leaf| drop(leaf.signatures.remove(2)),
            "incompleteSet",
        ),
        (
            "method-controllers-signature-missing",
            |leaf| drop(leaf.signatures.remove(3)),
            "incompleteSet",
        ),
        (
            "no-signatures",
            |leaf| leaf.signatures.clear(),
            "incompleteSet",
        ),
        (
            "own-signature-changed",
            |leaf| leaf.signatures[1].bytes[5] ^= 4,
            "incompleteSet",
        ),
        (
            "controllers-signature-changed",
            |leaf| leaf.signatures[2].bytes[5] ^= 4,
            "incompleteSet",
        ),
        ("signatures-exchanged", exchange, "incompleteSet"),
        (
            "signature-of-a-stranger",
            |leaf| sign(leaf, 9, "ed-91"),
            "incompleteSet",
        ),
        (
            "signature-of-an-ended-controller",
            |leaf| sign(leaf, 3, "ed-31"),
            "uncountedSignature",
        ),
        (
            "second-signature-of-a-controller",
            |leaf| sign(leaf, 2, "p256-22"),
            "uncountedSignature",
        ),
        (
            "signatures-in-another-order-count",
            |leaf| leaf.signatures.push(leaf.signatures[0].clone()),
            "invalidStatement",
        ),
        (
            "rule-set-unknown",
            |leaf| leaf.rule_set = 2,
            "unknownRuleSet",
        ),
        (
            "kind-is-update",
            |leaf| leaf.kind = VersionKind::Update,
            "notADeactivation",
        ),
        (
            "network-of-another-log",
            |leaf| leaf.network_id = NetworkId::new([9; 32]),
            "otherNetwork",
        ),
        (
            "leaf-of-another-did",
            |leaf| leaf.did = did(2),
            "operationOfOther",
        ),
        (
            "payload-of-another-did",
            |leaf| leaf.payload = deactivation(2, &version(201)),
            "payloadOfOther",
        ),
        (
            "payload-of-another-version",
            |leaf| leaf.payload = deactivation(1, &version(202)),
            "incompleteSet",
        ),
        (
            "payload-unreadable",
            |leaf| leaf.payload = b"payload".to_vec(),
            "invalidStatement",
        ),
        (
            "previous-hash-other",
            |leaf| leaf.previous.as_mut().unwrap().hash = Hash::from([1; 32]),
            "notTheNextOperation",
        ),
        (
            "previous-index-other",
            |leaf| leaf.previous.as_mut().unwrap().index -= 1,
            "notTheNextOperation",
        ),
        (
            "sequence-too-high",
            |leaf| leaf.sequence += 1,
            "notTheNextOperation",
        ),
        (
            "older-than-its-state",
            |leaf| leaf.time_ms -= 1,
            "timeRunsBackwards",
        ),
        (
            "controller-not-consulted",
            |leaf| drop(leaf.consulted.remove(1)),
            "consultedNotShown",
        ),
        (
            "method-controller-not-consulted",
            |leaf| drop(leaf.consulted.remove(3)),
            "consultedNotShown",
        ),
        (
            "stranger-consulted",
            |leaf| leaf.consulted.push(absent(&did(77))),
            "consultedForNothing",
        ),
        (
            "consulted-no-did",
            |leaf| leaf.consulted.push(absent("nobody")),
            "consultedNoDid",
        ),
        (
            "consulted-did-with-upper-case",
            |leaf| leaf.consulted.insert(4, absent(&upper_case())),
            "consultedNoDid",
        ),
        (
            "consulted-with-another-head",
            consulted_with_another_head,
            "consultedOtherwise",
        ),
        (
            "consulted-as-ended",
            consulted_as_ended,
            "consultedOtherwise",
        ),
        (
            "ended-consulted-as-active",
            ended_as_active,
            "consultedOtherwise",
        ),
        (
            "consulted-as-absent",
            |leaf| leaf.consulted[1].status = ConsultedStatus::Absent,
            "consultedOtherwise",
        ),
        (
            "preimage-unreadable",
            |leaf| leaf.bound_preimage = Some(b"preimage".to_vec()),
            "unreadablePreimage",
        ),
    ];
    let refusals = lies
        .iter()
        .map(|(name, lie, reason)| lied(name, controlled_world(), *lie, reason));
    refusals.collect()
}

fn exchange(leaf: &mut OperationLeaf) {
    let first = leaf.signatures[0].bytes.clone();
    leaf.signatures[0].bytes = std::mem::replace(&mut leaf.signatures[1].bytes, first);
}

fn sign(leaf: &mut OperationLeaf, number: u8, fragment: &str) {
    let info = signature(&format!("{}#{fragment}", did(number)), &leaf.payload);
    leaf.signatures.push(proof::leaf::LeafSignature {
        method_id: info.verification_method_id,
        bytes: info.signature,
    });
}

fn absent(did: &str) -> Consulted {
    Consulted {
        did: did.to_owned(),
        status: ConsultedStatus::Absent,
    }
}

fn upper_case() -> String {
    did(77).replace("-8000-", "-A000-")
}

fn consulted_with_another_head(leaf: &mut OperationLeaf) {
    if let ConsultedStatus::Active(head) = &mut leaf.consulted[1].status {
        head.hash = Hash::from([1; 32]);
    }
}

fn consulted_as_ended(leaf: &mut OperationLeaf) {
    if let ConsultedStatus::Active(head) = leaf.consulted[1].status {
        leaf.consulted[1].status = ConsultedStatus::Deactivated(head);
    }
}

fn ended_as_active(leaf: &mut OperationLeaf) {
    if let ConsultedStatus::Deactivated(head) = leaf.consulted[2].status {
        leaf.consulted[2].status = ConsultedStatus::Active(head);
    }
}

fn imports() -> Vec<Refusal> {
    type Change = fn(&mut Import);
    let changes: &[(&str, Change, &'static str)] = &[
        (
            "import-that-confirms",
            |import| import.operation = None,
            "importOfNothing",
        ),
        (
            "import-of-another-network",
            |import| import.network_id = NetworkId::new([9; 32]),
            "otherNetwork",
        ),
        (
            "import-older-than-its-operation",
            |import| import.time_ms -= 60_001,
            "timeRunsBackwards",
        ),
        (
            "import-of-an-operation-that-comes-later",
            |import| inside(import, |leaf| leaf.time_ms += 120_000),
            "timeRunsBackwards",
        ),
        (
            "import-after-another-head",
            |import| import.previous.as_mut().unwrap().hash = Hash::from([1; 32]),
            "notTheNextOperation",
        ),
        (
            "import-after-no-head",
            |import| import.previous = None,
            "notTheNextOperation",
        ),
        (
            "import-with-a-signature-missing",
            |import| inside(import, |leaf| drop(leaf.signatures.pop())),
            "incompleteSet",
        ),
        (
            "import-of-another-sequence",
            |import| inside(import, |leaf| leaf.sequence += 1),
            "notTheNextOperation",
        ),
        (
            "import-of-an-operation-of-another-network",
            |import| inside(import, |leaf| leaf.network_id = NetworkId::new([9; 32])),
            "otherNetwork",
        ),
        (
            "import-consulted-as-ended",
            |import| inside(import, consulted_as_ended),
            "consultedOtherwise",
        ),
    ];
    let refusals = changes.iter().map(|(name, change, reason)| {
        let (mut world, mut import) = importing();
        // So that an older time of the import is not older than its state leaf.
        world.time_ms -= 60_000;
        change(&mut import);
        let parts = import_parts(world, &import);
        Refusal::new(name, render(&parts, &any_summary()), reason)
    });
    refusals.collect()
}

fn inside(import: &mut Import, lie: Lie) {
    let imported = import.operation.as_mut().unwrap();
    let Ok(Leaf::Operation(mut leaf)) = Leaf::decode(&imported.leaf) else {
        panic!("the import holds an operation");
    };
    lie(&mut leaf);
    imported.leaf = Leaf::Operation(leaf).encode().unwrap();
}

#[test]
fn an_incomplete_set_is_named() {
    let refused = |lie: Lie| {
        let world = controlled_world();
        let (mut leaf, document) = honest(&world);
        lie(&mut leaf);
        match Receipt::assemble(lying_parts(world, &leaf, &document)) {
            Err(NoProof::Incomplete(rejection)) => rejection,
            other => panic!("{other:?}"),
        }
    };
    let own = |name: &str| format!("{}#{name}", did(1));
    let missing = refused(|leaf| leaf.signatures.truncate(1));
    assert_eq!(missing.missing(), [own("ed-2"), did(2), did(4)]);
    assert_eq!(
        (missing.invalid(), missing.unexpected()),
        ([].as_slice(), [].as_slice())
    );
    let invalid = refused(exchange);
    assert_eq!(invalid.invalid(), [own("ed-1"), own("ed-2")]);
    assert_eq!(
        (invalid.missing(), invalid.unexpected()),
        ([].as_slice(), [].as_slice())
    );
    let unexpected = refused(|leaf| sign(leaf, 9, "ed-91"));
    assert_eq!(unexpected.unexpected(), [format!("{}#ed-91", did(9))]);
    assert_eq!(
        (unexpected.missing(), unexpected.invalid()),
        ([].as_slice(), [].as_slice())
    );
}
