//! Options in the body of a request: `POST`.

use serde_json::Value;

use super::problem::{ErrorKind, Problem};
use crate::http::request::{Received, media_type};

/// Types in which options are sent. Without any type they are read as well, as the examples of the standard send them.
const TYPES: [&str; 3] = [
    "application/did-resolution",
    "application/did-url-dereferencing",
    "application/json",
];

/// Reads options from a body. An empty one has none.
pub(super) fn read(received: &Received) -> Result<Vec<(String, String)>, Problem> {
    if received.body.is_empty() {
        return Ok(Vec::new());
    }
    let media_type = media_type(&received.parts.headers);
    if media_type.is_some_and(|media_type| !TYPES.contains(&media_type.as_str())) {
        return Err(invalid(format!("options are sent as {}", TYPES.join(", "))));
    }
    match received
        .any_json()
        .map_err(|error| invalid(error.to_string()))?
    {
        Value::Object(options) => options.into_iter().map(option).collect(),
        _ => Err(invalid("options are the members of a JSON object".into())),
    }
}

fn option((name, value): (String, Value)) -> Result<(String, String), Problem> {
    match value {
        Value::String(text) => Ok((name, text)),
        Value::Bool(flag) => Ok((name, flag.to_string())),
        _ => Err(invalid(format!(
            "the option {name} should be a string, true or false"
        ))),
    }
}

pub(super) fn invalid(detail: String) -> Problem {
    Problem::new(ErrorKind::InvalidOptions, detail)
}
