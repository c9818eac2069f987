//! The resources of collections, in the tables.
//!
//! All keys begin with the place of the DID in the state tree, so that a collection lies side by side.

use proof::Hash;
use proof::state::StateKey;

use super::frozen::{Frozen, guarded};
use super::record::{EntryRecord, open, read};
use super::table::{IndexError, RESOURCES, did_key};

/// By log index: the records themselves.
const IN_ORDER: u8 = 0;
/// By id: the log index.
const BY_ID: u8 = 1;
/// By name and type: the log index of the newest.
const NEWEST: u8 = 2;
/// By log index: that of the next one of the same name and type.
const NEXT: u8 = 3;

/// One resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ResourceRecord {
    pub(crate) entry: EntryRecord,
    /// Its id, in lower case.
    pub(crate) id: String,
    /// Digest of its name and type: resources that share it are versions of each other.
    pub(crate) series: Hash,
    /// Log index of the one before it in its series.
    pub(crate) previous: Option<u64>,
}

impl ResourceRecord {
    /// The keys and values of this resource of a DID.
    pub(super) fn rows(&self, key: &StateKey) -> Vec<(Vec<u8>, Vec<u8>)> {
        let index = self.entry.index.to_be_bytes();
        let mut rows = vec![
            (did_key(key, IN_ORDER, &index), self.encode()),
            (did_key(key, BY_ID, self.id.as_bytes()), index.to_vec()),
            (did_key(key, NEWEST, self.series.as_bytes()), index.to_vec()),
        ];
        if let Some(previous) = self.previous {
            let before = did_key(key, NEXT, &previous.to_be_bytes());
            rows.push((before, index.to_vec()));
        }
        rows
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(160);
        self.entry.write(&mut bytes);
        bytes.extend_from_slice(self.series.as_bytes());
        bytes.push(u8::from(self.previous.is_some()));
        bytes.extend_from_slice(&self.previous.unwrap_or(0).to_be_bytes());
        bytes.extend_from_slice(self.id.as_bytes());
        bytes
    }

    fn decode(mut bytes: &[u8]) -> Option<Self> {
        let bytes = &mut bytes;
        Some(Self {
            entry: EntryRecord::read(bytes)?,
            series: Hash::from(read::<32>(bytes)?),
            previous: match (read::<1>(bytes)?, u64::from_be_bytes(read(bytes)?)) {
                ([0], 0) => None,
                ([1], previous) => Some(previous),
                _ => return None,
            },
            id: String::from_utf8(bytes.to_vec()).ok()?,
        })
    }
}

impl Frozen {
    /// The resource of a DID that is this entry of the log.
    pub(crate) fn resource(
        &self,
        key: &StateKey,
        index: u64,
    ) -> Result<Option<ResourceRecord>, IndexError> {
        let key = did_key(key, IN_ORDER, &index.to_be_bytes());
        self.value(RESOURCES, &key, ResourceRecord::decode)
    }

    /// Log index of the resource of a DID with this id.
    pub(crate) fn resource_by_id(
        &self,
        key: &StateKey,
        id: &str,
    ) -> Result<Option<u64>, IndexError> {
        self.link(&did_key(key, BY_ID, id.as_bytes()))
    }

    /// Log index of the newest resource of a series.
    pub(crate) fn newest_resource(
        &self,
        key: &StateKey,
        series: &Hash,
    ) -> Result<Option<u64>, IndexError> {
        self.link(&did_key(key, NEWEST, series.as_bytes()))
    }

    /// Log index of the resource that follows another in its series.
    pub(crate) fn next_resource(
        &self,
        key: &StateKey,
        index: u64,
    ) -> Result<Option<u64>, IndexError> {
        self.link(&did_key(key, NEXT, &index.to_be_bytes()))
    }

    /// The resources of a DID before an entry of the log, the newest first, at most `limit`.
    pub(crate) fn resources_before(
        &self,
        key: &StateKey,
        before: u64,
        limit: usize,
    ) -> Result<Vec<ResourceRecord>, IndexError> {
        guarded(|| {
            let table = self.open_table(RESOURCES)?;
            let (low, high) = (
                did_key(key, IN_ORDER, &[0; 8]),
                did_key(key, IN_ORDER, &before.to_be_bytes()),
            );
            let range = table.range::<&[u8]>(low.as_slice()..high.as_slice())?;
            let records = range.rev().take(limit).map(|pair| {
                let (key, value) = pair?;
                open(RESOURCES.name, key.value(), value.value())
                    .and_then(ResourceRecord::decode)
                    .ok_or(RESOURCES.damaged())
            });
            records.collect()
        })
    }

    fn link(&self, key: &[u8]) -> Result<Option<u64>, IndexError> {
        self.value(RESOURCES, key, |bytes| {
            bytes.try_into().ok().map(u64::from_be_bytes)
        })
    }
}
