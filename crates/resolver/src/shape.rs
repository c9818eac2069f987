//! The forms in which a resolution is answered. They borrow, and are written straight to bytes.

use did::DocumentJson;
use serde::Serialize;

use crate::resolution::{DocumentMetadata, Resolution, ResolutionMetadata};

/// `@context` of a result in the shape from before 2025.
pub const RESOLUTION_CONTEXT: &str = "https://w3id.org/did-resolution/v1";

/// Whether a result carries [`RESOLUTION_CONTEXT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultContext {
    /// As `@context`.
    Included,
    /// Not at all.
    Absent,
}

/// The member `didDocument`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentView {
    /// The document.
    Whole,
    /// `null`, as DID Resolution v1 requires for a deactivated DID.
    Null,
}

/// The full result of DID Resolution.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResultJson<'a> {
    #[serde(rename = "@context", skip_serializing_if = "Option::is_none")]
    context: Option<&'static str>,
    did_document: Option<DocumentJson<'a>>,
    did_resolution_metadata: ResolutionMetadata<'a>,
    did_document_metadata: DocumentMetadata<'a>,
}

/// A deactivated DID, as cheqd Studio answers a deactivation. The metadata of the resolution appears twice: under its
/// name, and under the misspelt one of the published description.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeactivatedJson<'a> {
    #[serde(rename = "@context")]
    context: &'static str,
    did_resolution_metadata: ResolutionMetadata<'a>,
    did_did_resolution_metadata: ResolutionMetadata<'a>,
    did_document: DocumentJson<'a>,
    did_document_metadata: DocumentMetadata<'a>,
}

impl Resolution {
    /// The full result of DID resolution.
    pub fn result(&self, context: ResultContext, document: DocumentView) -> ResultJson<'_> {
        let include_document = document == DocumentView::Whole;
        ResultJson {
            context: (context == ResultContext::Included).then_some(RESOLUTION_CONTEXT),
            did_document: include_document.then(|| self.document()),
            did_resolution_metadata: self.metadata(),
            did_document_metadata: DocumentMetadata::of(self),
        }
    }

    /// The result in the form that cheqd Studio publishes for deactivations.
    pub fn deactivated(&self) -> DeactivatedJson<'_> {
        DeactivatedJson {
            context: RESOLUTION_CONTEXT,
            did_resolution_metadata: self.metadata(),
            did_did_resolution_metadata: self.metadata(),
            did_document: self.document(),
            did_document_metadata: DocumentMetadata::of(self),
        }
    }
}
