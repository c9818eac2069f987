//! Entries of `assertionMethod`: ids of methods, or whole methods inside as an escaped JSON text.

use serde_json::{Map, Value};

use super::issues::{Issue, Issues, each};
use super::rules::{Subject, at_most_bytes, at_most_entries, did, no_duplicates, required};
use super::unquote::unquote;
use crate::did::Did;
use crate::limits::{MAX_ENTRIES, MAX_STRING_BYTES};
use crate::proto::VerificationMethod;

const NEITHER: &str = "assertionMethod should be a valid DIDUrl or an Escaped JSON string with \
     id, type and controller values";
const UNKNOWN_REFERENCE: &str =
    "assertionMethod should be a valid key reference within the DID document's verification method";
const NOT_UNIQUE: &str = "assertionMethod should be a unique inline key fragment definition";

pub(super) fn entries(
    list: &[String],
    subject: &Subject<'_>,
    methods: &[VerificationMethod],
) -> Result<(), Issue> {
    at_most_entries(list, MAX_ENTRIES)?;
    no_duplicates(list, "there should be no duplicates")?;
    each(list, |text| {
        at_most_bytes(text.len(), MAX_STRING_BYTES)?;
        match unquote(text) {
            Some(json) => Inline::parse(&json)?.check(subject, methods),
            None => reference(text, subject, methods),
        }
    })?;
    Ok(())
}

/// The controller of an entry that is a whole method.
pub(crate) fn inline_controller(entry: &str) -> Option<Did> {
    let inline = Inline::parse(&unquote(entry)?).ok()?;
    Did::parse(&inline.controller).ok()
}

/// The id of an entry that is a whole method.
pub(crate) fn inline_id(entry: &str) -> Option<String> {
    Some(Inline::parse(&unquote(entry)?).ok()?.id)
}

/// An entry that is a whole method, as the object that it contains; `None` for the id of a method.
pub fn inline_method(entry: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(&unquote(entry)?).ok()
}

fn reference(
    text: &str,
    subject: &Subject<'_>,
    methods: &[VerificationMethod],
) -> Result<(), Issue> {
    subject.own_id(text).map_err(|_| Issue::text(NEITHER))?;
    if methods.iter().any(|method| method.id == text) {
        Ok(())
    } else {
        Err(Issue::text(UNKNOWN_REFERENCE))
    }
}

/// A method inside an entry. It is published, but it authorises nothing.
struct Inline {
    id: String,
    method_type: String,
    controller: String,
    materials: Vec<String>,
}

impl Inline {
    fn parse(json: &str) -> Result<Self, Issue> {
        let mut object: Map<String, Value> = serde_json::from_str(json)
            .map_err(|_| Issue::text("input should be a valid JSON string"))?;
        let is_plain = |value: &Value| value.is_string() || value.is_number() || value.is_boolean();
        if let Some((key, _)) = object
            .iter()
            .find(|(key, value)| *key != "metadata" && !is_plain(value))
        {
            return Err(Issue::text(format_args!(
                "field {key} is not protobuf-supported"
            )));
        }
        if !object.get("metadata").is_none_or(is_metadata) {
            return Err(Issue::text(NEITHER));
        }
        let mut text = |name: &str| match object.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Issue::text(NEITHER)),
        };
        let materials = [
            text("publicKeyBase58")?,
            text("publicKeyMultibase")?,
            text("publicKeyJwk")?,
        ];
        Ok(Self {
            id: text("id")?.unwrap_or_default(),
            method_type: text("type")?.unwrap_or_default(),
            controller: text("controller")?.unwrap_or_default(),
            materials: materials.into_iter().flatten().collect(),
        })
    }

    fn check(&self, subject: &Subject<'_>, methods: &[VerificationMethod]) -> Result<(), Issue> {
        if methods.iter().any(|method| self.equals(method)) {
            return Err(Issue::text(NOT_UNIQUE));
        }
        let mut issues = Issues::default();
        let own_id = |id: &str| subject.own_id(id).map_err(|_| Issue::text(NEITHER));
        issues.note("id", required(&self.id).and_then(own_id));
        issues.note("controller", required(&self.controller).and_then(did));
        Ok(issues.into_result()?)
    }

    fn equals(&self, method: &VerificationMethod) -> bool {
        self.id == method.id
            && self.method_type == method.verification_method_type
            && self.controller == method.controller
            && self.materials.contains(&method.verification_material)
    }
}

fn is_metadata(value: &Value) -> bool {
    let fits = |(key, value): (&String, &Value)| match key.as_str() {
        "participantId" => value.is_i64() || value.is_null(),
        "paramsRef" | "curveType" => value.is_string() || value.is_null(),
        _ => true,
    };
    value.is_null()
        || value
            .as_object()
            .is_some_and(|members| members.iter().all(fits))
}
