//! How DIDs are read.

use std::sync::Arc;

use did::{Did, DidState, Known, Proposal};
use proof::state::StateKey;

use super::Embedded;
use crate::committed::{Committed, Mark, Resolved};
use crate::error::ReadError;
use crate::index::{HeadRecord, IndexError, VersionRecord};
use crate::reader::status_of;

impl Embedded {
    /// The latest version of a DID; `None` when it never existed.
    pub fn latest(&self, did: &Did) -> Result<Option<Resolved>, ReadError> {
        self.watched(|| {
            let Some((key, head)) = self.disclosed(did)? else {
                return Ok(None);
            };
            self.resolved(&key, &head, head.latest.clone()).map(Some)
        })
    }

    /// The version of a DID with this id.
    pub fn version(&self, did: &Did, version_id: &str) -> Result<Option<Resolved>, ReadError> {
        let reader = &self.inner.shared.reader;
        self.watched(|| {
            let Some((key, head)) = self.disclosed(did)? else {
                return Ok(None);
            };
            let version = reader.version_by_id(&key, version_id)?;
            let resolved = version.map(|version| self.resolved(&key, &head, version));
            resolved.transpose()
        })
    }

    /// The version of a DID that was the latest at a time, in Unix milliseconds.
    pub fn at(&self, did: &Did, time_ms: u64) -> Result<Option<Resolved>, ReadError> {
        self.watched(|| {
            let Some((key, head)) = self.disclosed(did)? else {
                return Ok(None);
            };
            let (mut low, mut high) = (0, head.latest.sequence);
            let mut found = None;
            while low < high {
                let middle = low + (high - low).div_ceil(2);
                let version = self.known_version(&key, middle)?;
                if version.time_ms <= time_ms {
                    low = middle;
                    found = Some(version);
                } else {
                    high = middle - 1;
                }
            }
            found
                .map(|version| self.resolved(&key, &head, version))
                .transpose()
        })
    }

    /// The head of a DID, unless it must not be disclosed now.
    fn disclosed(&self, did: &Did) -> Result<Option<(StateKey, HeadRecord)>, ReadError> {
        let reader = &self.inner.shared.reader;
        let key = reader.key(did);
        let head = reader.head(&key)?;
        self.inner.shared.check_disclosable(head.as_ref())?;
        Ok(head.map(|head| (key, head)))
    }

    /// What the rules see of a DID: its latest document with parsed keys, and whether it is deactivated.
    pub fn state(&self, did: &Did) -> Result<Option<Arc<DidState>>, ReadError> {
        let mut reader = self.inner.shared.reader.clone();
        self.watched(|| reader.state(did))
    }

    /// A source for [`did::RequiredSet::of`] and the other rules.
    pub fn known(&self) -> impl Known<Error = ReadError> + use<> {
        self.inner.shared.reader.clone()
    }

    /// The answer that an operation got when it was accepted; `None` while it is not in the log.
    ///
    /// # Errors
    /// [`ReadError`] when index or log cannot be read.
    pub fn committed(&self, proposal: &Proposal) -> Result<Option<Committed>, ReadError> {
        self.watched(|| self.committed_before(proposal))
    }

    fn committed_before(&self, proposal: &Proposal) -> Result<Option<Committed>, ReadError> {
        let reader = &self.inner.shared.reader;
        let operation = &proposal.operation;
        let key = reader.key(operation.did());
        if let Some(resource) = operation.resource() {
            let found = reader.is_same_resource(&key, &resource)?;
            return Ok(found.map(|(record, leaf)| Committed {
                did: operation.did().clone(),
                kind: operation.kind(),
                version_id: record.id,
                location: record.entry.location(),
                time_ms: leaf.time_ms,
            }));
        }
        let Some(version) = reader.version_by_id(&key, operation.version_id())? else {
            return Ok(None);
        };
        let leaf = reader.operation(&version.operation)?;
        if leaf.payload != operation.payload() || leaf.kind as u8 != operation.kind() as u8 + 1 {
            return Ok(None);
        }
        Ok(Some(Committed {
            did: operation.did().clone(),
            kind: operation.kind(),
            version_id: version.version_id,
            location: version.operation.location(),
            time_ms: version.time_ms,
        }))
    }

    fn resolved(
        &self,
        key: &StateKey,
        head: &HeadRecord,
        version: VersionRecord,
    ) -> Result<Resolved, ReadError> {
        let latest = version.sequence == head.latest.sequence;
        let previous_version_id = match version.sequence {
            1 => None,
            _ if latest => head.previous_version_id.clone(),
            sequence => Some(self.known_version(key, sequence - 1)?.version_id),
        };
        let next = if latest {
            None
        } else {
            Some(self.known_version(key, version.sequence + 1)?)
        };
        Ok(Resolved {
            document: self.inner.shared.reader.document_text(&version.document)?,
            created_ms: head.created_ms,
            updated_ms: (version.sequence > 1).then_some(version.time_ms),
            deactivated: status_of(head) == did::Status::Deactivated,
            version_id: version.version_id,
            previous_version_id,
            next_mark: next.as_ref().map(|next| Mark::new(next.operation.index)),
            next_update_ms: next.as_ref().map(|next| next.time_ms),
            next_version_id: next.map(|next| next.version_id),
            location: version.operation.location(),
            has_resources: head.resources > 0,
        })
    }

    pub(crate) fn known_version(
        &self,
        key: &StateKey,
        sequence: u64,
    ) -> Result<VersionRecord, ReadError> {
        let version = self.inner.shared.reader.version(key, sequence)?;
        Ok(version.ok_or(IndexError::Damaged { table: "dids" })?)
    }
}
