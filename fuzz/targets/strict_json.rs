//! The strict JSON reader: what it takes, the ordinary reader takes as the same value, and no name occurs twice.

#![no_main]

use did::json;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const DEPTH_MAX: usize = 32;

fuzz_target!(|data: &[u8]| {
    if let Ok(value) = json::parse(data, DEPTH_MAX) {
        let ordinary = serde_json::from_slice::<Value>(data);
        assert_eq!(ordinary.ok().as_ref(), Some(&value));
        let again = json::parse(value.to_string().as_bytes(), DEPTH_MAX);
        if has_floats(&value) {
            assert!(again.is_ok());
        } else {
            assert_eq!(again, Ok(value));
        }
    }
});

/// Numbers that are no integers may be read one unit off in the last place; nothing here depends on them.
fn has_floats(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(values) => values.iter().any(has_floats),
        Value::Object(members) => members.values().any(has_floats),
        _ => false,
    }
}
