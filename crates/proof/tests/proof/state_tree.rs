//! The state tree against the oracle, and against damaged nodes.

use std::collections::BTreeMap;

use proof::state::{
    EMPTY_STATE_ROOT, InvalidNode, NibbleNode, NibblePath, Slot, StateKey, StateTree,
    StateTreeError, Summary,
};
use proof::{Hash, sha256};
use proptest::prelude::*;

use crate::state_model::{Oracle, Stored};

fn key(seed: u64) -> StateKey {
    StateKey::from(*sha256(&seed.to_be_bytes()).as_bytes())
}

fn apply(stored: &mut Stored, oracle: &mut Oracle, batch: &[(StateKey, Vec<u8>)]) {
    let hashes: Vec<_> = batch
        .iter()
        .map(|(key, value)| (*key, sha256(value)))
        .collect();
    stored.update(&hashes);
    assert_eq!(stored.tree.root(), oracle.update(batch));
}

#[test]
fn roots_of_many_batches_are_those_of_the_oracle() {
    let (mut stored, mut oracle) = (Stored::default(), Oracle::default());
    assert_eq!(stored.tree.root(), EMPTY_STATE_ROOT);
    let mut model = BTreeMap::new();
    // Growing batches; a third of each replaces values that are there already.
    for (round, size) in [1_u64, 1, 2, 5, 40, 300, 1_000, 4_000, 64, 1]
        .into_iter()
        .enumerate()
    {
        let first = model.len() as u64 * 2 / 3;
        let batch: Vec<_> = (first..first + size)
            .map(|n| (key(n), format!("{n} in {round}").into_bytes()))
            .collect();
        apply(&mut stored, &mut oracle, &batch);
        model.extend(batch);
    }
    assert!(model.len() > 3_000);
    for (key, value) in &model {
        assert_eq!(stored.lookup(key), Ok(Some(sha256(value))));
    }
    for absent in 10_000..10_500 {
        assert_eq!(stored.lookup(&key(absent)), Ok(None));
    }
}

#[test]
fn keys_that_share_long_beginnings_are_told_apart() {
    let (mut stored, mut oracle) = (Stored::default(), Oracle::default());
    let mut batch = Vec::new();
    for bit in (0..256).rev() {
        let mut bytes = [0x55; 32];
        bytes[bit / 8] ^= 0x80 >> (bit % 8);
        batch.push((StateKey::from(bytes), vec![bit as u8]));
    }
    apply(&mut stored, &mut oracle, &batch[..1]);
    apply(&mut stored, &mut oracle, &batch[1..2]);
    apply(&mut stored, &mut oracle, &batch[2..]);
    apply(
        &mut stored,
        &mut oracle,
        &[(StateKey::from([0x55; 32]), vec![])],
    );
    assert_eq!(stored.nodes.keys().map(NibblePath::depth).max(), Some(63));
    for (key, value) in &batch {
        assert_eq!(stored.lookup(key), Ok(Some(sha256(value))));
    }
    assert_eq!(stored.lookup(&StateKey::from([0x54; 32])), Ok(None));
}

#[test]
fn no_change_is_no_change_and_of_two_the_later_counts() {
    let mut stored = Stored::default();
    assert_eq!(stored.update(&[]), 0);
    let [a, b, c] = [1, 2, 3].map(|n| sha256(&[n]));
    stored.update(&[(key(1), a), (key(2), b), (key(1), c)]);
    assert_eq!(stored.lookup(&key(1)), Ok(Some(c)));
    assert_eq!(stored.lookup(&key(2)), Ok(Some(b)));
}

#[test]
fn a_batch_writes_each_node_once() {
    let mut stored = Stored::default();
    let changes: Vec<_> = (0..2_000).map(|n| (key(n), sha256(b""))).collect();
    assert_eq!(stored.update(&changes), stored.nodes.len());
    let update = stored
        .tree
        .update(&changes[..100], |path| stored.load(path))
        .unwrap();
    assert!(update.nodes.is_sorted_by(|(a, _), (b, _)| a < b));
    assert!(update.nodes.len() < 300);
}

/// Whether every answer about these keys is the right one or an error, and at least one is an error.
fn is_noticed(stored: &Stored, damaged: &NibblePath, truth: &[(StateKey, Option<Hash>)]) -> bool {
    let corrupt = StateTreeError::Corrupt { path: *damaged };
    let mut detected = false;
    for (key, value) in truth {
        match stored.lookup(key) {
            Ok(found) => {
                assert_eq!(found, *value, "a wrong answer");
                assert_eq!(
                    stored.prove(key).unwrap().verify(&stored.tree.root(), key),
                    Ok(*value)
                );
            }
            Err(error) => {
                assert_eq!(error, corrupt);
                if !detected {
                    assert_eq!(stored.prove(key), Err(error));
                    let change = [(*key, Hash::from([9; 32]))];
                    assert_eq!(
                        stored.tree.update(&change, |path| stored.load(path)),
                        Err(corrupt.clone())
                    );
                }
                detected = true;
            }
        }
    }
    detected
}

#[test]
fn every_flipped_bit_of_every_node_is_noticed() {
    let mut stored = Stored::default();
    let changes: Vec<_> = (0..20).map(|n| (key(n), sha256(&[n as u8]))).collect();
    stored.update(&changes);
    assert!(stored.nodes.len() > 3);
    let absent = (20..30).map(|n| (key(n), None));
    let truth: Vec<_> = changes
        .iter()
        .map(|(key, hash)| (*key, Some(*hash)))
        .chain(absent)
        .collect();
    for (path, bytes) in stored.nodes.clone() {
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            stored.nodes.insert(path, flipped);
            assert!(
                is_noticed(&stored, &path, &truth),
                "bit {bit} of node `{path}`"
            );
        }
        stored.nodes.insert(path, bytes);
    }
}

#[test]
fn missing_and_outdated_nodes_are_noticed() {
    let mut stored = Stored::default();
    stored.update(
        &(0..40)
            .map(|n| (key(n), sha256(b"old")))
            .collect::<Vec<_>>(),
    );
    let old = stored.nodes.clone();
    stored.update(
        &(0..40)
            .map(|n| (key(n), sha256(b"new")))
            .collect::<Vec<_>>(),
    );
    let truth: Vec<_> = (0..40).map(|n| (key(n), Some(sha256(b"new")))).collect();
    for (path, bytes) in stored.nodes.clone() {
        stored.nodes.insert(path, old[&path].clone());
        assert!(is_noticed(&stored, &path, &truth), "outdated node `{path}`");
        stored.nodes.remove(&path);
        assert!(is_noticed(&stored, &path, &truth), "missing node `{path}`");
        stored.nodes.insert(path, bytes);
    }
}

/// Where a half of a node holds one leaf alone, the hash is the same for every slot of that half.
#[test]
fn a_leaf_in_a_slot_that_is_not_its_own_is_noticed() {
    let at = |first: u8| StateKey::from(std::array::from_fn(|i| if i == 0 { first } else { 7 }));
    let mut stored = Stored::default();
    stored.update(&[(at(0x30), sha256(b"a")), (at(0xc0), sha256(b"b"))]);
    let good = NibbleNode::decode(&stored.nodes[&NibblePath::ROOT]).unwrap();
    let mut bytes = good.encode();
    bytes[..2].copy_from_slice(&(1_u16 << 5 | 1 << 12).to_be_bytes());
    let moved = NibbleNode::decode(&bytes).unwrap();
    assert_eq!(moved.summary(), good.summary());
    stored.nodes.insert(NibblePath::ROOT, bytes);
    assert_eq!(
        stored.lookup(&at(0x30)),
        Err(StateTreeError::Corrupt {
            path: NibblePath::ROOT
        })
    );
}

#[test]
fn errors_of_the_source_are_passed_on() {
    let tree = StateTree::new(Hash::from([1; 32]));
    let failing = |_: &NibblePath| Err("disk");
    assert_eq!(
        tree.lookup(&key(0), failing),
        Err(StateTreeError::Source("disk"))
    );
    assert_eq!(
        tree.prove(&key(0), failing),
        Err(StateTreeError::Source("disk"))
    );
    assert_eq!(
        tree.update(&[(key(0), sha256(b""))], failing),
        Err(StateTreeError::Source("disk"))
    );
}

#[test]
fn a_node_is_summed_up_as_its_keys_are() {
    assert_eq!(NibbleNode::EMPTY.summary(), Summary::Empty);
    assert_eq!(NibbleNode::EMPTY.summary().hash(), EMPTY_STATE_ROOT);
    let mut stored = Stored::default();
    stored.update(&[(key(1), sha256(b"a"))]);
    let node = NibbleNode::decode(&stored.nodes[&NibblePath::ROOT]).unwrap();
    let leaf = sha256(
        &[
            b"JMT::LeafNode",
            key(1).as_bytes().as_slice(),
            sha256(b"a").as_ref(),
        ]
        .concat(),
    );
    assert_eq!(node.summary(), Summary::Leaf(leaf));
    assert_eq!(
        node.slots()
            .iter()
            .filter(|slot| **slot != Slot::Empty)
            .count(),
        1
    );
    // A node alone below a node does not take its place: only leaves do.
    let inner = NibbleNode::decode(&[[0, 0, 0, 1].as_slice(), &[5; 32]].concat()).unwrap();
    assert!(matches!(inner.summary(), Summary::Inner(hash) if hash != Hash::from([5; 32])));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_batches_have_the_roots_of_the_oracle(
        batches in prop::collection::vec(prop::collection::btree_map(0_u64..400, any::<u16>(), 1..120), 1..6),
    ) {
        let (mut stored, mut oracle) = (Stored::default(), Oracle::default());
        let mut model = BTreeMap::new();
        for batch in batches {
            let batch: Vec<_> = batch.into_iter().map(|(n, v)| (key(n), v.to_be_bytes().to_vec())).collect();
            apply(&mut stored, &mut oracle, &batch);
            model.extend(batch);
        }
        for n in 0..400 {
            let expected = model.get(&key(n)).map(|value| sha256(value));
            prop_assert_eq!(stored.lookup(&key(n)), Ok(expected));
        }
    }

    #[test]
    fn the_way_to_a_state_does_not_matter(
        keys in prop::collection::btree_set(0_u64..300, 1..100), cut in 0_usize..100,
    ) {
        let changes: Vec<_> = keys.into_iter().map(|n| (key(n), sha256(&n.to_be_bytes()))).collect();
        let (first, second) = changes.split_at(cut.min(changes.len()));
        let (mut at_once, mut in_two) = (Stored::default(), Stored::default());
        at_once.update(&changes);
        in_two.update(second);
        in_two.update(first);
        prop_assert_eq!(at_once.tree, in_two.tree);
        prop_assert_eq!(at_once.nodes, in_two.nodes);
    }

    #[test]
    fn only_canonical_nodes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        match NibbleNode::decode(&bytes) {
            Ok(node) => prop_assert_eq!(node.encode(), bytes),
            Err(error) => prop_assert_eq!(error, InvalidNode),
        }
    }

    #[test]
    fn any_node_round_trips(leaves: u16, inner: u16, fill in prop::collection::vec(any::<u8>(), 16 * 64)) {
        let inner = inner & !leaves;
        let children = leaves.count_ones() * 64 + inner.count_ones() * 32;
        let bitmaps = [leaves.to_be_bytes(), inner.to_be_bytes()].concat();
        let bytes = [bitmaps.as_slice(), &fill[..children as usize]].concat();
        prop_assert_eq!(NibbleNode::decode(&bytes).unwrap().encode(), bytes);
    }
}
