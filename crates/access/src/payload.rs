//! Whether a body is the one that was announced.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
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
        let meaning = serde_json::from_slice::<Strict>(said).ok();
        PayloadHash {
            exact: Sha256::digest(body).into(),
            meaning: meaning.map(|Strict(value)| canonical(&value)),
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

/// JSON in which no object has two members of one name.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Strict, D::Error> {
        deserializer.deserialize_any(Reader).map(Strict)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((name, Strict(value))) = members.next_entry::<String, Strict>()? {
            if map.insert(name, value).is_some() {
                return Err(A::Error::custom("two members of one name"));
            }
        }
        Ok(Value::Object(map))
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
