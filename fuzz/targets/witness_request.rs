//! What witnesses are asked and what they answer: what is read is written again byte for byte.

#![no_main]

use libfuzzer_sys::fuzz_target;
use proof::witness::{AddCheckpoint, decide, encode_cosignatures, parse_cosignatures, parse_size};

fuzz_target!(|data: &[u8]| {
    if let Ok(request) = AddCheckpoint::parse(data) {
        assert_eq!(request.encode().as_bytes(), data);
        assert!(decide(None, &request, &[]).is_err(), "no key is trusted");
    }
    if let Ok(lines) = parse_cosignatures(data) {
        assert_eq!(encode_cosignatures(&lines).as_bytes(), data);
    }
    if let Some(size) = parse_size(data) {
        assert_eq!(format!("{size}\n").as_bytes(), data);
    }
});
