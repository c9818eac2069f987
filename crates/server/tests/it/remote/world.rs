//! A network that others keep: a server of ours behind a node with faults, and an engine that asks that node.

use std::path::Path;
use std::sync::Arc;

use atropos::config::{Config, Places, Sources};
use atropos::start::{Started, start};
use cheqd::{Cheqd, Settings, Timing};
use cosmos::PayerKey;
use did::proto::{
    MsgCreateDidDoc, MsgCreateDidDocPayload, MsgDeactivateDidDoc, MsgDeactivateDidDocPayload,
    SignInfo, VerificationMethod,
};
use did::{Did, MethodType, Operation, Proposal, PublicKey};
use ed25519_dalek::{Signer, SigningKey};
use ledger::{Committed, Embedded, ReadError, SubmitError, Withheld};
use prost::Message;
use reqwest::Url;
use store::Store;

use super::node::{Faults, Node};
use crate::support::Folder;

pub const CHAIN_ID: &str = "atropos-testnet-1";

/// Times that the same is submitted until it has an answer.
const REPEATS_MAX: usize = 200;

pub struct World {
    /// The network itself.
    pub network: Embedded,
    pub node: Node,
    pub url: Url,
    store: Store,
    _app: atropos::app::App,
    _folder: Folder,
}

impl World {
    pub async fn start() -> World {
        let folder = Folder::new().unwrap();
        let text = "[comet]\nlisten = '127.0.0.1:0'\n[ledger]\norigin = 'test.example'\n";
        let Started { app, .. } = start(&config(folder.path(), text)).await.unwrap();
        let router = atropos::start::ports::json_rpc(&app, app.chain.clone().unwrap());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let (node, url) = Node::start(upstream, CHAIN_ID, payer()).await;
        let store = Store::open(&folder.path().join("engine.db"), cheqd::MIGRATIONS).unwrap();
        World {
            network: app.networks.log_of("testnet").unwrap().clone(),
            node,
            url: url.parse().unwrap(),
            store,
            _app: app,
            _folder: folder,
        }
    }

    /// The engine, as a process starts it: with what an earlier one has left in the store.
    pub fn engine(&self) -> Arc<Cheqd> {
        self.engine_of(CHAIN_ID).unwrap()
    }

    pub fn engine_of(&self, chain_id: &str) -> Result<Arc<Cheqd>, cheqd::OpenError> {
        let settings = Settings {
            namespace: "testnet".to_owned(),
            chain_id: chain_id.to_owned(),
            nodes: vec![self.url.clone()],
            payer: payer(),
            fee_max_ncheq: 1_000_000_000_000,
            slippage_percent: 10,
            timing: Timing {
                poll_ms: 30,
                request_timeout_ms: 1_000,
                deadline_ms: 4_000,
                timeout_blocks: 25,
                block_age_max_s: 0,
            },
        };
        Cheqd::open(settings, self.store.clone()).map(Arc::new)
    }

    /// Rows of transactions in a state.
    pub fn transactions(&self, state: &str) -> i64 {
        let sql = "SELECT count(*) FROM cheqd_transactions WHERE state = ?1";
        self.store
            .read(|connection| connection.query_row(sql, [state], |row| row.get(0)))
            .unwrap()
    }

    /// The DIDs of these subjects, made on the network itself.
    pub async fn made(&self, subjects: &[Subject]) {
        for some in subjects.chunks(32) {
            let creates = some.iter().map(|one| one.create().into()).collect();
            self.network.submit(creates).await.unwrap();
        }
    }

    pub fn versions(&self, did: &Did) -> usize {
        self.network
            .history(did, None)
            .unwrap()
            .unwrap()
            .versions
            .len()
    }

    pub fn set(&self, faults: Faults) {
        self.node.set(faults);
    }
}

/// Submits the same until there is an answer, as whoever was told to try again does.
pub async fn insist(
    engine: impl Fn() -> Arc<Cheqd>,
    proposal: Proposal,
) -> Result<Committed, SubmitError> {
    use ledger::Ledger;
    for _ in 0..REPEATS_MAX {
        match engine().submit(vec![proposal.clone()]).await {
            Ok(committed) => return Ok(committed.into_iter().next().unwrap()),
            Err(
                SubmitError::Pending { .. }
                | SubmitError::Busy
                | SubmitError::Contended
                | SubmitError::Unknown
                | SubmitError::Read(ReadError::Withheld(Withheld::Network { .. })),
            ) => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
            Err(error) => return Err(error),
        }
    }
    panic!("no answer to {proposal:?}")
}

/// Somebody who holds the one key of a DID.
pub struct Subject {
    pub did: Did,
    key: SigningKey,
}

impl Subject {
    pub fn new(number: u32) -> Subject {
        let text = format!("did:cheqd:testnet:00000000-0000-4000-8000-{number:012}");
        let mut seed = [3; 32];
        seed[..4].copy_from_slice(&number.to_be_bytes());
        Subject {
            did: Did::parse(&text).unwrap(),
            key: SigningKey::from_bytes(&seed),
        }
    }

    pub fn create(&self) -> Operation {
        let key = PublicKey::from_ed25519(self.key.verifying_key().as_bytes()).unwrap();
        let method_type = MethodType::Ed25519VerificationKey2020;
        let payload = MsgCreateDidDocPayload {
            id: self.did.to_string(),
            verification_method: vec![VerificationMethod {
                id: self.method(),
                verification_method_type: method_type.to_string(),
                controller: self.did.to_string(),
                verification_material: method_type.encode(&key).unwrap(),
            }],
            authentication: vec![self.method()],
            version_id: uuid::Uuid::new_v4().to_string(),
            ..MsgCreateDidDocPayload::default()
        };
        let signatures = self.sign(&payload);
        Operation::from_create(MsgCreateDidDoc {
            payload: Some(payload),
            signatures,
        })
        .unwrap()
    }

    pub fn end(&self) -> Operation {
        self.end_signed(|payload| self.sign(payload))
    }

    pub fn end_unsigned(&self) -> Operation {
        self.end_signed(|_| Vec::new())
    }

    fn end_signed(&self, sign: impl Fn(&MsgDeactivateDidDocPayload) -> Vec<SignInfo>) -> Operation {
        let payload = MsgDeactivateDidDocPayload {
            id: self.did.to_string(),
            version_id: uuid::Uuid::new_v4().to_string(),
        };
        let signatures = sign(&payload);
        Operation::from_deactivate(MsgDeactivateDidDoc {
            payload: Some(payload),
            signatures,
        })
        .unwrap()
    }

    fn method(&self) -> String {
        format!("{}#key-1", self.did)
    }

    fn sign(&self, payload: &impl Message) -> Vec<SignInfo> {
        vec![SignInfo {
            verification_method_id: self.method(),
            signature: self.key.sign(&payload.encode_to_vec()).to_bytes().to_vec(),
        }]
    }
}

/// A message that is well formed, and about a DID that there never is.
pub fn end_of_nobody() -> Vec<u8> {
    Subject::new(999_999_999).end().to_message_bytes()
}

/// A phrase that everybody knows.
pub fn phrase() -> String {
    format!("{}about", "abandon ".repeat(11))
}

pub fn payer() -> PayerKey {
    PayerKey::from_phrase(&phrase()).unwrap()
}

pub fn config(folder: &Path, text: &str) -> Config {
    let text = format!("data = '{}'\n{text}", folder.join("data").display());
    let sources = Sources::default().text(Path::new("test.toml"), text);
    sources.unwrap().config(&Places::default()).unwrap()
}
