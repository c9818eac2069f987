//! Checkpoints: their text, and who may sign them.

use proof::checkpoint::{
    Checkpoint, CheckpointRejection, InvalidCheckpoint, SignedCheckpoint, UnsignableCheckpoint,
};
use proof::note::{NoteRejection, NoteSigner};
use proof::{Hash, sha256};
use proptest::prelude::*;

const ORIGIN: &str = "example.com/log";
const ROOT: &str = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";

fn signer(name: &str, seed: u8) -> NoteSigner {
    NoteSigner::from_seed(name, &[seed; 32]).unwrap()
}

fn checkpoint(size: u64) -> Checkpoint {
    Checkpoint {
        origin: ORIGIN.to_owned(),
        size,
        root: sha256(b"root"),
    }
}

#[test]
fn the_example_of_the_specification_is_read() {
    let text = format!("example.com/behind-the-sofa\n20852163\n{ROOT}\n");
    let (checkpoint, extension_lines) = Checkpoint::parse(&text).unwrap();
    assert_eq!(checkpoint.origin, "example.com/behind-the-sofa");
    assert_eq!(checkpoint.size, 20_852_163);
    assert_eq!(
        checkpoint.root.to_string(),
        "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62"
    );
    assert_eq!(extension_lines, [""; 0]);
    assert_eq!(checkpoint.to_string(), text);
}

#[test]
fn malformed_texts_are_refused() {
    use InvalidCheckpoint::{Lines, Root, Size};
    let cases = [
        (String::new(), Lines),
        ("\n".to_owned(), Lines),
        ("o\n1\n".to_owned(), Lines),
        (format!("o\n1\n{ROOT}"), Lines),
        (format!("\n1\n{ROOT}\n"), Lines),
        (format!("o\n1\n{ROOT}\n\n"), Lines),
        (format!("o\n1\n{ROOT}\n\nx\n"), Lines),
        (format!("o\n01\n{ROOT}\n"), Size),
        (format!("o\n+1\n{ROOT}\n"), Size),
        (format!("o\n-1\n{ROOT}\n"), Size),
        (format!("o\n1 \n{ROOT}\n"), Size),
        (format!("o\n0x1\n{ROOT}\n"), Size),
        (format!("o\n18446744073709551616\n{ROOT}\n"), Size),
        (format!("o\n1\n{}\n", &ROOT[..40]), Root),
        (format!("o\n1\n{}\n", &ROOT[..43]), Root),
        (format!("o\n1\n{ROOT}{ROOT}\n"), Root),
        (format!("o\n1\n {ROOT}\n"), Root),
        (format!("o\n1\n{}\n", ROOT.replace("2I=", "2J=")), Root),
    ];
    for (text, error) in cases {
        assert_eq!(Checkpoint::parse(&text), Err(error), "{text:?}");
    }
    assert!(Checkpoint::parse(&format!("o\n18446744073709551615\n{ROOT}\n")).is_ok());
    assert!(Checkpoint::parse(&format!("o\n0\n{ROOT}\n")).is_ok());
}

#[test]
fn a_signed_checkpoint_is_opened_by_its_log_key() {
    let log = signer(ORIGIN, 1);
    let note = checkpoint(7).sign(&log).unwrap();
    let note = signer("witness", 9).countersign(note).unwrap();
    let opened = SignedCheckpoint::open(note.to_string().as_bytes(), log.verifier()).unwrap();
    assert_eq!(opened.checkpoint(), &checkpoint(7));
    assert_eq!(opened.note(), &note);
    assert!(opened.extension_lines().is_empty());
}

#[test]
fn extension_lines_are_kept() {
    let log = signer(ORIGIN, 1);
    let note = log.sign(&format!("{}one\ntwo\n", checkpoint(7))).unwrap();
    let opened = SignedCheckpoint::open(note.to_string().as_bytes(), log.verifier()).unwrap();
    assert_eq!(opened.extension_lines(), ["one", "two"]);
    assert_eq!(opened.checkpoint(), &checkpoint(7));
}

#[test]
fn other_keys_and_other_logs_are_refused() {
    let log = signer(ORIGIN, 1);
    let open = |note: &proof::note::Note| {
        SignedCheckpoint::open(note.to_string().as_bytes(), log.verifier())
    };
    let foreign = checkpoint(7).sign(&signer(ORIGIN, 2)).unwrap();
    let rejected = open(&foreign).unwrap_err();
    assert!(
        matches!(
            rejected,
            CheckpointRejection::Signature(NoteRejection::NoKnownSignature)
        ),
        "{rejected:?}"
    );

    let other = Checkpoint {
        origin: "example.com/other".to_owned(),
        ..checkpoint(7)
    };
    let under_our_key = log.sign(&other.to_string()).unwrap();
    let rejected = open(&under_our_key).unwrap_err();
    assert!(
        matches!(rejected, CheckpointRejection::OtherOrigin { .. }),
        "{rejected:?}"
    );
    let refused = other.sign(&log).unwrap_err();
    assert!(
        matches!(refused, UnsignableCheckpoint::OtherName { .. }),
        "{refused:?}"
    );

    let no_checkpoint = log.sign("a poem\n").unwrap();
    let rejected = open(&no_checkpoint).unwrap_err();
    assert!(
        matches!(
            rejected,
            CheckpointRejection::Text(InvalidCheckpoint::Lines)
        ),
        "{rejected:?}"
    );
}

proptest! {
    #[test]
    fn texts_round_trip(size: u64, root: [u8; 32]) {
        let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size, root: Hash::from(root) };
        prop_assert_eq!(Checkpoint::parse(&checkpoint.to_string()), Ok((checkpoint, Vec::new())));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[a-z0]{0,3}\n[0-9]{0,3}\n[A-Za-z0-9+/]{43}=\n([a-z]{0,2}\n){0,2}") {
        if let Ok((checkpoint, lines)) = Checkpoint::parse(&text) {
            let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
            prop_assert_eq!(format!("{checkpoint}{lines}"), text);
        }
    }
}
