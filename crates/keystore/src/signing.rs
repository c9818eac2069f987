//! Signatures: one, or a complete set.

use std::sync::Arc;

use did::{MethodId, PublicKey, Signature};

use crate::keystore::{Keystore, Shared};
use crate::limits::SIGN_ALL_MAX;
use crate::seal::SealingKey;
use crate::{CustodialKey, KeystoreError, SignAllError, SignError};

impl Keystore {
    /// Signs with one of the tenant's keys: 64 bytes for Ed25519, DER over SHA-256 for P-256.
    ///
    /// # Errors
    ///
    /// [`SignError::NotCustodial`], or the failures of the keystore.
    pub fn sign(
        &self,
        tenant: &str,
        key: &PublicKey,
        message: &[u8],
    ) -> Result<Vec<u8>, SignError> {
        let key = self
            .custodial(tenant, [key])?
            .pop()
            .flatten()
            .ok_or(SignError::NotCustodial)?;
        Ok(self.sign_custodial(&key, message)?)
    }

    /// The keys of these that the tenant holds, each in the place of its public key, all from one read.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub fn custodial<'a>(
        &self,
        tenant: &str,
        keys: impl IntoIterator<Item = &'a PublicKey>,
    ) -> Result<Vec<Option<CustodialKey>>, KeystoreError> {
        let found = self.shared.store.read(|connection| {
            keys.into_iter()
                .map(|key| CustodialKey::find(connection, tenant, key))
                .collect()
        });
        Ok(found?)
    }

    /// Signs with a key that was found before, as [`Keystore::sign`] does.
    ///
    /// # Errors
    ///
    /// [`KeystoreError::Damaged`], or those of the store.
    pub fn sign_custodial(
        &self,
        key: &CustodialKey,
        message: &[u8],
    ) -> Result<Vec<u8>, KeystoreError> {
        let data_key = self.shared.data_key(&key.tenant)?;
        key.sign(&data_key, message)
    }

    /// Signs with every key of a set, in its order, or with none.
    ///
    /// # Errors
    ///
    /// [`SignAllError::NotCustodial`] with every method whose key the tenant does not hold; [`SignAllError::TooMany`];
    /// or the failures of the keystore. In all cases no signature is returned.
    pub fn sign_all(
        &self,
        tenant: &str,
        keys: &[(MethodId, PublicKey)],
        payload: &[u8],
    ) -> Result<Vec<Signature>, SignAllError> {
        if keys.len() > SIGN_ALL_MAX {
            return Err(SignAllError::TooMany);
        }
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.custodial(tenant, keys.iter().map(|(_, key)| key))?;
        let methods = || keys.iter().map(|(method, _)| method);
        let missing: Vec<MethodId> = methods()
            .zip(&found)
            .filter(|(_, found)| found.is_none())
            .map(|(method, _)| method.clone())
            .collect();
        if !missing.is_empty() {
            return Err(SignAllError::NotCustodial { missing });
        }
        let data_key = self.shared.data_key(tenant)?;
        let signed = methods().zip(found.iter().flatten()).map(|(method, key)| {
            let bytes = key.sign(&data_key, payload)?;
            Ok(Signature {
                method: method.clone(),
                bytes,
            })
        });
        signed.collect()
    }
}

impl Shared {
    /// The data key of a tenant that holds a key.
    fn data_key(&self, tenant: &str) -> Result<Arc<SealingKey>, KeystoreError> {
        let missing = || KeystoreError::Damaged {
            record: format!("the data key of tenant {tenant}"),
        };
        self.data_keys
            .find(&self.store, &self.root, tenant)?
            .ok_or_else(missing)
    }
}
