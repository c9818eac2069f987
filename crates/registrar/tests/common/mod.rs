//! A registrar over a real ledger, store and keystore in a directory of its own.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs
)]

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use did::{Did, MethodType, proto};
use keystore::{CustodialAlgorithm, Keystore, StoredKey, Unseal};
use ledger::{Embedded, Networks, Options, Published};
use proof::note::NoteSigner;
use registrar::{
    BoundScope, Clock, Create, Deactivate, Deactivated, IdFormat, KeyChoice, Managed, NewDid,
    NewDocument, Page, Registrar, RegistrarError, SigningKeys, SigningPermit,
};
use store::{Migration, Store};
use tempfile::TempDir;

pub const ORIGIN: &str = "test.example/testnet";
pub const TENANT: &str = "tenant-a";
pub const OTHER: &str = "tenant-b";
pub const UUID: &str = "7bf81a20-633c-4cc7-bc4a-5a45801005e0";
pub const TYPE: MethodType = MethodType::Ed25519VerificationKey2020;
pub const PAGE: Page = Page {
    offset: 0,
    limit: 100,
};

pub struct Place {
    pub registrar: Registrar,
    pub keystore: Keystore,
    pub store: Store,
    pub ledger: Embedded,
    /// How far its clock is ahead of that of the machine.
    ahead_ms: Arc<AtomicU64>,
    directory: TempDir,
}

impl Place {
    pub fn new() -> Place {
        let directory = tempfile::tempdir().unwrap();
        let options = options(&directory);
        Embedded::init(&options, &signer()).unwrap();
        Place::open(directory, Arc::default())
    }

    /// Lets time go by, for all that asks the clock of the registrar.
    pub fn pass(&self, time: Duration) {
        let ms = u64::try_from(time.as_millis()).unwrap();
        self.ahead_ms.fetch_add(ms, Ordering::Relaxed);
    }

    /// As after a stop: everything is opened again from what is on disk.
    pub fn reopened(self) -> Place {
        let Place {
            registrar,
            keystore,
            store,
            ledger,
            ahead_ms,
            directory,
        } = self;
        drop((registrar, keystore, store, ledger));
        Place::open(directory, ahead_ms)
    }

    fn open(directory: TempDir, ahead_ms: Arc<AtomicU64>) -> Place {
        let ledger = Embedded::open(&options(&directory), signer()).unwrap();
        let migrations: Vec<Migration> = [keystore::MIGRATIONS, registrar::MIGRATIONS].concat();
        let store = Store::open(&directory.path().join("store.db"), &migrations).unwrap();
        let unseal = Unseal::KeyFile(directory.path().join("root.key"));
        let keystore = Keystore::open(store.clone(), unseal).unwrap();
        let networks = Networks::new(vec![ledger.clone()]);
        let ahead = Arc::clone(&ahead_ms);
        let clock = Clock::new(move || now_ms() + ahead.load(Ordering::Relaxed));
        let registrar = Registrar::new(networks, keystore.clone(), store.clone()).with_clock(clock);
        Place {
            registrar,
            keystore,
            store,
            ledger,
            ahead_ms,
            directory,
        }
    }

    pub fn head(&self) -> Published {
        (*self.ledger.published()).clone()
    }

    pub async fn key(&self, tenant: &str) -> StoredKey {
        self.keystore
            .generate(tenant, CustodialAlgorithm::Ed25519, None)
            .await
            .unwrap()
    }

    /// A document with these keys under `key-1`, `key-2`, ….
    pub async fn create_with(&self, tenant: &str, keys: &[&StoredKey]) -> Managed {
        let document = document(&random_did(), keys);
        self.create_document(tenant, document).await.unwrap()
    }

    pub async fn create_document(
        &self,
        tenant: &str,
        document: proto::DidDoc,
    ) -> Result<Managed, RegistrarError> {
        self.registrar
            .create(tenant, written(document), freely())
            .await
    }

    pub async fn create_simple(&self, tenant: &str) -> Managed {
        self.registrar
            .create(
                tenant,
                parameters(IdFormat::Uuid, KeyChoice::Generate),
                freely(),
            )
            .await
            .unwrap()
    }

    /// The bytes of all files of the log.
    pub fn log_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for entry in std::fs::read_dir(self.directory.path().join("log")).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                bytes.extend(std::fs::read(path).unwrap());
            }
        }
        bytes
    }

    pub async fn end(
        &self,
        tenant: &str,
        did: &Did,
        keys: SigningKeys,
    ) -> Result<Deactivated, RegistrarError> {
        let request = Deactivate {
            did: did.clone(),
            keys,
            scope: BoundScope::default(),
        };
        self.registrar.deactivate(tenant, request, freely()).await
    }

    pub async fn listed(&self, tenant: &str) -> Vec<Did> {
        self.registrar.list(tenant, None, PAGE).await.unwrap().dids
    }

    pub fn key_count(&self, tenant: &str) -> usize {
        self.keystore.list(tenant, None).unwrap().len()
    }

    pub fn rows(&self, table: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        self.store
            .read(|connection| connection.query_row(&sql, [], |row| row.get(0)))
            .unwrap()
    }
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

/// A permit that is always given.
pub fn freely() -> SigningPermit {
    SigningPermit::new(|_| ready(Ok(())), || ready(Ok(())))
}

pub fn random_did() -> String {
    format!("did:cheqd:testnet:{}", uuid::Uuid::new_v4())
}

pub fn written(document: proto::DidDoc) -> Create {
    Create::Document(NewDocument {
        document,
        method_type: TYPE,
        key: KeyChoice::Generate,
    })
}

pub fn parameters(id_format: IdFormat, key: KeyChoice) -> Create {
    Create::Parameters(NewDid {
        network: "testnet".into(),
        id_format,
        method_type: TYPE,
        key,
        services: vec![],
        contexts: vec![],
    })
}

pub fn document(did: &str, keys: &[&StoredKey]) -> proto::DidDoc {
    let method = |(number, key): (usize, &&StoredKey)| method(did, &format!("key-{number}"), key);
    proto::DidDoc {
        id: did.into(),
        controller: vec![did.into()],
        verification_method: (1..).zip(keys).map(method).collect(),
        ..proto::DidDoc::default()
    }
}

pub fn method(did: &str, fragment: &str, key: &StoredKey) -> proto::VerificationMethod {
    proto::VerificationMethod {
        id: format!("{did}#{fragment}"),
        verification_method_type: TYPE.to_string(),
        controller: did.into(),
        verification_material: TYPE.encode(&key.public_key).unwrap(),
    }
}

pub fn exactly(keys: &[&StoredKey]) -> SigningKeys {
    SigningKeys::Exactly(keys.iter().map(|key| key.kid.clone()).collect())
}

fn options(directory: &TempDir) -> Options {
    Options::new(
        directory.path().join("log"),
        directory.path().join("guard"),
        "testnet",
    )
}

fn signer() -> NoteSigner {
    NoteSigner::from_seed(ORIGIN, &[7; 32]).unwrap()
}
