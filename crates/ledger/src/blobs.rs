//! The data of resources: one file each, beside the segments, so that it can be erased.
//!
//! A file is complete and durable before the frame that needs it is written, and never changed. It holds the salt and
//! the checksum besides the data: erasing the file leaves nothing behind from which the data could be guessed.
//! `docs/log-format.md` has the format.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use proof::leaf::{RESOURCE_SALT_BYTES, ResourceLeaf};
use sha2::{Digest, Sha256};

use crate::disk::{Disk, DiskFile, SyncPoint};

/// The directory of the files, inside that of the log.
pub(crate) const BLOBS_DIR: &str = "resources";
const SUFFIX: &str = ".blob";
/// Of a file that is being erased: it is not read any more.
const ERASING_SUFFIX: &str = ".erasing";
const MAGIC: [u8; 8] = *b"ATRORES1";
const FIELDS_BYTES: usize = 8 + RESOURCE_SALT_BYTES + 32;
const HEADER_BYTES: usize = FIELDS_BYTES + 32;
const PIECE_BYTES: usize = 1 << 20;

/// The files of one log.
pub(crate) struct Blobs {
    disk: Arc<dyn Disk>,
    data: PathBuf,
    /// Whether this process knows that the directory's name is durable.
    has_dir: AtomicBool,
}

/// The header before the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlobHeader {
    pub(crate) salt: [u8; RESOURCE_SALT_BYTES],
    /// SHA-256 of the data.
    pub(crate) checksum: [u8; 32],
}

/// What is left of the data of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Blob<T> {
    Whole(T),
    /// It was erased, or never came along with the log.
    Absent,
    /// It is not what was written.
    Damaged,
}

impl Blobs {
    pub(crate) fn new(disk: Arc<dyn Disk>, data: &Path) -> Self {
        Self {
            disk,
            data: data.to_owned(),
            has_dir: AtomicBool::new(false),
        }
    }

    fn dir(&self) -> PathBuf {
        self.data.join(BLOBS_DIR)
    }

    fn path(&self, index: u64) -> PathBuf {
        self.dir().join(blob_name(index))
    }

    /// Writes the data of the resource that will be the entry `index`. Its name is durable after
    /// [`Blobs::sync_names`].
    ///
    /// On any error nothing must be written to this log again by this process.
    pub(crate) fn write(
        &self,
        index: u64,
        salt: &[u8; RESOURCE_SALT_BYTES],
        data: &[u8],
    ) -> io::Result<()> {
        self.make_dir()?;
        let header = BlobHeader {
            salt: *salt,
            checksum: Sha256::digest(data).into(),
        };
        let file = self.disk.create(&self.path(index))?;
        file.write_all_at(&header.encode(), 0)?;
        file.write_all_at(data, HEADER_BYTES as u64)?;
        file.sync(SyncPoint::Blob)
    }

    /// Makes the directory under a durable name, once for each process: an earlier one may have been killed before.
    pub(crate) fn make_dir(&self) -> io::Result<()> {
        if !self.has_dir.load(Ordering::Acquire) {
            self.disk.create_dir(&self.dir())?;
            self.disk.sync_dir(&self.data, SyncPoint::BlobDirectory)?;
            self.has_dir.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// Makes the names of what was written durable.
    pub(crate) fn sync_names(&self) -> io::Result<()> {
        self.disk.sync_dir(&self.dir(), SyncPoint::BlobName)
    }

    /// The header before the data of an entry. The data itself is not read.
    pub(crate) fn header(&self, index: u64, leaf: &ResourceLeaf) -> io::Result<Blob<BlobHeader>> {
        Ok(match self.open(index, leaf)? {
            Blob::Whole((_, header)) => Blob::Whole(header),
            Blob::Absent => Blob::Absent,
            Blob::Damaged => Blob::Damaged,
        })
    }

    /// The data of an entry, checked against the entry.
    pub(crate) fn data(&self, index: u64, leaf: &ResourceLeaf) -> io::Result<Blob<Vec<u8>>> {
        let (file, header) = match self.open(index, leaf)? {
            Blob::Whole(opened) => opened,
            Blob::Absent => return Ok(Blob::Absent),
            Blob::Damaged => return Ok(Blob::Damaged),
        };
        let length = usize::try_from(leaf.data_bytes).map_err(io::Error::other)?;
        let mut data = vec![0; length];
        file.read_exact_at(&mut data, HEADER_BYTES as u64)?;
        let is_whole = ResourceLeaf::digest(&header.salt, &data) == leaf.data_digest
            && <[u8; 32]>::from(Sha256::digest(&data)) == header.checksum;
        Ok(if is_whole {
            Blob::Whole(data)
        } else {
            Blob::Damaged
        })
    }

    fn open(
        &self,
        index: u64,
        leaf: &ResourceLeaf,
    ) -> io::Result<Blob<(Arc<dyn DiskFile>, BlobHeader)>> {
        let file = match self.disk.open(&self.path(index)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Blob::Absent),
            file => file?,
        };
        if file.length()?.checked_sub(HEADER_BYTES as u64) != Some(leaf.data_bytes) {
            return Ok(Blob::Damaged);
        }
        let mut bytes = [0; HEADER_BYTES];
        file.read_exact_at(&mut bytes, 0)?;
        Ok(match BlobHeader::decode(&bytes) {
            Some(header) => Blob::Whole((file, header)),
            None => Blob::Damaged,
        })
    }

    /// The entries whose data is there, in order.
    pub(crate) fn indexes(&self) -> io::Result<Vec<u64>> {
        let names = self.disk.list(&self.dir())?;
        let mut indexes: Vec<u64> = names.iter().filter_map(|name| index_of(name)).collect();
        indexes.sort_unstable();
        Ok(indexes)
    }

    /// Removes what belongs to no entry of a log of this size: a frame that never came, or a file on its way out.
    ///
    /// It need not be durable: what comes back after a power cut is removed again.
    pub(crate) fn clean(&self, size: u64) -> io::Result<()> {
        for name in self.disk.list(&self.dir())? {
            if index_of(&name).is_none_or(|index| index >= size) {
                tracing::warn!(name, "removing data that belongs to no entry of the log");
                self.disk.remove(&self.dir().join(name))?;
            }
        }
        Ok(())
    }

    /// Erases the data of an entry: takes its name away, overwrites it, removes it. What was interrupted is gone on
    /// with. Returns whether there was anything.
    pub(crate) fn erase(&self, index: u64) -> io::Result<bool> {
        let (path, erasing) = (
            self.path(index),
            self.dir().join(blob_name(index) + ERASING_SUFFIX),
        );
        match self.disk.open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            found => {
                drop(found?);
                self.disk.rename(&path, &erasing)?;
                self.disk.sync_dir(&self.dir(), SyncPoint::Erasure)?;
            }
        }
        let file = match self.disk.open(&erasing) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            file => file?,
        };
        overwrite(file.as_ref())?;
        self.disk.remove(&erasing)?;
        self.disk.sync_dir(&self.dir(), SyncPoint::Erasure)?;
        Ok(true)
    }
}

fn overwrite(file: &dyn DiskFile) -> io::Result<()> {
    let (length, mut offset) = (file.length()?, 0);
    while offset < length {
        let piece = usize::try_from(length - offset).unwrap_or(PIECE_BYTES);
        let zeros = vec![0; piece.min(PIECE_BYTES)];
        file.write_all_at(&zeros, offset)?;
        offset += zeros.len() as u64;
    }
    file.sync(SyncPoint::Erasure)
}

/// The name of the file that holds the data of an entry.
pub(crate) fn blob_name(index: u64) -> String {
    format!("{index:020}{SUFFIX}")
}

/// The entry whose data a file of this name holds.
pub(crate) fn index_of(name: &str) -> Option<u64> {
    let index = name.strip_suffix(SUFFIX)?.parse().ok()?;
    (blob_name(index) == name).then_some(index)
}

impl BlobHeader {
    fn encode(&self) -> [u8; HEADER_BYTES] {
        let fields: [u8; FIELDS_BYTES] = {
            let mut fields = [0; FIELDS_BYTES];
            let (magic, rest) = fields.split_at_mut(MAGIC.len());
            let (salt, checksum) = rest.split_at_mut(RESOURCE_SALT_BYTES);
            magic.copy_from_slice(&MAGIC);
            salt.copy_from_slice(&self.salt);
            checksum.copy_from_slice(&self.checksum);
            fields
        };
        let mut bytes = [0; HEADER_BYTES];
        let (first, sum) = bytes.split_at_mut(FIELDS_BYTES);
        first.copy_from_slice(&fields);
        sum.copy_from_slice(&Sha256::digest(fields));
        bytes
    }

    fn decode(bytes: &[u8; HEADER_BYTES]) -> Option<Self> {
        let (fields, sum) = bytes.split_last_chunk::<32>()?;
        let (magic, rest) = fields.split_first_chunk::<8>()?;
        let (salt, checksum) = rest.split_first_chunk::<RESOURCE_SALT_BYTES>()?;
        let is_whole = *magic == MAGIC && <[u8; 32]>::from(Sha256::digest(fields)) == *sum;
        is_whole.then_some(Self {
            salt: *salt,
            checksum: checksum.try_into().ok()?,
        })
    }
}
