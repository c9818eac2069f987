//! Ids of verification methods: a DID, `#` and a fragment, and nothing else.

#![no_main]

use did::MethodId;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(id) = MethodId::parse(text) {
        assert_eq!(id.as_str(), format!("{}#{}", id.did(), id.fragment()));
        assert!(id.as_str().eq_ignore_ascii_case(text));
        assert!(text.ends_with(id.fragment()));
        assert_eq!(MethodId::parse(id.as_str()), Ok(id));
    }
});
