//! DIDs: the normal form is its own normal form, and differs from the text in the case of letters alone.

#![no_main]

use did::Did;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(did) = Did::parse(text) {
        assert!(did.as_str().eq_ignore_ascii_case(text));
        assert_eq!(Did::parse(did.as_str()), Ok(did));
    }
});
