//! Quorums against a plain reading of the specification: which sets of witnesses are enough, and by when they were.

use std::collections::BTreeSet;

use proof::note::{Cosigner, Note, NoteSigner};
use proof::policy::Policy;
use proptest::collection::vec;
use proptest::prelude::*;

const WITNESSES: usize = 6;

fn witness(number: usize) -> Cosigner {
    Cosigner::from_seed(&format!("w{number}"), &[number as u8 + 1; 32]).unwrap()
}

/// A tree of groups whose leaves are witnesses, each at most once.
#[derive(Debug, Clone)]
enum Tree {
    Witness(usize),
    Group {
        threshold: usize,
        members: Vec<Tree>,
    },
}

impl Tree {
    /// Whether these witnesses are enough, read straight from the definition.
    fn is_reached(&self, by: &BTreeSet<usize>) -> bool {
        match self {
            Tree::Witness(number) => by.contains(number),
            Tree::Group { threshold, members } => {
                members.iter().filter(|m| m.is_reached(by)).count() >= *threshold
            }
        }
    }

    /// Writes the groups, inner ones first, and returns the name of this one.
    fn write(&self, lines: &mut Vec<String>) -> String {
        match self {
            Tree::Witness(number) => format!("W{number}"),
            Tree::Group { threshold, members } => {
                let names: Vec<String> = members.iter().map(|m| m.write(lines)).collect();
                let name = format!("G{}", lines.len());
                // The words mean the same thresholds as the numbers.
                let threshold = match *threshold {
                    1 if lines.len().is_multiple_of(2) => "any".to_owned(),
                    k if k == members.len() && lines.len().is_multiple_of(3) => "all".to_owned(),
                    k => k.to_string(),
                };
                lines.push(format!("group {name} {threshold} {}\n", names.join(" ")));
                name
            }
        }
    }

    fn policy(&self) -> Policy {
        let mut text: String = (0..WITNESSES)
            .map(|n| format!("witness W{n} {}\n", witness(n).verifier()))
            .collect();
        let mut groups = Vec::new();
        let name = self.write(&mut groups);
        text.extend(groups);
        // A group that is reached but not required changes nothing.
        let unused = (0..WITNESSES).find(|n| !self.names(*n));
        text.extend(unused.map(|n| format!("group unused any W{n}\n")));
        Policy::parse(format!("{text}quorum {name}\n"), None).unwrap()
    }

    fn names(&self, witness: usize) -> bool {
        match self {
            Tree::Witness(number) => *number == witness,
            Tree::Group { members, .. } => members.iter().any(|m| m.names(witness)),
        }
    }
}

/// Groups of groups over all or some witnesses: an order, and where it is cut and how each part is required.
fn tree() -> impl Strategy<Value = Tree> {
    let order = Just((0..WITNESSES).collect::<Vec<usize>>()).prop_shuffle();
    (order, 1..=WITNESSES, vec((1_usize..4, 0_usize..8), 1..6)).prop_map(|(order, used, cuts)| {
        let mut level: Vec<Tree> = order.into_iter().take(used).map(Tree::Witness).collect();
        for (width, threshold) in cuts {
            let mut next = Vec::new();
            while !level.is_empty() {
                let rest = level.split_off(width.min(level.len()));
                let threshold = threshold % level.len() + 1;
                next.push(Tree::Group {
                    threshold,
                    members: level,
                });
                level = rest;
            }
            level = next;
        }
        let threshold = used % level.len() + 1;
        Tree::Group {
            threshold,
            members: level,
        }
    })
}

/// Lines of any witnesses at any times, several of one among them.
fn cosignatures() -> impl Strategy<Value = Vec<(usize, u64)>> {
    vec((0..WITNESSES, 1_u64..12), 0..14)
}

fn note(lines: &[(usize, u64)]) -> Note {
    let log = NoteSigner::from_seed("log", &[200; 32]).unwrap();
    let note = log
        .sign("log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")
        .unwrap();
    lines.iter().fold(note, |note, &(number, time_s)| {
        let line = witness(number).cosign(&note, time_s);
        note.with(line).unwrap()
    })
}

fn those(lines: &[(usize, u64)], counts: impl Fn(u64) -> bool) -> BTreeSet<usize> {
    lines
        .iter()
        .filter(|(_, time_s)| counts(*time_s))
        .map(|(number, _)| *number)
        .collect()
}

proptest! {
    #[test]
    fn quorum_and_times_are_those_of_every_subset(tree in tree(), lines in cosignatures()) {
        let quorum = tree.policy().quorum(&note(&lines));
        let at_latest = (0..20).find(|&t| tree.is_reached(&those(&lines, |time_s| time_s <= t)));
        let still_at = (0..20).rev().find(|&t| tree.is_reached(&those(&lines, |time_s| time_s >= t)));
        match quorum {
            Ok(quorum) => {
                prop_assert!(at_latest.is_some());
                prop_assert_eq!(quorum.at_latest_s(), at_latest);
                prop_assert_eq!(quorum.still_at_s(), still_at);
            }
            Err(_) => prop_assert_eq!((at_latest, still_at), (None, None)),
        }
    }

    #[test]
    fn one_witness_is_a_quorum_of_its_own(number in 0..WITNESSES, lines in cosignatures()) {
        let policy = Tree::Witness(number).policy();
        let times: Vec<u64> = lines.iter().filter(|line| line.0 == number).map(|line| line.1).collect();
        let quorum = policy.quorum(&note(&lines)).ok();
        prop_assert_eq!(quorum.as_ref().and_then(|q| q.at_latest_s()), times.iter().min().copied());
        prop_assert_eq!(quorum.as_ref().and_then(|q| q.still_at_s()), times.iter().max().copied());
    }
}

#[test]
fn the_cosigners_are_named_with_their_first_and_last_time() {
    let group = Tree::Group {
        threshold: 1,
        members: vec![Tree::Witness(0), Tree::Witness(1)],
    };
    let quorum = group
        .policy()
        .quorum(&note(&[(1, 5), (4, 9), (1, 3), (1, 4)]));
    let quorum = quorum.unwrap();
    let shown: Vec<(&str, u64, u64)> = quorum
        .cosigned()
        .iter()
        .map(|by| (&*by.name, by.first_s, by.last_s))
        .collect();
    assert_eq!(shown, [("W1", 3, 5), ("W4", 9, 9)]);
    assert_eq!(
        (quorum.at_latest_s(), quorum.still_at_s()),
        (Some(3), Some(5))
    );
}

#[test]
fn time_runs_from_the_needed_ones_only() {
    let two_of_three = Tree::Group {
        threshold: 2,
        members: vec![Tree::Witness(0), Tree::Witness(1), Tree::Witness(2)],
    };
    let policy = two_of_three.policy();
    let times = |lines: &[(usize, u64)]| {
        let quorum = policy.quorum(&note(lines)).unwrap();
        (quorum.at_latest_s().unwrap(), quorum.still_at_s().unwrap())
    };
    assert_eq!(times(&[(0, 10), (1, 20)]), (20, 10));
    assert_eq!(times(&[(0, 10), (1, 20), (2, 30)]), (20, 20));
    assert_eq!(times(&[(0, 10), (1, 20), (0, 40), (1, 50)]), (20, 40));
}
