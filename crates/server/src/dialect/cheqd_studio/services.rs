//! Service entries: those of a document, and the short form that create takes.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::did;
use super::error::StudioError;
use super::fields::{Fields, shown, texts};

/// A service of a DID that does not exist yet: its id is a fragment alone.
#[derive(Clone, Debug, PartialEq)]
pub struct NewService {
    /// The part of the id after `#`.
    pub id_fragment: String,
    /// Its type.
    pub service_type: String,
    /// Where it is.
    pub endpoints: Vec<String>,
    /// Order among several endpoints.
    pub priority: Option<u32>,
    /// Default recipients.
    pub recipient_keys: Option<Vec<String>>,
    /// Hops on the way.
    pub routing_keys: Option<Vec<String>>,
    /// Media types it accepts.
    pub accept: Option<Vec<String>>,
}

/// The `service` field of create: one object or a list of them.
pub(super) fn new_services(value: Value) -> Result<Vec<NewService>, StudioError> {
    const WRONG: &str = "Service should be an array of objects for creating DID-Service";
    let mut fields = Fields::from(Map::from_iter([(
        "service".to_owned(),
        match value {
            object @ Value::Object(_) => vec![object].into(),
            other => other,
        },
    )]));
    let list = fields.objects("service", WRONG)?.unwrap_or_default();
    let mut known = BTreeSet::new();
    let services: Vec<_> = list.into_iter().map(new_service).collect();
    let (valid, faults): (Vec<_>, Vec<_>) = services.into_iter().partition(Result::is_ok);
    if !faults.is_empty() {
        let faults: Vec<_> = faults
            .into_iter()
            .filter_map(Result::err)
            .map(|error| error.to_string())
            .collect();
        let text = format!(
            "Service for Create DID Request has validation errors: {}",
            faults.join(", ")
        );
        return Err(StudioError::bad_request(text));
    }
    let services: Vec<NewService> = valid.into_iter().flatten().collect();
    if !services
        .iter()
        .all(|service| known.insert(service.id_fragment.clone()))
    {
        return Err(StudioError::bad_request(
            "Service for Create DID Request does not have unique service.",
        ));
    }
    Ok(services)
}

fn new_service(map: Map<String, Value>) -> Result<NewService, StudioError> {
    let mut fields = Fields::from(map);
    let mut required = |name: &str| {
        let text = fields.text(name, &format!("service.{name} should be a string"))?;
        let text = text.filter(|text| !text.is_empty());
        text.ok_or_else(|| StudioError::bad_request(format!("service.{name} is required")))
    };
    let (id_fragment, service_type) = (required("idFragment")?, required("type")?);
    let service = NewService {
        id_fragment,
        service_type,
        endpoints: match fields.take("serviceEndpoint") {
            None => {
                return Err(StudioError::bad_request(
                    "service.serviceEndpoint is required",
                ));
            }
            Some(Value::String(one)) if !one.is_empty() => vec![one],
            Some(list) => endpoints(list)?,
        },
        priority: fields.take("priority").map(priority).transpose()?,
        recipient_keys: strings(&mut fields, "recipientKeys")?,
        routing_keys: strings(&mut fields, "routingKeys")?,
        accept: strings(&mut fields, "accept")?,
    };
    fields.finish(&[])?;
    Ok(service)
}

fn endpoints(value: Value) -> Result<Vec<String>, StudioError> {
    let list = texts(
        value,
        "service.serviceEndpoint should be an array or a string",
    )?;
    if list.iter().all(String::is_empty) {
        return Err(StudioError::bad_request(
            "service.serviceEndpoint is required",
        ));
    }
    Ok(list)
}

fn priority(value: Value) -> Result<u32, StudioError> {
    let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
    number
        .ok_or_else(|| StudioError::bad_request("service.priority should be a non-negative number"))
}

fn strings(fields: &mut Fields, name: &str) -> Result<Option<Vec<String>>, StudioError> {
    let wrong = format!("service.{name} should be an array of strings");
    fields
        .take(name)
        .map(|value| texts(value, &wrong))
        .transpose()
}

/// Checks the `service` section of a document.
pub(super) fn check_services(list: &[Value]) -> Result<(), StudioError> {
    let mut known = BTreeSet::new();
    let ids = list
        .iter()
        .filter_map(|service| service.get("id").and_then(Value::as_str));
    for id in ids {
        if !known.insert(id) {
            return Err(StudioError::bad_request(
                "service.id entries are not unique",
            ));
        }
    }
    let faults: Vec<_> = list
        .iter()
        .filter_map(|service| check_service(service).err())
        .map(|error| error.to_string())
        .collect();
    if faults.is_empty() {
        return Ok(());
    }
    Err(StudioError::bad_request(format!(
        "Service has validation errors: {}",
        faults.join(", ")
    )))
}

fn check_service(service: &Value) -> Result<(), StudioError> {
    let Value::Object(map) = service else {
        return Err(StudioError::bad_request(
            "Service should be an array of objects",
        ));
    };
    let mut fields = Fields::from(map.clone());
    let required = |value: Option<Value>, name: &str| match value {
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        Some(Value::String(_)) | None => Err(StudioError::bad_request(format!(
            "service.{name} is required"
        ))),
        Some(_) => Err(StudioError::bad_request(format!(
            "service.{name} should be a string"
        ))),
    };
    let id = required(fields.take("id"), "id")?;
    required(fields.take("type"), "type")?;
    match fields.take("serviceEndpoint") {
        None => {
            return Err(StudioError::bad_request(
                "service.serviceEndpoint is required",
            ));
        }
        Some(Value::String(one)) if !one.is_empty() => {}
        Some(other) => drop(endpoints(other)?),
    }
    fields.take("priority").map(priority).transpose()?;
    for name in ["accept", "routingKeys", "recipientKeys"] {
        strings(&mut fields, name)?;
    }
    check_section_id(&id).map_err(|error| {
        StudioError::bad_request(format!("service.id has validation error: {error}"))
    })
}

/// The id of an entry in a document: `DID#fragment`.
pub(super) fn check_section_id(id: &str) -> Result<(), StudioError> {
    const WRONG: &str = "didDocument.<section>.id does not have right format. Expected DID#keyId";
    let parts: Vec<&str> = id.split('#').collect();
    let [subject, fragment] = parts[..] else {
        return Err(StudioError::bad_request(WRONG));
    };
    if subject.is_empty() || fragment.is_empty() {
        return Err(StudioError::bad_request(WRONG));
    }
    did::did(subject).map(drop).map_err(|error| {
        let prefix = "Invalid format of DID Document Section ID. DID has unexpected format:";
        StudioError::bad_request(format!("{prefix} {}", shown(&error.to_string())))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn new_services_one_or_many() {
        let one = json!({"idFragment": "s", "type": "T", "serviceEndpoint": "https://a.example"});
        let expected = NewService {
            id_fragment: "s".into(),
            service_type: "T".into(),
            endpoints: vec!["https://a.example".into()],
            priority: None,
            recipient_keys: None,
            routing_keys: None,
            accept: None,
        };
        assert_eq!(new_services(one.clone()), Ok(vec![expected.clone()]));
        assert_eq!(new_services(json!([one])), Ok(vec![expected]));
        let full = json!([{
            "idFragment": "s", "type": "DIDCommMessaging",
            "serviceEndpoint": ["https://a.example", "https://b.example"],
            "priority": 1, "recipientKeys": ["k"], "routingKeys": [], "accept": ["didcomm/v2"],
        }]);
        let services = new_services(full).unwrap();
        assert_eq!(
            (services[0].endpoints.len(), services[0].priority),
            (2, Some(1))
        );
    }

    #[test]
    fn new_services_are_refused_with_the_texts_of_the_contract() {
        let prefix = "Service for Create DID Request has validation errors: ";
        let valid =
            json!({"idFragment": "s", "type": "T", "serviceEndpoint": ["https://a.example"]});
        let with = |name: &str, value: Value| {
            let mut service = valid.clone();
            service[name] = value;
            json!([service])
        };
        for (value, expected) in [
            (
                json!(1),
                "Service should be an array of objects for creating DID-Service".to_owned(),
            ),
            (
                json!([1]),
                "Service should be an array of objects for creating DID-Service".to_owned(),
            ),
            (
                json!([{}]),
                format!("{prefix}service.idFragment is required"),
            ),
            (
                with("type", json!("")),
                format!("{prefix}service.type is required"),
            ),
            (
                with("serviceEndpoint", json!(null)),
                format!("{prefix}service.serviceEndpoint is required"),
            ),
            (
                with("serviceEndpoint", json!([])),
                format!("{prefix}service.serviceEndpoint is required"),
            ),
            (
                with("priority", json!(-1)),
                format!("{prefix}service.priority should be a non-negative number"),
            ),
            (
                with("accept", json!("x")),
                format!("{prefix}service.accept should be an array of strings"),
            ),
            (
                with("routingKeys", json!([1])),
                format!("{prefix}service.routingKeys should be an array of strings"),
            ),
            (
                with("recipientKeys", json!({})),
                format!("{prefix}service.recipientKeys should be an array of strings"),
            ),
            (
                with("colour", json!(1)),
                format!("{prefix}colour is not a field of this request"),
            ),
            (
                json!([valid, valid]),
                "Service for Create DID Request does not have unique service.".to_owned(),
            ),
        ] {
            assert_eq!(
                new_services(value.clone()),
                Err(StudioError::BadRequest(expected)),
                "{value}"
            );
        }
    }

    #[test]
    fn document_services_are_refused_with_the_texts_of_the_contract() {
        let did = "did:cheqd:testnet:7bf81a20-633c-4cc7-bc4a-5a45801005e0";
        let valid = json!({"id": format!("{did}#s"), "type": "T", "serviceEndpoint": ["https://a.example"]});
        assert_eq!(check_services(std::slice::from_ref(&valid)), Ok(()));
        let with = |name: &str, value: Value| {
            let mut service = valid.clone();
            service[name] = value;
            service
        };
        for (name, value, text) in [
            ("id", json!(null), "service.id is required"),
            ("type", json!(null), "service.type is required"),
            (
                "serviceEndpoint",
                json!(null),
                "service.serviceEndpoint is required",
            ),
            (
                "serviceEndpoint",
                json!({}),
                "service.serviceEndpoint should be an array or a string",
            ),
            (
                "priority",
                json!("1"),
                "service.priority should be a non-negative number",
            ),
            (
                "accept",
                json!([1]),
                "service.accept should be an array of strings",
            ),
            (
                "id",
                json!(did),
                "didDocument.<section>.id does not have right format. Expected DID#keyId",
            ),
            (
                "id",
                json!("x#y"),
                "Invalid format of DID Document Section ID. DID has unexpected format: Invalid format",
            ),
        ] {
            let error = check_services(&[with(name, value)])
                .unwrap_err()
                .to_string();
            assert!(
                error.starts_with("Service has validation errors: ") && error.contains(text),
                "{error}"
            );
        }
        let twice = check_services(&[valid.clone(), valid]).unwrap_err();
        assert_eq!(twice.to_string(), "service.id entries are not unique");
    }
}
