//! Writing documents.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::ordered::Ordered;
use crate::method::MethodType;
use crate::proto::{DidDoc, Service, VerificationMethod};

/// A document that serialises to its JSON form, straight from the message.
///
/// Nothing is checked and no key is parsed. Lists are arrays, empty ones and a priority of 0 are left out.
/// The text of a JWK becomes an object, members in the order of the text; if it is not JSON it stays a text.
#[derive(Debug, Clone, Copy)]
pub struct DocumentJson<'a>(pub &'a DidDoc);

impl Serialize for DocumentJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let document = self.0;
        let mut map = serializer.serialize_map(None)?;
        list(&mut map, "@context", &document.context)?;
        map.serialize_entry("id", &document.id)?;
        list(&mut map, "controller", &document.controller)?;
        if !document.verification_method.is_empty() {
            map.serialize_entry(
                "verificationMethod",
                &Each(&document.verification_method, MethodJson),
            )?;
        }
        list(&mut map, "authentication", &document.authentication)?;
        list(&mut map, "assertionMethod", &document.assertion_method)?;
        list(
            &mut map,
            "capabilityInvocation",
            &document.capability_invocation,
        )?;
        list(
            &mut map,
            "capabilityDelegation",
            &document.capability_delegation,
        )?;
        list(&mut map, "keyAgreement", &document.key_agreement)?;
        if !document.service.is_empty() {
            map.serialize_entry("service", &Each(&document.service, ServiceJson))?;
        }
        list(&mut map, "alsoKnownAs", &document.also_known_as)?;
        map.end()
    }
}

/// Serialises every element of a list through a wrapper.
struct Each<'a, T, W>(&'a [T], fn(&'a T) -> W);

impl<'a, T, W: Serialize> Serialize for Each<'a, T, W> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(self.1))
    }
}

/// One method of a document, as [`DocumentJson`] writes it.
#[derive(Debug, Clone, Copy)]
pub struct MethodJson<'a>(pub &'a VerificationMethod);

impl Serialize for MethodJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let method = self.0;
        let material = &method.verification_material;
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("id", &method.id)?;
        map.serialize_entry("type", &method.verification_method_type)?;
        map.serialize_entry("controller", &method.controller)?;
        let method_type: Option<MethodType> = method.verification_method_type.parse().ok();
        let property = method_type.map_or("verificationMaterial", MethodType::key_property);
        match method_type {
            Some(MethodType::JsonWebKey2020) => match serde_json::from_str::<Ordered>(material) {
                Ok(jwk) => map.serialize_entry(property, &jwk)?,
                Err(_) => map.serialize_entry(property, material)?,
            },
            Some(
                MethodType::Ed25519VerificationKey2018 | MethodType::Ed25519VerificationKey2020,
            )
            | None => map.serialize_entry(property, material)?,
        }
        map.end()
    }
}

/// One service of a document, as [`DocumentJson`] writes it.
#[derive(Debug, Clone, Copy)]
pub struct ServiceJson<'a>(pub &'a Service);

impl Serialize for ServiceJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let service = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &service.id)?;
        map.serialize_entry("type", &service.service_type)?;
        list(&mut map, "serviceEndpoint", &service.service_endpoint)?;
        list(&mut map, "recipientKeys", &service.recipient_keys)?;
        list(&mut map, "routingKeys", &service.routing_keys)?;
        list(&mut map, "accept", &service.accept)?;
        if service.priority != 0 {
            map.serialize_entry("priority", &service.priority)?;
        }
        map.end()
    }
}

fn list<M: SerializeMap>(map: &mut M, name: &'static str, list: &[String]) -> Result<(), M::Error> {
    if list.is_empty() {
        Ok(())
    } else {
        map.serialize_entry(name, list)
    }
}
