//! The nodes of a chain: what is asked of them, and which answers are believed.
//!
//! A node is believed while it is of the right chain, has caught up, and is not cut off; and an answer is believed when
//! it is at least as new as everything that had been seen when the question was sent. An older one would tell a DID as
//! active that has ended meanwhile.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cosmos::TxHash;
use ledger::{ReadError, Withheld};
use reqwest::{Client, Url};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use thiserror::Error;

use crate::settings::Timing;
use crate::wire::{AbciQuery, Broadcast, Envelope, FoundTx, RpcError, Status, TxSearch};

/// Longest answer that is read.
const ANSWER_BYTES_MAX: usize = 16 << 20;
/// Rounds over all nodes before a question is given up.
const ROUNDS: u32 = 3;
/// Age up to which it is believed that a node has caught up without asking it again.
const STATUS_AGE_MAX: Duration = Duration::from_secs(2);

/// Why no node has given an answer to rely on.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum NodeError {
    /// No answer came: whether the request has arrived is not known.
    #[error("{node} gives no answer: {reason}")]
    Silent { node: String, reason: String },
    /// What came makes no sense.
    #[error("{node} gives an answer that makes no sense: {reason}")]
    Malformed { node: String, reason: String },
    /// The node is not where the chain is.
    #[error("{node} is behind: {reason}")]
    Behind { node: String, reason: String },
    /// The node is of another chain.
    #[error("{node} is of the chain `{found}`, not `{expected}`")]
    OtherChain {
        node: String,
        found: String,
        expected: String,
    },
}

impl From<NodeError> for ReadError {
    fn from(error: NodeError) -> Self {
        Self::Withheld(Withheld::Network {
            reason: error.to_string(),
        })
    }
}

/// What the chain has said to a question, at a height that counts.
#[derive(Debug)]
pub(crate) enum Answer {
    Value(Vec<u8>),
    Refused(Refused),
}

/// A refusal in the chain's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) codespace: String,
    pub(crate) code: u64,
    pub(crate) log: String,
}

/// What became of a transaction that was handed to a node.
#[derive(Debug)]
pub(crate) enum Taken {
    /// It waits for a block, or had been handed in before.
    Accepted,
    /// The node has looked at it and does not take it.
    Refused(Refused),
}

/// Where a chain stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tip {
    pub(crate) height: u64,
}

pub(crate) struct Nodes {
    client: Client,
    list: Vec<Arc<Node>>,
    chain_id: String,
    timing: Timing,
    /// The one that answered last.
    preferred: AtomicUsize,
    /// The highest block that anything has told of.
    seen: AtomicU64,
    time_ms: AtomicU64,
    trouble: Mutex<Option<String>>,
    questions: AtomicU64,
}

struct Node {
    url: Url,
    /// How it is called in messages: without what a URL may hold of secrets.
    name: String,
    status: Mutex<Option<(Instant, Tip)>>,
}

impl Nodes {
    pub(crate) fn new(
        urls: &[Url],
        chain_id: String,
        timing: Timing,
    ) -> Result<Self, reqwest::Error> {
        let client = outbound::builder()
            .timeout(Duration::from_millis(timing.request_timeout_ms))
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self {
            client,
            list: urls.iter().cloned().map(Node::new).map(Arc::new).collect(),
            chain_id,
            timing,
            preferred: AtomicUsize::new(0),
            seen: AtomicU64::new(0),
            time_ms: AtomicU64::new(0),
            trouble: Mutex::new(Some("no node has been asked yet".to_owned())),
            questions: AtomicU64::new(0),
        })
    }

    /// Time of the newest block that was seen.
    pub(crate) fn time_ms(&self) -> u64 {
        self.time_ms.load(Ordering::Relaxed)
    }

    /// What was wrong when a node was asked last.
    pub(crate) fn trouble(&self) -> Option<String> {
        let trouble = self.trouble.lock();
        trouble.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where the chain stands, from the first node that is believed.
    pub(crate) async fn tip(&self) -> Result<Tip, NodeError> {
        self.any(|node| async move { self.status(&node).await })
            .await
    }

    /// Asks what a path of the application knows. The answer is as new as everything that was seen before.
    pub(crate) async fn query(&self, path: &str, request: &[u8]) -> Result<Answer, NodeError> {
        let floor = self.seen.load(Ordering::Acquire);
        let parameters = json!({"path": path, "data": hex::encode(request), "prove": false});
        let parameters = &parameters;
        self.any(|node| async move { self.query_at(&node, parameters, floor).await })
            .await
    }

    /// Hands a transaction to one node, once. An error means that it may have arrived.
    pub(crate) async fn broadcast(&self, transaction: &[u8]) -> Result<Taken, NodeError> {
        let node = self.preferred();
        let parameters = json!({"tx": STANDARD.encode(transaction)});
        let answer = self
            .call::<Broadcast>(&node, "broadcast_tx_sync", &parameters)
            .await;
        if answer.is_err() {
            self.prefer_next();
        }
        Ok(match answer? {
            Ok(Broadcast { code: 0, .. }) => Taken::Accepted,
            Ok(said) => Refused {
                codespace: said.codespace,
                code: said.code,
                log: said.log,
            }
            .taken(),
            Err(error) => match of_mempool(&error) {
                Some(refused) => refused.taken(),
                None => return Err(node.malformed(error.to_string())),
            },
        })
    }

    /// The transaction with this hash, if a node has it in a block.
    pub(crate) async fn transaction(&self, hash: &TxHash) -> Result<Option<FoundTx>, NodeError> {
        let parameters = json!({"query": format!("tx.hash='{hash}'"), "page": "1"});
        let parameters = &parameters;
        let found = self
            .any(|node| async move {
                let found = self.call::<TxSearch>(&node, "tx_search", parameters);
                let found = found
                    .await?
                    .map_err(|error| node.malformed(error.to_string()))?;
                let of_hash = |one: &FoundTx| TxHash::of(&one.tx) == *hash;
                Ok(found.txs.into_iter().find(of_hash))
            })
            .await?;
        if let Some(found) = &found {
            self.saw(found.height);
        }
        Ok(found)
    }

    async fn query_at(
        &self,
        node: &Node,
        parameters: &Value,
        floor: u64,
    ) -> Result<Answer, NodeError> {
        let tip = self.believed(node).await?;
        let answer = self
            .call::<AbciQuery>(node, "abci_query", parameters)
            .await?;
        let said = answer.map_err(|error| node.malformed(error.to_string()))?;
        let response = said.response;
        // Refusals come without a height from some versions; then the tip before the question counts.
        let height = match response.height {
            0 if response.code != 0 => tip.height,
            0 => return Err(node.malformed("no height".to_owned())),
            height => height,
        };
        if height < floor {
            let reason = format!("it answers from block {height}, and block {floor} is known");
            return Err(node.behind(reason));
        }
        self.saw(height);
        Ok(match response.code {
            0 => Answer::Value(response.value),
            code => Answer::Refused(Refused {
                codespace: response.codespace,
                code,
                log: response.log,
            }),
        })
    }

    /// Where a node stands, asked now or a moment ago.
    async fn believed(&self, node: &Node) -> Result<Tip, NodeError> {
        let known = *node.status.lock().unwrap_or_else(PoisonError::into_inner);
        match known {
            Some((at, tip)) if at.elapsed() < STATUS_AGE_MAX => Ok(tip),
            _ => self.status(node).await,
        }
    }

    async fn status(&self, node: &Node) -> Result<Tip, NodeError> {
        let floor = self.seen.load(Ordering::Acquire);
        let checked = self.checked_status(node, floor).await;
        let known = checked.as_ref().ok().map(|tip| (Instant::now(), *tip));
        *node.status.lock().unwrap_or_else(PoisonError::into_inner) = known;
        checked
    }

    async fn checked_status(&self, node: &Node, floor: u64) -> Result<Tip, NodeError> {
        let status = self.call::<Status>(node, "status", &json!({})).await?;
        let Status {
            node_info,
            sync_info,
        } = status.map_err(|error| node.malformed(error.to_string()))?;
        if node_info.network != self.chain_id {
            return Err(NodeError::OtherChain {
                node: node.name.clone(),
                found: node_info.network,
                expected: self.chain_id.clone(),
            });
        }
        if sync_info.catching_up {
            return Err(node.behind("it is catching up".to_owned()));
        }
        let height = sync_info.latest_block_height;
        if height < floor {
            let reason = format!("it stands at block {height}, and block {floor} is known");
            return Err(node.behind(reason));
        }
        let time: jiff::Timestamp = sync_info
            .latest_block_time
            .parse()
            .map_err(|_| node.malformed("the time of its newest block is none".to_owned()))?;
        let time_ms = u64::try_from(time.as_millisecond()).unwrap_or_default();
        let age_s = now_ms().saturating_sub(time_ms) / 1000;
        if self.timing.block_age_max_s > 0 && age_s > self.timing.block_age_max_s {
            return Err(node.behind(format!("its newest block is {age_s} seconds old")));
        }
        self.saw(height);
        self.time_ms.fetch_max(time_ms, Ordering::Relaxed);
        Ok(Tip { height })
    }

    /// Asks one node after the other, the one that answered last first, until one gives an answer.
    async fn any<T, F>(&self, ask: impl Fn(Arc<Node>) -> F) -> Result<T, NodeError>
    where
        F: Future<Output = Result<T, NodeError>>,
    {
        let mut last = None;
        for round in 0..ROUNDS {
            if round > 0 {
                tokio::time::sleep(Duration::from_millis(self.timing.poll_ms / 2)).await;
            }
            for _ in 0..self.list.len() {
                match ask(self.preferred()).await {
                    Ok(answer) => {
                        self.note(None);
                        return Ok(answer);
                    }
                    Err(error) => {
                        self.prefer_next();
                        last = Some(error);
                    }
                }
            }
        }
        let error = last.unwrap_or_else(|| NodeError::Silent {
            node: "no node".to_owned(),
            reason: "none is configured".to_owned(),
        });
        self.note(Some(error.to_string()));
        Err(error)
    }

    fn preferred(&self) -> Arc<Node> {
        Arc::clone(&self.list[self.preferred.load(Ordering::Relaxed) % self.list.len()])
    }

    fn prefer_next(&self) {
        self.preferred.fetch_add(1, Ordering::Relaxed);
    }

    /// A block was told of: nothing older is believed from now on.
    pub(crate) fn saw(&self, height: u64) {
        self.seen.fetch_max(height, Ordering::AcqRel);
    }

    fn note(&self, trouble: Option<String>) {
        let mut noted = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        match (&*noted, &trouble) {
            (None, Some(reason)) => {
                tracing::warn!(chain = self.chain_id, reason, "the chain cannot be asked");
            }
            (Some(_), None) => tracing::info!(chain = self.chain_id, "the chain can be asked"),
            _ => {}
        }
        *noted = trouble;
    }

    async fn call<T: DeserializeOwned>(
        &self,
        node: &Node,
        method: &str,
        parameters: &Value,
    ) -> Result<Result<T, RpcError>, NodeError> {
        let id = self.questions.fetch_add(1, Ordering::Relaxed);
        let question = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": parameters});
        let response = self.client.post(node.url.clone()).json(&question);
        let response = response.send().await.map_err(|error| node.silent(&error))?;
        let status = response.status();
        let body = read(response, node).await?;
        // Nodes put errors into answers with the status 500, too.
        let envelope: Envelope<T> = serde_json::from_slice(&body).map_err(|error| {
            if status.is_success() {
                node.malformed(error.to_string())
            } else {
                node.malformed(format!("status {status}"))
            }
        })?;
        match (envelope.result, envelope.error) {
            (_, Some(error)) => Ok(Err(error)),
            (Some(result), None) => Ok(Ok(result)),
            (None, None) => Err(node.malformed("neither a result nor an error".to_owned())),
        }
    }
}

impl Node {
    fn new(url: Url) -> Self {
        let port = url.port().map_or(String::new(), |port| format!(":{port}"));
        Self {
            name: format!("{}{port}", url.host_str().unwrap_or("a node")),
            url,
            status: Mutex::new(None),
        }
    }

    fn silent(&self, error: &reqwest::Error) -> NodeError {
        let mut reason = if error.is_timeout() {
            "no answer in time".to_owned()
        } else {
            "the connection failed".to_owned()
        };
        if let Some(source) = std::error::Error::source(error) {
            reason = format!("{reason} ({source})");
        }
        NodeError::Silent {
            node: self.name.clone(),
            reason,
        }
    }

    fn malformed(&self, reason: String) -> NodeError {
        NodeError::Malformed {
            node: self.name.clone(),
            reason,
        }
    }

    fn behind(&self, reason: String) -> NodeError {
        NodeError::Behind {
            node: self.name.clone(),
            reason,
        }
    }
}

impl Refused {
    /// 19: the same bytes are waiting already.
    fn taken(self) -> Taken {
        match (self.codespace.as_str(), self.code) {
            ("sdk", 19) => Taken::Accepted,
            _ => Taken::Refused(self),
        }
    }
}

impl std::fmt::Display for RpcError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}) {}", self.message, self.code, self.data)
    }
}

/// What the mempool says before the application is asked, which comes as an error of JSON-RPC: in the numbers that the
/// Cosmos SDK has for it.
fn of_mempool(error: &RpcError) -> Option<Refused> {
    let said = |text: &str| error.data.contains(text) || error.message.contains(text);
    let code = if said("tx already exists in cache") {
        19
    } else if said("mempool is full") {
        20
    } else if said("Tx too large") || said("tx too large") {
        21
    } else {
        return None;
    };
    Some(Refused {
        codespace: "sdk".to_owned(),
        code,
        log: error.data.clone(),
    })
}

async fn read(mut response: reqwest::Response, node: &Node) -> Result<Vec<u8>, NodeError> {
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| node.silent(&error))?
    {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(node.malformed(format!("more than {ANSWER_BYTES_MAX} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
