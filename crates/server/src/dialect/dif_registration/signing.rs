//! Signing requests for the open slots of a ceremony, and the answers to them.
//!
//! The request for slot 3 is `signingRequest3`. Where any one of several methods can fill the slot there is a request
//! for each, `signingRequest3-0`, `signingRequest3-1`, …, and all of them say whose methods they are.

use std::collections::{BTreeMap, BTreeSet};

use did::{Did, Document, DocumentJson, MethodId, OperationKind, PublicKey, proto};
use registrar::RegistrarError;
use registrar::ceremony::{Ceremony, Offered, Slot, SlotKeys, SlotState, Statement};
use serde_json::{Value, json};

use super::algorithm;
use super::answer::SigningRequest;
use super::error::RegistrationError;
use super::secrets::{Signatures, SigningResponse};
use crate::app::App;

/// One request for each method that can fill an open slot.
pub(super) fn requests(
    app: &App,
    ceremony: &Ceremony,
) -> Result<BTreeMap<String, SigningRequest>, RegistrationError> {
    let authenticating = authenticating(app, ceremony)?;
    let mut shown = BTreeSet::new();
    let mut requests = BTreeMap::new();
    for slot in ceremony.slots.iter().filter(|slot| is_open(slot)) {
        let Some(statement) = ceremony.statements.get(slot.statement) else {
            continue;
        };
        let serialized_payload = algorithm::to_base64(&statement.payload);
        for (position, (method, key)) in slot.keys.methods().into_iter().enumerate() {
            let request = SigningRequest {
                kid: method.to_string(),
                alg: algorithm::name(key),
                purpose: authenticating
                    .contains(method.as_str())
                    .then_some("authentication"),
                // Once for each statement: documents can be long, and have many signers.
                payload: shown
                    .insert(slot.statement)
                    .then(|| readable(&ceremony.did, statement)),
                serialized_payload: serialized_payload.clone(),
                one_of: is_one_of(slot).then(|| slot.signer.to_string()),
            };
            requests.insert(id(slot, position), request);
        }
    }
    Ok(requests)
}

/// What a client is to do, for a person.
pub(super) fn description(requests: &BTreeMap<String, SigningRequest>) -> String {
    let mut text = "Sign serializedPayload of each signing request with the key of its kid, and send the signatures in \
                    secret.signingResponse, with the jobId."
        .to_owned();
    if requests.values().any(|request| request.one_of.is_some()) {
        text += " Of the requests with the same oneOf, one is enough.";
    }
    text
}

/// The signatures as a ceremony takes them. Where one of several methods is enough, more of them do no harm: a client
/// may answer everything that it was asked.
pub(super) fn offered(
    ceremony: &Ceremony,
    signatures: Signatures,
) -> Result<Vec<Offered>, RegistrationError> {
    let mut offered = Vec::with_capacity(signatures.len());
    let mut strangers = Vec::new();
    let mut invalid = Vec::new();
    for (id, response) in signatures {
        let Some((slot, method, key)) = asked(ceremony, &id, response.kid.as_deref()) else {
            strangers.push(match response.kid {
                Some(kid) => format!("{id} ({kid})"),
                None => id,
            });
            continue;
        };
        let offer = offer(ceremony, slot, method, key, response)?;
        match is_surplus(slot, &offer, &offered) {
            false => offered.push(offer),
            // The ceremony will not see it, and a wrong one is wrong all the same.
            true if verifies(ceremony, slot, key, &offer) => {}
            true => invalid.push(offer.method.to_string()),
        }
    }
    if strangers.is_empty() && invalid.is_empty() {
        return Ok(offered);
    }
    Err(RegistrationError::Signatures {
        reason: refusal(&strangers, &invalid),
        missing: Vec::new(),
        invalid,
        unexpected: strangers,
    })
}

/// Whether another method has filled the slot, or is about to.
fn is_surplus(slot: &Slot, offer: &Offered, before: &[Offered]) -> bool {
    let filled = match &slot.state {
        SlotState::Signed { method, .. } => *method != offer.method,
        _ => before.iter().any(|other| other.slot == offer.slot),
    };
    is_one_of(slot) && filled
}

fn refusal(strangers: &[String], invalid: &[String]) -> String {
    let mut parts = Vec::new();
    if !invalid.is_empty() {
        parts.push(format!(
            "the signature does not verify for {}",
            invalid.join(", ")
        ));
    }
    if !strangers.is_empty() {
        parts.push(format!("nobody has asked for {}", strangers.join(", ")));
    }
    format!("no signature was taken: {}", parts.join("; "))
}

fn verifies(ceremony: &Ceremony, slot: &Slot, key: &PublicKey, offer: &Offered) -> bool {
    key.verify(payload(ceremony, slot), &offer.bytes).is_ok()
}

fn payload<'a>(ceremony: &'a Ceremony, slot: &Slot) -> &'a [u8] {
    let statement = ceremony.statements.get(slot.statement);
    statement.map_or(&[], |statement| &statement.payload)
}

fn offer(
    ceremony: &Ceremony,
    slot: &Slot,
    method: &MethodId,
    key: &PublicKey,
    response: SigningResponse,
) -> Result<Offered, RegistrationError> {
    if let Some(alg) = &response.alg
        && !algorithm::is_called(key, alg)
    {
        return Err(RegistrationError::options(format!(
            "alg of {method} should be {}",
            algorithm::name(key)
        )));
    }
    Ok(Offered {
        slot: Some(slot.number),
        method: method.clone(),
        bytes: algorithm::as_on_ledger(key, payload(ceremony, slot), response.signature),
    })
}

/// The slot and the method that a response is for. One that is signed is asked for as well: what was sent before may be
/// sent again.
fn asked<'a>(
    ceremony: &'a Ceremony,
    request: &str,
    kid: Option<&str>,
) -> Option<(&'a Slot, &'a MethodId, &'a PublicKey)> {
    let mut found = ceremony.slots.iter().flat_map(|slot| {
        let methods = slot.keys.methods().into_iter().enumerate();
        methods.filter_map(move |(position, (method, key))| {
            let same_request = id(slot, position) == request;
            // The methods of others may have changed between two calls: who has signed is sure, the number is not.
            let same_slot = is_one_of(slot) && id_of_slot(request) == Some(slot.number);
            let same_kid = kid.map(|kid| MethodId::parse(kid).ok().as_ref() == Some(method));
            match same_kid {
                Some(same_kid) => {
                    (same_kid && (same_request || same_slot)).then_some((slot, method, key))
                }
                None => same_request.then_some((slot, method, key)),
            }
        })
    });
    found.next()
}

const PREFIX: &str = "signingRequest";

fn id(slot: &Slot, position: usize) -> String {
    if is_one_of(slot) {
        format!("{PREFIX}{}-{position}", slot.number)
    } else {
        format!("{PREFIX}{}", slot.number)
    }
}

fn id_of_slot(request: &str) -> Option<u32> {
    let (number, _) = request.strip_prefix(PREFIX)?.split_once('-')?;
    number.parse().ok()
}

fn is_one_of(slot: &Slot) -> bool {
    matches!(slot.keys, SlotKeys::AnyOf(_))
}

fn is_open(slot: &Slot) -> bool {
    match slot.state {
        SlotState::Missing | SlotState::Requested | SlotState::Refused { .. } => true,
        SlotState::Signed { .. } | SlotState::NotNeeded => false,
    }
}

/// The methods that authenticate, of all who sign: those of their documents on the ledger, and of the new document.
fn authenticating(app: &App, ceremony: &Ceremony) -> Result<BTreeSet<String>, RegistrationError> {
    let ledger = app
        .networks
        .of(&ceremony.did)
        .map_err(RegistrarError::from)?;
    let signers: BTreeSet<&Did> = ceremony.slots.iter().map(|slot| &slot.signer).collect();
    let mut methods = BTreeSet::new();
    for signer in signers {
        if let Some(state) = ledger.state(signer).map_err(RegistrarError::from)? {
            methods.extend(state.document.proto().authentication.iter().cloned());
        }
    }
    for statement in &ceremony.statements {
        methods.extend(
            document(statement)
                .into_iter()
                .flat_map(|new| new.authentication),
        );
    }
    Ok(methods)
}

/// The payload for people to read.
fn readable(did: &Did, statement: &Statement) -> Value {
    let version_id = &statement.version_id;
    match document(statement) {
        None => json!({"id": did.as_str(), "versionId": version_id}),
        Some(document) => {
            let mut value = serde_json::to_value(DocumentJson(&document)).unwrap_or_default();
            value["versionId"] = version_id.as_str().into();
            value
        }
    }
}

fn document(statement: &Statement) -> Option<proto::DidDoc> {
    match statement.kind {
        OperationKind::Deactivate | OperationKind::CreateResource => None,
        OperationKind::Create | OperationKind::Update => {
            let document = Document::restore(&statement.payload).ok()?;
            Some(document.proto().clone())
        }
    }
}
