//! Strict JSON (RFC 8259) for everything that comes from outside: the usual grammar, watched while it is read.
//!
//! A parser that keeps the last of two equal names lets two readers see two different requests in one text. Here such a
//! text is refused, as is anything nested too deep, not UTF-8, or followed by more.

use std::cell::RefCell;
use std::fmt;

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor,
};
use serde_json::{Map, Value};

/// Why a text is not the JSON that was asked for. Messages name the place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Bytes that are not UTF-8.
    #[error("the JSON is not UTF-8 at byte {offset}")]
    NotUtf8 {
        /// Bytes before the first wrong one.
        offset: usize,
    },
    /// A name that occurs twice in one object.
    #[error("the JSON names {path} twice, the second time in line {line}, column {column}")]
    Duplicate {
        /// Path of the member, such as `didDocument.service[0].id`.
        path: String,
        /// Line of the second one, from 1.
        line: usize,
        /// Column of the second one, from 1.
        column: usize,
    },
    /// Arrays and objects nested deeper than allowed.
    #[error("the JSON is nested deeper than {depth_max} levels at {path}")]
    TooDeep {
        /// Path of the first value that is too deep.
        path: String,
        /// The limit.
        depth_max: usize,
    },
    /// Not JSON, or more than one value.
    #[error("the JSON cannot be read: {reason}")]
    Syntax {
        /// What was expected and where.
        reason: String,
    },
    /// JSON of another shape than asked for.
    #[error("the JSON has another shape than expected: {reason}")]
    Shape {
        /// Which field, and what was expected.
        reason: String,
    },
}

impl JsonError {
    /// Whether the text is JSON by grammar and refused for its content.
    pub fn is_content(&self) -> bool {
        matches!(
            self,
            JsonError::Duplicate { .. } | JsonError::TooDeep { .. } | JsonError::Shape { .. }
        )
    }
}

/// Parses one JSON value and nothing after it.
///
/// # Errors
/// See [`JsonError`]. An array or object at the top counts as depth 1.
pub fn parse(bytes: &[u8], depth_max: usize) -> Result<Value, JsonError> {
    let text = std::str::from_utf8(bytes).map_err(|error| JsonError::NotUtf8 {
        offset: error.valid_up_to(),
    })?;
    parse_text(text, depth_max)
}

/// Reads a value into a type. Types of requests carry `deny_unknown_fields`, so that a misspelt field is an error.
///
/// # Errors
/// [`JsonError::Shape`], naming the field.
pub fn typed<T: DeserializeOwned>(value: Value) -> Result<T, JsonError> {
    T::deserialize(value).map_err(|error| JsonError::Shape {
        reason: error.to_string(),
    })
}

fn parse_text(text: &str, depth_max: usize) -> Result<Value, JsonError> {
    let watch = Watch {
        depth_max,
        problem: RefCell::new(None),
    };
    let mut reader = serde_json::Deserializer::from_str(text);
    let reading = Reading {
        watch: &watch,
        at: &At::Root,
        depth: 0,
    };
    let result = reading
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value));
    result.map_err(|error| match watch.problem.take() {
        Some(Problem::Duplicate { path }) => JsonError::Duplicate {
            path,
            line: error.line(),
            column: error.column(),
        },
        Some(Problem::TooDeep { path }) => JsonError::TooDeep { path, depth_max },
        None => JsonError::Syntax {
            reason: error.to_string(),
        },
    })
}

struct Watch {
    depth_max: usize,
    /// Errors of the reader are texts; what was really wrong is kept here.
    problem: RefCell<Option<Problem>>,
}

enum Problem {
    Duplicate { path: String },
    TooDeep { path: String },
}

/// The way to a value, as a chain on the stack: nothing is built unless an error needs it.
enum At<'a> {
    Root,
    Item { parent: &'a At<'a>, index: usize },
    Member { parent: &'a At<'a>, name: &'a str },
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            At::Root => Ok(()),
            At::Item { parent, index } => write!(f, "{parent}[{index}]"),
            At::Member { parent, name } if !is_plain(name) => write!(f, "{parent}[{name:?}]"),
            At::Member {
                parent: At::Root,
                name,
            } => f.write_str(name),
            At::Member { parent, name } => write!(f, "{parent}.{name}"),
        }
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'@' | b'-'))
}

/// One value to be read: its path, and how deep it is.
#[derive(Clone, Copy)]
struct Reading<'a> {
    watch: &'a Watch,
    at: &'a At<'a>,
    depth: usize,
}

impl Reading<'_> {
    fn enter<E: Error>(&self) -> Result<usize, E> {
        if self.depth >= self.watch.depth_max {
            return Err(self.fail(Problem::TooDeep {
                path: self.at.to_string(),
            }));
        }
        Ok(self.depth + 1)
    }

    fn fail<E: Error>(&self, problem: Problem) -> E {
        *self.watch.problem.borrow_mut() = Some(problem);
        E::custom("refused")
    }
}

impl<'de> DeserializeSeed<'de> for Reading<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reading<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
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

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let depth = self.enter()?;
        let mut list = Vec::new();
        loop {
            let at = At::Item {
                parent: self.at,
                index: list.len(),
            };
            match items.next_element_seed(Reading {
                watch: self.watch,
                at: &at,
                depth,
            })? {
                Some(value) => list.push(value),
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let depth = self.enter()?;
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let at = At::Member {
                parent: self.at,
                name: &name,
            };
            if map.contains_key(&name) {
                return Err(self.fail(Problem::Duplicate {
                    path: at.to_string(),
                }));
            }
            let value = members.next_value_seed(Reading {
                watch: self.watch,
                at: &at,
                depth,
            })?;
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    const DEPTH: usize = 4;

    #[test]
    fn plain_values_read_as_usual() {
        let text = r#" {"a":[1,-2,3.5,1e3,18446744073709551615],"b":"\u00e9\ud83d\ude00","c":{"d":[null]},"":{}} "#;
        let expected: Value = serde_json::from_str(text).unwrap();
        assert_eq!(parse(text.as_bytes(), DEPTH), Ok(expected));
        assert_eq!(parse(b"null", DEPTH), Ok(Value::Null));
    }

    #[test]
    fn equal_names_in_one_object_are_refused_with_their_path() {
        for (text, expected) in [
            (r#"{"a":1,"a":1}"#, "a"),
            (r#"{"a":1,"\u0061":2}"#, "a"),
            (
                r#"{"didDocument":{"service":[{},{"id":1,"id":2}]}}"#,
                "didDocument.service[1].id",
            ),
            (r#"[{"x y":{"z":{},"z":0}}]"#, r#"[0]["x y"].z"#),
        ] {
            match parse(text.as_bytes(), 8) {
                Err(JsonError::Duplicate { path, line: 1, .. }) => assert_eq!(path, expected),
                other => panic!("{text}: {other:?}"),
            }
        }
        assert!(parse(br#"[{"a":1},{"a":{"a":1}}]"#, DEPTH).is_ok());
        let message = parse(b"{\"a\":1,\n\"a\":2}", DEPTH)
            .unwrap_err()
            .to_string();
        assert!(message.contains("line 2"), "{message}");
    }

    #[test]
    fn depth_is_limited_exactly() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(nested(DEPTH).as_bytes(), DEPTH).is_ok());
        let error = parse(nested(DEPTH + 1).as_bytes(), DEPTH).unwrap_err();
        assert_eq!(
            error,
            JsonError::TooDeep {
                path: "[0][0][0][0]".into(),
                depth_max: DEPTH
            }
        );
        assert!(parse("[".repeat(100_000).as_bytes(), 64).is_err());
        assert!(parse(r#"{"a":"#.repeat(100_000).as_bytes(), 1000).is_err());
    }

    #[test]
    fn what_is_not_one_json_value_is_refused() {
        for text in [
            "",
            " ",
            "{",
            "{}{}",
            "{} x",
            "[1,]",
            "{'a':1}",
            "NaN",
            "01",
            "\"\\ud800\"",
            "\u{feff}{}",
            "1e999",
        ] {
            assert!(
                matches!(parse(text.as_bytes(), DEPTH), Err(JsonError::Syntax { .. })),
                "{text}"
            );
        }
        assert_eq!(
            parse(b"\"ab\xff\"", DEPTH),
            Err(JsonError::NotUtf8 { offset: 3 })
        );
    }

    #[test]
    fn typed_values_name_the_unknown_and_the_missing_field() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Request {
            #[expect(dead_code, reason = "only its presence is tested")]
            name: String,
        }
        for (value, field) in [
            (json!({"name": "x", "nmae": 1}), "nmae"),
            (json!({}), "name"),
            (json!({"name": 1}), "integer"),
        ] {
            let message = typed::<Request>(value).unwrap_err().to_string();
            assert!(message.contains(field), "{message}");
        }
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(".{0,4}", inner, 0..4)
                    .prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_value_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes, DEPTH);
        }

        #[test]
        fn bytes_that_look_like_json_never_panic(text in r#"[\[\]{}",:0-9eE.\\u tfn-]{0,80}"#) {
            // Accepting less than the usual parser is the purpose; accepting something else would be a defect.
            if let Ok(value) = parse(text.as_bytes(), DEPTH) {
                prop_assert_eq!(serde_json::from_str::<Value>(&text).ok(), Some(value));
            }
        }

        #[test]
        fn every_value_without_repetition_survives(value in values()) {
            prop_assert_eq!(parse(value.to_string().as_bytes(), DEPTH), Ok(value));
        }
    }
}
