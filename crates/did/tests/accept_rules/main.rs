//! `docs/accept-rules.md` says which keys and signatures are taken. Its tables name vectors; here each of them is
//! tried, so that a table cannot say what the code does not do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "../common/mod.rs"]
mod common;
mod ecdsa;
mod edge;
mod materials;
mod rsa;
mod table;

use std::collections::BTreeSet;

use table::{Row, Verdict};

/// The verdict on each vector of a name such as `material:jwk-padding`.
fn verdicts(name: &str) -> Vec<Verdict> {
    let (source, rest) = name.split_once(':').expect(name);
    match source {
        "edge" => edge::verdicts(rest),
        "cctv" => edge::cctv(rest),
        "material" => materials::verdicts(rest),
        "ecdsa" => ecdsa::verdicts(rest),
        "rsa" => rsa::verdicts(rest),
        "wycheproof" => wycheproof(rest),
        other => panic!("no vectors are called {other}:"),
    }
}

/// `<set>`, `<set>#<flag>`, and either with `=valid` or `=invalid` behind.
fn wycheproof(name: &str) -> Vec<Verdict> {
    let (name, result) = name
        .split_once('=')
        .map_or((name, None), |(name, result)| (name, Some(result)));
    let (set, flag) = name
        .split_once('#')
        .map_or((name, None), |(set, flag)| (set, Some(flag)));
    let cases = common::wycheproof::run(set).into_iter();
    let chosen = cases.filter(|case| {
        result.is_none_or(|result| case.result == result)
            && flag.is_none_or(|flag| case.flags.iter().any(|other| other == flag))
    });
    chosen.map(|case| Verdict::of(case.accepted)).collect()
}

#[test]
fn every_vector_gets_the_verdict_of_its_row() {
    let rows = table::rows();
    assert!(rows.len() >= 50, "{} rows", rows.len());
    for Row {
        what,
        verdict,
        vectors,
    } in rows
    {
        assert!(!vectors.is_empty(), "no vector pins: {what}");
        for name in vectors {
            let found = verdicts(&name);
            assert!(!found.is_empty(), "{name} names no vector");
            for (number, one) in found.iter().enumerate() {
                assert_eq!(*one, verdict, "{name} (number {number}), for: {what}");
            }
        }
    }
}

#[test]
fn every_vector_stands_in_a_row() {
    let named: BTreeSet<String> = table::rows()
        .into_iter()
        .flat_map(|row| row.vectors)
        .collect();
    let sources = [
        ("edge", edge::names()),
        ("material", materials::names()),
        ("ecdsa", ecdsa::names()),
        ("rsa", rsa::names()),
    ];
    for (source, names) in sources {
        assert!(!names.is_empty());
        for name in names {
            let name = format!("{source}:{name}");
            assert!(
                named.contains(&name),
                "docs/accept-rules.md does not name {name}"
            );
        }
    }
}
