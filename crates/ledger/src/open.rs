//! Starting: guard and log are compared, the end of the log is repaired, the index catches up.

use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::catch_up::{self, CaughtUp};
use crate::disk::Disk;
use crate::embedded::Embedded;
use crate::error::OpenError;
use crate::guard::{Guard, GuardError, GuardedHead};
use crate::identity::Identity;
use crate::index::Follower;
use crate::init::{data_names, finish_init, make_dir};
use crate::log::{
    Found, Frame, Position, SEGMENT_HEADER_BYTES, Scan, SegmentHeader, Segments, Step, Tail,
};
use crate::options::{INDEX_FILE, LOCK_FILE, Options};
use crate::reader::Reader;
use crate::shared::{Published, Shared};
use crate::signers::Signers;
use crate::tip::Tip;
use crate::writer::Writer;

impl Embedded {
    /// Opens a ledger that was made before. `signers` hold the log's key under the log's origin; more may be given, and
    /// after a key rotation that was interrupted the old and the new one are needed.
    ///
    /// A complete frame above the guard is rolled forward unchanged, an incomplete one is cut. Nothing at or below the
    /// guard is ever changed.
    ///
    /// # Errors
    /// [`OpenError`] states what is there and what to do.
    pub fn open(options: &Options, signers: impl Into<Signers>) -> Result<Self, OpenError> {
        let signers = signers.into();
        let Resumed {
            locks,
            tip,
            reader,
            guard,
            head,
        } = resume(options, &signers)?;
        let tail = Tail::new(
            reader.segments.clone(),
            *tip.identity().network_id.as_bytes(),
            head.position,
            options.segment_bytes_max,
        )?;
        let identity = tip.identity().clone();
        let published = Published::of(head, tip.time_ms(), tip.other_heads().to_vec());
        let shared = Arc::new(Shared::new(
            identity,
            reader.clone(),
            published,
            discard_index(options),
        ));
        let to_fail = shared.clone();
        let follower = Follower::start(reader.index, reader.overlay, move |error| {
            to_fail.fail(crate::LedgerFault::Index(error.to_string()));
        })?;
        let writer = Writer {
            tip,
            tail,
            guard,
            signers,
            shared: shared.clone(),
            follower,
        };
        Ok(Self::start(shared, writer, locks)?)
    }
}

/// A ledger whose log, guard and index agree, with nothing running yet.
pub(crate) struct Resumed {
    pub(crate) locks: Vec<Box<dyn Send + Sync>>,
    pub(crate) tip: Tip,
    pub(crate) reader: Reader,
    pub(crate) guard: Guard,
    pub(crate) head: GuardedHead,
}

/// Repairs the end of the log and brings guard and index up to it.
pub(crate) fn resume(options: &Options, signers: &Signers) -> Result<Resumed, OpenError> {
    let locks = lock(options)?;
    finish_init(options)?;
    let Ground {
        segments,
        identity,
        mut guard,
        mut head,
    } = survey(options)?;
    let end = repair_tail(&segments, head.position)?;
    let CaughtUp { mut tip, reader } = catch_up::to(options, &segments, &identity, &head)?;
    if end != head.position {
        tracing::info!(
            entries = tip.size(),
            "rolling the log forward behind the head guard"
        );
        let mut changes = catch_up::roll_forward(&mut tip, &reader, head.position)?;
        check_key(options, &tip, signers)?;
        head = tip
            .signed_head(end, signers)
            .map_err(|error| OpenError::LogKey(Box::new(error)))?;
        guard
            .advance(&head)
            .map_err(|error| OpenError::Guard(Box::new(error)))?;
        catch_up::flush(&reader, &mut changes, &head.checkpoint)
            .map_err(|error| OpenError::Index(Box::new(error)))?;
    }
    check_key(options, &tip, signers)?;
    reader.blobs.clean(tip.size())?;
    Ok(Resumed {
        locks,
        tip,
        reader,
        guard,
        head,
    })
}

fn check_key(options: &Options, tip: &Tip, signers: &Signers) -> Result<(), OpenError> {
    if signers.hold_key_of(tip.identity()) {
        return Ok(());
    }
    Err(OpenError::OtherGuard {
        guard: Guard::path(&options.guard),
        reason: "the log's key is not among those given",
    })
}

/// What is there, before anything is touched.
pub(crate) struct Ground {
    pub(crate) segments: Arc<Segments>,
    /// As the genesis leaf has it; rotations and recoveries are not applied.
    pub(crate) identity: Identity,
    pub(crate) guard: Guard,
    pub(crate) head: GuardedHead,
}

/// Finds log and guard, and refuses what does not belong together.
pub(crate) fn survey(options: &Options) -> Result<Ground, OpenError> {
    let disk = options.disk.as_ref();
    let data = options.data.clone();
    let guard_path = Guard::path(&options.guard);
    let opened = Guard::open(&options.disk, &options.guard).map_err(guard_error)?;
    let has_data = data_names(disk, &options.data)?.first_segment;
    let (guard, head) = match (has_data, opened) {
        (true, Some(opened)) => opened,
        (true, None) => {
            return Err(OpenError::GuardMissing {
                data,
                guard: guard_path,
            });
        }
        (false, None) => return Err(OpenError::Missing { data }),
        (false, Some((_, head))) => {
            return Err(OpenError::DataMissing {
                data,
                guard: guard_path,
                size: head.size,
            });
        }
    };
    let segments = Arc::new(Segments::new(options.disk.clone(), &options.data));
    let identity = read_identity(&segments)?;
    if head.network_id != identity.network_id {
        return Err(OpenError::OtherGuard {
            guard: guard_path,
            reason: "it guards another network",
        });
    }
    if identity.namespace != options.namespace {
        let (found, expected) = (identity.namespace, options.namespace.clone());
        return Err(OpenError::OtherNamespace {
            data,
            found,
            expected,
        });
    }
    check_guarded_frame(&segments, &head, &data)?;
    Ok(Ground {
        segments,
        identity,
        guard,
        head,
    })
}

/// Locks data and guard for as long as the values live.
pub(crate) fn lock(options: &Options) -> Result<Vec<Box<dyn Send + Sync>>, OpenError> {
    let dirs = [&options.data, &options.guard];
    let present = dirs
        .into_iter()
        .filter(|dir| !options.disk.list(dir).unwrap_or_default().is_empty());
    present
        .map(|dir| hold(options.disk.as_ref(), dir))
        .collect()
}

/// The same, with the directories made where there are none.
pub(crate) fn make_and_lock(options: &Options) -> Result<Vec<Box<dyn Send + Sync>>, OpenError> {
    let disk = options.disk.as_ref();
    let dirs = [&options.data, &options.guard];
    dirs.into_iter()
        .map(|dir| {
            make_dir(disk, dir)?;
            hold(disk, dir)
        })
        .collect()
}

fn hold(disk: &dyn Disk, dir: &Path) -> Result<Box<dyn Send + Sync>, OpenError> {
    let path = dir.join(LOCK_FILE);
    disk.lock(&path).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => OpenError::InUse(path),
        _ => OpenError::Io(error),
    })
}

pub(crate) fn read_identity(segments: &Segments) -> Result<Identity, OpenError> {
    let file = segments.file(0)?;
    let header = SegmentHeader::read(file.as_ref())?.filter(|header| header.number == 0);
    let header =
        header.ok_or_else(|| OpenError::Log("the first segment has no header".to_owned()))?;
    let Step::Frame(frame, ..) = Frame::read(file.as_ref(), SEGMENT_HEADER_BYTES, file.length()?)?
    else {
        return Err(OpenError::Log(
            "the first frame, which holds the genesis leaf, is not whole".to_owned(),
        ));
    };
    let leaf = frame.leaves.first().map(Vec::as_slice).unwrap_or_default();
    let identity = Identity::of_leaf(leaf).map_err(|error| OpenError::Log(error.to_string()))?;
    if identity.network_id.as_bytes() != &header.network_id {
        return Err(OpenError::Log(
            "the first segment and its genesis leaf name different networks".to_owned(),
        ));
    }
    Ok(identity)
}

/// The last frame that the guard has signed must be there, whole and the same.
fn check_guarded_frame(
    segments: &Segments,
    head: &GuardedHead,
    data: &Path,
) -> Result<(), OpenError> {
    let rollback = || OpenError::Rollback {
        data: data.to_owned(),
        guarded: head.size,
    };
    let Position {
        segment,
        frame_start,
        end,
        sequence,
        frame_hash,
    } = head.position;
    if !segments.numbers()?.contains(&segment) {
        return Err(rollback());
    }
    let file = segments.file(segment)?;
    match Frame::read(file.as_ref(), frame_start, file.length()?)? {
        Step::Frame(frame, hash, at)
            if hash == frame_hash && at == end && frame.sequence == sequence =>
        {
            Ok(())
        }
        Step::Torn(error) if file.length()? >= end => Err(OpenError::Log(format!(
            "the newest confirmed frame, at {frame_start} of segment {segment}: {error}"
        ))),
        Step::Frame(..) | Step::End | Step::Torn(_) => Err(rollback()),
    }
}

/// Cuts what is not a whole frame behind the guarded end, and gives the boundary behind the last whole one.
///
/// Cutting need not be durable: what comes back after a power cut is cut again, and the next frame's sync covers both.
pub(crate) fn repair_tail(segments: &Segments, guarded: Position) -> Result<Position, OpenError> {
    let mut scan = Scan::behind(segments, &guarded);
    let mut end = guarded;
    loop {
        match scan.next()? {
            Found::Frame(_, position) => end = position,
            Found::End => break,
            Found::Torn {
                segment,
                offset,
                error,
            } => {
                tracing::warn!(segment, offset, %error, "cutting a frame that was never confirmed");
                segments.file(segment)?.set_len(offset)?;
            }
        }
    }
    for number in segments
        .numbers()?
        .into_iter()
        .filter(|number| *number > end.segment)
    {
        tracing::warn!(number, "removing a segment that was never used");
        segments.remove(number)?;
    }
    Ok(end)
}

/// Takes a damaged index out of the way, so that the next start makes it anew.
fn discard_index(options: &Options) -> Box<dyn Fn() + Send + Sync> {
    let disk = options.disk.clone();
    let path = options.data.join(INDEX_FILE);
    Box::new(move || {
        if let Err(error) = disk.remove(&path) {
            tracing::warn!(%error, "could not remove the damaged index");
        }
    })
}

pub(crate) fn guard_error(error: GuardError) -> OpenError {
    match error {
        GuardError::Io(error) => OpenError::Io(error),
        error => OpenError::Guard(Box::new(error)),
    }
}
