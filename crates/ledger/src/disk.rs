//! The seam between the ledger and the disk.
//!
//! Everything that the ledger writes goes through [`Disk`], so that tests can fail, tear or lose any single call.
//! A write is durable after [`DiskFile::sync`] has returned; a name (a new file, a rename, a removal) after
//! [`Disk::sync_dir`] of its directory has. No call is ever repeated after it failed: after a failed sync the page
//! cache may claim what the disk does not hold.

#[cfg(test)]
pub(crate) mod faulty;
mod real;

use std::io;
use std::path::Path;
use std::sync::Arc;

pub use real::RealDisk;

/// Every place where the ledger syncs. A test leaves out each in turn, and must find what is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SyncPoint {
    /// The name of a directory that holds data or guard.
    DirectoryName,
    /// The first segment, before the guard names it.
    NewLog,
    /// The first segment's name, before the guard names it.
    NewLogName,
    /// The guard's first content, before it gets its name.
    NewGuard,
    /// The guard's name, before the first segment gets its own.
    NewGuardName,
    /// The name of a further segment, before a frame in it is confirmed.
    SegmentName,
    /// A frame, before its head is signed.
    Frame,
    /// The guard, before readers and callers learn of its head.
    Guard,
    /// Frames found above the guard at start, before their head is signed.
    RollForward,
    /// A copy of a file: one that will be cut or replaced, or of a backup.
    Copy,
    /// The name of such a copy.
    CopyName,
    /// The name of the directory of resources' data, before a frame that needs it.
    BlobDirectory,
    /// The data of a resource, before the frame that needs it.
    Blob,
    /// The name of such a file, before the frame that needs it.
    BlobName,
    /// The removal of such a file, before it is reported as erased.
    Erasure,
    /// The index, between the steps of its own commits.
    Index,
}

/// Files and directories.
pub trait Disk: Send + Sync + 'static {
    /// Opens a file for reading and writing.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;

    /// Makes a file that must not exist yet, readable by its owner alone.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;

    /// Makes a directory in one that exists, for its owner alone. One that is there already is left as it is.
    fn create_dir(&self, path: &Path) -> io::Result<()>;

    /// Whether a directory exists.
    fn has_dir(&self, path: &Path) -> bool;

    /// The names in a directory; none when it does not exist.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;

    /// Gives a file another name in the same directory, replacing what has it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes the names in a directory durable.
    fn sync_dir(&self, dir: &Path, point: SyncPoint) -> io::Result<()>;

    /// Takes an exclusive lock that is held until the value is dropped; `WouldBlock` when another process has it.
    fn lock(&self, path: &Path) -> io::Result<Box<dyn Send + Sync>>;
}

/// One open file.
pub trait DiskFile: Send + Sync {
    /// Its length in bytes.
    fn length(&self) -> io::Result<u64>;

    /// Fills the buffer from this offset; `UnexpectedEof` when the file ends before.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;

    /// Writes all bytes at this offset, growing the file where needed.
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Cuts or grows the file.
    fn set_len(&self, length: u64) -> io::Result<()>;

    /// Makes content and length durable.
    fn sync(&self, point: SyncPoint) -> io::Result<()>;
}
