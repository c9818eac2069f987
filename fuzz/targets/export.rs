//! Exports of a DID's chain: what is read is written again byte for byte.

#![no_main]

use ledger::Export;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(export) = Export::parse(data) {
        assert_eq!(export.to_bytes(), data);
    }
});
