//! Signed messages as JSON, in the names of the protocol buffers. Unknown fields are refused: what is not read would
//! not be signed either.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use did::proto::resource::{self, MsgCreateResource, MsgCreateResourcePayload};
use did::proto::{self, SignInfo};
use did::{BoundVersion, Operation, OperationKind, Proposal};
use serde::Deserialize;
use serde_json::Value;

use super::error::AtroposError;
use crate::http::request::json;

/// The operations of a request: one message, or `{"operations": [message, …]}`.
pub(super) fn proposals(
    value: Value,
    operations_max: usize,
) -> Result<Vec<Proposal>, AtroposError> {
    let is_list = value
        .as_object()
        .is_some_and(|members| members.contains_key("operations"));
    if !is_list {
        return Ok(vec![proposal(value, 0)?]);
    }
    let Batch { operations } = shape(value, None)?;
    if operations.is_empty() || operations.len() > operations_max {
        let reason = format!(
            "a submission has 1 to {operations_max} operations, this one has {}",
            operations.len()
        );
        return Err(AtroposError::malformed(None, reason));
    }
    (0..)
        .zip(operations)
        .map(|(position, value)| proposal(value, position))
        .collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch {
    operations: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    #[serde(rename = "@type")]
    type_url: String,
    payload: Value,
    signatures: Vec<Signature>,
    bound_preimage: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    verification_method_id: String,
    signature: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeactivatePayload {
    id: String,
    version_id: String,
}

/// The payload of create and update, which have the same fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentPayload {
    #[serde(default)]
    context: Vec<String>,
    id: String,
    #[serde(default)]
    controller: Vec<String>,
    #[serde(default)]
    verification_method: Vec<VerificationMethod>,
    #[serde(default)]
    authentication: Vec<String>,
    #[serde(default)]
    assertion_method: Vec<String>,
    #[serde(default)]
    capability_invocation: Vec<String>,
    #[serde(default)]
    capability_delegation: Vec<String>,
    #[serde(default)]
    key_agreement: Vec<String>,
    #[serde(default)]
    service: Vec<Service>,
    #[serde(default)]
    also_known_as: Vec<String>,
    version_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VerificationMethod {
    id: String,
    verification_method_type: String,
    controller: String,
    verification_material: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Service {
    id: String,
    service_type: String,
    #[serde(default)]
    service_endpoint: Vec<String>,
    #[serde(default)]
    recipient_keys: Vec<String>,
    #[serde(default)]
    routing_keys: Vec<String>,
    #[serde(default)]
    accept: Vec<String>,
    #[serde(default)]
    priority: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResourcePayload {
    data: String,
    collection_id: String,
    id: String,
    name: String,
    #[serde(default)]
    version: String,
    resource_type: String,
    #[serde(default)]
    also_known_as: Vec<AlternativeUri>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AlternativeUri {
    uri: String,
    #[serde(default)]
    description: String,
}

/// The kind of a type URL, or of its last word: `create`, `MsgCreateDidDoc`, `/cheqd.did.v2.MsgCreateDidDoc`.
pub(super) fn kind_of(name: &str) -> Option<OperationKind> {
    OperationKind::ALL.into_iter().find(|kind| {
        let url = kind.type_url();
        let message = url.rsplit('.').next().unwrap_or_default();
        [url, message, kind.as_str()].contains(&name)
    })
}

fn proposal(value: Value, position: usize) -> Result<Proposal, AtroposError> {
    let message: Message = shape(value, Some(position))?;
    let wrong = |reason: String| AtroposError::malformed(Some(position), reason);
    let kind = OperationKind::of_type_url(&message.type_url).ok_or_else(|| {
        wrong(
            "@type should be /cheqd.did.v2.MsgCreateDidDoc, MsgUpdateDidDoc or MsgDeactivateDidDoc, or \
             /cheqd.resource.v2.MsgCreateResource"
                .into(),
        )
    })?;
    let bound = match message.bound_preimage.as_deref() {
        Some(preimage) => {
            let bytes = base64(preimage, "bound_preimage").map_err(wrong)?;
            Some(BoundVersion::decode(&bytes).map_err(|error| wrong(error.to_string()))?)
        }
        None => None,
    };
    let signatures = message.signatures.into_iter().map(|signature| {
        Ok(SignInfo {
            verification_method_id: signature.verification_method_id,
            signature: base64(&signature.signature, "signature")?,
        })
    });
    let signatures = signatures
        .collect::<Result<Vec<_>, String>>()
        .map_err(wrong)?;
    let operation = match kind {
        OperationKind::Create | OperationKind::Update => {
            let payload = Some(document(shape(message.payload, Some(position))?));
            match kind {
                OperationKind::Create => Operation::from_create(proto::MsgCreateDidDoc {
                    payload,
                    signatures,
                }),
                _ => Operation::from_update(proto::MsgUpdateDidDoc {
                    payload,
                    signatures,
                }),
            }
        }
        OperationKind::Deactivate => {
            let DeactivatePayload { id, version_id } = shape(message.payload, Some(position))?;
            let payload = Some(proto::MsgDeactivateDidDocPayload { id, version_id });
            Operation::from_deactivate(proto::MsgDeactivateDidDoc {
                payload,
                signatures,
            })
        }
        OperationKind::CreateResource => {
            let payload = resource(shape(message.payload, Some(position))?).map_err(wrong)?;
            Operation::from_create_resource(MsgCreateResource {
                payload: Some(payload),
                signatures,
            })
        }
    };
    match operation {
        Ok(operation) => Ok(Proposal { operation, bound }),
        Err(rejection) => Err(AtroposError::Rejected {
            position,
            rejection,
        }),
    }
}

fn resource(payload: ResourcePayload) -> Result<MsgCreateResourcePayload, String> {
    let uris = payload.also_known_as.into_iter();
    let uris = uris.map(|other| resource::AlternativeUri {
        uri: other.uri,
        description: other.description,
    });
    Ok(MsgCreateResourcePayload {
        data: base64(&payload.data, "data")?,
        collection_id: payload.collection_id,
        id: payload.id,
        name: payload.name,
        version: payload.version,
        resource_type: payload.resource_type,
        also_known_as: uris.collect(),
    })
}

fn document(payload: DocumentPayload) -> proto::MsgCreateDidDocPayload {
    let method = |method: VerificationMethod| proto::VerificationMethod {
        id: method.id,
        verification_method_type: method.verification_method_type,
        controller: method.controller,
        verification_material: method.verification_material,
    };
    let service = |service: Service| proto::Service {
        id: service.id,
        service_type: service.service_type,
        service_endpoint: service.service_endpoint,
        recipient_keys: service.recipient_keys,
        routing_keys: service.routing_keys,
        accept: service.accept,
        priority: service.priority,
    };
    proto::MsgCreateDidDocPayload {
        context: payload.context,
        id: payload.id,
        controller: payload.controller,
        verification_method: payload
            .verification_method
            .into_iter()
            .map(method)
            .collect(),
        authentication: payload.authentication,
        assertion_method: payload.assertion_method,
        capability_invocation: payload.capability_invocation,
        capability_delegation: payload.capability_delegation,
        key_agreement: payload.key_agreement,
        service: payload.service.into_iter().map(service).collect(),
        also_known_as: payload.also_known_as,
        version_id: payload.version_id,
    }
}

fn shape<T: serde::de::DeserializeOwned>(
    value: Value,
    position: Option<usize>,
) -> Result<T, AtroposError> {
    json::typed(value).map_err(|error| AtroposError::malformed(position, error.to_string()))
}

fn base64(text: &str, name: &str) -> Result<Vec<u8>, String> {
    STANDARD
        .decode(text)
        .map_err(|_| format!("{name} should be base64 with padding (RFC 4648, section 4)"))
}
