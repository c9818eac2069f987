//! Data keys: one for each tenant, made at its first key, kept open in memory.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use clock::now_ms;
use rusqlite::{Connection, OptionalExtension, params};
use store::Store;

use crate::KeystoreError;
use crate::seal::{Binding, SealingKey, Secret};

/// Open data keys in memory. Beyond it, all are dropped and opened again as needed.
const OPEN_MAX: usize = 4096;

#[derive(Default)]
pub(crate) struct DataKeys {
    open: RwLock<HashMap<String, Arc<SealingKey>>>,
}

impl DataKeys {
    /// The tenant's data key; `None` when the tenant never had a key.
    pub(crate) fn find(
        &self,
        store: &Store,
        root: &SealingKey,
        tenant: &str,
    ) -> Result<Option<Arc<SealingKey>>, KeystoreError> {
        if let Some(key) = self
            .open
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(tenant)
        {
            return Ok(Some(Arc::clone(key)));
        }
        match store.read(|connection| stored(connection, tenant))? {
            Some(sealed) => self.unwrap(root, tenant, &sealed).map(Some),
            None => Ok(None),
        }
    }

    /// The tenant's data key, made and durable if there was none.
    pub(crate) async fn find_or_make(
        &self,
        store: &Store,
        root: &SealingKey,
        tenant: &str,
    ) -> Result<Arc<SealingKey>, KeystoreError> {
        if let Some(key) = self.find(store, root, tenant)? {
            return Ok(key);
        }
        let sealed = root.seal(Binding::DataKey { tenant }, &Secret::random()?)?;
        let owner = tenant.to_owned();
        // Of several that come at once the first is kept, and all use that one.
        let sealed: Result<Vec<u8>, KeystoreError> = store
            .write(move |connection| insert(connection, &owner, sealed))
            .await;
        self.unwrap(root, tenant, &sealed?)
    }

    fn unwrap(
        &self,
        root: &SealingKey,
        tenant: &str,
        sealed: &[u8],
    ) -> Result<Arc<SealingKey>, KeystoreError> {
        let key = root
            .open(Binding::DataKey { tenant }, sealed)
            .map_err(|_| KeystoreError::Damaged {
                record: format!("the data key of tenant {tenant}"),
            })?;
        let key = Arc::new(SealingKey::new(&key));
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= OPEN_MAX {
            open.clear();
        }
        open.insert(tenant.to_owned(), Arc::clone(&key));
        Ok(key)
    }
}

fn stored(connection: &Connection, tenant: &str) -> Result<Option<Vec<u8>>, rusqlite::Error> {
    connection
        .prepare_cached("SELECT sealed FROM keystore_data_keys WHERE tenant = ?1")?
        .query_row([tenant], |row| row.get(0))
        .optional()
}

fn insert(
    connection: &Connection,
    tenant: &str,
    sealed: Vec<u8>,
) -> Result<Vec<u8>, KeystoreError> {
    if let Some(sealed) = stored(connection, tenant)? {
        return Ok(sealed);
    }
    connection
        .prepare_cached(
            "INSERT INTO keystore_data_keys (tenant, sealed, created_ms) VALUES (?1, ?2, ?3)",
        )?
        .execute(params![tenant, sealed, now_ms()])?;
    Ok(sealed)
}
