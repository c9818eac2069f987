//! A keystore in a directory of its own.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs
)]

use std::path::{Path, PathBuf};

use keystore::{CustodialAlgorithm, Keystore, StoredKey, Unseal, UnsealError};
use rusqlite::Connection;
use store::Store;
use tempfile::TempDir;
use zeroize::Zeroizing;

pub const BOTH: [CustodialAlgorithm; 2] = [CustodialAlgorithm::Ed25519, CustodialAlgorithm::P256];

pub struct Place(TempDir);

impl Place {
    pub fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    pub fn directory(&self) -> &Path {
        self.0.path()
    }

    pub fn database(&self) -> PathBuf {
        self.0.path().join("store.db")
    }

    pub fn key_file(&self) -> PathBuf {
        self.0.path().join("root.key")
    }

    pub fn store(&self) -> Store {
        Store::open(&self.database(), keystore::MIGRATIONS).unwrap()
    }

    pub fn try_open(&self, unseal: Unseal) -> Result<Keystore, UnsealError> {
        Keystore::open(self.store(), unseal)
    }

    pub fn open(&self) -> Keystore {
        self.try_open(Unseal::KeyFile(self.key_file())).unwrap()
    }

    /// Runs statements on the file behind the keystore's back.
    pub fn tamper(&self, sql: &str) {
        let connection = Connection::open(self.database()).unwrap();
        connection
            .execute_batch("PRAGMA foreign_keys = OFF")
            .unwrap();
        connection.execute_batch(sql).unwrap();
    }

    pub fn blob(&self, sql: &str) -> Vec<u8> {
        Connection::open(self.database())
            .unwrap()
            .query_row(sql, [], |row| row.get(0))
            .unwrap()
    }
}

pub async fn generate(
    keystore: &Keystore,
    tenant: &str,
    algorithm: CustodialAlgorithm,
) -> StoredKey {
    keystore.generate(tenant, algorithm, None).await.unwrap()
}

pub fn secret(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(bytes.to_vec())
}

/// The error of a result whose value cannot be printed.
pub fn refused<T, E>(result: Result<T, E>) -> E {
    match result {
        Ok(_) => panic!("not refused"),
        Err(error) => error,
    }
}
