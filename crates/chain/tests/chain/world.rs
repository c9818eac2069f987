//! A chain in a directory of its own, payers, and DIDs with their keys.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chain::{Broadcast, Chain, Failure, Fees, Funded, Included, Settings};
use cosmos::proto::Any;
use cosmos::{Address, Coins, Draft, PayerKey, Signer};
use did::OperationKind;
use did::proto::resource::{MsgCreateResource, MsgCreateResourcePayload};
use did::proto::{
    MsgCreateDidDoc, MsgCreateDidDocPayload, MsgDeactivateDidDoc, MsgDeactivateDidDocPayload,
    SignInfo, VerificationMethod,
};
use ed25519_dalek::{Signer as _, SigningKey};
use ledger::{Embedded, Options};
use proof::note::NoteSigner;
use prost::Message;
use store::Store;
use tempfile::TempDir;
use zeroize::Zeroizing;

pub const CHAIN_ID: &str = "atropos-test-1";
pub const GAS: u64 = 360_000;

pub struct World {
    pub chain: Chain,
    pub ledger: Embedded,
    pub store: Store,
    pub folder: Arc<TempDir>,
    settings: Settings,
}

impl World {
    pub fn new() -> World {
        World::with(Fees::Free, &[])
    }

    pub fn with(fees: Fees, funded: &[(&Payer, u64)]) -> World {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        Embedded::init(&options(&folder), &signer()).unwrap();
        let funded = funded.iter().map(|(payer, amount)| Funded {
            address: payer.address(),
            amount: *amount,
        });
        let settings = Settings {
            chain_id: CHAIN_ID.to_owned(),
            fees,
            funded: funded.collect(),
        };
        World::open(folder, settings)
    }

    fn open(folder: Arc<TempDir>, settings: Settings) -> World {
        let ledger = opened(&folder);
        let path = folder.path().join("store.db");
        let store = Store::open(&path, chain::MIGRATIONS).unwrap();
        let chain = Chain::open(ledger.clone(), store.clone(), settings.clone()).unwrap();
        World {
            chain,
            ledger,
            store,
            folder,
            settings,
        }
    }

    /// As after a stop: everything is opened again from what is on disk.
    pub async fn reopened(self) -> World {
        let World {
            chain,
            ledger,
            store,
            folder,
            settings,
        } = self;
        drop((chain, ledger, store));
        // Tasks of the chain hold their handles a moment longer.
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        World::open(folder, settings)
    }

    /// A copy of what is on disk now, opened: what a start after a sudden end finds.
    pub fn snapshot(&self) -> World {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        copy(self.folder.path(), folder.path());
        World::open(folder, self.settings.clone())
    }

    pub async fn submit(&self, bytes: &[u8]) -> Broadcast {
        self.chain.submit(bytes).await.unwrap()
    }

    /// Submits what passes the check, and gives its outcome.
    pub async fn deliver(&self, bytes: &[u8]) -> Included {
        let broadcast = self.submit(bytes).await;
        assert_eq!(broadcast.checked, Ok(()));
        // It is there when the broadcast is answered.
        self.chain.transaction(&broadcast.hash).unwrap().unwrap()
    }

    /// What the check refuses.
    pub async fn refused(&self, bytes: &[u8]) -> Failure {
        let before = self.ledger.published();
        let broadcast = self.submit(bytes).await;
        let failure = broadcast.checked.unwrap_err();
        assert_eq!(self.chain.transaction(&broadcast.hash).unwrap(), None);
        assert_eq!(self.ledger.published(), before);
        failure
    }

    pub fn sequence(&self, payer: &Payer) -> u64 {
        self.account(payer).sequence
    }

    pub fn account(&self, payer: &Payer) -> chain::Account {
        self.chain.account(&payer.address()).unwrap().unwrap()
    }
}

fn options(folder: &TempDir) -> Options {
    Options::new(
        folder.path().join("log"),
        folder.path().join("guard"),
        "testnet",
    )
}

fn signer() -> NoteSigner {
    NoteSigner::from_seed("test.example/testnet", &[7; 32]).unwrap()
}

/// The files of a ledger that was just let go are free a moment later.
fn opened(folder: &TempDir) -> Embedded {
    for _ in 0..500 {
        match Embedded::open(&options(folder), signer()) {
            Err(ledger::OpenError::InUse(_)) => {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            result => return result.unwrap(),
        }
    }
    panic!("the ledger stays in use")
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// Who pays, with a sequence of its own that only its transactions move.
pub struct Payer {
    key: PayerKey,
    sequence: AtomicU64,
}

impl Payer {
    pub fn new(seed: u8) -> Payer {
        Payer {
            key: PayerKey::from_bytes(&Zeroizing::new([seed; 32])).unwrap(),
            sequence: AtomicU64::new(0),
        }
    }

    pub fn address(&self) -> Address {
        self.key.address()
    }

    /// The next transaction, with these messages.
    pub fn transaction(&self, messages: Vec<Any>) -> Vec<u8> {
        let sequence = self.sequence.fetch_add(1, Ordering::Relaxed);
        self.sign(&draft(messages), CHAIN_ID, sequence)
    }

    pub fn sign(&self, draft: &Draft, chain_id: &str, sequence: u64) -> Vec<u8> {
        let first: [u8; 4] = self.address().as_bytes()[..4].try_into().unwrap();
        let signer = Signer {
            chain_id: chain_id.to_owned(),
            account_number: (u32::from_be_bytes(first) & 0x7fff_ffff).into(),
            sequence,
        };
        draft.sign(&self.key, &signer)
    }

    /// The same for another account number.
    pub fn sign_as(&self, draft: &Draft, account_number: u64) -> Vec<u8> {
        let signer = Signer {
            chain_id: CHAIN_ID.to_owned(),
            account_number,
            sequence: 0,
        };
        draft.sign(&self.key, &signer)
    }
}

/// A transaction with a fee that is always enough.
pub fn draft(messages: Vec<Any>) -> Draft {
    Draft {
        messages,
        memo: String::new(),
        timeout_height: 0,
        fee: Coins::of("ncheq", 50_000_000_000).unwrap(),
        gas_limit: GAS,
    }
}

/// A DID with Ed25519 keys `#key-1`, `#key-2`, ….
pub struct Holder {
    pub did: String,
    keys: Vec<SigningKey>,
}

impl Holder {
    pub fn new(number: u32, keys: u8) -> Holder {
        let seed = |key: u8| {
            let mut seed = [key; 32];
            seed[..4].copy_from_slice(&number.to_be_bytes());
            seed
        };
        Holder {
            did: format!("did:cheqd:testnet:{number:08x}-0000-4000-8000-000000000000"),
            keys: (1..=keys)
                .map(|key| SigningKey::from_bytes(&seed(key)))
                .collect(),
        }
    }

    pub fn method(&self, number: usize) -> String {
        format!("{}#key-{number}", self.did)
    }

    pub fn document(&self, version: u32) -> MsgCreateDidDocPayload {
        let methods = (1..).zip(&self.keys).map(|(number, key)| {
            let public = did::PublicKey::from_ed25519(key.verifying_key().as_bytes()).unwrap();
            let kind = did::MethodType::Ed25519VerificationKey2020;
            VerificationMethod {
                id: self.method(number),
                verification_method_type: kind.as_str().to_owned(),
                controller: self.did.clone(),
                verification_material: kind.encode(&public).unwrap(),
            }
        });
        MsgCreateDidDocPayload {
            id: self.did.clone(),
            controller: vec![self.did.clone()],
            verification_method: methods.collect(),
            authentication: vec![self.method(1)],
            version_id: version_id(version),
            ..MsgCreateDidDocPayload::default()
        }
    }

    /// Signatures by the keys of these numbers.
    pub fn signatures(&self, payload: &impl Message, signers: &[usize]) -> Vec<SignInfo> {
        let payload = payload.encode_to_vec();
        let sign = |number: &usize| SignInfo {
            verification_method_id: self.method(*number),
            signature: self.keys[number - 1].sign(&payload).to_bytes().to_vec(),
        };
        signers.iter().map(sign).collect()
    }

    pub fn create(&self) -> Any {
        self.change(OperationKind::Create, self.document(1))
    }

    pub fn update(&self, version: u32) -> Any {
        self.change(OperationKind::Update, self.document(version))
    }

    /// A document signed by the first key.
    pub fn change(&self, kind: OperationKind, payload: MsgCreateDidDocPayload) -> Any {
        let signatures = self.signatures(&payload, &[1]);
        signed_document(kind, payload, signatures)
    }

    /// A deactivation signed by the keys of these numbers.
    pub fn deactivate(&self, version: u32, signers: &[usize]) -> Any {
        let payload = self.ending(version);
        let signatures = self.signatures(&payload, signers);
        ended(payload, signatures)
    }

    pub fn ending(&self, version: u32) -> MsgDeactivateDidDocPayload {
        MsgDeactivateDidDocPayload {
            id: self.did.clone(),
            version_id: version_id(version),
        }
    }

    pub fn resource(&self, number: u32, data: &[u8]) -> Any {
        let payload = self.resource_payload(number, data);
        let signatures = self.signatures(&payload, &[1]);
        signed_resource(payload, signatures)
    }

    pub fn resource_payload(&self, number: u32, data: &[u8]) -> MsgCreateResourcePayload {
        MsgCreateResourcePayload {
            data: data.to_vec(),
            collection_id: self.did.rsplit(':').next().unwrap().to_owned(),
            id: format!("{number:08x}-0000-4000-a000-000000000000"),
            name: "schema".to_owned(),
            version: String::new(),
            resource_type: "Test".to_owned(),
            also_known_as: vec![],
        }
    }
}

pub fn version_id(version: u32) -> String {
    format!("{version:08x}-0000-4000-8000-0000000000ff")
}

pub fn signed_document(
    kind: OperationKind,
    payload: MsgCreateDidDocPayload,
    signatures: Vec<SignInfo>,
) -> Any {
    let message = MsgCreateDidDoc {
        payload: Some(payload),
        signatures,
    };
    any(kind, &message)
}

pub fn ended(payload: MsgDeactivateDidDocPayload, signatures: Vec<SignInfo>) -> Any {
    let message = MsgDeactivateDidDoc {
        payload: Some(payload),
        signatures,
    };
    any(OperationKind::Deactivate, &message)
}

pub fn signed_resource(payload: MsgCreateResourcePayload, signatures: Vec<SignInfo>) -> Any {
    let message = MsgCreateResource {
        payload: Some(payload),
        signatures,
    };
    any(OperationKind::CreateResource, &message)
}

pub fn any(kind: OperationKind, message: &impl Message) -> Any {
    Any {
        type_url: kind.type_url().to_owned(),
        value: message.encode_to_vec(),
    }
}

#[track_caller]
pub fn assert_failure(failure: &Failure, codespace: &str, code: u32, log: &str) {
    assert_eq!(
        (
            failure.codespace.as_str(),
            failure.code,
            failure.log.as_str()
        ),
        (codespace, code, log)
    );
}
