//! The shapes in which a resolution is answered. They borrow, and are written straight to bytes.

use did::DocumentJson;
use serde::Serialize;

use crate::resolution::{DocumentMetadata, Resolution, ResolutionMetadata};

/// The media type of a document (DID v1.1), as `didResolutionMetadata.contentType` says it.
pub const DOCUMENT_CONTENT_TYPE: &str = "application/did";

/// `@context` of a result in the shape from before 2025.
pub const RESOLUTION_CONTEXT: &str = "https://w3id.org/did-resolution/v1";

/// Whether a result carries [`RESOLUTION_CONTEXT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultContext {
    /// As `@context`.
    Shown,
    /// Not at all.
    Absent,
}

/// What stands as `didDocument`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentShown {
    /// The document.
    Whole,
    /// `null`, as DID Resolution v1 asks for a DID that has ended.
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

/// A DID that has ended, as cheqd Studio answers a deactivation. The metadata of the resolution stands twice: under its
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

impl<'a> ResultJson<'a> {
    pub(crate) fn new(
        resolution: &'a Resolution,
        context: ResultContext,
        document: DocumentShown,
    ) -> Self {
        Self {
            context: (context == ResultContext::Shown).then_some(RESOLUTION_CONTEXT),
            did_document: (document == DocumentShown::Whole)
                .then(|| DocumentJson(resolution.message())),
            did_resolution_metadata: resolution.metadata(),
            did_document_metadata: DocumentMetadata::of(resolution),
        }
    }
}

impl<'a> DeactivatedJson<'a> {
    pub(crate) fn new(resolution: &'a Resolution) -> Self {
        Self {
            context: RESOLUTION_CONTEXT,
            did_resolution_metadata: resolution.metadata(),
            did_did_resolution_metadata: resolution.metadata(),
            did_document: DocumentJson(resolution.message()),
            did_document_metadata: DocumentMetadata::of(resolution),
        }
    }
}
