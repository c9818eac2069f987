//! Proofs of inclusion as files.

use proof::checkpoint::Checkpoint;
use proof::merkle::{InvalidProof, inclusion_proof_of, leaf_hash, root_of};
use proof::note::{Cosigner, NoteSigner};
use proof::policy::{Policy, PolicyRejection};
use proof::tlog_proof::{
    InvalidTlogProof, MAX_EXTRA_BYTES, MAX_TLOG_PROOF_BYTES, MalformedTlogProof, TlogProof,
};
use proof::{Hash, sha256};
use proptest::collection::vec;
use proptest::prelude::*;

const ORIGIN: &str = "example.com/fancylog";
const HASH: &str = "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=";

fn leaves(count: u8) -> Vec<Hash> {
    (0..count).map(|n| leaf_hash(&[n])).collect()
}

fn witness() -> Cosigner {
    Cosigner::from_seed("witness1.example", &[2; 32]).unwrap()
}

fn log() -> NoteSigner {
    NoteSigner::from_seed(ORIGIN, &[1; 32]).unwrap()
}

fn policy() -> Policy {
    let text = format!(
        "log {}\nwitness W {}\nquorum W\n",
        log().verifier(),
        witness().verifier()
    );
    text.parse().unwrap()
}

fn proof(index: u64, size: u8) -> TlogProof {
    let leaves = leaves(size);
    let checkpoint = Checkpoint {
        origin: ORIGIN.to_owned(),
        size: u64::from(size),
        root: root_of(&leaves),
    };
    let note = checkpoint.sign(&log()).unwrap();
    let line = witness().cosign(&note, 1_700_000_000);
    TlogProof {
        extra: None,
        index,
        hashes: inclusion_proof_of(&leaves, index).unwrap(),
        checkpoint: note.with(line).unwrap().to_string(),
    }
}

#[test]
fn a_proof_shows_where_its_leaf_stands_and_since_when() {
    for (index, size) in [(0, 1), (0, 2), (5, 7), (6, 7), (200, 201)] {
        let read = TlogProof::parse(proof(index, size).encode().as_bytes()).unwrap();
        let shown = read.verify(&leaf_hash(&[index as u8]), &policy()).unwrap();
        assert_eq!(shown.checkpoint.size, u64::from(size));
        assert_eq!(shown.at_latest_s(), Some(1_700_000_000));
    }
}

#[test]
fn a_proof_of_another_leaf_place_or_tree_shows_nothing() {
    let good = proof(5, 7);
    let refused = |proof: &TlogProof, leaf: u8| match proof.verify(&leaf_hash(&[leaf]), &policy()) {
        Err(InvalidTlogProof::Inclusion { problem, .. }) => problem,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&good, 6), InvalidProof::OtherRoot);
    let with_index = |index| TlogProof {
        index,
        ..good.clone()
    };
    assert_eq!(refused(&with_index(4), 5), InvalidProof::OtherRoot);
    assert_eq!(refused(&with_index(7), 5), InvalidProof::OutOfRange);
    let mut shorter = good.clone();
    shorter.hashes.pop();
    assert_eq!(refused(&shorter, 5), InvalidProof::WrongLength);
    let elsewhere = TlogProof {
        checkpoint: proof(5, 8).checkpoint,
        ..good
    };
    assert_eq!(refused(&elsewhere, 5), InvalidProof::OtherRoot);
}

#[test]
fn a_proof_without_the_quorum_shows_nothing() {
    let good = proof(5, 7);
    let lines: Vec<&str> = good.checkpoint.lines().collect();
    let uncosigned = TlogProof {
        checkpoint: format!("{}\n", lines[..lines.len() - 1].join("\n")),
        ..good
    };
    let refused = uncosigned.verify(&leaf_hash(&[5]), &policy());
    assert!(
        matches!(
            refused,
            Err(InvalidTlogProof::Checkpoint(
                PolicyRejection::NoQuorum { .. }
            ))
        ),
        "{refused:?}"
    );
}

#[test]
fn the_file_is_that_of_the_specification() {
    let proof = TlogProof {
        extra: Some(b"age".to_vec()),
        index: 73_894,
        hashes: vec![sha256(b"one"), sha256(b"two")],
        checkpoint: "the checkpoint\nverbatim".to_owned(),
    };
    let text = "c2sp.org/tlog-proof@v1\nextra YWdl\nindex 73894\n\
                dpLDrTVAu4A8Ags67mbNiIcSMjTqDG5xQ8Ct1z/0Me0=\nP8TM/nRYcOLA2Z9x8w/wZWyN7dQcwdfT03aw2+aF4vM=\n\n\
                the checkpoint\nverbatim";
    assert_eq!(proof.encode(), text);
    assert_eq!(TlogProof::parse(text.as_bytes()), Ok(proof));
}

#[test]
fn malformed_files_are_refused() {
    use MalformedTlogProof::*;
    let head = "c2sp.org/tlog-proof@v1\n";
    let cases = [
        (String::new(), FirstLine),
        ("c2sp.org/tlog-proof@v1".to_owned(), FirstLine),
        ("c2sp.org/tlog-proof@v2\nindex 0\n\n".to_owned(), FirstLine),
        (format!(" {head}index 0\n\n"), FirstLine),
        (format!("{head}index 0"), Index),
        (format!("{head}\nindex 0\n\n"), Index),
        (format!("{head}index 00\n\n"), Index),
        (format!("{head}index +1\n\n"), Index),
        (format!("{head}index  1\n\n"), Index),
        (format!("{head}index \n\n"), Index),
        (format!("{head}Index 1\n\n"), Index),
        (format!("{head}index 18446744073709551616\n\n"), Index),
        (format!("{head}extra YWdl\n\n"), Index),
        (format!("{head}extra YWdl\nextra YWdl\nindex 0\n\n"), Index),
        (format!("{head}extra\nindex 0\n\n"), Index),
        (format!("{head}extra \nindex 0\n\n"), Extra),
        (format!("{head}extra YWd\nindex 0\n\n"), Extra),
        (format!("{head}extra YWdl\r\nindex 0\n\n"), Extra),
        (format!("{head}extra YWdl"), Extra),
        (format!("{head}index 0\n"), NoCheckpoint),
        (format!("{head}index 0\n{HASH}\n"), NoCheckpoint),
        (format!("{head}index 0\n{HASH}"), NoCheckpoint),
        (
            format!("{head}index 0\n{HASH}\n{HASH} \n\n"),
            Hash { number: 2 },
        ),
        (
            format!("{head}index 0\n{}\n\n", &HASH[..40]),
            Hash { number: 1 },
        ),
        (
            format!("{head}index 0\n{}\n\n", HASH.replace("lQ=", "lR=")),
            Hash { number: 1 },
        ),
        (
            format!("{head}index 0\n{}\n", format!("{HASH}\n").repeat(64)),
            TooManyHashes,
        ),
    ];
    for (text, problem) in cases {
        assert_eq!(TlogProof::parse(text.as_bytes()), Err(problem), "{text:?}");
    }
    assert_eq!(TlogProof::parse(&[0xff]), Err(NotText));
    let most = format!("{head}index 0\n{}\n", format!("{HASH}\n").repeat(63));
    assert_eq!(TlogProof::parse(most.as_bytes()).unwrap().hashes.len(), 63);
}

#[test]
fn sizes_are_bounded() {
    let with_extra = |len| {
        let extra = Some(vec![1; len]);
        TlogProof {
            extra,
            ..proof(5, 7)
        }
        .encode()
    };
    assert!(TlogProof::parse(with_extra(MAX_EXTRA_BYTES).as_bytes()).is_ok());
    let refused = TlogProof::parse(with_extra(MAX_EXTRA_BYTES + 1).as_bytes());
    assert_eq!(refused, Err(MalformedTlogProof::Extra));
    let huge = vec![b'x'; MAX_TLOG_PROOF_BYTES + 1];
    let refused = TlogProof::parse(&huge);
    assert!(matches!(refused, Err(MalformedTlogProof::TooLarge { .. })));
    // Empty extra data is not a line at all.
    let empty = TlogProof {
        extra: Some(Vec::new()),
        ..proof(5, 7)
    };
    assert_eq!(TlogProof::parse(empty.encode().as_bytes()), Ok(proof(5, 7)));
}

proptest! {
    #[test]
    fn every_proof_is_read_again(
        extra in prop::option::of(vec(any::<u8>(), 1..50)), index: u64, hashes in vec(any::<[u8; 32]>(), 0..64),
        checkpoint in "[ -~\n]{0,100}",
    ) {
        let hashes = hashes.into_iter().map(Hash::from).collect();
        let proof = TlogProof { extra, index, hashes, checkpoint };
        prop_assert_eq!(TlogProof::parse(proof.encode().as_bytes()), Ok(proof));
    }

    #[test]
    fn every_accepted_file_is_the_one_encoding(
        extra in "(extra [A-Za-z+/]{0,8}=?\n)?", index in "[0-9]{1,3}",
        hashes in vec("[A-Za-z0-9+/]{42}[AEQc]=", 0..3), end in "\n?[a-z\n]{0,9}",
    ) {
        let hashes: String = hashes.iter().map(|hash| format!("{hash}\n")).collect();
        let text = format!("c2sp.org/tlog-proof@v1\n{extra}index {index}\n{hashes}{end}");
        if let Ok(proof) = TlogProof::parse(text.as_bytes()) {
            prop_assert_eq!(proof.encode(), text);
        }
    }
}
