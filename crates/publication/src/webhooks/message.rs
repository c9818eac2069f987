//! The messages to receivers.

use proof::receipt::Stage;
use serde_json::{Value, json};

use crate::feed::FeedEntry;
use crate::receipts::Served;

/// The body: the event, and the receipt of the state of the DID when it is sent.
///
/// The receipt is a string, not an object: it has one canonical form, which an object would lose when it is written
/// again.
pub(super) fn body(network: &str, entry: &FeedEntry, receipt: Option<&Served>) -> Vec<u8> {
    let stage = receipt.map(|served| match served.stage {
        Stage::Finished => "finished",
        Stage::Published => "published",
    });
    let text = receipt.map(|served| String::from_utf8_lossy(&served.receipt).into_owned());
    let mut data = serde_json::to_value(entry).unwrap_or(Value::Null);
    if let Value::Object(data) = &mut data {
        data.insert("network".to_owned(), json!(network));
        data.insert("receiptStage".to_owned(), json!(stage));
        data.insert("receipt".to_owned(), json!(text));
    }
    let message = json!({
        "type": entry.kind.event_type(),
        "timestamp": entry.time,
        "data": data,
    });
    message.to_string().into_bytes()
}
