//! The log as files that never change (C2SP `tlog-tiles`): paths of tiles and bundles of entries.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::codec::{Reader, Writer};
use crate::leaf::MAX_LEAF_BYTES;

/// Hashes of a full tile; entries of a full bundle.
pub const TILE_WIDTH: u16 = 256;
/// Most bytes of a tile's path.
pub const MAX_TILE_PATH_BYTES: usize = 64;
/// Most bytes of an entry bundle.
pub const MAX_BUNDLE_BYTES: usize = TILE_WIDTH as usize * (MAX_LEAF_BYTES + 2);

/// The height of a tile in levels of the tree: 256 is 2^8.
const TILE_HEIGHT: u32 = 8;
const MAX_LEVEL: u8 = 63;

/// The path of a tile or an entry bundle below a log's prefix, such as `tile/0/x001/067` or `tile/entries/067.p/3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TilePath {
    /// Hashes of the tree.
    Tile {
        /// The level: 0 holds leaf hashes, each further one the roots of full tiles of the one below. At most 63.
        level: u8,
        /// The tile's number within the level, from the left.
        index: u64,
        /// The number of its hashes: 1 to [`TILE_WIDTH`], which is a full one.
        width: u16,
    },
    /// Leaves as they are.
    Entries {
        /// The bundle's number, that of the level 0 tile with their hashes.
        index: u64,
        /// The number of its entries: 1 to [`TILE_WIDTH`], which is a full one.
        width: u16,
    },
}

/// The text is not a path of a tile, or not the only spelling of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "expected `tile/<level or entries>/<number>`, the number in groups of three digits, and perhaps `.p/<width>`"
)]
pub struct InvalidTilePath;

/// Consecutive leaves of a log: 1 to 256 of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryBundle {
    entries: Vec<Vec<u8>>,
}

/// There is no bundle of these entries or bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidBundle {
    /// No entry, or more than 256.
    #[error("an entry bundle has 1 to {TILE_WIDTH} entries")]
    Count,
    /// An entry is longer than its length field can express.
    #[error("an entry has {bytes} bytes, more than {MAX_LEAF_BYTES}")]
    EntryTooLarge {
        /// Its length in bytes.
        bytes: usize,
    },
    /// The bytes end within an entry.
    #[error("the entry bundle ends within an entry")]
    Truncated,
}

impl TilePath {
    /// Whether a tree of `size` leaves has all hashes or entries that the path names. Other paths name nothing yet.
    #[must_use]
    pub fn lies_within(&self, size: u64) -> bool {
        let level = match self {
            TilePath::Tile { level, .. } => *level,
            TilePath::Entries { .. } => 0,
        };
        let (index, width) = self.parts();
        (1..=width_in(level, index, size)).contains(&width)
    }

    fn parts(&self) -> (u64, u16) {
        match *self {
            TilePath::Tile { index, width, .. } | TilePath::Entries { index, width } => {
                (index, width)
            }
        }
    }
}

/// The number of hashes that a tile has in a tree of `size` leaves: 0 to [`TILE_WIDTH`].
#[must_use]
pub fn width_in(level: u8, index: u64, size: u64) -> u16 {
    let hashes = size
        .checked_shr(u32::from(level) * TILE_HEIGHT)
        .unwrap_or(0);
    let before = index.saturating_mul(u64::from(TILE_WIDTH));
    // The minimum fits: it is at most the width of a tile.
    hashes.saturating_sub(before).min(u64::from(TILE_WIDTH)) as u16
}

impl EntryBundle {
    /// A bundle of these entries.
    ///
    /// # Errors
    ///
    /// [`InvalidBundle`] unless there are 1 to 256, each of at most 65,535 bytes.
    pub fn new(entries: Vec<Vec<u8>>) -> Result<Self, InvalidBundle> {
        if !(1..=usize::from(TILE_WIDTH)).contains(&entries.len()) {
            return Err(InvalidBundle::Count);
        }
        if let Some(entry) = entries.iter().find(|entry| entry.len() > MAX_LEAF_BYTES) {
            let bytes = entry.len();
            return Err(InvalidBundle::EntryTooLarge { bytes });
        }
        Ok(Self { entries })
    }

    /// The leaves, in the order of their indexes.
    #[must_use]
    pub fn entries(&self) -> &[Vec<u8>] {
        &self.entries
    }

    /// The leaves, in the order of their indexes.
    #[must_use]
    pub fn into_entries(self) -> Vec<Vec<u8>> {
        self.entries
    }

    /// The file: each entry behind its length of two bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        for entry in &self.entries {
            w.field(entry);
        }
        // `new` lets no entry in that is too long.
        w.finish().unwrap_or_default()
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`InvalidBundle`] unless it consists of 1 to 256 whole entries.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidBundle> {
        let mut r = Reader::new(bytes);
        let mut entries = Vec::new();
        while r.end().is_err() {
            if entries.len() == usize::from(TILE_WIDTH) {
                return Err(InvalidBundle::Count);
            }
            let entry = r.field().map_err(|_| InvalidBundle::Truncated)?;
            entries.push(entry.to_vec());
        }
        Self::new(entries)
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TilePath::Tile { level, .. } => write!(f, "tile/{level}/")?,
            TilePath::Entries { .. } => f.write_str("tile/entries/")?,
        }
        let (index, width) = self.parts();
        let mut digits = index.to_string();
        digits.insert_str(0, &"0".repeat((3 - digits.len() % 3) % 3));
        for at in (0..digits.len()).step_by(3) {
            let group = digits.get(at..at + 3).unwrap_or_default();
            let is_last = at + 3 == digits.len();
            write!(f, "{}{group}", if is_last { "" } else { "x" })?;
            if !is_last {
                f.write_str("/")?;
            }
        }
        if width < TILE_WIDTH {
            write!(f, ".p/{width}")?;
        }
        Ok(())
    }
}

impl FromStr for TilePath {
    type Err = InvalidTilePath;

    fn from_str(text: &str) -> Result<Self, InvalidTilePath> {
        let path = read(text).ok_or(InvalidTilePath)?;
        // Whatever has a second spelling is refused: only the one that is written is a path.
        if path.to_string() == text {
            Ok(path)
        } else {
            Err(InvalidTilePath)
        }
    }
}

/// Reads a path; `from_str` leaves only those spelled right.
fn read(text: &str) -> Option<TilePath> {
    if text.len() > MAX_TILE_PATH_BYTES {
        return None;
    }
    let (level, rest) = text.strip_prefix("tile/")?.split_once('/')?;
    let (number, width) = match rest.split_once(".p/") {
        Some((number, width)) => (number, width.parse().ok()?),
        None => (rest, TILE_WIDTH),
    };
    if !(1..=TILE_WIDTH).contains(&width) {
        return None;
    }
    let digits: String = number
        .split('/')
        .map(|group| group.strip_prefix('x').unwrap_or(group))
        .collect();
    let index = digits.parse().ok()?;
    Some(match level {
        "entries" => TilePath::Entries { index, width },
        level => {
            let level = level.parse().ok().filter(|level| *level <= MAX_LEVEL)?;
            TilePath::Tile {
                level,
                index,
                width,
            }
        }
    })
}
