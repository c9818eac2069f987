//! The verdict on a receipt that verifies.

use std::collections::BTreeSet;

use did::Did;
use proof::checkpoint::Checkpoint;
use proof::leaf::Leaf;
use proof::note::Note;
use proof::receipt::{BoundScope, DeactivatedSummary, Stage, Summary, Verdict, When, verify};

use crate::accepted::{Case, case, cases, controlled_world};
use crate::policies::{alone, witness, witnessed};
use crate::refused::refusals;
use crate::render::{render, summary_of};
use crate::world::{NETWORK, ORIGIN, START_MS, World, did, document, parsed};

#[test]
fn each_case_verifies_from_its_bytes() {
    for case in cases() {
        let receipt = case.receipt();
        let bytes = receipt.to_bytes();
        assert_eq!(
            bytes,
            render(&case.parts, &summary_of(&receipt)),
            "{}",
            case.name
        );
        match verify(&bytes, &case.policy.parsed()) {
            Ok(verdict) => assert_eq!(*subject(&verdict), case.parts.did, "{}", case.name),
            Err(reason) => panic!("{}: {reason}", case.name),
        }
        assert_eq!(receipt.did(), &case.parts.did);
        assert_eq!(receipt.stage(), case.parts.stage);
        assert_eq!(receipt.parts(), &case.parts);
    }
}

fn subject(verdict: &Verdict) -> &Did {
    match verdict {
        Verdict::Deactivated { did, .. }
        | Verdict::Active { did, .. }
        | Verdict::NeverExisted { did, .. } => did,
    }
}

fn verdict_of(case: &Case) -> Verdict {
    case.receipt().verify(&case.policy.parsed()).unwrap()
}

fn deactivated(name: &str) -> DeactivatedSummary {
    let case = case(name);
    match (verdict_of(case), case.receipt().summary()) {
        (Verdict::Deactivated { summary, .. }, Summary::Deactivated(shown)) => {
            assert_eq!(summary, *shown);
            *summary
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_deactivation_says_who_signed() {
    let summary = deactivated("controllers-live-and-ended");
    let methods: Vec<_> = summary.methods.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(
        methods,
        [format!("{}#ed-1", did(1)), format!("{}#ed-2", did(1))]
    );
    let signers: Vec<_> = summary
        .signers
        .iter()
        .map(|one| [&one.did, &one.method])
        .collect();
    assert_eq!(
        signers,
        [
            [&did(2), &format!("{}#ed-21", did(2))],
            [&did(4), &format!("{}#ed2020-41", did(4))],
        ]
    );
    assert_eq!(summary.deactivated_signers, [did(3)]);
    assert_eq!((summary.distinct_keys, summary.rule_set), (2, 1));
    assert_eq!((summary.log_index, summary.authority_since), (12, 8));
    assert_eq!(summary.network_id, NETWORK);
    assert_eq!(summary.time, "2026-09-21T14:13:26.000Z");
    assert_eq!((summary.bound, summary.import), (None, None));
}

#[test]
fn every_signature_of_the_leaf_stands_in_the_summary_with_its_key() {
    for case in cases() {
        let Some(operation) = &case.parts.operation else {
            continue;
        };
        let leaf = match Leaf::decode(&operation.leaf).unwrap() {
            Leaf::Operation(leaf) => leaf,
            Leaf::Import(import) => import.imported_operation().unwrap().unwrap(),
            _ => panic!("no operation"),
        };
        let summary = deactivated(case.name);
        let own = summary
            .methods
            .iter()
            .map(|one| (&one.id, &one.signature, &one.algorithm, &one.public_key_hex));
        let others = summary.signers.iter().map(|one| {
            (
                &one.method,
                &one.signature,
                &one.algorithm,
                &one.public_key_hex,
            )
        });
        let shown: Vec<_> = own.chain(others).collect();
        assert_eq!(shown.len(), leaf.signatures.len(), "{}", case.name);
        for signature in &leaf.signatures {
            let (_, bytes, algorithm, hex) = shown
                .iter()
                .find(|one| *one.0 == signature.method_id)
                .unwrap();
            assert_eq!(**bytes, signature.bytes);
            let algorithm = [
                did::KeyAlgorithm::Ed25519,
                did::KeyAlgorithm::P256,
                did::KeyAlgorithm::P384,
                did::KeyAlgorithm::P521,
                did::KeyAlgorithm::Rsa,
            ]
            .into_iter()
            .find(|one| one.as_str() == *algorithm);
            let key = hex::decode(hex).unwrap();
            let key = did::PublicKey::from_bytes(algorithm.unwrap(), &key).unwrap();
            assert!(key.verify(&leaf.payload, bytes).is_ok());
        }
    }
}

#[test]
fn controllers_stand_in_with_all_their_methods() {
    let summary = deactivated("stand-ins");
    let methods: Vec<_> = summary
        .methods
        .iter()
        .map(|one| {
            (
                one.id.as_str(),
                one.method_type.as_str(),
                one.algorithm.as_str(),
            )
        })
        .collect();
    let ids = [(2, "ed-21"), (2, "ed2020-22"), (3, "p256-31")];
    let ids = ids.map(|(number, name)| format!("{}#{name}", did(number)));
    assert_eq!(
        methods,
        [
            (ids[0].as_str(), "JsonWebKey2020", "Ed25519"),
            (&ids[1], "Ed25519VerificationKey2020", "Ed25519"),
            (&ids[2], "JsonWebKey2020", "P-256"),
        ]
    );
    assert_eq!(summary.signers, []);
    assert_eq!(summary.deactivated_signers, [did(4)]);
}

#[test]
fn one_key_under_two_ids_counts_once_and_inline_keys_are_named() {
    let summary = deactivated("one-key-under-two-ids");
    assert_eq!((summary.methods.len(), summary.distinct_keys), (2, 1));
    assert_eq!(
        summary.methods[0].public_key_hex,
        summary.methods[1].public_key_hex
    );
    assert_eq!(
        deactivated("inline-key").excluded,
        [format!("{}#inline", did(1))]
    );
    assert_eq!(deactivated("controllers-live-and-ended").excluded, [""; 0]);
}

#[test]
fn bound_statements_say_what_they_end() {
    let bound = deactivated("bound-to-a-version").bound.unwrap();
    assert_eq!(bound.scope, BoundScope::Version);
    assert_eq!(bound.expires, "2026-09-21T14:13:26.000Z");
    let bound = deactivated("bound-to-an-authority").bound.unwrap();
    assert_eq!(bound.scope, BoundScope::Authority);
    assert_eq!(bound.expires, "+584556019-04-03T14:25:51.615Z");
}

/// The update before it in the same submission changed the list: the summary names that operation's index.
#[test]
fn a_list_that_the_same_submission_changed_shows() {
    let summary = deactivated("same-submission");
    assert_eq!((summary.log_index, summary.authority_since), (6, 4));
    assert_eq!(summary.methods.len(), 1);
}

#[test]
fn an_import_says_where_it_comes_from_and_counts_from_here() {
    let case = case("imported");
    let summary = deactivated("imported");
    let import = summary.import.unwrap();
    assert_eq!(
        (import.origin.as_str(), import.log_index),
        ("log.example/before", 6)
    );
    assert_eq!(import.time, "2026-09-21T14:14:23.000Z");
    assert_eq!(summary.time, "2026-09-21T14:13:23.000Z");
    assert_eq!(summary.log_index, 8);
    let Verdict::Deactivated {
        at_latest_ms,
        log_index,
        ..
    } = verdict_of(case)
    else {
        panic!("it is deactivated");
    };
    assert_eq!(
        (at_latest_ms, log_index),
        (When::LogClock(START_MS + 63_000), 8)
    );
}

#[test]
fn of_imports_inside_each_other_the_outermost_is_named() {
    let import = deactivated("imported-twice").import.unwrap();
    assert_eq!(
        (import.origin.as_str(), import.log_index),
        ("log.example/between", 3)
    );
}

#[test]
fn an_active_did_says_how_it_stands() {
    let active = |name| match verdict_of(case(name)) {
        Verdict::Active { summary, .. } => summary,
        other => panic!("{other:?}"),
    };
    let plain = active("active");
    let document = case("active").parts.dids[0].document.clone().unwrap();
    assert_eq!(plain.document_hash, proof::sha256(&document));
    assert_eq!((plain.version_sequence, plain.creation_index), (2, 4));
    assert_eq!((plain.status_list_index, plain.authority_since), (1, 4));
    assert!(!plain.frozen);
    let deactivated = active("active-with-ended-signer");
    assert_eq!(
        (deactivated.deactivated_signers, deactivated.absent_signers),
        (vec![did(3)], vec![])
    );
    assert!(!deactivated.frozen);
    let absent = active("active-with-absent-signer");
    assert_eq!(
        (absent.deactivated_signers, absent.absent_signers),
        (vec![], vec![did(2)])
    );
    let frozen = active("frozen");
    assert!(frozen.frozen);
    assert_eq!(frozen.deactivated_signers, [did(2), did(3), did(4)]);
}

/// One live controller is enough, as long as it may get a key.
#[test]
fn a_document_without_keys_is_frozen_only_when_all_controllers_are_gone() {
    let mut world = crate::accepted::stand_in_world();
    world.deactivate(2);
    let case = Case {
        name: "nearly frozen",
        parts: world.latest_parts(1),
        policy: alone(),
    };
    assert!(matches!(verdict_of(&case), Verdict::Active { summary, .. } if !summary.frozen));
}

#[test]
fn verdicts_name_network_checkpoint_and_place() {
    let case = case("never-existed");
    let (checkpoint, _) = Checkpoint::parse(
        Note::parse(case.parts.checkpoint.as_bytes())
            .unwrap()
            .text(),
    )
    .unwrap();
    assert_eq!(checkpoint.origin, ORIGIN);
    let expected = Verdict::NeverExisted {
        did: parsed(77),
        network_id: NETWORK,
        log_index: checkpoint.size - 1,
        still_at_ms: When::LogClock(START_MS + 5_000),
        checkpoint,
    };
    assert_eq!(verdict_of(case), expected);
}

#[test]
fn times_are_those_of_a_quorum() {
    let mut world = controlled_world();
    let start_s = START_MS / 1_000;
    let [one, two, three] = [1, 2, 3].map(witness);
    let times = [
        (&one, start_s + 30),
        (&two, start_s + 10),
        (&three, start_s + 25),
    ];
    let mut latest = world.latest_parts(1);
    latest.checkpoint = world.checkpoint(&times);
    let index = world.deactivate(1);
    let mut deactivated = world.deactivated_parts(index);
    deactivated.checkpoint = world.checkpoint(&times);
    // By when the first, the second and all three had signed; and from when on as many signed.
    for (threshold, at_latest_s, still_at_s) in [(1, 10, 30), (2, 25, 25), (3, 30, 10)] {
        let policy = witnessed(threshold).parsed();
        let verdict = |parts: &proof::receipt::Parts| {
            let receipt = proof::receipt::Receipt::assemble(parts.clone()).unwrap();
            receipt.verify(&policy).unwrap()
        };
        let Verdict::Deactivated { at_latest_ms, .. } = verdict(&deactivated) else {
            panic!("it is deactivated");
        };
        assert_eq!(
            at_latest_ms,
            When::Witnessed((start_s + at_latest_s) * 1_000)
        );
        let Verdict::Active { still_at_ms, .. } = verdict(&latest) else {
            panic!("it was active");
        };
        assert_eq!(still_at_ms, When::Witnessed((start_s + still_at_s) * 1_000));
    }
}

#[test]
fn the_operation_can_be_proven_alone() {
    let published = case("published");
    let receipt = published.receipt();
    let proof = receipt.tlog_proof().unwrap();
    let leaf = &published.parts.operation.as_ref().unwrap().leaf;
    assert!(
        proof
            .verify(&Leaf::hash_of(leaf), &published.policy.parsed())
            .is_ok()
    );
    assert!(case("active").receipt().tlog_proof().is_none());
}

/// A verifier applies its own policy: that the issuer had no quorum is not a reason to refuse.
#[test]
fn the_stage_is_the_issuers_word() {
    let published = case("published");
    let mut parts = published.parts.clone();
    parts.stage = Stage::Finished;
    let receipt = proof::receipt::Receipt::assemble(parts).unwrap();
    assert!(receipt.verify(&published.policy.parsed()).is_ok());
}

/// A verifier that needs other witnesses finds their lines. They do not disturb one that does not.
#[test]
fn lines_of_keys_that_the_policy_does_not_list_are_not_checked() {
    let mut parts = case("published").parts.clone();
    let last = parts
        .checkpoint
        .trim_end()
        .rsplit(' ')
        .next()
        .unwrap()
        .to_owned();
    parts.checkpoint = parts.checkpoint.replace(&last[20..40], &"A".repeat(20));
    let receipt = proof::receipt::Receipt::assemble(parts).unwrap();
    assert!(receipt.verify(&alone().parsed()).is_ok());
    let reason = receipt.verify(&witnessed(1).parsed()).unwrap_err();
    assert_eq!(reason.code(), "wrongSignatureLine");
}

/// Yesterday's receipt does not prove today's state: the parts of a larger log do not mix with an older checkpoint.
#[test]
fn parts_of_two_checkpoints_do_not_mix() {
    let mut world = World::new();
    world.create(&document(1, &["ed-1"]));
    let older = world.checkpoint(&[]);
    let index = world.deactivate(1);
    let mut parts = world.deactivated_parts(index);
    parts.checkpoint = older;
    let reason = proof::receipt::Receipt::assemble(parts).unwrap_err();
    assert_eq!(reason.code(), "stateNotIncluded");
}

#[test]
fn the_page_names_exactly_the_reasons_there_are() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/receipts.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, reasons) = page.split_once("\n## Reasons\n").unwrap();
    let (reasons, _) = reasons.split_once("\n## ").unwrap();
    let named: BTreeSet<&str> = reasons
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    let mut seen: BTreeSet<&str> = refusals().iter().map(|refusal| refusal.reason).collect();
    // Too long to be kept as a vector.
    seen.insert("tooLarge");
    assert_eq!(named, seen);
}
