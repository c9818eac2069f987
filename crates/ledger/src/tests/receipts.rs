//! Receipts: a verifier with nothing but the policy comes to the same result as the ledger.

use did::proto::{
    DidDoc, MsgCreateDidDocPayload, MsgDeactivateDidDocPayload, SignInfo, VerificationMethod,
};
use did::{Did, MethodType, Operation, OperationKind, PublicKey};
use ed25519_dalek::{Signer, SigningKey};
use proof::policy::Policy;
use proof::receipt::{Receipt, Stage, Summary, Verdict, verify};
use prost::Message;
use tempfile::{TempDir, tempdir};

use super::world::{log_signer, policy, real_options, submit};
use crate::{Assurance, Embedded, Options, ProveError, ReadError};

/// A DID with some keys and controllers besides itself.
struct Party {
    did: Did,
    keys: Vec<SigningKey>,
}

impl Party {
    fn new(number: u32, keys: u8) -> Self {
        let key = |position: u8| {
            let mut seed = [position; 32];
            seed[..4].copy_from_slice(&number.to_be_bytes());
            SigningKey::from_bytes(&seed)
        };
        let did = format!("did:cheqd:testnet:{number:08x}-0000-4000-8000-000000000000");
        Self {
            did: Did::parse(&did).unwrap(),
            keys: (0..keys).map(key).collect(),
        }
    }

    /// What states the document: a create, or an update that makes it the given version.
    fn states(&self, version: u32, controllers: &[&Party], signers: &[&Party]) -> Operation {
        let method_type = MethodType::Ed25519VerificationKey2020;
        let methods = self.keys.iter().enumerate().map(|(at, key)| {
            let key = PublicKey::from_ed25519(key.verifying_key().as_bytes()).unwrap();
            VerificationMethod {
                id: format!("{}#key-{at}", self.did),
                verification_method_type: method_type.to_string(),
                controller: self.did.to_string(),
                verification_material: method_type.encode(&key).unwrap(),
            }
        });
        let document = DidDoc {
            id: self.did.to_string(),
            controller: controllers.iter().map(|one| one.did.to_string()).collect(),
            verification_method: methods.collect(),
            ..DidDoc::default()
        };
        let kind = match version {
            1 => OperationKind::Create,
            _ => OperationKind::Update,
        };
        let payload = MsgCreateDidDocPayload::new(document, version_id(version));
        signed(kind, &payload.encode_to_vec(), signers)
    }

    fn deactivate(&self, version: u32, signers: &[&Party]) -> Operation {
        let payload = MsgDeactivateDidDocPayload {
            id: self.did.to_string(),
            version_id: version_id(version),
        };
        signed(OperationKind::Deactivate, &payload.encode_to_vec(), signers)
    }
}

fn version_id(version: u32) -> String {
    format!("{version:08x}-0000-4000-9000-000000000000")
}

/// Signed with all keys of the parties.
fn signed(kind: OperationKind, payload: &[u8], parties: &[&Party]) -> Operation {
    let signatures = parties.iter().flat_map(|party| {
        party.keys.iter().enumerate().map(|(at, key)| SignInfo {
            verification_method_id: format!("{}#key-{at}", party.did),
            signature: key.sign(payload).to_bytes().to_vec(),
        })
    });
    Operation::parse(kind, payload, signatures.collect()).unwrap()
}

struct TestLedger {
    _dir: TempDir,
    options: Options,
    ledger: Option<Embedded>,
    /// Receipts of deactivations as they were given at once, with the size of their checkpoint and its note.
    given: Vec<(Did, u64, String, Vec<u8>)>,
}

impl TestLedger {
    fn new() -> Self {
        let dir = tempdir().unwrap();
        let options = real_options(dir.path());
        Embedded::init(&options, &log_signer()).unwrap();
        let ledger = Some(Embedded::open(&options, log_signer()).unwrap());
        Self {
            _dir: dir,
            options,
            ledger,
            given: Vec::new(),
        }
    }

    fn ledger(&self) -> &Embedded {
        self.ledger.as_ref().unwrap()
    }

    /// Submits, and immediately takes the receipts of all that it deactivated.
    fn submit(&mut self, operations: Vec<Operation>) {
        let committed = submit(self.ledger(), operations).unwrap();
        let head = self.ledger().published();
        for one in committed
            .iter()
            .filter(|one| one.kind == OperationKind::Deactivate)
        {
            let receipt = self.deactivated(&one.did, &head.checkpoint, head.size);
            match receipt.verify(&policy()).unwrap() {
                Verdict::Deactivated { log_index, did, .. } => {
                    assert_eq!(
                        (log_index, did),
                        (one.location.entry().unwrap().index, one.did.clone())
                    );
                }
                other => panic!("{other:?}"),
            }
            let checkpoint = head.checkpoint.clone();
            let bytes = receipt.to_bytes();
            self.given
                .push((one.did.clone(), head.size, checkpoint, bytes));
        }
    }

    fn deactivated(&self, did: &Did, note: &str, size: u64) -> Receipt {
        let receipt = self
            .ledger()
            .deactivation_receipt(did, note, size, Stage::Finished);
        receipt.unwrap_or_else(|error| panic!("{did}: {error:?}"))
    }

    fn reopen(&mut self) {
        self.ledger = None;
        self.ledger = Some(Embedded::open(&self.options, log_signer()).unwrap());
    }

    fn rebuild(&mut self) {
        self.ledger = None;
        Embedded::rebuild(&self.options).unwrap();
        self.ledger = Some(Embedded::open(&self.options, log_signer()).unwrap());
    }

    /// The same bytes for the same checkpoints, and under the newest one they still verify.
    fn check_given(&self, when: &str) {
        let head = self.ledger().published();
        for (did, size, note, bytes) in &self.given {
            assert_eq!(
                self.deactivated(did, note, *size).to_bytes(),
                *bytes,
                "{when}: {did}"
            );
            let newest = self.deactivated(did, &head.checkpoint, head.size);
            let verdict = verify(&newest.to_bytes(), &policy()).unwrap();
            assert!(
                matches!(verdict, Verdict::Deactivated { .. }),
                "{when}: {did}"
            );
        }
    }

    fn state(&self, did: &Did) -> Verdict {
        let snapshot = self.ledger().fresh_snapshot().unwrap();
        let note = snapshot.checkpoint().to_owned();
        let receipt = snapshot.state_receipt(did, &note, Stage::Finished).unwrap();
        verify(&receipt.to_bytes(), &policy()).unwrap()
    }
}

/// A ledger in which DIDs are deactivated in every way that there is.
fn story() -> TestLedger {
    let mut place = TestLedger::new();
    let [
        alone,
        controlled,
        controller,
        deactivated,
        left,
        keyless,
        first,
        second,
    ] = [1, 2, 3, 4, 5, 6, 7, 8]
        .map(|number| Party::new(number, [3, 1, 2, 1, 1, 0, 1, 1][number as usize - 1]));
    place.submit(vec![alone.states(1, &[], &[&alone])]);
    place.submit(vec![
        controller.states(1, &[], &[&controller]),
        deactivated.states(1, &[], &[&deactivated]),
    ]);
    // With a live controller; with one that is deactivated before; without keys, controllers sign for it.
    place.submit(vec![
        controlled.states(1, &[&controlled, &controller], &[&controlled, &controller]),
        left.states(1, &[&left, &deactivated], &[&left, &deactivated]),
        keyless.states(1, &[&controller, &alone], &[&controller, &alone]),
    ]);
    place.submit(vec![deactivated.deactivate(2, &[&deactivated])]);
    place.submit(vec![left.deactivate(2, &[&left])]);
    place.submit(vec![controlled.deactivate(2, &[&controlled, &controller])]);
    place.submit(vec![keyless.deactivate(2, &[&controller, &alone])]);
    // Created, updated and deactivated in one submission; several in one.
    place.submit(vec![
        first.states(1, &[], &[&first]),
        first.states(2, &[&first, &controller], &[&first, &controller]),
        first.deactivate(3, &[&first, &controller]),
    ]);
    place.submit(vec![second.states(1, &[], &[&second])]);
    place.submit(vec![
        second.states(2, &[&second, &alone], &[&second, &alone]),
        alone.deactivate(2, &[&alone]),
        second.deactivate(3, &[&second]),
        controller.deactivate(2, &[&controller]),
    ]);
    place
}

#[test]
fn every_end_is_proven_at_once_and_with_the_same_bytes_for_ever() {
    let mut place = story();
    assert_eq!(place.given.len(), 8);
    place.check_given("from memory");
    for _ in 0..3 {
        let number = 100 + place.ledger().published().size as u32;
        let another = Party::new(number, 1);
        place.submit(vec![another.states(1, &[], &[&another])]);
    }
    place.reopen();
    place.check_given("after a restart");
    place.rebuild();
    place.check_given("from a rebuilt index");
    drop(place.ledger.take());
    Embedded::verify(&place.options).unwrap();
}

#[test]
fn many_ends_in_one_batch_are_each_proven() {
    let mut place = TestLedger::new();
    let parties: Vec<Party> = (0..200).map(|number| Party::new(number, 1)).collect();
    for some in parties.chunks(25) {
        let creates = some.iter().map(|one| one.states(1, &[], &[one]));
        place.submit(creates.collect());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    let tasks: Vec<_> = parties
        .iter()
        .map(|one| {
            let (ledger, end) = (place.ledger().clone(), one.deactivate(2, &[one]));
            runtime.spawn(async move { ledger.submit(vec![end.into()]).await })
        })
        .collect();
    for task in tasks {
        runtime.block_on(task).unwrap().unwrap();
    }
    let head = place.ledger().published();
    for one in &parties {
        let bytes = place
            .deactivated(&one.did, &head.checkpoint, head.size)
            .to_bytes();
        verify(&bytes, &policy()).unwrap();
        place
            .given
            .push((one.did.clone(), head.size, head.checkpoint.clone(), bytes));
    }
    place.rebuild();
    place.check_given("from a rebuilt index");
}

#[test]
fn what_is_active_and_what_never_was_is_proven_from_a_snapshot() {
    let mut place = TestLedger::new();
    let [subject, controller, other, stranger] = [1, 2, 3, 4].map(|number| Party::new(number, 1));
    place.submit(vec![
        controller.states(1, &[], &[&controller]),
        other.states(1, &[], &[&other]),
        subject.states(
            1,
            &[&subject, &controller, &other],
            &[&subject, &controller, &other],
        ),
    ]);
    let Verdict::Active { summary, .. } = place.state(&subject.did) else {
        panic!()
    };
    assert_eq!((summary.version_sequence, summary.frozen), (1, false));
    assert!(summary.deactivated_signers.is_empty());
    assert!(matches!(
        place.state(&stranger.did),
        Verdict::NeverExisted { .. }
    ));

    place.submit(vec![other.deactivate(2, &[&other])]);
    let Verdict::Active { summary, .. } = place.state(&subject.did) else {
        panic!()
    };
    assert_eq!(summary.deactivated_signers, [other.did.to_string()]);
    assert!(matches!(
        place.state(&other.did),
        Verdict::Deactivated { .. }
    ));
    place.rebuild();
    let Verdict::Active { summary, .. } = place.state(&subject.did) else {
        panic!()
    };
    assert_eq!(summary.deactivated_signers, [other.did.to_string()]);
}

#[test]
fn the_receipt_of_an_end_is_the_same_from_a_snapshot() {
    let place = story();
    let snapshot = place.ledger().fresh_snapshot().unwrap();
    let note = snapshot.checkpoint().to_owned();
    for (did, ..) in &place.given {
        let live = place.deactivated(did, &note, snapshot.size());
        let frozen = snapshot.state_receipt(did, &note, Stage::Finished).unwrap();
        assert_eq!(frozen, live);
        assert!(matches!(frozen.summary(), Summary::Deactivated(_)));
    }
}

#[test]
fn a_receipt_that_cannot_be_is_refused_with_its_reason() {
    let mut place = TestLedger::new();
    let [one, two] = [1, 2].map(|number| Party::new(number, 1));
    place.submit(vec![
        one.states(1, &[], &[&one]),
        two.states(1, &[], &[&two]),
    ]);
    let before = place.ledger().published();
    place.submit(vec![one.deactivate(2, &[&one])]);
    let after = place.ledger().published();
    let ledger = place.ledger();
    let receipt =
        |did: &Did, note: &str, size| ledger.deactivation_receipt(did, note, size, Stage::Finished);
    let error = receipt(&two.did, &after.checkpoint, after.size).unwrap_err();
    assert!(
        matches!(error, ProveError::NotDeactivated { .. }),
        "{error}"
    );
    let error = receipt(&one.did, &before.checkpoint, before.size).unwrap_err();
    assert!(matches!(error, ProveError::NotCovered { .. }), "{error}");
    for (note, size) in [
        (before.checkpoint.as_str(), after.size),
        (after.checkpoint.as_str(), after.size + 1),
        ("", after.size),
    ] {
        let error = receipt(&one.did, note, size).unwrap_err();
        assert!(
            matches!(error, ProveError::OtherCheckpoint { .. }),
            "{error}"
        );
    }
    let foreign = Did::parse("did:cheqd:mainnet:00000001-0000-4000-8000-000000000000").unwrap();
    let snapshot = ledger.fresh_snapshot().unwrap();
    let error = snapshot.state_receipt(&foreign, snapshot.checkpoint(), Stage::Finished);
    assert!(matches!(error, Err(ProveError::OtherNetwork { .. })));
    let error = snapshot.state_receipt(&two.did, &before.checkpoint, Stage::Finished);
    assert!(matches!(error, Err(ProveError::OtherCheckpoint { .. })));
    assert_eq!(ledger.fault(), None);
}

#[test]
fn nobody_gets_a_receipt_of_an_active_did_from_a_log_that_is_not_confirmed() {
    let mut place = TestLedger::new();
    let [one, two, absent] = [1, 2, 3].map(|number| Party::new(number, 1));
    place.submit(vec![
        one.states(1, &[], &[&one]),
        two.states(1, &[], &[&two]),
    ]);
    place.submit(vec![two.deactivate(2, &[&two])]);
    place.ledger().set_assurance(Assurance::Unconfirmed);
    let snapshot = place.ledger().fresh_snapshot().unwrap();
    let receipt = |did| snapshot.state_receipt(did, snapshot.checkpoint(), Stage::Finished);
    for party in [&one, &absent] {
        let error = receipt(&party.did).unwrap_err();
        assert!(
            matches!(error, ProveError::Read(ReadError::Withheld(_))),
            "{error}"
        );
    }
    receipt(&two.did).unwrap();
    place.check_given("while unconfirmed");
    assert_eq!(place.ledger().fault(), None);
}

/// Another policy believes another key: nothing of this log counts there.
#[test]
fn a_verifier_of_another_log_believes_nothing() {
    let place = story();
    let signer = proof::note::NoteSigner::from_seed("another.log/1", &[1; 32]).unwrap();
    let text = format!("log {}\nquorum none\n", signer.verifier());
    let other = Policy::parse(&text, None).unwrap();
    for (_, _, _, bytes) in &place.given {
        verify(bytes, &other).unwrap_err();
    }
}
