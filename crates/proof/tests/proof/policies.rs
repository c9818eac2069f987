//! Policies: their text, and which checkpoints they accept.

use proof::checkpoint::{Checkpoint, InvalidCheckpoint};
use proof::note::{Cosigner, InvalidVerifier, Note, NoteRejection, NoteSigner};
use proof::policy::{InvalidPolicy, LineProblem, MAX_POLICY_BYTES, Policy, PolicyRejection};
use proof::sha256;
use proptest::prelude::*;

pub(crate) const ORIGIN: &str = "example.com/log";
pub(crate) const OTHER: &str = "example.com/other";

pub(crate) fn log(origin: &str, seed: u8) -> NoteSigner {
    NoteSigner::from_seed(origin, &[seed; 32]).unwrap()
}

fn witness(seed: u8) -> Cosigner {
    Cosigner::from_seed(&format!("witness.example/{seed}"), &[seed; 32]).unwrap()
}

pub(crate) fn vkey(seed: u8) -> String {
    witness(seed).verifier().to_string()
}

pub(crate) fn checkpoint(origin: &str, size: u64) -> Checkpoint {
    let root = sha256(format!("{size}").as_bytes());
    Checkpoint {
        origin: origin.to_owned(),
        size,
        root,
    }
}

pub(crate) fn signed(size: u64, keys: &[&NoteSigner]) -> Note {
    let text = checkpoint(ORIGIN, size).to_string();
    let first = keys[0].sign(&text).unwrap();
    keys[1..]
        .iter()
        .fold(first, |note, key| key.countersign(note).unwrap())
}

pub(crate) fn open(
    policy: &Policy,
    note: &Note,
) -> Result<proof::policy::Witnessed, PolicyRejection> {
    policy.open(note.to_string().as_bytes())
}

fn problem_of(text: impl AsRef<[u8]>) -> (usize, LineProblem) {
    match Policy::parse(text, None) {
        Err(InvalidPolicy::Line { line, problem }) => (line, problem),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_example_of_the_specification_is_read() {
    let key = |seed: u8| vkey(seed);
    let text = format!(
        "log {}\n\nwitness X1 {}\nwitness X2 {}\nwitness X3 {}\ngroup X-witnesses 2 X1 X2 X3\n\n\
         witness Y1 {}\nwitness Y2 {}\nwitness Y3 {}\ngroup Y-witnesses any Y1 Y2 Y3\n\n\
         group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n",
        log(ORIGIN, 1).verifier(),
        key(11),
        key(12),
        key(13),
        key(21),
        key(22),
        key(23),
    );
    let policy: Policy = text.parse().unwrap();
    assert_eq!(policy.log_keys(), [log(ORIGIN, 1).verifier().clone()]);
    let names: Vec<&str> = policy.witnesses().iter().map(|w| &*w.name).collect();
    assert_eq!(names, ["X1", "X2", "X3", "Y1", "Y2", "Y3"]);
    assert!(policy.needs_witnesses());
    let by = |seeds: &[u8]| {
        let note = signed(5, &[&log(ORIGIN, 1)]);
        let note = seeds.iter().fold(note, |note, &seed| {
            let line = witness(seed).cosign(&note, u64::from(seed));
            note.with(line).unwrap()
        });
        open(&policy, &note).map(|opened| opened.at_latest_s())
    };
    assert_eq!(by(&[11, 12, 21]), Ok(Some(21)));
    assert_eq!(by(&[13, 11, 22, 23]), Ok(Some(22)));
    for too_few in [
        [11, 12, 13].as_slice(),
        &[21, 22, 23],
        &[11, 21, 22, 23],
        &[],
    ] {
        let refused = PolicyRejection::NoQuorum {
            cosigned: too_few.len(),
            listed: 6,
        };
        assert_eq!(by(too_few), Err(refused));
    }
}

#[test]
fn white_space_comments_urls_and_order_are_free() {
    let (log_key, key) = (log(ORIGIN, 1).verifier().to_string(), vkey(9));
    let text = format!(
        "\t# a comment \u{212a}\n   \n#log nonsense\n \twitness\tW  {key}\t https://w.example/sub \n\
         group G any W\nquorum G\nlog {log_key} https://log.example/\n# end\n"
    );
    let policy = Policy::parse(&text, None).unwrap();
    assert_eq!(policy.log_keys().len(), 1);
    assert_eq!(
        policy.witnesses()[0].url.as_deref(),
        Some("https://w.example/sub")
    );
    assert_eq!(policy.witnesses()[0].verifier, *witness(9).verifier());
}

#[test]
fn names_are_opaque_bytes() {
    let (a, b) = (vkey(8), vkey(9));
    let text = format!("witness K {a}\nwitness \u{212a} {b}\ngroup G all K \u{212a}\nquorum G\n");
    assert_eq!(Policy::parse(text, None).unwrap().witnesses().len(), 2);
    // Not UTF-8, and still two different names.
    let line = |name: &[u8], key: &str| [b"witness ", name, b" ", key.as_bytes(), b"\n"].concat();
    let text = [
        line(b"\xff", &a),
        line(b"\xfe", &b),
        b"group \x80 2 \xff \xfe\nquorum \x80\n".to_vec(),
    ]
    .concat();
    assert!(Policy::parse(&text, None).unwrap().needs_witnesses());
    // The words of a threshold may be names.
    let text = format!("witness all {a}\nwitness 2 {b}\ngroup any all all 2\nquorum any\n");
    assert!(Policy::parse(text, None).is_ok());
}

#[test]
fn a_policy_may_list_no_log_and_ask_for_no_witness() {
    let policy = Policy::parse("quorum none\n", None).unwrap();
    assert!(!policy.needs_witnesses() && policy.log_keys().is_empty());
    let note = signed(5, &[&log(ORIGIN, 1)]);
    assert!(policy.quorum_reached(&note));
    let unknown = PolicyRejection::UnknownLog {
        origin: ORIGIN.to_owned(),
    };
    assert_eq!(open(&policy, &note), Err(unknown));

    let text = format!(
        "log {}\nwitness W {}\nquorum none\n",
        log(ORIGIN, 1).verifier(),
        vkey(9)
    );
    let policy = Policy::parse(text, None).unwrap();
    let note = note.clone().with(witness(9).cosign(&note, 77)).unwrap();
    let opened = open(&policy, &note).unwrap();
    assert_eq!((opened.at_latest_s(), opened.still_at_s()), (None, None));
    assert_eq!(opened.quorum.cosigned().len(), 1);
}

#[test]
fn lines_that_cannot_stand_are_refused() {
    use LineProblem::*;
    let (l, w, v) = (log(ORIGIN, 1).verifier().to_string(), vkey(8), vkey(9));
    let two = format!("witness A {w}\nwitness B {v}\n");
    let same_key = log(OTHER, 1).verifier().to_string();
    let witness_again = Cosigner::from_seed("renamed", &[8; 32]).unwrap();
    let name = || "A".to_owned();
    let cases = [
        ("quorum none\r\n".to_owned(), 1, Character(b'\r')),
        ("quorum none\n\u{7f}\n".to_owned(), 2, Character(0x7f)),
        ("# zero \0\n".to_owned(), 1, Character(0)),
        ("quorum none # why\n".to_owned(), 1, Form("quorum <name>")),
        ("quorum\n".to_owned(), 1, Form("quorum <name>")),
        ("Quorum none\n".to_owned(), 1, Keyword),
        ("log\n".to_owned(), 1, Form("log <vkey> [<url>]")),
        (format!("log {l} u v\n"), 1, Form("log <vkey> [<url>]")),
        (
            format!("witness A {w} u v\n"),
            1,
            Form("witness <name> <vkey> [<url>]"),
        ),
        (
            "witness A\n".to_owned(),
            1,
            Form("witness <name> <vkey> [<url>]"),
        ),
        (format!("log {w}\n"), 1, Key(InvalidVerifier::KeyType(4))),
        (
            format!("witness A {l}\n"),
            1,
            Key(InvalidVerifier::KeyType(1)),
        ),
        ("log x\n".to_owned(), 1, Key(InvalidVerifier::Form)),
        (format!("log {l}\n\nlog {same_key}\n"), 3, DuplicateKey),
        (
            format!("{two}witness C {}\n", witness_again.verifier()),
            3,
            DuplicateKey,
        ),
        (
            format!("witness A {w}\nwitness A {v}\n"),
            2,
            NameTaken(name()),
        ),
        (format!("{two}group A any B\n"), 3, NameTaken(name())),
        (format!("witness none {w}\n"), 1, Name),
        (format!("{two}group none any A\n"), 3, Name),
        (
            format!("{two}group G any none\n"),
            3,
            Undefined("none".to_owned()),
        ),
        (format!("witness {} {w}\n", "n".repeat(256)), 1, Name),
        (format!("witness A {w} {}\n", "u".repeat(2049)), 1, Url),
        (format!("log {l} {}\n", "u".repeat(2049)), 1, Url),
        ("quorum A\n".to_owned(), 1, Undefined(name())),
        (format!("quorum A\nwitness A {w}\n"), 1, Undefined(name())),
        (
            format!("{two}group G any G\n"),
            3,
            Undefined("G".to_owned()),
        ),
        (format!("{two}group G any A A\n"), 3, MemberTwice(name())),
        (
            format!("{two}group G any A\ngroup H any B A\n"),
            4,
            MemberTwice(name()),
        ),
        (format!("{two}group G 0 A B\n"), 3, Threshold { members: 2 }),
        (format!("{two}group G 3 A B\n"), 3, Threshold { members: 2 }),
        (
            format!("{two}group G 01 A B\n"),
            3,
            Threshold { members: 2 },
        ),
        (
            format!("{two}group G +1 A B\n"),
            3,
            Threshold { members: 2 },
        ),
        (
            format!("{two}group G 18446744073709551617 A\n"),
            3,
            Threshold { members: 1 },
        ),
        (format!("{two}group G Any A\n"), 3, Threshold { members: 1 }),
        (
            format!("{two}group G any\n"),
            3,
            Form("group <name> <any, all or a number> <name>..."),
        ),
        ("quorum none\nquorum none\n".to_owned(), 2, SecondQuorum),
    ];
    for (text, line, problem) in cases {
        assert_eq!(problem_of(&text), (line, problem), "{text:?}");
    }
}

#[test]
fn a_policy_without_an_end_or_a_quorum_is_refused() {
    for text in ["", "\n", "# nothing\n"] {
        let refused = Policy::parse(text, None);
        assert!(matches!(refused, Err(InvalidPolicy::NoQuorum)), "{text:?}");
    }
    let refused = Policy::parse("quorum none", None);
    assert!(matches!(refused, Err(InvalidPolicy::CutOff)), "{refused:?}");
    let comment = |len: usize| format!("quorum none\n#{}\n", "x".repeat(len - 14));
    assert!(Policy::parse(comment(MAX_POLICY_BYTES), None).is_ok());
    let refused = Policy::parse(comment(MAX_POLICY_BYTES + 1), None);
    assert!(
        matches!(refused, Err(InvalidPolicy::TooLarge { bytes }) if bytes == MAX_POLICY_BYTES + 1)
    );
}

#[test]
fn sixty_four_of_each_are_enough_and_more_are_refused() {
    let logs = |n: u8| (0..n).map(|i| format!("log {}\n", log(ORIGIN, i).verifier()));
    let witnesses = |n: u8| (0..n).map(|i| format!("witness w{i} {}\n", vkey(i)));
    let groups = |n: u8| (0..n).map(|i| format!("group g{i} any w{i}\n"));
    let text: String = logs(64).chain(witnesses(64)).chain(groups(64)).collect();
    let policy = Policy::parse(format!("{text}quorum g63\n"), None).unwrap();
    assert_eq!(
        (policy.log_keys().len(), policy.witnesses().len()),
        (64, 64)
    );
    for text in [
        logs(65).collect::<String>(),
        witnesses(65).collect(),
        witnesses(64)
            .chain(groups(64))
            .chain(["group more any g0\n".to_owned()])
            .collect(),
    ] {
        assert_eq!(problem_of(text).1, LineProblem::TooMany);
    }
}

#[test]
fn only_keys_of_the_checkpoints_own_log_count() {
    let (ours, other) = (log(ORIGIN, 1), log(OTHER, 2));
    let text = format!(
        "log {}\nlog {}\nquorum none\n",
        ours.verifier(),
        other.verifier()
    );
    let policy = Policy::parse(text, None).unwrap();
    assert_eq!(
        open(&policy, &signed(5, &[&ours])).unwrap().checkpoint,
        checkpoint(ORIGIN, 5)
    );
    let not_signed = PolicyRejection::Signature(NoteRejection::NoKnownSignature);
    assert_eq!(
        open(&policy, &signed(5, &[&other])),
        Err(not_signed.clone())
    );
    assert_eq!(
        open(&policy, &signed(5, &[&log(ORIGIN, 3)])),
        Err(not_signed)
    );
    let both = open(&policy, &signed(5, &[&other, &ours])).unwrap();
    assert_eq!(both.log_key, *ours.verifier());
    let poem = ours.sign("a poem\n").unwrap();
    assert_eq!(
        open(&policy, &poem),
        Err(PolicyRejection::Text(InvalidCheckpoint::Lines))
    );
    assert!(matches!(
        policy.open(b"nothing"),
        Err(PolicyRejection::Note(_))
    ));
}

/// A note over other text, whose lines are put under this one.
fn forged(note: &Note, from: &Note) -> Note {
    let lines = note.signatures().iter().chain(from.signatures()).cloned();
    Note::assemble(note.text(), lines).unwrap()
}

#[test]
fn a_wrong_line_of_any_listed_key_voids_the_note() {
    let (ours, other, stranger) = (log(ORIGIN, 1), log(OTHER, 2), log(ORIGIN, 3));
    let text = format!(
        "log {}\nlog {}\nwitness W {}\nwitness V {}\nquorum W\n",
        ours.verifier(),
        other.verifier(),
        vkey(8),
        vkey(9)
    );
    let policy = Policy::parse(text, None).unwrap();
    let note = signed(5, &[&ours]);
    let note = note.clone().with(witness(8).cosign(&note, 10)).unwrap();
    assert!(open(&policy, &note).is_ok());

    let elsewhere = |key: &NoteSigner| key.sign("elsewhere\n").unwrap();
    let by_witness = |seed| {
        let text = elsewhere(&stranger);
        Note::assemble(text.text(), [witness(seed).cosign(&text, 10)]).unwrap()
    };
    for from in [
        elsewhere(&ours),
        elsewhere(&other),
        by_witness(8),
        by_witness(9),
    ] {
        let refused = open(&policy, &forged(&note, &from));
        assert!(
            matches!(
                refused,
                Err(PolicyRejection::Signature(
                    NoteRejection::WrongSignature { .. }
                ))
            ),
            "{refused:?}"
        );
    }
    for from in [elsewhere(&stranger), by_witness(7)] {
        assert!(open(&policy, &forged(&note, &from)).is_ok());
    }
    assert!(!policy.quorum_reached(&forged(&note, &by_witness(9))));
    assert!(policy.quorum_reached(&forged(&note, &by_witness(7))));
}

proptest! {
    #[test]
    fn any_bytes_are_a_policy_or_refused(
        lines in prop::collection::vec(
            "(log|witness|group|quorum|#|)[ \t]?[a-c]?[ \t](any|all|[0-3]|none|)[ \t]?[a-c]?", 0..6,
        ),
        junk in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let text = [lines.join("\n").as_bytes(), b"\n", &junk].concat();
        let _ = Policy::parse(&text, None);
        let _ = Policy::parse("quorum none\n", Some(&String::from_utf8_lossy(&text)));
        let _ = Policy::parse("quorum none\n", None).unwrap().open(&text);
    }
}
