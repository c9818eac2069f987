//! What the log knows of a DID besides its document.

use did::Did;
use proof::state::Status;

use crate::embedded::Embedded;
use crate::error::ReadError;
use crate::index::HeadRecord;

/// When a DID was created, changed and deactivated. Indexes are those of the log, times Unix milliseconds of the log's
/// clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DidFacts {
    /// The number of DIDs created before it: its bit in the status list.
    pub ordinal: u64,
    /// Its create.
    pub creation_index: u64,
    /// When it was created.
    pub created_ms: u64,
    /// Number of its operations.
    pub sequence: u64,
    /// Its latest operation.
    pub head_index: u64,
    /// When that was accepted.
    pub head_ms: u64,
    /// The last change of its keys or controllers.
    pub authority_since: u64,
    /// Its deactivation; `None` while it is active.
    pub deactivation: Option<Deactivation>,
}

/// A deactivation in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deactivation {
    /// Log index of the operation.
    pub index: u64,
    /// When that was accepted.
    pub time_ms: u64,
}

impl DidFacts {
    pub(crate) fn of(head: &HeadRecord) -> Self {
        let value = &head.value;
        Self {
            ordinal: value.ordinal,
            creation_index: value.creation_index,
            created_ms: head.created_ms,
            sequence: value.sequence,
            head_index: value.head_index,
            head_ms: head.latest.time_ms,
            authority_since: value.authority_since,
            deactivation: match value.status {
                Status::Active => None,
                Status::Deactivated { index } => Some(Deactivation {
                    index,
                    time_ms: head.latest.time_ms,
                }),
            },
        }
    }
}

impl Embedded {
    /// When a DID was created, changed and deactivated; `None` when it never existed.
    ///
    /// # Errors
    /// [`ReadError`] when the index cannot be read.
    pub fn facts(&self, did: &Did) -> Result<Option<DidFacts>, ReadError> {
        let reader = &self.shared().reader;
        self.watched(|| {
            let head = reader.head(&reader.key(did))?;
            Ok(head.as_ref().map(DidFacts::of))
        })
    }

    /// Log index of the deactivation of a DID; `None` when there is none.
    ///
    /// # Errors
    /// [`ReadError`] when the index cannot be read.
    pub fn deactivated_at(&self, did: &Did) -> Result<Option<u64>, ReadError> {
        let facts = self.facts(did)?;
        Ok(facts.and_then(|facts| Some(facts.deactivation?.index)))
    }
}
