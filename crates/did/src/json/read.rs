//! Reading documents, strictly: nothing is ignored, nothing is guessed.

use std::borrow::Cow;

use serde_json::{Map, Value};
use thiserror::Error;

use crate::method::MethodType;
use crate::proto::{DidDoc, Service, VerificationMethod};

/// Reads the JSON form of a document. What the texts say is checked later, with the whole operation.
///
/// `@context`, `controller` and `serviceEndpoint` may be one text instead of a list. The object of `publicKeyJwk`
/// becomes compact JSON text, members in the order of `value`.
///
/// # Errors
/// [`InvalidDocument`] names the first field that is unknown, missing or of the wrong type.
pub fn document_from_json(value: &Value) -> Result<DidDoc, InvalidDocument> {
    let members = value
        .as_object()
        .ok_or_else(|| wrong("didDocument", "an object"))?;
    let mut document = DidDoc {
        id: required_text(members, "", "id")?,
        ..DidDoc::default()
    };
    for (name, value) in members {
        match name.as_str() {
            "id" => {}
            "@context" => document.context = one_or_more(name, value)?,
            "controller" => document.controller = one_or_more(name, value)?,
            "verificationMethod" => document.verification_method = objects(name, value, method)?,
            "authentication" => document.authentication = texts(name, value)?,
            "assertionMethod" => document.assertion_method = texts(name, value)?,
            "capabilityInvocation" => document.capability_invocation = texts(name, value)?,
            "capabilityDelegation" => document.capability_delegation = texts(name, value)?,
            "keyAgreement" => document.key_agreement = texts(name, value)?,
            "service" => document.service = objects(name, value, service)?,
            "alsoKnownAs" => document.also_known_as = texts(name, value)?,
            _ => return Err(InvalidDocument::UnknownField(name.clone())),
        }
    }
    Ok(document)
}

/// Why a JSON value is not a document.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidDocument {
    /// A field that documents do not have here.
    #[error("{0} is not supported here; remove it")]
    UnknownField(String),
    /// A field that must be there.
    #[error("{0} is required")]
    Missing(String),
    /// A field of another type.
    #[error("{field} must be {expected}")]
    WrongType {
        /// The field, for example `service[0].id`.
        field: String,
        /// What it must be.
        expected: Cow<'static, str>,
    },
}

fn method(path: &str, members: &Map<String, Value>) -> Result<VerificationMethod, InvalidDocument> {
    let type_name = required_text(members, path, "type")?;
    let method_type: MethodType = type_name.parse().map_err(|_| {
        let names = MethodType::ALL.map(MethodType::as_str).join(", ");
        wrong(&join(path, "type"), format!("one of: {names}"))
    })?;
    let key_field = method_type.key_property();
    only(members, path, &["id", "type", "controller", key_field])?;
    let verification_material = match method_type {
        MethodType::JsonWebKey2020 => {
            let jwk = members
                .get(key_field)
                .ok_or_else(|| InvalidDocument::Missing(join(path, key_field)))?;
            jwk.as_object()
                .ok_or_else(|| wrong(&join(path, key_field), "an object"))?;
            jwk.to_string()
        }
        MethodType::Ed25519VerificationKey2018 | MethodType::Ed25519VerificationKey2020 => {
            required_text(members, path, key_field)?
        }
    };
    Ok(VerificationMethod {
        id: required_text(members, path, "id")?,
        verification_method_type: type_name,
        controller: required_text(members, path, "controller")?,
        verification_material,
    })
}

fn service(path: &str, members: &Map<String, Value>) -> Result<Service, InvalidDocument> {
    let allowed = [
        "id",
        "type",
        "serviceEndpoint",
        "recipientKeys",
        "routingKeys",
        "accept",
        "priority",
    ];
    only(members, path, &allowed)?;
    let list = |name: &str, read: fn(&str, &Value) -> Result<Vec<String>, InvalidDocument>| {
        members
            .get(name)
            .map_or(Ok(Vec::new()), |value| read(&join(path, name), value))
    };
    let priority = members.get("priority").map_or(Some(0), |value| {
        value.as_u64().and_then(|it| it.try_into().ok())
    });
    Ok(Service {
        id: required_text(members, path, "id")?,
        service_type: required_text(members, path, "type")?,
        service_endpoint: list("serviceEndpoint", one_or_more)?,
        recipient_keys: list("recipientKeys", texts)?,
        routing_keys: list("routingKeys", texts)?,
        accept: list("accept", texts)?,
        priority: priority.ok_or_else(|| {
            wrong(
                &join(path, "priority"),
                "a whole number from 0 to 4294967295",
            )
        })?,
    })
}

fn objects<T>(
    path: &str,
    value: &Value,
    read: fn(&str, &Map<String, Value>) -> Result<T, InvalidDocument>,
) -> Result<Vec<T>, InvalidDocument> {
    let list = value
        .as_array()
        .ok_or_else(|| wrong(path, "an array of objects"))?;
    let element = |(at, value): (usize, &Value)| {
        let path = format!("{path}[{at}]");
        read(
            &path,
            value.as_object().ok_or_else(|| wrong(&path, "an object"))?,
        )
    };
    list.iter().enumerate().map(element).collect()
}

fn one_or_more(path: &str, value: &Value) -> Result<Vec<String>, InvalidDocument> {
    match value {
        Value::String(text) => Ok(vec![text.clone()]),
        Value::Array(_) => texts(path, value),
        _ => Err(wrong(path, "a string or an array of strings")),
    }
}

fn texts(path: &str, value: &Value) -> Result<Vec<String>, InvalidDocument> {
    let list = value
        .as_array()
        .ok_or_else(|| wrong(path, "an array of strings"))?;
    let element = |(at, value): (usize, &Value)| {
        value
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| wrong(&format!("{path}[{at}]"), "a string"))
    };
    list.iter().enumerate().map(element).collect()
}

fn required_text(
    members: &Map<String, Value>,
    path: &str,
    name: &str,
) -> Result<String, InvalidDocument> {
    let value = members
        .get(name)
        .ok_or_else(|| InvalidDocument::Missing(join(path, name)))?;
    value
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| wrong(&join(path, name), "a string"))
}

fn only(members: &Map<String, Value>, path: &str, allowed: &[&str]) -> Result<(), InvalidDocument> {
    match members
        .keys()
        .find(|name| !allowed.contains(&name.as_str()))
    {
        Some(name) => Err(InvalidDocument::UnknownField(join(path, name))),
        None => Ok(()),
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

fn wrong(field: &str, expected: impl Into<Cow<'static, str>>) -> InvalidDocument {
    InvalidDocument::WrongType {
        field: field.to_owned(),
        expected: expected.into(),
    }
}
