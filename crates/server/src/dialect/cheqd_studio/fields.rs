//! Reading named fields, and noticing those nobody asked for.

use serde_json::{Map, Value};

use super::body::Input;
use super::error::StudioError;

/// Most entries of any list in a request.
pub(super) const LIST_MAX: usize = 256;
/// Longest text of a single field, in bytes.
pub(super) const TEXT_BYTES_MAX: usize = 8 * 1024;

/// The fields of one object, taken out one by one.
pub(super) struct Fields(Map<String, Value>);

impl From<Input> for Fields {
    fn from(input: Input) -> Fields {
        Fields(input.0)
    }
}

impl From<Map<String, Value>> for Fields {
    fn from(map: Map<String, Value>) -> Fields {
        Fields(map)
    }
}

impl Fields {
    /// Takes a field. `null` counts as not sent.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    /// Takes a text; `wrong` is the answer to anything else.
    pub(super) fn text(&mut self, name: &str, wrong: &str) -> Result<Option<String>, StudioError> {
        self.take(name).map(|value| text(value, wrong)).transpose()
    }

    /// Takes a list of objects; `wrong` is the answer to anything else.
    pub(super) fn objects(
        &mut self,
        name: &str,
        wrong: &str,
    ) -> Result<Option<Vec<Map<String, Value>>>, StudioError> {
        let object = |value| match value {
            Value::Object(map) => Ok(map),
            _ => Err(StudioError::bad_request(wrong)),
        };
        self.take(name)
            .map(|value| list(value, wrong)?.into_iter().map(object).collect())
            .transpose()
    }

    /// Takes `publicKeyHexs`: a list of texts, or one text alone. Not sent and empty mean the same.
    pub(super) fn public_key_hexs(&mut self) -> Result<Vec<String>, StudioError> {
        const WRONG: &str = "publicKeyHexs should be an array of strings";
        match self.take("publicKeyHexs") {
            None => Ok(vec![]),
            Some(Value::String(one)) => text(Value::String(one), WRONG).map(|one| vec![one]),
            Some(value) => texts(value, WRONG),
        }
    }

    /// Ends the reading: `tolerated` fields may have been sent although nothing here uses them, others may not.
    pub(super) fn finish(self, tolerated: &[&str]) -> Result<(), StudioError> {
        match self
            .0
            .keys()
            .find(|name| !tolerated.contains(&name.as_str()))
        {
            None => Ok(()),
            Some(name) => Err(StudioError::bad_request(format!(
                "{} is not a field of this request",
                shown(name)
            ))),
        }
    }
}

/// A text of bearable length.
pub(super) fn text(value: Value, wrong: &str) -> Result<String, StudioError> {
    match value {
        Value::String(text) if text.len() <= TEXT_BYTES_MAX => Ok(text),
        _ => Err(StudioError::bad_request(wrong)),
    }
}

/// A list of texts.
pub(super) fn texts(value: Value, wrong: &str) -> Result<Vec<String>, StudioError> {
    list(value, wrong)?
        .into_iter()
        .map(|value| text(value, wrong))
        .collect()
}

/// A list of bearable length.
pub(super) fn list(value: Value, wrong: &str) -> Result<Vec<Value>, StudioError> {
    match value {
        Value::Array(list) if list.len() <= LIST_MAX => Ok(list),
        Value::Array(_) => Err(StudioError::bad_request(format!(
            "{wrong} (at most {LIST_MAX} of them)"
        ))),
        _ => Err(StudioError::bad_request(wrong)),
    }
}

/// What a client sent, short enough to be repeated in an answer.
pub(super) fn shown(text: &str) -> String {
    const CHARACTERS_MAX: usize = 128;
    match text.char_indices().nth(CHARACTERS_MAX) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
