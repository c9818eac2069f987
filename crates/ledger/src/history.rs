//! The versions of a DID, without their documents.

use did::{Did, Status};

use crate::embedded::Embedded;
use crate::error::ReadError;
use crate::index::VersionRecord;
use crate::reader::status_of;

/// Most versions in one answer.
pub const HISTORY_VERSIONS_MAX: usize = 1000;

/// Versions of a DID that follow each other, the newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// When the DID was created, in Unix milliseconds.
    pub created_ms: u64,
    /// Whether the DID is deactivated.
    pub deactivated: bool,
    /// The versions; never none.
    pub versions: Vec<VersionFacts>,
}

/// What is known of one version besides its document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionFacts {
    /// Its id.
    pub version_id: String,
    /// When it was made, in Unix milliseconds; `None` for the first, which is as old as the DID.
    pub updated_ms: Option<u64>,
    /// Id of the one before.
    pub previous_version_id: Option<String>,
    /// Id of the one after.
    pub next_version_id: Option<String>,
}

impl Embedded {
    /// At most [`HISTORY_VERSIONS_MAX`] versions of a DID: the newest, or those before the version `before`. `None`
    /// when there never was such a DID, or it has no version before that one.
    ///
    /// # Errors
    /// [`ReadError`] when the index cannot be read, or when it must not be disclosed now whether the DID is active.
    pub fn history(&self, did: &Did, before: Option<&str>) -> Result<Option<History>, ReadError> {
        let reader = &self.shared().reader;
        self.watched(|| {
            let key = reader.key(did);
            let head = reader.head(&key)?;
            self.shared().check_disclosable(head.as_ref())?;
            let Some(head) = head else {
                return Ok(None);
            };
            let (newest, mut next) = match before {
                None => (head.latest.sequence, None),
                Some(id) => match reader.version_by_id(&key, id)? {
                    Some(version) => (version.sequence - 1, Some(version.version_id)),
                    None => return Ok(None),
                },
            };
            let oldest = newest.saturating_sub(HISTORY_VERSIONS_MAX as u64) + 1;
            let mut versions = Vec::new();
            let mut current = match newest {
                0 => None,
                newest => Some(self.known_version(&key, newest)?),
            };
            while let Some(version) = current.filter(|version| version.sequence >= oldest) {
                let previous = match version.sequence {
                    1 => None,
                    sequence => Some(self.known_version(&key, sequence - 1)?),
                };
                let id = version.version_id.clone();
                versions.push(VersionFacts::of(
                    version,
                    previous.as_ref(),
                    next.replace(id),
                ));
                current = previous;
            }
            Ok((!versions.is_empty()).then_some(History {
                created_ms: head.created_ms,
                deactivated: status_of(&head) == Status::Deactivated,
                versions,
            }))
        })
    }
}

impl VersionFacts {
    fn of(
        version: VersionRecord,
        previous: Option<&VersionRecord>,
        next_version_id: Option<String>,
    ) -> Self {
        Self {
            updated_ms: (version.sequence > 1).then_some(version.time_ms),
            version_id: version.version_id,
            previous_version_id: previous.map(|previous| previous.version_id.clone()),
            next_version_id,
        }
    }
}
