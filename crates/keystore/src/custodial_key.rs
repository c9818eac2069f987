//! A custodial key as it is stored: sealed, and opened only while it signs.

use did::PublicKey;
use rusqlite::{Connection, OptionalExtension};

use crate::private_key::PrivateKey;
use crate::seal::{Binding, SealingKey};
use crate::{CustodialAlgorithm, KeystoreError};

/// A custodial key that was found. It stays sealed and is opened only while it signs.
#[derive(Clone)]
pub struct CustodialKey {
    pub(crate) tenant: String,
    pub(crate) kid: String,
    pub(crate) algorithm: CustodialAlgorithm,
    pub(crate) sealed: Vec<u8>,
}

impl CustodialKey {
    /// The key id: the public key in lower-case hexadecimal.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    pub(crate) fn find(
        connection: &Connection,
        tenant: &str,
        key: &PublicKey,
    ) -> Result<Option<CustodialKey>, rusqlite::Error> {
        let Some(algorithm) = CustodialAlgorithm::of(key.algorithm()) else {
            return Ok(None);
        };
        let kid = key.to_hex();
        let sealed = connection
            .prepare_cached("SELECT sealed FROM keystore_keys WHERE tenant = ?1 AND kid = ?2")?
            .query_row([tenant, &kid], |row| row.get(0))
            .optional()?;
        Ok(sealed.map(|sealed| CustodialKey {
            tenant: tenant.to_owned(),
            kid,
            algorithm,
            sealed,
        }))
    }

    pub(crate) fn sign(
        &self,
        data_key: &SealingKey,
        message: &[u8],
    ) -> Result<Vec<u8>, KeystoreError> {
        let CustodialKey {
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
