//! Signed notes: published ones verify, changed ones do not, and limits hold.

use proof::note::{
    InvalidNote, MAX_NOTE_BYTES, MAX_NOTE_SIGNATURES, Note, NoteRejection, NoteSigner,
    NoteVerifier, UnsignableText,
};
use proptest::prelude::*;

/// Keys and note of the worked example in the Go package `golang.org/x/mod/sumdb/note`.
const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const ENOCH: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
const PUBLISHED: &str = "If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=
";

fn signer(name: &str, seed: u8) -> NoteSigner {
    NoteSigner::from_seed(name, &[seed; 32]).unwrap()
}

fn known(signers: &[&NoteSigner]) -> Vec<NoteVerifier> {
    signers
        .iter()
        .map(|signer| signer.verifier().clone())
        .collect()
}

#[test]
fn a_published_note_verifies() {
    let note = Note::parse(PUBLISHED.as_bytes()).unwrap();
    let known: Vec<NoteVerifier> = [PETER, ENOCH].map(|key| key.parse().unwrap()).into();
    assert_eq!(
        note.verify(&known).unwrap(),
        known.iter().collect::<Vec<_>>()
    );
    assert_eq!(note.verify(&known[1..]).unwrap(), [&known[1]]);
    assert!(note.text().ends_with("problem is.\n"));
    assert_eq!(note.signatures()[0].key_id(), known[0].key_id());
    assert_eq!(note.signatures()[1].name(), "EnochRoot");
    assert_eq!(note.to_string(), PUBLISHED);
}

#[test]
fn what_is_signed_verifies() {
    let (alice, bob) = (signer("example.com/alice", 1), signer("bob", 2));
    let note = bob
        .countersign(alice.sign("line\n\nafter an empty one\n").unwrap())
        .unwrap();
    let read = Note::parse(note.to_string().as_bytes()).unwrap();
    assert_eq!(read, note);
    assert_eq!(read.text(), "line\n\nafter an empty one\n");
    assert_eq!(read.verify(&known(&[&alice, &bob])).unwrap().len(), 2);
    assert_eq!(
        read.verify(&known(&[&bob])).unwrap()[0].public_key(),
        bob.public_key()
    );
    assert_eq!(read.signatures()[1].bytes().len(), 64);
}

#[test]
fn unknown_keys_say_nothing() {
    let (alice, bob) = (signer("alice", 1), signer("bob", 2));
    let note = alice.sign("text\n").unwrap();
    assert_eq!(note.verify(&[]), Err(NoteRejection::NoKnownSignature));
    assert_eq!(
        note.verify(&known(&[&bob])),
        Err(NoteRejection::NoKnownSignature)
    );
    // The same key under another name, and another key under the same name, are other keys.
    assert_eq!(
        note.verify(&known(&[&signer("alicia", 1)])),
        Err(NoteRejection::NoKnownSignature)
    );
    assert_eq!(
        note.verify(&known(&[&signer("alice", 2)])),
        Err(NoteRejection::NoKnownSignature)
    );
}

#[test]
fn one_wrong_signature_of_a_known_key_spoils_the_note() {
    let (alice, bob) = (signer("alice", 1), signer("bob", 2));
    let note = bob.countersign(alice.sign("text\n").unwrap()).unwrap();
    let other = bob.countersign(alice.sign("other\n").unwrap()).unwrap();
    // Bob's line is taken from another note.
    let lines = |note: &Note| {
        note.to_string()
            .lines()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let mixed = format!("text\n\n{}\n{}\n", lines(&note)[2], lines(&other)[3]);
    let mixed = Note::parse(mixed.as_bytes()).unwrap();
    let wrong = NoteRejection::WrongSignature {
        name: "bob".to_owned(),
        key_id: bob.verifier().key_id(),
    };
    assert_eq!(mixed.verify(&known(&[&alice, &bob])), Err(wrong));
    assert!(mixed.verify(&known(&[&alice])).is_ok());
    // A right line of the same key does not make up for a wrong one.
    let twice = format!("text\n\n{}\n{}\n", lines(&note)[3], lines(&other)[3]);
    assert!(
        Note::parse(twice.as_bytes())
            .unwrap()
            .verify(&known(&[&bob]))
            .is_err()
    );
}

#[test]
fn every_changed_byte_is_noticed() {
    let alice = signer("alice", 1);
    let note = alice.sign("text\n").unwrap().to_string().into_bytes();
    for at in 0..note.len() {
        for bit in 0..8 {
            let mut changed = note.clone();
            changed[at] ^= 1 << bit;
            let accepted =
                Note::parse(&changed).is_ok_and(|note| note.verify(&known(&[&alice])).is_ok());
            assert!(!accepted, "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn malformed_notes_are_refused() {
    let line = "— a AAAAAAE=";
    let malformed = |line| InvalidNote::MalformedSignature { line };
    let cases = [
        (String::new(), InvalidNote::NoSignatures),
        ("text\n".to_owned(), InvalidNote::NoSignatures),
        (format!("text\n{line}\n"), InvalidNote::NoSignatures),
        ("text\n\n".to_owned(), InvalidNote::NoSignatures),
        (format!("text\n\n{line}"), InvalidNote::NoSignatures),
        (format!("text\n\n{line}\n\n"), InvalidNote::NoSignatures),
        (format!("text\n\n{line}\n- a AAAAAAE=\n"), malformed(2)),
        ("text\n\n— a AAAAAA==\n".to_owned(), malformed(1)),
        ("text\n\n— a AAAAAAE\n".to_owned(), malformed(1)),
        ("text\n\n— a AAAAAAF=\n".to_owned(), malformed(1)),
        ("text\n\n— a+b AAAAAAE=\n".to_owned(), malformed(1)),
        ("text\n\n— a  AAAAAAE=\n".to_owned(), malformed(1)),
        ("text\n\n—  AAAAAAE=\n".to_owned(), malformed(1)),
        (format!("te\txt\n\n{line}\n"), InvalidNote::NotText),
        (format!("text\r\n\n{line}\n"), InvalidNote::NotText),
    ];
    for (text, error) in cases {
        assert_eq!(Note::parse(text.as_bytes()), Err(error), "{text:?}");
    }
    assert_eq!(Note::parse(b"\xff\n\n"), Err(InvalidNote::NotText));
    assert!(Note::parse(format!("text\n\n{line}\n").as_bytes()).is_ok());
    assert!(Note::parse(format!("\n\n{line}\n").as_bytes()).is_ok());
}

#[test]
fn limits_hold_when_reading_and_when_signing() {
    let alice = signer("alice", 1);
    let mut note = alice.sign("text\n").unwrap();
    for _ in 1..MAX_NOTE_SIGNATURES {
        note = alice.countersign(note).unwrap();
    }
    let full = note.to_string();
    assert!(
        Note::parse(full.as_bytes())
            .unwrap()
            .verify(&known(&[&alice]))
            .is_ok()
    );
    assert_eq!(
        alice.countersign(note),
        Err(UnsignableText::TooManySignatures)
    );
    let longer = format!("{full}{}\n", full.lines().last().unwrap());
    assert_eq!(
        Note::parse(longer.as_bytes()),
        Err(InvalidNote::TooManySignatures)
    );

    let rest = alice.sign("\n").unwrap().to_string().len();
    let fitting = format!("{}\n", "x".repeat(MAX_NOTE_BYTES - rest));
    let note = alice.sign(&fitting).unwrap().to_string();
    assert_eq!(note.len(), MAX_NOTE_BYTES);
    assert!(Note::parse(note.as_bytes()).is_ok());
    assert_eq!(
        alice.sign(&format!("x{fitting}")),
        Err(UnsignableText::TooLarge)
    );
    let bytes = MAX_NOTE_BYTES + 1;
    assert_eq!(
        Note::parse(format!("x{note}").as_bytes()),
        Err(InvalidNote::TooLarge { bytes })
    );
}

#[test]
fn only_text_is_signed() {
    for text in ["", "no newline", "tab\t\n", "return\r\n", "zero\0\n"] {
        assert_eq!(
            signer("alice", 1).sign(text),
            Err(UnsignableText::NotText),
            "{text:?}"
        );
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(
        text in "([a-z]{0,5}\n){0,4}", lines in "(— [a-z+]{0,2} [A-Za-z0-9+/=]{4,9}\n){0,4}", end in "\\PC{0,3}",
    ) {
        let note = format!("{text}\n{lines}{end}");
        if let Ok(read) = Note::parse(note.as_bytes()) {
            prop_assert_eq!(read.to_string(), note);
            let _ = read.verify(&known(&[&signer("a", 1)]));
        }
    }
}
