//! Proof files of C2SP tlog-proof: what is read is written again byte for byte.

#![no_main]

use libfuzzer_sys::fuzz_target;
use proof::tlog_proof::TlogProof;

fuzz_target!(|data: &[u8]| {
    if let Ok(proof) = TlogProof::parse(data) {
        assert_eq!(proof.encode().as_bytes(), data);
    }
});
