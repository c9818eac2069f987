//! What Studio routes answer.
//!
//! Where the published description and the behaviour differ, the behaviour wins: `didResolutionMetadata` is the name
//! that clients have always received, whatever the description calls it.

use did::MethodType;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::error::StudioError;
use super::keys::VerificationMethodQuery;

/// What keys say about where they are held: the word that clients of the contract have always received.
pub const KMS: &str = "postgres";

/// `POST /did/deactivate/{did}`: the body, as published.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct DidDeactivateRequest {
    /// Public keys, in hexadecimal, that are to sign. They must be held by this account, and be all the verification
    /// method keys of the DID. Without them, every key that is held signs.
    pub public_key_hexs: Option<Vec<String>>,
}

/// A deactivated DID, as `POST /did/deactivate/{did}` answers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeactivatedDidResolution {
    /// `https://w3id.org/did-resolution/v1`.
    #[serde(rename = "@context")]
    pub context: &'static str,
    /// About the resolution.
    pub did_resolution_metadata: DidResolutionMetadata,
    /// The same again, under the name that the published description has for it.
    pub did_did_resolution_metadata: DidResolutionMetadata,
    /// The last document of the DID.
    #[schema(value_type = DidDocument)]
    pub did_document: Value,
    /// About the document.
    pub did_document_metadata: DeactivatedDidDocumentMetadata,
}

/// About a resolution.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DidResolutionMetadata {
    /// Media type of the document.
    #[schema(value_type = ContentType)]
    pub content_type: &'static str,
    /// When it was read (RFC 3339).
    pub retrieved: String,
    /// The DID, taken apart.
    pub did: DidProperties,
}

/// Media types of a document.
#[derive(Debug, Serialize, ToSchema)]
pub enum ContentType {
    /// The only one of DID v1.1.
    #[serde(rename = "application/did")]
    Did,
    /// JSON.
    #[serde(rename = "application/did+json")]
    DidJson,
    /// JSON-LD.
    #[serde(rename = "application/did+ld+json")]
    DidLdJson,
    /// JSON-LD in general.
    #[serde(rename = "application/ld+json")]
    LdJson,
    /// JSON in general.
    #[serde(rename = "application/json")]
    Json,
}

/// A DID, taken apart.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DidProperties {
    /// The whole DID.
    pub did_string: String,
    /// `cheqd`.
    pub method: &'static str,
    /// What follows the method.
    pub method_specific_id: String,
}

/// About the document of a deactivated DID. `updated` and `previousVersionId` stand only where there was an earlier
/// version, `deactivated` only where it is true.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeactivatedDidDocumentMetadata {
    /// When the DID was created (RFC 3339).
    pub created: String,
    /// When it was last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated: Option<String>,
    /// Whether it has ended.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub deactivated: bool,
    /// The version.
    pub version_id: String,
    /// The version before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_version_id: Option<String>,
    /// Resources of the DID.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub linked_resource_metadata: Vec<ResourceMetadata>,
}

/// A resource of a DID.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(
    missing_docs,
    reason = "the contract names these members without saying more"
)]
pub struct ResourceMetadata {
    #[serde(rename = "resourceURI")]
    pub resource_uri: String,
    pub resource_collection_id: String,
    pub resource_id: String,
    pub resource_name: String,
    pub resource_type: String,
    pub media_type: String,
    pub resource_version: String,
    /// `null` where the data was erased.
    pub checksum: Option<String>,
    pub created: String,
    pub next_version_id: Option<String>,
    pub previous_version_id: Option<String>,
}

/// A DID, as create, update and import answer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IdentifierResult {
    /// The DID.
    pub did: String,
    /// Id of its first key.
    pub controller_key_id: String,
    /// Its keys that are held here.
    pub keys: Vec<KeyResult>,
    /// Its services.
    pub services: Vec<Service>,
    /// `did:cheqd:testnet` after create, `cheqd` after update.
    pub provider: String,
    /// Ids of `controllerKeys`, in their order.
    pub controller_key_refs: Vec<String>,
    /// The keys again, each with the DID it belongs to.
    pub controller_keys: Vec<ControllerKey>,
}

/// A key of a DID.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyResult {
    /// Its id: the public key in hexadecimal.
    pub kid: String,
    /// Where it is held.
    pub kms: &'static str,
    /// Kind of key.
    #[serde(rename = "type")]
    pub key_type: &'static str,
    /// The public key.
    pub public_key_hex: String,
    /// What it can do.
    pub meta: KeyMeta,
}

/// A key with the DID it belongs to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ControllerKey {
    /// The key.
    #[serde(flatten)]
    pub key: KeyResult,
    /// The DID.
    pub controller: String,
}

/// What a key can do.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct KeyMeta {
    /// Signature algorithms, such as `EdDSA`.
    pub algorithms: Vec<&'static str>,
}

/// A key, as the `/key` routes answer.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoredKey {
    /// The key.
    #[serde(flatten)]
    pub key: KeyResult,
    /// The name given at import.
    pub public_key_alias: Option<String>,
    /// When it came (RFC 3339).
    pub created_at: String,
    /// When it was last changed.
    pub updated_at: String,
}

/// `GET /key/list`.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyList {
    /// The keys, by key id.
    pub keys: Vec<StoredKey>,
    /// Where the next page begins (`after`), if there may be one.
    pub next: Option<String>,
}

/// A key written as a verification method. Without a controller the id is the fragment alone.
#[derive(Debug, Serialize, ToSchema)]
pub struct MethodOfKey {
    /// The method's id.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub method_type: &'static str,
    /// The DID that it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controller: Option<String>,
    /// The key, under the name that the type has for it.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub key: serde_json::Map<String, Value>,
}

impl MethodOfKey {
    /// Writes `material`, the key in the form of the asked type.
    ///
    /// # Errors
    /// 500 if the material is not of that form, which the encoder excludes.
    pub fn new(
        query: VerificationMethodQuery,
        material: String,
    ) -> Result<MethodOfKey, StudioError> {
        let controller = query.controller.map(|did| did.as_str().to_owned());
        let value = match query.method_type {
            MethodType::Ed25519VerificationKey2018 | MethodType::Ed25519VerificationKey2020 => {
                Value::String(material)
            }
            MethodType::JsonWebKey2020 => {
                serde_json::from_str(&material).map_err(|_| StudioError::Internal)?
            }
        };
        let name = query.method_type.key_property();
        Ok(MethodOfKey {
            id: format!(
                "{}#{}",
                controller.as_deref().unwrap_or_default(),
                query.fragment
            ),
            method_type: query.method_type.as_str(),
            controller,
            key: std::iter::once((name.to_owned(), value)).collect(),
        })
    }
}

/// `GET /did/list`.
#[derive(Debug, Serialize, ToSchema)]
pub struct DidList {
    /// How many there are, on all pages.
    pub total: u64,
    /// Those of this page.
    pub dids: Vec<String>,
}

/// A DID document.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the members are those of DID Core, section 5")]
pub struct DidDocument {
    #[serde(rename = "@context")]
    pub context: Option<Vec<String>>,
    pub id: String,
    pub controller: Option<Vec<String>>,
    pub verification_method: Option<Vec<VerificationMethod>>,
    pub authentication: Option<Vec<String>>,
    pub assertion_method: Option<Vec<String>>,
    pub capability_invocation: Option<Vec<String>>,
    pub capability_delegation: Option<Vec<String>>,
    pub key_agreement: Option<Vec<String>>,
    pub service: Option<Vec<Service>>,
    pub also_known_as: Option<Vec<String>>,
}

/// A verification method of a document. Its type says which of the three key members it has.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(
    missing_docs,
    reason = "the members are those of DID Core, section 5.2"
)]
pub struct VerificationMethod {
    pub id: String,
    #[serde(rename = "type")]
    pub method_type: String,
    pub controller: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key_multibase: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key_base58: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object)]
    pub public_key_jwk: Option<Value>,
}

/// A service of a document.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Service {
    /// The DID with a fragment.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub service_type: String,
    /// Where it is.
    pub service_endpoint: Vec<String>,
    /// Order among several endpoints.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<u32>,
    /// Default recipients.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient_keys: Option<Vec<String>>,
    /// Hops on the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub routing_keys: Option<Vec<String>>,
    /// Media types it accepts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept: Option<Vec<String>>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_deactivated_did_has_the_members_that_clients_receive() {
        let did = "did:cheqd:testnet:7bf81a20-633c-4cc7-bc4a-5a45801005e0";
        let metadata = || DidResolutionMetadata {
            content_type: "application/did",
            retrieved: "2026-11-22T00:00:00Z".into(),
            did: DidProperties {
                did_string: did.into(),
                method: "cheqd",
                method_specific_id: did[18..].into(),
            },
        };
        let resolution = DeactivatedDidResolution {
            context: "https://w3id.org/did-resolution/v1",
            did_resolution_metadata: metadata(),
            did_did_resolution_metadata: metadata(),
            did_document: json!({"id": did}),
            did_document_metadata: DeactivatedDidDocumentMetadata {
                created: "2026-11-21T00:00:00Z".into(),
                updated: None,
                deactivated: true,
                version_id: "v2".into(),
                previous_version_id: Some("v1".into()),
                linked_resource_metadata: vec![],
            },
        };
        let metadata = json!({
            "contentType": "application/did", "retrieved": "2026-11-22T00:00:00Z",
            "did": {
                "didString": did, "method": "cheqd",
                "methodSpecificId": "7bf81a20-633c-4cc7-bc4a-5a45801005e0",
            },
        });
        let expected = json!({
            "@context": "https://w3id.org/did-resolution/v1",
            "didResolutionMetadata": metadata, "didDidResolutionMetadata": metadata,
            "didDocument": {"id": did},
            "didDocumentMetadata": {
                "created": "2026-11-21T00:00:00Z", "deactivated": true, "versionId": "v2", "previousVersionId": "v1",
            },
        });
        assert_eq!(serde_json::to_value(resolution).unwrap(), expected);
    }

    #[test]
    fn controller_keys_are_keys_with_one_member_more() {
        let key = KeyResult {
            kid: "aa".into(),
            kms: "postgres",
            key_type: "Ed25519",
            public_key_hex: "aa".into(),
            meta: KeyMeta {
                algorithms: vec!["EdDSA"],
            },
        };
        let mut expected = serde_json::to_value(&key).unwrap();
        expected["controller"] = json!("did:x");
        let controller_key = ControllerKey {
            key,
            controller: "did:x".into(),
        };
        assert_eq!(serde_json::to_value(controller_key).unwrap(), expected);
        assert_eq!(expected["type"], "Ed25519");
    }
}
