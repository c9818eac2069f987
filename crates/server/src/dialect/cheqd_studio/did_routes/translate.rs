//! Requests of this dialect as the registrar takes them, and its answers as this dialect gives them.

use std::collections::BTreeSet;

use did::{Did, document_from_json, proto};
use registrar::{
    Change, Create, IdFormat, Import, ImportKey, KeyChoice, Managed, ManagedKey, NewDid,
    NewDocument, Sections, Update,
};
use serde_json::{Map, Value, json};

use super::super::did::{CheqdDid, IdentifierFormat};
use super::super::error::StudioError;
use super::super::key_routes::{decode_private_key, held};
use super::super::requests::{CreateDid, DocumentInput, ImportDid, UpdateDid};
use super::super::responses::{ControllerKey, IdentifierResult, KeyResult, Service};
use super::super::services::NewService;
use super::signing_keys;

/// The text of cheqd Studio for an update that leaves no key.
const NO_METHOD: &str =
    "updateDID: error: [updateIdentifier]: VerificationMethod should be placed and not be empty";

pub(super) fn create(request: CreateDid) -> Result<Create, StudioError> {
    Ok(match request {
        CreateDid::Parameters {
            network,
            format,
            method_type,
            key,
            contexts,
            services,
        } => Create::Parameters(NewDid {
            network: network.to_string(),
            id_format: match format {
                IdentifierFormat::Uuid => IdFormat::Uuid,
                IdentifierFormat::Base58btc => IdFormat::Base58btc,
            },
            method_type,
            key: key_choice(key),
            services: services.into_iter().map(new_service).collect(),
            contexts,
        }),
        CreateDid::Document {
            input,
            method_type,
            key,
        } => Create::Document(NewDocument {
            document: document(input)?,
            method_type,
            key: key_choice(key),
        }),
    })
}

pub(super) fn update(request: UpdateDid) -> Result<Update, StudioError> {
    Ok(match request {
        UpdateDid::Document {
            input,
            public_key_hexs,
        } => Update {
            did: did(&input.did)?,
            change: Change::Document(document(input)?),
            keys: signing_keys(public_key_hexs),
        },
        UpdateDid::Sections {
            did: subject,
            services,
            verification_methods,
            authentication,
            public_key_hexs,
        } => {
            if verification_methods.as_ref().is_some_and(Vec::is_empty) {
                return Err(StudioError::bad_request(NO_METHOD));
            }
            let read = |name: &str, list: Vec<Value>| {
                read_document(json!({"id": subject.as_str(), name: list}))
            };
            let services = services.map(|list| read("service", list)).transpose()?;
            let methods = verification_methods
                .map(|list| read("verificationMethod", list))
                .transpose()?;
            let sections = Sections {
                services: services.map(|document| document.service),
                verification_methods: methods.map(|document| document.verification_method),
                authentication,
            };
            let keys = signing_keys(public_key_hexs);
            Update {
                did: did(&subject)?,
                change: Change::Sections(sections),
                keys,
            }
        }
    })
}

pub(super) fn import(request: ImportDid) -> Result<Import, StudioError> {
    let keys = request.keys.into_iter().map(|key| {
        if key.encryption.is_some() {
            let text = "Encrypted import is not configured on this server: send the keys with encrypted set to false, \
                        over TLS";
            return Err(StudioError::bad_request(text));
        }
        let private_key = decode_private_key(&key.private_key_hex)?;
        Ok(ImportKey { algorithm: held(key.key_type)?, private_key, alias: key.alias })
    });
    let keys = keys.collect::<Result<_, _>>()?;
    Ok(Import {
        did: did(&request.did)?,
        keys,
        first_key: request.controller_key_id,
    })
}

/// A DID in normal form.
pub(in crate::dialect::cheqd_studio) fn did(did: &CheqdDid) -> Result<Did, StudioError> {
    Did::parse(did.as_str()).map_err(|error| StudioError::bad_request(error.to_string()))
}

/// What create, update and import answer. The key named `first` comes first, if it is there.
pub(super) fn identifier(
    managed: &Managed,
    provider: String,
    first: Option<&str>,
) -> IdentifierResult {
    let mut known = BTreeSet::new();
    let mut keys: Vec<&ManagedKey> = managed
        .keys
        .iter()
        .filter(|key| known.insert(&key.key.kid))
        .collect();
    keys.sort_by_key(|key| first.is_none_or(|first| !first.eq_ignore_ascii_case(&key.key.kid)));
    let keys: Vec<KeyResult> = keys
        .into_iter()
        .map(|key| KeyResult::of(key.key.kid.clone(), key.key.algorithm))
        .collect();
    let refs: Vec<String> = keys.iter().map(|key| key.kid.clone()).collect();
    let controller_key = |key: &KeyResult| ControllerKey {
        key: key.clone(),
        controller: managed.did.to_string(),
    };
    IdentifierResult {
        did: managed.did.to_string(),
        controller_key_id: refs.first().cloned().unwrap_or_default(),
        controller_keys: keys.iter().map(controller_key).collect(),
        controller_key_refs: refs,
        keys,
        services: managed
            .document
            .proto()
            .service
            .iter()
            .map(service)
            .collect(),
        provider,
    }
}

fn key_choice(key: Option<String>) -> KeyChoice {
    key.map_or(KeyChoice::Generate, KeyChoice::Existing)
}

fn document(input: DocumentInput) -> Result<proto::DidDoc, StudioError> {
    read_document(Value::Object(input.document))
}

/// Reads a document. Members that are `null` count as not sent, as everywhere in this dialect.
fn read_document(mut document: Value) -> Result<proto::DidDoc, StudioError> {
    let without_null = |map: &mut Map<String, Value>| map.retain(|_, value| !value.is_null());
    if let Some(members) = document.as_object_mut() {
        without_null(members);
        for section in ["verificationMethod", "service"] {
            let entries = members.get_mut(section).and_then(Value::as_array_mut);
            entries
                .into_iter()
                .flatten()
                .filter_map(Value::as_object_mut)
                .for_each(without_null);
        }
    }
    document_from_json(&document)
        .map_err(|error| StudioError::bad_request(format!("didDocument: {error}")))
}

fn new_service(service: NewService) -> proto::Service {
    proto::Service {
        id: service.id_fragment,
        service_type: service.service_type,
        service_endpoint: service.endpoints,
        recipient_keys: service.recipient_keys.unwrap_or_default(),
        routing_keys: service.routing_keys.unwrap_or_default(),
        accept: service.accept.unwrap_or_default(),
        priority: service.priority.unwrap_or_default(),
    }
}

fn service(service: &proto::Service) -> Service {
    let given = |list: &Vec<String>| (!list.is_empty()).then(|| list.clone());
    Service {
        id: service.id.clone(),
        service_type: service.service_type.clone(),
        service_endpoint: service.service_endpoint.clone(),
        priority: (service.priority != 0).then_some(service.priority),
        recipient_keys: given(&service.recipient_keys),
        routing_keys: given(&service.routing_keys),
        accept: given(&service.accept),
    }
}
