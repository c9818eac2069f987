//! Signed messages as protocol buffers; the first byte chooses the kind.
//!
//! What is accepted is in its canonical encoding, and the message in normal form is accepted as the same operation. A
//! document that was accepted can be read again from its payload and from its own encoding; of a resource, data and
//! what is said about it lie side by side in the payload.

#![no_main]

use did::{Document, OperationKind, Operation};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((choice, message)) = data.split_first() else {
        return;
    };
    let kind = OperationKind::ALL[usize::from(*choice) % OperationKind::ALL.len()];
    let Ok(operation) = Operation::decode(kind, message) else {
        return;
    };
    let written = operation.to_message_bytes();
    assert_eq!(written.len(), message.len());
    assert_eq!(
        Operation::decode(kind, &written).as_ref(),
        Ok(&operation),
        "the message in normal form is another operation"
    );
    if let Some(resource) = operation.resource() {
        let around = resource.data.len() + resource.signed_header.len();
        assert!(around < operation.payload().len() && !resource.data.is_empty());
        assert!(operation.payload().ends_with(resource.signed_header));
    }
    if let Some(document) = operation.document() {
        let restored = Document::restore(operation.payload());
        assert!(restored.is_ok_and(|restored| restored == *document));
        let restored = Document::restore_encoded(&document.encode());
        assert!(restored.is_ok_and(|restored| restored == *document));
    }
});
