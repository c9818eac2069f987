//! Preimages of bound version ids: one encoding each, and the id is a UUID of version 8.

#![no_main]

use did::BoundVersion;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(bound) = BoundVersion::decode(data) {
        assert_eq!(bound.encode(), data);
        let id = bound.version_id();
        assert!(id.len() == 36 && id.as_bytes()[14] == b'8', "{id}");
    }
});
