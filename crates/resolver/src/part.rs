//! What a fragment names: a verification method or a service.

use did::Did;
use did::proto::{DidDoc, Service, VerificationMethod};
use did::{MethodJson, ServiceJson, inline_method};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::ResolveError;
use crate::query::{Part, Relationship};

/// A part of a document, with the contexts of the document.
#[derive(Clone, Debug)]
pub(crate) struct PartFound {
    contexts: Vec<String>,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Method(VerificationMethod),
    /// A method embedded in `assertionMethod`.
    Embedded(Map<String, Value>),
    Service(Service),
}

impl PartFound {
    /// Finds a part by its whole id.
    ///
    /// # Errors
    /// There is none, or it is not authorized for the requested use.
    pub(crate) fn of(did: &Did, document: &DidDoc, part: &Part) -> Result<Self, ResolveError> {
        let id = format!("{did}#{}", part.fragment);
        let content = Content::find(document, &id);
        let content = content.ok_or(ResolveError::NotFound("this DID has no such part"))?;
        if let Some(relationship) = part.relationship {
            content.check(did, &id, document, relationship)?;
        }
        Ok(Self {
            contexts: document.context.clone(),
            content,
        })
    }

    pub(crate) fn json(&self) -> PartJson<'_> {
        PartJson {
            contexts: &self.contexts,
            content: match &self.content {
                Content::Method(method) => ContentJson::Method(MethodJson(method)),
                Content::Embedded(method) => ContentJson::Embedded(method),
                Content::Service(service) => ContentJson::Service(ServiceJson(service)),
            },
        }
    }
}

impl Content {
    fn find(document: &DidDoc, id: &str) -> Option<Content> {
        let mut methods = document.verification_method.iter();
        if let Some(method) = methods.find(|method| method.id == id) {
            return Some(Content::Method(method.clone()));
        }
        let mut services = document.service.iter();
        if let Some(service) = services.find(|service| service.id == id) {
            return Some(Content::Service(service.clone()));
        }
        embedded(document, id).map(Content::Embedded)
    }

    /// The rules of Controlled Identifiers v1.0, section 3.3: a method of this DID, which it controls itself, and which
    /// the relationship names or holds.
    fn check(
        &self,
        did: &Did,
        id: &str,
        document: &DidDoc,
        relationship: Relationship,
    ) -> Result<(), ResolveError> {
        let controller = match self {
            Content::Method(method) => method.controller.as_str(),
            Content::Embedded(method) => method
                .get("controller")
                .and_then(Value::as_str)
                .unwrap_or_default(),
            Content::Service(_) => return Err(ResolveError::InvalidVerificationMethod),
        };
        if controller != did.as_str() {
            return Err(ResolveError::InvalidVerificationMethod);
        }
        let list = match relationship {
            Relationship::Authentication => &document.authentication,
            Relationship::AssertionMethod => &document.assertion_method,
            Relationship::KeyAgreement => &document.key_agreement,
            Relationship::CapabilityInvocation => &document.capability_invocation,
            Relationship::CapabilityDelegation => &document.capability_delegation,
        };
        let holds =
            relationship == Relationship::AssertionMethod && embedded(document, id).is_some();
        if holds || list.iter().any(|entry| entry == id) {
            return Ok(());
        }
        Err(ResolveError::InvalidRelationship(relationship.as_str()))
    }
}

/// Only `assertionMethod` can hold whole methods on this ledger.
fn embedded(document: &DidDoc, id: &str) -> Option<Map<String, Value>> {
    let entries = document.assertion_method.iter();
    let mut methods = entries.filter_map(|entry| inline_method(entry));
    methods.find(|method| method.get("id").and_then(Value::as_str) == Some(id))
}

/// A part as it is answered.
#[derive(Clone, Serialize)]
pub(crate) struct PartJson<'a> {
    #[serde(rename = "@context", skip_serializing_if = "<[String]>::is_empty")]
    contexts: &'a [String],
    #[serde(flatten)]
    content: ContentJson<'a>,
}

#[derive(Clone, Serialize)]
#[serde(untagged)]
enum ContentJson<'a> {
    Method(MethodJson<'a>),
    Embedded(&'a Map<String, Value>),
    Service(ServiceJson<'a>),
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const DID: &str = "did:cheqd:testnet:7bf81a20-633c-4cc7-bc4a-5a45801005e0";
    const OTHER: &str = "did:cheqd:testnet:00000000-0000-4000-8000-000000000001";

    fn document() -> DidDoc {
        let method = |fragment: &str, controller: &str| VerificationMethod {
            id: format!("{DID}#{fragment}"),
            verification_method_type: "Ed25519VerificationKey2020".into(),
            controller: controller.into(),
            verification_material: "z6Mkon3Necd6NkkyfoGoHxid2znGc59LU3K7mubaRcFbLfLX".into(),
        };
        let embedded = json!({"id": format!("{DID}#bbs"), "type": "Bls", "controller": DID});
        DidDoc {
            context: vec!["https://www.w3.org/ns/did/v1".into()],
            id: DID.into(),
            verification_method: vec![
                method("key-1", DID),
                method("key-10", DID),
                method("theirs", OTHER),
            ],
            authentication: vec![format!("{DID}#key-1"), format!("{DID}#theirs")],
            assertion_method: vec![serde_json::to_string(&embedded.to_string()).unwrap()],
            service: vec![Service {
                id: format!("{DID}#files"),
                service_type: "Files".into(),
                ..Service::default()
            }],
            ..DidDoc::default()
        }
    }

    fn find(fragment: &str, relationship: Option<Relationship>) -> Result<Value, ResolveError> {
        let part = Part {
            fragment: fragment.into(),
            relationship,
        };
        let did = Did::parse(DID).unwrap();
        let found = PartFound::of(&did, &document(), &part)?;
        Ok(serde_json::to_value(found.json()).unwrap())
    }

    #[test]
    fn parts_are_found_by_their_whole_id() {
        for fragment in ["key-1", "key-10", "files", "bbs"] {
            let found = find(fragment, None).unwrap();
            assert_eq!(found["id"], format!("{DID}#{fragment}"));
            assert_eq!(found["@context"], json!(["https://www.w3.org/ns/did/v1"]));
        }
        for fragment in ["key", "key-", "ey-1", "", "KEY-1", "key-100"] {
            let found = find(fragment, None);
            assert!(
                matches!(found, Err(ResolveError::NotFound(_))),
                "{fragment}"
            );
        }
    }

    #[test]
    fn a_method_is_authorized_by_reference_or_by_value() {
        use Relationship::{AssertionMethod, Authentication};
        assert!(find("key-1", Some(Authentication)).is_ok());
        assert!(find("bbs", Some(AssertionMethod)).is_ok());
        for (fragment, relationship) in [
            ("key-10", Authentication),
            ("key-1", AssertionMethod),
            ("bbs", Authentication),
        ] {
            let found = find(fragment, Some(relationship));
            assert!(
                matches!(found, Err(ResolveError::InvalidRelationship(_))),
                "{fragment}"
            );
        }
        for fragment in ["files", "theirs"] {
            let found = find(fragment, Some(Authentication));
            assert!(
                matches!(found, Err(ResolveError::InvalidVerificationMethod)),
                "{fragment}"
            );
        }
    }
}
