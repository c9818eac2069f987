//! The arguments of a method: an object, an array, or the query of an address.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::error::RpcError;

/// The arguments of one call. Those that a method does not know are ignored, as a node does.
pub(super) enum Arguments {
    Named(Map<String, Value>),
    Listed(Vec<Value>),
    Addressed(HashMap<String, String>),
}

/// One argument. In JSON bytes are base64, or hexadecimal for some methods; in an address they are `0x` and
/// hexadecimal, or the text between quotes.
enum Argument<'a> {
    Json(&'a Value),
    Address(&'a str),
}

/// How a method writes bytes in JSON.
#[derive(Clone, Copy)]
pub(super) enum Encoding {
    Base64,
    Hexadecimal,
}

/// The name of an argument, and its position in an array.
#[derive(Clone, Copy)]
pub(super) struct Parameter(pub(super) &'static str, pub(super) usize);

impl Arguments {
    pub(super) fn of_json(params: Value) -> Result<Self, RpcError> {
        match params {
            Value::Null => Ok(Self::Listed(Vec::new())),
            Value::Object(named) => Ok(Self::Named(named)),
            Value::Array(listed) => Ok(Self::Listed(listed)),
            _ => Err(RpcError::invalid_params("params are an object or an array")),
        }
    }

    pub(super) fn of_address(query: HashMap<String, String>) -> Self {
        Self::Addressed(query)
    }

    /// Bytes that must be there.
    pub(super) fn bytes(
        &self,
        parameter: Parameter,
        encoding: Encoding,
    ) -> Result<Vec<u8>, RpcError> {
        let found = self.optional_bytes(parameter, encoding)?;
        found.ok_or_else(|| wrong(parameter, "is missing"))
    }

    pub(super) fn optional_bytes(
        &self,
        parameter: Parameter,
        encoding: Encoding,
    ) -> Result<Option<Vec<u8>>, RpcError> {
        match self.find(parameter) {
            None => Ok(None),
            Some(Argument::Json(Value::String(text))) => match encoding {
                Encoding::Base64 => STANDARD
                    .decode(text)
                    .map_err(|error| wrong(parameter, format!("must be base64: {error}"))),
                Encoding::Hexadecimal => hex::decode(text)
                    .map_err(|error| wrong(parameter, format!("must be hexadecimal: {error}"))),
            }
            .map(Some),
            Some(Argument::Json(_)) => Err(wrong(parameter, "must be a string")),
            Some(Argument::Address(text)) => match text.strip_prefix("0x") {
                Some(digits) => hex::decode(digits).map(Some).map_err(|error| {
                    wrong(parameter, format!("must be hexadecimal behind 0x: {error}"))
                }),
                None => Ok(Some(unquoted(text).as_bytes().to_vec())),
            },
        }
    }

    /// A text that must be there.
    pub(super) fn text(&self, parameter: Parameter) -> Result<String, RpcError> {
        match self.find(parameter) {
            None => Err(wrong(parameter, "is missing")),
            Some(Argument::Json(Value::String(text))) => Ok(text.clone()),
            Some(Argument::Json(_)) => Err(wrong(parameter, "must be a string")),
            Some(Argument::Address(text)) => Ok(unquoted(text).to_owned()),
        }
    }

    /// A number, with or without quotes.
    pub(super) fn optional_number(&self, parameter: Parameter) -> Result<Option<u64>, RpcError> {
        let number = match self.find(parameter) {
            None => return Ok(None),
            Some(Argument::Json(Value::Number(number))) => number.as_u64(),
            Some(Argument::Json(Value::String(text))) => text.parse().ok(),
            Some(Argument::Json(_)) => None,
            Some(Argument::Address(text)) => unquoted(text).parse().ok(),
        };
        match number {
            Some(number) => Ok(Some(number)),
            None => Err(wrong(parameter, "must be a whole number, not negative")),
        }
    }

    /// Its value; none where it is empty.
    fn find(&self, Parameter(name, place): Parameter) -> Option<Argument<'_>> {
        let found = match self {
            Self::Named(named) => Argument::Json(named.get(name)?),
            Self::Listed(listed) => Argument::Json(listed.get(place)?),
            Self::Addressed(query) => Argument::Address(query.get(name)?),
        };
        match found {
            Argument::Json(Value::Null) | Argument::Address("") => None,
            found => Some(found),
        }
    }
}

fn unquoted(text: &str) -> &str {
    let inner = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    inner.unwrap_or(text)
}

fn wrong(Parameter(name, _): Parameter, what: impl std::fmt::Display) -> RpcError {
    RpcError::invalid_params(format!("{name} {what}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TX: Parameter = Parameter("tx", 0);
    const PAGE: Parameter = Parameter("page", 1);

    fn address(name: &str, value: &str) -> Arguments {
        Arguments::of_address(HashMap::from([(name.to_owned(), value.to_owned())]))
    }

    #[test]
    fn bytes_are_read_in_every_form() {
        let read = |arguments: &Arguments, encoding| arguments.bytes(TX, encoding).unwrap();
        for params in [json!({ "tx": "AQI=", "other": 1 }), json!(["AQI="])] {
            assert_eq!(
                read(&Arguments::of_json(params).unwrap(), Encoding::Base64),
                [1, 2]
            );
        }
        let hexadecimal = Arguments::of_json(json!({ "tx": "0102" })).unwrap();
        assert_eq!(read(&hexadecimal, Encoding::Hexadecimal), [1, 2]);
        assert_eq!(read(&address("tx", "0x0102"), Encoding::Base64), [1, 2]);
        assert_eq!(read(&address("tx", "\"ab\""), Encoding::Base64), b"ab");
    }

    #[test]
    fn numbers_may_have_quotes() {
        for params in [json!([0, 7]), json!({ "page": "7" })] {
            let arguments = Arguments::of_json(params).unwrap();
            assert_eq!(arguments.optional_number(PAGE).unwrap(), Some(7));
        }
        assert_eq!(
            address("page", "\"7\"").optional_number(PAGE).unwrap(),
            Some(7)
        );
        assert_eq!(address("page", "").optional_number(PAGE).unwrap(), None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (arguments, text) in [
            (Arguments::of_json(Value::Null).unwrap(), "tx is missing"),
            (Arguments::of_json(json!([null])).unwrap(), "tx is missing"),
            (
                Arguments::of_json(json!([7])).unwrap(),
                "tx must be a string",
            ),
            (
                Arguments::of_json(json!(["?"])).unwrap(),
                "tx must be base64",
            ),
            (address("tx", "0xz"), "tx must be hexadecimal"),
        ] {
            let error = format!("{:?}", arguments.bytes(TX, Encoding::Base64).unwrap_err());
            assert!(error.contains(text), "{error}");
        }
        for page in ["-1", "1.5", "x"] {
            assert!(address("page", page).optional_number(PAGE).is_err());
        }
        assert!(Arguments::of_json(json!("x")).is_err());
    }
}
