//! The files that the log is made of.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use proof::Hash;
use sha2::{Digest, Sha256};

use crate::disk::{Disk, DiskFile, SyncPoint};

const MAGIC: [u8; 8] = *b"ATROLOG1";
/// The header fills its own block, so that no frame shares a block with it.
pub(crate) const SEGMENT_HEADER_BYTES: u64 = 4096;
/// Of a first segment that is complete but not yet confirmed by the head guard.
pub(crate) const NEW_SUFFIX: &str = ".new";
/// Of segments that a restore puts together.
pub(crate) const STAGED_SUFFIX: &str = ".restore";

/// The start of every segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    /// Segments are counted from 0.
    pub(crate) number: u32,
    /// The network that the log belongs to.
    pub(crate) network_id: [u8; 32],
    /// Sequence of the segment's first frame.
    pub(crate) first_sequence: u64,
    /// Log index of the segment's first leaf.
    pub(crate) first_index: u64,
    /// Hash of the last frame of the segment before.
    pub(crate) previous: Hash,
}

impl SegmentHeader {
    const FIELDS_BYTES: usize = 8 + 4 + 32 + 8 + 8 + 32;

    /// One block: the fields, their SHA-256, zeros.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(SEGMENT_HEADER_BYTES as usize);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&self.number.to_be_bytes());
        bytes.extend_from_slice(&self.network_id);
        bytes.extend_from_slice(&self.first_sequence.to_be_bytes());
        bytes.extend_from_slice(&self.first_index.to_be_bytes());
        bytes.extend_from_slice(self.previous.as_bytes());
        let checksum = Sha256::digest(&bytes);
        bytes.extend_from_slice(&checksum);
        bytes.resize(SEGMENT_HEADER_BYTES as usize, 0);
        bytes
    }

    /// Reads a header; `None` when the bytes are not a whole one.
    pub(crate) fn read(file: &dyn DiskFile) -> io::Result<Option<Self>> {
        let mut block = vec![0; SEGMENT_HEADER_BYTES as usize];
        if file.length()? < SEGMENT_HEADER_BYTES {
            return Ok(None);
        }
        file.read_exact_at(&mut block, 0)?;
        Ok(Self::decode(&block))
    }

    fn decode(block: &[u8]) -> Option<Self> {
        let (fields, rest) = block.split_at_checked(Self::FIELDS_BYTES)?;
        let (checksum, padding) = rest.split_first_chunk::<32>()?;
        let (magic, rest) = fields.split_first_chunk::<8>()?;
        let (number, rest) = rest.split_first_chunk::<4>()?;
        let (network_id, rest) = rest.split_first_chunk::<32>()?;
        let (first_sequence, rest) = rest.split_first_chunk::<8>()?;
        let (first_index, rest) = rest.split_first_chunk::<8>()?;
        let (previous, _) = rest.split_first_chunk::<32>()?;
        let whole = *magic == MAGIC
            && <[u8; 32]>::from(Sha256::digest(fields)) == *checksum
            && padding.iter().all(|byte| *byte == 0);
        whole.then(|| Self {
            number: u32::from_be_bytes(*number),
            network_id: *network_id,
            first_sequence: u64::from_be_bytes(*first_sequence),
            first_index: u64::from_be_bytes(*first_index),
            previous: Hash::from(*previous),
        })
    }
}

/// The name of a segment in the log's directory.
pub(crate) fn segment_name(number: u32) -> String {
    format!("segment-{number:08}.log")
}

/// The segments of one log, opened when they are first needed.
pub(crate) struct Segments {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    suffix: &'static str,
    open: RwLock<BTreeMap<u32, Arc<dyn DiskFile>>>,
}

impl Segments {
    pub(crate) fn new(disk: Arc<dyn Disk>, dir: &Path) -> Self {
        Self::named(disk, dir, "")
    }

    /// Those that a restore puts together.
    pub(crate) fn staged(disk: Arc<dyn Disk>, dir: &Path) -> Self {
        Self::named(disk, dir, STAGED_SUFFIX)
    }

    fn named(disk: Arc<dyn Disk>, dir: &Path, suffix: &'static str) -> Self {
        Self {
            disk,
            dir: dir.to_owned(),
            suffix,
            open: RwLock::default(),
        }
    }

    fn path(&self, number: u32) -> PathBuf {
        self.dir.join(segment_name(number) + self.suffix)
    }

    /// The numbers of the segments that are there, in order.
    pub(crate) fn numbers(&self) -> io::Result<Vec<u32>> {
        let names = self.disk.list(&self.dir)?;
        let mut numbers: Vec<u32> = names
            .iter()
            .filter_map(|name| {
                name.strip_prefix("segment-")?
                    .strip_suffix(self.suffix)?
                    .strip_suffix(".log")?
                    .parse()
                    .ok()
            })
            .collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    pub(crate) fn file(&self, number: u32) -> io::Result<Arc<dyn DiskFile>> {
        if let Some(file) = self.open.read().map_err(|_| poisoned())?.get(&number) {
            return Ok(file.clone());
        }
        let file = self.disk.open(&self.path(number))?;
        self.open
            .write()
            .map_err(|_| poisoned())?
            .insert(number, file.clone());
        Ok(file)
    }

    /// Makes a segment under a durable name. Its header becomes durable with its first frame.
    pub(crate) fn create(&self, header: &SegmentHeader) -> io::Result<Arc<dyn DiskFile>> {
        let file = self.disk.create(&self.path(header.number))?;
        file.write_all_at(&header.encode(), 0)?;
        self.disk.sync_dir(&self.dir, SyncPoint::SegmentName)?;
        self.open
            .write()
            .map_err(|_| poisoned())?
            .insert(header.number, file.clone());
        Ok(file)
    }

    /// Removes a segment in which no frame was ever confirmed.
    pub(crate) fn remove(&self, number: u32) -> io::Result<()> {
        self.open.write().map_err(|_| poisoned())?.remove(&number);
        self.disk.remove(&self.path(number))
    }
}

fn poisoned() -> io::Error {
    io::Error::other("another thread panicked while it held the list of segments")
}
