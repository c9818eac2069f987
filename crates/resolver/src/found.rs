//! What was found, and whether the document of a DID that has ended is shown.

use did::Did;
use did::DocumentJson;
use ledger::History;

use crate::error::ResolveError;
use crate::part::PartFound;
use crate::question::{Ended, Part};
use crate::resolution::Resolution;
use crate::resources::FoundResources;
use crate::services::ServiceQuery;
use crate::shape::DocumentShown;
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
    /// What stands for the document.
    pub shown: DocumentShown,
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
    /// The latest version, asked for by nothing but its DID.
    pub fn latest(resolution: Resolution, ended: Ended) -> FoundVersion {
        FoundVersion {
            shown: shown(&resolution, ended),
            resolution,
            part: None,
            services: None,
        }
    }

    pub(crate) fn document(
        resolution: Resolution,
        ended: Ended,
        part: Option<&Part>,
    ) -> Result<FoundVersion, ResolveError> {
        let mut found = FoundVersion::latest(resolution, ended);
        if let (Some(part), DocumentShown::Whole) = (part, found.shown) {
            let resolution = &found.resolution;
            let part = PartFound::of(resolution.did(), resolution.message(), part)?;
            found.part = Some(part);
        }
        Ok(found)
    }

    pub(crate) fn metadata(resolution: Resolution) -> FoundVersion {
        FoundVersion {
            shown: DocumentShown::Null,
            ..FoundVersion::latest(resolution, Ended::Withheld)
        }
    }

    pub(crate) fn services(
        resolution: Resolution,
        ended: Ended,
        query: ServiceQuery,
    ) -> Result<FoundVersion, ResolveError> {
        let mut found = FoundVersion::latest(resolution, ended);
        if found.shown == DocumentShown::Whole {
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

    /// Where the services are that were asked for.
    ///
    /// # Errors
    /// None of them is at a URL; or services were not asked for.
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

    /// Whether it has ended.
    pub fn is_deactivated(&self) -> bool {
        self.history.deactivated
    }

    /// What tells this list from others, for an entity tag.
    pub fn tag(&self) -> &str {
        let newest = self.history.versions.first();
        newest.map_or("", |newest| newest.version_id.as_str())
    }
}

/// The one place where this is decided. The standard's algorithm has `null` for every version of a DID that has ended;
/// whoever asks for an older one wants to read it, and is told by flag and status that nobody may rely on it.
fn shown(resolution: &Resolution, ended: Ended) -> DocumentShown {
    if !resolution.is_deactivated() || resolution.is_older_version() || ended == Ended::Shown {
        DocumentShown::Whole
    } else {
        DocumentShown::Null
    }
}
