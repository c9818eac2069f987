//! Paths of tiles and bundles of entries: one spelling for each.

#![no_main]

use libfuzzer_sys::fuzz_target;
use proof::tiles::{EntryBundle, TilePath};

fuzz_target!(|data: &[u8]| {
    if let Ok(path) = std::str::from_utf8(data)
        .unwrap_or_default()
        .parse::<TilePath>()
    {
        assert_eq!(path.to_string().as_bytes(), data);
        assert!(!path.lies_within(0));
    }
    if let Ok(bundle) = EntryBundle::parse(data) {
        assert_eq!(bundle.encode(), data);
        assert!(EntryBundle::new(bundle.into_entries()).is_ok());
    }
});
