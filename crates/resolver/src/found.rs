//! What was found, and whether the document of a deactivated DID is returned.

use did::Did;
use did::DocumentJson;
use ledger::History;

use crate::error::ResolveError;
use crate::part::PartFound;
use crate::query::{DeactivatedDocument, Part};
use crate::resolution::Resolution;
use crate::resources::FoundResources;
use crate::services::ServiceQuery;
use crate::shape::DocumentView;
use clock::Seconds;

/// The answer to a question.
#[derive(Clone, Debug)]
pub enum Found {
    /// A version, or something of it.
    Version(Box<FoundVersion>),
    /// A list of versions.
    Versions(FoundVersions),
    /// Resources.
    Resources(Box<FoundResources>),
}

/// A version, or something of it.
#[derive(Clone, Debug)]
pub struct FoundVersion {
    /// The version.
    pub resolution: Resolution,
    /// How the document is returned.
    pub view: DocumentView,
    pub(crate) part: Option<PartFound>,
    services: Option<ServiceQuery>,
}

/// Versions of a DID, the newest first.
#[derive(Clone, Debug)]
pub struct FoundVersions {
    pub(crate) did: Did,
    pub(crate) history: History,
    pub(crate) retrieved: Seconds,
}

impl FoundVersion {
    /// The latest version, requested by its DID alone.
    pub fn latest(resolution: Resolution, deactivated: DeactivatedDocument) -> FoundVersion {
        FoundVersion {
            view: view(&resolution, deactivated),
            resolution,
            part: None,
            services: None,
        }
    }

    pub(crate) fn document(
        resolution: Resolution,
        deactivated: DeactivatedDocument,
        part: Option<&Part>,
    ) -> Result<FoundVersion, ResolveError> {
        let mut found = FoundVersion::latest(resolution, deactivated);
        if let (Some(part), DocumentView::Whole) = (part, found.view) {
            let resolution = &found.resolution;
            let part = PartFound::of(resolution.did(), resolution.message(), part)?;
            found.part = Some(part);
        }
        Ok(found)
    }

    pub(crate) fn metadata(resolution: Resolution) -> FoundVersion {
        FoundVersion {
            view: DocumentView::Null,
            ..FoundVersion::latest(resolution, DeactivatedDocument::Omitted)
        }
    }

    pub(crate) fn services(
        resolution: Resolution,
        deactivated: DeactivatedDocument,
        query: ServiceQuery,
    ) -> Result<FoundVersion, ResolveError> {
        let mut found = FoundVersion::latest(resolution, deactivated);
        if found.view == DocumentView::Whole {
            let did = found.resolution.did().clone();
            query.reduce(&did, found.resolution.message_mut())?;
        }
        found.services = Some(query);
        Ok(found)
    }

    /// The document alone.
    pub fn document_json(&self) -> DocumentJson<'_> {
        self.resolution.document()
    }

    /// Where the requested services are.
    ///
    /// # Errors
    /// None of them is at a URL; or no services were requested.
    pub fn service_urls(&self) -> Result<Vec<String>, ResolveError> {
        match &self.services {
            Some(query) => query.urls(self.resolution.message()),
            None => Err(ResolveError::NotFound("this leads to no service")),
        }
    }
}

impl FoundVersions {
    pub(crate) fn new(did: Did, history: History) -> FoundVersions {
        FoundVersions {
            did,
            history,
            retrieved: Seconds::now(),
        }
    }

    /// The DID.
    pub fn did(&self) -> &Did {
        &self.did
    }

    /// Whether it is deactivated.
    pub fn is_deactivated(&self) -> bool {
        self.history.deactivated
    }

    /// Identifies this list, for an entity tag.
    pub fn tag(&self) -> &str {
        let newest = self.history.versions.first();
        newest.map_or("", |newest| newest.version_id.as_str())
    }
}

/// The one place where this is decided. The algorithm of the standard returns `null` for every version of a deactivated
/// DID. A client that requests an older version wants to read it; flag and status warn it not to rely on it.
fn view(resolution: &Resolution, deactivated: DeactivatedDocument) -> DocumentView {
    if !resolution.is_deactivated()
        || resolution.is_older_version()
        || deactivated == DeactivatedDocument::Included
    {
        DocumentView::Whole
    } else {
        DocumentView::Null
    }
}
