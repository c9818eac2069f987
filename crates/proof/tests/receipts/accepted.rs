//! Receipts that verify, by name.

use std::sync::LazyLock;

use did::proto::MsgCreateDidDocPayload;
use did::{BoundVersion, Document, OperationKind, Scope, authority_hash};
use proof::leaf::{Import, ImportedLeaf, Leaf, TreeHead};
use proof::receipt::{Parts, Receipt, Stage};
use proof::sha256;
use prost::Message;

use crate::keys::method;
use crate::policies::{PolicyText, alone, pinned_to, witness, witnessed};
use crate::world::{
    NETWORK, START_MS, World, controlled_by, deactivation, did, document, parsed, reference,
    signed, version,
};

pub struct Case {
    pub name: &'static str,
    pub parts: Parts,
    pub policy: PolicyText,
}

impl Case {
    #[track_caller]
    pub fn receipt(&self) -> Receipt {
        match Receipt::assemble(self.parts.clone()) {
            Ok(receipt) => receipt,
            Err(error) => panic!("{}: {error}", self.name),
        }
    }
}

fn build() -> Vec<Case> {
    let alone = |name, parts| Case {
        name,
        parts,
        policy: alone(),
    };
    vec![
        alone(
            "ed25519-in-three-method-types",
            own_keys(&["ed2018-1", "ed2020-2", "ed-3"]),
        ),
        alone(
            "nist-curves-and-rsa",
            own_keys(&["p256-1", "p384-2", "p521-3", "rsa-1"]),
        ),
        alone("controllers-live-and-ended", controllers()),
        alone("stand-ins", stand_ins()),
        alone("one-key-under-two-ids", own_keys(&["ed2020-1", "ed-1"])),
        alone("bound-to-a-version", bound_to_a_version()),
        alone("bound-to-an-authority", bound_to_an_authority()),
        alone("inline-key", inline_key()),
        alone("same-submission", same_submission()),
        alone("imported", imported()),
        alone("imported-bound-to-a-version", imported_bound()),
        alone("imported-twice", imported_twice()),
        published(),
        alone("active", active()),
        alone("active-with-ended-signer", active_with_ended_signer()),
        alone("active-with-absent-signer", active_with_absent_signer()),
        alone("frozen", frozen()),
        never_existed(),
        alone(
            "never-existed-in-an-empty-log",
            World::new().latest_parts(1),
        ),
    ]
}

static CASES: LazyLock<Vec<Case>> = LazyLock::new(build);

/// All of them; made once.
pub fn cases() -> &'static [Case] {
    &CASES
}

pub fn case(name: &str) -> &'static Case {
    let found = cases().iter().find(|case| case.name == name);
    found.unwrap_or_else(|| panic!("no case {name}"))
}

fn own_keys(fragments: &[&str]) -> Parts {
    let mut world = World::new();
    world.create(&document(1, fragments));
    let index = world.deactivate(1);
    world.deactivated_parts(index)
}

/// DID 1 is controlled by itself, by 2 with two keys, by 3, which is deactivated; 4 controls its second method.
pub fn controlled_world() -> World {
    let mut world = World::new();
    world.create(&document(2, &["ed-21", "p256-22"]));
    world.create(&document(3, &["ed-31"]));
    world.create(&document(4, &["ed2020-41"]));
    let mut subject = controlled_by(&[1, 2, 3], document(1, &["ed-1", "ed-2"]));
    subject.verification_method[1].controller = did(4);
    world.create(&subject);
    world.deactivate(3);
    world
}

fn controllers() -> Parts {
    let mut world = controlled_world();
    let index = world.deactivate(1);
    world.deactivated_parts(index)
}

/// DID 1 has no keys; 2 signs for it with both of its keys, 3 with its one, 4 is deactivated.
pub fn stand_in_world() -> World {
    let mut world = World::new();
    world.create(&document(2, &["ed-21", "ed2020-22"]));
    world.create(&document(3, &["p256-31"]));
    world.create(&document(4, &["ed-41"]));
    world.create(&controlled_by(&[2, 3, 4], document(1, &[])));
    world.deactivate(4);
    world
}

fn stand_ins() -> Parts {
    let mut world = stand_in_world();
    let index = world.deactivate(1);
    world.deactivated_parts(index)
}

pub fn bound(world: &World, scope: Scope) -> BoundVersion {
    BoundVersion {
        network_id: *NETWORK.as_bytes(),
        did: parsed(1),
        scope,
        expires_ms: world.time_ms + 1_000,
    }
}

fn bound_to_a_version() -> Parts {
    let mut world = controlled_world();
    let head = world.states[&parsed(1)].value.head_hash;
    let bound = bound(&world, Scope::Version(*head.as_bytes()));
    let index = world.end_bound(&bound);
    world.deactivated_parts(index)
}

fn bound_to_an_authority() -> Parts {
    let mut world = stand_in_world();
    let state = did::Known::state(&mut world.clone(), &parsed(1))
        .unwrap()
        .unwrap();
    let Ok(authority) = authority_hash(&state, &mut world.clone());
    let mut bound = bound(&world, Scope::Authority(authority));
    bound.expires_ms = u64::MAX;
    // Nothing that counts changes: the statement still holds.
    world.update(&MsgCreateDidDocPayload {
        also_known_as: vec!["https://example.com".to_owned()],
        version_id: version(7),
        ..document(2, &["ed-21", "ed2020-22"])
    });
    let index = world.end_bound(&bound);
    world.deactivated_parts(index)
}

fn inline_key() -> Parts {
    let inline = format!(
        r#"{{"id":"{0}#inline","type":"Ed25519VerificationKey2018","controller":"{0}","publicKeyBase58":"{1}"}}"#,
        did(1),
        method(&did(1), "ed2018-9").verification_material,
    );
    let mut world = World::new();
    world.create(&MsgCreateDidDocPayload {
        assertion_method: vec![serde_json::to_string(&inline).unwrap()],
        ..document(1, &["ed-1"])
    });
    let index = world.deactivate(1);
    world.deactivated_parts(index)
}

/// An update takes one key away and a deactivation follows, in one submission.
fn same_submission() -> Parts {
    let mut world = World::new();
    world.create(&document(1, &["ed-1", "ed-2"]));
    let update = world.updating(&MsgCreateDidDocPayload {
        version_id: version(8),
        ..document(1, &["ed-1"])
    });
    let signers = vec![format!("{}#ed-1", did(1))];
    let end = signed(
        OperationKind::Deactivate,
        deactivation(1, &version(201)),
        &signers,
    );
    let indexes = world.submit(&[update.into(), end.into()]);
    world.deactivated_parts(indexes[1])
}

/// The log before an import, with the import that comes next: DID 1 is deactivated in an older log, where heads have
/// other indexes.
pub fn importing() -> (World, Import) {
    importing_what(|old| old.deactivate(1))
}

fn importing_what(end: impl FnOnce(&mut World) -> u64) -> (World, Import) {
    let history = |world: &mut World| {
        world.create(&document(2, &["ed-21"]));
        world.create(&controlled_by(&[1, 2], document(1, &["ed-1", "ed-2"])));
    };
    let mut old = World::new();
    history(&mut old);
    let deactivated = end(&mut old);
    let mut new = World::new();
    new.create(&document(9, &["ed-91"]));
    history(&mut new);
    new.time_ms += 60_000;
    let import = Import {
        network_id: NETWORK,
        time_ms: new.time_ms,
        did: did(1),
        origin: "log.example/before".to_owned(),
        until: TreeHead {
            size: old.size(),
            root: sha256(b"root of the older log"),
        },
        operation: Some(ImportedLeaf {
            index: deactivated,
            leaf: old.leaves[deactivated as usize].clone(),
        }),
        previous: Some(reference(&new.states[&parsed(1)].value)),
    };
    (new, import)
}

pub fn import_parts(mut world: World, import: &Import) -> Parts {
    let state = *world.closed.keys().next_back().unwrap();
    let index = world.push(&Leaf::Import(import.clone()));
    world.close();
    world.parts(&did(1), state, vec![parsed(1), parsed(2)], Some(index))
}

fn imported() -> Parts {
    let (world, import) = importing();
    import_parts(world, &import)
}

/// Bound to the head that the DID had in the older log; here it has another.
fn imported_bound() -> Parts {
    let (world, import) = importing_what(|old| {
        let head = old.states[&parsed(1)].value.head_hash;
        old.end_bound(&bound(old, Scope::Version(*head.as_bytes())))
    });
    import_parts(world, &import)
}

/// Out of a log that had imported it itself.
fn imported_twice() -> Parts {
    let (world, first) = importing();
    let second = Import {
        origin: "log.example/between".to_owned(),
        operation: Some(ImportedLeaf {
            index: 3,
            leaf: Leaf::Import(first.clone()).encode().unwrap(),
        }),
        ..first
    };
    import_parts(world, &second)
}

/// Under a later checkpoint, with all witnesses, out of order.
fn published() -> Case {
    let mut world = World::new();
    world.create(&document(1, &["ed-1"]));
    let index = world.deactivate(1);
    for number in 50..60 {
        world.create(&document(number, &["ed-5"]));
    }
    let mut parts = world.deactivated_parts(index);
    parts.stage = Stage::Published;
    let [one, two, three] = [1, 2, 3].map(witness);
    let start_s = START_MS / 1_000;
    let times = [
        (&one, start_s + 30),
        (&two, start_s + 10),
        (&three, start_s + 20),
    ];
    parts.checkpoint = world.checkpoint(&times);
    Case {
        name: "published",
        parts,
        policy: witnessed(2),
    }
}

fn active() -> Parts {
    let mut world = World::new();
    world.create(&document(2, &["ed-21"]));
    world.create(&document(1, &["ed-1", "p256-2"]));
    world.update(&MsgCreateDidDocPayload {
        version_id: version(9),
        also_known_as: vec!["https://example.com".to_owned()],
        ..document(1, &["ed-1", "p256-2"])
    });
    world.latest_parts(1)
}

fn active_with_ended_signer() -> Parts {
    controlled_world().latest_parts(1)
}

/// A log in which a controller was never created: only a lie, or an import out of order, makes one.
pub fn world_with_absent_signer() -> World {
    let mut world = World::new();
    let alone = document(1, &["ed-1"]);
    let signers = vec![format!("{}#ed-1", did(1))];
    let create = signed(OperationKind::Create, alone.encode_to_vec(), &signers).into();
    let accepted = world
        .judge(std::slice::from_ref(&create))
        .unwrap()
        .remove(0);
    let leaf = world.leaf(&create, &accepted);
    let controlled = Document::from_payload(&controlled_by(&[1, 2], alone)).unwrap();
    world.append(&leaf, &controlled);
    world.close();
    world
}

fn active_with_absent_signer() -> Parts {
    world_with_absent_signer().latest_parts(1)
}

fn frozen() -> Parts {
    let mut world = stand_in_world();
    world.deactivate(2);
    world.deactivate(3);
    world.latest_parts(1)
}

fn never_existed() -> Case {
    Case {
        name: "never-existed",
        parts: controlled_world().latest_parts(77),
        policy: pinned_to(NETWORK),
    }
}
