//! The rules against a model that is as short as its sentence.

use std::collections::BTreeSet;

use did::proto::{MsgCreateDidDocPayload, SignInfo};
use did::{Operation, OperationKind, Proposal};
use proptest::prelude::*;
use prost::Message;

use crate::world::{
    By, World, controlled_by, create, deactivate, did, document, ending, signature, update,
    updating, version,
};

/// A DID that may be named by DID 1.
#[derive(Clone, Debug)]
struct Other {
    number: u8,
    seeds: Vec<u8>,
    ended: bool,
    in_list: bool,
    of_method: bool,
}

#[derive(Clone, Debug)]
struct Case {
    own: Vec<u8>,
    others: Vec<Other>,
}

impl Case {
    fn named(&self) -> impl Iterator<Item = &Other> {
        let has_methods = !self.own.is_empty();
        self.others
            .iter()
            .filter(move |other| other.in_list || (other.of_method && has_methods))
    }

    fn world(&self) -> World {
        let controllers: Vec<u8> = self
            .others
            .iter()
            .filter(|it| it.in_list)
            .map(|it| it.number)
            .collect();
        let mut subject = controlled_by(&controllers, document(1, &self.own));
        for other in self.others.iter().filter(|other| other.of_method) {
            if let Some(method) = subject.verification_method.last_mut() {
                method.controller = did(other.number);
                subject.verification_method.rotate_right(1);
            }
        }
        let mut world = World::of([subject]);
        for other in &self.others {
            world.put(&document(other.number, &other.seeds));
            if other.ended {
                world.end(other.number);
            }
        }
        world
    }

    fn all_signers(&self) -> Vec<By> {
        let own = self.own.iter().map(|&seed| (1, seed));
        let others = self
            .others
            .iter()
            .flat_map(|other| other.seeds.iter().map(|&seed| (other.number, seed)));
        own.chain(others).collect()
    }

    /// Every method of the document; each other live signer once; without methods, all methods of the live signers.
    fn is_complete(&self, signers: &BTreeSet<By>) -> bool {
        let live: Vec<&Other> = self.named().filter(|other| !other.ended).collect();
        let of = |other: &Other| signers.iter().filter(|by| by.0 == other.number).count();
        let known: BTreeSet<u8> = self.named().map(|other| other.number).chain([1]).collect();
        let no_strangers = signers.iter().all(|by| known.contains(&by.0));
        let all_own = self.own.iter().all(|&seed| signers.contains(&(1, seed)));
        let others_have_signed = live.iter().all(|other| match self.own.is_empty() {
            true => of(other) == other.seeds.len() && !other.seeds.is_empty(),
            false => of(other) >= 1,
        });
        let somebody = !self.own.is_empty() || !live.is_empty();
        somebody && all_own && others_have_signed && no_strangers
    }
}

fn any_case() -> impl Strategy<Value = Case> {
    let other = |number: u8| {
        let flags = (
            prop::bool::weighted(0.3),
            any::<bool>(),
            prop::bool::weighted(0.3),
        );
        (0..=2_u8, flags).prop_map(move |(keys, (ended, in_list, of_method))| Other {
            number,
            seeds: (1..=keys).map(|key| number * 10 + key).collect(),
            ended,
            in_list,
            of_method,
        })
    };
    // At least as many own keys as methods that others may control, or none.
    let own = prop_oneof![Just(vec![]), Just(vec![1, 2, 3]), Just(vec![1, 2, 3, 4])];
    (own, other(2), other(3), other(4)).prop_map(|(own, two, three, four)| Case {
        own,
        others: vec![two, three, four],
    })
}

/// Who signs: all but a few, so that complete sets are common.
fn any_signers() -> impl Strategy<Value = Vec<bool>> {
    prop::collection::vec(prop::bool::weighted(0.85), 10)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_deactivation_is_accepted_exactly_when_its_set_is_complete(
        case in any_case(),
        choice in any_signers(),
        only_asked_for in prop::bool::weighted(0.7),
    ) {
        let named: BTreeSet<u8> = case.named().map(|other| other.number).chain([1]).collect();
        let signers: Vec<By> = case
            .all_signers()
            .into_iter()
            .zip(choice.iter().chain(std::iter::repeat(&true)))
            .filter(|(by, chosen)| **chosen && (!only_asked_for || named.contains(&by.0)))
            .map(|(by, _)| by)
            .collect();
        let complete = case.is_complete(&signers.iter().copied().collect());
        let judgement = case.world().judge(&[deactivate(1, &signers).into()]);
        prop_assert_eq!(judgement.is_ok(), complete, "{:?}", judgement);
    }
}

fn relabelled(kind: OperationKind, payload: &[u8], of: &Operation) -> Option<Proposal> {
    let infos = of
        .signatures()
        .iter()
        .map(|signature| SignInfo {
            verification_method_id: signature.method.to_string(),
            signature: signature.bytes.clone(),
        })
        .collect();
    Operation::parse(kind, payload, infos)
        .ok()
        .map(Proposal::from)
}

/// The signatures of an accepted operation, under another kind, for another version or another DID with the same keys.
#[test]
fn signatures_count_for_nothing_else_than_what_they_were_made_for() {
    let seeds = [1, 2];
    let before = document(1, &seeds);
    let after = MsgCreateDidDocPayload {
        also_known_as: vec!["https://example.com".to_owned()],
        ..document(1, &seeds)
    };
    let both = [(1, 1), (1, 2)];
    let made = create(&before, &both);
    let updated = update(&after, &both);
    let ended = deactivate(1, &both);
    let payloads = |number: u8, changed: u8| {
        let renamed = |payload: &MsgCreateDidDocPayload| MsgCreateDidDocPayload {
            verification_method: document(number, &seeds).verification_method,
            id: did(number),
            ..payload.clone()
        };
        [
            renamed(&before).encode_to_vec(),
            updating(&renamed(&before), changed),
            updating(&renamed(&after), 200),
            updating(&renamed(&after), changed),
            ending(number, &version(201)),
            ending(number, &version(changed)),
        ]
    };
    for (steps, latest) in [(1, &made), (2, &updated), (3, &ended)] {
        let mut world = World::of([document(2, &seeds)]);
        for operation in [&made, &updated, &ended].into_iter().take(steps) {
            world.takes(operation.clone());
        }
        for kind in [
            OperationKind::Create,
            OperationKind::Update,
            OperationKind::Deactivate,
        ] {
            for payload in payloads(1, 77).into_iter().chain(payloads(2, 78)) {
                if let Some(replayed) = relabelled(kind, &payload, latest) {
                    assert!(
                        world.judge(&[replayed]).is_err(),
                        "{kind:?} after {steps} steps"
                    );
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn one_other_byte_of_the_payload_voids_every_signature(
        at in any::<prop::sample::Index>(),
        bit in 0..8_u32,
        kind in prop::sample::select(OperationKind::ALL.to_vec()),
    ) {
        let subject = document(1, &[1, 2]);
        let payload = match kind {
            OperationKind::Create => subject.encode_to_vec(),
            OperationKind::Update => updating(&subject, 200),
            OperationKind::Deactivate => ending(1, &version(201)),
            OperationKind::CreateResource => crate::resources::payload(1, 1),
        };
        let infos: Vec<SignInfo> = [(1, 1), (1, 2)].map(|by| signature(by, &payload)).to_vec();
        let mut changed = payload.clone();
        let position = at.index(changed.len());
        changed[position] ^= 1 << bit;
        let world = match kind {
            OperationKind::Create => World::default(),
            OperationKind::Update | OperationKind::Deactivate | OperationKind::CreateResource => World::of([subject]),
        };
        let original = Operation::parse(kind, &payload, infos.clone()).unwrap();
        prop_assert!(world.judge(&[original.into()]).is_ok());
        // Only the case of a letter in the DID or the version id may be another text for the same thing, and even then
        // the bytes are not the ones that were signed.
        if let Ok(operation) = Operation::parse(kind, &changed, infos) {
            prop_assert!(world.judge(&[operation.into()]).is_err());
        }
    }
}
