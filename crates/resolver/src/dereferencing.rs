//! The shapes in which dereferencing is answered. They borrow, and are written straight to bytes.

use did::DocumentJson;
use ledger::VersionFacts;
use serde::Serialize;

use crate::found::{FoundVersion, FoundVersions};
use crate::part::PartJson;
use crate::resolution::{DocumentMetadata, ResolutionMetadata};
use crate::shape::{DocumentView, RESOLUTION_CONTEXT, ResultContext};
use clock::Seconds;

/// The media type of a list of versions.
const VERSIONS_CONTENT_TYPE: &str = "application/json";

/// What the content is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentNames {
    /// `content`, as the result of DID Resolution v1 has it, and `contentStream`, as its function calls it.
    Both,
    /// `contentStream`, as it was called before.
    Stream,
}

/// The full result of dereferencing.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DereferencingJson<'a> {
    #[serde(rename = "@context", skip_serializing_if = "Option::is_none")]
    context: Option<&'static str>,
    dereferencing_metadata: ResolutionMetadata<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Option<ContentJson<'a>>>,
    content_stream: Option<ContentJson<'a>>,
    content_metadata: ContentMetadata<'a>,
}

/// What a DID URL leads to, alone.
#[derive(Clone, Serialize)]
#[serde(untagged)]
pub(crate) enum ContentJson<'a> {
    Document(DocumentJson<'a>),
    Part(PartJson<'a>),
    Versions(VersionsJson<'a>),
}

#[derive(Serialize)]
#[serde(untagged)]
enum ContentMetadata<'a> {
    Document(DocumentMetadata<'a>),
    Versions(VersionsMetadata),
}

/// The content of a list of versions.
#[derive(Clone, Serialize)]
pub(crate) struct VersionsJson<'a> {
    versions: Vec<VersionJson<'a>>,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct VersionJson<'a> {
    created: Seconds,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated: Option<Seconds>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    deactivated: bool,
    version_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_version_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_version_id: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VersionsMetadata {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    deactivated: bool,
    /// The DID URL of the versions before these.
    #[serde(skip_serializing_if = "Option::is_none")]
    older_versions: Option<String>,
}

impl FoundVersion {
    /// The full result of dereferencing.
    pub fn dereferencing(
        &self,
        context: ResultContext,
        names: ContentNames,
    ) -> DereferencingJson<'_> {
        let resolution = &self.resolution;
        let metadata = match self.part {
            Some(_) => DocumentMetadata::of_part(resolution),
            None => DocumentMetadata::of(resolution),
        };
        DereferencingJson::new(
            context,
            names,
            resolution.metadata(),
            self.content(),
            ContentMetadata::Document(metadata),
        )
    }

    /// The content of the DID URL alone; `null` where the document is omitted.
    pub fn content_json(&self) -> impl Serialize + '_ {
        self.content()
    }

    fn content(&self) -> Option<ContentJson<'_>> {
        match (&self.part, self.view) {
            (_, DocumentView::Null) => None,
            (Some(part), DocumentView::Whole) => Some(ContentJson::Part(part.json())),
            (None, DocumentView::Whole) => Some(ContentJson::Document(self.document_json())),
        }
    }
}

impl FoundVersions {
    /// The full result of dereferencing.
    pub fn dereferencing(
        &self,
        context: ResultContext,
        names: ContentNames,
    ) -> DereferencingJson<'_> {
        let oldest = self.history.versions.last();
        let older_versions = oldest
            .filter(|oldest| oldest.previous_version_id.is_some())
            .map(|oldest| format!("{}/versions?before={}", self.did, oldest.version_id));
        let metadata = VersionsMetadata {
            deactivated: self.history.deactivated,
            older_versions,
        };
        DereferencingJson::new(
            context,
            names,
            ResolutionMetadata::of(&self.did, self.retrieved, VERSIONS_CONTENT_TYPE),
            Some(ContentJson::Versions(self.versions())),
            ContentMetadata::Versions(metadata),
        )
    }

    fn versions(&self) -> VersionsJson<'_> {
        let versions = self.history.versions.iter();
        VersionsJson {
            versions: versions.map(|version| self.version(version)).collect(),
        }
    }

    fn version<'a>(&self, version: &'a VersionFacts) -> VersionJson<'a> {
        VersionJson {
            created: Seconds::of_ms(self.history.created_ms),
            updated: version.updated_ms.map(Seconds::of_ms),
            deactivated: self.history.deactivated,
            version_id: &version.version_id,
            next_version_id: version.next_version_id.as_deref(),
            previous_version_id: version.previous_version_id.as_deref(),
        }
    }
}

impl<'a> DereferencingJson<'a> {
    fn new(
        context: ResultContext,
        names: ContentNames,
        dereferencing_metadata: ResolutionMetadata<'a>,
        content: Option<ContentJson<'a>>,
        content_metadata: ContentMetadata<'a>,
    ) -> Self {
        Self {
            context: (context == ResultContext::Included).then_some(RESOLUTION_CONTEXT),
            dereferencing_metadata,
            content: (names == ContentNames::Both).then(|| content.clone()),
            content_stream: content,
            content_metadata,
        }
    }
}
