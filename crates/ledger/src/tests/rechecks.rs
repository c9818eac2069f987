//! Whatever a judgement rests on is checked again by the writer, not only the DID that changes.

use did::proto::{
    DidDoc, MsgCreateDidDocPayload, MsgDeactivateDidDocPayload, SignInfo, VerificationMethod,
};
use did::{Did, MethodType, Operation, OperationKind, Proposal, PublicKey, RejectionCode};
use ed25519_dalek::{Signer, SigningKey};
use prost::Message;
use tempfile::tempdir;

use super::world::{index_of, is_deactivated, log_signer, real_options, submit, two_threads};
use crate::{Embedded, SubmitError};

/// A DID with one key, and perhaps a controller besides itself.
struct Party {
    did: String,
    key: SigningKey,
}

impl Party {
    fn new(round: u32, role: u32) -> Self {
        let mut seed = [role as u8; 32];
        seed[..4].copy_from_slice(&round.to_be_bytes());
        Self {
            did: format!("did:cheqd:testnet:{round:08x}-0000-4000-8000-{role:012x}"),
            key: SigningKey::from_bytes(&seed),
        }
    }

    fn did(&self) -> Did {
        Did::parse(&self.did).unwrap()
    }

    fn document(&self, controllers: &[&Party], version: u32) -> Vec<u8> {
        let method_type = MethodType::Ed25519VerificationKey2020;
        let key = PublicKey::from_ed25519(self.key.verifying_key().as_bytes()).unwrap();
        let document = DidDoc {
            id: self.did.clone(),
            controller: controllers.iter().map(|party| party.did.clone()).collect(),
            verification_method: vec![VerificationMethod {
                id: format!("{}#key-1", self.did),
                verification_method_type: method_type.to_string(),
                controller: self.did.clone(),
                verification_material: method_type.encode(&key).unwrap(),
            }],
            ..DidDoc::default()
        };
        MsgCreateDidDocPayload::new(document, version_id(version)).encode_to_vec()
    }

    fn deactivation(&self, version: u32) -> Vec<u8> {
        MsgDeactivateDidDocPayload {
            id: self.did.clone(),
            version_id: version_id(version),
        }
        .encode_to_vec()
    }
}

fn version_id(version: u32) -> String {
    format!("{version:08x}-0000-4000-9000-000000000000")
}

fn signed(kind: OperationKind, payload: &[u8], parties: &[&Party]) -> Operation {
    let sign = |party: &&Party| SignInfo {
        verification_method_id: format!("{}#key-1", party.did),
        signature: party.key.sign(payload).to_bytes().to_vec(),
    };
    Operation::parse(kind, payload, parties.iter().map(sign).collect()).unwrap()
}

/// A controller is deactivated while an update that it signed, and in every other round a deactivation that it signed,
/// is on its way. The update is before its deactivation or refused; the deactivation does not need it any more.
#[test]
fn a_controller_that_ends_is_consulted_again() {
    let dir = tempdir().unwrap();
    let options = real_options(dir.path());
    Embedded::init(&options, &log_signer()).unwrap();
    let ledger = Embedded::open(&options, log_signer()).unwrap();
    let runtime = two_threads();
    for round in 0..400 {
        let [subject, controller] = [1, 2].map(|role| Party::new(round, role));
        let both = [&subject, &controller];
        let create = |party: &Party, controllers: &[&Party], signers: &[&Party]| {
            signed(
                OperationKind::Create,
                &party.document(controllers, 1),
                signers,
            )
        };
        let made = vec![
            create(&controller, &[], &[&controller]),
            create(&subject, &both, &both),
        ];
        submit(&ledger, made).unwrap();

        let end = signed(
            OperationKind::Deactivate,
            &controller.deactivation(3),
            &[&controller],
        );
        let kind = match round % 2 {
            0 => OperationKind::Update,
            _ => OperationKind::Deactivate,
        };
        let payload = match kind {
            OperationKind::Deactivate => subject.deactivation(2),
            _ => subject.document(&both, 2),
        };
        let change = signed(kind, &payload, &both);
        let (one, two) = (ledger.clone(), ledger.clone());
        let change = runtime.spawn(async move { one.submit(vec![Proposal::from(change)]).await });
        let end = runtime.spawn(async move { two.submit(vec![Proposal::from(end)]).await });
        let (change, end) = runtime.block_on(async { (change.await.unwrap(), end.await.unwrap()) });

        let deactivated_at = end.unwrap()[0].location.entry().unwrap().index;
        match (kind, change) {
            (OperationKind::Update, Ok(committed)) => assert!(
                index_of(&committed) < deactivated_at,
                "round {round}: signed by a deactivated DID"
            ),
            (OperationKind::Update, Err(SubmitError::Rejected { rejection, .. })) => {
                assert_eq!(rejection.code(), RejectionCode::DidDocDeactivated);
                assert!(rejection.description().contains(&controller.did));
            }
            (OperationKind::Deactivate, Ok(_)) => {}
            (_, change) => panic!("round {round}: {change:?}"),
        }
        let latest = ledger.latest(&subject.did()).unwrap().unwrap();
        assert_eq!(latest.deactivated, kind == OperationKind::Deactivate);
        assert!(is_deactivated(&ledger, &controller.did()));
    }
    drop(ledger);
    assert_eq!(Embedded::verify(&options).unwrap().dids, 800);
}

/// The controller alone may update, but the deactivation in the same submission needs the keys of the DID under the
/// update, too: the log keeps them, and a replay comes to the same judgement.
#[test]
fn an_end_that_rests_on_an_update_of_the_same_submission_is_verified_again() {
    let dir = tempdir().unwrap();
    let options = real_options(dir.path());
    Embedded::init(&options, &log_signer()).unwrap();
    let ledger = Embedded::open(&options, log_signer()).unwrap();
    let [subject, controller] = [1, 2].map(|role| Party::new(0, role));
    let both = [&subject, &controller];
    let create = |party: &Party, controllers: &[&Party], signers: &[&Party]| {
        signed(
            OperationKind::Create,
            &party.document(controllers, 1),
            signers,
        )
    };
    let operations = vec![
        create(&controller, &[], &[&controller]),
        create(&subject, &[&controller], &both),
    ];
    submit(&ledger, operations).unwrap();
    let update = |signers: &[&Party]| {
        let payload = subject.document(&[&controller], 2);
        signed(OperationKind::Update, &payload, signers)
    };
    let end = || signed(OperationKind::Deactivate, &subject.deactivation(3), &both);
    submit(&ledger, vec![update(&[&controller]), end()]).unwrap_err();
    submit(&ledger, vec![update(&both), end()]).unwrap();
    drop(ledger);
    assert_eq!(Embedded::verify(&options).unwrap().operations, 4);
}
