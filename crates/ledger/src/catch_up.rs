//! Bringing the index up to the log, or making it anew.

use std::io;
use std::sync::Arc;

use crate::blobs::Blobs;
use crate::disk::SyncPoint;
use crate::error::OpenError;
use crate::guard::{Guard, GuardedHead};
use crate::identity::Identity;
use crate::index::{BatchChanges, Index, IndexError, IndexPosition, Overlay};
use crate::log::{Found, Frame, Position, Scan, Segments, Step};
use crate::options::{INDEX_FILE, Options};
use crate::reader::Reader;
use crate::replay;
use crate::tip::{Tip, TipError};

/// Changed DIDs after which replayed frames are put into the index.
const CHANGES_MAX: usize = 20_000;

/// A tip at the guarded head, and everything below it in the index.
pub(crate) struct CaughtUp {
    pub(crate) tip: Tip,
    pub(crate) reader: Reader,
}

/// Brings the index to the guarded head. One that is missing, damaged or ahead is made anew from the log.
pub(crate) fn to(
    options: &Options,
    segments: &Arc<Segments>,
    identity: &Identity,
    head: &GuardedHead,
) -> Result<CaughtUp, OpenError> {
    match attempt(options, segments, identity, head) {
        Ok(caught_up) => Ok(caught_up),
        Err(Failure::Open(error)) => Err(error),
        Err(Failure::Index(error)) => {
            tracing::warn!(%error, "the index does not serve; rebuilding it from the log");
            anew(options, segments, identity, head)
        }
    }
}

/// Makes the index anew from the log.
pub(crate) fn anew(
    options: &Options,
    segments: &Arc<Segments>,
    identity: &Identity,
    head: &GuardedHead,
) -> Result<CaughtUp, OpenError> {
    match options.disk.remove(&options.data.join(INDEX_FILE)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    attempt(options, segments, identity, head).map_err(|failure| match failure {
        Failure::Open(error) => error,
        Failure::Index(error) => OpenError::Index(error),
    })
}

/// Applies the frames behind the guarded head, and makes them durable: a killed process leaves them to the page cache.
pub(crate) fn roll_forward(
    tip: &mut Tip,
    reader: &Reader,
    from: Position,
) -> Result<Vec<Arc<BatchChanges>>, OpenError> {
    let mut scan = Scan::behind(&reader.segments, &from);
    let mut changes = Vec::new();
    while let Found::Frame(frame, position) = scan.next()? {
        reader
            .segments
            .file(position.segment)?
            .sync(SyncPoint::RollForward)?;
        let applied = replay::apply(tip, &frame, position, 0)
            .map_err(|error| OpenError::Log(error.to_string()))?;
        reader.overlay.publish(&applied);
        changes.push(Arc::new(applied));
    }
    Ok(changes)
}

enum Failure {
    /// Making the index anew helps.
    Index(Box<dyn std::error::Error + Send + Sync>),
    Open(OpenError),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Open(error.into())
    }
}

impl From<IndexError> for Failure {
    fn from(error: IndexError) -> Self {
        Self::Index(Box::new(error))
    }
}

impl From<TipError> for Failure {
    fn from(error: TipError) -> Self {
        if error.blames_index() {
            Self::Index(Box::new(error))
        } else {
            Self::Open(OpenError::Log(error.to_string()))
        }
    }
}

fn attempt(
    options: &Options,
    segments: &Arc<Segments>,
    identity: &Identity,
    head: &GuardedHead,
) -> Result<CaughtUp, Failure> {
    let path = options.data.join(INDEX_FILE);
    let index = Arc::new(Index::open(
        options.disk.as_ref(),
        &path,
        options.index_cache_bytes,
    )?);
    let overlay = Arc::new(Overlay::default());
    let reader = Reader {
        network_id: identity.network_id,
        index,
        overlay,
        segments: segments.clone(),
        blobs: Arc::new(Blobs::new(options.disk.clone(), &options.data)),
    };
    let from = reader.index.position()?;
    if let Some(from) = &from {
        check_position(segments, identity, from, head)?;
    }
    let mut tip = Tip::resume(identity.clone(), reader.clone())?;
    replay_until(
        &mut tip,
        &reader,
        from.as_ref().map(|from| from.position),
        head,
    )?;
    reader.overlay.backlog.starts_at(tip.size());
    if tip.size() != head.size || tip.root() != head.root {
        return Err(Failure::Index(
            "its root is not the one that the head guard has signed".into(),
        ));
    }
    if from.is_some() && !guards(head, tip.identity()) {
        return Err(Failure::Index("it names another key of the log".into()));
    }
    if !guards(head, tip.identity()) {
        return Err(Failure::Open(OpenError::OtherGuard {
            guard: Guard::path(&options.guard),
            reason: "it guards another origin, or was signed with another key",
        }));
    }
    Ok(CaughtUp { tip, reader })
}

fn guards(head: &GuardedHead, identity: &Identity) -> bool {
    head.origin == identity.origin && head.log_key == identity.log_key
}

/// The frame that the index has reached must be there, at or below the guarded head.
fn check_position(
    segments: &Segments,
    identity: &Identity,
    from: &IndexPosition,
    head: &GuardedHead,
) -> Result<(), Failure> {
    let refuse = |reason: &str| Err(Failure::Index(reason.into()));
    let Position {
        segment,
        frame_start,
        end,
        sequence,
        frame_hash,
    } = from.position;
    if from.network_id != identity.network_id {
        return refuse("it belongs to another network");
    }
    if sequence > head.position.sequence {
        return refuse("it is ahead of the log");
    }
    if !segments.numbers()?.contains(&segment) {
        return refuse("it names a segment that is not there");
    }
    let file = segments.file(segment)?;
    match Frame::read(file.as_ref(), frame_start, file.length()?)? {
        Step::Frame(frame, hash, at)
            if hash == frame_hash && at == end && frame.sequence == sequence =>
        {
            Ok(())
        }
        _ => refuse("it was made from another log"),
    }
}

fn replay_until(
    tip: &mut Tip,
    reader: &Reader,
    from: Option<Position>,
    head: &GuardedHead,
) -> Result<(), Failure> {
    let until = head.position;
    let mut scan = match &from {
        Some(from) => Scan::behind(&reader.segments, from),
        None => Scan::from_start(&reader.segments),
    };
    if from == Some(until) {
        return Ok(());
    }
    let mut waiting: Vec<Arc<BatchChanges>> = Vec::new();
    let mut flushed = from.map_or(0, |from| from.sequence);
    let mut changes = 0;
    loop {
        let (frame, position) = match scan.next()? {
            Found::Frame(frame, position) if position.sequence <= until.sequence => {
                (frame, position)
            }
            Found::Torn {
                segment,
                offset,
                error,
            } => {
                let message = format!("the frame at {offset} of segment {segment}: {error}");
                return Err(Failure::Open(OpenError::Log(message)));
            }
            Found::Frame(..) | Found::End => {
                return Err(Failure::Open(OpenError::Log(
                    "it does not lead to the guarded head".to_owned(),
                )));
            }
        };
        let applied = replay::apply(tip, &frame, position, flushed)?;
        changes += applied.dids.len();
        reader.overlay.publish(&applied);
        waiting.push(Arc::new(applied));
        let done = position == until;
        if done || changes >= CHANGES_MAX {
            // In between, the log does not record what was signed.
            let checkpoint = if done { head.checkpoint.as_str() } else { "" };
            flush(reader, &mut waiting, checkpoint)?;
            flushed = position.sequence;
            changes = 0;
        }
        if done {
            return Ok(());
        }
    }
}

/// Puts replayed batches into the index and forgets them. `checkpoint` is that of the last one, if it is known.
pub(crate) fn flush(
    reader: &Reader,
    waiting: &mut Vec<Arc<BatchChanges>>,
    checkpoint: &str,
) -> Result<(), IndexError> {
    reader.index.apply(waiting, checkpoint)?;
    reader.overlay.retire(waiting);
    if let Some(last) = waiting.last() {
        reader.overlay.backlog.starts_at(last.position.size());
    }
    waiting.clear();
    Ok(())
}
