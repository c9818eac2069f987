//! Random worlds: whatever the ledger accepts gives a receipt that verifies, and one signature less, changed or
//! exchanged gives none.

use std::convert::Infallible;

use did::{Known, OperationKind, RequiredSet, Scope, authority_hash};
use proof::leaf::OperationLeaf;
use proof::receipt::{NoProof, Receipt, Summary, Verdict};
use proptest::prelude::*;

use crate::accepted::bound;
use crate::policies::alone;
use crate::refused_log::lying_parts;
use crate::world::{World, controlled_by, deactivation, did, document, parsed, signed, version};

/// A DID that DID 1 may name.
#[derive(Clone, Debug)]
struct Other {
    number: u8,
    keys: Vec<String>,
    deactivated: bool,
    in_list: bool,
    of_method: bool,
}

#[derive(Clone, Copy, Debug)]
enum Statement {
    Plain,
    BoundToVersion,
    BoundToAuthority,
}

#[derive(Clone, Debug)]
struct Case {
    own: Vec<String>,
    others: Vec<Other>,
    bystanders: u8,
    later: u8,
    statement: Statement,
}

impl Case {
    fn world(&self) -> World {
        let mut world = World::new();
        for number in 0..self.bystanders {
            world.create(&document(100 + number, &["ed-100"]));
        }
        for other in &self.others {
            world.create(&document(other.number, &texts(&other.keys)));
        }
        let mut controllers: Vec<u8> = self
            .others
            .iter()
            .filter(|it| it.in_list)
            .map(|it| it.number)
            .collect();
        if !self.own.is_empty() {
            controllers.insert(0, 1);
        }
        let mut subject = controlled_by(&controllers, document(1, &texts(&self.own)));
        let of_method = self.others.iter().filter(|other| other.of_method);
        for (method, other) in subject.verification_method.iter_mut().zip(of_method) {
            method.controller = did(other.number);
        }
        world.create(&subject);
        for other in self.others.iter().filter(|other| other.deactivated) {
            world.deactivate(other.number);
        }
        world
    }

    fn required(&self, world: &World) -> Option<RequiredSet> {
        let state = state_of(world);
        RequiredSet::of(&state.document, &mut world.clone()).ok()
    }

    /// The index of the deactivation of DID 1 in a world where it can be deactivated.
    fn deactivate(&self, world: &mut World) -> u64 {
        let scope = match self.statement {
            Statement::Plain => return world.deactivate(1),
            Statement::BoundToVersion => {
                Scope::Version(*world.states[&parsed(1)].value.head_hash.as_bytes())
            }
            Statement::BoundToAuthority => {
                let Ok(authority) = authority_hash(&state_of(world), &mut world.clone());
                Scope::Authority(authority)
            }
        };
        let bound = bound(world, scope);
        world.end_bound(&bound)
    }
}

fn state_of(world: &World) -> std::sync::Arc<did::DidState> {
    let state: Result<_, Infallible> = world.clone().state(&parsed(1));
    state.unwrap().unwrap()
}

fn texts(fragments: &[String]) -> Vec<&str> {
    fragments.iter().map(String::as_str).collect()
}

fn any_keys(number: u8, range: std::ops::Range<usize>) -> impl Strategy<Value = Vec<String>> {
    let kinds = prop::sample::select(vec!["ed", "ed2018", "ed2020", "p256"]);
    prop::collection::vec(kinds, range).prop_map(move |kinds| {
        let named = kinds.into_iter().enumerate();
        named
            .map(|(at, kind)| format!("{kind}-{}", number * 10 + at as u8 + 1))
            .collect()
    })
}

fn any_case() -> impl Strategy<Value = Case> {
    let other = |number: u8| {
        let flags = (
            prop::bool::weighted(0.3),
            prop::bool::weighted(0.6),
            any::<bool>(),
        );
        (any_keys(number, 1..3), flags).prop_map(
            move |(keys, (deactivated, in_list, of_method))| Other {
                number,
                keys,
                deactivated,
                in_list,
                of_method,
            },
        )
    };
    let statement = prop::sample::select(vec![
        Statement::Plain,
        Statement::BoundToVersion,
        Statement::BoundToAuthority,
    ]);
    let counts = (0_u8..4, 0_u8..4);
    let others = (other(2), other(3), other(4));
    (any_keys(1, 0..4), others, counts, statement).prop_map(
        |(own, (two, three, four), (bystanders, later), statement)| {
            let mut others = vec![two, three, four];
            // Without keys it needs a controller that can create it.
            others[0].in_list |= own.is_empty();
            Case {
                own,
                others,
                bystanders,
                later,
                statement,
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_the_ledger_accepts_has_a_receipt_that_verifies(case in any_case()) {
        let mut world = case.world();
        let set = case.required(&world);
        let before = Receipt::assemble(world.latest_parts(1)).unwrap();
        let Verdict::Active { summary, .. } = before.verify(&alone().parsed()).unwrap() else {
            panic!("it is active");
        };
        prop_assert_eq!(summary.frozen, set.is_none());
        let Some(set) = set else { return Ok(()) };
        let index = case.deactivate(&mut world);
        for number in 0..case.later {
            world.create(&document(200 + number, &["ed-200"]));
        }
        let receipt = Receipt::assemble(world.deactivated_parts(index)).unwrap();
        let read = Receipt::parse(&receipt.to_bytes()).unwrap();
        let Verdict::Deactivated { summary, log_index, .. } = read.verify(&alone().parsed()).unwrap() else {
            panic!("it is deactivated");
        };
        let methods: Vec<String> = set.methods().map(|(id, _)| id.to_string()).collect();
        let signed: Vec<String> = summary.methods.iter().map(|one| one.id.clone()).collect();
        prop_assert_eq!(signed, methods);
        let signers: Vec<String> = set.signers().map(|(did, _)| did.to_string()).collect();
        let signed: Vec<String> = summary.signers.iter().map(|one| one.did.clone()).collect();
        prop_assert_eq!(signed, signers);
        let deactivated: Vec<String> = set.deactivated().map(ToString::to_string).collect();
        prop_assert_eq!(summary.deactivated_signers, deactivated);
        prop_assert_eq!(log_index, index);
        prop_assert_eq!(receipt.summary(), read.summary());
    }

    #[test]
    fn one_signature_less_changed_or_exchanged_proves_nothing(
        case in any_case(),
        at in any::<prop::sample::Index>(),
        bit in 0_usize..512,
        fault in 0_u8..3,
    ) {
        let world = case.world();
        if case.required(&world).is_none() {
            return Ok(());
        }
        let signers = world.complete_set(1);
        let operation = signed(OperationKind::Deactivate, deactivation(1, &version(201)), &signers);
        let proposal = operation.into();
        let accepted = world.judge(std::slice::from_ref(&proposal)).unwrap().remove(0);
        let mut leaf = world.leaf(&proposal, &accepted);
        let at = at.index(leaf.signatures.len());
        let faulty = leaf.signatures[at].method_id.clone();
        let invalid = break_it(&mut leaf, at, bit, fault);
        let reason = Receipt::assemble(lying_parts(world, &leaf, &accepted.document)).unwrap_err();
        let NoProof::Incomplete(rejection) = reason else {
            panic!("{reason}");
        };
        let controller = faulty.split('#').next().unwrap().to_owned();
        let named = if invalid { rejection.invalid() } else { rejection.missing() };
        prop_assert!(named.contains(&faulty) || named.contains(&controller), "{named:?} {faulty}");
        prop_assert!(rejection.unexpected().is_empty());
    }
}

/// Whether the signature is still there.
fn break_it(leaf: &mut OperationLeaf, at: usize, bit: usize, fault: u8) -> bool {
    let next = (at + 1) % leaf.signatures.len();
    let differs = leaf.signatures[at].bytes != leaf.signatures[next].bytes;
    match fault {
        0 => {
            leaf.signatures.remove(at);
            false
        }
        1 if differs => {
            let other = leaf.signatures[next].bytes.clone();
            leaf.signatures[next].bytes = std::mem::replace(&mut leaf.signatures[at].bytes, other);
            true
        }
        _ => {
            let bytes = &mut leaf.signatures[at].bytes;
            let bit = bit % (bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            true
        }
    }
}

/// The readable part is computed from what is proven, so that two receipts of one checkpoint never disagree.
#[test]
fn never_existed_has_nothing_else_to_say() {
    let receipt = Receipt::assemble(World::new().latest_parts(1)).unwrap();
    assert_eq!(receipt.summary(), &Summary::NeverExisted {});
}
