//! Proofs and values of the state tree, and the right edge of the log tree: one encoding for each.

#![no_main]

use libfuzzer_sys::fuzz_target;
use proof::merkle::Frontier;
use proof::state::{StateProof, StateValue};

fuzz_target!(|data: &[u8]| {
    if let Ok(proof) = StateProof::decode(data) {
        assert_eq!(proof.encode(), data);
    }
    if let Ok(value) = StateValue::decode(data) {
        assert_eq!(value.encode(), data);
    }
    if let Ok(edge) = Frontier::decode(data) {
        assert_eq!(edge.encode(), data);
        let _ = edge.root();
    }
});
