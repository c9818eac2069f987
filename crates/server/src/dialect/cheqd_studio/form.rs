//! What Studio makes of a form's texts.
//!
//! A field that is empty counts as not sent. A text with commas is a list. Then whatever reads as JSON becomes that: a
//! number, `true`, a list, an object. All else stays text.

use serde_json::{Map, Value};

use super::error::StudioError;
use crate::http::request::form;
use crate::http::request::json::{self, JsonError};

/// A list of keys in hexadecimal. One that is given alone is still a list, and one of digits alone is still text.
const KEYS: &str = "publicKeyHexs";

/// The fields of a resource that are text whatever they look like: digits, commas, JSON.
const TEXTS: [&str; 3] = ["data", "name", "version"];

/// The fields of a form body.
pub(super) fn fields(bytes: &[u8], depth_max: usize) -> Result<Map<String, Value>, StudioError> {
    let mut map = Map::new();
    for (name, values) in grouped(bytes)? {
        let value = match name.as_str() {
            KEYS => keys(values, depth_max)?,
            name if TEXTS.contains(&name) => plain(values),
            _ => value(values, depth_max)?,
        };
        if let Some(value) = value {
            map.insert(name, value);
        }
    }
    Ok(map)
}

/// The fields of a query string: every value stays text, and none may stand twice.
pub(super) fn texts(bytes: &[u8]) -> Result<Map<String, Value>, StudioError> {
    let mut map = Map::new();
    for (name, mut values) in grouped(bytes)? {
        match (values.pop(), values.is_empty()) {
            (Some(value), true) if value.is_empty() => {}
            (Some(value), true) => drop(map.insert(name, Value::String(value))),
            _ => {
                return Err(StudioError::bad_request(format!(
                    "{name} stands more than once in the query"
                )));
            }
        }
    }
    Ok(map)
}

/// Values by name, names in order of first appearance.
fn grouped(bytes: &[u8]) -> Result<Vec<(String, Vec<String>)>, StudioError> {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    let fields = form::parse(bytes).map_err(|error| StudioError::bad_request(error.to_string()))?;
    for (name, value) in fields {
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(value),
            None => groups.push((name, vec![value])),
        }
    }
    Ok(groups)
}

fn plain(values: Vec<String>) -> Option<Value> {
    let text = values.join(",");
    (!text.is_empty()).then_some(Value::String(text))
}

fn value(values: Vec<String>, depth_max: usize) -> Result<Option<Value>, StudioError> {
    let joined = values.join(",");
    if joined.is_empty() {
        return Ok(None);
    }
    if let Some(value) = as_json(&joined, depth_max)? {
        return Ok(Some(value));
    }
    Ok(Some(match <[String; 1]>::try_from(values) {
        Ok([text]) if text.contains(',') => text.split(',').collect(),
        Ok([text]) => Value::String(text),
        Err(values) => values.into(),
    }))
}

fn keys(values: Vec<String>, depth_max: usize) -> Result<Option<Value>, StudioError> {
    let joined = values.join(",");
    if joined.is_empty() {
        return Ok(None);
    }
    let pieces = || joined.split(',').collect::<Value>();
    Ok(Some(match as_json(&joined, depth_max)? {
        Some(list @ Value::Array(_)) => list,
        Some(Value::String(text)) => vec![text].into(),
        _ => pieces(),
    }))
}

/// `None` when the text is not JSON. JSON that is refused for its content is an error, not text.
fn as_json(text: &str, depth_max: usize) -> Result<Option<Value>, StudioError> {
    match json::parse(text.as_bytes(), depth_max) {
        Ok(value) => Ok(Some(value)),
        Err(error @ (JsonError::Duplicate { .. } | JsonError::TooDeep { .. })) => {
            Err(StudioError::bad_request(error.to_string()))
        }
        Err(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn of(text: &str) -> Value {
        Value::Object(fields(text.as_bytes(), 4).unwrap())
    }

    #[test]
    fn key_lists_in_every_spelling() {
        for (text, expected) in [
            ("publicKeyHexs=aa,bb", json!(["aa", "bb"])),
            ("publicKeyHexs=aa&publicKeyHexs=bb", json!(["aa", "bb"])),
            (
                "publicKeyHexs=%5B%22aa%22%2C%22bb%22%5D",
                json!(["aa", "bb"]),
            ),
            ("publicKeyHexs=aa", json!(["aa"])),
            ("publicKeyHexs=12", json!(["12"])),
            ("publicKeyHexs=1e5", json!(["1e5"])),
            ("publicKeyHexs=%22aa%22", json!(["aa"])),
            ("publicKeyHexs=%5B%22aa%22%5D", json!(["aa"])),
        ] {
            assert_eq!(of(text), json!({ "publicKeyHexs": expected }), "{text}");
        }
        assert_eq!(of("publicKeyHexs="), json!({}));
    }

    #[test]
    fn fields_of_a_resource_stay_text() {
        let expected = json!({"data": "1234", "name": "a,b", "version": "1.0"});
        assert_eq!(of("data=1234&name=a,b&version=1.0"), expected);
        assert_eq!(of("data=&name=%7B%7D"), json!({"name": "{}"}));
    }

    #[test]
    fn other_fields_become_what_they_read_as() {
        for (text, expected) in [
            ("a=x", json!({"a": "x"})),
            ("a=", json!({})),
            ("a=x,y", json!({"a": ["x", "y"]})),
            ("a=x&a=y,z", json!({"a": ["x", "y,z"]})),
            ("a=17", json!({"a": 17})),
            ("a=1e5", json!({"a": 1e5})),
            ("a=true", json!({"a": true})),
            ("a=null", json!({"a": null})),
            ("a=%7B%22b%22%3A%5B1%2C2%5D%7D", json!({"a": {"b": [1, 2]}})),
            ("a=%7B%22b%22", json!({"a": "{\"b\""})),
            ("a=hello+world", json!({"a": "hello world"})),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
    }

    #[test]
    fn json_that_is_refused_does_not_slip_through_as_text() {
        for text in [
            "a=%7B%22b%22%3A1%2C%22b%22%3A2%7D",
            "a=%5B%5B%5B%5B%5B%5D%5D%5D%5D%5D",
        ] {
            assert!(fields(text.as_bytes(), 4).is_err(), "{text}");
        }
    }

    #[test]
    fn queries_stay_text_and_name_each_field_once() {
        assert_eq!(
            texts(b"a=17&b=x,y&c=").map(Value::Object),
            Ok(json!({"a": "17", "b": "x,y"}))
        );
        assert!(texts(b"a=1&a=1").unwrap_err().to_string().contains('a'));
    }

    proptest! {
        #[test]
        fn any_bytes_give_fields_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = fields(&bytes, 4);
            let _ = texts(&bytes);
        }
    }
}
