//! The independent verifier in `tests/python`, written from the documents alone, says of every receipt what this
//! project's own says: verdict or reason, with the same words.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::ops::Range;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tests::population::Population;
use tests::private_key::Random;
use tests::python;
use tests::server::Place;

/// Receipts of both kinds, genuine and spoiled.
const RECEIPTS: usize = 1000;
/// DIDs that they are about.
const HOLDERS: u64 = 90;
/// Which of these a reader reports where several fit is its own affair.
const FORM: [&str; 3] = ["unreadable", "otherFormat", "notCanonical"];

#[test]
fn its_own_tests_pass() {
    let arguments = ["-m", "unittest", "discover", "--start-directory", "."];
    let output = python::python(&arguments).unwrap().output().unwrap();
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}");
    assert!(!printed.contains("Ran 0 tests"), "{printed}");
}

#[test]
fn it_says_of_every_vector_what_the_vector_says() {
    let vectors = [vectors("verified.json"), vectors("refused.json")].concat();
    assert!(vectors.len() > 100, "{} vectors", vectors.len());
    let cases: Vec<Case> = vectors.iter().map(Case::of_vector).collect();
    for (vector, answer) in vectors.iter().zip(verify_all(&cases)) {
        let expected = match vector.get("verdict") {
            Some(verdict) => json!({"verdict": verdict}),
            None => json!({"reason": of_form(&vector["reason"])}),
        };
        assert_eq!(answer, expected, "{}", vector["name"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_says_of_a_thousand_receipts_what_the_binary_says() {
    let Population {
        receipts: genuine,
        policy,
        bounds,
    } = Population::live(HOLDERS).await.unwrap();
    let case = |receipt| Case {
        policy: policy.clone(),
        bounds: Some(bounds.clone()),
        receipt,
    };
    let mut random = Random::new(1000);
    let mut cases: Vec<Case> = genuine.iter().cloned().map(case).collect();
    while cases.len() < RECEIPTS {
        let receipt = &genuine[random.below(genuine.len())];
        cases.push(case(spoiled(receipt, &mut random)));
    }
    let place = Place::new().unwrap();
    let expected = binary_says(&place, &cases);
    let mut reasons = BTreeMap::new();
    for ((case, answer), expected) in cases.iter().zip(verify_all(&cases)).zip(expected) {
        let receipt = String::from_utf8_lossy(&case.receipt);
        assert_eq!(answer, expected, "{policy}{bounds}\n{receipt}");
        let word = answer["reason"]
            .as_str()
            .or(answer["verdict"]["status"].as_str());
        *reasons.entry(word.unwrap().to_owned()).or_insert(0) += 1;
    }
    let genuine_are_proven: usize = ["deactivated", "active", "neverExisted"]
        .iter()
        .map(|status| reasons.remove(*status).unwrap_or(0))
        .sum();
    assert!(genuine_are_proven >= genuine.len(), "{genuine_are_proven}");
    assert!(reasons.len() >= 10, "few kinds of faults: {reasons:?}");
}

/// What both verifiers get.
struct Case {
    policy: String,
    bounds: Option<String>,
    receipt: Vec<u8>,
}

impl Case {
    fn of_vector(vector: &Value) -> Self {
        let text = |name: &str| vector[name].as_str().map(str::to_owned);
        Self {
            policy: text("policy").unwrap(),
            bounds: text("bounds"),
            receipt: text("receiptBase64").map_or_else(
                || text("receipt").unwrap().into_bytes(),
                |receipt| STANDARD.decode(receipt).unwrap(),
            ),
        }
    }

    fn line(&self) -> String {
        let receipt = STANDARD.encode(&self.receipt);
        json!({"policy": self.policy, "bounds": self.bounds, "receipt": receipt}).to_string()
    }
}

/// What the Python verifier says, without its free text.
fn verify_all(cases: &[Case]) -> Vec<Value> {
    let lines = cases.iter().map(Case::line).collect();
    let command = python::python(&["verify_receipt.py", "--batch"]).unwrap();
    let answers = python::filter(command, lines).unwrap();
    assert_eq!(answers.len(), cases.len());
    let parse = |line: &String| {
        let answer: Value = serde_json::from_str(line).unwrap();
        match answer.get("verdict") {
            Some(verdict) => json!({"verdict": verdict}),
            None => json!({"reason": of_form(&answer["reason"])}),
        }
    };
    answers.iter().map(parse).collect()
}

fn of_form(reason: &Value) -> &str {
    let reason = reason.as_str().unwrap();
    if FORM.contains(&reason) {
        FORM[0]
    } else {
        reason
    }
}

fn vectors(file: &str) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/receipts");
    serde_json::from_slice(&fs::read(folder.join(file)).unwrap()).unwrap()
}

/// What `atropos verify --json` says of each, in the shape of the vectors.
fn binary_says(place: &Place, cases: &[Case]) -> Vec<Value> {
    let policy = place.folder().join("policy.txt");
    let bounds = place.folder().join("bounds.json");
    fs::write(&policy, &cases[0].policy).unwrap();
    fs::write(&bounds, cases[0].bounds.as_ref().unwrap()).unwrap();
    let binary = tests::binary::atropos().unwrap();
    let say = |case: &Case| {
        let mut child = Command::new(&binary)
            .args(["verify", "-", "--json", "--policy"])
            .arg(&policy)
            .arg("--bounds")
            .arg(&bounds)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(&case.receipt).unwrap();
        drop(input);
        let output = child.wait_with_output().unwrap();
        let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(printed["proven"], output.status.success());
        said(&printed)
    };
    cases.iter().map(say).collect()
}

fn said(printed: &Value) -> Value {
    if printed["proven"] == false {
        return json!({"reason": of_form(&printed["code"])});
    }
    let mut verdict = json!({"checkpoint": printed["checkpoint"]});
    let root = hex::decode(printed["checkpoint"]["root"].as_str().unwrap()).unwrap();
    verdict["checkpoint"]["root"] = json!(STANDARD.encode(root));
    for name in ["status", "did", "networkId", "logIndex"] {
        verdict[name] = printed[name].clone();
    }
    for (name, time) in [("atLatest", "atLatestMs"), ("stillAt", "stillAtMs")] {
        let Some(when) = printed.get(name) else {
            continue;
        };
        let clock = match when["clock"].as_str() {
            Some("witnesses") => "witnessed",
            _ => "logClock",
        };
        verdict[time] = json!({clock: unix_ms(when["time"].as_str().unwrap())});
    }
    json!({"verdict": verdict})
}

fn unix_ms(time: &str) -> i64 {
    time.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

/// A receipt with one fault: a bit of the text, a bit of bytes in base64, a digit, or two texts exchanged.
fn spoiled(receipt: &[u8], random: &mut Random) -> Vec<u8> {
    let mut spoiled = receipt.to_vec();
    match random.below(8) {
        0 => {
            let at = random.below(spoiled.len());
            spoiled[at] ^= 1 << random.below(8);
        }
        1 => {
            let digits = positions(receipt, |byte| byte.is_ascii_digit());
            let at = digits[random.below(digits.len())];
            spoiled[at] = b'0' + random.below(10) as u8;
        }
        2 => {
            let texts = base64_texts(receipt);
            let (one, other) = (random.below(texts.len()), random.below(texts.len()));
            let (first, second) = (one.min(other), one.max(other));
            if first != second {
                let (first, second) = (texts[first].clone(), texts[second].clone());
                let moved = receipt[second.clone()].to_vec();
                spoiled.splice(second, receipt[first.clone()].iter().copied());
                spoiled.splice(first, moved);
            }
        }
        _ => {
            let members = by_member(receipt);
            let texts = &members[random.below(members.len())];
            let text = texts[random.below(texts.len())].clone();
            let mut bytes = STANDARD.decode(&receipt[text.clone()]).unwrap();
            let at = random.below(bytes.len());
            bytes[at] ^= 1 << random.below(8);
            spoiled.splice(text, STANDARD.encode(bytes).into_bytes());
        }
    }
    spoiled
}

fn positions(bytes: &[u8], wanted: impl Fn(&u8) -> bool) -> Vec<usize> {
    (0..bytes.len()).filter(|at| wanted(&bytes[*at])).collect()
}

/// The same by the member that holds them: the many hashes of a long proof count as one place, so that how long the log
/// has become does not decide which faults are made.
fn by_member(receipt: &[u8]) -> Vec<Vec<Range<usize>>> {
    let mut members: BTreeMap<&[u8], Vec<Range<usize>>> = BTreeMap::new();
    for text in base64_texts(receipt) {
        let before = &receipt[..text.start];
        let end = before.windows(2).rposition(|pair| pair == b"\":").unwrap();
        let start = before[..end]
            .iter()
            .rposition(|byte| *byte == b'"')
            .unwrap()
            + 1;
        members.entry(&before[start..end]).or_default().push(text);
    }
    members.into_values().collect()
}

/// Where texts stand that are base64 of some length.
fn base64_texts(receipt: &[u8]) -> Vec<Range<usize>> {
    let quotes = positions(receipt, |byte| *byte == b'"');
    let between = quotes.windows(2).map(|pair| pair[0] + 1..pair[1]);
    let is_base64 =
        |text: &Range<usize>| text.len() >= 44 && STANDARD.decode(&receipt[text.clone()]).is_ok();
    between.filter(is_base64).collect()
}
