//! A ledger and a store in a directory of their own, and DIDs with keys.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs
)]

pub mod receiver;
pub mod witness;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use did::proto::{
    DidDoc, MsgCreateDidDocPayload, MsgDeactivateDidDocPayload, SignInfo, VerificationMethod,
};
use did::{Did, MethodType, Operation, OperationKind, Proposal, PublicKey};
use ed25519_dalek::{Signer, SigningKey};
use ledger::{Assurance, Committed, Embedded, Networks, Options};
use proof::Hash;
use proof::checkpoint::Checkpoint;
use proof::note::NoteSigner;
use proof::policy::Policy;
use prost::Message;
use publication::{
    CredentialSource, NameSource, NetworkSettings, NoCredentials, Publication, Reach, Seed,
    Settings, StartError, StatusListSettings, SystemNames, Timing, WebhookSettings,
};
use store::Store;
use tempfile::TempDir;

pub const ORIGIN: &str = "log.test/1";
pub const NETWORK: &str = "testnet";
pub const BASE_URL: &str = "https://atropos.test/status-lists";

/// What is on disk: it outlives the process that works on it.
pub struct Disk {
    directory: TempDir,
}

/// A running process.
pub struct World {
    pub disk: Disk,
    pub ledger: Embedded,
    pub store: Store,
    pub publication: Publication,
}

/// What a test changes.
pub struct Setup {
    pub policy: Option<String>,
    pub bounds: Option<String>,
    pub timing: Timing,
    pub reach: Reach,
    pub names: Arc<dyn NameSource>,
    pub disable_after_days: u32,
    pub credentials: Arc<dyn CredentialSource>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            policy: None,
            bounds: None,
            timing: Timing {
                interval_ms: 20,
                freshness_s: 1,
                max_silence_s: 60,
                receipt_wait_ms: 10_000,
                witness_timeout_ms: 2_000,
            },
            reach: Reach::default(),
            names: Arc::new(SystemNames),
            disable_after_days: 3,
            credentials: Arc::new(NoCredentials),
        }
    }
}

pub fn log_signer() -> NoteSigner {
    NoteSigner::from_seed(ORIGIN, &[42; 32]).unwrap()
}

/// The policy of a verifier without witnesses.
pub fn alone() -> Policy {
    let text = format!("log {}\nquorum none\n", log_signer().verifier());
    Policy::parse(text, None).unwrap()
}

impl Disk {
    pub fn new() -> Self {
        let disk = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        Embedded::init(&disk.options(), &log_signer()).unwrap();
        disk
    }

    /// A second directory with the same content, as a backup has it.
    pub fn copied(&self) -> Self {
        let copy = tempfile::tempdir().unwrap();
        copy_all(self.directory.path(), copy.path());
        Self { directory: copy }
    }

    pub fn ledger(&self) -> Embedded {
        Embedded::open(&self.options(), log_signer()).unwrap()
    }

    pub fn store(&self) -> Store {
        let path = self.directory.path().join("store.db");
        Store::open(&path, publication::MIGRATIONS).unwrap()
    }

    fn options(&self) -> Options {
        let path = self.directory.path();
        Options::new(path.join("data"), path.join("guard"), NETWORK)
    }
}

fn copy_all(from: &std::path::Path, to: &std::path::Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy_all(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

impl World {
    pub fn new(setup: Setup) -> Self {
        Self::on(Disk::new(), setup)
    }

    pub fn alone() -> Self {
        Self::new(Setup::default())
    }

    pub fn on(disk: Disk, setup: Setup) -> Self {
        Self::try_on(disk, setup)
            .map_err(|(_, error)| error)
            .unwrap()
    }

    pub fn try_on(disk: Disk, setup: Setup) -> Result<Self, (Disk, StartError)> {
        let (ledger, store) = (disk.ledger(), disk.store());
        let networks = Networks::new(vec![ledger.clone()]);
        let (names, settings) = (Arc::clone(&setup.names), settings(setup));
        match Publication::start_with_names(store.clone(), networks, settings, names) {
            Ok(publication) => Ok(Self {
                disk,
                ledger,
                store,
                publication,
            }),
            Err(error) => Err((disk, error)),
        }
    }

    /// Stops the process cleanly.
    pub async fn stopped(self) -> Disk {
        self.publication.stop().await;
        self.disk
    }

    pub async fn restarted(self, setup: Setup) -> Self {
        Self::on(self.stopped().await, setup)
    }

    pub async fn submit(&self, operations: Vec<Operation>) -> Vec<Committed> {
        self.until_assurance(|assurance| *assurance != Assurance::Asking)
            .await;
        submit(&self.ledger, operations).await
    }

    pub async fn create(&self, number: u32) -> Subject {
        let subject = Subject::new(number);
        self.submit(vec![subject.create()]).await;
        subject
    }

    pub fn assurance(&self) -> Assurance {
        self.publication.protection(NETWORK).unwrap().assurance
    }

    pub async fn until_assurance(&self, wanted: impl Fn(&Assurance) -> bool) -> Assurance {
        until(|| Some(self.assurance()).filter(&wanted)).await
    }

    pub async fn until_confirmed(&self) {
        self.until_assurance(|assurance| matches!(assurance, Assurance::Confirmed { .. }))
            .await;
    }

    /// Waits until everything that is in the log is published.
    pub async fn until_published(&self) -> publication::PublishedCheckpoint {
        let size = self.ledger.published().size;
        until(|| {
            let published = self.publication.published(NETWORK).unwrap();
            published.filter(|published| published.size >= size)
        })
        .await
    }

    pub fn root(&self) -> (u64, Hash) {
        let head = self.ledger.published();
        (head.size, head.root)
    }
}

pub async fn submit(ledger: &Embedded, operations: Vec<Operation>) -> Vec<Committed> {
    let proposals = operations.into_iter().map(Proposal::from).collect();
    ledger.submit(proposals).await.unwrap()
}

fn settings(setup: Setup) -> Settings {
    let networks = setup.policy.map(|policy_text| NetworkSettings {
        namespace: NETWORK.to_owned(),
        policy_text,
        policy_bounds: setup.bounds,
    });
    Settings {
        networks: networks.into_iter().collect(),
        timing: setup.timing,
        status_list: StatusListSettings {
            issuer: "https://atropos.test".to_owned(),
            base_url: BASE_URL.to_owned(),
            validity_s: 3600,
            seed: Seed::new([5; 32]),
        },
        webhooks: WebhookSettings {
            seed: Seed::new([6; 32]),
            reach: setup.reach,
            first_retry_ms: 20,
            disable_after_days: setup.disable_after_days,
            credentials: setup.credentials,
            user_agent: "atropos-test".to_owned(),
        },
    }
}

/// Waits for something that comes in the background. How long it takes is not what is tested.
pub async fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let give_up = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < give_up, "it did not come within a minute");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A checkpoint of the log's own key over anything.
pub fn forged_by_log(size: u64, root: Hash) -> String {
    let checkpoint = Checkpoint {
        origin: ORIGIN.to_owned(),
        size,
        root,
    };
    checkpoint.sign(&log_signer()).unwrap().to_string()
}

/// A DID with keys and maybe another controller, identified by a number.
#[derive(Clone)]
pub struct Subject {
    pub number: u32,
    pub keys: Vec<SigningKey>,
    pub controllers: BTreeMap<String, Vec<(String, SigningKey)>>,
}

impl Subject {
    pub fn new(number: u32) -> Self {
        let mut seed = [1; 32];
        seed[..4].copy_from_slice(&number.to_be_bytes());
        Self {
            number,
            keys: vec![SigningKey::from_bytes(&seed)],
            controllers: BTreeMap::new(),
        }
    }

    /// Has no key: the other DID signs for it.
    pub fn controlled_by(number: u32, other: &Subject) -> Self {
        let mut subject = Self::new(number);
        subject.keys.clear();
        let methods = other.methods().collect();
        subject.controllers.insert(other.did().to_string(), methods);
        subject
    }

    pub fn did(&self) -> Did {
        let number = self.number;
        Did::parse(&format!(
            "did:cheqd:testnet:{number:08x}-0000-4000-8000-000000000000"
        ))
        .unwrap()
    }

    pub fn create(&self) -> Operation {
        let payload = MsgCreateDidDocPayload::new(self.document(), self.version_id(1));
        self.sign(OperationKind::Create, payload.encode_to_vec())
    }

    /// An update that changes nothing; `version` counts from 2.
    pub fn update(&self, version: u32) -> Operation {
        let payload = MsgCreateDidDocPayload::new(self.document(), self.version_id(version));
        self.sign(OperationKind::Update, payload.encode_to_vec())
    }

    pub fn deactivate(&self, version: u32) -> Operation {
        let payload = MsgDeactivateDidDocPayload {
            id: self.did().to_string(),
            version_id: self.version_id(version),
        };
        self.sign(OperationKind::Deactivate, payload.encode_to_vec())
    }

    fn methods(&self) -> impl Iterator<Item = (String, SigningKey)> {
        let did = self.did();
        let keys = self.keys.iter().enumerate();
        keys.map(move |(at, key)| (format!("{did}#key-{}", at + 1), key.clone()))
    }

    fn version_id(&self, version: u32) -> String {
        format!("{:08x}-0000-4000-9000-{version:012x}", self.number)
    }

    fn document(&self) -> DidDoc {
        let id = self.did().to_string();
        let method = |(method, key): (String, SigningKey)| VerificationMethod {
            id: method,
            verification_method_type: MethodType::Ed25519VerificationKey2020.as_str().to_owned(),
            controller: id.clone(),
            verification_material: MethodType::Ed25519VerificationKey2020
                .encode(&PublicKey::from_ed25519(key.verifying_key().as_bytes()).unwrap())
                .unwrap(),
        };
        DidDoc {
            id: id.clone(),
            controller: self.controllers.keys().cloned().collect(),
            verification_method: self.methods().map(method).collect(),
            authentication: self.methods().map(|(method, _)| method).collect(),
            ..DidDoc::default()
        }
    }

    fn sign(&self, kind: OperationKind, payload: Vec<u8>) -> Operation {
        let of_others = self.controllers.values().flatten().cloned();
        let sign = |(method, key): (String, SigningKey)| SignInfo {
            verification_method_id: method,
            signature: key.sign(&payload).to_bytes().to_vec(),
        };
        let signatures = self.methods().chain(of_others).map(sign).collect();
        Operation::parse(kind, &payload, signatures).unwrap()
    }
}
