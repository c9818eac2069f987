//! A second writer of the format, by hand: what it writes must be what the library reads and writes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proof::receipt::{Parts, ProvenDid, ProvenLeaf, Receipt, Stage};

/// The receipt of these parts with any text as its summary.
pub fn render(parts: &Parts, summary: &str) -> Vec<u8> {
    let stage = match parts.stage {
        Stage::Finished => "finished",
        Stage::Published => "published",
    };
    let dids: Vec<String> = parts.dids.iter().map(did).collect();
    let operation = parts.operation.as_ref();
    let operation = operation.map(|proven| format!(r#""operation":{},"#, leaf(proven)));
    let members = [
        r#""format":"atropos-receipt/v1""#.to_owned(),
        format!(r#""stage":"{stage}","did":"{}""#, parts.did),
        format!(r#""checkpoint":{}"#, text(&parts.checkpoint)),
        format!(r#""state":{}"#, leaf(&parts.state)),
        format!(r#""dids":[{}]"#, dids.join(",")),
    ];
    let operation = operation.unwrap_or_default();
    format!(
        r#"{{{},{operation}"summary":{summary}}}"#,
        members.join(",")
    )
    .into_bytes()
}

/// The summary of a receipt in its bytes: the last member.
pub fn summary_of(receipt: &Receipt) -> String {
    let text = String::from_utf8(receipt.to_bytes()).unwrap();
    let (_, summary) = text.split_once(r#","summary":"#).unwrap();
    summary.strip_suffix('}').unwrap().to_owned()
}

fn leaf(proven: &ProvenLeaf) -> String {
    let path: Vec<String> = proven.path.iter().map(bytes).collect();
    let (index, leaf) = (proven.index, bytes(&proven.leaf));
    format!(
        r#"{{"index":{index},"leaf":{leaf},"path":[{}]}}"#,
        path.join(",")
    )
}

fn did(proven: &ProvenDid) -> String {
    let null = || "null".to_owned();
    let value = proven.value.as_ref().map(|value| bytes(value.encode()));
    let document = proven.document.as_ref().map(bytes);
    format!(
        r#"{{"did":"{}","value":{},"proof":{},"document":{}}}"#,
        proven.did,
        value.unwrap_or_else(null),
        bytes(proven.proof.encode()),
        document.unwrap_or_else(null),
    )
}

fn bytes(bytes: impl AsRef<[u8]>) -> String {
    format!(r#""{}""#, STANDARD.encode(bytes))
}

fn text(text: &str) -> String {
    let escaped = text
        .replace('\\', r"\\")
        .replace('"', r#"\""#)
        .replace('\n', r"\n");
    format!(r#""{escaped}""#)
}
