//! The nodes of a chain: requests to them, and which answers are accepted.
//!
//! A node is trusted while it is of the right chain, has caught up, and is not cut off. Its answer is accepted when it
//! is at least as new as every block observed before the request. An older one would show a DID as active after its
//! deactivation.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clock::now_ms;
use cosmos::TxHash;
use ledger::{ReadError, Withheld};
use reqwest::{Client, Url};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use thiserror::Error;

use crate::settings::Timing;
use crate::wire::{
    AbciQuery, AbciResponse, Envelope, FoundTx, Outcome, RpcError, Status, TxSearch,
};

/// Longest answer that is read.
const ANSWER_BYTES_MAX: usize = 16 << 20;
/// Rounds over all nodes before a request is given up.
const ROUNDS: u32 = 3;
/// Age up to which the status of a node is used without another request.
const STATUS_AGE_MAX: Duration = Duration::from_secs(2);

/// Why no node has given a reliable answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum NodeError {
    /// No answer came: whether the request has arrived is not known.
    #[error("{node} gives no answer: {reason}")]
    Silent { node: String, reason: String },
    /// The answer makes no sense.
    #[error("{node} gives an answer that makes no sense: {reason}")]
    Malformed { node: String, reason: String },
    /// The node is behind the chain.
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

/// The answer of the chain to a query, at a height that is recent enough.
#[derive(Debug)]
pub(crate) enum Answer {
    Value(Vec<u8>),
    Refused(Outcome),
}

/// The answer of a node to a broadcast.
#[derive(Debug)]
pub(crate) enum Reception {
    /// It waits for a block, or had been broadcast before.
    Accepted,
    /// The node has checked it and refuses it.
    Refused(Outcome),
}

/// The newest block of a chain.
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
    /// The highest observed block.
    seen: AtomicU64,
    time_ms: AtomicU64,
    trouble: Mutex<Option<String>>,
    requests: AtomicU64,
}

struct Node {
    url: Url,
    /// Its name in messages, without the secrets that a URL may hold.
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
            trouble: Mutex::new(Some("no node has answered yet".to_owned())),
            requests: AtomicU64::new(0),
        })
    }

    /// Time of the newest block that was seen.
    pub(crate) fn time_ms(&self) -> u64 {
        self.time_ms.load(Ordering::Relaxed)
    }

    /// The error of the last request, if it had one.
    pub(crate) fn trouble(&self) -> Option<String> {
        let trouble = self.trouble.lock();
        trouble.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The newest block, from the first trusted node.
    pub(crate) async fn tip(&self) -> Result<Tip, NodeError> {
        self.any(|node| async move { self.status(&node).await })
            .await
    }

    /// Queries a path of the application. The answer is as new as every block observed before.
    pub(crate) async fn query(&self, path: &str, request: &[u8]) -> Result<Answer, NodeError> {
        let floor = self.seen.load(Ordering::Acquire);
        let parameters = json!({"path": path, "data": hex::encode(request), "prove": false});
        let parameters = &parameters;
        self.any(|node| async move { self.query_at(&node, parameters, floor).await })
            .await
    }

    /// Broadcasts a transaction to one node, once. An error means that it may have arrived.
    pub(crate) async fn broadcast(&self, transaction: &[u8]) -> Result<Reception, NodeError> {
        let node = self.preferred();
        let parameters = json!({"tx": STANDARD.encode(transaction)});
        let answer = self
            .call::<Outcome>(&node, "broadcast_tx_sync", &parameters)
            .await;
        if answer.is_err() {
            self.prefer_next();
        }
        Ok(match answer? {
            Ok(outcome) => outcome.into(),
            Err(error) => match of_mempool(&error) {
                Some(refused) => refused.into(),
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
            self.observe(found.height);
        }
        Ok(found)
    }

    async fn query_at(
        &self,
        node: &Node,
        parameters: &Value,
        floor: u64,
    ) -> Result<Answer, NodeError> {
        let tip = self.trusted(node).await?;
        let answer = self
            .call::<AbciQuery>(node, "abci_query", parameters)
            .await?;
        let answer = answer.map_err(|error| node.malformed(error.to_string()))?;
        let AbciResponse {
            outcome,
            value,
            height,
        } = answer.response;
        // Some versions refuse without a height; then the tip before the request counts.
        let height = match height {
            0 if outcome.code != 0 => tip.height,
            0 => return Err(node.malformed("no height".to_owned())),
            height => height,
        };
        if height < floor {
            let reason = format!("it answers from block {height}, and block {floor} is known");
            return Err(node.behind(reason));
        }
        self.observe(height);
        Ok(match outcome.code {
            0 => Answer::Value(value),
            _ => Answer::Refused(outcome),
        })
    }

    /// The newest block of a node, requested now or a moment ago.
    async fn trusted(&self, node: &Node) -> Result<Tip, NodeError> {
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
            let reason = format!("it is at block {height}, and block {floor} is known");
            return Err(node.behind(reason));
        }
        let time: jiff::Timestamp = sync_info.latest_block_time.parse().map_err(|_| {
            node.malformed("the time of its newest block cannot be read".to_owned())
        })?;
        let time_ms = u64::try_from(time.as_millisecond()).unwrap_or_default();
        let age_s = now_ms().saturating_sub(time_ms) / 1000;
        if self.timing.block_age_max_s > 0 && age_s > self.timing.block_age_max_s {
            return Err(node.behind(format!("its newest block is {age_s} seconds old")));
        }
        self.observe(height);
        self.time_ms.fetch_max(time_ms, Ordering::Relaxed);
        Ok(Tip { height })
    }

    /// Tries one node after the other, beginning with the one that answered last, until one answers.
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

    /// Records a block: no older answer is accepted from now on.
    pub(crate) fn observe(&self, height: u64) {
        self.seen.fetch_max(height, Ordering::AcqRel);
    }

    fn note(&self, trouble: Option<String>) {
        let mut noted = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        match (&*noted, &trouble) {
            (None, Some(reason)) => {
                tracing::warn!(chain = self.chain_id, reason, "the chain cannot be reached");
            }
            (Some(_), None) => {
                tracing::info!(chain = self.chain_id, "the chain can be reached again")
            }
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
        let id = self.requests.fetch_add(1, Ordering::Relaxed);
        let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": parameters});
        let response = self.client.post(node.url.clone()).json(&request);
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

impl From<Outcome> for Reception {
    fn from(outcome: Outcome) -> Self {
        match (outcome.codespace.as_str(), outcome.code) {
            // 19: the same bytes are waiting already.
            (_, 0) | ("sdk", 19) => Self::Accepted,
            _ => Self::Refused(outcome),
        }
    }
}

impl std::fmt::Display for RpcError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}) {}", self.message, self.code, self.data)
    }
}

/// A refusal by the mempool, before the application checks a transaction. It arrives as an error of JSON-RPC; here it
/// gets the code of the Cosmos SDK.
fn of_mempool(error: &RpcError) -> Option<Outcome> {
    let contains = |text: &str| error.data.contains(text) || error.message.contains(text);
    let code = if contains("tx already exists in cache") {
        19
    } else if contains("mempool is full") {
        20
    } else if contains("Tx too large") || contains("tx too large") {
        21
    } else {
        return None;
    };
    Some(Outcome {
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
