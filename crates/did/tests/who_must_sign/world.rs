//! DIDs in memory, and signed operations on them.
//!
//! A DID is a number; `key(1, 2)` is the method `#key-2` of DID 1, whose Ed25519 key has the seed 2. The types of the
//! methods take turns.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::Arc;

use did::proto::{
    MsgCreateDidDocPayload, MsgDeactivateDidDocPayload, Service, SignInfo, VerificationMethod,
};
use did::{
    Accepted, BoundVersion, Circumstances, Did, DidState, Document, GUARD_SERVICE_TYPE, Head,
    JudgeError, Known, MethodType, Operation, OperationKind, Proposal, Rejection, Signature,
    Status, judge,
};
use prost::Message;

use crate::common::{public_key, sign};

/// One [`Accepted`] for each operation, or the position and the refusal of the first that was refused.
pub type Judgement = Result<Vec<Accepted>, (usize, Rejection)>;

pub const NETWORK_ID: [u8; 32] = [7; 32];
pub const NOW_MS: u64 = 1_800_000_000_000;

#[derive(Clone, Default)]
pub struct World {
    states: BTreeMap<Did, Arc<DidState>>,
    versions: BTreeSet<(Did, String)>,
    resources: BTreeSet<(Did, String)>,
    operations: u64,
}

impl Known for World {
    type Error = Infallible;

    fn state(&mut self, did: &Did) -> Result<Option<Arc<DidState>>, Infallible> {
        Ok(self.states.get(did).cloned())
    }

    fn version_is_used(&mut self, did: &Did, version_id: &str) -> Result<bool, Infallible> {
        Ok(self
            .versions
            .contains(&(did.clone(), version_id.to_owned())))
    }

    fn resource_exists(&mut self, did: &Did, resource_id: &str) -> Result<bool, Infallible> {
        Ok(self
            .resources
            .contains(&(did.clone(), resource_id.to_owned())))
    }
}

impl World {
    /// A world where these documents are the latest, with any signatures.
    pub fn of(documents: impl IntoIterator<Item = MsgCreateDidDocPayload>) -> Self {
        let mut world = Self::default();
        for payload in documents {
            world.put(&payload);
        }
        world
    }

    pub fn put(&mut self, payload: &MsgCreateDidDocPayload) {
        self.set(Document::from_payload(payload).unwrap(), Status::Active);
    }

    /// Deactivates a DID, with any signatures.
    pub fn end(&mut self, number: u8) {
        let document = self.state_of(number).document.clone();
        self.set(document, Status::Deactivated);
    }

    pub fn state_of(&self, number: u8) -> Arc<DidState> {
        self.states[&parsed(number)].clone()
    }

    pub fn judge(&self, proposals: &[Proposal]) -> Judgement {
        self.judge_at(NOW_MS, proposals)
    }

    pub fn judge_at(&self, time_ms: u64, proposals: &[Proposal]) -> Judgement {
        let circumstances = Circumstances {
            namespace: "testnet",
            network_id: &NETWORK_ID,
            time_ms,
        };
        judge(proposals, &circumstances, &mut self.clone()).map_err(JudgeError::rejected)
    }

    #[track_caller]
    pub fn accepts(&self, proposal: impl Into<Proposal>) -> Accepted {
        self.accepts_all(vec![proposal.into()]).remove(0)
    }

    /// A submission that is accepted, and still is with nothing but the signatures that were kept.
    #[track_caller]
    pub fn accepts_all(&self, proposals: Vec<Proposal>) -> Vec<Accepted> {
        let accepted = match self.judge(&proposals) {
            Ok(accepted) => accepted,
            Err((position, rejection)) => panic!("{position} refused: {rejection}"),
        };
        let stripped: Vec<Proposal> = proposals
            .into_iter()
            .zip(&accepted)
            .map(|(proposal, accepted)| only_with(&accepted.signatures, proposal))
            .collect();
        let again = self.judge(&stripped).unwrap();
        for (one, two) in accepted.iter().zip(&again) {
            assert_eq!(one.signatures, two.signatures);
            assert_eq!((&one.document, one.status), (&two.document, two.status));
        }
        accepted
    }

    #[track_caller]
    pub fn refuses(&self, proposal: impl Into<Proposal>) -> Rejection {
        self.judge(&[proposal.into()]).unwrap_err().1
    }

    /// Judges an operation and makes it so.
    #[track_caller]
    pub fn takes(&mut self, proposal: impl Into<Proposal>) -> Accepted {
        let proposal = proposal.into();
        let accepted = self.accepts(proposal.clone());
        let operation = &proposal.operation;
        let version = (operation.did().clone(), operation.version_id().to_owned());
        if operation.kind() == OperationKind::CreateResource {
            self.resources.insert(version);
            return accepted;
        }
        self.versions.insert(version);
        self.set(accepted.document.clone(), accepted.status);
        accepted
    }

    fn set(&mut self, document: Document, status: Status) {
        self.operations += 1;
        let mut leaf_hash = [0x11; 32];
        leaf_hash[..8].copy_from_slice(&self.operations.to_be_bytes());
        let head = Head {
            index: self.operations,
            leaf_hash,
        };
        let state = DidState {
            document: document.clone(),
            status,
            head,
        };
        self.states.insert(document.id().clone(), Arc::new(state));
    }
}

pub fn did(number: u8) -> String {
    format!("did:cheqd:testnet:{number:08x}-0000-4000-8000-000000000000")
}

pub fn parsed(number: u8) -> Did {
    Did::parse(&did(number)).unwrap()
}

pub fn id(number: u8, seed: u8) -> String {
    format!("{}#key-{seed}", did(number))
}

pub fn version(number: u8) -> String {
    format!("{number:08x}-0000-4000-9000-000000000000")
}

pub fn key(number: u8, seed: u8) -> VerificationMethod {
    let method_type = MethodType::ALL[usize::from(seed) % 3];
    VerificationMethod {
        id: id(number, seed),
        verification_method_type: method_type.to_string(),
        controller: did(number),
        verification_material: method_type.encode(&public_key(seed)).unwrap(),
    }
}

/// The document of a DID that controls itself, with these keys.
pub fn document(number: u8, seeds: &[u8]) -> MsgCreateDidDocPayload {
    MsgCreateDidDocPayload {
        id: did(number),
        verification_method: seeds.iter().map(|&seed| key(number, seed)).collect(),
        version_id: version(number),
        ..MsgCreateDidDocPayload::default()
    }
}

pub fn controlled_by(
    controllers: &[u8],
    document: MsgCreateDidDocPayload,
) -> MsgCreateDidDocPayload {
    MsgCreateDidDocPayload {
        controller: controllers.iter().copied().map(did).collect(),
        ..document
    }
}

pub fn with_service(
    service_type: &str,
    endpoint: &str,
    mut document: MsgCreateDidDocPayload,
) -> MsgCreateDidDocPayload {
    document.service.push(Service {
        id: format!("{}#{service_type}", document.id),
        service_type: service_type.to_owned(),
        service_endpoint: vec![endpoint.to_owned()],
        ..Service::default()
    });
    document
}

pub fn guarded(document: MsgCreateDidDocPayload) -> MsgCreateDidDocPayload {
    with_service(GUARD_SERVICE_TYPE, "https://example.com", document)
}

/// Who signs: the method `#key-<seed>` of a DID.
pub type By = (u8, u8);

pub fn create(document: &MsgCreateDidDocPayload, signers: &[By]) -> Operation {
    signed(OperationKind::Create, document.encode_to_vec(), signers)
}

pub fn update(document: &MsgCreateDidDocPayload, signers: &[By]) -> Operation {
    let payload = updating(document, 200);
    signed(OperationKind::Update, payload, signers)
}

/// The payload of an update to the version of this number.
pub fn updating(document: &MsgCreateDidDocPayload, number: u8) -> Vec<u8> {
    MsgCreateDidDocPayload {
        version_id: version(number),
        ..document.clone()
    }
    .encode_to_vec()
}

pub fn deactivate(number: u8, signers: &[By]) -> Operation {
    signed(
        OperationKind::Deactivate,
        ending(number, &version(201)),
        signers,
    )
}

pub fn deactivate_bound(bound: &BoundVersion, number: u8, signers: &[By]) -> Proposal {
    let payload = ending(number, &bound.version_id());
    Proposal {
        operation: signed(OperationKind::Deactivate, payload, signers),
        bound: Some(bound.clone()),
    }
}

/// The payload of a deactivation.
pub fn ending(number: u8, version_id: &str) -> Vec<u8> {
    MsgDeactivateDidDocPayload {
        id: did(number),
        version_id: version_id.to_owned(),
    }
    .encode_to_vec()
}

pub fn signed(kind: OperationKind, payload: Vec<u8>, signers: &[By]) -> Operation {
    let infos = signers.iter().map(|&by| signature(by, &payload)).collect();
    Operation::parse(kind, &payload, infos).unwrap()
}

pub fn signature((number, seed): By, payload: &[u8]) -> SignInfo {
    SignInfo {
        verification_method_id: id(number, seed),
        signature: sign(seed, payload),
    }
}

/// A signature with this method's name that never verifies.
pub fn broken((number, seed): By) -> SignInfo {
    signature((number, seed), b"something else")
}

fn only_with(signatures: &[Signature], proposal: Proposal) -> Proposal {
    let infos = signatures.iter().map(|signature| SignInfo {
        verification_method_id: signature.method.to_string(),
        signature: signature.bytes.clone(),
    });
    let Proposal { operation, bound } = proposal;
    let operation = Operation::parse(operation.kind(), operation.payload(), infos.collect());
    Proposal {
        operation: operation.unwrap(),
        bound,
    }
}

/// `(missing, invalid, unexpected)`.
pub fn faults(rejection: &Rejection) -> [Vec<String>; 3] {
    [
        rejection.missing().to_vec(),
        rejection.invalid().to_vec(),
        rejection.unexpected().to_vec(),
    ]
}

pub fn ids(signers: &[By]) -> Vec<String> {
    let mut ids: Vec<String> = signers.iter().map(|&(did, seed)| id(did, seed)).collect();
    ids.sort();
    ids
}

/// The methods whose signatures were kept.
pub fn kept(accepted: &Accepted) -> Vec<String> {
    let mut ids: Vec<String> = accepted
        .signatures
        .iter()
        .map(|signature| signature.method.to_string())
        .collect();
    ids.sort();
    ids
}
