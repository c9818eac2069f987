//! The log: append-only segment files that hold one frame a batch.

mod frame;
mod scan;
mod segment;
mod tail;

pub(crate) use frame::{FRAME_BYTES_MAX, Frame, Step};
pub(crate) use scan::{Found, Scan};
pub(crate) use segment::{
    NEW_SUFFIX, SEGMENT_HEADER_BYTES, STAGED_SUFFIX, SegmentHeader, Segments, segment_name,
};
pub(crate) use tail::{LeafLocation, Position, Tail, places};
