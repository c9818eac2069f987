//! The head guard: the newest signed head, kept apart from the data that it guards.
//!
//! Two slots in one file are written in turn, each with a generation and a checksum, so that a torn write leaves the
//! other one whole. After an older copy of the data was restored, the head here is newer, and the ledger does not
//! start.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proof::{Hash, NetworkId};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::disk::{Disk, DiskFile, SyncPoint};
use crate::identity::Identity;
use crate::log::Position;

const FILE: &str = "head.guard";
const FILE_NEW: &str = "head.guard.new";
const MAGIC: [u8; 8] = *b"ATROGRD1";
const SLOT_BYTES: usize = 4096;
const SLOTS: u64 = 2;
/// A note with one signature is far shorter; the slot holds the fixed fields and the two texts.
const TEXT_BYTES_MAX: usize = 1536;

/// What the guard remembers of the newest head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GuardedHead {
    /// The network that the log belongs to.
    pub(crate) network_id: NetworkId,
    /// The log's Ed25519 public key.
    pub(crate) log_key: [u8; 32],
    /// The log's origin.
    pub(crate) origin: String,
    /// Number of leaves.
    pub(crate) size: u64,
    /// Root over them.
    pub(crate) root: Hash,
    /// Where the last frame is.
    pub(crate) position: Position,
    /// The signed checkpoint.
    pub(crate) checkpoint: String,
}

impl GuardedHead {
    /// The head of a log, with its signed checkpoint.
    pub(crate) fn new(
        identity: &Identity,
        size: u64,
        root: Hash,
        position: Position,
        checkpoint: String,
    ) -> Self {
        Self {
            network_id: identity.network_id,
            log_key: identity.log_key,
            origin: identity.origin.clone(),
            size,
            root,
            position,
            checkpoint,
        }
    }
}

/// Why a guard cannot be used.
#[derive(Debug, Error)]
pub(crate) enum GuardError {
    #[error("the head guard cannot be read or written")]
    Io(#[from] io::Error),
    #[error("neither slot of the head guard is whole")]
    Damaged,
    #[error("the head does not fit into a slot of the guard")]
    TooLarge,
    #[error("{0}")]
    Foreign(&'static str),
}

/// The guard, held by the only process that moves it.
pub(crate) struct Guard {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    generation: u64,
    /// The newest slot as it was read or written last.
    slot: Vec<u8>,
}

impl Guard {
    /// Whether there is a guard in `dir`, whole or not.
    pub(crate) fn exists(disk: &dyn Disk, dir: &Path) -> io::Result<bool> {
        Ok(disk.list(dir)?.iter().any(|name| name == FILE))
    }

    /// What the guard in `dir` remembers; `None` when there is none. Needs no lock: a slot that is being written is not
    /// whole, and the other one is.
    pub(crate) fn read(disk: &dyn Disk, dir: &Path) -> Result<Option<GuardedHead>, GuardError> {
        Ok(newest_slot(disk, dir)?.map(|newest| newest.head))
    }

    /// Opens the guard in `dir` to move it; `None` when there is none.
    pub(crate) fn open(
        disk: &Arc<dyn Disk>,
        dir: &Path,
    ) -> Result<Option<(Self, GuardedHead)>, GuardError> {
        Ok(newest_slot(disk.as_ref(), dir)?.map(|newest| {
            let guard = Self {
                disk: disk.clone(),
                path: dir.join(FILE),
                generation: newest.generation,
                slot: newest.bytes,
            };
            (guard, newest.head)
        }))
    }

    /// Makes the guard under its name, whole or not at all. One that is there is replaced: it must have been looked at.
    pub(crate) fn create(
        disk: &dyn Disk,
        dir: &Path,
        head: &GuardedHead,
    ) -> Result<(), GuardError> {
        let new = dir.join(FILE_NEW);
        if disk.list(dir)?.iter().any(|name| name == FILE_NEW) {
            disk.remove(&new)?;
        }
        let file = disk.create(&new)?;
        file.write_all_at(&encode(1, head)?, slot_offset(1))?;
        file.write_all_at(&[0; SLOT_BYTES], slot_offset(0))?;
        file.sync(SyncPoint::NewGuard)?;
        disk.rename(&new, &dir.join(FILE))?;
        disk.sync_dir(dir, SyncPoint::NewGuardName)?;
        Ok(())
    }

    /// Moves the guard to a newer head. Durable when it returns.
    ///
    /// On any error this process must not sign or acknowledge anything more.
    pub(crate) fn advance(&mut self, head: &GuardedHead) -> Result<(), GuardError> {
        let generation = self.generation + 1;
        let slot = encode(generation, head)?;
        // By its name each time: a file that was put in its place is another one.
        let file = self.disk.open(&self.path)?;
        self.check_untouched(file.as_ref())?;
        file.write_all_at(&slot, slot_offset(generation))?;
        file.sync(SyncPoint::Guard)?;
        self.generation = generation;
        self.slot = slot;
        Ok(())
    }

    /// The file must hold what this process read or wrote last. Locks do not reach another machine, nor a process that
    /// works through another path.
    fn check_untouched(&self, file: &dyn DiskFile) -> Result<(), GuardError> {
        let own = read_slot(file, self.generation % SLOTS)?;
        if own.as_ref().map(<[u8; SLOT_BYTES]>::as_slice) != Some(self.slot.as_slice()) {
            return Err(GuardError::Foreign("its newest slot was changed"));
        }
        let other = read_slot(file, (self.generation + 1) % SLOTS)?;
        match other.as_ref().and_then(decode) {
            Some((generation, _)) if generation > self.generation => {
                Err(GuardError::Foreign("it has moved on"))
            }
            _ => Ok(()),
        }
    }

    /// The guard's file in `dir`, for messages.
    pub(crate) fn path(dir: &Path) -> PathBuf {
        dir.join(FILE)
    }
}

struct Slot {
    generation: u64,
    head: GuardedHead,
    bytes: Vec<u8>,
}

fn newest_slot(disk: &dyn Disk, dir: &Path) -> Result<Option<Slot>, GuardError> {
    if !Guard::exists(disk, dir)? {
        return Ok(None);
    }
    let file = disk.open(&dir.join(FILE))?;
    let mut newest: Option<Slot> = None;
    for number in 0..SLOTS {
        let Some(bytes) = read_slot(file.as_ref(), number)? else {
            continue;
        };
        if let Some((generation, head)) = decode(&bytes)
            && newest
                .as_ref()
                .is_none_or(|newest| generation > newest.generation)
        {
            let bytes = bytes.to_vec();
            newest = Some(Slot {
                generation,
                head,
                bytes,
            });
        }
    }
    newest.map(Some).ok_or(GuardError::Damaged)
}

/// The bytes of a slot; `None` when the file ends before.
fn read_slot(file: &dyn DiskFile, number: u64) -> io::Result<Option<[u8; SLOT_BYTES]>> {
    let mut bytes = [0; SLOT_BYTES];
    match file.read_exact_at(&mut bytes, number * SLOT_BYTES as u64) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        result => result.map(|()| Some(bytes)),
    }
}

fn slot_offset(generation: u64) -> u64 {
    generation % SLOTS * SLOT_BYTES as u64
}

fn encode(generation: u64, head: &GuardedHead) -> Result<Vec<u8>, GuardError> {
    if head.origin.len() + head.checkpoint.len() > TEXT_BYTES_MAX {
        return Err(GuardError::TooLarge);
    }
    let mut bytes = Vec::with_capacity(SLOT_BYTES);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&generation.to_be_bytes());
    bytes.extend_from_slice(head.network_id.as_bytes());
    bytes.extend_from_slice(&head.log_key);
    bytes.extend_from_slice(&head.size.to_be_bytes());
    bytes.extend_from_slice(head.root.as_bytes());
    bytes.extend_from_slice(&head.position.segment.to_be_bytes());
    bytes.extend_from_slice(&head.position.frame_start.to_be_bytes());
    bytes.extend_from_slice(&head.position.end.to_be_bytes());
    bytes.extend_from_slice(&head.position.sequence.to_be_bytes());
    bytes.extend_from_slice(head.position.frame_hash.as_bytes());
    for text in [&head.origin, &head.checkpoint] {
        bytes.extend_from_slice(&(text.len() as u16).to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    bytes.resize(SLOT_BYTES - 32, 0);
    let checksum = Sha256::digest(&bytes);
    bytes.extend_from_slice(&checksum);
    Ok(bytes)
}

fn decode(slot: &[u8; SLOT_BYTES]) -> Option<(u64, GuardedHead)> {
    let (bytes, checksum) = slot.split_last_chunk::<32>()?;
    if <[u8; 32]>::from(Sha256::digest(bytes)) != *checksum {
        return None;
    }
    let mut bytes = bytes.strip_prefix(&MAGIC)?;
    let generation = u64::from_be_bytes(take(&mut bytes)?);
    let network_id = NetworkId::from(take::<32>(&mut bytes)?);
    let log_key = take(&mut bytes)?;
    let size = u64::from_be_bytes(take(&mut bytes)?);
    let root = Hash::from(take::<32>(&mut bytes)?);
    let position = Position {
        segment: u32::from_be_bytes(take(&mut bytes)?),
        frame_start: u64::from_be_bytes(take(&mut bytes)?),
        end: u64::from_be_bytes(take(&mut bytes)?),
        sequence: u64::from_be_bytes(take(&mut bytes)?),
        frame_hash: Hash::from(take::<32>(&mut bytes)?),
    };
    let origin = text(&mut bytes)?;
    let checkpoint = text(&mut bytes)?;
    Some((
        generation,
        GuardedHead {
            network_id,
            log_key,
            origin,
            size,
            root,
            position,
            checkpoint,
        },
    ))
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*head)
}

fn text(bytes: &mut &[u8]) -> Option<String> {
    let length = usize::from(u16::from_be_bytes(take(bytes)?));
    let (text, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    String::from_utf8(text.to_vec()).ok()
}
