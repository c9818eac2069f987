//! The tables of the index.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use proof::sha256;
use proof::state::{NibbleNode, NibblePath, StateKey};
use redb::{Builder, Database, ReadableDatabase, ReadableTable, TableDefinition};
use thiserror::Error;

use super::backend::Blocks;
use super::overlay::BatchChanges;
use super::record::{HeadRecord, IndexPosition, VersionRecord, open, seal};
use crate::disk::Disk;

/// Heads, versions and version ids of a DID lie side by side, so that one operation touches one page.
const DIDS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("dids");
const NODES: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("nodes");
const POSITION: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("position");
const POSITION_KEY: &[u8] = b"position";

const HEAD: u8 = 0;
const VERSION: u8 = 1;
const VERSION_ID: u8 = 2;

/// The index cannot answer. The log is not affected: the index is to be rebuilt from it.
#[derive(Debug, Error)]
pub(crate) enum IndexError {
    #[error("the index engine failed")]
    Engine(#[source] Box<redb::Error>),
    #[error("the index engine panicked")]
    Panicked,
    #[error("a record in table `{table}` of the index is damaged")]
    Damaged { table: &'static str },
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
            for table in [DIDS, NODES, POSITION] {
                transaction.open_table(table)?;
            }
            transaction.commit()?;
            Ok(Self { database })
        })
    }

    /// How far it has come; `None` when it is empty.
    pub(crate) fn position(&self) -> Result<Option<IndexPosition>, IndexError> {
        self.value(POSITION, "position", POSITION_KEY, IndexPosition::decode)
    }

    pub(crate) fn head(&self, key: &StateKey) -> Result<Option<HeadRecord>, IndexError> {
        self.value(DIDS, "dids", &did_key(key, HEAD, &[]), HeadRecord::decode)
    }

    pub(crate) fn version(
        &self,
        key: &StateKey,
        sequence: u64,
    ) -> Result<Option<VersionRecord>, IndexError> {
        self.value(
            DIDS,
            "dids",
            &did_key(key, VERSION, &sequence.to_be_bytes()),
            VersionRecord::decode,
        )
    }

    /// The sequence of the version with this id.
    pub(crate) fn sequence_of(
        &self,
        key: &StateKey,
        version_id: &str,
    ) -> Result<Option<u64>, IndexError> {
        let key = did_key(key, VERSION_ID, &version_key(version_id));
        self.value(DIDS, "dids", &key, |bytes| {
            bytes.try_into().ok().map(u64::from_be_bytes)
        })
    }

    pub(crate) fn node(&self, path: &NibblePath) -> Result<Option<NibbleNode>, IndexError> {
        self.value(NODES, "nodes", path.as_bytes(), |bytes| {
            NibbleNode::decode(bytes).ok()
        })
    }

    /// Takes over batches, all in one durable transaction.
    pub(crate) fn apply(&self, batches: &[std::sync::Arc<BatchChanges>]) -> Result<(), IndexError> {
        let Some(last) = batches.last() else {
            return Ok(());
        };
        guarded(|| {
            let mut transaction = self.database.begin_write()?;
            transaction.set_quick_repair(true);
            {
                let mut dids = transaction.open_table(DIDS)?;
                let mut nodes = transaction.open_table(NODES)?;
                for batch in batches {
                    for change in &batch.dids {
                        let head = did_key(&change.key, HEAD, &[]);
                        insert(&mut dids, "dids", &head, change.head.encode())?;
                        for version in &change.versions {
                            let key =
                                did_key(&change.key, VERSION, &version.sequence.to_be_bytes());
                            insert(&mut dids, "dids", &key, version.encode())?;
                            let key =
                                did_key(&change.key, VERSION_ID, &version_key(&version.version_id));
                            insert(
                                &mut dids,
                                "dids",
                                &key,
                                version.sequence.to_be_bytes().to_vec(),
                            )?;
                        }
                    }
                    for (path, node) in &batch.nodes {
                        insert(&mut nodes, "nodes", path.as_bytes(), node.encode())?;
                    }
                }
                let mut position = transaction.open_table(POSITION)?;
                insert(
                    &mut position,
                    "position",
                    POSITION_KEY,
                    last.position.encode(),
                )?;
            }
            transaction.commit()?;
            Ok(())
        })
    }

    /// Hands every stored pair to `visit`, table by table and in order of the keys: two indexes that hold the same are
    /// visited the same.
    pub(crate) fn visit(
        &self,
        mut visit: impl FnMut(&'static str, &[u8], &[u8]),
    ) -> Result<(), IndexError> {
        guarded(|| {
            let transaction = self.database.begin_read()?;
            for (name, table) in [("dids", DIDS), ("nodes", NODES), ("position", POSITION)] {
                for pair in transaction.open_table(table)?.iter()? {
                    let (key, value) = pair?;
                    visit(name, key.value(), value.value());
                }
            }
            Ok(())
        })
    }

    fn value<T>(
        &self,
        table: TableDefinition<'_, &[u8], &[u8]>,
        name: &'static str,
        key: &[u8],
        decode: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, IndexError> {
        guarded(|| {
            let transaction = self.database.begin_read()?;
            let table = transaction.open_table(table)?;
            let Some(value) = table.get(key)? else {
                return Ok(None);
            };
            let content = open(name, key, value.value()).and_then(&decode);
            content.map(Some).ok_or(IndexError::Damaged { table: name })
        })
    }
}

/// First half of the SHA-256 of a version id: keys stay short whatever a client calls its versions.
pub(crate) fn version_key(version_id: &str) -> [u8; 16] {
    let mut key = [0; 16];
    key.copy_from_slice(&sha256(version_id.as_bytes()).as_bytes()[..16]);
    key
}

fn did_key(key: &StateKey, kind: u8, suffix: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(33 + suffix.len());
    bytes.extend_from_slice(key.as_bytes());
    bytes.push(kind);
    bytes.extend_from_slice(suffix);
    bytes
}

fn insert(
    table: &mut redb::Table<'_, &[u8], &[u8]>,
    name: &'static str,
    key: &[u8],
    content: Vec<u8>,
) -> Result<(), IndexError> {
    table.insert(key, seal(name, key, content).as_slice())?;
    Ok(())
}

/// A panic of the engine means that the index is bad, not that an answer is.
fn guarded<T>(run: impl FnOnce() -> Result<T, IndexError>) -> Result<T, IndexError> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(Err(IndexError::Panicked))
}
