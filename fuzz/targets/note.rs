//! Signed notes and the text form of keys: what is read is written again byte for byte.

#![no_main]

use libfuzzer_sys::fuzz_target;
use proof::note::{CosignatureVerifier, Note, NoteVerifier};

fuzz_target!(|data: &[u8]| {
    if let Ok(note) = Note::parse(data) {
        assert_eq!(note.to_string().as_bytes(), data);
    }
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(key) = text.parse::<NoteVerifier>() {
        assert_eq!(key.to_string(), text);
    }
    if let Ok(key) = text.parse::<CosignatureVerifier>() {
        assert_eq!(key.to_string(), text);
    }
});
