//! Every Wycheproof test of every kind of key that documents can hold, whatever hash and encoding it is about.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;

use common::wycheproof::{Case, run, sets};

/// Where the verdict here is not Wycheproof's: sets, how many tests, both verdicts, why. The first row that fits
/// counts. The same rows are in `docs/accept-rules.md`.
type Deviation = (
    &'static str,
    usize,
    &'static str,
    &'static str,
    &'static str,
);
const DEVIATIONS: [Deviation; 11] = [
    (
        "EcdsaSecp*P1363",
        1709,
        "valid",
        "refused",
        "a signature is DER, not two numbers of fixed length",
    ),
    (
        "EcdsaSecp*",
        2627,
        "valid",
        "refused",
        "the hash is SHA-256 on every curve, as on the cheqd ledger",
    ),
    (
        "RsaPss*Sha256Mgf1Sha1_*",
        63,
        "valid",
        "refused",
        "MGF1 is with SHA-256",
    ),
    (
        "RsaPssmisc*",
        288,
        "valid",
        "refused",
        "the hash and that of MGF1 are SHA-256; other combinations are not taken",
    ),
    ("RsaPss*", 1608, "valid", "refused", "the hash is SHA-256"),
    (
        "RsaPss*Sha256Mgf1SaltLen*",
        38,
        "invalid",
        "accepted",
        "the sets fix a length of the salt; here any is taken, as on the cheqd ledger",
    ),
    (
        "Rsa8192*",
        21,
        "valid",
        "refused",
        "a modulus has at most 4,096 bits",
    ),
    (
        "Rsa8192*",
        3,
        "acceptable",
        "refused",
        "a modulus has at most 4,096 bits",
    ),
    (
        "Rsa*",
        152,
        "valid",
        "refused",
        "RSASSA-PKCS1-v1_5; only RSASSA-PSS is taken",
    ),
    (
        "Rsa*",
        21,
        "acceptable",
        "refused",
        "RSASSA-PKCS1-v1_5; only RSASSA-PSS is taken",
    ),
    (
        "Rsa*Sha256",
        9,
        "invalid",
        "accepted",
        "sound RSASSA-PSS signatures, which are wrong only as RSASSA-PKCS1-v1_5",
    ),
];

#[test]
fn every_test_of_every_set_gets_its_verdict_or_a_reason() {
    let sets = sets();
    assert_eq!(sets.len(), 73, "{sets:?}");
    let mut found = [0; DEVIATIONS.len()];
    let mut agreed: BTreeMap<&str, usize> = BTreeMap::new();
    for set in &sets {
        for case in run(set) {
            match deviation(set, &case) {
                None => {
                    let verdict = if case.accepted { "accepted" } else { "refused" };
                    *agreed.entry(verdict).or_default() += 1;
                }
                Some(number) => found[number] += 1,
            }
        }
    }
    let stated = DEVIATIONS.map(|(_, count, ..)| count);
    assert_eq!(found, stated);
    assert_eq!(agreed, [("accepted", 873), ("refused", 12090)].into());
}

/// The row that explains this test; `None` when Wycheproof says the same.
fn deviation(set: &str, case: &Case) -> Option<usize> {
    let here = if case.accepted { "accepted" } else { "refused" };
    if matches!(
        (case.result.as_str(), case.accepted),
        ("valid", true) | ("invalid", false)
    ) {
        return None;
    }
    let row = DEVIATIONS.iter().position(|(sets, _, result, verdict, _)| {
        fits(sets, set) && *result == case.result && *verdict == here
    });
    Some(row.unwrap_or_else(|| panic!("{set} {} is {}, and {here} here", case.id, case.result)))
}

fn fits(pattern: &str, set: &str) -> bool {
    let mut rest = set;
    let parts: Vec<&str> = pattern.split('*').collect();
    let (first, last) = (parts[0], parts[parts.len() - 1]);
    if parts.len() == 1 {
        return pattern == set;
    }
    for part in &parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    set.starts_with(first) && set.ends_with(last)
}

#[test]
fn the_documentation_lists_the_same_differences() {
    let path = format!("{}/../../docs/accept-rules.md", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let (_, table) = text
        .split_once("| sets | tests | Wycheproof | here | why |\n|---|---|---|---|---|\n")
        .unwrap();
    let rows: Vec<&str> = table
        .lines()
        .take_while(|line| line.starts_with('|'))
        .collect();
    let stated = DEVIATIONS.map(|(sets, count, result, verdict, why)| {
        format!("| `{sets}` | {count} | {result} | {verdict} | {why} |")
    });
    assert_eq!(rows, stated);
}
