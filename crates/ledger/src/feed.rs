//! The operations of the log, in order.

use proof::Hash;
use proof::leaf::{Leaf, OperationLeaf};
use tokio::sync::watch;

use crate::embedded::Embedded;
use crate::error::ReadError;

/// Most operations that one reading gives.
pub const OPERATIONS_READ_MAX: usize = 1024;

/// An operation as the log holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedOperation {
    /// Its index in the log.
    pub log_index: u64,
    /// Its RFC 6962 leaf hash.
    pub leaf_hash: Hash,
    /// When this log took it, in Unix milliseconds.
    pub time_ms: u64,
    /// What was accepted. Of an import it is the operation as the older log holds it, with that log's time and indexes.
    pub leaf: OperationLeaf,
    /// The older log that it was imported from.
    pub imported_from: Option<String>,
}

impl LoggedOperation {
    /// The operation in an entry, if it is one; `None` when the entry cannot be read.
    fn read(log_index: u64, leaf_hash: Hash, bytes: &[u8]) -> Option<Option<Self>> {
        let (time_ms, leaf, imported_from) = match Leaf::decode(bytes).ok()? {
            Leaf::Operation(leaf) => (leaf.time_ms, leaf, None),
            Leaf::Import(import) => match import.imported_operation().ok()? {
                Some(leaf) => (import.time_ms, leaf, Some(import.origin)),
                None => return Some(None),
            },
            _ => return Some(None),
        };
        Some(Some(Self {
            log_index,
            leaf_hash,
            time_ms,
            leaf,
            imported_from,
        }))
    }
}

impl Embedded {
    /// The operations behind the entry `after`, from the very first with `None`, in order: at most `limit`, and at most
    /// [`OPERATIONS_READ_MAX`]. Only what is published. Fewer than `limit` means that there are no more yet.
    ///
    /// # Errors
    /// [`ReadError`] when an entry or the index is damaged.
    pub fn operations(
        &self,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<LoggedOperation>, ReadError> {
        let limit = limit.min(OPERATIONS_READ_MAX);
        let size = self.published().size;
        let mut next = after.map_or(0, |after| after.saturating_add(1));
        let mut found = Vec::new();
        self.watched(|| {
            let mut tree = self.log_tree();
            while next < size && found.len() < limit {
                for (leaf_hash, bytes) in tree.entries_from(next)? {
                    let log_index = next;
                    next += 1;
                    let damaged = ReadError::Entry { index: log_index };
                    let read =
                        LoggedOperation::read(log_index, leaf_hash, &bytes).ok_or(damaged)?;
                    found.extend(read);
                    if found.len() == limit {
                        break;
                    }
                }
            }
            Ok(found)
        })
    }

    /// Follows the number of published entries. An answer that a caller has got is covered by the number seen next.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.shared().watch_size()
    }
}
