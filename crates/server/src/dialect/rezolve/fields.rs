//! The members of a body, each parsed once; all that cannot be as they are, are named in one answer.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::error::RezolveError;
use crate::http::request::Received;

/// Members that were not read yet. Has no `Debug`: some hold secrets.
pub(super) struct Fields {
    left: Map<String, Value>,
    faults: BTreeMap<String, String>,
}

/// A member that can be named with `null`.
pub(super) enum Given<T> {
    Absent,
    Null,
    Value(T),
}

impl Fields {
    /// The body of a request: one JSON object.
    pub(super) fn read(received: &Received) -> Result<Fields, RezolveError> {
        Ok(Fields::of(received.object()?))
    }

    pub(super) fn of(left: Map<String, Value>) -> Fields {
        Fields {
            left,
            faults: BTreeMap::new(),
        }
    }

    /// A text that must be there.
    pub(super) fn required<T>(
        &mut self,
        name: &str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        match self.given(name, expected, |value| parse(value.as_str()?)) {
            Given::Value(value) => Some(value),
            Given::Absent => self.fault(name, format!("{name} is required")),
            Given::Null => self.fault(name, format!("{name} should be {expected}")),
        }
    }

    /// A text that may be missing. `null` is the same as missing.
    pub(super) fn optional<T>(
        &mut self,
        name: &str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        match self.given(name, expected, |value| parse(value.as_str()?)) {
            Given::Value(value) => Some(value),
            Given::Absent | Given::Null => None,
        }
    }

    /// Any value.
    pub(super) fn given<T>(
        &mut self,
        name: &str,
        expected: &str,
        parse: impl FnOnce(&Value) -> Option<T>,
    ) -> Given<T> {
        match self.left.remove(name) {
            None => Given::Absent,
            Some(Value::Null) => Given::Null,
            Some(value) => match parse(&value) {
                Some(value) => Given::Value(value),
                None => {
                    self.fault::<T>(name, format!("{name} should be {expected}"));
                    Given::Absent
                }
            },
        }
    }

    /// The text of a member as it is, taken out of the body.
    pub(super) fn taken(&mut self, name: &str, bytes_max: usize) -> Option<String> {
        let expected = format!("{name} should be a text of 1 to {bytes_max} bytes");
        match self.left.remove(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if (1..=bytes_max).contains(&text.len()) => Some(text),
            Some(_) => self.fault(name, expected),
        }
    }

    /// Notes what is wrong with a member.
    pub(super) fn fault<T>(&mut self, name: &str, text: impl Into<String>) -> Option<T> {
        self.faults
            .entry(name.to_owned())
            .or_insert_with(|| text.into());
        None
    }

    /// Everything must have been read, and nothing be wrong. The values stand in `read` then.
    pub(super) fn done<T>(mut self, read: Option<T>) -> Result<T, RezolveError> {
        let unknown: Vec<String> = self.left.keys().take(UNKNOWN_MAX).cloned().collect();
        for name in unknown {
            let shown: String = name.chars().take(NAME_CHARS_MAX).collect();
            self.fault::<()>(&shown, "this member is not known");
        }
        match read {
            Some(read) if self.faults.is_empty() => Ok(read),
            _ => Err(RezolveError::Invalid(self.faults)),
        }
    }
}

/// Unknown members that an answer names, and characters of each name.
const UNKNOWN_MAX: usize = 8;
const NAME_CHARS_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(value: Value) -> Fields {
        Fields::of(value.as_object().cloned().unwrap())
    }

    #[test]
    fn everything_that_is_wrong_is_named_at_once() {
        let mut body = fields(json!({"a": 1, "b": "", "d": "x", "e": null}));
        let own = |text: &str| Some(text.to_owned());
        let a = body.required("a", "a text", own);
        let c = body.required("c", "a text", own);
        let d = body.optional("d", "a text", own);
        let e = body.optional("e", "a text", own);
        assert_eq!((a, c, d.as_deref(), e), (None, None, Some("x"), None));
        let Err(RezolveError::Invalid(faults)) = body.done(Some(())) else {
            panic!("not refused");
        };
        let expected = [
            ("a", "a should be a text"),
            ("b", "this member is not known"),
            ("c", "c is required"),
        ];
        let expected = expected.map(|(name, text)| (name.to_owned(), text.to_owned()));
        assert_eq!(faults, BTreeMap::from(expected));
        assert_eq!(fields(json!({})).done(Some(7)), Ok(7));
    }
}
