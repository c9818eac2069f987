//! Whether a body is the one that was announced.

use did::json;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The hash of a body as a text, and of what it says as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PayloadHash {
    exact: [u8; 32],
    /// `None` for what is not JSON, or has two members of one name: two readers could see two requests in it.
    meaning: Option<[u8; 32]>,
}

impl PayloadHash {
    pub(crate) fn of(body: &[u8]) -> PayloadHash {
        // Clients send nothing, "" or {} where a request has no parameters.
        let said: &[u8] = if body.is_empty() { b"{}" } else { body };
        // The reader itself limits the depth.
        let meaning = json::parse(said, usize::MAX).ok();
        PayloadHash {
            exact: Sha256::digest(body).into(),
            meaning: meaning.map(|value| canonical(&value)),
        }
    }

    pub(crate) fn exact(&self) -> [u8; 32] {
        self.exact
    }

    /// Whether a body is the same, byte for byte or as JSON.
    pub(crate) fn fits(&self, body: &[u8]) -> bool {
        let other = PayloadHash::of(body);
        self.exact == other.exact || (self.meaning.is_some() && self.meaning == other.meaning)
    }
}

fn canonical(value: &Value) -> [u8; 32] {
    let sorted = sorted(value);
    Sha256::digest(sorted.to_string().as_bytes()).into()
}

/// With members in the order of their names, whatever order the map keeps.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut members: Vec<_> = map.iter().collect();
            members.sort_unstable_by_key(|(name, _)| name.as_str());
            let members = members.into_iter();
            Value::Object(
                members
                    .map(|(name, one)| (name.clone(), sorted(one)))
                    .collect(),
            )
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fits(announced: &str, sent: &str) -> bool {
        PayloadHash::of(announced.as_bytes()).fits(sent.as_bytes())
    }

    #[test]
    fn the_same_json_fits_and_another_does_not() {
        for (announced, sent) in [
            ("", ""),
            ("", "{}"),
            ("{}", ""),
            (r#"{"a":1,"b":[2]}"#, r#"{ "b": [2], "a": 1 }"#),
            ("not json", "not json"),
            (r#"{"a":1,"a":2}"#, r#"{"a":1,"a":2}"#),
        ] {
            assert!(fits(announced, sent), "{announced} {sent}");
        }
        for (announced, sent) in [
            ("", "[]"),
            ("", "null"),
            (r#"{"a":1}"#, r#"{"a":2}"#),
            (r#"{"a":1}"#, r#"{"a":1,"b":null}"#),
            (r#"{"a":[1,2]}"#, r#"{"a":[2,1]}"#),
            (r#"{"a":1,"a":2}"#, r#"{"a":2}"#),
            (r#"{"a":"1"}"#, r#"{"a":1}"#),
            ("not json", "not  json"),
        ] {
            assert!(!fits(announced, sent), "{announced} {sent}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_fit_themselves(body in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(PayloadHash::of(&body).fits(&body));
        }

        #[test]
        fn nesting_is_no_danger(depth in 0usize..5000) {
            let body = "[".repeat(depth);
            prop_assert!(PayloadHash::of(body.as_bytes()).fits(body.as_bytes()));
        }
    }
}
