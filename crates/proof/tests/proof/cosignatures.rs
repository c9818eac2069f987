//! Cosignatures of witnesses: the published one verifies, changed ones do not, and no key passes for one of the other
//! type.

use proof::note::{
    CosignatureVerifier, Cosigner, InvalidVerifier, MAX_COSIGNATURE_TIME_S, Note, NoteRejection,
    NoteSignature, NoteSigner, NoteVerifier, UnsignableText,
};
use proptest::prelude::*;

const TEXT: &str = "example.com/log\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

fn witness(name: &str, seed: u8) -> Cosigner {
    Cosigner::from_seed(name, &[seed; 32]).unwrap()
}

fn note() -> Note {
    let log = NoteSigner::from_seed("example.com/log", &[1; 32]).unwrap();
    log.sign(TEXT).unwrap()
}

fn cosigned(by: &Cosigner, times_s: &[u64]) -> Note {
    times_s.iter().fold(note(), |note, &time_s| {
        let line = by.cosign(&note, time_s);
        note.with(line).unwrap()
    })
}

/// The line with one byte of key id, time or signature changed.
fn damaged(line: &NoteSignature, at: usize) -> NoteSignature {
    let note = Note::assemble(TEXT, [line.clone()]).unwrap().to_string();
    let (before, data) = note.trim_end().rsplit_once(' ').unwrap();
    let mut data = base64_decode(data);
    data[at] ^= 1;
    let changed = format!("{before} {}\n", base64_encode(&data));
    Note::parse(changed.as_bytes()).unwrap().signatures()[0].clone()
}

fn base64_decode(text: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .unwrap()
}

fn base64_encode(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[test]
fn the_message_and_the_line_are_those_of_the_specification() {
    let witness = witness("witness.example.com/w1", 5);
    let line = witness.cosign(&note(), 1_679_315_147);
    assert_eq!(line.bytes().len(), 72);
    assert_eq!(&line.bytes()[..8], &1_679_315_147_u64.to_be_bytes());
    // A plain Ed25519 signature over the two lines and the text: a signed note of that text bears the same one.
    let plain = NoteSigner::from_seed("x", &[5; 32]).unwrap();
    let message = format!("cosignature/v1\ntime 1679315147\n{TEXT}");
    let signed = plain.sign(&message).unwrap();
    assert_eq!(&line.bytes()[8..], signed.signatures()[0].bytes());
    assert!(
        line.to_string()
            .starts_with("\u{2014} witness.example.com/w1 ")
    );
}

#[test]
fn a_cosignature_tells_its_time() {
    let witness = witness("w", 5);
    let verifier = witness.verifier();
    let note = cosigned(&witness, &[30, 10, 20]);
    let read = Note::parse(note.to_string().as_bytes()).unwrap();
    assert_eq!(verifier.verify(&read), Ok(vec![30, 10, 20]));
    assert_eq!(verifier.time_of(&read), Some(30));
    assert_eq!(verifier.time_in(TEXT, &read.signatures()[2]), Some(10));
    assert_eq!(verifier.time_in(TEXT, &read.signatures()[0]), None);
    // The same public key under another name is another witness.
    let renamed = Cosigner::from_seed("v", &[5; 32]).unwrap();
    let of_w = &read.signatures()[2];
    assert_eq!(renamed.verifier().time_in(TEXT, of_w), None);
    assert_eq!(verifier.time_in("other\n", &read.signatures()[2]), None);
}

#[test]
fn one_wrong_line_of_a_known_witness_voids_the_note() {
    let witness = witness("w", 5);
    let good = witness.cosign(&note(), 10);
    // Bytes 0 to 3 are the key id: with another one the line belongs to an unknown key and proves nothing.
    for at in [4, 11, 12, 43, 44, 75] {
        let bad = damaged(&good, at);
        let note = note().with(good.clone()).unwrap().with(bad).unwrap();
        let rejected = witness.verifier().verify(&note);
        assert!(
            matches!(rejected, Err(NoteRejection::WrongSignature { .. })),
            "{at}: {rejected:?}"
        );
        assert_eq!(witness.verifier().time_of(&note), None, "{at}");
    }
    let unknown = note().with(damaged(&good, 0)).unwrap();
    assert_eq!(
        witness.verifier().verify(&unknown),
        Err(NoteRejection::NoKnownSignature)
    );
}

#[test]
fn a_cosignature_says_nothing_about_another_text_or_of_another_witness() {
    let alice = witness("w", 5);
    let log = NoteSigner::from_seed("example.com/log", &[1; 32]).unwrap();
    let other = log.sign(&TEXT.replace("\n7\n", "\n8\n")).unwrap();
    let moved = other.with(alice.cosign(&note(), 10)).unwrap();
    assert!(matches!(
        alice.verifier().verify(&moved),
        Err(NoteRejection::WrongSignature { .. })
    ));
    let note = cosigned(&alice, &[10]);
    for stranger in [witness("w", 6), witness("v", 5)] {
        assert_eq!(
            stranger.verifier().verify(&note),
            Err(NoteRejection::NoKnownSignature)
        );
    }
}

#[test]
fn times_lie_between_one_second_and_the_last_one() {
    let witness = witness("w", 5);
    let time_of = |time_s| witness.verifier().time_of(&cosigned(&witness, &[time_s]));
    assert_eq!(time_of(1), Some(1));
    assert_eq!(
        time_of(MAX_COSIGNATURE_TIME_S),
        Some(MAX_COSIGNATURE_TIME_S)
    );
    // What cannot be stated is signed as the nearest time that can.
    assert_eq!(time_of(0), Some(1));
    assert_eq!(time_of(u64::MAX), Some(MAX_COSIGNATURE_TIME_S));

    // Someone else's line with such a time is wrong, although its key has signed that message.
    for time_s in [0, MAX_COSIGNATURE_TIME_S + 1, u64::MAX] {
        let plain = NoteSigner::from_seed("w", &[5; 32]).unwrap();
        let message = format!("cosignature/v1\ntime {time_s}\n{TEXT}");
        let signature = plain.sign(&message).unwrap().signatures()[0]
            .bytes()
            .to_vec();
        let id = witness.verifier().key_id().0;
        let data = [&id, time_s.to_be_bytes().as_slice(), &signature].concat();
        let note = format!("{TEXT}\n\u{2014} w {}\n", base64_encode(&data));
        let rejected = witness
            .verifier()
            .verify(&Note::parse(note.as_bytes()).unwrap());
        assert!(
            matches!(rejected, Err(NoteRejection::WrongSignature { .. })),
            "{time_s}: {rejected:?}"
        );
    }
}

#[test]
fn a_key_of_one_type_is_never_one_of_the_other() {
    let log = NoteSigner::from_seed("same", &[5; 32]).unwrap();
    let witness = witness("same", 5);
    assert_eq!(log.public_key(), witness.verifier().public_key());
    assert_ne!(log.verifier().key_id(), witness.verifier().key_id());
    let (log_key, witness_key) = (log.verifier().to_string(), witness.verifier().to_string());
    assert_eq!(
        log_key.parse::<CosignatureVerifier>(),
        Err(InvalidVerifier::KeyType(1))
    );
    assert_eq!(
        witness_key.parse::<NoteVerifier>(),
        Err(InvalidVerifier::KeyType(4))
    );
    assert_eq!(&log_key.parse::<NoteVerifier>().unwrap(), log.verifier());
    assert_eq!(
        &witness_key.parse::<CosignatureVerifier>().unwrap(),
        witness.verifier()
    );

    let signed = log.sign(TEXT).unwrap();
    assert_eq!(
        witness.verifier().verify(&signed),
        Err(NoteRejection::NoKnownSignature)
    );
    let cosigned = Note::assemble(TEXT, [witness.cosign(&signed, 9)]).unwrap();
    assert_eq!(
        cosigned.verify(std::slice::from_ref(log.verifier())),
        Err(NoteRejection::NoKnownSignature)
    );
}

#[test]
fn keys_are_written_with_type_byte_4() {
    let verifier = witness("witness.example.com/w1", 5).verifier().clone();
    let text = verifier.to_string();
    assert!(text.starts_with("witness.example.com/w1+"), "{text}");
    assert!(text.contains("+BG"), "{text}");
    assert_eq!(
        CosignatureVerifier::new(verifier.name(), &verifier.public_key()).unwrap(),
        verifier
    );
    for wrong in [
        text.replace("w1+", "w2+"),
        text.replace("+BG", "+Bm"),
        format!("{text}AAAA"),
        text[1..].replace('+', " "),
    ] {
        assert!(wrong.parse::<CosignatureVerifier>().is_err(), "{wrong}");
    }
    assert!(CosignatureVerifier::new("w", &[0; 32]).is_err());
    assert!(Cosigner::from_seed("a b", &[1; 32]).is_err());
}

#[test]
fn lines_of_other_types_are_carried_and_say_nothing() {
    // The length of an ML-DSA-44 cosignature, under another name and id.
    let data = base64_encode(&vec![7; 4 + 8 + 2420]);
    let foreign = format!("{}\u{2014} w {data}\n", note());
    let foreign = Note::parse(foreign.as_bytes()).unwrap();
    let witness = witness("w", 5);
    assert_eq!(witness.verifier().time_of(&foreign), None);
    let line = witness.cosign(&foreign, 4);
    let both = foreign.with(line).unwrap();
    assert_eq!(witness.verifier().time_of(&both), Some(4));
    assert_eq!(Note::parse(both.to_string().as_bytes()), Ok(both));
}

#[test]
fn a_note_is_assembled_from_a_text_and_lines() {
    let signed = cosigned(&witness("w", 5), &[10, 20]);
    let lines = signed.signatures().to_vec();
    assert_eq!(Note::assemble(TEXT, lines.clone()), Ok(signed));
    let nothing = Note::assemble(TEXT, []);
    assert_eq!(nothing, Err(UnsignableText::NoSignatures));
    let many = std::iter::repeat_n(lines[0].clone(), 33);
    let too_many = Note::assemble(TEXT, many);
    assert_eq!(too_many, Err(UnsignableText::TooManySignatures));
    let no_text = Note::assemble("no newline", lines);
    assert_eq!(no_text, Err(UnsignableText::NotText));
}

proptest! {
    #[test]
    fn every_time_is_told_again(time_s in 1..=MAX_COSIGNATURE_TIME_S, seed: u8) {
        let witness = witness("w", seed);
        prop_assert_eq!(witness.verifier().time_of(&cosigned(&witness, &[time_s])), Some(time_s));
    }

    #[test]
    fn changed_keys_are_refused(seed: u8, at in any::<prop::sample::Index>(), byte in "[a-zA-Z0-9+/]") {
        let text = witness("w.example", seed).verifier().to_string();
        let at = at.index(text.len());
        let mut changed = text.clone();
        changed.replace_range(at..=at, &byte);
        prop_assert_eq!(changed.parse::<CosignatureVerifier>().is_ok(), changed == text);
    }
}
