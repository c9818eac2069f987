//! Roots and proofs against an independent implementation of RFC 6962, and every way to break a proof.

use std::collections::HashMap;
use std::convert::Infallible;

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proof::Hash;
use proof::merkle::{
    EMPTY_ROOT, Frontier, InvalidProof, MAX_PROOF_HASHES, MAX_TREE_SIZE, ProofError, Subtree,
    consistency_proof, consistency_proof_of, inclusion_proof, inclusion_proof_of, leaf_hash,
    root_at, root_of, verify_consistency, verify_inclusion,
};
use proptest::prelude::*;
use sha2::Sha256;

type Oracle = MemoryBackedTree<Sha256, Vec<u8>>;

/// A growing log: leaf hashes, stored subtrees, and the oracle.
#[derive(Default)]
struct Log {
    oracle: Oracle,
    leaves: Vec<Hash>,
    frontier: Frontier,
    stored: HashMap<Subtree, Hash>,
}

impl Log {
    fn of(size: u64) -> Self {
        let mut log = Log::default();
        (0..size).for_each(|_| log.push());
        log
    }

    fn push(&mut self) {
        let leaf = self.leaves.len().to_le_bytes().to_vec();
        self.leaves.push(leaf_hash(&leaf));
        self.frontier.append_each(leaf_hash(&leaf), |at, hash| {
            self.stored.insert(at, hash);
        });
        self.oracle.push(leaf);
    }

    fn stored(&self, at: Subtree) -> Result<Hash, Infallible> {
        Ok(self.stored[&at])
    }

    fn size(&self) -> u64 {
        self.leaves.len() as u64
    }

    fn inclusion(&self, index: u64) -> Vec<Hash> {
        inclusion_proof(index, self.size(), |at| self.stored(at)).unwrap()
    }

    fn consistency(&self, old_size: u64) -> Vec<Hash> {
        consistency_proof(old_size, self.size(), |at| self.stored(at)).unwrap()
    }
}

fn concat(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

#[test]
fn all_proofs_up_to_300_leaves_are_those_of_the_oracle() {
    let mut log = Log::default();
    let mut roots = vec![EMPTY_ROOT];
    for size in 1..=300_u64 {
        log.push();
        let root = log.frontier.root();
        roots.push(root);
        assert_eq!(
            root.as_bytes().as_slice(),
            log.oracle.root().as_bytes().as_slice(),
            "root of {size}"
        );
        for at in 0..size {
            let proof = log.inclusion(at);
            assert_eq!(
                concat(&proof),
                log.oracle.prove_inclusion(at as usize).as_bytes(),
                "{at} in {size}"
            );
            assert_eq!(
                verify_inclusion(&log.leaves[at as usize], at, size, &proof, &root),
                Ok(())
            );
            let additions = size - at;
            let proof = log.consistency(at);
            if at > 0 {
                let oracle = log.oracle.prove_consistency(additions as usize);
                assert_eq!(concat(&proof), oracle.as_bytes(), "{at} to {size}");
            }
            assert_eq!(
                verify_consistency(at, &roots[at as usize], size, &root, &proof),
                Ok(())
            );
        }
        assert_eq!(verify_consistency(size, &root, size, &root, &[]), Ok(()));
    }
}

#[test]
fn stored_hashes_and_leaves_give_the_same() {
    let log = Log::of(77);
    for size in 0..=77_u64 {
        let leaves = &log.leaves[..size as usize];
        assert_eq!(root_at(size, |at| log.stored(at)).unwrap(), root_of(leaves));
        for at in 0..size {
            let stored = inclusion_proof(at, size, |at| log.stored(at)).unwrap();
            assert_eq!(stored, inclusion_proof_of(leaves, at).unwrap());
            let stored = consistency_proof(at, size, |at| log.stored(at)).unwrap();
            assert_eq!(stored, consistency_proof_of(leaves, at).unwrap());
        }
    }
}

#[test]
fn positions_outside_the_tree_are_refused() {
    let log = Log::of(3);
    let out = |position, size| ProofError::OutOfRange { position, size };
    assert_eq!(inclusion_proof_of(&log.leaves, 3), Err(out(3, 3)));
    assert_eq!(inclusion_proof_of(&[], 0), Err(out(0, 0)));
    assert_eq!(consistency_proof_of(&log.leaves, 4), Err(out(4, 3)));
    let too_large = MAX_TREE_SIZE + 1;
    assert_eq!(
        root_at(too_large, |at| log.stored(at)),
        Err(out(too_large, too_large))
    );
    assert_eq!(
        inclusion_proof(0, too_large, |at| log.stored(at)),
        Err(out(0, too_large))
    );
    assert_eq!(
        consistency_proof(0, too_large, |at| log.stored(at)),
        Err(out(0, too_large))
    );
    let (leaf, root) = (&log.leaves[0], &log.frontier.root());
    assert_eq!(
        verify_inclusion(leaf, 3, 3, &[], root),
        Err(InvalidProof::OutOfRange)
    );
    assert_eq!(
        verify_inclusion(leaf, 0, too_large, &[], root),
        Err(InvalidProof::OutOfRange)
    );
    assert_eq!(
        verify_consistency(4, root, 3, root, &[]),
        Err(InvalidProof::OutOfRange)
    );
    assert_eq!(
        verify_consistency(0, &EMPTY_ROOT, too_large, root, &[]),
        Err(InvalidProof::OutOfRange)
    );
}

#[test]
fn a_failing_source_is_reported() {
    let failing = |_| Err::<Hash, _>("gone");
    assert_eq!(
        inclusion_proof(1, 4, failing),
        Err(ProofError::Source("gone"))
    );
    assert_eq!(
        consistency_proof(1, 4, failing),
        Err(ProofError::Source("gone"))
    );
    assert_eq!(root_at(4, failing), Err(ProofError::Source("gone")));
}

#[test]
fn the_largest_tree_has_proofs_of_at_most_63_hashes() {
    let any = |at: Subtree| Ok::<_, Infallible>(leaf_hash(format!("{at:?}").as_bytes()));
    for index in [0, 1, 12_345, MAX_TREE_SIZE / 2, MAX_TREE_SIZE - 1] {
        assert_eq!(
            inclusion_proof(index, MAX_TREE_SIZE, any).unwrap().len(),
            62
        );
    }
    let longest = consistency_proof(MAX_TREE_SIZE / 2 + 1, MAX_TREE_SIZE, any).unwrap();
    assert_eq!(longest.len(), MAX_PROOF_HASHES);
}

#[test]
fn the_empty_tree_continues_in_every_tree_and_only_it_has_its_root() {
    let log = Log::of(5);
    let root = log.frontier.root();
    assert_eq!(verify_consistency(0, &EMPTY_ROOT, 5, &root, &[]), Ok(()));
    assert_eq!(
        verify_consistency(0, &root, 5, &root, &[]),
        Err(InvalidProof::OtherRoot)
    );
    assert_eq!(
        verify_consistency(0, &EMPTY_ROOT, 5, &root, &[root]),
        Err(InvalidProof::WrongLength)
    );
    assert_eq!(
        verify_consistency(5, &root, 5, &EMPTY_ROOT, &[]),
        Err(InvalidProof::OtherRoot)
    );
}

fn flipped(hash: &Hash, bit: usize) -> Hash {
    let mut bytes = *hash.as_bytes();
    bytes[bit / 8] ^= 1 << (bit % 8);
    Hash::from(bytes)
}

proptest! {
    #[test]
    fn larger_trees_verify_and_nothing_else_does(
        size in 301_u64..5_000, index in any::<prop::sample::Index>(), other in any::<prop::sample::Index>(),
        bit in 0_usize..256, place in any::<prop::sample::Index>(),
    ) {
        let log = Log::of(size);
        let index = index.index(size as usize) as u64;
        let root = log.frontier.root();
        let leaf = log.leaves[index as usize];
        let proof = log.inclusion(index);
        prop_assert_eq!(verify_inclusion(&leaf, index, size, &proof, &root), Ok(()));

        let other = other.index(size as usize) as u64;
        prop_assert_eq!(verify_inclusion(&leaf, other, size, &proof, &root).is_ok(), other == index);
        prop_assert!(verify_inclusion(&leaf, index, size, &proof[1..], &root).is_err());
        prop_assert!(verify_inclusion(&leaf, index, size, &[proof.as_slice(), &[leaf]].concat(), &root).is_err());
        let mut changed = proof.clone();
        let place = place.index(proof.len());
        changed[place] = flipped(&changed[place], bit);
        prop_assert_eq!(verify_inclusion(&leaf, index, size, &changed, &root), Err(InvalidProof::OtherRoot));
        let changed_leaf = flipped(&leaf, bit);
        prop_assert!(verify_inclusion(&changed_leaf, index, size, &proof, &root).is_err());
        prop_assert!(verify_inclusion(&leaf, index, size, &proof, &flipped(&root, bit)).is_err());
    }

    #[test]
    fn larger_trees_are_consistent_and_forks_are_not(
        size in 301_u64..5_000, old in any::<prop::sample::Index>(), bit in 0_usize..256,
        place in any::<prop::sample::Index>(),
    ) {
        let log = Log::of(size);
        let old = 1 + old.index(size as usize - 1) as u64;
        let root = log.frontier.root();
        let old_root = root_of(&log.leaves[..old as usize]);
        let proof = log.consistency(old);
        prop_assert_eq!(verify_consistency(old, &old_root, size, &root, &proof), Ok(()));

        prop_assert!(verify_consistency(old, &flipped(&old_root, bit), size, &root, &proof).is_err());
        prop_assert!(verify_consistency(old, &old_root, size, &flipped(&root, bit), &proof).is_err());
        prop_assert!(verify_consistency(old, &old_root, size, &root, &proof[1..]).is_err());
        let longer = [proof.as_slice(), &[root]].concat();
        prop_assert!(verify_consistency(old, &old_root, size, &root, &longer).is_err());
        let mut changed = proof.clone();
        let place = place.index(proof.len());
        changed[place] = flipped(&changed[place], bit);
        prop_assert!(verify_consistency(old, &old_root, size, &root, &changed).is_err());
    }

    #[test]
    fn verification_takes_any_input(
        index: u64, size: u64, hashes in prop::collection::vec(any::<[u8; 32]>(), 0..80), root: [u8; 32],
    ) {
        let hashes: Vec<Hash> = hashes.into_iter().map(Hash::from).collect();
        let root = Hash::from(root);
        prop_assert!(verify_inclusion(&root, index, size, &hashes, &root).is_err() || size == 1);
        let _ = verify_consistency(index, &root, size, &root, &hashes);
    }
}
