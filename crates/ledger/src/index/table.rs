//! The tables of the index.

use std::path::Path;
use std::sync::Arc;

use proof::sha256;
use proof::state::{NibbleNode, NibblePath, StateKey};
use redb::{Builder, Database, ReadableDatabase, ReadableTable, ReadableTableMetadata};
use redb::{TableDefinition, WriteTransaction};
use thiserror::Error;

use super::apply;
use super::backend::Blocks;
use super::frozen::{Frozen, guarded};
use super::overlay::BatchChanges;
use super::record::{HeadRecord, IndexPosition, VersionRecord};
use crate::disk::Disk;

/// A table and its name.
#[derive(Clone, Copy)]
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) definition: TableDefinition<'static, &'static [u8], &'static [u8]>,
}

impl Table {
    const fn new(name: &'static str) -> Self {
        Self {
            name,
            definition: TableDefinition::new(name),
        }
    }

    pub(super) fn damaged(self) -> IndexError {
        IndexError::Damaged { table: self.name }
    }
}

/// Heads, and the versions and version ids before them, lie side by side, so that one operation touches one page. Most
/// DIDs have a single version, and so a single record: what is small stays in memory.
pub(super) const DIDS: Table = Table::new("dids");
/// Resources by collection: in order, by id, by name and type.
pub(super) const RESOURCES: Table = Table::new("resources");
/// Nodes of the state tree by their path.
pub(super) const NODES: Table = Table::new("nodes");
/// The log's tree: level and index of a tile, and its hashes.
pub(super) const TILES: Table = Table::new("tiles");
/// Where the frame is whose first entry has this index.
pub(super) const FRAMES: Table = Table::new("frames");
/// What deactivations rested on, by their log index: they come in this order, and fill one page after the other.
pub(super) const EVIDENCE: Table = Table::new("evidence");
/// Deactivated DIDs: chunks of a bitmap by ordinal. A missing chunk is all zeros.
pub(super) const BITS: Table = Table::new("bits");
/// Which DIDs have named a signer besides themselves: the signer's state key, then theirs; the value is their text.
/// What is named no more stays: readers look into the latest document.
pub(super) const NAMED: Table = Table::new("named");
pub(super) const POSITION: Table = Table::new("position");
/// The signed checkpoint of the position. No replay can make it again.
pub(super) const CHECKPOINT: Table = Table::new("checkpoint");
/// The version of all other tables.
const FORMAT: Table = Table::new("format");

/// The tables that follow from the log alone.
pub(super) const COMPARED: [Table; 9] = [
    DIDS, RESOURCES, NODES, TILES, FRAMES, EVIDENCE, BITS, NAMED, POSITION,
];

pub(super) const POSITION_KEY: &[u8] = b"position";
const FORMAT_KEY: &[u8] = b"format";
/// Raised with every change of what the tables hold: an index of another format is made anew.
const FORMAT_NUMBER: u64 = 5;

pub(super) const HEAD: u8 = 0;
pub(super) const VERSION: u8 = 1;
pub(super) const VERSION_ID: u8 = 2;

/// Bytes of a chunk of the status bitmap.
pub(super) const CHUNK_BYTES: usize = 1024;

/// The index cannot answer. The log is not affected: the index is to be rebuilt from it.
#[derive(Debug, Error)]
pub(crate) enum IndexError {
    #[error("the index engine failed")]
    Engine(#[source] Box<redb::Error>),
    #[error("the index engine panicked")]
    Panicked,
    #[error("a record in table `{table}` of the index is damaged")]
    Damaged { table: &'static str },
    #[error("the index was made by another release")]
    OtherFormat,
    #[error("the index file cannot be opened")]
    Io(#[source] std::io::Error),
}

impl<E: Into<redb::Error>> From<E> for IndexError {
    fn from(error: E) -> Self {
        Self::Engine(Box::new(error.into()))
    }
}

/// The derived database.
pub(crate) struct Index {
    database: Database,
}

impl Index {
    /// Opens the index, or makes an empty one.
    pub(crate) fn open(
        disk: &dyn Disk,
        path: &Path,
        cache_bytes: usize,
    ) -> Result<Self, IndexError> {
        let file = match disk.open(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => disk.create(path),
            result => result,
        };
        let file = file.map_err(IndexError::Io)?;
        guarded(|| {
            let mut builder = Builder::new();
            builder.set_cache_size(cache_bytes);
            let database = builder.create_with_backend(Blocks::new(file))?;
            let transaction = database.begin_write()?;
            for table in COMPARED.into_iter().chain([CHECKPOINT]) {
                transaction.open_table(table.definition)?;
            }
            check_format(&transaction)?;
            transaction.commit()?;
            Ok(Self { database })
        })
    }

    /// The present index, for as long as the value lives; the file cannot shrink meanwhile.
    pub(crate) fn freeze(&self) -> Result<Frozen, IndexError> {
        guarded(|| Ok(Frozen::new(self.database.begin_read()?)))
    }

    /// How far it has come; `None` when it is empty.
    pub(crate) fn position(&self) -> Result<Option<IndexPosition>, IndexError> {
        self.freeze()?.position()
    }

    pub(crate) fn head(&self, key: &StateKey) -> Result<Option<HeadRecord>, IndexError> {
        self.freeze()?.head(key)
    }

    pub(crate) fn version(
        &self,
        key: &StateKey,
        sequence: u64,
    ) -> Result<Option<VersionRecord>, IndexError> {
        self.freeze()?.version(key, sequence)
    }

    /// The sequence of the version with this id.
    pub(crate) fn sequence_of(
        &self,
        key: &StateKey,
        version_id: &str,
    ) -> Result<Option<u64>, IndexError> {
        self.freeze()?.sequence_of(key, version_id)
    }

    pub(crate) fn node(&self, path: &NibblePath) -> Result<Option<NibbleNode>, IndexError> {
        self.freeze()?.node(path)
    }

    /// Writes batches and the checkpoint of the last one in one durable transaction.
    pub(crate) fn apply(
        &self,
        batches: &[Arc<BatchChanges>],
        checkpoint: &str,
    ) -> Result<(), IndexError> {
        let Some(last) = batches.last() else {
            return Ok(());
        };
        guarded(|| {
            let mut transaction = self.database.begin_write()?;
            transaction.set_quick_repair(true);
            apply::all(&transaction, batches)?;
            apply::position(&transaction, &last.position, checkpoint)?;
            transaction.commit()?;
            Ok(())
        })
    }
}

/// An empty index gets the format of this release; one of another format is refused.
fn check_format(transaction: &WriteTransaction) -> Result<(), IndexError> {
    let is_empty = transaction.open_table(POSITION.definition)?.is_empty()?;
    let mut table = transaction.open_table(FORMAT.definition)?;
    let expected = FORMAT_NUMBER.to_be_bytes();
    let found = table
        .get(FORMAT_KEY)?
        .map(|found| found.value() == expected.as_slice());
    match found {
        Some(true) => Ok(()),
        None if is_empty => {
            table.insert(FORMAT_KEY, expected.as_slice())?;
            Ok(())
        }
        Some(false) | None => Err(IndexError::OtherFormat),
    }
}

/// First half of the SHA-256 of a version id: keys stay short whatever a client calls its versions.
pub(crate) fn version_key(version_id: &str) -> [u8; 16] {
    let mut key = [0; 16];
    key.copy_from_slice(&sha256(version_id.as_bytes()).as_bytes()[..16]);
    key
}

pub(super) fn did_key(key: &StateKey, kind: u8, suffix: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(33 + suffix.len());
    bytes.extend_from_slice(key.as_bytes());
    bytes.push(kind);
    bytes.extend_from_slice(suffix);
    bytes
}

pub(super) fn named_key(signer: &StateKey, subject: &StateKey) -> [u8; 64] {
    let mut key = [0; 64];
    key[..32].copy_from_slice(signer.as_bytes());
    key[32..].copy_from_slice(subject.as_bytes());
    key
}

pub(super) fn tile_key(level: u8, index: u64) -> [u8; 9] {
    let mut key = [level; 9];
    key[1..].copy_from_slice(&index.to_be_bytes());
    key
}

#[cfg(test)]
pub(crate) mod tampering {
    //! An index that is intact but wrong.

    use super::super::record::{open, seal};
    use super::*;

    /// The tables that tests change.
    pub(crate) const TABLES: [&str; 9] = [
        "dids",
        "resources",
        "nodes",
        "tiles",
        "frames",
        "evidence",
        "bits",
        "position",
        "checkpoint",
    ];

    impl Index {
        /// Turns a bit in a byte of a table's first value, counted from its end, and seals it again.
        pub(crate) fn tamper(&self, name: &str, from_end: usize) {
            let table = COMPARED.into_iter().chain([CHECKPOINT]);
            let table = table.into_iter().find(|table| table.name == name).unwrap();
            let transaction = self.database.begin_write().unwrap();
            {
                let mut opened = transaction.open_table(table.definition).unwrap();
                let (key, mut content) = {
                    let (key, value) = opened.first().unwrap().unwrap();
                    let content = open(name, key.value(), value.value()).unwrap();
                    (key.value().to_vec(), content.to_vec())
                };
                let at = content.len() - 1 - from_end;
                content[at] ^= 1;
                let sealed = seal(name, &key, content);
                opened.insert(key.as_slice(), sealed.as_slice()).unwrap();
            }
            transaction.commit().unwrap();
        }

        /// Makes it one that another release has written.
        pub(crate) fn age(&self) {
            let transaction = self.database.begin_write().unwrap();
            transaction.delete_table(FORMAT.definition).unwrap();
            transaction.commit().unwrap();
        }
    }
}
