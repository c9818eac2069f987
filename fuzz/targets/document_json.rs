//! DID documents as JSON: what is read, written and read again is the same document.

#![no_main]

use did::{DocumentJson, document_from_json};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let Ok(json) = serde_json::from_slice::<Value>(data) else {
        return;
    };
    let Ok(document) = document_from_json(&json) else {
        return;
    };
    // A key that cannot be shown is an error of its own.
    if let Ok(written) = serde_json::to_value(DocumentJson(&document)) {
        assert_eq!(document_from_json(&written), Ok(document));
    }
});
