//! Reading the members of an object, and noticing those nobody asked for.

use serde_json::{Map, Value};

use super::error::RegistrationError;

/// Most entries of any list in a request.
const LIST_MAX: usize = 256;

/// The members of one object, taken out one by one. `null` counts as not sent, as the specification says for each of
/// them. Has no `Debug`: it may hold secrets.
pub(super) struct Members {
    members: Map<String, Value>,
    /// Where the object stands, such as `options`; empty at the top.
    place: String,
}

impl Members {
    /// The members of `value`, which stands at `place`.
    pub(super) fn of(value: Value, place: impl Into<String>) -> Result<Members, RegistrationError> {
        let place = place.into();
        match value {
            Value::Object(mut members) => {
                members.retain(|_, value| !value.is_null());
                Ok(Members { members, place })
            }
            _ if place.is_empty() => Err(RegistrationError::options(
                "the body should be a JSON object",
            )),
            _ => Err(RegistrationError::options(format!(
                "{place} should be a JSON object"
            ))),
        }
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.members.remove(name)
    }

    /// Whether a member is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// A text, without taking it.
    pub(super) fn peek_text(&self, name: &str) -> Option<&str> {
        self.members.get(name).and_then(Value::as_str)
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, RegistrationError> {
        self.take(name)
            .map(|value| match value {
                Value::String(text) => Ok(text),
                _ => Err(self.wrong(name, "a string")),
            })
            .transpose()
    }

    pub(super) fn boolean(&mut self, name: &str) -> Result<Option<bool>, RegistrationError> {
        self.take(name)
            .map(|value| value.as_bool().ok_or_else(|| self.wrong(name, "a boolean")))
            .transpose()
    }

    /// A list; empty and absent are told apart.
    pub(super) fn list(&mut self, name: &str) -> Result<Option<Vec<Value>>, RegistrationError> {
        self.take(name)
            .map(|value| match value {
                Value::Array(list) if list.len() <= LIST_MAX => Ok(list),
                Value::Array(_) => Err(self.wrong(name, "a list of at most 256 entries")),
                _ => Err(self.wrong(name, "a list")),
            })
            .transpose()
    }

    pub(super) fn texts(&mut self, name: &str) -> Result<Option<Vec<String>>, RegistrationError> {
        let Some(list) = self.list(name)? else {
            return Ok(None);
        };
        let texts = list.into_iter().map(|entry| match entry {
            Value::String(text) => Ok(text),
            _ => Err(self.wrong(name, "a list of strings")),
        });
        texts.collect::<Result<_, _>>().map(Some)
    }

    /// An object; absent is the same as empty.
    pub(super) fn object(&mut self, name: &str) -> Result<Members, RegistrationError> {
        let value = self.take(name).unwrap_or_else(|| Map::new().into());
        Members::of(value, self.path(name))
    }

    /// Those that are left.
    pub(super) fn rest(self) -> impl Iterator<Item = (String, Value)> {
        self.members.into_iter()
    }

    /// How many are left.
    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    /// Ends the reading: nothing may be left.
    pub(super) fn finish(self) -> Result<(), RegistrationError> {
        match self.members.keys().next() {
            None => Ok(()),
            Some(name) => {
                let path: String = self.path(name).chars().take(80).collect();
                Err(RegistrationError::options(format!(
                    "{path} is not a member of this request; see docs/registration.md for those that are"
                )))
            }
        }
    }

    /// The path of a member.
    pub(super) fn path(&self, name: &str) -> String {
        if self.place.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.place)
        }
    }

    fn wrong(&self, name: &str, expected: &str) -> RegistrationError {
        RegistrationError::options(format!("{} should be {expected}", self.path(name)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused<T>(result: Result<T, RegistrationError>) -> String {
        match result {
            Err(fault) => fault.to_string(),
            Ok(_) => panic!("taken"),
        }
    }

    #[test]
    fn wrong_types_and_strangers_are_named_with_their_path() {
        let options =
            || Members::of(json!({"a": 1, "b": null, "c": ["x"], "d": [1]}), "options").unwrap();
        assert!(refused(options().text("a")).contains("options.a should be a string"));
        assert!(refused(options().boolean("a")).contains("options.a should be a boolean"));
        assert!(refused(options().texts("d")).contains("options.d should be a list of strings"));
        assert!(refused(options().object("c")).contains("options.c should be a JSON object"));
        assert_eq!(options().text("b").unwrap(), None);
        assert_eq!(options().texts("c").unwrap().unwrap(), ["x"]);
        let mut members = options();
        for name in ["a", "c"] {
            members.take(name);
        }
        assert!(refused(members.finish()).contains("options.d is not a member"));
        assert!(refused(Members::of(json!([]), "")).contains("the body should be a JSON object"));
    }

    #[test]
    fn null_is_the_same_as_absent() {
        let mut members = Members::of(json!({"did": null, "secret": null}), "").unwrap();
        assert!(!members.has("did"));
        assert_eq!(members.object("secret").unwrap().len(), 0);
        assert!(members.finish().is_ok());
    }
}
