//! A DID whose keys are held outside of the server.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use did::proto::resource::MsgCreateResourcePayload;
use did::proto::{
    MsgCreateDidDocPayload, MsgDeactivateDidDoc, MsgDeactivateDidDocPayload, SignInfo,
    VerificationMethod,
};
use ed25519_dalek::{Signer, SigningKey};
use prost::Message;
use serde_json::{Value, json};

/// Its keys and messages, all made from a number.
pub struct Wallet {
    pub did: String,
    keys: Vec<SigningKey>,
}

impl Wallet {
    pub fn new(id: u8, keys: u8) -> Wallet {
        Wallet {
            did: format!("did:cheqd:testnet:00000000-0000-4000-8000-0000000000{id:02x}"),
            keys: (1..=keys)
                .map(|key| SigningKey::from_bytes(&[id, key].repeat(16).try_into().unwrap()))
                .collect(),
        }
    }

    pub fn method(&self, number: usize) -> String {
        format!("{}#key-{number}", self.did)
    }

    pub fn version_id(&self, version: u8) -> String {
        format!("{version:08x}-0000-4000-8000-0000000000ff")
    }

    pub fn document(&self, version: u8) -> MsgCreateDidDocPayload {
        let methods = (1..).zip(&self.keys).map(|(number, key)| {
            let multicodec = [&[0xed, 0x01], key.verifying_key().as_bytes().as_slice()].concat();
            VerificationMethod {
                id: self.method(number),
                verification_method_type: "Ed25519VerificationKey2020".into(),
                controller: self.did.clone(),
                verification_material: format!("z{}", bs58::encode(multicodec).into_string()),
            }
        });
        MsgCreateDidDocPayload {
            id: self.did.clone(),
            controller: vec![self.did.clone()],
            verification_method: methods.collect(),
            authentication: vec![self.method(1)],
            version_id: self.version_id(version),
            ..MsgCreateDidDocPayload::default()
        }
    }

    pub fn signatures(&self, payload: &impl Message, signers: &[usize]) -> Vec<SignInfo> {
        let payload = payload.encode_to_vec();
        let sign = |number: &usize| SignInfo {
            verification_method_id: self.method(*number),
            signature: self.keys[number - 1].sign(&payload).to_bytes().to_vec(),
        };
        signers.iter().map(sign).collect()
    }

    /// The create message as JSON, signed by key 1.
    pub fn create(&self) -> Value {
        let document = self.document(1);
        let signatures = json_signatures(&self.signatures(&document, &[1]));
        let methods = document.verification_method.iter().map(|method| {
            json!({
                "id": method.id, "verification_method_type": method.verification_method_type,
                "controller": method.controller, "verification_material": method.verification_material,
            })
        });
        json!({
            "@type": "/cheqd.did.v2.MsgCreateDidDoc",
            "payload": {
                "id": document.id, "controller": document.controller, "authentication": document.authentication,
                "verification_method": methods.collect::<Vec<_>>(), "version_id": document.version_id,
            },
            "signatures": signatures,
        })
    }

    /// A message that creates a resource of this number, signed by these keys.
    pub fn resource(&self, number: u8, data: &[u8], signers: &[usize]) -> Value {
        let payload = MsgCreateResourcePayload {
            data: data.to_vec(),
            collection_id: self.did.rsplit(':').next().unwrap().into(),
            id: format!("{number:08x}-0000-4000-a000-000000000000"),
            name: "name".into(),
            resource_type: "Type".into(),
            ..MsgCreateResourcePayload::default()
        };
        let signatures = json_signatures(&self.signatures(&payload, signers));
        json!({
            "@type": "/cheqd.resource.v2.MsgCreateResource",
            "payload": {
                "data": STANDARD.encode(data),
                "collection_id": payload.collection_id, "id": payload.id, "name": payload.name,
                "resource_type": payload.resource_type,
            },
            "signatures": signatures,
        })
    }

    /// The deactivate message, signed by these keys.
    pub fn deactivate(&self, signers: &[usize]) -> MsgDeactivateDidDoc {
        let payload = MsgDeactivateDidDocPayload {
            id: self.did.clone(),
            version_id: self.version_id(2),
        };
        let signatures = self.signatures(&payload, signers);
        MsgDeactivateDidDoc {
            payload: Some(payload),
            signatures,
        }
    }

    /// The same as JSON.
    pub fn deactivate_json(&self, signers: &[usize]) -> Value {
        let message = self.deactivate(signers);
        json!({
            "@type": "/cheqd.did.v2.MsgDeactivateDidDoc",
            "payload": {"id": self.did, "version_id": self.version_id(2)},
            "signatures": json_signatures(&message.signatures),
        })
    }
}

fn json_signatures(signatures: &[SignInfo]) -> Vec<Value> {
    let text = |bytes: &[u8]| STANDARD.encode(bytes);
    let one = |info: &SignInfo| {
        let signature = text(&info.signature);
        json!({"verification_method_id": info.verification_method_id, "signature": signature})
    };
    signatures.iter().map(one).collect()
}
