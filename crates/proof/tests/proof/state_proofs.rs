//! State proofs prove what the tree contains, and nothing else.

use proof::state::{
    EMPTY_STATE_ROOT, InvalidStateProof, MAX_STATE_PROOF_BYTES, NibblePath, StateKey, StateProof,
    StateTree,
};
use proof::{Hash, sha256};
use proptest::prelude::*;

use crate::state_model::Stored;

fn key(seed: u64) -> StateKey {
    StateKey::from(*sha256(&seed.to_be_bytes()).as_bytes())
}

fn tree_of(keys: std::ops::Range<u64>) -> Stored {
    let mut stored = Stored::default();
    stored.update(
        &keys
            .map(|n| (key(n), sha256(&n.to_be_bytes())))
            .collect::<Vec<_>>(),
    );
    stored
}

#[test]
fn present_and_absent_keys_are_proved() {
    for size in [1, 2, 3, 17, 2_000] {
        let stored = tree_of(0..size);
        let root = stored.tree.root();
        for n in 0..size {
            let proof = stored.prove(&key(n)).unwrap();
            let value = sha256(&n.to_be_bytes());
            assert_eq!(proof.verify_inclusion(&root, &key(n), &value), Ok(()));
            assert_eq!(
                proof.verify_inclusion(&root, &key(n), &root),
                Err(InvalidStateProof::OtherValue)
            );
            assert_eq!(
                proof.verify_exclusion(&root, &key(n)),
                Err(InvalidStateProof::OtherValue)
            );
        }
        let mut ends = [0, 0];
        for n in size..size + 300 {
            let proof = stored.prove(&key(n)).unwrap();
            assert_eq!(proof.verify_exclusion(&root, &key(n)), Ok(()));
            assert_eq!(
                proof.verify_inclusion(&root, &key(n), &root),
                Err(InvalidStateProof::OtherValue)
            );
            ends[usize::from(proof.terminal().is_some())] += 1;
        }
        // Above a few keys both ends of a way occur.
        assert!(size < 17 || ends.iter().all(|count| *count > 0), "{ends:?}");
    }
}

#[test]
fn nothing_is_in_the_empty_tree() {
    let proof = StateTree::EMPTY
        .prove(&key(1), |_: &NibblePath| Err("never called"))
        .unwrap();
    assert_eq!(proof.verify_exclusion(&EMPTY_STATE_ROOT, &key(1)), Ok(()));
    assert_eq!(proof.encode(), [0, 0, 0]);
    assert_eq!(
        proof.verify(&sha256(b""), &key(1)),
        Err(InvalidStateProof::OtherRoot)
    );
}

#[test]
fn a_proof_is_good_for_its_own_key_alone() {
    let stored = tree_of(0..500);
    let root = stored.tree.root();
    for n in 0..500 {
        let proof = stored.prove(&key(n)).unwrap();
        // A leaf shows that its neighbours are absent, but only those whose way ends at it.
        for other in (n + 1)..(n + 100) {
            let verdict = proof.verify(&root, &key(other));
            assert!(
                verdict.is_err() || verdict == Ok(None) && other >= 500,
                "{n} as {other}: {verdict:?}"
            );
        }
    }
}

/// A root made by someone who breaks the rules must not turn a leaf in a foreign place into a proof of absence.
#[test]
fn a_leaf_that_lies_off_the_way_of_its_own_key_shows_nothing() {
    let (left, right) = (StateKey::from([0x00; 32]), StateKey::from([0xff; 32]));
    let hash_of = |parts: &[&[u8]]| sha256(&parts.concat());
    let leaf = hash_of(&[b"JMT::LeafNode", right.as_bytes(), sha256(b"").as_ref()]);
    let other = sha256(b"other half");
    let root = hash_of(&[b"JMT::IntrnalNode", leaf.as_ref(), other.as_ref()]);
    let terminal = [[1].as_slice(), right.as_bytes(), sha256(b"").as_ref()].concat();
    let proof =
        StateProof::decode(&[&terminal, [0, 1, 0x80].as_slice(), other.as_ref()].concat()).unwrap();
    assert_eq!(proof.verify(&root, &left), Err(InvalidStateProof::OtherKey));
    assert_eq!(
        proof.verify(&root, &right),
        Err(InvalidStateProof::OtherRoot)
    );
}

#[test]
fn every_flipped_bit_is_noticed() {
    let stored = tree_of(0..200);
    let root = stored.tree.root();
    for n in [0, 1, 500, 501, 502, 503] {
        let proof = stored.prove(&key(n)).unwrap();
        let truth = proof.verify(&root, &key(n)).unwrap();
        let bytes = proof.encode();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let verdict =
                StateProof::decode(&flipped).and_then(|proof| proof.verify(&root, &key(n)));
            assert!(
                verdict.is_err(),
                "bit {bit} of the proof of {n}: {verdict:?} instead of {truth:?}"
            );
        }
        for bit in 0..256 {
            let mut other = *root.as_bytes();
            other[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(
                proof.verify(&Hash::from(other), &key(n)),
                Err(InvalidStateProof::OtherRoot)
            );
        }
    }
}

#[test]
fn the_deepest_proof_is_read_and_a_deeper_one_is_not() {
    let mut bytes = [0x55; 32];
    let mut stored = Stored::default();
    let mut changes = vec![(StateKey::from(bytes), sha256(b""))];
    bytes[31] ^= 1;
    changes.push((StateKey::from(bytes), sha256(b"")));
    stored.update(&changes);
    let proof = stored.prove(&changes[0].0).unwrap();
    assert_eq!(proof.siblings().len(), 256);
    assert_eq!(
        proof.verify(&stored.tree.root(), &changes[0].0),
        Ok(Some(sha256(b"")))
    );
    // All but one sibling are empty subtrees, which take one bit each.
    assert_eq!(proof.encode().len(), 1 + 64 + 2 + 32 + 32);
    assert_eq!(StateProof::decode(&proof.encode()), Ok(proof));

    let full = |count: usize| {
        let bitmap = vec![0xff; count / 8];
        let header = [[0].as_slice(), &(count as u16).to_be_bytes(), &bitmap].concat();
        [header, vec![1; 32 * count]].concat()
    };
    assert!(StateProof::decode(&full(256)).is_ok());
    assert!(StateProof::decode(&full(264)).is_err());
    assert_eq!(full(256).len() + 64, MAX_STATE_PROOF_BYTES);
}

#[test]
fn second_spellings_are_refused() {
    let wrong: [&[u8]; 6] = [
        &[],
        &[2, 0, 0],
        &[0, 0, 0, 0],
        &[0, 0, 1, 0x40],
        &[0, 0, 1, 0x81],
        &[[0, 0, 1, 0x80].as_slice(), EMPTY_STATE_ROOT.as_ref()].concat(),
    ];
    for bytes in wrong {
        assert!(StateProof::decode(bytes).is_err(), "{bytes:?}");
    }
    assert!(StateProof::decode(&[0, 0, 1, 0]).is_ok());
}

proptest! {
    #[test]
    fn only_canonical_proofs_are_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(proof) = StateProof::decode(&bytes) {
            prop_assert_eq!(proof.encode(), bytes);
        }
    }

    #[test]
    fn random_trees_prove_all_their_keys(size in 1_u64..300, asked in 0_u64..600) {
        let stored = tree_of(0..size);
        let proof = stored.prove(&key(asked)).unwrap();
        let read = StateProof::decode(&proof.encode());
        prop_assert_eq!(read.as_ref(), Ok(&proof));
        let expected = (asked < size).then(|| sha256(&asked.to_be_bytes()));
        prop_assert_eq!(proof.verify(&stored.tree.root(), &key(asked)), Ok(expected));
    }
}
