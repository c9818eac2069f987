//! A resolved version with its metadata.

use std::fmt;

use did::proto::DidDoc;
use did::{Did, DocumentJson};
use ledger::Resolved;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::resource::LinkedResource;
use clock::Seconds;

/// The media type of a document (DID v1.1), as in `didResolutionMetadata.contentType`.
pub const DOCUMENT_CONTENT_TYPE: &str = "application/did";

/// One version of a DID, as it was read.
#[derive(Clone, Debug)]
pub struct Resolution {
    pub(crate) did: Did,
    pub(crate) version: Resolved,
    pub(crate) retrieved: Seconds,
    pub(crate) proof: Option<[Proof; 1]>,
    pub(crate) resources: Vec<LinkedResource>,
}

/// Proof that a DID is deactivated, as `didDocumentMetadata.proof` holds it: a set of one.
#[derive(Clone, Debug, Serialize)]
pub struct Proof {
    #[serde(rename = "type")]
    proof_type: &'static str,
    receipt: Box<RawValue>,
}

/// The type of a proof that holds a receipt of `docs/receipts.md`.
pub const RECEIPT_PROOF_TYPE: &str = "AtroposReceipt";

impl Resolution {
    /// What the ledger answered for `did` just now.
    pub fn new(did: Did, version: Resolved) -> Resolution {
        Resolution {
            did,
            version,
            retrieved: Seconds::now(),
            proof: None,
            resources: Vec::new(),
        }
    }

    /// The same with the resources of this version, which its metadata then lists.
    #[must_use]
    pub fn with_resources(mut self, resources: Vec<LinkedResource>) -> Resolution {
        self.resources = resources;
        self
    }

    /// Adds the receipt, which [`Resolution::result`] then contains. A receipt is its bytes: they are written
    /// unchanged, so that the object, written without white space, is the receipt again.
    #[must_use]
    pub fn with_receipt(mut self, receipt: Box<RawValue>) -> Resolution {
        self.proof = Some([Proof {
            proof_type: RECEIPT_PROOF_TYPE,
            receipt,
        }]);
        self
    }

    /// The DID.
    pub fn did(&self) -> &Did {
        &self.did
    }

    /// The version.
    pub fn version(&self) -> &Resolved {
        &self.version
    }

    /// Whether the DID is deactivated. True of older versions too: no one may rely on them.
    pub fn is_deactivated(&self) -> bool {
        self.version.deactivated
    }

    /// Whether there is a newer version.
    pub fn is_older_version(&self) -> bool {
        self.version.next_version_id.is_some()
    }

    /// The document alone.
    pub fn document(&self) -> DocumentJson<'_> {
        DocumentJson(&self.version.document)
    }

    /// Identifies this version, and changes when the DID changes: for an entity tag.
    pub fn tag(&self) -> impl fmt::Display + '_ {
        Tag(self)
    }

    pub(crate) fn metadata(&self) -> ResolutionMetadata<'_> {
        ResolutionMetadata::of(&self.did, self.retrieved, DOCUMENT_CONTENT_TYPE)
    }

    pub(crate) fn message(&self) -> &DidDoc {
        &self.version.document
    }

    pub(crate) fn message_mut(&mut self) -> &mut DidDoc {
        &mut self.version.document
    }
}

struct Tag<'a>(&'a Resolution);

impl fmt::Display for Tag<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = &self.0.version;
        f.write_str(&version.version_id)?;
        if let Some(next) = &version.next_version_id {
            write!(f, "-{next}")?;
        }
        if let Some(newest) = self.0.resources.first() {
            write!(f, "-{newest}")?;
        }
        if version.deactivated {
            f.write_str("-deactivated")?;
        }
        Ok(())
    }
}

/// `didResolutionMetadata`, or `dereferencingMetadata`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResolutionMetadata<'a> {
    content_type: &'a str,
    retrieved: Seconds,
    did: DidProperties<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DidProperties<'a> {
    did_string: &'a str,
    method: &'static str,
    method_specific_id: &'a str,
}

/// `didDocumentMetadata`. `deactivated` is present only when true.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DocumentMetadata<'a> {
    created: Seconds,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated: Option<Seconds>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    deactivated: bool,
    version_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_version_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_update: Option<Seconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_version_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    linked_resource_metadata: Option<&'a [LinkedResource]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<&'a [Proof; 1]>,
}

impl<'a> ResolutionMetadata<'a> {
    pub(crate) fn of(did: &'a Did, retrieved: Seconds, content_type: &'a str) -> Self {
        let did = did.as_str();
        let method_specific_id = did.rsplit(':').next().unwrap_or_default();
        let did = DidProperties {
            did_string: did,
            method: did::METHOD,
            method_specific_id,
        };
        Self {
            content_type,
            retrieved,
            did,
        }
    }
}

impl<'a> DocumentMetadata<'a> {
    pub(crate) fn of(resolution: &'a Resolution) -> Self {
        let version = &resolution.version;
        Self {
            created: Seconds::of_ms(version.created_ms),
            updated: version.updated_ms.map(Seconds::of_ms),
            deactivated: version.deactivated,
            version_id: &version.version_id,
            next_version_id: version.next_version_id.as_deref(),
            next_update: version.next_update_ms.map(Seconds::of_ms),
            previous_version_id: version.previous_version_id.as_deref(),
            linked_resource_metadata: Some(&resolution.resources),
            proof: resolution.proof.as_ref(),
        }
    }

    /// The metadata of a part: the resources belong to the whole.
    pub(crate) fn of_part(resolution: &'a Resolution) -> Self {
        Self {
            linked_resource_metadata: None,
            ..Self::of(resolution)
        }
    }
}
