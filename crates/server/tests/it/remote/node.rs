//! A node as nodes are: transactions wait in a mempool for their block, what it says may be old, and connections break.
//!
//! What the transactions do, and what queries answer, comes from a server of ours behind it; everything that makes a
//! real node harder than that is done here, by chance, from a fixed seed.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cosmos::proto::Any;
use cosmos::proto::auth::{BaseAccount, QueryAccountRequest, QueryAccountResponse};
use cosmos::{Coins, Draft, PayerKey, Signer, Transaction, TxHash};
use hyper::body::Frame;
use prost::Message;
use serde_json::{Value, json};

/// Time between two blocks.
const BLOCK_MS: u64 = 40;
/// Blocks for which a transaction that is in a block may stay unfindable.
const UNINDEXED_BLOCKS: u64 = 60;

/// How often, in a thousand requests, each fault is met.
#[derive(Clone, Copy, Default)]
pub struct Faults {
    /// The request is cut off before the node has read it.
    pub unread: u64,
    /// The node has done it, and its answer is cut off.
    pub answer_lost: u64,
    /// It comes too late.
    pub slow: u64,
    /// The node says that it is catching up.
    pub catching_up: u64,
    /// It answers from an old state, in which nothing exists yet.
    pub old: u64,
    /// Its mempool is full.
    pub full: u64,
    /// The fee has moved.
    pub price: u64,
    /// A transaction is lost from the mempool, and all behind it.
    pub evicted: u64,
    /// A transaction is not found for long.
    pub unindexed: u64,
    /// Somebody else uses the payer's account.
    pub other_user: u64,
}

#[derive(Clone)]
pub struct Node(Arc<Shared>);

struct Shared {
    upstream: String,
    client: reqwest::Client,
    chain_id: String,
    payer: PayerKey,
    faults: Mutex<Faults>,
    chance: AtomicU64,
    height: AtomicU64,
    is_down: AtomicBool,
    account_number: AtomicU64,
    state: Mutex<Mempool>,
    /// Written while a block is made or a sequence given out: what is read is the state between two blocks.
    block: tokio::sync::RwLock<()>,
    met: Mutex<HashMap<&'static str, u64>>,
}

#[derive(Default)]
struct Mempool {
    waiting: VecDeque<Vec<u8>>,
    /// In which block a transaction stands, and from which on it is found.
    included: HashMap<TxHash, (u64, u64)>,
}

enum Reply {
    Answer(Value),
    /// The connection breaks.
    Broken,
    Late,
}

impl Node {
    /// In front of the server at `upstream`. Makes blocks until the end of the test.
    pub async fn start(upstream: String, chain_id: &str, payer: PayerKey) -> (Node, String) {
        let node = Node(Arc::new(Shared {
            upstream,
            client: reqwest::Client::new(),
            chain_id: chain_id.to_owned(),
            payer,
            faults: Mutex::default(),
            chance: AtomicU64::new(0x9e37_79b9_7f4a_7c15),
            height: AtomicU64::new(1_000),
            is_down: AtomicBool::new(false),
            account_number: AtomicU64::new(0),
            state: Mutex::default(),
            block: tokio::sync::RwLock::default(),
            met: Mutex::default(),
        }));
        let routes = Router::new()
            .route("/", post(asked))
            .with_state(node.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        node.learn_account_number().await;
        let blocks = node.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(BLOCK_MS)).await;
                blocks.make_block().await;
            }
        });
        (node, url)
    }

    pub fn set(&self, faults: Faults) {
        *self.0.faults.lock().unwrap() = faults;
    }

    pub fn set_down(&self, is_down: bool) {
        self.0.is_down.store(is_down, Ordering::SeqCst);
    }

    /// Goes back to an old state, as a node does that was restored from a backup.
    pub fn go_back(&self) {
        self.0.height.fetch_sub(500, Ordering::SeqCst);
    }

    /// How often each fault was met.
    pub fn met(&self) -> HashMap<&'static str, u64> {
        self.0.met.lock().unwrap().clone()
    }

    /// Forgets what waits, as a node does that is started again.
    pub fn drop_mempool(&self) {
        self.0.state.lock().unwrap().waiting.clear();
    }

    fn height(&self) -> u64 {
        self.0.height.load(Ordering::SeqCst)
    }

    /// Whether something happens that happens so often in a thousand times.
    fn by_chance(&self, name: &'static str, often: impl Fn(&Faults) -> u64) -> bool {
        let often = often(&self.0.faults.lock().unwrap());
        if often == 0 {
            return false;
        }
        let step = |mut x: u64| {
            x ^= x << 13;
            x ^= x >> 7;
            x ^ (x << 17)
        };
        let previous = self
            .0
            .chance
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |x| Some(step(x)));
        let happens = (step(previous.unwrap()) >> 16) % 1000 < often;
        if happens {
            *self.0.met.lock().unwrap().entry(name).or_default() += 1;
        }
        happens
    }

    async fn upstream(&self, method: &str, params: &Value) -> Value {
        let question = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let response = self.0.client.post(&self.0.upstream).json(&question).send();
        let answer: Value = response.await.unwrap().json().await.unwrap();
        answer["result"].clone()
    }

    async fn reply(&self, method: &str, params: &Value) -> Reply {
        if self.0.is_down.load(Ordering::SeqCst) || self.by_chance("unread", |f| f.unread) {
            return Reply::Broken;
        }
        let answer = match method {
            "status" => self.status(params).await,
            "abci_query" => self.query(params).await,
            "broadcast_tx_sync" => self.broadcast(params).await,
            "tx_search" => self.search(params).await,
            other => panic!("{other} is not asked"),
        };
        if self.by_chance("answer lost", |f| f.answer_lost) {
            return Reply::Broken;
        }
        if self.by_chance("slow", |f| f.slow) {
            return Reply::Late;
        }
        Reply::Answer(answer)
    }

    async fn status(&self, params: &Value) -> Value {
        let mut status = self.upstream("status", params).await;
        let sync = &mut status["sync_info"];
        sync["latest_block_height"] = json!(self.height().to_string());
        if self.by_chance("catching up", |f| f.catching_up) {
            sync["latest_block_height"] = json!("7");
            sync["catching_up"] = json!(true);
        }
        json!({"result": status})
    }

    async fn query(&self, params: &Value) -> Value {
        let path = params["path"].as_str().unwrap();
        let is_of_did = path.starts_with("/cheqd.did.v2.Query/DidDoc");
        if is_of_did && self.by_chance("old", |f| f.old) {
            let log = "did:cheqd:testnet:x: not found: key not found";
            let height = (self.height() - 900).to_string();
            let response = json!({"code": 22, "log": log, "codespace": "sdk", "height": height, "value": null});
            return json!({"result": {"response": response}});
        }
        let _no_block = self.0.block.read().await;
        let height = self.height();
        let mut answer = self.upstream("abci_query", params).await;
        answer["response"]["height"] = json!(height.to_string());
        json!({"result": answer})
    }

    async fn broadcast(&self, params: &Value) -> Value {
        let _no_block = self.0.block.write().await;
        let bytes = STANDARD.decode(params["tx"].as_str().unwrap()).unwrap();
        let transaction = Transaction::decode(&bytes).unwrap();
        if self.0.state.lock().unwrap().waiting.contains(&bytes) {
            let error = json!({"code": -32603, "message": "Internal error", "data": "tx already exists in cache"});
            return json!({"error": error});
        }
        if self.by_chance("full", |f| f.full) {
            let data = "mempool is full: number of txs 5000 (max: 5000)";
            return json!({"error": {"code": -32603, "message": "Internal error", "data": data}});
        }
        let said = |code: u64, log: &str| {
            let hash = TxHash::of(&bytes).to_string();
            let codespace = if code == 0 { "" } else { "sdk" };
            json!({"result": {"code": code, "codespace": codespace, "log": log, "hash": hash, "data": ""}})
        };
        if transaction.timeout_height() < self.height() {
            return said(30, "block height: tx timeout height");
        }
        if self.by_chance("price", |f| f.price) {
            return said(
                13,
                "insufficient fees; got: 1ncheq required: 2ncheq: insufficient fee",
            );
        }
        let waiting = self.0.state.lock().unwrap().waiting.len() as u64;
        let expected = self.committed_sequence().await + waiting;
        if transaction.sequence() != expected {
            let got = transaction.sequence();
            let log = format!(
                "account sequence mismatch, expected {expected}, got {got}: incorrect account sequence"
            );
            return said(32, &log);
        }
        self.0
            .state
            .lock()
            .unwrap()
            .waiting
            .push_back(bytes.clone());
        if self.by_chance("other user", |f| f.other_user) {
            let foreign = self.foreign(expected + 1);
            self.0.state.lock().unwrap().waiting.push_back(foreign);
        }
        said(0, "")
    }

    async fn search(&self, params: &Value) -> Value {
        let query = params["query"].as_str().unwrap();
        let hash: TxHash = query[9..query.len() - 1].parse().unwrap();
        let included = self.0.state.lock().unwrap().included.get(&hash).copied();
        let (Some((height, _)), true) = (
            included,
            included.is_some_and(|(_, from)| from <= self.height()),
        ) else {
            return json!({"result": {"txs": [], "total_count": "0"}});
        };
        let mut found = self.upstream("tx_search", params).await;
        found["txs"][0]["height"] = json!(height.to_string());
        json!({"result": found})
    }

    /// Everything that waits goes into a block, in its order.
    async fn make_block(&self) {
        let _nobody_signs = self.0.block.write().await;
        if self.by_chance("evicted", |f| f.evicted) {
            self.drop_mempool();
        }
        let waiting: Vec<Vec<u8>> = self.0.state.lock().unwrap().waiting.drain(..).collect();
        let height = self.0.height.fetch_add(1, Ordering::SeqCst) + 1;
        for bytes in waiting {
            let hash = TxHash::of(&bytes);
            let params = json!({"tx": STANDARD.encode(&bytes)});
            let said = self.upstream("broadcast_tx_sync", &params).await;
            assert_eq!(said["code"], 0, "{said}");
            let late = self.by_chance("unindexed", |f| f.unindexed);
            let from = if late {
                height + UNINDEXED_BLOCKS
            } else {
                height + 1
            };
            self.0
                .state
                .lock()
                .unwrap()
                .included
                .insert(hash, (height, from));
        }
    }

    async fn committed_sequence(&self) -> u64 {
        self.account().await.sequence
    }

    async fn account(&self) -> BaseAccount {
        let address = self.0.payer.address().to_string();
        let data = hex::encode(QueryAccountRequest { address }.encode_to_vec());
        let params = json!({"path": "/cosmos.auth.v1beta1.Query/Account", "data": data});
        let answer = self.upstream("abci_query", &params).await;
        let value = STANDARD
            .decode(answer["response"]["value"].as_str().unwrap())
            .unwrap();
        let any = QueryAccountResponse::decode(value.as_slice())
            .unwrap()
            .account
            .unwrap();
        BaseAccount::decode(any.value.as_slice()).unwrap()
    }

    /// A transaction of the same payer that somebody else has signed.
    fn foreign(&self, sequence: u64) -> Vec<u8> {
        let draft = Draft {
            messages: vec![Any {
                type_url: did::OperationKind::Deactivate.type_url().to_owned(),
                value: super::world::end_of_nobody(),
            }],
            memo: "somebody else".to_owned(),
            timeout_height: 0,
            fee: Coins::of("ncheq", 10_000_000_000).unwrap(),
            gas_limit: 360_000,
        };
        let signer = Signer {
            chain_id: self.0.chain_id.clone(),
            account_number: self.0.account_number.load(Ordering::SeqCst),
            sequence,
        };
        draft.sign(&self.0.payer, &signer)
    }

    /// So that somebody else can sign for the payer.
    async fn learn_account_number(&self) {
        let number = self.account().await.account_number;
        self.0.account_number.store(number, Ordering::SeqCst);
    }
}

async fn asked(State(node): State<Node>, body: Bytes) -> Response {
    let question: Value = serde_json::from_slice(&body).unwrap();
    let method = question["method"].as_str().unwrap();
    match node.reply(method, &question["params"]).await {
        Reply::Answer(mut answer) => {
            answer["jsonrpc"] = json!("2.0");
            answer["id"] = question["id"].clone();
            Json(answer).into_response()
        }
        Reply::Broken => broken(),
        Reply::Late => {
            tokio::time::sleep(Duration::from_secs(2)).await;
            broken()
        }
    }
}

/// An answer that ends in the middle.
fn broken() -> Response {
    Response::new(Body::new(EndsEarly))
}

struct EndsEarly;

impl hyper::body::Body for EndsEarly {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionReset.into())))
    }
}
