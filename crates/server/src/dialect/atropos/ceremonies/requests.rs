//! What is sent to ceremonies.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use did::{Did, MethodId, document_from_json, proto};
use registrar::ceremony::{Act, Binding, NewCeremony, Offered, Owner, Release};
use registrar::{BoundScope, SigningKeys};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::dialect::atropos::error::AtroposError;
use crate::dialect::atropos::request::did;
use crate::statement::{SIGNATURES_FORMAT, SignatureFile};

/// How long signatures are collected if nothing else is said, in seconds: a week.
const VALID_FOR_S: u64 = 7 * 86_400;

/// A ceremony to be started.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CeremonyRequest {
    /// What is to be done.
    pub operation: CeremonyOperation,
    /// The DID that is to end. Not where there is a `didDocument`, which names it.
    pub did: Option<String>,
    /// The whole new document of a create or an update.
    #[schema(value_type = Option<Object>)]
    pub did_document: Option<Value>,
    /// Id of the version that a create, an update or an unbound end makes; a random UUID without it.
    pub version_id: Option<String>,
    /// What an end is bound to; `authority` without it.
    pub scope: Option<CeremonyScope>,
    /// How long signatures are collected, in seconds; a week without it, at most 90 days. With `preSigned`: how long
    /// the signed statement stays good.
    pub valid_for_s: Option<u64>,
    /// How long it waits between the last signature and the commit, in seconds; not at all without it.
    pub cooling_s: Option<u64>,
    /// Whether the signed message can be taken away and be submitted later. An update of the DID may void it, as the
    /// scope says: `authority` is voided by new keys and signers alone.
    pub pre_signed: Option<bool>,
}

/// What a ceremony does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum CeremonyOperation {
    /// Makes a DID.
    Create,
    /// Changes one.
    Update,
    /// Ends one.
    Deactivate,
    /// Changes one and ends it, both or neither.
    UpdateAndDeactivate,
}

/// What the end of a DID is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum CeremonyScope {
    /// The very version that is the latest now: every update supersedes it.
    Version,
    /// The keys and signers: only an update that changes those supersedes it.
    Authority,
    /// Nothing, as other cheqd clients sign: elsewhere such signatures are good for ever.
    None,
}

/// A refusal to sign.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefusalRequest {
    /// The slot.
    pub slot: u32,
    /// Why, in 1 to 500 characters on one line.
    pub reason: String,
}

/// Keys held here that are to sign.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HeldRequest {
    /// Public keys in hexadecimal; every one that is held and needed without it.
    #[serde(rename = "publicKeyHexs")]
    pub public_key_hexs: Option<Vec<String>>,
}

/// A link to be made.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkRequest {
    /// The slot that its holder may fill; every slot without it.
    pub slot: Option<u32>,
}

impl CeremonyRequest {
    pub(super) fn into_new(self, owner: Owner) -> Result<NewCeremony, AtroposError> {
        let operation = self.operation;
        let ends = matches!(
            operation,
            CeremonyOperation::Deactivate | CeremonyOperation::UpdateAndDeactivate
        );
        if self.scope.is_some() && !ends {
            return Err(wrong("scope stands only where a DID ends"));
        }
        let binding = self.binding()?;
        let (did, document, version_id) = (self.did, self.did_document, self.version_id);
        let act = match (operation, did, document) {
            (CeremonyOperation::Create, None, Some(document)) => Act::Create {
                document: read(&document)?,
                version_id,
            },
            (CeremonyOperation::Update, None, Some(document)) => Act::Update {
                document: read(&document)?,
                version_id,
            },
            (CeremonyOperation::UpdateAndDeactivate, None, Some(document)) => {
                Act::UpdateAndDeactivate {
                    document: read(&document)?,
                    version_id,
                    binding,
                }
            }
            (CeremonyOperation::Deactivate, Some(text), None) => Act::Deactivate {
                did: did_of(&text)?,
                binding,
            },
            (CeremonyOperation::Deactivate, ..) => {
                return Err(wrong("a deactivate takes did, and no didDocument"));
            }
            _ => return Err(wrong("a create or an update takes didDocument, and no did")),
        };
        Ok(NewCeremony {
            owner,
            act,
            valid_for: Duration::from_secs(self.valid_for_s.unwrap_or(VALID_FOR_S)),
            cooling: Duration::from_secs(self.cooling_s.unwrap_or_default()),
            release: match self.pre_signed {
                Some(true) => Release::Export,
                Some(false) | None => Release::Submit,
            },
        })
    }

    fn binding(&self) -> Result<Binding, AtroposError> {
        let scope = match self.scope.unwrap_or(CeremonyScope::Authority) {
            CeremonyScope::Version => BoundScope::Version,
            CeremonyScope::Authority => BoundScope::Authority,
            CeremonyScope::None => {
                // An update before it takes the id that is given.
                let own = self.operation == CeremonyOperation::Deactivate;
                let version_id = self.version_id.clone().filter(|_| own);
                return Ok(Binding::Unbound { version_id });
            }
        };
        if self.operation == CeremonyOperation::Deactivate && self.version_id.is_some() {
            return Err(wrong(
                "a bound deactivate has a version id of its own; leave versionId out, or give scope none",
            ));
        }
        Ok(Binding::Bound(scope))
    }
}

impl HeldRequest {
    pub(super) fn into_keys(self) -> SigningKeys {
        match self.public_key_hexs {
            Some(keys) => {
                let keys = keys.iter().map(|key| key.to_ascii_lowercase());
                SigningKeys::Exactly(keys.collect())
            }
            None => SigningKeys::AllCustodial,
        }
    }
}

/// The signatures in a file, which must be of this ceremony where it says of which.
pub(super) fn offered(
    file: SignatureFile,
    ceremony: &registrar::ceremony::CeremonyId,
) -> Result<Vec<Offered>, AtroposError> {
    if file
        .format
        .as_ref()
        .is_some_and(|format| format != SIGNATURES_FORMAT)
    {
        return Err(wrong(format!("format should be {SIGNATURES_FORMAT}")));
    }
    if file
        .ceremony
        .as_ref()
        .is_some_and(|named| named != ceremony.as_str())
    {
        return Err(wrong("these are signatures of another ceremony"));
    }
    let offered = file.signatures.into_iter().map(|one| {
        let method = MethodId::parse(&one.method)
            .map_err(|error| wrong(format!("method is not the id of one: {error}")))?;
        let bytes = STANDARD
            .decode(&one.signature)
            .map_err(|_| wrong("signature should be base64 with padding (RFC 4648, section 4)"))?;
        Ok(Offered {
            slot: one.slot,
            method,
            bytes,
        })
    });
    offered.collect()
}

fn did_of(text: &str) -> Result<Did, AtroposError> {
    did(text)
}

fn read(document: &Value) -> Result<proto::DidDoc, AtroposError> {
    document_from_json(document).map_err(|error| wrong(error.to_string()))
}

fn wrong(reason: impl Into<String>) -> AtroposError {
    AtroposError::malformed(None, reason)
}
