//! What it costs to read and to judge an operation, beside the Ed25519 verifications alone that are in it.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::convert::Infallible;
use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use did::proto::{
    DidDoc, MsgCreateDidDocPayload, MsgDeactivateDidDocPayload, SignInfo, VerificationMethod,
};
use did::{
    Circumstances, Did, DidState, Document, Head, Known, MethodType, Operation, OperationKind,
    Proposal, PublicKey, RequiredSet, Status, judge,
};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use prost::Message;

const DID: &str = "did:cheqd:testnet:6981f795-f2f5-43db-ab18-e161f9241bf8";
const KEY_COUNTS: [usize; 3] = [1, 3, 64];

fn keys(count: usize) -> Vec<SigningKey> {
    (1..=count)
        .map(|number| SigningKey::from_bytes(&[number as u8; 32]))
        .collect()
}

fn method_id(position: usize) -> String {
    format!("{DID}#key-{}", position + 1)
}

fn document(keys: &[SigningKey]) -> DidDoc {
    let method_type = MethodType::Ed25519VerificationKey2020;
    let method = |(position, key): (usize, &SigningKey)| VerificationMethod {
        id: method_id(position),
        verification_method_type: method_type.as_str().to_owned(),
        controller: DID.to_owned(),
        verification_material: method_type
            .encode(&PublicKey::from_ed25519(key.verifying_key().as_bytes()).unwrap())
            .unwrap(),
    };
    DidDoc {
        id: DID.to_owned(),
        controller: vec![DID.to_owned()],
        verification_method: keys.iter().enumerate().map(method).collect(),
        authentication: (0..keys.len()).map(method_id).collect(),
        ..DidDoc::default()
    }
}

fn signatures(keys: &[SigningKey], payload: &[u8]) -> Vec<SignInfo> {
    let sign = |(position, key): (usize, &SigningKey)| SignInfo {
        verification_method_id: method_id(position),
        signature: key.sign(payload).to_bytes().to_vec(),
    };
    keys.iter().enumerate().map(sign).collect()
}

fn create_payload(keys: &[SigningKey]) -> MsgCreateDidDocPayload {
    MsgCreateDidDocPayload::new(
        document(keys),
        "11111111-2222-4333-8444-555555555555".to_owned(),
    )
}

fn deactivation(keys: &[SigningKey]) -> Operation {
    let payload = MsgDeactivateDidDocPayload {
        id: DID.to_owned(),
        version_id: "22222222-2222-4333-8444-555555555555".to_owned(),
    };
    let payload = payload.encode_to_vec();
    Operation::parse(
        OperationKind::Deactivate,
        &payload,
        signatures(keys, &payload),
    )
    .unwrap()
}

/// One DID, in memory.
struct One(Arc<DidState>);

impl One {
    fn new(keys: &[SigningKey]) -> Self {
        let document = Document::from_payload(&create_payload(keys)).unwrap();
        let head = Head {
            index: 1,
            leaf_hash: [1; 32],
        };
        Self(Arc::new(DidState {
            document,
            status: Status::Active,
            head,
        }))
    }
}

impl Known for One {
    type Error = Infallible;

    fn state(&mut self, did: &Did) -> Result<Option<Arc<DidState>>, Infallible> {
        Ok((did == self.0.document.id()).then(|| self.0.clone()))
    }

    fn version_is_used(&mut self, _did: &Did, _version_id: &str) -> Result<bool, Infallible> {
        Ok(false)
    }

    fn resource_exists(&mut self, _did: &Did, _resource_id: &str) -> Result<bool, Infallible> {
        Ok(false)
    }
}

fn parse(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse");
    for count in KEY_COUNTS {
        let keys = keys(count);
        let payload = create_payload(&keys).encode_to_vec();
        let create = Operation::parse(OperationKind::Create, &payload, signatures(&keys, &payload))
            .unwrap()
            .to_message_bytes();
        let end = deactivation(&keys).to_message_bytes();
        group.bench_function(format!("create of {count} keys"), |bencher| {
            bencher.iter(|| Operation::decode(OperationKind::Create, black_box(&create)).unwrap());
        });
        group.bench_function(format!("deactivation of {count} keys"), |bencher| {
            bencher.iter(|| Operation::decode(OperationKind::Deactivate, black_box(&end)).unwrap());
        });
    }
}

fn verify(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("verify");
    for count in [1, 3] {
        let keys = keys(count);
        let operation = deactivation(&keys);
        let mut known = One::new(&keys);
        let document = known.0.document.clone();
        let required = RequiredSet::of(&document, &mut known).unwrap();
        group.bench_function(format!("complete set of {count} keys"), |bencher| {
            bencher.iter(|| {
                required
                    .complete(black_box(operation.payload()), operation.signatures())
                    .unwrap()
            });
        });
        let pairs: Vec<(VerifyingKey, ed25519_dalek::Signature)> = keys
            .iter()
            .map(|key| (key.verifying_key(), key.sign(operation.payload())))
            .collect();
        group.bench_function(format!("Ed25519 alone, {count} signatures"), |bencher| {
            bencher.iter(|| {
                let valid = |(key, signature): &(VerifyingKey, _)| {
                    key.verify_strict(black_box(operation.payload()), signature)
                };
                assert!(pairs.iter().all(|pair| valid(pair).is_ok()));
            });
        });
    }
}

fn judgement(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("judge");
    let circumstances = Circumstances {
        namespace: "testnet",
        network_id: &[9; 32],
        time_ms: 1_760_000_000_000,
    };
    for count in KEY_COUNTS {
        let keys = keys(count);
        let proposals = [Proposal::from(deactivation(&keys))];
        let mut known = One::new(&keys);
        group.bench_function(format!("deactivation of {count} keys"), |bencher| {
            bencher.iter(|| {
                let accepted = judge(black_box(&proposals), &circumstances, &mut known).unwrap();
                assert_eq!(accepted[0].signatures.len(), count);
                accepted
            });
        });
    }
}

criterion_group!(benches, parse, verify, judgement);
criterion_main!(benches);
