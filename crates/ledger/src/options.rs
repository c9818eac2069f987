//! Where a ledger keeps its files.

use std::path::PathBuf;
use std::sync::Arc;

use crate::disk::Disk;

pub(crate) const INDEX_FILE: &str = "index.redb";
pub(crate) const LOCK_FILE: &str = "lock";

/// Where a ledger lies and how it uses the machine.
#[derive(Clone)]
pub struct Options {
    /// The directory of log and index.
    pub data: PathBuf,
    /// The directory of the head guard. It must not be copied or restored together with the data.
    pub guard: PathBuf,
    /// The namespace of its DIDs, such as `testnet`.
    pub namespace: String,
    /// Size above which a new segment of the log is started, in bytes.
    pub segment_bytes_max: u64,
    /// Memory for pages of the index, in bytes.
    pub index_cache_bytes: usize,
    /// The disk.
    pub disk: Arc<dyn Disk>,
}

impl Options {
    /// The defaults for a ledger in these directories of this machine: segments of 128 MiB, 64 MiB of index pages.
    pub fn new(
        data: impl Into<PathBuf>,
        guard: impl Into<PathBuf>,
        namespace: impl Into<String>,
    ) -> Self {
        Self {
            data: data.into(),
            guard: guard.into(),
            namespace: namespace.into(),
            segment_bytes_max: 128 << 20,
            index_cache_bytes: 64 << 20,
            disk: Arc::new(crate::disk::RealDisk),
        }
    }
}
