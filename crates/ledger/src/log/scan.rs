//! Reading the log's frames in order.

use std::io;

use proof::Hash;

use super::frame::{Frame, FrameError, Step};
use super::segment::{SEGMENT_HEADER_BYTES, SegmentHeader, Segments};
use super::tail::Position;

/// Walks over frames, each checked and chained to the one before.
pub(crate) struct Scan<'s> {
    segments: &'s Segments,
    segment: u32,
    offset: u64,
    next_sequence: u64,
    previous: Hash,
}

/// What a scan meets next.
pub(crate) enum Found {
    /// A whole frame that follows the one before, and the boundary behind it.
    Frame(Frame, Position),
    /// The log ends here. A later segment that does not continue it contains nothing that was ever confirmed.
    End,
    /// There are bytes from here on, but no whole frame.
    Torn {
        segment: u32,
        offset: u64,
        error: FrameError,
    },
}

impl<'s> Scan<'s> {
    /// From the very first frame.
    pub(crate) fn from_start(segments: &'s Segments) -> Self {
        Self {
            segments,
            segment: 0,
            offset: SEGMENT_HEADER_BYTES,
            next_sequence: 0,
            previous: Hash::from([0; 32]),
        }
    }

    /// From the frame behind a boundary.
    pub(crate) fn behind(segments: &'s Segments, position: &Position) -> Self {
        Self {
            segments,
            segment: position.segment,
            offset: position.end,
            next_sequence: position.sequence + 1,
            previous: position.frame_hash,
        }
    }

    pub(crate) fn next(&mut self) -> io::Result<Found> {
        let file = self.segments.file(self.segment)?;
        let length = file.length()?;
        match Frame::read(file.as_ref(), self.offset, length)? {
            Step::Frame(frame, hash, end) if self.follows(&frame) => {
                let position = Position {
                    segment: self.segment,
                    frame_start: self.offset,
                    end,
                    sequence: frame.sequence,
                    frame_hash: hash,
                };
                self.offset = end;
                self.next_sequence += 1;
                self.previous = hash;
                Ok(Found::Frame(frame, position))
            }
            Step::Frame(..) => Ok(self.torn(FrameError::Tip)),
            Step::Torn(error) => Ok(self.torn(error)),
            Step::End => self.next_segment(),
        }
    }

    fn next_segment(&mut self) -> io::Result<Found> {
        let next = self.segment + 1;
        if !self.segments.numbers()?.contains(&next) {
            return Ok(Found::End);
        }
        let header = SegmentHeader::read(self.segments.file(next)?.as_ref())?;
        match header {
            Some(header)
                if header.number == next
                    && header.first_sequence == self.next_sequence
                    && header.previous == self.previous =>
            {
                self.segment = next;
                self.offset = SEGMENT_HEADER_BYTES;
                self.next()
            }
            _ => Ok(Found::End),
        }
    }

    fn follows(&self, frame: &Frame) -> bool {
        frame.sequence == self.next_sequence && frame.previous == self.previous
    }

    fn torn(&self, error: FrameError) -> Found {
        Found::Torn {
            segment: self.segment,
            offset: self.offset,
            error,
        }
    }
}
