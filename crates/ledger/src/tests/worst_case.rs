//! The largest deactivation that the limits of documents allow fits one entry of the log.

use std::convert::Infallible;
use std::sync::Arc;

use did::limits::{
    MAX_ID_BYTES, MAX_METHODS, MAX_OTHER_SIGNERS, MAX_SIGNING_COST_BYTES, MAX_SUBSTITUTE_SIGNERS,
    SIGNATURE_OVERHEAD_BYTES,
};
use did::proto::{MsgCreateDidDocPayload, MsgDeactivateDidDocPayload, VerificationMethod};
use did::{
    BoundVersion, Did, DidState, Document, Head, Known, MethodType, PublicKey, RequiredSet, Scope,
    Status,
};
use ed25519_dalek::SigningKey;
use proof::leaf::{
    Consulted, ConsultedStatus, Leaf, LeafReference, LeafSignature, MAX_LEAF_BYTES, OperationLeaf,
    SubmissionPlace, VersionKind,
};
use proof::{Hash, NetworkId};
use prost::Message;

fn did(number: usize) -> Did {
    Did::parse(&format!(
        "did:cheqd:testnet:{number:08x}-0000-4000-8000-000000000000"
    ))
    .unwrap()
}

fn ed25519() -> PublicKey {
    let key = SigningKey::from_bytes(&[1; 32]).verifying_key();
    PublicKey::from_ed25519(key.as_bytes()).unwrap()
}

/// Its modulus is not a product of two known primes; only its length matters.
fn rsa_4096() -> PublicKey {
    PublicKey::from_rsa(&[0xff; 512], &[1, 0, 1]).unwrap()
}

/// As many methods as the limits allow, with ids as long as the signing cost allows, controlled by these.
fn heaviest(number: usize, key: &PublicKey, controllers: Vec<Did>) -> Document {
    let id = did(number);
    let shortest = id.as_str().len() + "#00".len();
    let fixed = key.signature_len_max() + SIGNATURE_OVERHEAD_BYTES;
    let count = (MAX_SIGNING_COST_BYTES / (shortest + fixed)).min(MAX_METHODS);
    let id_bytes = (MAX_SIGNING_COST_BYTES / count - fixed).min(MAX_ID_BYTES);
    let document = |count: usize, id_bytes: usize| {
        let width = id_bytes - id.as_str().len() - 1;
        let material = MethodType::JsonWebKey2020.encode(key).unwrap();
        let method = |at: usize| VerificationMethod {
            id: format!("{id}#{at:0>width$}"),
            verification_method_type: MethodType::JsonWebKey2020.to_string(),
            controller: id.to_string(),
            verification_material: material.clone(),
        };
        Document::from_payload(&MsgCreateDidDocPayload {
            id: id.to_string(),
            controller: controllers.iter().map(Did::to_string).collect(),
            verification_method: (0..count).map(method).collect(),
            version_id: "1".to_owned(),
            ..MsgCreateDidDocPayload::default()
        })
    };
    assert!(document(count + 1, shortest).is_err() || document(count, id_bytes + 1).is_err());
    document(count, id_bytes).unwrap()
}

fn keyless(controllers: Vec<Did>) -> Document {
    let payload = MsgCreateDidDocPayload {
        id: did(0).to_string(),
        controller: controllers.iter().map(Did::to_string).collect(),
        version_id: "1".to_owned(),
        ..MsgCreateDidDocPayload::default()
    };
    Document::from_payload(&payload).unwrap()
}

/// Every other DID has the same kind of document.
struct Others(PublicKey);

impl Known for Others {
    type Error = Infallible;

    fn state(&mut self, did: &Did) -> Result<Option<Arc<DidState>>, Infallible> {
        let number = usize::from_str_radix(&did.unique_id()[..8], 16).unwrap();
        Ok(Some(Arc::new(DidState {
            document: heaviest(number, &self.0, Vec::new()),
            status: Status::Active,
            head: Head::UNWRITTEN,
        })))
    }

    fn version_is_used(&mut self, _: &Did, _: &str) -> Result<bool, Infallible> {
        Ok(false)
    }

    fn resource_exists(&mut self, _: &Did, _: &str) -> Result<bool, Infallible> {
        Ok(false)
    }
}

/// The leaf of a bound deactivation with the longest signature of every method that may have to sign.
fn leaf_of(document: &Document, others: &PublicKey) -> Leaf {
    let required = RequiredSet::of(document, &mut Others(others.clone())).unwrap();
    let longest = |(id, key): (&did::MethodId, &PublicKey)| LeafSignature {
        method_id: id.to_string(),
        bytes: vec![0xff; key.signature_len_max()],
    };
    let mut signatures: Vec<LeafSignature> = required.methods().map(longest).collect();
    signatures.extend(
        required
            .signers()
            .map(|(_, methods)| longest(methods.iter().next().unwrap())),
    );
    let reference = LeafReference {
        index: u64::MAX,
        hash: Hash::from([0xff; 32]),
    };
    let mut consulted: Vec<Did> = document.controllers().to_vec();
    consulted.push(document.id().clone());
    consulted.sort();
    consulted.dedup();
    let bound = BoundVersion {
        network_id: [1; 32],
        did: document.id().clone(),
        scope: Scope::Authority([2; 32]),
        expires_ms: u64::MAX,
    };
    Leaf::Operation(OperationLeaf {
        rule_set: u16::MAX,
        network_id: NetworkId::from([1; 32]),
        kind: VersionKind::Deactivate,
        did: document.id().to_string(),
        sequence: u64::MAX,
        place: SubmissionPlace {
            position: 30,
            count: 31,
        },
        previous: Some(reference),
        judged_under: u64::MAX,
        time_ms: u64::MAX,
        payload: MsgDeactivateDidDocPayload {
            id: document.id().to_string(),
            version_id: bound.version_id(),
        }
        .encode_to_vec(),
        signatures,
        consulted: consulted
            .iter()
            .map(|did| Consulted {
                did: did.to_string(),
                status: ConsultedStatus::Active(reference),
            })
            .collect(),
        bound_preimage: Some(bound.encode()),
    })
}

#[test]
fn every_worst_case_fits() {
    let others = |count: usize| (1..=count).map(did).collect::<Vec<Did>>();
    let mut largest = 0;
    for key in [ed25519(), rsa_4096()] {
        for document in [
            heaviest(0, &key, others(MAX_OTHER_SIGNERS)),
            keyless(others(MAX_SUBSTITUTE_SIGNERS)),
        ] {
            for of_others in [ed25519(), rsa_4096()] {
                let bytes = leaf_of(&document, &of_others).encode().unwrap().len();
                assert!(bytes <= MAX_LEAF_BYTES);
                largest = largest.max(bytes);
            }
        }
    }
    // The four controllers use nearly all of the allowed signing cost: the case is as bad as intended.
    assert!(
        largest > MAX_SUBSTITUTE_SIGNERS * MAX_SIGNING_COST_BYTES - 2_000,
        "{largest}"
    );
}
