//! What a receipt shows, in words that a person can read without decoding anything.

use did::{
    BoundVersion, Did, Document, KeyAlgorithm, MethodId, PublicKey, RequiredSet, Scope, Signature,
};
use serde::{Deserialize, Serialize};

use super::json;
use super::time::rfc3339;
use crate::{Hash, NetworkId};

/// The readable member of a receipt. Verifiers compute it again and refuse any other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "camelCase")]
pub enum Summary {
    /// The DID has ended.
    Deactivated(Box<DeactivatedSummary>),
    /// The DID was active under the checkpoint.
    Active(ActiveSummary),
    /// There was no such DID under the checkpoint.
    NeverExisted {},
}

/// How a DID has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeactivatedSummary {
    /// The version id that was signed.
    pub version_id: String,
    /// Log index of the deactivation.
    pub log_index: u64,
    /// When it was accepted, by the clock of the log that accepted it (RFC 3339).
    pub time: String,
    /// The rules by which it was judged.
    pub rule_set: u16,
    /// The network of the log.
    #[serde(with = "json::text")]
    pub network_id: NetworkId,
    /// Log index of the last change of the DID's keys or controllers.
    pub authority_since: u64,
    /// How many different keys the methods are.
    pub distinct_keys: u64,
    /// The methods that all had to sign: those of the document, or of the controllers that stand in for it.
    pub methods: Vec<MethodSummary>,
    /// The other DIDs that had to sign with one method each, and did.
    pub signers: Vec<SignerSummary>,
    /// Signer DIDs that had ended already, and were not asked.
    pub ended_signers: Vec<String>,
    /// Ids of keys that stand inline in `assertionMethod` of these documents, and do not sign.
    pub excluded: Vec<String>,
    /// What a bound version id was derived from; `null` if it is not bound.
    pub bound: Option<BoundSummary>,
    /// Where it was taken over from; `null` if this log accepted it itself.
    pub import: Option<ImportSummary>,
}

/// A method that signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MethodSummary {
    /// Its id.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub method_type: String,
    /// The algorithm of its key: `Ed25519`, `P-256`, `P-384`, `P-521` or `RSA`.
    pub algorithm: String,
    /// Its key in hexadecimal.
    pub public_key_hex: String,
    /// Its signature over the payload.
    #[serde(with = "json::base64")]
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
    /// Its key in hexadecimal.
    pub public_key_hex: String,
    /// Its signature over the payload.
    #[serde(with = "json::base64")]
    pub signature: Vec<u8>,
}

/// What a bound version id says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BoundSummary {
    /// What the statement ends.
    pub scope: BoundScope,
    /// The last moment at which it could be accepted (RFC 3339).
    pub expires: String,
}

/// What a bound statement ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BoundScope {
    /// One version of the DID.
    Version,
    /// Whatever is its latest version, while its authority stays the same.
    Authority,
}

/// Where a deactivation was taken over from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportSummary {
    /// The older log.
    pub origin: String,
    /// Log index of the operation there.
    pub log_index: u64,
    /// When it was taken over, by this log's clock (RFC 3339).
    pub time: String,
}

/// How an active DID stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ActiveSummary {
    /// The number of its latest version, from 1.
    pub version_sequence: u64,
    /// SHA-256 of its latest document.
    #[serde(with = "json::text")]
    pub document_hash: Hash,
    /// Log index of its create.
    pub creation_index: u64,
    /// Its bit in the status list of the log: the number of DIDs created before it.
    pub status_list_index: u64,
    /// Log index of the last change of its keys or controllers.
    pub authority_since: u64,
    /// Whether nobody can sign for it any more: it lists no method, and no other signer DID is active.
    pub frozen: bool,
    /// Signer DIDs that have ended.
    pub ended_signers: Vec<String>,
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

/// The methods of a set that was found complete, with the signatures that completed it.
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

/// The other signer DIDs of such a set, each with the method that signed.
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
