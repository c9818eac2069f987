//! The parser behind [`super::parse`]: the usual grammar, watched while it builds.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::JsonError;

pub(super) fn parse(text: &str, depth_max: usize) -> Result<Value, JsonError> {
    let watch = Watch {
        depth_max,
        fault: RefCell::new(None),
    };
    let mut reader = serde_json::Deserializer::from_str(text);
    let place = Place {
        watch: &watch,
        at: &At::Root,
        depth: 0,
    };
    let result = place
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value));
    result.map_err(|error| match watch.fault.take() {
        Some(Fault::Duplicate { path }) => JsonError::Duplicate {
            path,
            line: error.line(),
            column: error.column(),
        },
        Some(Fault::TooDeep { path }) => JsonError::TooDeep { path, depth_max },
        None => JsonError::Syntax {
            reason: error.to_string(),
        },
    })
}

struct Watch {
    depth_max: usize,
    /// Errors of the reader are texts; what was really wrong is kept here.
    fault: RefCell<Option<Fault>>,
}

enum Fault {
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

/// One value to be read: where it stands, and how deep.
#[derive(Clone, Copy)]
struct Place<'a> {
    watch: &'a Watch,
    at: &'a At<'a>,
    depth: usize,
}

impl Place<'_> {
    fn enter<E: Error>(&self) -> Result<usize, E> {
        if self.depth >= self.watch.depth_max {
            return Err(self.fail(Fault::TooDeep {
                path: self.at.to_string(),
            }));
        }
        Ok(self.depth + 1)
    }

    fn fail<E: Error>(&self, fault: Fault) -> E {
        *self.watch.fault.borrow_mut() = Some(fault);
        E::custom("refused")
    }
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_> {
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
            match items.next_element_seed(Place {
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
                return Err(self.fail(Fault::Duplicate {
                    path: at.to_string(),
                }));
            }
            let value = members.next_value_seed(Place {
                watch: self.watch,
                at: &at,
                depth,
            })?;
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}
