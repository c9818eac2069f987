//! Signatures by the three elliptic keys of `openssl-signatures.json`, written in other ways.

use std::collections::BTreeSet;

use did::{KeyAlgorithm, PublicKey};

use crate::common::{fixture, hex_of};
use crate::table::Verdict;

pub fn names() -> BTreeSet<String> {
    samples()[0]
        .forms()
        .into_iter()
        .map(|(name, _)| name.to_owned())
        .collect()
}

pub fn verdicts(name: &str) -> Vec<Verdict> {
    let verdict = |sample: &Sample| {
        let forms = sample
            .forms()
            .into_iter()
            .filter(|(other, _)| *other == name);
        let verdicts = forms.flat_map(|(_, forms)| forms);
        verdicts
            .map(|form| Verdict::of(sample.key.verify(&sample.message, &form).is_ok()))
            .collect::<Vec<_>>()
    };
    samples().iter().flat_map(verdict).collect()
}

struct Sample {
    key: PublicKey,
    message: Vec<u8>,
    /// Numbers of the signature, big-endian in as many bytes as the order has.
    r: Vec<u8>,
    s: Vec<u8>,
    order: Vec<u8>,
}

/// Orders of the groups (FIPS 186-5; SEC 2).
const ORDERS: [&str; 3] = [
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\
     fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
];

fn samples() -> Vec<Sample> {
    let file = fixture("openssl-signatures.json");
    let message = file["message"].as_str().unwrap().as_bytes();
    let algorithms = [KeyAlgorithm::P256, KeyAlgorithm::P384, KeyAlgorithm::P521];
    let sample = |(number, algorithm): (usize, KeyAlgorithm)| {
        let vector = &file["vectors"][number];
        let order = hex::decode(ORDERS[number]).unwrap();
        let (r, s) = numbers(&hex_of(vector, "signatureHex"), order.len());
        Sample {
            key: PublicKey::from_bytes(algorithm, &hex_of(vector, "publicKeyHex")).unwrap(),
            message: message.to_vec(),
            r,
            s,
            order,
        }
    };
    algorithms.into_iter().enumerate().map(sample).collect()
}

impl Sample {
    fn forms(&self) -> Vec<(&'static str, Vec<Vec<u8>>)> {
        let (r, s) = (integer(&self.r), integer(&self.s));
        let good = sequence(&[&r, &s]);
        let body = [r.clone(), s.clone()].concat();
        let with = |r: &[u8], s: &[u8]| sequence(&[&integer(r), &integer(s)]);
        let len = body.len();
        vec![
            ("der", vec![good.clone()]),
            ("other-s", vec![with(&self.r, &minus(&self.order, &self.s))]),
            ("fixed-length", vec![[&self.r[..], &self.s[..]].concat()]),
            (
                "long-lengths",
                vec![
                    [&[0x30, 0x82, 0, len as u8], &body[..]].concat(),
                    [&[0x30, 0x83, 0, 0, len as u8], &body[..]].concat(),
                    sequence(&[&[&[0x02, 0x81], &r[1..]].concat(), &s]),
                    sequence(&[&r, &[&[0x02, 0x81], &s[1..]].concat()]),
                ],
            ),
            (
                "indefinite-length",
                vec![[&[0x30, 0x80], &body[..], &[0, 0]].concat()],
            ),
            (
                "superfluous-zero",
                vec![
                    sequence(&[&tagged(2, &[&[0, 0], &self.r[..]].concat()), &s]),
                    sequence(&[&r, &tagged(2, &[&[0, 0], &self.s[..]].concat())]),
                ],
            ),
            (
                "negative",
                vec![
                    sequence(&[&negative(&self.r), &s]),
                    sequence(&[&r, &negative(&self.s)]),
                ],
            ),
            (
                "left-over",
                vec![
                    [&good[..], &[0]].concat(),
                    [&good[..], &good[..]].concat(),
                    sequence(&[&r, &s, &[0]]),
                    sequence(&[&r, &s, &[5, 0]]),
                    sequence(&[&r, &s, &integer(&[1])]),
                ],
            ),
            (
                "cut",
                vec![
                    vec![],
                    good[..1].to_vec(),
                    good[..good.len() - 1].to_vec(),
                    sequence(&[&r]),
                    sequence(&[]),
                ],
            ),
            (
                "other-tags",
                vec![
                    [&[0x31], &good[1..]].concat(),
                    [&[0x10], &good[1..]].concat(),
                    sequence(&[&[&[0x04], &r[1..]].concat(), &s]),
                    sequence(&[&r, &[&[0x0a], &s[1..]].concat()]),
                ],
            ),
            (
                "zero",
                vec![with(&[0], &self.s), with(&self.r, &[0]), with(&[0], &[0])],
            ),
            (
                "not-reduced",
                vec![
                    with(&self.order, &self.s),
                    with(&self.r, &self.order),
                    with(&plus(&self.order, &self.r), &self.s),
                    with(&self.r, &plus(&self.order, &self.s)),
                ],
            ),
            ("exchanged", vec![with(&self.s, &self.r)]),
        ]
    }
}

/// Both numbers of a signature in DER.
fn numbers(der: &[u8], len: usize) -> (Vec<u8>, Vec<u8>) {
    let start = if der[1] & 0x80 == 0 { 2 } else { 3 };
    let (r, rest) = number(&der[start..], len);
    (r, number(rest, len).0)
}

fn number(der: &[u8], len: usize) -> (Vec<u8>, &[u8]) {
    let (content, rest) = der[2..].split_at(usize::from(der[1]));
    let content: Vec<u8> = content
        .iter()
        .copied()
        .skip_while(|byte| *byte == 0)
        .collect();
    ([vec![0; len - content.len()], content].concat(), rest)
}

fn integer(number: &[u8]) -> Vec<u8> {
    let mut content: Vec<u8> = number
        .iter()
        .copied()
        .skip_while(|byte| *byte == 0)
        .collect();
    if content.first().is_none_or(|first| first & 0x80 != 0) {
        content.insert(0, 0);
    }
    tagged(2, &content)
}

/// The number in as few bytes as it has, the highest bit set.
fn negative(number: &[u8]) -> Vec<u8> {
    let mut content: Vec<u8> = number
        .iter()
        .copied()
        .skip_while(|byte| *byte == 0)
        .collect();
    content[0] |= 0x80;
    tagged(2, &content)
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tagged(0x30, &parts.concat())
}

fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = u8::try_from(content.len()).unwrap();
    let head = if len < 0x80 {
        vec![tag, len]
    } else {
        vec![tag, 0x81, len]
    };
    [&head, content].concat()
}

pub fn plus(one: &[u8], other: &[u8]) -> Vec<u8> {
    let mut carry = 0;
    let sum = one.iter().zip(other).rev().map(|(a, b)| {
        let sum = u16::from(*a) + u16::from(*b) + carry;
        carry = sum >> 8;
        sum as u8
    });
    let mut sum: Vec<u8> = sum.collect();
    sum.push(carry as u8);
    sum.reverse();
    sum
}

fn minus(one: &[u8], other: &[u8]) -> Vec<u8> {
    let mut borrow = 0;
    let difference = one.iter().zip(other).rev().map(|(a, b)| {
        let difference = i16::from(*a) - i16::from(*b) - borrow;
        borrow = i16::from(difference < 0);
        difference as u8
    });
    let mut difference: Vec<u8> = difference.collect();
    difference.reverse();
    difference
}
