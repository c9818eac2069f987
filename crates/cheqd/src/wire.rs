//! The parts of nodes' answers that are read. Numbers may come as text, and anything else may be missing: nodes,
//! gateways and versions differ.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer};

/// A JSON-RPC answer.
#[derive(Debug, Deserialize)]
pub(crate) struct Envelope<T> {
    pub(crate) result: Option<T>,
    pub(crate) error: Option<RpcError>,
}

/// An error of JSON-RPC itself.
#[derive(Debug, Deserialize)]
pub(crate) struct RpcError {
    #[serde(default)]
    pub(crate) code: i64,
    #[serde(default)]
    pub(crate) message: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) data: String,
}

/// What the chain answers to a query or a transaction; code 0 is a success.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Outcome {
    #[serde(default, deserialize_with = "number")]
    pub(crate) code: u64,
    #[serde(default, deserialize_with = "text")]
    pub(crate) codespace: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) log: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Status {
    pub(crate) node_info: NodeInfo,
    pub(crate) sync_info: SyncInfo,
}

#[derive(Debug, Deserialize)]
pub(crate) struct NodeInfo {
    pub(crate) network: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct SyncInfo {
    #[serde(deserialize_with = "number")]
    pub(crate) latest_block_height: u64,
    pub(crate) latest_block_time: String,
    pub(crate) catching_up: bool,
}

#[derive(Debug, Deserialize)]
pub(crate) struct AbciQuery {
    pub(crate) response: AbciResponse,
}

#[derive(Debug, Deserialize)]
pub(crate) struct AbciResponse {
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
    #[serde(default, deserialize_with = "bytes")]
    pub(crate) value: Vec<u8>,
    #[serde(default, deserialize_with = "number")]
    pub(crate) height: u64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct TxSearch {
    #[serde(default)]
    pub(crate) txs: Vec<FoundTx>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct FoundTx {
    #[serde(deserialize_with = "number")]
    pub(crate) height: u64,
    #[serde(default, deserialize_with = "bytes")]
    pub(crate) tx: Vec<u8>,
    pub(crate) tx_result: Outcome,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Plain(u64),
    Text(String),
    None(()),
}

fn number<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    match Number::deserialize(from)? {
        Number::Plain(number) => Ok(number),
        Number::Text(text) => text.parse().map_err(serde::de::Error::custom),
        Number::None(()) => Ok(0),
    }
}

fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(Option::<String>::deserialize(from)?.unwrap_or_default())
}

fn bytes<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    let text = Option::<String>::deserialize(from)?.unwrap_or_default();
    STANDARD.decode(text).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_come_as_numbers_and_as_text_and_what_is_null_is_empty() {
        for height in [json!(7), json!("7")] {
            let found: AbciQuery = serde_json::from_value(json!({"response": {
                "code": 0, "log": "", "info": "", "index": "0", "key": null, "value": null, "proofOps": null,
                "height": height, "codespace": "",
            }}))
            .unwrap();
            assert_eq!((found.response.height, found.response.value.len()), (7, 0));
        }
        let found: TxSearch = serde_json::from_value(json!({"total_count": "1", "txs": [{
            "hash": "AB", "height": "12", "index": 0, "tx": "AQI=",
            "tx_result": {"code": 1207, "data": null, "log": "x", "gas_wanted": "1", "codespace": "cheqd"},
        }]}))
        .unwrap();
        let one = &found.txs[0];
        assert_eq!(
            (one.height, one.tx_result.code, one.tx.as_slice()),
            (12, 1207, &[1, 2][..])
        );
        let negative = json!({"height": "-1", "tx_result": {}});
        assert!(serde_json::from_value::<FoundTx>(negative).is_err());
    }

    #[test]
    fn an_error_of_json_rpc_is_read() {
        let answer: Envelope<Outcome> =
            serde_json::from_value(json!({"jsonrpc": "2.0", "id": 1, "error": {
                "code": -32603, "message": "Internal error", "data": "tx already exists in cache",
            }}))
            .unwrap();
        assert!(answer.result.is_none());
        assert_eq!(answer.error.unwrap().data, "tx already exists in cache");
    }
}
