//! The end of the log, where frames are appended.

use std::io;
use std::sync::Arc;

use proof::Hash;

use super::frame::{Frame, Step};
use super::segment::{SEGMENT_HEADER_BYTES, SegmentHeader, Segments};
use crate::disk::{DiskFile, SyncPoint};

/// Zeros are written this far ahead: a sync that need not move the end of the file takes half the time.
const AHEAD_BYTES: u64 = 1 << 20;

/// Where the bytes of a leaf are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LeafLocation {
    pub(crate) segment: u32,
    pub(crate) offset: u64,
    pub(crate) length: u32,
}

/// A frame boundary in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// The segment of the last frame.
    pub(crate) segment: u32,
    /// Where the last frame starts.
    pub(crate) frame_start: u64,
    /// Where the next one would.
    pub(crate) end: u64,
    /// Sequence of the last frame.
    pub(crate) sequence: u64,
    /// Hash of the last frame.
    pub(crate) frame_hash: Hash,
}

/// The writable end of the log.
pub(crate) struct Tail {
    segments: Arc<Segments>,
    file: Arc<dyn DiskFile>,
    network_id: [u8; 32],
    position: Position,
    zeros_until: u64,
    segment_bytes_max: u64,
}

/// What appending a frame gives.
pub(crate) struct Appended {
    pub(crate) position: Position,
    /// Where each of its leaves is.
    pub(crate) places: Vec<LeafLocation>,
}

impl Tail {
    /// Starts to append behind `position`; the caller has already cut everything there that is not a frame.
    pub(crate) fn new(
        segments: Arc<Segments>,
        network_id: [u8; 32],
        position: Position,
        segment_bytes_max: u64,
    ) -> io::Result<Self> {
        let file = segments.file(position.segment)?;
        Ok(Self {
            segments,
            file,
            network_id,
            position,
            zeros_until: position.end,
            segment_bytes_max,
        })
    }

    /// Writes a frame behind the last one, syncs it, reads it back and compares.
    ///
    /// On any error the log must not be written to again by this process.
    pub(crate) fn append(
        &mut self,
        first_index: u64,
        leaves: Vec<Vec<u8>>,
    ) -> io::Result<Appended> {
        let frame = Frame {
            sequence: self.position.sequence + 1,
            first_index,
            previous: self.position.frame_hash,
            leaves,
        };
        let (bytes, hash) = frame.encode();
        let length = bytes.len() as u64;
        let mut start = self.position.end;
        if start + length > self.segment_bytes_max && start > SEGMENT_HEADER_BYTES {
            self.roll(&frame)?;
            start = SEGMENT_HEADER_BYTES;
        }
        self.write_zeros_ahead(start, length)?;
        self.file.write_all_at(&bytes, start)?;
        self.file.sync(SyncPoint::Frame)?;
        self.read_back(&frame, hash, start, length)?;

        self.position = Position {
            segment: self.position.segment,
            frame_start: start,
            end: start + length,
            sequence: frame.sequence,
            frame_hash: hash,
        };
        Ok(Appended {
            position: self.position,
            places: places(&frame, self.position),
        })
    }

    fn roll(&mut self, next: &Frame) -> io::Result<()> {
        let header = SegmentHeader {
            number: self.position.segment + 1,
            network_id: self.network_id,
            first_sequence: next.sequence,
            first_index: next.first_index,
            previous: next.previous,
        };
        self.file = self.segments.create(&header)?;
        self.position.segment = header.number;
        self.zeros_until = SEGMENT_HEADER_BYTES;
        Ok(())
    }

    fn write_zeros_ahead(&mut self, start: u64, length: u64) -> io::Result<()> {
        if start + length <= self.zeros_until {
            return Ok(());
        }
        let until = start + length + AHEAD_BYTES.min(self.segment_bytes_max);
        self.file
            .write_all_at(&vec![0; (until - start) as usize], start)?;
        self.zeros_until = until;
        Ok(())
    }

    fn read_back(&self, frame: &Frame, hash: Hash, start: u64, length: u64) -> io::Result<()> {
        match Frame::read(self.file.as_ref(), start, start + length)? {
            Step::Frame(read, read_hash, _) if read == *frame && read_hash == hash => Ok(()),
            _ => Err(io::Error::other(
                "the disk gave back other bytes than were written",
            )),
        }
    }
}

/// Where the leaves of the frame are that ends at `position`.
pub(crate) fn places(frame: &Frame, position: Position) -> Vec<LeafLocation> {
    let offsets = frame.leaf_offsets().zip(&frame.leaves);
    offsets
        .map(|(offset, leaf)| LeafLocation {
            segment: position.segment,
            offset: position.frame_start + offset,
            length: leaf.len() as u32,
        })
        .collect()
}
