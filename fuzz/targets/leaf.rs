//! Leaves of the log: one encoding for each.

#![no_main]

use libfuzzer_sys::fuzz_target;
use proof::leaf::Leaf;

fuzz_target!(|data: &[u8]| {
    if let Ok(leaf) = Leaf::decode(data) {
        assert_eq!(leaf.encode().as_deref(), Ok(data));
        if let Leaf::Import(import) = leaf {
            let _ = import.imported_operation();
        }
    }
});
