//! A DID with keys of any kind and controllers of any number, and who signs for it.

use anyhow::Result;
use did::proto::{
    DidDoc, MsgCreateDidDocPayload, MsgDeactivateDidDocPayload, SignInfo, VerificationMethod,
};
use did::{OperationKind, Scope};
use prost::Message;

use crate::private_key::{KeyKind, PrivateKey};
use crate::wallet::{Signed, Wallet};

/// A DID and the private keys of its methods.
#[derive(Clone)]
pub struct Holder {
    number: u64,
    did: String,
    document: DidDoc,
    keys: Vec<(String, PrivateKey)>,
}

impl Holder {
    /// The DID of that number, with one method for each kind of key; it controls itself.
    ///
    /// # Errors
    /// A key cannot be made.
    pub fn new(number: u64, kinds: &[KeyKind]) -> Result<Self> {
        let did = Wallet::did_of(number);
        let document = DidDoc {
            id: did.clone(),
            ..DidDoc::default()
        };
        let mut holder = Self {
            number,
            did,
            document,
            keys: Vec::new(),
        };
        for (position, kind) in kinds.iter().enumerate() {
            let key = PrivateKey::new(*kind, number * 64 + position as u64)?;
            holder.add(key)?;
        }
        Ok(holder)
    }

    /// One method more with that key.
    ///
    /// # Errors
    /// The key is weak.
    pub fn add(&mut self, key: PrivateKey) -> Result<()> {
        let id = format!("{}#key-{}", self.did, self.keys.len() + 1);
        self.document.verification_method.push(VerificationMethod {
            id: id.clone(),
            verification_method_type: key.method_type().as_str().to_owned(),
            controller: self.did.clone(),
            verification_material: key.material()?,
        });
        self.document.authentication.push(id.clone());
        self.keys.push((id, key));
        Ok(())
    }

    /// The key of a method, by its position from 0.
    pub fn key(&self, position: usize) -> &PrivateKey {
        &self.keys[position].1
    }

    /// Its DID.
    pub fn did(&self) -> &str {
        &self.did
    }

    /// Its document, which a test may change before the create.
    pub fn document(&mut self) -> &mut DidDoc {
        &mut self.document
    }

    /// The create, signed with all its keys and those of the others.
    ///
    /// # Errors
    /// A signature cannot be made.
    pub fn create(&self, others: &[&Holder]) -> Result<Signed> {
        let payload = MsgCreateDidDocPayload::new(self.document.clone(), self.version_id(1));
        self.sign(OperationKind::Create, payload.encode_to_vec(), others)
    }

    /// The deactivation, signed with all its keys and those of the others.
    ///
    /// # Errors
    /// A signature cannot be made.
    pub fn deactivate(&self, others: &[&Holder]) -> Result<Signed> {
        let id = self.did.clone();
        let version_id = self.version_id(2);
        let payload = MsgDeactivateDidDocPayload { id, version_id };
        self.sign(OperationKind::Deactivate, payload.encode_to_vec(), others)
    }

    /// The same with its id as it is written there, such as in upper case.
    ///
    /// # Errors
    /// A signature cannot be made.
    pub fn deactivate_as(&self, id: &str, others: &[&Holder]) -> Result<Signed> {
        let (id, version_id) = (id.to_owned(), self.version_id(2).to_uppercase());
        let payload = MsgDeactivateDidDocPayload { id, version_id };
        self.sign(OperationKind::Deactivate, payload.encode_to_vec(), others)
    }

    /// The deactivation with a bound version id, and its preimage.
    ///
    /// # Errors
    /// A signature cannot be made.
    pub fn deactivate_bound(
        &self,
        network_id: [u8; 32],
        scope: Scope,
        others: &[&Holder],
    ) -> Result<(Signed, Vec<u8>)> {
        let bound = did::BoundVersion {
            network_id,
            did: self.did.parse()?,
            scope,
            // The year 2100.
            expires_ms: 4_102_444_800_000,
        };
        let (id, version_id) = (self.did.clone(), bound.version_id());
        let payload = MsgDeactivateDidDocPayload { id, version_id };
        let signed = self.sign(OperationKind::Deactivate, payload.encode_to_vec(), others)?;
        Ok((signed, bound.encode()))
    }

    fn sign(&self, kind: OperationKind, payload: Vec<u8>, others: &[&Holder]) -> Result<Signed> {
        let mut signatures = Vec::new();
        for holder in std::iter::once(&self).chain(others) {
            for (id, key) in &holder.keys {
                signatures.push(SignInfo {
                    verification_method_id: id.clone(),
                    signature: key.sign(&payload)?,
                });
            }
        }
        Ok(Signed::new(kind, payload, signatures))
    }

    fn version_id(&self, version: u16) -> String {
        Wallet::version_id_of(self.number, version)
    }
}
