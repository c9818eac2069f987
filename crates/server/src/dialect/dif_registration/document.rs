//! DID documents of requests: what may be left out is filled in, the rest is read as strictly as everywhere.

use did::{Did, document_from_json, proto};
use registrar::{NewMethod, Relationship};
use serde_json::{Map, Value};

use super::error::{ErrorName, RegistrationError};
use super::members::Members;

const RELATIONSHIPS: [(&str, Relationship); 5] = [
    ("authentication", Relationship::Authentication),
    ("assertionMethod", Relationship::Assertion),
    ("capabilityInvocation", Relationship::CapabilityInvocation),
    ("capabilityDelegation", Relationship::CapabilityDelegation),
    ("keyAgreement", Relationship::KeyAgreement),
];

/// The DID that a document names as its own; `None` where it names none.
pub(super) fn id_of(document: &Value) -> Result<Option<Did>, RegistrationError> {
    match document.get("id") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => did(text).map(Some),
        Some(_) => Err(RegistrationError::document(
            "didDocument.id should be a string",
        )),
    }
}

/// A DID of this method.
pub(super) fn did(text: &str) -> Result<Did, RegistrationError> {
    if let Some(method) = text
        .strip_prefix("did:")
        .and_then(|rest| rest.split(':').next())
        .filter(|method| !method.is_empty() && *method != did::METHOD)
    {
        return Err(other_method(method));
    }
    let parsed =
        Did::parse(text).map_err(|error| RegistrationError::did(format!("not a DID: {error}")))?;
    match parsed.namespace() {
        Some(_) => Ok(parsed),
        None => Err(RegistrationError::did(
            "the DID names no network; it should start with did:cheqd:testnet: or did:cheqd:mainnet:",
        )),
    }
}

/// The refusal of a DID method.
pub(super) fn other_method(method: &str) -> RegistrationError {
    let method: String = method.chars().take(40).collect();
    RegistrationError::Input {
        name: ErrorName::MethodNotSupported,
        reason: format!("the DID method {method} is not supported; the one here is cheqd"),
    }
}

/// Reads the document of a DID. `id`, the controllers of methods, and the DID in front of ids may be left out.
pub(super) fn whole(document: Value, did: &Did) -> Result<proto::DidDoc, RegistrationError> {
    read(completed(document, did)?)
}

/// The same of what is to be removed: of methods and services nothing but the ids is looked at.
pub(super) fn removal(document: Value, did: &Did) -> Result<proto::DidDoc, RegistrationError> {
    let mut members = completed(document, did)?;
    let ids = |members: &mut Map<String, Value>, name: &str| match members.remove(name) {
        None => Ok(Vec::new()),
        Some(Value::Array(entries)) => entries
            .iter()
            .map(|entry| {
                let id = entry.get("id").unwrap_or(entry).as_str();
                id.map(|id| absolute(id, did)).ok_or_else(|| {
                    RegistrationError::document(format!(
                        "didDocument.{name}: each entry needs an id"
                    ))
                })
            })
            .collect::<Result<Vec<String>, RegistrationError>>(),
        Some(_) => Err(RegistrationError::document(format!(
            "didDocument.{name} must be an array"
        ))),
    };
    let methods = ids(&mut members, "verificationMethod")?;
    let services = ids(&mut members, "service")?;
    let mut less = read(members)?;
    less.verification_method = methods
        .into_iter()
        .map(|id| proto::VerificationMethod {
            id,
            ..proto::VerificationMethod::default()
        })
        .collect();
    less.service = services
        .into_iter()
        .map(|id| proto::Service {
            id,
            ..proto::Service::default()
        })
        .collect();
    Ok(less)
}

/// A method that a client describes: a template, or the public data of a key that it holds.
pub(super) struct MethodInput {
    id: Option<String>,
    controller: Option<String>,
    relationships: Vec<Relationship>,
    /// Its type and, of a key that the client holds, its key.
    rest: Members,
}

impl MethodInput {
    pub(super) fn of(value: Value, place: &str) -> Result<MethodInput, RegistrationError> {
        let mut members = Members::of(value, place)?;
        let relationships = match members.texts("purpose")? {
            None => vec![Relationship::Authentication],
            Some(names) => names
                .iter()
                .map(|name| relationship(name))
                .collect::<Result<_, _>>()?,
        };
        Ok(MethodInput {
            id: members.text("id")?,
            controller: members.text("controller")?,
            relationships,
            rest: members,
        })
    }

    /// A method whose key is made here.
    pub(super) fn template(
        mut self,
        document: &proto::DidDoc,
    ) -> Result<NewMethod, RegistrationError> {
        let did = &document.id;
        let kind = self.rest.text("type")?;
        let method_type = match kind.as_deref() {
            None => did::MethodType::Ed25519VerificationKey2020,
            Some(name) => name.parse().map_err(|_| {
                RegistrationError::options(
                    "the type of a verification method should be Ed25519VerificationKey2018, \
                     Ed25519VerificationKey2020 or JsonWebKey2020",
                )
            })?,
        };
        self.rest.finish()?;
        Ok(NewMethod {
            id: self
                .id
                .map_or_else(|| free_id(document), |id| prefixed(&id, did)),
            method_type,
            controller: self.controller.unwrap_or_else(|| did.clone()),
            relationships: self.relationships,
        })
    }

    /// Writes a method whose key the client holds into a document.
    pub(super) fn write_into(
        self,
        document: &mut proto::DidDoc,
        did: &Did,
    ) -> Result<(), RegistrationError> {
        let id = match &self.id {
            Some(id) => absolute(id, did),
            None => free_id(document),
        };
        let mut method: Map<String, Value> = self.rest.rest().collect();
        method.insert("id".into(), id.clone().into());
        if let Some(controller) = self.controller {
            method.insert("controller".into(), controller.into());
        }
        let mut one = Map::new();
        one.insert(
            "verificationMethod".into(),
            vec![Value::Object(method)].into(),
        );
        let mut read = whole(one.into(), did)?;
        document
            .verification_method
            .append(&mut read.verification_method);
        for relationship in self.relationships {
            let entries = relationship.of_document(document);
            if !entries.contains(&id) {
                entries.push(id.clone());
            }
        }
        Ok(())
    }
}

/// An empty document of a new DID, which controls itself.
pub(super) fn empty(did: &Did) -> proto::DidDoc {
    proto::DidDoc {
        id: did.to_string(),
        controller: vec![did.to_string()],
        ..proto::DidDoc::default()
    }
}

fn relationship(name: &str) -> Result<Relationship, RegistrationError> {
    let known = RELATIONSHIPS.iter().find(|(known, _)| *known == name);
    known.map(|(_, relationship)| *relationship).ok_or_else(|| {
        let names = RELATIONSHIPS.map(|(name, _)| name).join(", ");
        RegistrationError::options(format!("purpose should be among: {names}"))
    })
}

/// The first `#key-n` that the document does not have.
fn free_id(document: &proto::DidDoc) -> String {
    let id = |number: usize| format!("{}#key-{number}", document.id);
    let taken = |id: &String| {
        let mut methods = document.verification_method.iter();
        methods.any(|method| method.id == *id)
    };
    let number = (1..=document.verification_method.len())
        .find(|number| !taken(&id(*number)))
        .unwrap_or(document.verification_method.len() + 1);
    id(number)
}

fn absolute(id: &str, did: &Did) -> String {
    prefixed(id, did.as_str())
}

fn prefixed(id: &str, did: &str) -> String {
    if id.starts_with('#') {
        format!("{did}{id}")
    } else {
        id.to_owned()
    }
}

/// The members of a document, with what was left out.
fn completed(document: Value, did: &Did) -> Result<Map<String, Value>, RegistrationError> {
    if let Some(id) = id_of(&document)?
        && id != *did
    {
        let reason = format!("didDocument.id is {id}, and the request is about {did}");
        return Err(RegistrationError::document(reason));
    }
    let Value::Object(mut members) = document else {
        return Err(RegistrationError::document(
            "didDocument should be a JSON object",
        ));
    };
    members.retain(|_, value| !value.is_null());
    members
        .entry("id")
        .or_insert_with(|| Value::from(did.as_str()));
    for section in ["verificationMethod", "service"] {
        let entries = members.get_mut(section).and_then(Value::as_array_mut);
        for entry in entries.into_iter().flatten() {
            complete_entry(entry, section, did);
        }
    }
    for (name, _) in RELATIONSHIPS {
        let entries = members.get_mut(name).and_then(Value::as_array_mut);
        for entry in entries.into_iter().flatten() {
            if let Value::String(id) = entry {
                *id = absolute(id, did);
            }
        }
    }
    Ok(members)
}

fn complete_entry(entry: &mut Value, section: &str, did: &Did) {
    let Value::Object(entry) = entry else { return };
    entry.retain(|_, value| !value.is_null());
    if let Some(Value::String(id)) = entry.get_mut("id") {
        *id = absolute(id, did);
    }
    if section == "verificationMethod" {
        entry
            .entry("controller")
            .or_insert_with(|| Value::from(did.as_str()));
    }
}

fn read(members: Map<String, Value>) -> Result<proto::DidDoc, RegistrationError> {
    document_from_json(&Value::Object(members))
        .map_err(|error| RegistrationError::document(format!("didDocument: {error}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const DID: &str = "did:cheqd:testnet:7bf81a20-633c-4cc7-bc4a-5a45801005e0";

    fn subject() -> Did {
        Did::parse(DID).unwrap()
    }

    fn refused<T>(result: Result<T, RegistrationError>) -> RegistrationError {
        match result {
            Err(fault) => fault,
            Ok(_) => panic!("taken"),
        }
    }

    #[test]
    fn what_is_left_out_of_a_document_is_filled_in() {
        let document = json!({
            "verificationMethod": [{
                "id": "#key-1", "type": "Ed25519VerificationKey2020", "publicKeyMultibase": "z6Mk",
            }],
            "authentication": ["#key-1"],
            "service": [{"id": "#s", "type": "T", "serviceEndpoint": "https://a.example", "priority": null}],
            "controller": null,
        });
        let read = whole(document, &subject()).unwrap();
        assert_eq!(read.id, DID);
        assert_eq!(read.verification_method[0].id, format!("{DID}#key-1"));
        assert_eq!(read.verification_method[0].controller, DID);
        assert_eq!(read.authentication, [format!("{DID}#key-1")]);
        assert_eq!(read.service[0].id, format!("{DID}#s"));
    }

    #[test]
    fn a_document_of_another_did_is_refused() {
        let other = "did:cheqd:testnet:00000000-0000-4000-8000-000000000000";
        let fault = refused(whole(json!({"id": other}), &subject()));
        assert!(fault.to_string().contains(other), "{fault}");
        // Another text of the same DID is the same DID.
        let upper = DID.replace("7bf81a20", "7BF81A20");
        assert!(whole(json!({"id": upper}), &subject()).is_ok());
    }

    #[test]
    fn dids_of_other_methods_and_without_a_network_have_errors_of_their_own() {
        for (text, name) in [
            ("did:web:example.com", ErrorName::MethodNotSupported),
            ("did:cheqd:x", ErrorName::InvalidDid),
            (
                "did:cheqd:7bf81a20-633c-4cc7-bc4a-5a45801005e0",
                ErrorName::InvalidDid,
            ),
            ("x", ErrorName::InvalidDid),
        ] {
            assert_eq!(refused(did(text)).name(), name, "{text}");
        }
    }

    #[test]
    fn what_is_removed_needs_no_more_than_an_id() {
        let less =
            json!({"verificationMethod": [{"id": "#key-1"}, "#key-2"], "service": [{"id": "#s"}]});
        let read = removal(less, &subject()).unwrap();
        let ids: Vec<_> = read
            .verification_method
            .iter()
            .map(|method| &method.id)
            .collect();
        assert_eq!(ids, [&format!("{DID}#key-1"), &format!("{DID}#key-2")]);
        assert_eq!(read.service[0].id, format!("{DID}#s"));
        refused(removal(json!({"service": [{"type": "T"}]}), &subject()));
    }

    #[test]
    fn a_template_gets_a_free_id_and_the_usual_type() {
        let mut document = empty(&subject());
        let key_2 = MethodInput::of(
            json!({"id": "#key-2", "type": "JsonWebKey2020", "purpose": ["keyAgreement"],
                   "publicKeyJwk": {"kty": "OKP"}}),
            "x",
        );
        key_2
            .unwrap()
            .write_into(&mut document, &subject())
            .unwrap();
        assert_eq!(document.key_agreement, [format!("{DID}#key-2")]);
        let made = MethodInput::of(json!({}), "x")
            .unwrap()
            .template(&document)
            .unwrap();
        assert_eq!(made.id, format!("{DID}#key-1"));
        assert_eq!(made.controller, DID);
        assert_eq!(made.relationships, [Relationship::Authentication]);
        for wrong in [
            json!({"type": "X"}),
            json!({"purpose": ["signing"]}),
            json!({"publicKeyJwk": {}}),
        ] {
            refused(MethodInput::of(wrong, "x").and_then(|input| input.template(&document)));
        }
    }
}
