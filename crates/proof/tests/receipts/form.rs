//! There is one way to write a receipt.

use did::proto::DidDoc;
use proof::receipt::{MAX_RECEIPT_BYTES, Malformed, NoProof, Receipt};
use proof::sha256;
use prost::Message;

use crate::accepted::{case, cases};
use crate::refused::Refusal;
use crate::world::{World, document, parsed};

const BASE: &str = "ed25519-in-three-method-types";

fn base() -> String {
    String::from_utf8(case(BASE).receipt().to_bytes()).unwrap()
}

/// Another text of the same or nearly the same receipt.
fn rewritten(from: &str, to: &str) -> Vec<u8> {
    let text = base();
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1).into_bytes()
}

pub fn refusals() -> Vec<Refusal> {
    let did = "did:cheqd:testnet:00000001-0000-4000-8000-000000000000";
    let network = "1".repeat(64);
    let cases: Vec<(&str, Vec<u8>, &'static str)> = vec![
        ("nothing", vec![], "unreadable"),
        ("not-json", b"receipt".to_vec(), "unreadable"),
        (
            "another-format",
            rewritten("receipt/v1", "receipt/v2"),
            "otherFormat",
        ),
        (
            "white-space",
            rewritten(",\"stage\"", ", \"stage\""),
            "notCanonical",
        ),
        (
            "newline-at-the-end",
            [base().as_bytes(), b"\n"].concat(),
            "notCanonical",
        ),
        (
            "something-at-the-end",
            [base().as_bytes(), b"{}"].concat(),
            "unreadable",
        ),
        (
            "byte-order-mark",
            [b"\xef\xbb\xbf", base().as_bytes()].concat(),
            "unreadable",
        ),
        ("members-exchanged", swapped(), "notCanonical"),
        (
            "member-missing",
            rewritten(r#""stage":"finished","#, ""),
            "unreadable",
        ),
        (
            "member-twice",
            rewritten(
                r#""stage":"finished","#,
                r#""stage":"finished","stage":"finished","#,
            ),
            "unreadable",
        ),
        (
            "member-unknown",
            rewritten(r#""stage":"#, r#""note":1,"stage":"#),
            "unreadable",
        ),
        (
            "member-unknown-inside",
            rewritten(r#""state":{"#, r#""state":{"note":1,"#),
            "unreadable",
        ),
        ("stage-unknown", rewritten("finished", "done"), "unreadable"),
        (
            "escape-not-needed",
            rewritten(r#""format""#, r#""\u0066ormat""#),
            "notCanonical",
        ),
        (
            "escape-of-the-dash",
            rewritten("\u{2014}", "\\u2014"),
            "notCanonical",
        ),
        (
            "escape-of-the-newline",
            rewritten("\\n", "\\u000a"),
            "notCanonical",
        ),
        (
            "number-with-a-fraction",
            rewritten(r#""ruleSet":1,"#, r#""ruleSet":1.0,"#),
            "unreadable",
        ),
        (
            "number-as-text",
            rewritten(r#""ruleSet":1,"#, r#""ruleSet":"1","#),
            "unreadable",
        ),
        (
            "number-negative",
            rewritten(r#""state":{"index":"#, r#""state":{"index":-"#),
            "unreadable",
        ),
        (
            "number-with-a-leading-zero",
            rewritten(r#""ruleSet":1,"#, r#""ruleSet":01,"#),
            "unreadable",
        ),
        (
            "did-with-upper-case",
            [rewritten(did, &did.replace("-8000-", "-A000-"))].concat(),
            "notCanonical",
        ),
        (
            "did-of-another-method",
            rewritten(did, "did:web:example.com"),
            "unreadable",
        ),
        ("operation-null", operation_null(), "notCanonical"),
        (
            "document-is-a-number",
            rewritten(r#""document":""#, r#""document":1,"x":""#),
            "unreadable",
        ),
        (
            "base64-without-padding",
            rewritten(r#"=","path""#, r#"","path""#),
            "unreadable",
        ),
        (
            "base64-of-urls",
            rewritten(r#""path":[""#, r#""path":["_"#),
            "unreadable",
        ),
        (
            "hash-too-short",
            rewritten(r#""path":[""#, r#""path":["AAAA",""#),
            "unreadable",
        ),
        (
            "network-id-in-another-case",
            rewritten(&network, &"A".repeat(64)),
            "unreadable",
        ),
        (
            "value-too-short",
            rewritten(r#""value":""#, r#""value":"AAAA","x":""#),
            "unreadable",
        ),
        ("value-cut", cut("value"), "unreadable"),
        ("proof-cut", cut("proof"), "unreadable"),
        (
            "status-unknown",
            rewritten(r#""status":"deactivated""#, r#""status":"gone""#),
            "unreadable",
        ),
    ];
    cases
        .into_iter()
        .map(|(name, bytes, reason)| Refusal::new(name, bytes, reason))
        .collect()
}

fn swapped() -> Vec<u8> {
    let (format, stage) = (r#""format":"atropos-receipt/v1""#, r#""stage":"finished""#);
    rewritten(&format!("{format},{stage}"), &format!("{stage},{format}"))
}

fn operation_null() -> Vec<u8> {
    let text = String::from_utf8(case("active").receipt().to_bytes()).unwrap();
    text.replacen(r#","summary""#, r#","operation":null,"summary""#, 1)
        .into_bytes()
}

/// Three bytes are taken from the end of the first such member.
fn cut(member: &str) -> Vec<u8> {
    let text = base();
    let start = text.find(&format!(r#""{member}":""#)).unwrap() + member.len() + 4;
    let end = start + text[start..].find('"').unwrap();
    [&text[..end - 4], &text[end..]].concat().into_bytes()
}

#[test]
fn the_bytes_are_read_back() {
    for case in cases() {
        let receipt = case.receipt();
        assert_eq!(
            Receipt::parse(&receipt.to_bytes()),
            Ok(receipt),
            "{}",
            case.name
        );
    }
}

#[test]
fn a_receipt_of_the_largest_size_is_read_and_no_larger_one() {
    let longest = vec![b' '; MAX_RECEIPT_BYTES];
    assert!(matches!(Receipt::parse(&longest), Err(Malformed::Json(_))));
    let bytes = MAX_RECEIPT_BYTES + 1;
    assert_eq!(
        Receipt::parse(&vec![b' '; bytes]),
        Err(Malformed::TooLarge { bytes })
    );
    assert_eq!(Malformed::TooLarge { bytes }.code(), "tooLarge");
}

/// No ledger accepts a document of that size, and no one could read the receipt.
#[test]
fn parts_that_give_a_larger_receipt_are_not_assembled() {
    let mut world = World::new();
    world.create(&document(1, &["ed-1"]));
    let entry = world.states.get_mut(&parsed(1)).unwrap();
    let mut large = DidDoc::decode(entry.document.as_slice()).unwrap();
    large.also_known_as = vec!["x".repeat(MAX_RECEIPT_BYTES / 4 * 3)];
    entry.document = large.encode_to_vec();
    entry.value.document_hash = sha256(&entry.document);
    world.close();
    match Receipt::assemble(world.latest_parts(1)) {
        Err(NoProof::Malformed(Malformed::TooLarge { bytes })) => {
            assert!(bytes > MAX_RECEIPT_BYTES)
        }
        other => panic!("{:?}", other.map(|receipt| receipt.to_bytes().len())),
    }
}
