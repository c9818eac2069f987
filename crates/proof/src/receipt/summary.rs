//! The readable part of a receipt. Verifiers compute it again (step 6) and refuse any other.

use did::{
    BoundVersion, Did, Document, KeyAlgorithm, MethodId, PublicKey, RequiredSet, Scope, Signature,
};
use serde::{Deserialize, Serialize};

use super::encoding;
use super::time::rfc3339;
use crate::{Hash, NetworkId};

/// The member `summary`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "camelCase")]
pub enum Summary {
    /// The DID is deactivated.
    Deactivated(Box<DeactivatedSummary>),
    /// The DID was active under the checkpoint.
    Active(ActiveSummary),
    /// The DID did not exist under the checkpoint.
    NeverExisted {},
}

/// The deactivation of a DID.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeactivatedSummary {
    /// The signed version id.
    pub version_id: String,
    /// Log index of the deactivation.
    pub log_index: u64,
    /// When it was accepted, by the clock of the log that accepted it (RFC 3339).
    pub time: String,
    /// The rules by which it was judged.
    pub rule_set: u16,
    /// The network of the log.
    #[serde(with = "encoding::text")]
    pub network_id: NetworkId,
    /// Log index of the last change of the DID's keys or controllers.
    pub authority_since: u64,
    /// Number of different keys among the methods.
    pub distinct_keys: u64,
    /// The methods that each had to sign: those of the document, or those of its controllers if it has none.
    pub methods: Vec<MethodSummary>,
    /// The other DIDs that had to sign, with one method each.
    pub signers: Vec<SignerSummary>,
    /// Signer DIDs that were already deactivated, and did not have to sign.
    #[serde(rename = "endedSigners")]
    pub deactivated_signers: Vec<String>,
    /// Ids of keys embedded in `assertionMethod` of these documents. They do not sign.
    pub excluded: Vec<String>,
    /// What a bound version id commits to. `null` if it is not bound.
    pub bound: Option<BoundSummary>,
    /// The log that it was imported from. `null` if this log accepted it itself.
    pub import: Option<ImportSummary>,
}

/// A method that signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MethodSummary {
    /// The id of the method.
    pub id: String,
    /// The type of the method.
    #[serde(rename = "type")]
    pub method_type: String,
    /// The algorithm of its key: `Ed25519`, `P-256`, `P-384`, `P-521` or `RSA`.
    pub algorithm: String,
    /// The key in hexadecimal.
    pub public_key_hex: String,
    /// The signature over the payload.
    #[serde(with = "encoding::base64")]
    pub signature: Vec<u8>,
}

/// Another DID that signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignerSummary {
    /// The DID.
    pub did: String,
    /// The id of the method that signed for it.
    pub method: String,
    /// The algorithm of its key.
    pub algorithm: String,
    /// The key in hexadecimal.
    pub public_key_hex: String,
    /// The signature over the payload.
    #[serde(with = "encoding::base64")]
    pub signature: Vec<u8>,
}

/// What a bound version id commits to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BoundSummary {
    /// What the statement deactivates.
    pub scope: BoundScope,
    /// The last moment at which it could be accepted (RFC 3339).
    pub expires: String,
}

/// What a bound statement deactivates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BoundScope {
    /// One version of the DID.
    Version,
    /// Any latest version, as long as keys and controllers do not change.
    Authority,
}

/// The log that a deactivation was imported from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportSummary {
    /// The older log.
    pub origin: String,
    /// Log index of the operation there.
    pub log_index: u64,
    /// When it was imported, by this log's clock (RFC 3339).
    pub time: String,
}

/// The state of an active DID.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ActiveSummary {
    /// Number of the latest version, from 1.
    pub version_sequence: u64,
    /// SHA-256 of the latest document.
    #[serde(with = "encoding::text")]
    pub document_hash: Hash,
    /// Log index of the create.
    pub creation_index: u64,
    /// Position in the status list of the log: the number of DIDs created before it.
    pub status_list_index: u64,
    /// Log index of the last change of keys or controllers.
    pub authority_since: u64,
    /// Whether no one can sign for it: it lists no method, and no other signer DID is active.
    pub frozen: bool,
    /// Signer DIDs that are deactivated.
    #[serde(rename = "endedSigners")]
    pub deactivated_signers: Vec<String>,
    /// Signer DIDs that do not exist.
    pub absent_signers: Vec<String>,
}

impl Summary {
    /// The first member in which another summary differs.
    pub(super) fn differing_member(&self, other: &Self) -> Option<String> {
        let members = |summary| match serde_json::to_value(summary) {
            Ok(serde_json::Value::Object(members)) => members,
            _ => serde_json::Map::new(),
        };
        let (own, other) = (members(self), members(other));
        let mut names = ["status"].into_iter().chain(own.keys().map(String::as_str));
        names
            .find(|name| own.get(*name) != other.get(*name))
            .map(str::to_owned)
    }
}

/// The methods of a complete set, with their signatures.
pub(super) fn methods(
    required: &RequiredSet,
    documents: &[&Document],
    signatures: &[Signature],
) -> Vec<MethodSummary> {
    let type_of = |id: &MethodId| {
        let mut methods = documents.iter().flat_map(|document| document.methods());
        let method = methods.find(|method| method.id() == id)?;
        Some(method.method_type().to_string())
    };
    let slots = required.methods().filter_map(|(id, key)| {
        Some(MethodSummary {
            id: id.to_string(),
            method_type: type_of(id)?,
            algorithm: algorithm(key),
            public_key_hex: key.to_hex(),
            signature: signature_of(id, signatures)?,
        })
    });
    slots.collect()
}

/// The other signer DIDs of a complete set, each with the method that signed.
pub(super) fn signers(required: &RequiredSet, signatures: &[Signature]) -> Vec<SignerSummary> {
    let signed = required.signers().filter_map(|(did, methods)| {
        let (id, key) = methods
            .iter()
            .find(|(id, _)| signature_of(id, signatures).is_some())?;
        Some(SignerSummary {
            did: did.to_string(),
            method: id.to_string(),
            algorithm: algorithm(key),
            public_key_hex: key.to_hex(),
            signature: signature_of(id, signatures)?,
        })
    });
    signed.collect()
}

pub(super) fn bound(bound: &BoundVersion) -> BoundSummary {
    BoundSummary {
        scope: match bound.scope {
            Scope::Version(_) => BoundScope::Version,
            Scope::Authority(_) => BoundScope::Authority,
        },
        expires: rfc3339(bound.expires_ms),
    }
}

pub(super) fn texts<'d>(dids: impl IntoIterator<Item = &'d Did>) -> Vec<String> {
    dids.into_iter().map(Did::to_string).collect()
}

fn algorithm(key: &PublicKey) -> String {
    KeyAlgorithm::as_str(key.algorithm()).to_owned()
}

fn signature_of(id: &MethodId, signatures: &[Signature]) -> Option<Vec<u8>> {
    signatures
        .iter()
        .find(|signature| signature.method == *id)
        .map(|signature| signature.bytes.clone())
}
