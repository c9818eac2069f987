//! Snapshots: a view that does not move while the ledger does.

use proof::checkpoint::SignedCheckpoint;
use proof::receipt::Stage;
use tempfile::tempdir;

use super::world::{Random, Subject, log_signer, real_options, submit};
use crate::{DidFacts, Embedded, Snapshot};

const DIDS: u32 = 60;

/// Everything that a snapshot contains.
#[derive(Debug, PartialEq)]
struct Content {
    size: u64,
    bits: Vec<u8>,
    facts: Vec<Option<DidFacts>>,
    receipts: Vec<Vec<u8>>,
}

fn all_of(snapshot: &Snapshot) -> Content {
    let dids = (0..DIDS).map(|number| Subject::new(number).did());
    let facts = dids.clone().map(|did| snapshot.facts(&did).unwrap());
    let receipts = dids.map(|did| {
        let receipt = snapshot.state_receipt(&did, snapshot.checkpoint(), Stage::Finished);
        receipt.unwrap().to_bytes()
    });
    Content {
        size: snapshot.size(),
        bits: snapshot.status_bits().unwrap(),
        facts: facts.collect(),
        receipts: receipts.collect(),
    }
}

#[test]
fn a_snapshot_stays_as_it_is_while_operations_go_on() {
    let dir = tempdir().unwrap();
    let options = real_options(dir.path());
    Embedded::init(&options, &log_signer()).unwrap();
    let ledger = Embedded::open(&options, log_signer()).unwrap();
    let mut kept: Vec<(Snapshot, _)> = Vec::new();
    for round in 0..6 {
        for number in (0..DIDS).filter(|number| number % 6 == round) {
            let subject = Subject::new(number);
            submit(&ledger, vec![subject.create()]).unwrap();
            if number % 4 == 0 {
                submit(&ledger, vec![subject.deactivate(2)]).unwrap();
            }
        }
        let snapshot = ledger.fresh_snapshot().unwrap();
        assert_eq!(snapshot.size(), ledger.published().size);
        assert_eq!(snapshot.checkpoint(), ledger.published().checkpoint);
        let expected = all_of(&snapshot);
        kept.push((snapshot, expected));
        for (snapshot, expected) in &kept {
            assert_eq!(all_of(snapshot), *expected, "round {round}");
        }
    }
}

#[test]
fn a_snapshot_agrees_with_the_ledger_of_its_moment() {
    let dir = tempdir().unwrap();
    let options = real_options(dir.path());
    Embedded::init(&options, &log_signer()).unwrap();
    let mut ledger = Embedded::open(&options, log_signer()).unwrap();
    let mut deactivated = vec![false; 9_000];
    let numbers: Vec<u32> = (0..deactivated.len() as u32).collect();
    for some in numbers.chunks(32) {
        let creates = some.iter().map(|number| Subject::new(*number).create());
        submit(&ledger, creates.collect()).unwrap();
    }
    let mut random = Random::new(4);
    for _ in 0..40 {
        let number = random.below(deactivated.len() as u64) as usize;
        if !std::mem::replace(&mut deactivated[number], true) {
            submit(&ledger, vec![Subject::new(number as u32).deactivate(2)]).unwrap();
        }
    }
    for round in 0..3 {
        let snapshot = ledger.fresh_snapshot().unwrap();
        let head = ledger.published();
        assert_eq!((snapshot.size(), snapshot.root()), (head.size, head.root));
        assert_eq!(snapshot.dids(), deactivated.len() as u64);
        let note = snapshot.checkpoint().as_bytes();
        let opened = SignedCheckpoint::open(note, log_signer().verifier()).unwrap();
        assert_eq!(opened.checkpoint().root, snapshot.root());
        let bits = snapshot.status_bits().unwrap();
        assert_eq!(bits.len(), deactivated.len().div_ceil(8));
        for (number, deactivated) in deactivated.iter().enumerate() {
            let bit = bits[number / 8] & (0x80 >> (number % 8)) != 0;
            assert_eq!(bit, *deactivated, "round {round}, DID {number}");
        }
        for number in (0..deactivated.len()).step_by(97) {
            let did = Subject::new(number as u32).did();
            assert_eq!(snapshot.facts(&did).unwrap(), ledger.facts(&did).unwrap());
        }
        drop(snapshot);
        drop(ledger);
        if round == 1 {
            Embedded::rebuild(&options).unwrap();
        }
        ledger = Embedded::open(&options, log_signer()).unwrap();
    }
    drop(ledger);
    Embedded::verify(&options).unwrap();
}
