//! What the log proves: roots, inclusion, consistency, tiles and entries.
//!
//! Sizes up to the published one are answered, all others with `None`: such a tree does not exist yet. Every proof is
//! checked against the published root before it is returned.

use proof::Hash;

use crate::embedded::Embedded;
use crate::error::ReadError;
use crate::log_tree::LogTree;
use crate::reader::Reader;

impl Embedded {
    /// The root of the first `size` entries.
    ///
    /// # Errors
    /// [`ReadError`] when the index is damaged.
    pub fn root_at(&self, size: u64) -> Result<Option<Hash>, ReadError> {
        self.watched(|| Ok(self.log_tree().root_at(size)?))
    }

    /// The inclusion proof of entry `index` in the tree of the first `size` entries (RFC 9162, 2.1.3).
    ///
    /// # Errors
    /// [`ReadError`] when the index is damaged.
    pub fn inclusion(&self, index: u64, size: u64) -> Result<Option<Vec<Hash>>, ReadError> {
        self.watched(|| {
            let found = self.log_tree().inclusion(index, size)?;
            Ok(found.map(|(_, proof)| proof))
        })
    }

    /// The proof that the first `size` entries begin with the first `old` ones (RFC 9162, 2.1.4).
    ///
    /// # Errors
    /// [`ReadError`] when the index is damaged.
    pub fn consistency(&self, old: u64, size: u64) -> Result<Option<Vec<Hash>>, ReadError> {
        self.watched(|| Ok(self.log_tree().consistency(old, size)?))
    }

    /// The first `width` hashes of a tile (C2SP `tlog-tiles`), 1 to 256: of level 0 the leaf hashes from
    /// `index` * 256 on, of each level above the roots of 256 hashes below.
    ///
    /// # Errors
    /// [`ReadError`] when the index is damaged.
    pub fn tile(&self, level: u8, index: u64, width: u16) -> Result<Option<Vec<Hash>>, ReadError> {
        let width = u64::from(width);
        self.watched(|| Ok(self.log_tree().tile(level, index, width)?))
    }

    /// The first `width` entries of an entry bundle (C2SP `tlog-tiles`), 1 to 256: those from `index` * 256 on.
    ///
    /// # Errors
    /// [`ReadError`] when the index or an entry is damaged.
    pub fn entry_bundle(&self, index: u64, width: u16) -> Result<Option<Vec<Vec<u8>>>, ReadError> {
        self.watched(|| self.log_tree().entry_bundle(index, u64::from(width)))
    }

    /// The bytes of an entry.
    ///
    /// # Errors
    /// [`ReadError`] when the index or the entry is damaged.
    pub fn leaf(&self, index: u64) -> Result<Option<Vec<u8>>, ReadError> {
        let size = self.published().size;
        self.watched(|| {
            let found = self.log_tree().proven_leaf(index, size)?;
            Ok(found.map(|proven| proven.leaf))
        })
    }

    /// The tree of the published entries.
    pub(crate) fn log_tree(&self) -> LogTree<'_, Reader> {
        let head = self.published();
        LogTree::new(&self.shared().reader, head.size, head.root)
    }
}
