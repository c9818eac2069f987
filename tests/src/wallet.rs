//! A DID whose private keys are here: what a client that signs by itself holds.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use did::proto::resource::MsgCreateResourcePayload;
use did::proto::{
    DidDoc, MsgCreateDidDocPayload, MsgDeactivateDidDocPayload, Service, SignInfo,
    VerificationMethod,
};
use did::{MethodType, OperationKind, PublicKey};
use ed25519_dalek::{Signer, SigningKey};
use prost::Message;
use serde_json::{Value, json};

/// A DID with Ed25519 keys, all of it derived from a number.
#[derive(Clone)]
pub struct Wallet {
    number: u64,
    did: String,
    keys: Vec<SigningKey>,
}

impl Wallet {
    /// The DID of that number on testnet, with this many keys.
    pub fn new(number: u64, keys: u8) -> Self {
        let key = |position: u8| {
            let mut seed = [position; 32];
            seed[..8].copy_from_slice(&number.to_be_bytes());
            SigningKey::from_bytes(&seed)
        };
        Self {
            number,
            did: Self::did_of(number),
            keys: (1..=keys).map(key).collect(),
        }
    }

    /// The DID of that number.
    pub fn did_of(number: u64) -> String {
        format!(
            "did:cheqd:testnet:{:08x}-{:04x}-4000-8000-000000000000",
            number >> 16,
            number & 0xffff
        )
    }

    /// Its DID.
    pub fn did(&self) -> &str {
        &self.did
    }

    /// Id of the method at a position, counted from 0.
    pub fn method_id(&self, position: usize) -> String {
        format!("{}#key-{}", self.did, position + 1)
    }

    /// The document: every key authenticates; with an endpoint, one service.
    pub fn document(&self, endpoint: Option<&str>) -> DidDoc {
        let methods = self
            .keys
            .iter()
            .enumerate()
            .filter_map(|(position, key)| self.method(position, key));
        let service = endpoint.map(|endpoint| Service {
            id: format!("{}#service", self.did),
            service_type: "LinkedDomains".to_owned(),
            service_endpoint: vec![endpoint.to_owned()],
            ..Service::default()
        });
        DidDoc {
            id: self.did.clone(),
            controller: vec![self.did.clone()],
            verification_method: methods.collect(),
            authentication: (0..self.keys.len())
                .map(|position| self.method_id(position))
                .collect(),
            service: service.into_iter().collect(),
            ..DidDoc::default()
        }
    }

    /// The signed create.
    pub fn create(&self) -> Signed {
        let payload = MsgCreateDidDocPayload::new(self.document(None), self.version_id(1));
        self.sign(OperationKind::Create, payload.encode_to_vec())
    }

    /// A signed update of its one service; `version` counts from 2.
    pub fn update(&self, version: u16, endpoint: &str) -> Signed {
        let payload =
            MsgCreateDidDocPayload::new(self.document(Some(endpoint)), self.version_id(version));
        self.sign(OperationKind::Update, payload.encode_to_vec())
    }

    /// The signed deactivation, by all keys; `version` as above.
    pub fn deactivate(&self, version: u16) -> Signed {
        let payload = MsgDeactivateDidDocPayload {
            id: self.did.clone(),
            version_id: self.version_id(version),
        };
        self.sign(OperationKind::Deactivate, payload.encode_to_vec())
    }

    /// Signs any payload with all keys.
    pub fn sign(&self, kind: OperationKind, payload: Vec<u8>) -> Signed {
        let sign = |(position, key): (usize, &SigningKey)| SignInfo {
            verification_method_id: self.method_id(position),
            signature: key.sign(&payload).to_bytes().to_vec(),
        };
        let signatures = self.keys.iter().enumerate().map(sign).collect();
        Signed {
            kind,
            payload,
            signatures,
        }
    }

    /// Id of a version of the DID of that number.
    pub fn version_id_of(number: u64, version: u16) -> String {
        format!(
            "{:08x}-{:04x}-4000-9000-{version:012x}",
            number >> 16,
            number & 0xffff
        )
    }

    fn version_id(&self, version: u16) -> String {
        Self::version_id_of(self.number, version)
    }

    fn method(&self, position: usize, key: &SigningKey) -> Option<VerificationMethod> {
        let method_type = MethodType::Ed25519VerificationKey2020;
        let key = PublicKey::from_ed25519(key.verifying_key().as_bytes()).ok()?;
        Some(VerificationMethod {
            id: self.method_id(position),
            verification_method_type: method_type.as_str().to_owned(),
            controller: self.did.clone(),
            verification_material: method_type.encode(&key).ok()?,
        })
    }
}

/// A signed message.
#[derive(Clone, Debug)]
pub struct Signed {
    kind: OperationKind,
    payload: Vec<u8>,
    /// The signatures, which a test may take away or spoil.
    pub signatures: Vec<SignInfo>,
}

impl Signed {
    /// A message of that payload.
    pub fn new(kind: OperationKind, payload: Vec<u8>, signatures: Vec<SignInfo>) -> Self {
        Self {
            kind,
            payload,
            signatures,
        }
    }

    /// The type URL of the message in a transaction.
    pub fn type_url(&self) -> &'static str {
        self.kind.type_url()
    }

    /// Where the protocol buffers are to be sent.
    pub fn path(&self) -> &'static str {
        match self.kind {
            OperationKind::Create => "/v1/operations?type=create",
            OperationKind::Update => "/v1/operations?type=update",
            OperationKind::Deactivate => "/v1/operations?type=deactivate",
            OperationKind::CreateResource => "/v1/operations?type=createResource",
        }
    }

    /// The message as protocol buffers.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.payload.len() + 160 * self.signatures.len());
        prost::encoding::bytes::encode(1, &self.payload, &mut bytes);
        for signature in &self.signatures {
            prost::encoding::message::encode(2, signature, &mut bytes);
        }
        bytes
    }

    /// The message as JSON, in the names of the protocol buffers.
    pub fn json(&self) -> Value {
        let payload = match self.kind {
            OperationKind::Create | OperationKind::Update => {
                document_json(&MsgCreateDidDocPayload::decode(&*self.payload).unwrap_or_default())
            }
            OperationKind::Deactivate => {
                let payload =
                    MsgDeactivateDidDocPayload::decode(&*self.payload).unwrap_or_default();
                json!({"id": payload.id, "version_id": payload.version_id})
            }
            OperationKind::CreateResource => {
                let payload = MsgCreateResourcePayload::decode(&*self.payload).unwrap_or_default();
                json!({
                    "data": STANDARD.encode(&payload.data), "collection_id": payload.collection_id,
                    "id": payload.id, "name": payload.name, "version": payload.version,
                    "resource_type": payload.resource_type,
                })
            }
        };
        let signature = |info: &SignInfo| {
            let text = STANDARD.encode(&info.signature);
            json!({"verification_method_id": info.verification_method_id, "signature": text})
        };
        let signatures: Vec<Value> = self.signatures.iter().map(signature).collect();
        json!({"@type": self.kind.type_url(), "payload": payload, "signatures": signatures})
    }
}

/// What the documents made here have; other fields are left out.
fn document_json(payload: &MsgCreateDidDocPayload) -> Value {
    let method = |method: &VerificationMethod| {
        json!({
            "id": method.id, "verification_method_type": method.verification_method_type,
            "controller": method.controller, "verification_material": method.verification_material,
        })
    };
    let service = |service: &Service| {
        json!({
            "id": service.id,
            "service_type": service.service_type,
            "service_endpoint": service.service_endpoint,
        })
    };
    json!({
        "id": payload.id,
        "controller": payload.controller,
        "verification_method": payload.verification_method.iter().map(method).collect::<Vec<_>>(),
        "authentication": payload.authentication,
        "service": payload.service.iter().map(service).collect::<Vec<_>>(),
        "version_id": payload.version_id,
    })
}
