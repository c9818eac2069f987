//! From a question to what is found.

use did::Did;
use ledger::{Ledger, Networks, Resolved};

use crate::error::ResolveError;
use crate::found::{Found, FoundVersion, FoundVersions};
use crate::keys;
use crate::name::Name;
use crate::options::{Options, Wanted};
use crate::query::{CheckedQuery, Subject};
use crate::resolution::Resolution;
use crate::resource::LinkedResource;
use crate::resources::FoundResources;

/// Resources that the metadata of a DID lists: the newest ones. The collection lists all of them.
pub const LINKED_RESOURCES_MAX: usize = 256;

/// Reads DIDs from the ledgers. Clones share them.
#[derive(Clone)]
pub struct Resolver {
    networks: Networks,
}

impl Resolver {
    /// A resolver over these ledgers.
    pub fn new(networks: Networks) -> Resolver {
        Resolver { networks }
    }

    /// Resolves a DID: the checks come in the order of DID Resolution v1, section 4.4.
    ///
    /// Reads from memory or the page cache; may block for a read from the disk.
    ///
    /// # Errors
    /// [`ResolveError`]. A DID that is deactivated is not an error.
    pub fn resolve(&self, did: &str, options: &Options<'_>) -> Result<Resolution, ResolveError> {
        let Name { did, .. } = Name::of(did)?;
        self.version(did, &Wanted::of(options)?)
    }

    /// The latest version of a DID; otherwise as [`Resolver::resolve`].
    ///
    /// # Errors
    /// [`ResolveError`].
    pub fn latest(&self, did: Did) -> Result<Resolution, ResolveError> {
        self.version(did, &Wanted::Latest)
    }

    /// Answers a question about a DID, its versions, or something that a DID URL leads to.
    ///
    /// # Errors
    /// [`ResolveError`]. A DID that is deactivated is not an error.
    pub fn answer(&self, query: CheckedQuery) -> Result<Found, ResolveError> {
        let CheckedQuery {
            did,
            wanted,
            subject,
            part,
            keys_as,
            deactivated,
            rules,
            ..
        } = query;
        let resolved = || {
            let mut resolution = self.version(did.clone(), &wanted)?;
            if let Some(method_type) = keys_as {
                keys::show_as(method_type, resolution.message_mut())?;
            }
            Ok::<_, ResolveError>(resolution)
        };
        let found = match subject {
            Subject::Versions { before } => {
                return self.versions(did, before.as_deref()).map(Found::Versions);
            }
            Subject::Document => FoundVersion::document(resolved()?, deactivated, part.as_ref())?,
            Subject::Metadata => FoundVersion::metadata(resolved()?),
            Subject::Services(query) => FoundVersion::services(resolved()?, deactivated, query)?,
            Subject::Resources(query) => {
                let (ledger, resolution) = (self.networks.of(&did)?, resolved()?);
                let found = FoundResources::of(ledger, resolution, &query, rules)?;
                return Ok(Found::Resources(Box::new(found)));
            }
        };
        Ok(Found::Version(Box::new(found)))
    }

    fn version(&self, did: Did, wanted: &Wanted) -> Result<Resolution, ResolveError> {
        let ledger = self.networks.of(&did)?;
        let found = match wanted {
            Wanted::Latest => ledger.latest(&did)?,
            Wanted::Version(id) => ledger.version(&did, id)?,
            Wanted::At { time_ms } => ledger.at(&did, *time_ms)?,
            Wanted::VersionBy { id, time_ms } => ledger
                .version(&did, id)?
                .filter(|version| version.updated_ms.unwrap_or(version.created_ms) <= *time_ms),
        };
        match found {
            Some(version) => {
                let resources = resources_of(ledger, &did, &version)?;
                Ok(Resolution::new(did, version).with_resources(resources))
            }
            None if *wanted == Wanted::Latest => {
                Err(ResolveError::NotFound("there is no such DID"))
            }
            None => Err(ResolveError::NotFound(
                "there is no such DID, or it has no such version",
            )),
        }
    }

    fn versions(&self, did: Did, before: Option<&str>) -> Result<FoundVersions, ResolveError> {
        let ledger = self.networks.of(&did)?;
        let before = before.map(did::normal_version_id);
        match ledger.history(&did, before.as_deref())? {
            Some(history) => Ok(FoundVersions::new(did, history)),
            None => Err(ResolveError::NotFound(
                "there is no such DID, or it has no version before that one",
            )),
        }
    }
}

/// What a version lists: the resources from before the version after it, the newest first. Of a DID without any
/// nothing more is read than its head and its document.
fn resources_of(
    ledger: &dyn Ledger,
    did: &Did,
    version: &Resolved,
) -> Result<Vec<LinkedResource>, ResolveError> {
    if !version.has_resources {
        return Ok(Vec::new());
    }
    let found = ledger.resources(did, version.next_mark, LINKED_RESOURCES_MAX)?;
    Ok(found.into_iter().map(LinkedResource::from).collect())
}
