//! The records of the index, as bytes. Each value ends with a checksum over its table, key and content.

use proof::leaf::OtherHead;
use proof::state::StateValue;
use proof::{Hash, NetworkId};
use xxhash_rust::xxh3::xxh3_64;

use crate::committed::Location;
use crate::log::{LeafLocation, Position};

/// One version of a DID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct VersionRecord {
    /// Counted from 1 for each DID.
    pub(crate) sequence: u64,
    pub(crate) version_id: String,
    /// When the operation was accepted.
    pub(crate) time_ms: u64,
    /// The operation that made this version.
    pub(crate) operation: EntryRecord,
    /// The operation that carries its document: the same, but for a deactivation.
    pub(crate) document: EntryRecord,
}

/// The latest version of a DID, with what its state leaf commits to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeadRecord {
    pub(crate) value: StateValue,
    pub(crate) created_ms: u64,
    pub(crate) latest: VersionRecord,
    pub(crate) previous_version_id: Option<String>,
    /// Number of resources. With 0 there is no need to look for any.
    pub(crate) resources: u64,
}

/// An entry of the log: its index, where its bytes are, and their hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EntryRecord {
    pub(crate) index: u64,
    pub(crate) place: LeafLocation,
    pub(crate) leaf_hash: Hash,
}

/// Where the frame is that contains a run of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameRecord {
    /// Log index of its first entry.
    pub(crate) first_index: u64,
    pub(crate) segment: u32,
    pub(crate) start: u64,
    pub(crate) end: u64,
}

/// How far the index has come, in the same transaction as everything it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IndexPosition {
    pub(crate) network_id: NetworkId,
    pub(crate) position: Position,
    /// The Merkle frontier over all leaves up to here.
    pub(crate) frontier: Vec<u8>,
    pub(crate) last_state_index: u64,
    pub(crate) state_root: Hash,
    pub(crate) dids: u64,
    pub(crate) time_ms: u64,
    /// Heads of other logs in the newest state leaf.
    pub(crate) other_heads: Vec<OtherHead>,
    /// Keys and names of the log up to here.
    pub(crate) lineage: Vec<u8>,
}

/// Appends the checksum that [`open`] checks.
pub(super) fn seal(table: &str, key: &[u8], mut content: Vec<u8>) -> Vec<u8> {
    let sum = checksum(table, key, &content);
    content.extend_from_slice(&sum);
    content
}

/// The content of a sealed value; `None` when it is not what was stored under this key.
pub(super) fn open<'v>(table: &str, key: &[u8], value: &'v [u8]) -> Option<&'v [u8]> {
    let (content, sum) = value.split_last_chunk::<8>()?;
    (checksum(table, key, content) == *sum).then_some(content)
}

fn checksum(table: &str, key: &[u8], content: &[u8]) -> [u8; 8] {
    let mut bytes = Vec::with_capacity(table.len() + key.len() + content.len() + 2);
    bytes.extend_from_slice(table.as_bytes());
    bytes.push(0);
    bytes.push(key.len() as u8);
    bytes.extend_from_slice(key);
    bytes.extend_from_slice(content);
    xxh3_64(&bytes).to_be_bytes()
}

impl VersionRecord {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(160);
        self.write(&mut bytes);
        bytes
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.sequence.to_be_bytes());
        bytes.extend_from_slice(&self.time_ms.to_be_bytes());
        self.operation.write(bytes);
        self.document.write(bytes);
        write_text(bytes, &self.version_id);
    }

    pub(super) fn decode(mut bytes: &[u8]) -> Option<Self> {
        let record = Self::read(&mut bytes)?;
        bytes.is_empty().then_some(record)
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Some(Self {
            sequence: read_u64(bytes)?,
            time_ms: read_u64(bytes)?,
            operation: EntryRecord::read(bytes)?,
            document: EntryRecord::read(bytes)?,
            version_id: read_text(bytes)?,
        })
    }
}

impl HeadRecord {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(400);
        write_value(&mut bytes, &self.value);
        bytes.extend_from_slice(&self.created_ms.to_be_bytes());
        self.latest.write(&mut bytes);
        write_text(
            &mut bytes,
            self.previous_version_id.as_deref().unwrap_or(""),
        );
        bytes.extend_from_slice(&self.resources.to_be_bytes());
        bytes
    }

    pub(super) fn decode(mut bytes: &[u8]) -> Option<Self> {
        let bytes = &mut bytes;
        let record = Self {
            value: read_value(bytes)?,
            created_ms: read_u64(bytes)?,
            latest: VersionRecord::read(bytes)?,
            previous_version_id: Some(read_text(bytes)?).filter(|id| !id.is_empty()),
            resources: read_u64(bytes)?,
        };
        bytes.is_empty().then_some(record)
    }
}

impl EntryRecord {
    pub(crate) fn location(&self) -> Location {
        Location::Entry {
            index: self.index,
            leaf_hash: self.leaf_hash,
        }
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.index.to_be_bytes());
        bytes.extend_from_slice(&self.place.segment.to_be_bytes());
        bytes.extend_from_slice(&self.place.offset.to_be_bytes());
        bytes.extend_from_slice(&self.place.length.to_be_bytes());
        bytes.extend_from_slice(self.leaf_hash.as_bytes());
    }

    pub(super) fn read(bytes: &mut &[u8]) -> Option<Self> {
        Some(Self {
            index: read_u64(bytes)?,
            place: LeafLocation {
                segment: u32::from_be_bytes(read(bytes)?),
                offset: read_u64(bytes)?,
                length: u32::from_be_bytes(read(bytes)?),
            },
            leaf_hash: Hash::from(read::<32>(bytes)?),
        })
    }
}

impl FrameRecord {
    /// All but the index of its first entry, which is its key.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(28);
        bytes.extend_from_slice(&self.segment.to_be_bytes());
        bytes.extend_from_slice(&self.start.to_be_bytes());
        bytes.extend_from_slice(&self.end.to_be_bytes());
        bytes
    }

    pub(super) fn decode(key: &[u8], mut bytes: &[u8]) -> Option<Self> {
        let bytes = &mut bytes;
        let record = Self {
            first_index: u64::from_be_bytes(key.try_into().ok()?),
            segment: u32::from_be_bytes(read(bytes)?),
            start: read_u64(bytes)?,
            end: read_u64(bytes)?,
        };
        bytes.is_empty().then_some(record)
    }
}

impl IndexPosition {
    /// Number of entries up to here: the first eight bytes of a frontier.
    pub(crate) fn size(&self) -> u64 {
        let size = self.frontier.first_chunk::<8>();
        size.map_or(0, |size| u64::from_be_bytes(*size))
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256 + self.frontier.len());
        bytes.extend_from_slice(self.network_id.as_bytes());
        bytes.extend_from_slice(&self.position.segment.to_be_bytes());
        bytes.extend_from_slice(&self.position.frame_start.to_be_bytes());
        bytes.extend_from_slice(&self.position.end.to_be_bytes());
        bytes.extend_from_slice(&self.position.sequence.to_be_bytes());
        bytes.extend_from_slice(self.position.frame_hash.as_bytes());
        bytes.extend_from_slice(&self.last_state_index.to_be_bytes());
        bytes.extend_from_slice(self.state_root.as_bytes());
        bytes.extend_from_slice(&self.dids.to_be_bytes());
        bytes.extend_from_slice(&self.time_ms.to_be_bytes());
        write_heads(&mut bytes, &self.other_heads);
        bytes.extend_from_slice(&(self.lineage.len() as u32).to_be_bytes());
        bytes.extend_from_slice(&self.lineage);
        bytes.extend_from_slice(&self.frontier);
        bytes
    }

    pub(super) fn decode(mut bytes: &[u8]) -> Option<Self> {
        let bytes = &mut bytes;
        Some(Self {
            network_id: NetworkId::from(read::<32>(bytes)?),
            position: Position {
                segment: u32::from_be_bytes(read(bytes)?),
                frame_start: read_u64(bytes)?,
                end: read_u64(bytes)?,
                sequence: read_u64(bytes)?,
                frame_hash: Hash::from(read::<32>(bytes)?),
            },
            last_state_index: read_u64(bytes)?,
            state_root: Hash::from(read::<32>(bytes)?),
            dids: read_u64(bytes)?,
            time_ms: read_u64(bytes)?,
            other_heads: read_heads(bytes)?,
            lineage: read_long(bytes)?,
            frontier: bytes.to_vec(),
        })
    }
}

fn write_heads(bytes: &mut Vec<u8>, heads: &[OtherHead]) {
    bytes.extend_from_slice(&(heads.len() as u16).to_be_bytes());
    for head in heads {
        write_text(bytes, &head.name);
        bytes.extend_from_slice(&head.size.to_be_bytes());
        bytes.extend_from_slice(head.root.as_bytes());
    }
}

fn read_heads(bytes: &mut &[u8]) -> Option<Vec<OtherHead>> {
    let count = u16::from_be_bytes(read(bytes)?);
    (0..count)
        .map(|_| {
            Some(OtherHead {
                name: read_text(bytes)?,
                size: read_u64(bytes)?,
                root: Hash::from(read::<32>(bytes)?),
            })
        })
        .collect()
}

pub(super) fn write_value(bytes: &mut Vec<u8>, value: &StateValue) {
    let value = value.encode();
    bytes.extend_from_slice(&(value.len() as u16).to_be_bytes());
    bytes.extend_from_slice(&value);
}

pub(super) fn read_value(bytes: &mut &[u8]) -> Option<StateValue> {
    let length = usize::from(u16::from_be_bytes(read(bytes)?));
    let (value, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    StateValue::decode(value).ok()
}

fn write_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(&(text.len() as u16).to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

fn read_text(bytes: &mut &[u8]) -> Option<String> {
    let length = usize::from(u16::from_be_bytes(read(bytes)?));
    let (text, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    String::from_utf8(text.to_vec()).ok()
}

fn read_long(bytes: &mut &[u8]) -> Option<Vec<u8>> {
    let length = u32::from_be_bytes(read(bytes)?) as usize;
    let (long, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(long.to_vec())
}

fn read_u64(bytes: &mut &[u8]) -> Option<u64> {
    read(bytes).map(u64::from_be_bytes)
}

pub(super) fn read<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*head)
}
