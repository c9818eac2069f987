//! Reading what has been acknowledged: the overlay first, then the index, and documents from the log itself.

use std::io;
use std::sync::Arc;

use did::proto::DidDoc;
use did::{Did, DidState, Document, Head, Known, Status};
use proof::NetworkId;
use proof::leaf::{Import, Leaf, LeafReference, OperationLeaf};
use proof::state::{self, StateKey};
use thiserror::Error;

use crate::assurance::Withheld;
use crate::blobs::Blobs;
use crate::index::{EntryRecord, Evidence, HeadRecord, Index, IndexError, Overlay, VersionRecord};
use crate::log::Segments;

/// Why something that was acknowledged cannot be read. It is never the fault of the caller.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The derived index is damaged; it is rebuilt at the next start.
    #[error("the index of the ledger is damaged and has to be rebuilt; restart the server")]
    Index(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// An entry of the log is not what was written.
    #[error(
        "entry {index} of the log is damaged; restore the log from a backup and run `ledger verify`"
    )]
    Entry {
        /// Its log index.
        index: u64,
    },
    /// The data of a resource is not what was written. It is never served; everything else is.
    #[error(
        "the data of the resource at entry {index} of the log is damaged; restore it from a backup, or erase it with \
         `ledger erase-resource`"
    )]
    Data {
        /// Log index of the resource.
        index: u64,
    },
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Log(#[source] io::Error),
    /// A remote network has a document which no rule here can judge. It can be displayed, and not be changed from
    /// here.
    #[error(
        "the document of {did} on its network cannot be judged by the rules of this server: {reason}"
    )]
    Document {
        /// The DID.
        did: Did,
        /// What is not taken here.
        reason: String,
    },
    /// It must not be disclosed now whether the DID is active. Neither the request nor the files are wrong.
    #[error("{0}")]
    Withheld(Withheld),
}

impl From<IndexError> for ReadError {
    fn from(error: IndexError) -> Self {
        Self::Index(Box::new(error))
    }
}

/// A consistent source of heads, versions and documents.
#[derive(Clone)]
pub(crate) struct Reader {
    pub(crate) network_id: NetworkId,
    pub(crate) index: Arc<Index>,
    pub(crate) overlay: Arc<Overlay>,
    pub(crate) segments: Arc<Segments>,
    pub(crate) blobs: Arc<Blobs>,
}

impl Reader {
    pub(crate) fn key(&self, did: &Did) -> StateKey {
        StateKey::of(&self.network_id, did.as_str())
    }

    pub(crate) fn head(&self, key: &StateKey) -> Result<Option<HeadRecord>, IndexError> {
        match self.overlay.head(key) {
            Some(head) => Ok(Some(head)),
            None => self.index.head(key),
        }
    }

    pub(crate) fn version(
        &self,
        key: &StateKey,
        sequence: u64,
    ) -> Result<Option<VersionRecord>, IndexError> {
        match self.overlay.version(key, sequence) {
            Some(version) => Ok(Some(version)),
            None => self.index.version(key, sequence),
        }
    }

    pub(crate) fn version_by_id(
        &self,
        key: &StateKey,
        version_id: &str,
    ) -> Result<Option<VersionRecord>, IndexError> {
        let sequence = match self.overlay.sequence_of(key, version_id) {
            Some(sequence) => Some(sequence),
            None => self.index.sequence_of(key, version_id)?,
        };
        let Some(sequence) = sequence else {
            return Ok(None);
        };
        let version = self
            .version(key, sequence)?
            .ok_or(IndexError::Damaged { table: "dids" })?;
        Ok(Some(version).filter(|version| version.version_id == version_id))
    }

    /// What the deactivation of a DID rested on, which is the entry `deactivation`; `None` if that is not known.
    pub(crate) fn evidence(
        &self,
        key: &StateKey,
        deactivation: u64,
    ) -> Result<Option<Arc<Evidence>>, IndexError> {
        match self.overlay.evidence(key) {
            Some(evidence) => Ok(Some(evidence)),
            None => Ok(self.index.freeze()?.evidence(deactivation)?.map(Arc::new)),
        }
    }

    /// An entry's bytes, checked against the hash that the tree commits to.
    pub(crate) fn entry(&self, entry: &EntryRecord) -> Result<Vec<u8>, ReadError> {
        let damaged = ReadError::Entry { index: entry.index };
        let mut bytes = vec![0; entry.place.length as usize];
        let file = self
            .segments
            .file(entry.place.segment)
            .map_err(ReadError::Log)?;
        match file.read_exact_at(&mut bytes, entry.place.offset) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(damaged),
            result => result.map_err(ReadError::Log)?,
        }
        if Leaf::hash_of(&bytes) != entry.leaf_hash {
            return Err(damaged);
        }
        Ok(bytes)
    }

    /// An operation's leaf, checked likewise.
    pub(crate) fn operation(&self, entry: &EntryRecord) -> Result<OperationLeaf, ReadError> {
        match Leaf::decode(&self.entry(entry)?) {
            Ok(Leaf::Operation(leaf)) => Ok(leaf),
            Ok(Leaf::Import(import)) => match import.imported_operation() {
                Ok(Some(leaf)) => Ok(leaf),
                _ => Err(ReadError::Entry { index: entry.index }),
            },
            _ => Err(ReadError::Entry { index: entry.index }),
        }
    }

    /// The newest leaf of a DID as the log before the recovery leaf `since` names it: its head if that is older,
    /// what was imported if it comes from there; `None` where the DID has changed otherwise.
    pub(crate) fn link(
        &self,
        head: &HeadRecord,
        since: u64,
    ) -> Result<Option<LeafReference>, ReadError> {
        let operation = &head.latest.operation;
        if head.value.head_index < since {
            return Ok(Some(LeafReference {
                index: head.value.head_index,
                hash: head.value.head_hash,
            }));
        }
        if operation.index < since {
            return Ok(Some(LeafReference {
                index: operation.index,
                hash: operation.leaf_hash,
            }));
        }
        match Leaf::decode(&self.entry(operation)?) {
            Ok(Leaf::Import(Import {
                operation: Some(imported),
                ..
            })) => Ok(Some(LeafReference {
                index: imported.index,
                hash: Leaf::hash_of(&imported.leaf),
            })),
            _ => Ok(None),
        }
    }

    pub(crate) fn document(&self, entry: &EntryRecord) -> Result<Document, ReadError> {
        let leaf = self.operation(entry)?;
        Document::restore(&leaf.payload).map_err(|_| ReadError::Entry { index: entry.index })
    }

    /// The same without its keys parsed, for callers that only display it.
    pub(crate) fn document_text(&self, entry: &EntryRecord) -> Result<DidDoc, ReadError> {
        let leaf = self.operation(entry)?;
        did::document_of_payload(&leaf.payload).map_err(|_| ReadError::Entry { index: entry.index })
    }

    /// What the rules ask about a DID.
    pub(crate) fn did_state(&self, did: &Did) -> Result<Option<DidState>, ReadError> {
        let Some(head) = self.head(&self.key(did))? else {
            return Ok(None);
        };
        Ok(Some(DidState {
            document: self.document(&head.latest.document)?,
            status: status_of(&head),
            head: Head {
                index: head.value.head_index,
                leaf_hash: *head.value.head_hash.as_bytes(),
            },
        }))
    }
}

impl Known for Reader {
    type Error = ReadError;

    fn state(&mut self, did: &Did) -> Result<Option<Arc<DidState>>, ReadError> {
        Ok(self.did_state(did)?.map(Arc::new))
    }

    fn version_is_used(&mut self, did: &Did, version_id: &str) -> Result<bool, ReadError> {
        Ok(self.version_by_id(&self.key(did), version_id)?.is_some())
    }

    fn resource_exists(&mut self, did: &Did, resource_id: &str) -> Result<bool, ReadError> {
        Ok(self.resource_by_id(&self.key(did), resource_id)?.is_some())
    }
}

pub(crate) fn status_of(head: &HeadRecord) -> Status {
    match head.value.status {
        state::Status::Active => Status::Active,
        state::Status::Deactivated { .. } => Status::Deactivated,
    }
}
