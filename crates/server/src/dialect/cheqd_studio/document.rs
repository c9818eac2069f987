//! The shape of a DID document, with Studio's texts. Whether it is a valid document is the core's to say.

use std::collections::BTreeSet;

use ::did::MethodType;
use serde_json::{Map, Value};

use super::did;
use super::error::StudioError;
use super::services::{check_section_id, check_services};
use super::{CheqdDid, fields::shown};

/// Checks a document and gives the DID it is about.
pub(super) fn check_document(document: &Map<String, Value>) -> Result<CheqdDid, StudioError> {
    let id = match document.get("id") {
        Some(Value::String(id)) if !id.is_empty() => did::did(id),
        Some(Value::Null | Value::String(_)) | None => {
            Err(StudioError::bad_request("didDocument.id is required"))
        }
        Some(_) => Err(StudioError::bad_request("DID should be a string")),
    }?;
    if let Some(methods) = section(document, "verificationMethod") {
        let methods = methods.as_array();
        let methods = methods.ok_or_else(|| {
            StudioError::bad_request("didDocument.verificationMethod must be an array")
        });
        check_verification_methods(methods?)?;
    }
    if let Some(controller) = section(document, "controller") {
        check_controller(controller)?;
    }
    if let Some(services) = section(document, "service") {
        let services = services
            .as_array()
            .ok_or_else(|| StudioError::bad_request("Service should be an array"));
        check_services(services?)?;
    }
    Ok(id)
}

fn section<'a>(document: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    document.get(name).filter(|value| !value.is_null())
}

fn check_controller(controller: &Value) -> Result<(), StudioError> {
    const WRONG: &str = "didDocument.controller should be an array or just string";
    let one = |value: &Value| match value {
        Value::String(text) => did::did(text).map(drop),
        _ => Err(StudioError::bad_request(WRONG)),
    };
    match controller {
        Value::Array(list) => list.iter().try_for_each(one),
        value => one(value),
    }
}

/// Checks the `verificationMethod` section of a document.
pub(super) fn check_verification_methods(list: &[Value]) -> Result<(), StudioError> {
    let mut known = BTreeSet::new();
    let ids = list
        .iter()
        .filter_map(|method| method.get("id").and_then(Value::as_str));
    for id in ids {
        if !known.insert(id) {
            return Err(StudioError::bad_request(
                "verificationMethod.id values are not unique",
            ));
        }
    }
    let faults: Vec<_> = list
        .iter()
        .filter_map(|method| check_method(method).err())
        .map(|error| error.to_string())
        .collect();
    if faults.is_empty() {
        return Ok(());
    }
    let prefix = "verificationMethod entries are not valid. Failed verification method checks: ";
    Err(StudioError::bad_request(format!(
        "{prefix}{}",
        faults.join(", ")
    )))
}

fn check_method(method: &Value) -> Result<(), StudioError> {
    let text = |name: &str| match method.get(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text.as_str()),
        Some(Value::String(_) | Value::Null) | None => Err(StudioError::bad_request(format!(
            "verificationMethod.{name} is required"
        ))),
        Some(_) => Err(StudioError::bad_request(format!(
            "verificationMethod.{name} should be a string"
        ))),
    };
    let within = |part: &str, error: StudioError| {
        StudioError::bad_request(format!(
            "verificationMethod.{part} has validation error: {error}"
        ))
    };
    let (id, kind) = (text("id")?, text("type")?);
    check_section_id(id).map_err(|error| within("id", error))?;
    if let Some(controller) = method.get("controller").filter(|value| !value.is_null()) {
        check_controller(controller).map_err(|error| within("controller", error))?;
    }
    let Some(kind) = MethodType::of_str(kind) else {
        let text = format!("verificationMethod.type {} is not supported", shown(kind));
        return Err(StudioError::bad_request(text));
    };
    let material = |name: &str, is_there: fn(&Value) -> bool| match method.get(name) {
        Some(value) if is_there(value) => Ok(()),
        _ => Err(StudioError::bad_request(format!(
            "{name} is required for {}",
            kind.as_str()
        ))),
    };
    let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    match kind {
        MethodType::Ed25519VerificationKey2020 => material("publicKeyMultibase", is_text),
        MethodType::Ed25519VerificationKey2018 => material("publicKeyBase58", is_text),
        MethodType::JsonWebKey2020 => {
            material("publicKeyJwk", Value::is_object)?;
            check_jwk(method.get("publicKeyJwk").unwrap_or(&Value::Null))
        }
    }
}

fn check_jwk(jwk: &Value) -> Result<(), StudioError> {
    let member = |name: &str| jwk.get(name).and_then(Value::as_str).unwrap_or_default();
    let text = match member("kty") {
        "RSA" | "EC" => return Ok(()),
        "OKP" if member("crv") != "Ed25519" => {
            "Cheqd ledger supports only Ed25519 curve for JsonWebKey2020"
        }
        "OKP" if member("x").is_empty() => {
            "publicKeyJwk is not valid JsonWebKey2020. x is required"
        }
        "OKP" => return Ok(()),
        _ => "publicKeyJwk is not valid JsonWebKey2020. kty is not OKP or RSA or EC",
    };
    Err(StudioError::bad_request(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const DID: &str = "did:cheqd:testnet:7bf81a20-633c-4cc7-bc4a-5a45801005e0";

    fn check(document: Value) -> Result<CheqdDid, String> {
        check_document(document.as_object().unwrap()).map_err(|error| error.to_string())
    }

    fn method() -> Value {
        let (id, kind) = (format!("{DID}#key-1"), "Ed25519VerificationKey2020");
        json!({"id": id, "type": kind, "controller": DID, "publicKeyMultibase": "z6Mk"})
    }

    #[test]
    fn documents_of_every_section_pass() {
        let jwk = |jwk: Value| {
            let id = format!("{DID}#{}", jwk["kty"].as_str().unwrap());
            json!({"id": id, "type": "JsonWebKey2020", "controller": DID, "publicKeyJwk": jwk})
        };
        let base58 = json!({"id": format!("{DID}#b"), "type": "Ed25519VerificationKey2018", "publicKeyBase58": "x"});
        let okp = jwk(json!({"kty": "OKP", "crv": "Ed25519", "x": "x"}));
        let methods = json!([
            method(),
            base58,
            okp,
            jwk(json!({"kty": "RSA"})),
            jwk(json!({"kty": "EC"}))
        ]);
        let service = json!([{"id": format!("{DID}#s"), "type": "T", "serviceEndpoint": "https://a.example"}]);
        for controller in [json!(DID), json!([DID]), json!(null), json!([])] {
            let document = json!({
                "id": DID, "controller": controller, "verificationMethod": methods, "service": service,
                "authentication": [format!("{DID}#key-1")],
            });
            assert_eq!(check(document).unwrap().as_str(), DID);
        }
        assert!(check(json!({"id": DID})).is_ok());
    }

    #[test]
    fn documents_are_refused_with_the_texts_of_the_contract() {
        for (document, expected) in [
            (json!({}), "didDocument.id is required"),
            (json!({"id": ""}), "didDocument.id is required"),
            (json!({"id": 1}), "DID should be a string"),
            (
                json!({"id": DID, "verificationMethod": {}}),
                "didDocument.verificationMethod must be an array",
            ),
            (
                json!({"id": DID, "controller": 1}),
                "didDocument.controller should be an array or just string",
            ),
            (
                json!({"id": DID, "controller": [{}]}),
                "didDocument.controller should be an array or just string",
            ),
            (
                json!({"id": DID, "controller": ["x"]}),
                "Invalid format of DID. Expected to start with did:<method>",
            ),
            (
                json!({"id": DID, "service": {}}),
                "Service should be an array",
            ),
            (
                json!({"id": DID, "verificationMethod": [method(), method()]}),
                "verificationMethod.id values are not unique",
            ),
        ] {
            assert_eq!(check(document.clone()), Err(expected.into()), "{document}");
        }
    }

    #[test]
    fn methods_are_refused_with_the_texts_of_the_contract() {
        let with = |name: &str, value: Value| {
            let mut method = method();
            method[name] = value;
            method
        };
        let jwk = |jwk: Value| json!({"id": format!("{DID}#k"), "type": "JsonWebKey2020", "publicKeyJwk": jwk});
        for (method, expected) in [
            (json!(1), "verificationMethod.id is required"),
            (with("id", json!(null)), "verificationMethod.id is required"),
            (
                with("type", json!("")),
                "verificationMethod.type is required",
            ),
            (
                with("id", json!(DID)),
                "verificationMethod.id has validation error: \
                 didDocument.<section>.id does not have right format. Expected DID#keyId",
            ),
            (
                with("type", json!("X")),
                "verificationMethod.type X is not supported",
            ),
            (
                with("publicKeyMultibase", json!(null)),
                "publicKeyMultibase is required for Ed25519VerificationKey2020",
            ),
            (
                with("type", json!("Ed25519VerificationKey2018")),
                "publicKeyBase58 is required for Ed25519VerificationKey2018",
            ),
            (
                with("type", json!("JsonWebKey2020")),
                "publicKeyJwk is required for JsonWebKey2020",
            ),
            (
                jwk(json!({})),
                "publicKeyJwk is not valid JsonWebKey2020. kty is not OKP or RSA or EC",
            ),
            (
                jwk(json!({"kty": "OKP", "crv": "X25519"})),
                "Cheqd ledger supports only Ed25519 curve for JsonWebKey2020",
            ),
            (
                jwk(json!({"kty": "OKP", "crv": "Ed25519"})),
                "publicKeyJwk is not valid JsonWebKey2020. x is required",
            ),
        ] {
            let prefix =
                "verificationMethod entries are not valid. Failed verification method checks: ";
            let error = check_verification_methods(&[method])
                .unwrap_err()
                .to_string();
            assert_eq!(error, format!("{prefix}{expected}"));
        }
    }
}
