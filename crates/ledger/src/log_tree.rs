//! The log's tree from its stored tiles: roots, proofs and leaves, none of which leaves here unchecked.
//!
//! Everything is held against one root that is known to be right, so that a damaged tile gives an error and never a
//! proof of something else.

use std::collections::HashMap;

use proof::Hash;
use proof::checkpoint::Checkpoint;
use proof::leaf::Leaf;
use proof::merkle::{
    self, EMPTY_ROOT, ProofError, Subtree, root_of, verify_consistency, verify_inclusion,
};
use proof::note::Note;
use proof::receipt::ProvenLeaf;

use crate::index::{FrameRecord, Frozen, IndexError};
use crate::log::{Frame, Segments, Step};
use crate::reader::{ReadError, Reader};

/// Hashes of a full tile.
pub(crate) const TILE_WIDTH: u64 = 256;
const TILE_LEVELS: u8 = 8;

/// Where the parts of the tree are kept.
pub(crate) trait LogParts {
    /// The root of a complete subtree, if it is too new for the tiles.
    fn recent(&self, at: Subtree) -> Option<Hash>;

    /// The hashes of a tile, as many as are stored.
    fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<Hash>>, IndexError>;

    /// The frame that holds an entry.
    fn frame_of(&self, entry: u64) -> Result<Option<FrameRecord>, IndexError>;

    /// The files of the log.
    fn segments(&self) -> &Segments;
}

impl LogParts for Reader {
    fn recent(&self, at: Subtree) -> Option<Hash> {
        self.overlay.subtree(at)
    }

    fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<Hash>>, IndexError> {
        self.index.freeze()?.tile(level, index)
    }

    fn frame_of(&self, entry: u64) -> Result<Option<FrameRecord>, IndexError> {
        match self.overlay.frame_of(entry) {
            Some(frame) => Ok(Some(frame)),
            None => self.index.freeze()?.frame_of(entry),
        }
    }

    fn segments(&self) -> &Segments {
        &self.segments
    }
}

/// The log as the index alone knows it.
pub(crate) struct FrozenLog<'f> {
    pub(crate) frozen: &'f Frozen,
    pub(crate) segments: &'f Segments,
}

impl LogParts for FrozenLog<'_> {
    fn recent(&self, _at: Subtree) -> Option<Hash> {
        None
    }

    fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<Hash>>, IndexError> {
        self.frozen.tile(level, index)
    }

    fn frame_of(&self, entry: u64) -> Result<Option<FrameRecord>, IndexError> {
        self.frozen.frame_of(entry)
    }

    fn segments(&self) -> &Segments {
        self.segments
    }
}

/// The tree of the first `size` entries, whose root is known.
pub(crate) struct LogTree<'p, P> {
    parts: &'p P,
    size: u64,
    root: Hash,
    /// Tiles read so far. What is checked is what is returned.
    tiles: HashMap<(u8, u64), Vec<Hash>>,
}

impl<'p, P: LogParts> LogTree<'p, P> {
    pub(crate) fn new(parts: &'p P, size: u64, root: Hash) -> Self {
        Self {
            parts,
            size,
            root,
            tiles: HashMap::new(),
        }
    }

    /// The root of the first `size` entries; `None` when there are fewer.
    pub(crate) fn root_at(&mut self, size: u64) -> Result<Option<Hash>, IndexError> {
        if size > self.size {
            return Ok(None);
        }
        if size == 0 {
            return Ok(Some(EMPTY_ROOT));
        }
        let root = merkle::root_at(size, |at| self.hash(at)).map_err(index_error)?;
        let (newest, known) = (self.size, self.root);
        let proof =
            merkle::consistency_proof(size, newest, |at| self.hash(at)).map_err(index_error)?;
        verify_consistency(size, &root, newest, &known, &proof).map_err(|_| DAMAGED)?;
        Ok(Some(root))
    }

    /// The leaf hash of an entry and its inclusion proof in the tree of the first `size` entries; `None` when there are
    /// fewer, or the entry is not among them.
    pub(crate) fn inclusion(
        &mut self,
        index: u64,
        size: u64,
    ) -> Result<Option<(Hash, Vec<Hash>)>, IndexError> {
        if index >= size {
            return Ok(None);
        }
        let Some(root) = self.root_at(size)? else {
            return Ok(None);
        };
        let leaf = self.hash(Subtree { level: 0, index })?;
        let proof =
            merkle::inclusion_proof(index, size, |at| self.hash(at)).map_err(index_error)?;
        verify_inclusion(&leaf, index, size, &proof, &root).map_err(|_| DAMAGED)?;
        Ok(Some((leaf, proof)))
    }

    /// The proof that the tree of the first `old` entries is a prefix of the one of the first `size`; `None` when there
    /// are fewer, or `old` is above `size`.
    pub(crate) fn consistency(
        &mut self,
        old: u64,
        size: u64,
    ) -> Result<Option<Vec<Hash>>, IndexError> {
        if old > size {
            return Ok(None);
        }
        let (Some(old_root), Some(root)) = (self.root_at(old)?, self.root_at(size)?) else {
            return Ok(None);
        };
        let proof =
            merkle::consistency_proof(old, size, |at| self.hash(at)).map_err(index_error)?;
        verify_consistency(old, &old_root, size, &root, &proof).map_err(|_| DAMAGED)?;
        Ok(Some(proof))
    }

    /// The first `width` hashes of a tile, 1 to 256 of them; `None` where the tree does not reach so far.
    pub(crate) fn tile(
        &mut self,
        level: u8,
        index: u64,
        width: u64,
    ) -> Result<Option<Vec<Hash>>, IndexError> {
        if end_of_tile(level, index, width).is_none_or(|end| end > self.size) {
            return Ok(None);
        }
        let first = index * TILE_WIDTH;
        let level = level * TILE_LEVELS;
        let hashes: Vec<Hash> = (first..first + width)
            .map(|index| self.hash(Subtree { level, index }))
            .collect::<Result<_, _>>()?;
        // The hashes fall into complete subtrees, the largest first: one for each bit of the width.
        let mut rest = hashes.as_slice();
        while let Some(height) = rest.len().checked_ilog2() {
            let (part, behind) = rest.split_at(1 << height);
            let end = first + width - behind.len() as u64;
            let at = Subtree {
                level: level + height as u8,
                index: (end >> height) - 1,
            };
            self.check(at, root_of(part))?;
            rest = behind;
        }
        Ok(Some(hashes))
    }

    /// Checks that this is the root of a complete subtree.
    fn check(&mut self, at: Subtree, hash: Hash) -> Result<(), IndexError> {
        let size = self.size;
        let path = merkle::inclusion_proof(at.index << at.level, size, |at| self.hash(at));
        let path = path.map_err(index_error)?;
        // Below its root, the subtree adds one hash a level; above, it is in the tree of all roots of its height.
        let above = path.get(usize::from(at.level)..).ok_or(DAMAGED)?;
        let roots = ((size - 1) >> at.level) + 1;
        verify_inclusion(&hash, at.index, roots, above, &self.root).map_err(|_| DAMAGED)
    }

    /// The root of a complete subtree of the first `size` entries. Not checked here.
    pub(crate) fn hash(&mut self, at: Subtree) -> Result<Hash, IndexError> {
        if let Some(hash) = self.parts.recent(at) {
            return Ok(hash);
        }
        let width = 1 << (at.level % TILE_LEVELS);
        let first = at.index * width;
        let begin = (first % TILE_WIDTH) as usize;
        let end = begin + width as usize;
        let key = (at.level / TILE_LEVELS, first / TILE_WIDTH);
        // A tile may have grown since it was read, but it never changes.
        if self.tiles.get(&key).is_none_or(|tile| tile.len() < end) {
            let tile = self.parts.tile(key.0, key.1)?.unwrap_or_default();
            self.tiles.insert(key, tile);
        }
        let tile = self.tiles.get(&key).and_then(|tile| tile.get(begin..end));
        tile.map(root_of).ok_or(DAMAGED)
    }

    /// An entry with its inclusion proof under the first `size` entries; `None` when it is not among them.
    pub(crate) fn proven_leaf(
        &mut self,
        index: u64,
        size: u64,
    ) -> Result<Option<ProvenLeaf>, ReadError> {
        let Some((hash, path)) = self.inclusion(index, size)? else {
            return Ok(None);
        };
        let leaf = self.frame_from(index)?.swap_remove(0);
        if Leaf::hash_of(&leaf) != hash {
            return Err(ReadError::Entry { index });
        }
        Ok(Some(ProvenLeaf { index, leaf, path }))
    }

    /// The entries of the frame that holds `index`, from that one on, each with its leaf hash as the tiles have it.
    pub(crate) fn entries_from(&mut self, index: u64) -> Result<Vec<(Hash, Vec<u8>)>, ReadError> {
        let leaves = self.frame_from(index)?;
        let mut entries = Vec::with_capacity(leaves.len());
        for (index, bytes) in (index..).zip(leaves) {
            let hash = self.hash(Subtree { level: 0, index })?;
            if Leaf::hash_of(&bytes) != hash {
                return Err(ReadError::Entry { index });
            }
            entries.push((hash, bytes));
        }
        Ok(entries)
    }

    /// The first `width` entries of an entry bundle, 1 to 256 of them; `None` where the log does not reach so far.
    pub(crate) fn entry_bundle(
        &mut self,
        index: u64,
        width: u64,
    ) -> Result<Option<Vec<Vec<u8>>>, ReadError> {
        let Some(hashes) = self.tile(0, index, width)? else {
            return Ok(None);
        };
        let first = index * TILE_WIDTH;
        let mut leaves = Vec::with_capacity(hashes.len());
        while let Some(missing) = hashes.get(leaves.len()..).filter(|rest| !rest.is_empty()) {
            let next = first + leaves.len() as u64;
            let entries = self.entries_from(next)?;
            for ((index, expected), (hash, bytes)) in (next..).zip(missing).zip(entries) {
                if hash != *expected {
                    return Err(ReadError::Entry { index });
                }
                leaves.push(bytes);
            }
        }
        Ok(Some(leaves))
    }

    /// The leaves of the frame that holds an entry, from that entry on: at least one.
    fn frame_from(&self, index: u64) -> Result<Vec<Vec<u8>>, ReadError> {
        let damaged = IndexError::Damaged { table: "frames" };
        let Some(record) = self.parts.frame_of(index)? else {
            return Err(damaged.into());
        };
        let file = self.parts.segments().file(record.segment);
        let file = file.map_err(ReadError::Log)?;
        let length = file.length().map_err(ReadError::Log)?.min(record.end);
        let step = Frame::read(file.as_ref(), record.start, length).map_err(ReadError::Log)?;
        let Step::Frame(mut frame, _, _) = step else {
            return Err(ReadError::Entry { index });
        };
        let skipped = usize::try_from(index - record.first_index).unwrap_or(usize::MAX);
        if frame.first_index != record.first_index || skipped >= frame.leaves.len() {
            return Err(damaged.into());
        }
        Ok(frame.leaves.split_off(skipped))
    }
}

/// Whether a note is a checkpoint of this size and root. Who signed it is not checked here.
pub(crate) fn is_checkpoint_of(note: &str, size: u64, root: &Hash) -> bool {
    let head = Note::parse(note.as_bytes())
        .ok()
        .and_then(|note| Checkpoint::parse(note.text()).ok());
    head.is_some_and(|(head, _)| head.size == size && head.root == *root)
}

const DAMAGED: IndexError = IndexError::Damaged { table: "tiles" };

/// Number of entries up to the end of the first `width` hashes of a tile.
fn end_of_tile(level: u8, index: u64, width: u64) -> Option<u64> {
    let last = index.checked_mul(TILE_WIDTH)?.checked_add(width)?;
    let shift = u32::from(level) * u32::from(TILE_LEVELS);
    let fits = shift < 64 && last.leading_zeros() >= shift && (1..=TILE_WIDTH).contains(&width);
    fits.then(|| last << shift)
}

fn index_error(error: ProofError<IndexError>) -> IndexError {
    match error {
        ProofError::Source(error) => error,
        ProofError::OutOfRange { .. } => DAMAGED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_tile_is_known_or_lies_beyond_all_logs() {
        assert_eq!(end_of_tile(0, 0, 1), Some(1));
        assert_eq!(end_of_tile(0, 3, 256), Some(1024));
        assert_eq!(end_of_tile(1, 0, 2), Some(512));
        assert_eq!(end_of_tile(2, 1, 1), Some(257 << 16));
        for (level, index, width) in [
            (0, 0, 0),
            (0, 0, 257),
            (8, 0, 1),
            (255, 0, 1),
            (0, u64::MAX, 1),
            (7, 1, 1),
            (3, u64::MAX / 256, 256),
        ] {
            assert_eq!(end_of_tile(level, index, width), None, "{level} {index}");
        }
    }
}
