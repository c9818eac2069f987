//! One batch in the log: its leaves, checksummed and chained to the frame before.

use proof::Hash;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::disk::DiskFile;

/// Marks the start of a frame. Unwritten space is zeros.
const MAGIC: [u8; 4] = *b"AFR1";
/// Magic, body length, sequence, index of the first leaf, number of leaves, hash of the frame before.
pub(crate) const HEADER_BYTES: usize = 4 + 4 + 8 + 8 + 4 + 32;
const HASH_BYTES: usize = 32;
/// The largest frame that is written or read: a batch is closed well before.
pub(crate) const FRAME_BYTES_MAX: usize = 16 << 20;

/// The leaves of one batch and their offsets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Frames are counted from 0.
    pub(crate) sequence: u64,
    /// Log index of the first leaf.
    pub(crate) first_index: u64,
    /// Hash of the frame before; zeros for the very first.
    pub(crate) previous: Hash,
    /// The leaves, each as it is hashed into the tree.
    pub(crate) leaves: Vec<Vec<u8>>,
}

/// What was found at an offset of a segment.
pub(crate) enum Step {
    /// A whole frame, its hash, and the offset behind it.
    Frame(Frame, Hash, u64),
    /// Nothing: the file ends, or zeros written ahead follow.
    End,
    /// Something that is not a whole frame.
    Torn(FrameError),
}

/// Why bytes are not the frame that was expected.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum FrameError {
    #[error("the frame is cut short")]
    Short,
    #[error("no frame starts here")]
    Magic,
    #[error("the frame's hash does not match its bytes")]
    Hash,
    #[error("the frame does not follow the one before it")]
    Tip,
    #[error("the frame's lengths do not fit together")]
    Layout,
}

impl Frame {
    /// The frame's bytes, and its hash: SHA-256 of everything before it.
    pub(crate) fn encode(&self) -> (Vec<u8>, Hash) {
        let body: usize = self.leaves.iter().map(|leaf| 2 + leaf.len()).sum();
        let mut bytes = Vec::with_capacity(HEADER_BYTES + body + HASH_BYTES);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&(body as u32).to_be_bytes());
        bytes.extend_from_slice(&self.sequence.to_be_bytes());
        bytes.extend_from_slice(&self.first_index.to_be_bytes());
        bytes.extend_from_slice(&(self.leaves.len() as u32).to_be_bytes());
        bytes.extend_from_slice(self.previous.as_bytes());
        for leaf in &self.leaves {
            bytes.extend_from_slice(&(leaf.len() as u16).to_be_bytes());
            bytes.extend_from_slice(leaf);
        }
        let hash = Hash::from(<[u8; 32]>::from(Sha256::digest(&bytes)));
        bytes.extend_from_slice(hash.as_bytes());
        (bytes, hash)
    }

    /// Reads the frame at `offset` of a file that is `length` bytes long.
    pub(crate) fn read(file: &dyn DiskFile, offset: u64, length: u64) -> std::io::Result<Step> {
        let left = length.saturating_sub(offset);
        let mut header = [0; HEADER_BYTES];
        let present = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(HEADER_BYTES);
        file.read_exact_at(&mut header[..present], offset)?;
        if header == [0; HEADER_BYTES] {
            return Ok(Step::End);
        }
        if present < HEADER_BYTES {
            return Ok(Step::Torn(FrameError::Short));
        }
        let body = match header.first_chunk::<8>() {
            Some([a, b, c, d, e, f, g, h]) if [*a, *b, *c, *d] == MAGIC => {
                u32::from_be_bytes([*e, *f, *g, *h]) as usize
            }
            _ => return Ok(Step::Torn(FrameError::Magic)),
        };
        let total = HEADER_BYTES + body + HASH_BYTES;
        if total > FRAME_BYTES_MAX {
            return Ok(Step::Torn(FrameError::Layout));
        }
        if left < total as u64 {
            return Ok(Step::Torn(FrameError::Short));
        }
        let mut bytes = vec![0; total];
        file.read_exact_at(&mut bytes, offset)?;
        Ok(match Self::decode(&bytes) {
            Ok((frame, hash)) => Step::Frame(frame, hash, offset + total as u64),
            Err(error) => Step::Torn(error),
        })
    }

    fn decode(bytes: &[u8]) -> Result<(Self, Hash), FrameError> {
        let (signed, hash) = bytes
            .split_last_chunk::<HASH_BYTES>()
            .ok_or(FrameError::Short)?;
        if <[u8; 32]>::from(Sha256::digest(signed)) != *hash {
            return Err(FrameError::Hash);
        }
        let (header, mut body) = signed
            .split_at_checked(HEADER_BYTES)
            .ok_or(FrameError::Short)?;
        let count = number(header, 24, 4).ok_or(FrameError::Layout)?;
        let mut leaves = Vec::new();
        while let Some((length, rest)) = body.split_first_chunk::<2>() {
            let (leaf, rest) = rest
                .split_at_checked(usize::from(u16::from_be_bytes(*length)))
                .ok_or(FrameError::Layout)?;
            leaves.push(leaf.to_vec());
            body = rest;
        }
        if !body.is_empty() || leaves.len() as u64 != count {
            return Err(FrameError::Layout);
        }
        let previous: [u8; 32] = header[28..60].try_into().map_err(|_| FrameError::Layout)?;
        let frame = Self {
            sequence: number(header, 8, 8).ok_or(FrameError::Layout)?,
            first_index: number(header, 16, 8).ok_or(FrameError::Layout)?,
            previous: Hash::from(previous),
            leaves,
        };
        Ok((frame, Hash::from(*hash)))
    }

    /// Offset of each leaf's bytes within the encoded frame.
    pub(crate) fn leaf_offsets(&self) -> impl Iterator<Item = u64> {
        self.leaves.iter().scan(HEADER_BYTES as u64, |next, leaf| {
            let offset = *next + 2;
            *next = offset + leaf.len() as u64;
            Some(offset)
        })
    }
}

fn number(bytes: &[u8], at: usize, width: usize) -> Option<u64> {
    Some(
        bytes
            .get(at..at + width)?
            .iter()
            .fold(0, |value, byte| value << 8 | u64::from(*byte)),
    )
}
