//! Signatures: one, or a complete set.

use std::sync::Arc;

use did::{MethodId, PublicKey, Signature};
use rusqlite::{Connection, OptionalExtension};

use crate::keystore::{Keystore, Shared};
use crate::private_key::PrivateKey;
use crate::seal::{Binding, SealingKey};
use crate::{KeyAlgorithmHeld, KeystoreError, SignAllError, SignError};

/// Keys that sign at once: more than any complete set has.
pub const SIGN_ALL_MAX: usize = 1024;

impl Keystore {
    /// Signs with one of the tenant's keys: 64 bytes for Ed25519, DER over SHA-256 for P-256.
    ///
    /// # Errors
    ///
    /// [`SignError::NotHeld`], or the failures of the keystore.
    pub fn sign(
        &self,
        tenant: &str,
        key: &PublicKey,
        message: &[u8],
    ) -> Result<Vec<u8>, SignError> {
        let key = self
            .held(tenant, [key])?
            .pop()
            .flatten()
            .ok_or(SignError::NotHeld)?;
        Ok(self.sign_held(&key, message)?)
    }

    /// The keys of these that the tenant holds, each in the place of its public key, all from one read.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub fn held<'a>(
        &self,
        tenant: &str,
        keys: impl IntoIterator<Item = &'a PublicKey>,
    ) -> Result<Vec<Option<HeldKey>>, KeystoreError> {
        let found = self.shared.store.read(|connection| {
            keys.into_iter()
                .map(|key| HeldKey::find(connection, tenant, key))
                .collect()
        });
        Ok(found?)
    }

    /// Signs with a key that was found before, as [`Keystore::sign`] does.
    ///
    /// # Errors
    ///
    /// [`KeystoreError::Damaged`], or those of the store.
    pub fn sign_held(&self, key: &HeldKey, message: &[u8]) -> Result<Vec<u8>, KeystoreError> {
        let data_key = self.shared.data_key(&key.tenant)?;
        key.sign(&data_key, message)
    }

    /// Signs with every key of a set, in its order, or with none.
    ///
    /// # Errors
    ///
    /// [`SignAllError::NotHeld`] with every method whose key the tenant does not hold; [`SignAllError::TooMany`]; or
    /// the failures of the keystore. In all cases no signature is handed out.
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
        let found = self.held(tenant, keys.iter().map(|(_, key)| key))?;
        let methods = || keys.iter().map(|(method, _)| method);
        let missing: Vec<MethodId> = methods()
            .zip(&found)
            .filter(|(_, found)| found.is_none())
            .map(|(method, _)| method.clone())
            .collect();
        if !missing.is_empty() {
            return Err(SignAllError::NotHeld { missing });
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

/// A held key that was found. It stays sealed and is opened only while it signs.
#[derive(Clone)]
pub struct HeldKey {
    pub(crate) tenant: String,
    pub(crate) kid: String,
    pub(crate) algorithm: KeyAlgorithmHeld,
    pub(crate) sealed: Vec<u8>,
}

impl HeldKey {
    /// The key id: the public key in lower-case hexadecimal.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    fn find(
        connection: &Connection,
        tenant: &str,
        key: &PublicKey,
    ) -> Result<Option<HeldKey>, rusqlite::Error> {
        let Some(algorithm) = KeyAlgorithmHeld::of(key.algorithm()) else {
            return Ok(None);
        };
        let kid = key.to_hex();
        let sealed = connection
            .prepare_cached("SELECT sealed FROM keystore_keys WHERE tenant = ?1 AND kid = ?2")?
            .query_row([tenant, &kid], |row| row.get(0))
            .optional()?;
        Ok(sealed.map(|sealed| HeldKey {
            tenant: tenant.to_owned(),
            kid,
            algorithm,
            sealed,
        }))
    }

    fn sign(&self, data_key: &SealingKey, message: &[u8]) -> Result<Vec<u8>, KeystoreError> {
        let HeldKey {
            tenant,
            kid,
            algorithm,
            sealed,
        } = self;
        let binding = Binding::PrivateKey {
            tenant,
            kid,
            algorithm: algorithm.as_str(),
        };
        let key = data_key
            .open(binding, sealed)
            .ok()
            .and_then(|secret| PrivateKey::restore(*algorithm, &secret));
        // A record that opens but holds another key can only come from this code; it must not sign either.
        let signature = key
            .filter(|key| key.kid() == *kid)
            .and_then(|key| key.sign(message));
        signature.ok_or_else(|| KeystoreError::Damaged {
            record: format!("key {kid}"),
        })
    }
}
