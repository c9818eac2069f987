//! What the integration tests share.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    dead_code
)]

pub mod wycheproof;

use did::proto::{MsgCreateDidDocPayload, VerificationMethod};
use did::{MethodType, PublicKey};
use ed25519_dalek::{Signer, SigningKey};

pub const DID: &str = "did:cheqd:testnet:6981f795-f2f5-43db-ab18-e161f9241bf8";
pub const OTHER: &str = "did:cheqd:testnet:RU3FadVEJ1mtCFL2LsBkwZ";
pub const VERSION: &str = "11111111-2222-4333-8444-555555555555";

pub fn fixture(name: &str) -> serde_json::Value {
    let path = format!("{}/../../fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

pub fn hex_of(value: &serde_json::Value, name: &str) -> Vec<u8> {
    hex::decode(value[name].as_str().unwrap()).unwrap()
}

pub fn signing_key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub fn public_key(seed: u8) -> PublicKey {
    PublicKey::from_ed25519(signing_key(seed).verifying_key().as_bytes()).unwrap()
}

pub fn sign(seed: u8, message: &[u8]) -> Vec<u8> {
    signing_key(seed).sign(message).to_bytes().to_vec()
}

/// The method `#key-<seed>` with the key of that seed.
pub fn method(seed: u8) -> VerificationMethod {
    let method_type = MethodType::Ed25519VerificationKey2020;
    VerificationMethod {
        id: format!("{DID}#key-{seed}"),
        verification_method_type: method_type.to_string(),
        controller: DID.to_owned(),
        verification_material: method_type.encode(&public_key(seed)).unwrap(),
    }
}

/// A valid document with one key.
pub fn payload() -> MsgCreateDidDocPayload {
    MsgCreateDidDocPayload {
        id: DID.to_owned(),
        controller: vec![DID.to_owned()],
        verification_method: vec![method(1)],
        authentication: vec![format!("{DID}#key-1")],
        version_id: VERSION.to_owned(),
        ..MsgCreateDidDocPayload::default()
    }
}
