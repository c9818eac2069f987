//! A client of CometBFT's JSON-RPC, and who pays for transactions.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cosmos::proto::Any;
use cosmos::{Address, Coins, Draft, PayerKey, Signer, TxHash};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::client::Client;
use crate::wallet::Signed;

/// The chain id of a server that was told nothing else.
pub const CHAIN_ID: &str = "atropos-testnet-1";
/// What the server logs with the address of this port.
pub const LISTENING: &str = "listening for cheqd's client libraries";

/// Asks one server.
#[derive(Clone)]
pub struct Comet(Client);

/// What a broadcast was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broadcast {
    /// 0, or why it was not accepted.
    pub code: u64,
    /// The text to it.
    pub log: String,
}

impl Comet {
    /// A client of the port at `address`.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn new(address: &str) -> Result<Self> {
        Ok(Self(Client::new(address, None)?))
    }

    /// The result of a method.
    ///
    /// # Errors
    /// No answer, or an error of the protocol.
    pub async fn call(&self, method: &str, params: Value) -> Result<Value> {
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let answer = self.0.post("/", &request).await?;
        let mut envelope: Value = serde_json::from_slice(&answer.body)?;
        if answer.status != 200 || envelope.get("error").is_some() {
            bail!("{method}: status {}: {envelope}", answer.status);
        }
        Ok(envelope["result"].take())
    }

    /// Hands in a transaction.
    ///
    /// # Errors
    /// See [`Comet::call`].
    pub async fn broadcast(&self, bytes: &[u8]) -> Result<Broadcast> {
        let params = json!({ "tx": STANDARD.encode(bytes) });
        let result = self.call("broadcast_tx_sync", params).await?;
        Ok(Broadcast {
            code: result["code"].as_u64().context("no code")?,
            log: result["log"].as_str().context("no log")?.to_owned(),
        })
    }

    /// The transaction with this hash; `None` where there is none.
    ///
    /// # Errors
    /// See [`Comet::call`].
    pub async fn transaction(&self, hash: &TxHash) -> Result<Option<Value>> {
        let params = json!({"query": format!("tx.hash='{hash}'"), "page": "1"});
        let mut found = self.call("tx_search", params).await?;
        Ok(found["txs"].get_mut(0).map(Value::take))
    }

    /// The newest height.
    ///
    /// # Errors
    /// See [`Comet::call`].
    pub async fn height(&self) -> Result<u64> {
        let status = self.call("status", json!({})).await?;
        let height = status["sync_info"]["latest_block_height"].as_str();
        Ok(height.context("no height")?.parse()?)
    }
}

/// An account that pays, with a sequence that counts the transactions signed here.
pub struct Payer {
    key: PayerKey,
    sequence: AtomicU64,
}

impl Payer {
    /// The account of that number, whose next sequence is this.
    ///
    /// # Errors
    /// The number makes no key.
    pub fn new(number: u64, sequence: u64) -> Result<Self> {
        let mut seed = Zeroizing::new([1; 32]);
        seed[..8].copy_from_slice(&number.to_be_bytes());
        Ok(Self {
            key: PayerKey::from_bytes(&seed)?,
            sequence: AtomicU64::new(sequence),
        })
    }

    /// Its address.
    pub fn address(&self) -> Address {
        self.key.address()
    }

    /// Its next transaction, with that message.
    pub fn transaction(&self, message: &Signed) -> Vec<u8> {
        let sequence = self.sequence.fetch_add(1, Ordering::Relaxed);
        let draft = Draft {
            messages: vec![Any {
                type_url: message.type_url().to_owned(),
                value: message.bytes(),
            }],
            memo: String::new(),
            timeout_height: 0,
            fee: Coins::default(),
            gas_limit: 360_000,
        };
        let [a, b, c, d, ..] = *self.address().as_bytes();
        let signer = Signer {
            chain_id: CHAIN_ID.to_owned(),
            account_number: u32::from_be_bytes([a & 0x7f, b, c, d]).into(),
            sequence,
        };
        draft.sign(&self.key, &signer)
    }
}
