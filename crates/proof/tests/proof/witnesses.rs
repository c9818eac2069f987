//! What a witness answers: every status of the protocol, in the order of the specification.

use proof::checkpoint::Checkpoint;
use proof::merkle::{EMPTY_ROOT, InvalidProof, consistency_proof_of, leaf_hash, root_of};
use proof::note::{Cosigner, InvalidNote, Note, NoteRejection, NoteSigner, NoteVerifier};
use proof::witness::{
    AddCheckpoint, BadRequest, InvalidRequest, MAX_REQUEST_BYTES, Refusal, checkpoint_path, decide,
    encode_cosignatures, parse_cosignatures, parse_size,
};
use proof::{Hash, sha256};
use proptest::collection::vec;
use proptest::prelude::*;

const ORIGIN: &str = "example.com/behind-the-sofa";

/// The request in the specification.
const PUBLISHED: &str = "old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

\u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJur\
    mRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
\u{2014} example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXn\
    ZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
";

/// The answer in the specification.
const PUBLISHED_ANSWER: &str = "\
\u{2014} witness.example/w1 CMp+6LWBU0anHGH5aNDTJkH/gj79sG+T6+iP2Th\
    YN5krrDJbR1HDnucjL39QsZTSvVjyQLrdk3DXDqI5G2HgLatVs0pWh6Up69HVOw==
\u{2014} witness.example/w1 I7rEps0pvK2UqkS2gSpVUDhrhVtQV9lgF6pRrWA\
    vjJHjyWpW7VcE3SiOlVlbQNt64vWhO+DlkL0+UfzuOBMh9ChdMkP1vi/lCAsmlw==
\u{2014} witness.example/w2 AWui8Sk55XjYLOijihBjhqEH6nS1ndDymE0a+6i\
    dX7pLcnoB+dhnz0854aLZgrrKbYKA7nC3HNJhm/kWl7oJlqU3rXXvpysAdyP3wQ==
";

fn log(seed: u8) -> NoteSigner {
    NoteSigner::from_seed(ORIGIN, &[seed; 32]).unwrap()
}

fn keys(seeds: &[u8]) -> Vec<NoteVerifier> {
    seeds
        .iter()
        .map(|seed| log(*seed).verifier().clone())
        .collect()
}

fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect()
}

fn root(size: u64) -> Hash {
    root_of(&leaves(size))
}

fn checkpoint(size: u64) -> Checkpoint {
    Checkpoint {
        origin: ORIGIN.to_owned(),
        size,
        root: root(size),
    }
}

fn note(size: u64) -> Note {
    checkpoint(size).sign(&log(1)).unwrap()
}

fn request(old_size: u64, size: u64) -> AddCheckpoint {
    let proof = consistency_proof_of(&leaves(size), old_size.min(size)).unwrap();
    AddCheckpoint {
        old_size,
        proof,
        checkpoint: note(size).to_string(),
    }
}

fn known(size: u64) -> Option<(u64, Hash)> {
    Some((size, root(size)))
}

#[test]
fn the_request_and_the_answer_of_the_specification_are_read() {
    let request = AddCheckpoint::parse(PUBLISHED.as_bytes()).unwrap();
    assert_eq!((request.old_size, request.proof.len()), (20_852_014, 4));
    assert!(
        request
            .checkpoint
            .starts_with("example.com/behind-the-sofa\n20852163\n")
    );
    assert_eq!(request.encode(), PUBLISHED);
    // Its log is unknown here.
    let refused = decide(None, &request, &[]).unwrap_err();
    assert!(matches!(refused, Refusal::NotFound { ref origin } if origin == ORIGIN));

    let lines = parse_cosignatures(PUBLISHED_ANSWER.as_bytes()).unwrap();
    let names: Vec<&str> = lines.iter().map(|line| line.name()).collect();
    assert_eq!(
        names,
        [
            "witness.example/w1",
            "witness.example/w1",
            "witness.example/w2"
        ]
    );
    assert!(lines.iter().all(|line| line.bytes().len() == 72));
    assert_eq!(encode_cosignatures(&lines), PUBLISHED_ANSWER);
}

#[test]
fn a_continued_log_is_accepted() {
    for (old, size) in [
        (0, 0),
        (0, 1),
        (0, 7),
        (1, 1),
        (3, 7),
        (4, 7),
        (7, 7),
        (7, 8),
    ] {
        for known in [known(old), (old == 0).then_some((0, EMPTY_ROOT))] {
            if known.is_none() && old > 0 {
                continue;
            }
            let accepted = decide(known, &request(old, size), &keys(&[1])).unwrap();
            assert_eq!(accepted.checkpoint, checkpoint(size), "{old} {size}");
            assert_eq!(accepted.note, note(size));
        }
    }
    let first = decide(None, &request(0, 5), &keys(&[1])).unwrap();
    let cosigner = Cosigner::from_seed("w", &[9; 32]).unwrap();
    let answer = encode_cosignatures(&[cosigner.cosign(&first.note, 123)]);
    let line = &parse_cosignatures(answer.as_bytes()).unwrap()[0];
    let time_s = cosigner.verifier().time_in(first.note.text(), line);
    assert_eq!(time_s, Some(123));
}

/// A request with what the witness knows, and the status and body of its answer.
struct Case {
    name: &'static str,
    known: Option<(u64, Hash)>,
    request: AddCheckpoint,
    status: u16,
    body: Option<&'static str>,
}

fn refused_cases() -> Vec<Case> {
    let case = |name, known, request, status, body| Case {
        name,
        known,
        request,
        status,
        body,
    };
    let with = |change: fn(&mut AddCheckpoint)| {
        let mut request = request(3, 7);
        change(&mut request);
        request
    };
    let forked = |old_size, size| {
        let root = Hash::from([9; 32]);
        let fork = Checkpoint {
            root,
            ..checkpoint(size)
        };
        let checkpoint = fork.sign(&log(1)).unwrap().to_string();
        AddCheckpoint {
            checkpoint,
            ..request(old_size, size)
        }
    };
    let signed_by = |text: String, seeds: [u8; 2]| {
        let note = log(seeds[0]).sign(&text).unwrap();
        let note = log(seeds[1]).countersign(note).unwrap();
        AddCheckpoint {
            checkpoint: note.to_string(),
            ..request(3, 7)
        }
    };
    let wrong_line = with(|request| {
        let mut note = Note::parse(request.checkpoint.as_bytes()).unwrap();
        let other = log(1).sign("elsewhere\n").unwrap();
        note = note.with(other.signatures()[0].clone()).unwrap();
        request.checkpoint = note.to_string();
    });
    let other_log = Checkpoint {
        origin: "example.com/other".to_owned(),
        ..checkpoint(7)
    };
    vec![
        case(
            "no note",
            known(3),
            with(|r| r.checkpoint = "no note\n".to_owned()),
            400,
            None,
        ),
        case(
            "no checkpoint",
            known(3),
            signed_by("no checkpoint\n".to_owned(), [1, 2]),
            400,
            None,
        ),
        case("old size above", known(8), request(8, 7), 400, None),
        case(
            "other log",
            known(3),
            signed_by(other_log.to_string(), [1, 2]),
            404,
            None,
        ),
        case(
            "not signed",
            known(3),
            signed_by(checkpoint(7).to_string(), [3, 4]),
            403,
            None,
        ),
        case("a wrong line", known(3), wrong_line, 403, None),
        case("stale", known(5), request(3, 7), 409, Some("5\n")),
        case("ahead", known(2), request(3, 7), 409, Some("2\n")),
        case("never seen", None, request(3, 7), 409, Some("0\n")),
        case(
            "smaller than known",
            known(9),
            request(3, 7),
            409,
            Some("9\n"),
        ),
        case("seen before", known(3), request(0, 7), 409, Some("3\n")),
        case("two roots", known(7), forked(7, 7), 409, None),
        case("two empty roots", None, forked(0, 0), 409, None),
        case("no proof", known(3), with(|r| r.proof.clear()), 422, None),
        case(
            "long proof",
            known(3),
            with(|r| r.proof.push(Hash::from([0; 32]))),
            422,
            None,
        ),
        case(
            "wrong proof",
            known(3),
            with(|r| r.proof.reverse()),
            422,
            None,
        ),
        case("fork", known(3), forked(3, 7), 422, None),
        case(
            "other past",
            Some((3, Hash::from([9; 32]))),
            request(3, 7),
            422,
            None,
        ),
        case(
            "proof from nothing",
            None,
            AddCheckpoint {
                proof: vec![Hash::from([0; 32])],
                ..request(0, 7)
            },
            422,
            None,
        ),
        case(
            "proof of the same",
            known(7),
            AddCheckpoint {
                proof: vec![Hash::from([0; 32])],
                ..request(7, 7)
            },
            422,
            None,
        ),
    ]
}

#[test]
fn every_refusal_has_the_status_of_the_specification() {
    for case in refused_cases() {
        let refused = decide(case.known, &case.request, &keys(&[1, 2])).unwrap_err();
        assert_eq!(refused.status(), case.status, "{}: {refused}", case.name);
        assert_eq!(refused.size_body().as_deref(), case.body, "{}", case.name);
    }
}

#[test]
fn refusals_say_why() {
    let refusal = |known, request: &AddCheckpoint| decide(known, request, &keys(&[1])).unwrap_err();
    let above = BadRequest::OldSizeAbove {
        old_size: 8,
        size: 7,
    };
    assert_eq!(
        refusal(known(8), &request(8, 7)),
        Refusal::BadRequest(above)
    );
    let mut forked = request(7, 7);
    forked.checkpoint = Checkpoint {
        root: Hash::from([9; 32]),
        ..checkpoint(7)
    }
    .sign(&log(1))
    .unwrap()
    .to_string();
    assert_eq!(
        refusal(known(7), &forked),
        Refusal::Contradiction { size: 7 }
    );
    forked.old_size = 3;
    forked.proof = request(3, 7).proof;
    let problem = Refusal::Unprocessable(InvalidProof::OtherRoot);
    assert_eq!(refusal(known(3), &forked), problem);
    let unsigned = decide(known(3), &request(3, 7), &keys(&[5])).unwrap_err();
    assert_eq!(
        unsigned,
        Refusal::Forbidden(NoteRejection::NoKnownSignature)
    );
    let malformed = Refusal::from(InvalidRequest::NotText);
    assert_eq!(malformed.status(), 400);
}

#[test]
fn a_stranger_learns_nothing_about_sizes() {
    // Unsigned requests are refused before the size is looked at.
    let stranger = decide(known(50), &request(3, 7), &keys(&[5])).unwrap_err();
    assert_eq!(stranger.status(), 403);
    let above = decide(known(50), &request(8, 7), &keys(&[5])).unwrap_err();
    assert_eq!(above.status(), 403);
}

#[test]
fn malformed_requests_are_refused() {
    use InvalidRequest::*;
    let hash = "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=";
    let cases = [
        (String::new(), OldSize),
        ("old 1".to_owned(), OldSize),
        ("old 01\n\n".to_owned(), OldSize),
        ("old +1\n\n".to_owned(), OldSize),
        ("old  1\n\n".to_owned(), OldSize),
        ("old \n\n".to_owned(), OldSize),
        ("Old 1\n\n".to_owned(), OldSize),
        ("old 1\r\n\r\n".to_owned(), OldSize),
        ("old 18446744073709551616\n\n".to_owned(), OldSize),
        ("old 1\n".to_owned(), NoCheckpoint),
        (format!("old 1\n{hash}\n"), NoCheckpoint),
        (format!("old 1\n{hash}"), NoCheckpoint),
        (format!("old 1\n{hash}\n {hash}\n\n"), Hash { line: 3 }),
        (format!("old 1\n{}\n\n", &hash[1..]), Hash { line: 2 }),
        (
            format!("old 1\n{}\n\n", hash.replace("aw=", "ax=")),
            Hash { line: 2 },
        ),
        (
            format!("old 1\n{}\n", format!("{hash}\n").repeat(64)),
            TooManyHashes,
        ),
    ];
    for (text, problem) in cases {
        assert_eq!(
            AddCheckpoint::parse(text.as_bytes()),
            Err(problem),
            "{text:?}"
        );
    }
    assert_eq!(AddCheckpoint::parse(b"old \xff\n\n"), Err(NotText));
    let most = format!("old 1\n{}\n", format!("{hash}\n").repeat(63));
    assert_eq!(
        AddCheckpoint::parse(most.as_bytes()).unwrap().proof.len(),
        63
    );
    let longest = format!("old 1\n\n{}", "x".repeat(MAX_REQUEST_BYTES - 7));
    assert!(AddCheckpoint::parse(longest.as_bytes()).is_ok());
    let longer = AddCheckpoint::parse(format!("{longest}x").as_bytes());
    assert_eq!(
        longer,
        Err(TooLarge {
            bytes: MAX_REQUEST_BYTES + 1
        })
    );
}

#[test]
fn answers_are_bounded_and_well_formed() {
    let line = PUBLISHED_ANSWER.split_inclusive('\n').next().unwrap();
    assert_eq!(
        parse_cosignatures(line.repeat(32).as_bytes())
            .unwrap()
            .len(),
        32
    );
    let parse = |text: String| parse_cosignatures(text.as_bytes()).unwrap_err();
    assert_eq!(parse(line.repeat(33)), InvalidNote::TooManySignatures);
    assert_eq!(parse(String::new()), InvalidNote::NoSignatures);
    assert_eq!(parse(line.trim_end().to_owned()), InvalidNote::NoSignatures);
    let malformed = |line| InvalidNote::MalformedSignature { line };
    assert_eq!(parse(format!("{line}\n")), malformed(2));
    assert_eq!(parse("\n".to_owned()), malformed(1));
    assert_eq!(parse(line.replace('\u{2014}', "-")), malformed(1));
    assert!(matches!(
        parse("x".repeat(65_537)),
        InvalidNote::TooLarge { .. }
    ));
    assert_eq!(parse_cosignatures(b"\xff\n"), Err(InvalidNote::NotText));
}

#[test]
fn the_size_of_a_conflict_is_digits_and_a_newline() {
    assert_eq!(parse_size(b"0\n"), Some(0));
    assert_eq!(parse_size(b"20852163\n"), Some(20_852_163));
    for wrong in [
        "",
        "\n",
        "5",
        "05\n",
        "+5\n",
        " 5\n",
        "5\r\n",
        "5\n\n",
        "18446744073709551616\n",
    ] {
        assert_eq!(parse_size(wrong.as_bytes()), None, "{wrong:?}");
    }
}

#[test]
fn a_monitor_finds_checkpoints_by_the_hash_of_their_origin() {
    let expected = format!("{}/checkpoint", sha256(ORIGIN.as_bytes()));
    assert_eq!(checkpoint_path(ORIGIN), expected);
    assert_eq!(expected.len(), 64 + "/checkpoint".len());
}

proptest! {
    #[test]
    fn every_request_is_read_again(
        old_size: u64, proof in vec(any::<[u8; 32]>(), 0..64), checkpoint in "[ -~\n]{0,80}",
    ) {
        let proof = proof.into_iter().map(Hash::from).collect();
        let request = AddCheckpoint { old_size, proof, checkpoint };
        prop_assert_eq!(AddCheckpoint::parse(request.encode().as_bytes()), Ok(request));
    }

    #[test]
    fn every_accepted_request_is_the_one_encoding(
        old in "[0-9]{1,3}", hashes in vec("[A-Za-z0-9+/]{42}[AEQc]=", 0..3), end in "\n?[a-z\n]{0,9}",
    ) {
        let hashes: String = hashes.iter().map(|hash| format!("{hash}\n")).collect();
        let text = format!("old {old}\n{hashes}{end}");
        if let Ok(request) = AddCheckpoint::parse(text.as_bytes()) {
            prop_assert_eq!(request.encode(), text);
        }
    }

    #[test]
    fn no_two_histories_are_ever_accepted(old in 0_u64..12, size in 0_u64..12, at in 0_u64..12, claimed in 0_u64..12) {
        // A second log that differs from leaf `at` on.
        let mut other = leaves(size);
        for leaf in other.iter_mut().skip(at as usize) {
            *leaf = sha256(b"other");
        }
        let fork = Checkpoint { root: root_of(&other), ..checkpoint(size) };
        let proof = consistency_proof_of(&other, old.min(size)).unwrap();
        let checkpoint = fork.sign(&log(1)).unwrap().to_string();
        let request = AddCheckpoint { old_size: claimed, proof, checkpoint };
        let continues = old <= size && claimed == old && at >= old;
        prop_assert_eq!(decide(known(old), &request, &keys(&[1])).is_ok(), continues);
    }
}
