//! The messages that the tables refuse, kept for a fixture.

use std::collections::BTreeSet;
use std::sync::Mutex;

use did::proto::SignInfo;
use did::{OperationKind, Rejection};
use serde_json::{Value, json};

use super::common::{self, DID};

/// Larger ones are tested here alone.
const MESSAGE_BYTES_MAX: usize = 64 << 10;

/// Type URL, message in hexadecimal, code and text.
type Row = (&'static str, String, u32, String);

static ROWS: Mutex<BTreeSet<Row>> = Mutex::new(BTreeSet::new());

/// Keeps a refused payload, with a signature that has nothing to do with the refusal.
pub fn keep(kind: OperationKind, payload: Vec<u8>, rejection: &Rejection) {
    let signature = SignInfo {
        verification_method_id: format!("{DID}#key-1"),
        signature: common::sign(1, &payload),
    };
    let message = message(&payload, &signature);
    if message.len() <= MESSAGE_BYTES_MAX {
        let (message, code) = (hex::encode(message), rejection.code().as_u32());
        let row = (kind.type_url(), message, code, rejection.to_string());
        ROWS.lock().unwrap().insert(row);
    }
}

/// Compares what was kept with a fixture; writes it when `UPDATE_FIXTURES` is set.
pub fn compare(name: &str) {
    let rows = ROWS.lock().unwrap();
    let rows: Vec<Value> = rows
        .iter()
        .map(|(type_url, message, code, text)| {
            json!({ "typeUrl": type_url, "message": message, "code": code, "text": text })
        })
        .collect();
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        let path = format!("{}/../../fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
        let text = serde_json::to_string_pretty(&rows).unwrap() + "\n";
        std::fs::write(path, text).unwrap();
    }
    assert_eq!(common::fixture(name), Value::Array(rows));
}

/// Field 1 is the payload and field 2 the signatures, in all four messages.
fn message(payload: &[u8], signature: &SignInfo) -> Vec<u8> {
    use prost::encoding::{bytes, message};
    let mut out = Vec::new();
    if !payload.is_empty() {
        bytes::encode(1, &payload.to_vec(), &mut out);
    }
    message::encode(2, signature, &mut out);
    out
}
