//! DIDs, keys and signed operations for the tests of the ledger.

use std::path::Path;
use std::sync::Arc;

use did::proto::resource::MsgCreateResourcePayload;
use did::proto::{
    DidDoc, MsgCreateDidDocPayload, MsgDeactivateDidDocPayload, Service, SignInfo,
    VerificationMethod,
};
use did::{Did, MethodType, Operation, OperationKind, Proposal, PublicKey};
use ed25519_dalek::{Signer, SigningKey};
use proof::note::NoteSigner;
use proof::policy::Policy;
use prost::Message;

use crate::disk::Disk;
use crate::{Committed, Embedded, Options, SubmitError};

pub(crate) const ORIGIN: &str = "ledger.test/1";

/// The log's key.
pub(crate) fn log_signer() -> NoteSigner {
    NoteSigner::from_seed(ORIGIN, &[42; 32]).unwrap()
}

/// The verifier trusts the log's key and requires no witness.
pub(crate) fn policy() -> Policy {
    let text = format!("log {}\nquorum none\n", log_signer().verifier());
    Policy::parse(&text, None).unwrap()
}

pub(crate) fn options(disk: Arc<dyn Disk>) -> Options {
    let mut options = Options::new("/data", "/guard", "testnet");
    options.disk = disk;
    options.index_cache_bytes = 1 << 20;
    options
}

pub(crate) fn real_options(dir: &Path) -> Options {
    let mut options = Options::new(dir.join("data"), dir.join("guard"), "testnet");
    options.index_cache_bytes = 8 << 20;
    options
}

pub(crate) fn resource_id(number: u32) -> String {
    format!("{number:08x}-0000-4000-a000-000000000000")
}

/// Waits for the answer of a ledger.
pub(crate) fn submit(
    ledger: &Embedded,
    operations: Vec<Operation>,
) -> Result<Vec<Committed>, SubmitError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(ledger.submit(operations.into_iter().map(Proposal::from).collect()))
}

/// The same numbers in every run.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(2).wrapping_add(1))
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16) % limit
    }
}

/// A DID with as many Ed25519 keys as wanted, identified by a number.
#[derive(Clone)]
pub(crate) struct Subject {
    pub(crate) number: u32,
    pub(crate) keys: Vec<SigningKey>,
}

impl Subject {
    pub(crate) fn new(number: u32) -> Self {
        Self::with_keys(number, 1)
    }

    pub(crate) fn with_keys(number: u32, count: u8) -> Self {
        let key = |position: u8| {
            let mut seed = [position; 32];
            seed[..4].copy_from_slice(&number.to_be_bytes());
            SigningKey::from_bytes(&seed)
        };
        Self {
            number,
            keys: (1..=count).map(key).collect(),
        }
    }

    pub(crate) fn did(&self) -> Did {
        Did::parse(&format!(
            "did:cheqd:testnet:{:08x}-0000-4000-8000-000000000000",
            self.number
        ))
        .unwrap()
    }

    fn version_id(&self, version: u32) -> String {
        format!("{:08x}-0000-4000-9000-{version:012x}", self.number)
    }

    pub(crate) fn create_version_id(&self) -> String {
        self.version_id(1)
    }

    fn method_id(&self, position: usize) -> String {
        format!("{}#key-{}", self.did(), position + 1)
    }

    fn document(&self, endpoint: Option<&str>) -> DidDoc {
        let id = self.did().to_string();
        let method = |(position, key): (usize, &SigningKey)| VerificationMethod {
            id: self.method_id(position),
            verification_method_type: MethodType::Ed25519VerificationKey2020.as_str().to_owned(),
            controller: id.clone(),
            verification_material: MethodType::Ed25519VerificationKey2020
                .encode(&PublicKey::from_ed25519(key.verifying_key().as_bytes()).unwrap())
                .unwrap(),
        };
        let service = endpoint.map(|endpoint| Service {
            id: format!("{id}#service"),
            service_type: "LinkedDomains".to_owned(),
            service_endpoint: vec![endpoint.to_owned()],
            ..Service::default()
        });
        DidDoc {
            id: id.clone(),
            verification_method: self.keys.iter().enumerate().map(method).collect(),
            authentication: (0..self.keys.len())
                .map(|position| self.method_id(position))
                .collect(),
            service: service.into_iter().collect(),
            ..DidDoc::default()
        }
    }

    pub(crate) fn create(&self) -> Operation {
        let payload = MsgCreateDidDocPayload::new(self.document(None), self.version_id(1));
        self.sign(OperationKind::Create, payload.encode_to_vec())
    }

    /// An update that changes the endpoint of a service; `version` counts from 2.
    pub(crate) fn update(&self, version: u32) -> Operation {
        let document = self.document(Some(&format!("https://example.com/{version}")));
        let payload = MsgCreateDidDocPayload::new(document, self.version_id(version));
        self.sign(OperationKind::Update, payload.encode_to_vec())
    }

    pub(crate) fn deactivate(&self, version: u32) -> Operation {
        let payload = MsgDeactivateDidDocPayload {
            id: self.did().to_string(),
            version_id: self.version_id(version),
        };
        self.sign(OperationKind::Deactivate, payload.encode_to_vec())
    }

    /// A resource in its collection; `number` decides its id.
    pub(crate) fn resource(&self, number: u32, name: &str, data: &[u8]) -> Operation {
        let payload = MsgCreateResourcePayload {
            data: data.to_vec(),
            collection_id: self.did().unique_id().to_owned(),
            id: resource_id(number),
            name: name.to_owned(),
            version: format!("v{number}"),
            resource_type: "TestResource".to_owned(),
            also_known_as: Vec::new(),
        };
        self.sign(OperationKind::CreateResource, payload.encode_to_vec())
    }

    fn sign(&self, kind: OperationKind, payload: Vec<u8>) -> Operation {
        let sign = |(position, key): (usize, &SigningKey)| SignInfo {
            verification_method_id: self.method_id(position),
            signature: key.sign(&payload).to_bytes().to_vec(),
        };
        let signatures = self.keys.iter().enumerate().map(sign).collect();
        Operation::parse(kind, &payload, signatures).unwrap()
    }
}

pub(crate) fn is_deactivated(ledger: &Embedded, did: &Did) -> bool {
    let latest = ledger.latest(did).unwrap();
    latest.unwrap().deactivated
}

pub(crate) fn two_threads() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap()
}

/// The log index of a single committed operation.
pub(crate) fn index_of(committed: &[Committed]) -> u64 {
    committed[0].location.entry().unwrap().index
}
