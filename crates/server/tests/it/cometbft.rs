//! CometBFT's JSON-RPC as cheqd's client libraries use it.

mod protocol;
mod transactions;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cosmos::proto::Any;
use cosmos::{Coins, Draft, PayerKey, Signer};
use did::proto::{MsgCreateDidDoc, MsgDeactivateDidDoc, MsgDeactivateDidDocPayload, SignInfo};
use prost::Message;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::support::{Answer, Server, Wallet, send};

const CHAIN_ID: &str = "atropos-testnet-1";

/// A server with the port of this dialect, without a socket.
pub struct Comet {
    pub server: Server,
    router: axum::Router,
}

impl Comet {
    pub async fn start() -> Comet {
        Comet::start_with(&[]).await
    }

    pub async fn start_with(settings: &[(&str, &str)]) -> Comet {
        let listen = [("ATROPOS_COMET_LISTEN", "127.0.0.1:0")];
        let server = Server::start_with(&[settings, &listen].concat()).await;
        let chain = server.app.chain.clone().unwrap();
        let router = atropos::start::ports::json_rpc(&server.app, chain);
        Comet { server, router }
    }

    /// `POST /` with whatever it is.
    pub async fn post(&self, body: impl Into<axum::body::Body>) -> Answer {
        self.post_at("/", body).await
    }

    pub async fn post_at(&self, path: &str, body: impl Into<axum::body::Body>) -> Answer {
        let request = axum::extract::Request::post(path)
            .body(body.into())
            .unwrap();
        send(&self.router, request).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        crate::support::get(&self.router, path).await
    }

    /// A request with named arguments, and its whole answer.
    pub async fn request(&self, method: &str, params: Value) -> Value {
        let request = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params});
        let answer = self.post(request.to_string()).await;
        assert_eq!(answer.status, 200);
        let envelope = answer.json();
        assert_eq!(
            (&envelope["jsonrpc"], &envelope["id"]),
            (&json!("2.0"), &json!(7))
        );
        envelope
    }

    pub async fn call(&self, method: &str, params: Value) -> Value {
        let mut envelope = self.request(method, params).await;
        assert!(envelope.get("error").is_none(), "{envelope}");
        envelope["result"].take()
    }

    pub async fn broadcast(&self, bytes: &[u8]) -> Value {
        let params = json!({ "tx": STANDARD.encode(bytes) });
        self.call("broadcast_tx_sync", params).await
    }

    /// The transaction with this hash, as clients look for it.
    pub async fn found(&self, hash: &str) -> Value {
        let params = json!({"query": format!("tx.hash='{hash}'"), "page": "1"});
        let mut found = self.call("tx_search", params).await;
        assert_eq!(found["total_count"], "1", "{found}");
        found["txs"][0].take()
    }
}

/// Who pays.
pub struct Payer(PayerKey);

impl Payer {
    pub fn new(seed: u8) -> Payer {
        Payer(PayerKey::from_bytes(&Zeroizing::new([seed; 32])).unwrap())
    }

    pub fn transaction(&self, sequence: u64, messages: Vec<Any>) -> Vec<u8> {
        let draft = Draft {
            messages,
            memo: String::new(),
            timeout_height: 0,
            fee: Coins::of("ncheq", 50_000_000_000).unwrap(),
            gas_limit: 360_000,
        };
        let first: [u8; 4] = self.0.address().as_bytes()[..4].try_into().unwrap();
        let signer = Signer {
            chain_id: CHAIN_ID.to_owned(),
            account_number: (u32::from_be_bytes(first) & 0x7fff_ffff).into(),
            sequence,
        };
        draft.sign(&self.0, &signer)
    }
}

pub fn create(wallet: &Wallet) -> Any {
    let payload = wallet.document(1);
    let message = MsgCreateDidDoc {
        signatures: wallet.signatures(&payload, &[1]),
        payload: Some(payload),
    };
    any("/cheqd.did.v2.MsgCreateDidDoc", &message)
}

pub fn deactivate(wallet: &Wallet, signers: &[usize]) -> Any {
    let payload = MsgDeactivateDidDocPayload {
        id: wallet.did.clone(),
        version_id: wallet.version_id(2),
    };
    let signatures: Vec<SignInfo> = wallet.signatures(&payload, signers);
    let message = MsgDeactivateDidDoc {
        payload: Some(payload),
        signatures,
    };
    any("/cheqd.did.v2.MsgDeactivateDidDoc", &message)
}

fn any(type_url: &str, message: &impl Message) -> Any {
    Any {
        type_url: type_url.to_owned(),
        value: message.encode_to_vec(),
    }
}
