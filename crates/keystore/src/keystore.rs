//! The keystore: keys made, imported, found and listed.

use std::sync::Arc;

use clock::now_ms;
use did::PublicKey;
use rusqlite::{Connection, OptionalExtension, Row, params};
use store::Store;
use zeroize::Zeroizing;

use crate::data_keys::DataKeys;
use crate::limits::{ALIAS_CHARS_MAX, LIST_MAX, TENANT_BYTES_MAX};
use crate::private_key::PrivateKey;
use crate::seal::{Binding, SealingKey, Secret};
use crate::{CustodialAlgorithm, CustodialKey, KeystoreError, Unseal, UnsealError, root};

/// Hexadecimal digits of the longest key id: a compressed point of P-256.
const KID_CHARS_MAX: usize = 66;

/// The sealed keys of one store, unsealed. Clones share it.
#[derive(Clone)]
pub struct Keystore {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) root: SealingKey,
    pub(crate) data_keys: DataKeys,
}

/// A custodial key without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// The key id: the public key in lower-case hexadecimal, 64 digits (Ed25519) or 66 (P-256, compressed SEC1).
    pub kid: String,
    /// The algorithm.
    pub algorithm: CustodialAlgorithm,
    /// The public key.
    pub public_key: PublicKey,
    /// A name for people; need not be unique.
    pub alias: Option<String>,
    /// When it was made or imported, Unix time in milliseconds.
    pub created_ms: u64,
}

impl Keystore {
    /// Unseals the keys of a store that was opened with [`crate::MIGRATIONS`]. Takes some tenths of a second with a
    /// passphrase. Blocks.
    ///
    /// # Errors
    ///
    /// [`UnsealError`]. A wrong passphrase or file is found out before anything is written.
    pub fn open(store: Store, unseal: Unseal) -> Result<Keystore, UnsealError> {
        let root = root::unseal(&store, &unseal)?;
        Ok(Keystore {
            shared: Arc::new(Shared {
                store,
                root,
                data_keys: DataKeys::default(),
            }),
        })
    }

    /// Makes a key for a tenant. It is on disk when this answers.
    ///
    /// # Errors
    ///
    /// [`KeystoreError::InvalidTenant`], [`KeystoreError::InvalidAlias`], or those of the store.
    pub async fn generate(
        &self,
        tenant: &str,
        algorithm: CustodialAlgorithm,
        alias: Option<String>,
    ) -> Result<StoredKey, KeystoreError> {
        check_alias(alias.as_deref())?;
        let draft = self.draft(tenant, algorithm).await?;
        self.insert(draft, alias).await
    }

    /// Makes a key that is not stored yet, so that what is refused leaves no key behind. It can sign, and must be
    /// stored with [`Keystore::keep`] before anything that names it is returned.
    ///
    /// # Errors
    ///
    /// [`KeystoreError::InvalidTenant`], or those of the store: the first key of a tenant comes with a data key.
    pub async fn draft(
        &self,
        tenant: &str,
        algorithm: CustodialAlgorithm,
    ) -> Result<DraftKey, KeystoreError> {
        check_tenant(tenant)?;
        let (key, secret) = PrivateKey::generate(algorithm)?;
        self.sealed(tenant, &key, &secret).await
    }

    /// Stores a key that was drafted. It is on disk when this answers.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn keep(&self, draft: DraftKey) -> Result<StoredKey, KeystoreError> {
        self.insert(draft, None).await
    }

    /// Takes a private key over for a tenant. It is on disk when this answers.
    ///
    /// Ed25519: the seed of 32 bytes, or 64 bytes, seed and public key, which must belong together. P-256: the scalar
    /// of 32 bytes. Doing it again answers with the key that is there, under its first alias. Several tenants may
    /// hold the same key.
    ///
    /// # Errors
    ///
    /// [`KeystoreError::InvalidPrivateKey`], and those of [`Keystore::generate`].
    pub async fn import(
        &self,
        tenant: &str,
        algorithm: CustodialAlgorithm,
        private_key: Zeroizing<Vec<u8>>,
        alias: Option<String>,
    ) -> Result<StoredKey, KeystoreError> {
        check_tenant(tenant)?;
        check_alias(alias.as_deref())?;
        let (key, secret) = PrivateKey::import(algorithm, &private_key)?;
        let draft = self.sealed(tenant, &key, &secret).await?;
        self.insert(draft, alias).await
    }

    /// The tenant's key with this public key in hexadecimal, in either case.
    ///
    /// # Errors
    ///
    /// [`KeystoreError::Damaged`], or those of the store.
    pub fn find(
        &self,
        tenant: &str,
        public_key_hex: &str,
    ) -> Result<Option<StoredKey>, KeystoreError> {
        if public_key_hex.len() > KID_CHARS_MAX || check_tenant(tenant).is_err() {
            return Ok(None);
        }
        let kid = public_key_hex.to_ascii_lowercase();
        let row = self
            .shared
            .store
            .read(|connection| KeyRow::find(connection, tenant, &kid))?;
        row.map(KeyRow::into_stored_key).transpose()
    }

    /// The tenant's keys by key id, at most [`LIST_MAX`] of those after `after`: the last key id of the page before.
    ///
    /// # Errors
    ///
    /// [`KeystoreError::Damaged`], or those of the store.
    pub fn list(&self, tenant: &str, after: Option<&str>) -> Result<Vec<StoredKey>, KeystoreError> {
        let rows: Vec<KeyRow> = self.shared.store.read(|connection| {
            let sql = "SELECT kid, algorithm, alias, created_ms FROM keystore_keys
                       WHERE tenant = ?1 AND kid > ?2 ORDER BY kid LIMIT ?3";
            connection
                .prepare_cached(sql)?
                .query_map(
                    params![tenant, after.unwrap_or_default(), LIST_MAX],
                    KeyRow::read,
                )?
                .collect()
        })?;
        rows.into_iter().map(KeyRow::into_stored_key).collect()
    }

    /// The tenant's keys of these public keys, each in its place, all from one read.
    ///
    /// # Errors
    ///
    /// [`KeystoreError::Damaged`], or those of the store.
    pub fn find_each<'a>(
        &self,
        tenant: &str,
        keys: impl IntoIterator<Item = &'a PublicKey>,
    ) -> Result<Vec<Option<StoredKey>>, KeystoreError> {
        let rows: Vec<Option<KeyRow>> = self.shared.store.read(|connection| {
            keys.into_iter()
                .map(|key| KeyRow::find(connection, tenant, &key.to_hex()))
                .collect()
        })?;
        rows.into_iter()
            .map(|row| row.map(KeyRow::into_stored_key).transpose())
            .collect()
    }

    async fn sealed(
        &self,
        tenant: &str,
        key: &PrivateKey,
        secret: &Secret,
    ) -> Result<DraftKey, KeystoreError> {
        let Shared {
            store,
            root,
            data_keys,
        } = &*self.shared;
        let (kid, algorithm) = (key.kid(), key.algorithm());
        // What could never be used in a document is not kept.
        let public_key = key.public_key()?;
        let data_key = data_keys.find_or_make(store, root, tenant).await?;
        let binding = Binding::PrivateKey {
            tenant,
            kid: &kid,
            algorithm: algorithm.as_str(),
        };
        let sealed = data_key.seal(binding, secret)?;
        Ok(DraftKey {
            custodial: CustodialKey {
                tenant: tenant.to_owned(),
                kid,
                algorithm,
                sealed,
            },
            public_key,
        })
    }

    async fn insert(
        &self,
        draft: DraftKey,
        alias: Option<String>,
    ) -> Result<StoredKey, KeystoreError> {
        let CustodialKey {
            tenant,
            kid,
            algorithm,
            sealed,
        } = draft.custodial;
        let row = KeyRow {
            kid,
            algorithm: algorithm.as_str().to_owned(),
            alias,
            created_ms: now_ms(),
        };
        let row: Result<KeyRow, KeystoreError> = self
            .shared
            .store
            .write(move |connection| row.insert(connection, &tenant, &sealed))
            .await;
        row?.into_stored_key()
    }
}

/// A new key that is sealed, and not stored yet. Has no `Debug`.
pub struct DraftKey {
    custodial: CustodialKey,
    public_key: PublicKey,
}

impl DraftKey {
    /// Its public key.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// As it will be stored: it can sign already.
    #[must_use]
    pub fn custodial(&self) -> &CustodialKey {
        &self.custodial
    }
}

pub(crate) fn check_tenant(tenant: &str) -> Result<(), KeystoreError> {
    if (1..=TENANT_BYTES_MAX).contains(&tenant.len()) {
        Ok(())
    } else {
        Err(KeystoreError::InvalidTenant)
    }
}

fn check_alias(alias: Option<&str>) -> Result<(), KeystoreError> {
    let Some(alias) = alias else { return Ok(()) };
    let length_fits =
        (1..=ALIAS_CHARS_MAX).contains(&alias.chars().take(ALIAS_CHARS_MAX + 1).count());
    let clean = !alias.chars().any(char::is_control);
    if length_fits && clean {
        Ok(())
    } else {
        Err(KeystoreError::InvalidAlias)
    }
}

struct KeyRow {
    kid: String,
    algorithm: String,
    alias: Option<String>,
    created_ms: u64,
}

impl KeyRow {
    fn read(row: &Row<'_>) -> Result<KeyRow, rusqlite::Error> {
        Ok(KeyRow {
            kid: row.get(0)?,
            algorithm: row.get(1)?,
            alias: row.get(2)?,
            created_ms: row.get(3)?,
        })
    }

    fn find(
        connection: &Connection,
        tenant: &str,
        kid: &str,
    ) -> Result<Option<KeyRow>, rusqlite::Error> {
        let sql = "SELECT kid, algorithm, alias, created_ms FROM keystore_keys WHERE tenant = ?1 AND kid = ?2";
        connection
            .prepare_cached(sql)?
            .query_row([tenant, kid], KeyRow::read)
            .optional()
    }

    /// The resulting row: a row that was there before stays.
    fn insert(
        self,
        connection: &Connection,
        tenant: &str,
        sealed: &[u8],
    ) -> Result<KeyRow, KeystoreError> {
        if let Some(present) = KeyRow::find(connection, tenant, &self.kid)? {
            return Ok(present);
        }
        connection
            .prepare_cached(
                "INSERT INTO keystore_keys (tenant, kid, algorithm, alias, sealed, created_ms)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                tenant,
                self.kid,
                self.algorithm,
                self.alias,
                sealed,
                self.created_ms
            ])?;
        Ok(self)
    }

    fn into_stored_key(self) -> Result<StoredKey, KeystoreError> {
        let KeyRow {
            kid,
            algorithm,
            alias,
            created_ms,
        } = self;
        let algorithm = CustodialAlgorithm::parse(&algorithm);
        let bytes = hex::decode(&kid).ok();
        let key = algorithm.zip(bytes).and_then(|(algorithm, bytes)| {
            let public_key = PublicKey::from_bytes(algorithm.into(), &bytes).ok()?;
            Some((algorithm, public_key))
        });
        match key {
            Some((algorithm, public_key)) => Ok(StoredKey {
                kid,
                algorithm,
                public_key,
                alias,
                created_ms,
            }),
            None => Err(KeystoreError::Damaged {
                record: format!("key {kid}"),
            }),
        }
    }
}
