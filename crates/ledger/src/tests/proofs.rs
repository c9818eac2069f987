//! Proofs, tiles and entries: for every size they are those of an independent computation over the leaves.

use did::Operation;
use proof::Hash;
use proof::leaf::Leaf;
use proof::merkle::{
    consistency_proof_of, inclusion_proof_of, node_hash, root_of, verify_consistency,
    verify_inclusion,
};
use tempfile::{TempDir, tempdir};

use super::world::{Random, Subject, log_signer, real_options, submit};
use crate::{Embedded, Options};

const DIDS: u32 = 700;

struct TestLedger {
    _dir: TempDir,
    options: Options,
    ledger: Embedded,
    /// Sizes of all checkpoints.
    sizes: Vec<u64>,
}

impl TestLedger {
    /// A ledger after some thousand operations, in submissions and batches of many sizes.
    fn new() -> Self {
        let dir = tempdir().unwrap();
        let options = real_options(dir.path());
        Embedded::init(&options, &log_signer()).unwrap();
        let ledger = Embedded::open(&options, log_signer()).unwrap();
        let mut place = Self {
            _dir: dir,
            options,
            ledger,
            sizes: Vec::new(),
        };
        place.grow(2_600);
        place
    }

    fn grow(&mut self, operations: usize) {
        let mut random = Random::new(17);
        let mut versions = vec![0_u32; DIDS as usize];
        let mut made = 0;
        while made < operations {
            let submission = random_submission(&mut random, &mut versions);
            if submission.is_empty() {
                continue;
            }
            made += submission.len();
            submit(&self.ledger, submission).unwrap();
            self.sizes.push(self.ledger.published().size);
        }
    }

    fn leaves(&self, size: u64) -> Vec<Vec<u8>> {
        (0..size)
            .map(|index| self.ledger.leaf(index).unwrap().unwrap())
            .collect()
    }
}

/// One to eight operations on different DIDs. The version `u32::MAX` means the deactivation.
fn random_submission(random: &mut Random, versions: &mut [u32]) -> Vec<Operation> {
    let mut touched = Vec::new();
    let mut operations = Vec::new();
    for _ in 0..random.below(8) + 1 {
        let number = random.below(u64::from(DIDS)) as usize;
        if versions[number] == u32::MAX || touched.contains(&number) {
            continue;
        }
        touched.push(number);
        let subject = Subject::new(number as u32);
        let version = versions[number] + 1;
        versions[number] = version;
        operations.push(match version {
            1 => subject.create(),
            _ if random.below(5) == 0 => {
                versions[number] = u32::MAX;
                subject.deactivate(version)
            }
            _ => subject.update(version),
        });
    }
    operations
}

fn hashes(leaves: &[Vec<u8>]) -> Vec<Hash> {
    leaves.iter().map(|leaf| Leaf::hash_of(leaf)).collect()
}

#[test]
fn every_proof_at_every_checkpoint_is_the_one_that_the_leaves_give() {
    let mut place = TestLedger::new();
    check_proofs(&place);
    let sizes = place.sizes.clone();
    drop(place.ledger);
    // The same from the index alone, and from one that was made anew.
    place.ledger = Embedded::open(&place.options, log_signer()).unwrap();
    check_proofs(&place);
    drop(place.ledger);
    Embedded::rebuild(&place.options).unwrap();
    place.ledger = Embedded::open(&place.options, log_signer()).unwrap();
    assert_eq!(place.sizes, sizes);
    check_proofs(&place);
}

fn check_proofs(place: &TestLedger) {
    let ledger = &place.ledger;
    let size = *place.sizes.last().unwrap();
    let hashes = hashes(&place.leaves(size));
    assert_eq!(root_of(&hashes), ledger.published().root);
    let mut random = Random::new(5);
    for &size in &place.sizes {
        let leaves = &hashes[..size as usize];
        let root = root_of(leaves);
        assert_eq!(ledger.root_at(size).unwrap(), Some(root));
        for _ in 0..4 {
            let index = random.below(size);
            let proof = ledger.inclusion(index, size).unwrap().unwrap();
            assert_eq!(proof, inclusion_proof_of(leaves, index).unwrap());
            verify_inclusion(&leaves[index as usize], index, size, &proof, &root).unwrap();
            let old = random.below(size + 1);
            let proof = ledger.consistency(old, size).unwrap().unwrap();
            assert_eq!(proof, consistency_proof_of(leaves, old).unwrap());
            let old_root = root_of(&leaves[..old as usize]);
            verify_consistency(old, &old_root, size, &root, &proof).unwrap();
        }
    }
}

#[test]
fn every_leaf_of_the_newest_checkpoint_is_proven() {
    let place = TestLedger::new();
    let size = *place.sizes.last().unwrap();
    let hashes = hashes(&place.leaves(size));
    for (index, hash) in (0..).zip(&hashes) {
        let proof = place.ledger.inclusion(index, size).unwrap().unwrap();
        verify_inclusion(hash, index, size, &proof, &root_of(&hashes)).unwrap();
    }
}

#[test]
fn sizes_and_places_beyond_the_published_ones_are_not_answered() {
    let place = TestLedger::new();
    let ledger = &place.ledger;
    let size = ledger.published().size;
    assert_eq!(ledger.root_at(size + 1).unwrap(), None);
    assert_eq!(ledger.inclusion(0, size + 1).unwrap(), None);
    assert_eq!(ledger.inclusion(size, size).unwrap(), None);
    assert_eq!(ledger.inclusion(0, 0).unwrap(), None);
    assert_eq!(ledger.consistency(0, size + 1).unwrap(), None);
    assert_eq!(ledger.consistency(size, size - 1).unwrap(), None);
    assert_eq!(ledger.leaf(size).unwrap(), None);
    let (tile, width) = (size / 256, (size % 256) as u16);
    assert!(ledger.tile(0, tile, width).unwrap().is_some());
    for (level, index, width) in [
        (0, tile, width + 1),
        (0, 0, 0),
        (0, 0, 257),
        (0, u64::MAX, 1),
        (1, 0, (size / 256) as u16 + 1),
        (8, 0, 1),
        (255, 0, 1),
    ] {
        assert_eq!(ledger.tile(level, index, width).unwrap(), None, "{level}");
    }
    assert_eq!(ledger.entry_bundle(tile, width + 1).unwrap(), None);
    assert_eq!(ledger.fault(), None);
}

#[test]
fn tiles_and_bundles_hold_what_the_leaves_give() {
    let mut place = TestLedger::new();
    check_tiles(&place);
    drop(place.ledger);
    place.ledger = Embedded::open(&place.options, log_signer()).unwrap();
    check_tiles(&place);
}

fn check_tiles(place: &TestLedger) {
    let ledger = &place.ledger;
    let size = ledger.published().size;
    let leaves = place.leaves(size);
    let mut level_hashes = hashes(&leaves);
    let mut random = Random::new(3);
    for level in 0..3 {
        for (index, expected) in (0..).zip(level_hashes.chunks(256)) {
            let full = expected.len() as u64;
            for width in [full, 1, random.below(full) + 1] {
                let tile = ledger.tile(level, index, width as u16).unwrap().unwrap();
                assert_eq!(tile, expected[..width as usize], "{level} {index} {width}");
            }
        }
        level_hashes = roots_of_256(&level_hashes);
    }
    for (index, expected) in (0..).zip(leaves.chunks(256)) {
        for width in [
            expected.len(),
            random.below(expected.len() as u64) as usize + 1,
        ] {
            let bundle = ledger.entry_bundle(index, width as u16).unwrap().unwrap();
            assert_eq!(bundle, expected[..width], "{index} {width}");
        }
    }
}

/// Pairs joined eight times; what is not complete is left out.
fn roots_of_256(hashes: &[Hash]) -> Vec<Hash> {
    let complete = hashes.chunks_exact(256);
    complete
        .map(|chunk| {
            let mut level = chunk.to_vec();
            while level.len() > 1 {
                level = level
                    .chunks(2)
                    .map(|pair| node_hash(&pair[0], &pair[1]))
                    .collect();
            }
            level[0]
        })
        .collect()
}
