//! Reading the resources of a DID.
//!
//! The metadata of a resource is read from its entry in the log and checked against the leaf hash, as documents are.
//! Media type and time are those of the entry. The checksum lies with the data, and is gone when that is erased.

use did::proto::resource::AlternativeUri;
use did::{Did, NewResource, ResourceHeader, normal_resource_id};
use proof::Hash;
use proof::leaf::{Leaf, ResourceLeaf};
use proof::state::StateKey;
use sha2::{Digest, Sha256};

use crate::blobs::Blob;
use crate::committed::{Location, Mark};
use crate::embedded::Embedded;
use crate::error::ReadError;
use crate::index::{HeadRecord, IndexError, ResourceRecord};
use crate::leaves::series;
use crate::reader::Reader;

/// Most resources that one reading gives.
pub const RESOURCES_READ_MAX: usize = 1024;
/// Describes the location that the ledger adds to those that the creator of a resource named.
const DID_URL: &str = "did-url";

/// A resource with its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// What is known of it.
    pub metadata: ResourceMetadata,
    /// Its data.
    pub data: ResourceData,
}

/// The data of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceData {
    /// As it was signed.
    Present(Vec<u8>),
    /// It was erased by the operator, or did not come along when the log was restored.
    Absent,
}

/// What is known of a resource besides its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceMetadata {
    /// The DID that it belongs to.
    pub did: Did,
    /// Its id, id of its collection, name, version label and type. Its places include the one that the ledger adds:
    /// `<did>/resources/<id>`, described as `did-url`.
    pub header: ResourceHeader,
    /// The media type that was found in the data when it was accepted.
    pub media_type: String,
    /// When it was accepted, in Unix milliseconds.
    pub created_ms: u64,
    /// SHA-256 of the data in hexadecimal; `None` where the data is absent, or damaged.
    pub checksum: Option<String>,
    /// Length of the data in bytes; `None` where a network does not report it.
    pub data_bytes: Option<u64>,
    /// Id of the resource of the same name and type before it.
    pub previous_id: Option<String>,
    /// Id of the one after it.
    pub next_id: Option<String>,
    /// Where it is recorded.
    pub location: Location,
    /// Its place in the order of this ledger.
    pub mark: Mark,
}

impl Embedded {
    /// The resource of a DID with this id, in either case; `None` when there is none.
    ///
    /// # Errors
    /// [`ReadError`]; [`ReadError::Data`] when its data is damaged, which is never served.
    pub fn resource(&self, did: &Did, id: &str) -> Result<Option<Resource>, ReadError> {
        self.of_collection(did, |reader, key| {
            let Some(record) = reader.resource_with_id(key, id)? else {
                return Ok(None);
            };
            let leaf = reader.resource_leaf(&record)?;
            let metadata = reader.metadata(did, key, &record, &leaf)?;
            let index = record.entry.index;
            let data = match reader.blobs.data(index, &leaf).map_err(ReadError::Log)? {
                Blob::Whole(data) => ResourceData::Present(data),
                Blob::Absent => ResourceData::Absent,
                Blob::Damaged => return Err(ReadError::Data { index }),
            };
            Ok(Some(Resource { metadata, data }))
        })
    }

    /// The same without the data.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn resource_metadata(
        &self,
        did: &Did,
        id: &str,
    ) -> Result<Option<ResourceMetadata>, ReadError> {
        self.of_collection(did, |reader, key| {
            let record = reader.resource_with_id(key, id)?;
            record
                .map(|record| reader.described(did, key, &record))
                .transpose()
        })
    }

    /// The newest resource of a DID with this name and type.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn latest_resource(
        &self,
        did: &Did,
        name: &str,
        resource_type: &str,
    ) -> Result<Option<ResourceMetadata>, ReadError> {
        self.of_collection(did, |reader, key| {
            match reader.newest_resource(key, &series(name, resource_type))? {
                Some(index) => {
                    let record = reader.known_resource(key, index)?;
                    reader.described(did, key, &record).map(Some)
                }
                None => Ok(None),
            }
        })
    }

    /// The resources of a DID that were accepted before a mark, all with `None`: the newest first, at most `limit`
    /// and at most [`RESOURCES_READ_MAX`]. Those behind the last one are had with its mark; those that a version of a
    /// DID could already have with [`crate::Resolved::next_mark`].
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn resources(
        &self,
        did: &Did,
        before: Option<Mark>,
        limit: usize,
    ) -> Result<Vec<ResourceMetadata>, ReadError> {
        let found = self.of_collection(did, |reader, key| {
            let limit = limit.min(RESOURCES_READ_MAX);
            let records =
                reader.resources_before(key, before.map_or(u64::MAX, Mark::count), limit)?;
            let described = records.iter();
            let described = described.map(|record| reader.described(did, key, record));
            described.collect::<Result<Vec<_>, _>>().map(Some)
        })?;
        Ok(found.unwrap_or_default())
    }

    /// Reads in the collection of a DID, if it has any resource and may be disclosed.
    fn of_collection<T>(
        &self,
        did: &Did,
        read: impl FnOnce(&Reader, &StateKey) -> Result<Option<T>, ReadError>,
    ) -> Result<Option<T>, ReadError> {
        let reader = &self.shared().reader;
        self.watched(|| {
            let key = reader.key(did);
            let head = reader.head(&key)?;
            self.shared().check_disclosable(head.as_ref())?;
            match head {
                Some(HeadRecord { resources: 1.., .. }) => read(reader, &key),
                _ => Ok(None),
            }
        })
    }
}

impl Reader {
    /// Log index of the resource of a DID with this id, which is in normal form.
    pub(crate) fn resource_by_id(
        &self,
        key: &StateKey,
        id: &str,
    ) -> Result<Option<u64>, IndexError> {
        match self.overlay.resource(key, |record| record.id == id) {
            Some(record) => Ok(Some(record.entry.index)),
            None => self.index.freeze()?.resource_by_id(key, id),
        }
    }

    /// Log index of the newest resource of a series.
    pub(crate) fn newest_resource(
        &self,
        key: &StateKey,
        series: &Hash,
    ) -> Result<Option<u64>, IndexError> {
        match self
            .overlay
            .resource(key, |record| record.series == *series)
        {
            Some(record) => Ok(Some(record.entry.index)),
            None => self.index.freeze()?.newest_resource(key, series),
        }
    }

    /// Whether a resource is in the log as it is proposed now, data included.
    pub(crate) fn is_same_resource(
        &self,
        key: &StateKey,
        proposed: &NewResource<'_>,
    ) -> Result<Option<(ResourceRecord, ResourceLeaf)>, ReadError> {
        let Some(record) = self.resource_with_id(key, &proposed.header.id)? else {
            return Ok(None);
        };
        let leaf = self.resource_leaf(&record)?;
        let header = self.blobs.header(record.entry.index, &leaf);
        let checksum: [u8; 32] = Sha256::digest(proposed.data).into();
        let is_same = leaf.payload == proposed.signed_header
            && matches!(header.map_err(ReadError::Log)?, Blob::Whole(found) if found.checksum == checksum);
        Ok(is_same.then_some((record, leaf)))
    }

    fn resource_with_id(
        &self,
        key: &StateKey,
        id: &str,
    ) -> Result<Option<ResourceRecord>, ReadError> {
        let index = self.resource_by_id(key, &normal_resource_id(id))?;
        index
            .map(|index| self.known_resource(key, index))
            .transpose()
    }

    fn known_resource(&self, key: &StateKey, index: u64) -> Result<ResourceRecord, ReadError> {
        let recent = self
            .overlay
            .resource(key, |record| record.entry.index == index);
        let found = match recent {
            Some(record) => Some(record),
            None => self.index.freeze()?.resource(key, index)?,
        };
        let missing = IndexError::Damaged { table: "resources" };
        Ok(found.ok_or(missing)?)
    }

    /// The overlay comes first: what leaves it meanwhile is in the index by then.
    fn resources_before(
        &self,
        key: &StateKey,
        before: u64,
        limit: usize,
    ) -> Result<Vec<ResourceRecord>, IndexError> {
        let mut records = self.overlay.resources_before(key, before, limit);
        let before = records.last().map_or(before, |last| last.entry.index);
        let left = limit - records.len().min(limit);
        if left > 0 {
            let index = self.index.freeze()?;
            records.extend(index.resources_before(key, before, left)?);
        }
        Ok(records)
    }

    fn next_of(&self, key: &StateKey, index: u64) -> Result<Option<u64>, IndexError> {
        let follows = |record: &ResourceRecord| record.previous == Some(index);
        match self.overlay.resource(key, follows) {
            Some(record) => Ok(Some(record.entry.index)),
            None => self.index.freeze()?.next_resource(key, index),
        }
    }

    fn described(
        &self,
        did: &Did,
        key: &StateKey,
        record: &ResourceRecord,
    ) -> Result<ResourceMetadata, ReadError> {
        self.metadata(did, key, record, &self.resource_leaf(record)?)
    }

    fn metadata(
        &self,
        did: &Did,
        key: &StateKey,
        record: &ResourceRecord,
        leaf: &ResourceLeaf,
    ) -> Result<ResourceMetadata, ReadError> {
        let index = record.entry.index;
        let id_of = |index: Option<u64>| match index {
            Some(index) => self
                .known_resource(key, index)
                .map(|record| Some(record.id)),
            None => Ok(None),
        };
        let mut header =
            ResourceHeader::restore(&leaf.payload).map_err(|_| ReadError::Entry { index })?;
        header.also_known_as.push(AlternativeUri {
            uri: format!("{did}/resources/{}", header.id),
            description: DID_URL.to_owned(),
        });
        let checksum = match self.blobs.header(index, leaf).map_err(ReadError::Log)? {
            Blob::Whole(blob) => Some(hex::encode(blob.checksum)),
            // Damage is reported when the data is read. It must not make the DID unreadable.
            Blob::Absent | Blob::Damaged => None,
        };
        Ok(ResourceMetadata {
            did: did.clone(),
            header,
            media_type: leaf.media_type.clone(),
            created_ms: leaf.time_ms,
            checksum,
            data_bytes: Some(leaf.data_bytes),
            previous_id: id_of(record.previous)?,
            next_id: id_of(self.next_of(key, index)?)?,
            location: record.entry.location(),
            mark: Mark::new(index),
        })
    }

    fn resource_leaf(&self, record: &ResourceRecord) -> Result<ResourceLeaf, ReadError> {
        match Leaf::decode(&self.entry(&record.entry)?) {
            Ok(Leaf::Resource(leaf)) => Ok(leaf),
            _ => Err(ReadError::Entry {
                index: record.entry.index,
            }),
        }
    }
}
