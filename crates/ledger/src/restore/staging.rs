//! A log that is being restored: its segments have temporary names.

use std::path::Path;
use std::sync::Arc;

use proof::Hash;
use proof::checkpoint::{Checkpoint, SignedCheckpoint};
use proof::leaf::{Leaf, TreeHead};
use proof::merkle::Frontier;
use proof::note::{Note, NoteVerifier};

use super::{EntrySource, RestoreError, is_blob, read_manifest, segment_count, staged};
use crate::backup::{CHECKPOINT_FILE, Manifest, copy, described};
use crate::blobs::{BLOBS_DIR, Blobs};
use crate::disk::SyncPoint;
use crate::error::OpenError;
use crate::guard::GuardedHead;
use crate::identity::Identity;
use crate::log::{
    FRAME_BYTES_MAX, Found, Position, STAGED_SUFFIX, Scan, Segments, Tail, segment_name,
};
use crate::open::read_identity;
use crate::options::Options;

/// Most entries in one request.
const ENTRIES_ASKED_MAX: u64 = 4096;
/// Bytes of the longest checkpoint that is read.
const CHECKPOINT_BYTES_MAX: u64 = 64 << 10;

pub(super) struct Staging {
    pub(super) segments: Arc<Segments>,
    /// As the genesis leaf has it.
    pub(super) genesis: Identity,
    pub(super) checkpoint: String,
    identity: Identity,
    frontier: Frontier,
    end: Position,
}

impl Staging {
    /// Copies a backup next to its place, after its manifest, and checks that it leads to its own checkpoint. What an
    /// earlier attempt left is removed.
    pub(super) fn copied(options: &Options, from: &Path) -> Result<Self, RestoreError> {
        let no_backup = |reason: String| RestoreError::NoBackup {
            from: from.to_owned(),
            reason,
        };
        let disk = options.disk.as_ref();
        let manifest = read_manifest(&options.disk, from)?.map_err(no_backup)?;
        let count = segment_count(&manifest.files).map_err(no_backup)?;
        for file in &manifest.files {
            if described(disk, from, file.name.clone())? != *file {
                return Err(no_backup(format!("{} is damaged", file.name)));
            }
        }
        clear(options)?;
        // The first one stays until the end: as long as it is there, everything is a leftover.
        for number in 0..count {
            let source = disk.open(&from.join(segment_name(number)))?;
            let target = disk.create(&options.data.join(segment_name(number) + STAGED_SUFFIX))?;
            copy(source.as_ref(), target.as_ref(), source.length()?)?;
        }
        disk.sync_dir(&options.data, SyncPoint::CopyName)?;
        copy_blobs(options, from, &manifest)?;
        let segments = Arc::new(staged(options));
        let genesis = read_identity(&segments)?;
        if genesis.namespace != options.namespace {
            return Err(RestoreError::Open(OpenError::OtherNamespace {
                data: from.to_owned(),
                found: genesis.namespace,
                expected: options.namespace.clone(),
            }));
        }
        let checkpoint = read_checkpoint(options, from)?;
        let staging =
            Self::scanned(segments, genesis, checkpoint).map_err(|error| match error {
                RestoreError::Open(OpenError::Log(reason)) => no_backup(reason),
                error => error,
            })?;
        staging.check(&manifest).map_err(no_backup)?;
        Ok(staging)
    }

    fn scanned(
        segments: Arc<Segments>,
        genesis: Identity,
        checkpoint: String,
    ) -> Result<Self, RestoreError> {
        let (mut frontier, mut identity) = (Frontier::new(), genesis.clone());
        let mut end = None;
        let mut scan = Scan::from_start(&segments);
        loop {
            match scan.next()? {
                Found::Frame(frame, position) => {
                    for leaf in &frame.leaves {
                        grow(&mut frontier, &mut identity, leaf)?;
                    }
                    end = Some(position);
                }
                Found::End => break,
                Found::Torn { error, .. } => return Err(OpenError::Log(error.to_string()).into()),
            }
        }
        let end = end.ok_or_else(|| OpenError::Log("it has no whole frame".to_owned()))?;
        Ok(Self {
            segments,
            genesis,
            checkpoint,
            identity,
            frontier,
            end,
        })
    }

    /// The manifest, the checkpoint and the entries must agree.
    fn check(&self, manifest: &Manifest) -> Result<(), String> {
        let identity = &self.identity;
        let same = manifest.size == self.size()
            && manifest.root() == Some(self.frontier.root())
            && manifest.origin == identity.origin
            && manifest.log_key == hex::encode(identity.log_key)
            && manifest.network_id == identity.network_id.to_string();
        if !same {
            return Err("its manifest is not that of its entries".to_owned());
        }
        let key = NoteVerifier::new(&identity.origin, &identity.log_key);
        let key = key.map_err(|error| error.to_string())?;
        let note = SignedCheckpoint::open(self.checkpoint.as_bytes(), &key);
        let note = note.map_err(|error| error.to_string())?;
        if (note.checkpoint().size, note.checkpoint().root) != (self.size(), self.frontier.root()) {
            return Err("its checkpoint is not that of its entries".to_owned());
        }
        Ok(())
    }

    pub(super) fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Whether the log's keys of that time have signed a checkpoint. Other keys prove nothing.
    pub(super) fn check_signature(&self, size: u64, note: &str) -> Result<(), RestoreError> {
        let refused = |error: &dyn std::error::Error| RestoreError::Known(error.to_string());
        let note = Note::parse(note.as_bytes()).map_err(|error| refused(&error))?;
        let (head, _) = Checkpoint::parse(note.text()).map_err(|error| refused(&error))?;
        let older = self.identity.older(&head.origin);
        let keys = match &older {
            Some(older) => older.signing(size),
            None if head.origin == self.identity.origin => self.identity.signing(size),
            None => Vec::new(),
        };
        if keys.is_empty() {
            let reason = "it is of no size that the log had under its name".to_owned();
            return Err(RestoreError::Known(reason));
        }
        for span in keys {
            let key =
                NoteVerifier::new(&span.origin, &span.key).map_err(|error| refused(&error))?;
            note.verify(std::slice::from_ref(&key))
                .map_err(|error| refused(&error))?;
        }
        Ok(())
    }

    /// The root over the first entries; `None` when there are not as many.
    pub(super) fn root_at(&self, size: u64) -> Result<Option<Hash>, RestoreError> {
        let mut frontier = Frontier::new();
        let mut scan = Scan::from_start(&self.segments);
        while frontier.size() < size {
            let Found::Frame(frame, _) = scan.next()? else {
                return Ok(None);
            };
            for leaf in &frame.leaves {
                if frontier.size() < size {
                    frontier.append(Leaf::hash_of(leaf));
                }
            }
        }
        Ok(Some(frontier.root()))
    }

    /// The head, with its checkpoint.
    pub(super) fn head(&self, checkpoint: String) -> GuardedHead {
        let (size, root) = (self.size(), self.frontier.root());
        GuardedHead::new(&self.identity, size, root, self.end, checkpoint)
    }

    /// Fetches the entries up to `until` and appends them in the frames that they came in: one ends with each state
    /// leaf that is not inside a submission.
    pub(super) fn append(
        &mut self,
        options: &Options,
        until: u64,
        source: &mut EntrySource<'_>,
    ) -> Result<(), RestoreError> {
        let network_id = *self.genesis.network_id.as_bytes();
        let segments = self.segments.clone();
        let mut tail = Tail::new(segments, network_id, self.end, options.segment_bytes_max)?;
        let mut frame = Vec::new();
        let mut bytes = 0;
        let mut submission = Submission::Closed;
        while self.size() < until {
            let first = self.size();
            let end = until.min(first + ENTRIES_ASKED_MAX);
            let failed = |reason: String| RestoreError::Entries { first, reason };
            let leaves = source(first, end).map_err(failed)?;
            if leaves.is_empty() || leaves.len() as u64 > end - first {
                return Err(failed(
                    "the source returned none, or others than were requested".to_owned(),
                ));
            }
            for leaf in leaves {
                grow(&mut self.frontier, &mut self.identity, &leaf)?;
                submission = submission.behind(&leaf);
                bytes += leaf.len() + 2;
                frame.push(leaf);
                if bytes > FRAME_BYTES_MAX / 2 {
                    return Err(failed(
                        "they have no state leaf where there should be one".to_owned(),
                    ));
                }
                if submission == Submission::StateLeaf {
                    let first_index = self.size() - frame.len() as u64;
                    self.end = tail
                        .append(first_index, std::mem::take(&mut frame))?
                        .position;
                    bytes = 0;
                }
            }
        }
        if !frame.is_empty() {
            let reason = "they do not end with a state leaf".to_owned();
            let first = self.size();
            return Err(RestoreError::Entries { first, reason });
        }
        Ok(())
    }

    /// Gives every segment its name, the first one last: only then there is a log.
    pub(super) fn put_in_place(&self, options: &Options) -> Result<(), RestoreError> {
        let disk = options.disk.as_ref();
        for number in (0..=self.end.segment).rev() {
            let name = options.data.join(segment_name(number));
            disk.rename(
                &options.data.join(segment_name(number) + STAGED_SUFFIX),
                &name,
            )?;
            disk.sync_dir(&options.data, SyncPoint::CopyName)?;
        }
        Ok(())
    }
}

/// Where a leaf leaves off.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Submission {
    /// Operations of it are still to come.
    Open,
    Closed,
    /// A state leaf behind whole submissions.
    StateLeaf,
}

impl Submission {
    fn behind(self, leaf: &[u8]) -> Self {
        match (Leaf::decode(leaf), self) {
            (Ok(Leaf::Operation(leaf)), _) if leaf.place.position + 1 < leaf.place.count => {
                Self::Open
            }
            (Ok(Leaf::Resource(leaf)), _) if leaf.place.position + 1 < leaf.place.count => {
                Self::Open
            }
            (Ok(Leaf::State(_)), Self::Open) => Self::Open,
            (Ok(Leaf::State(_)), _) => Self::StateLeaf,
            _ => Self::Closed,
        }
    }
}

fn grow(frontier: &mut Frontier, identity: &mut Identity, leaf: &[u8]) -> Result<(), OpenError> {
    let before = TreeHead {
        size: frontier.size(),
        root: frontier.root(),
    };
    identity
        .turn(before, leaf)
        .map_err(|reason| OpenError::Log(format!("entry {}: {reason}", before.size)))?;
    frontier.append(Leaf::hash_of(leaf));
    Ok(())
}

/// Copies the data of resources into its place: it is not read without a log. Data that lies there already and is not
/// in the backup stays, since the entries that need it may be fetched.
fn copy_blobs(options: &Options, from: &Path, manifest: &Manifest) -> Result<(), RestoreError> {
    let disk = options.disk.as_ref();
    let mut files = manifest
        .files
        .iter()
        .filter(|file| is_blob(file))
        .peekable();
    if files.peek().is_none() {
        return Ok(());
    }
    Blobs::new(options.disk.clone(), &options.data).make_dir()?;
    for file in files {
        let source = disk.open(&from.join(&file.name))?;
        let target = options.data.join(&file.name);
        match disk.remove(&target) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        copy(source.as_ref(), disk.create(&target)?.as_ref(), file.bytes)?;
    }
    disk.sync_dir(&options.data.join(BLOBS_DIR), SyncPoint::CopyName)?;
    Ok(())
}

fn read_checkpoint(options: &Options, from: &Path) -> Result<String, RestoreError> {
    let file = options.disk.open(&from.join(CHECKPOINT_FILE))?;
    let length = file.length()?.min(CHECKPOINT_BYTES_MAX);
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
    file.read_exact_at(&mut bytes, 0)?;
    String::from_utf8(bytes).map_err(|_| RestoreError::NoBackup {
        from: from.to_owned(),
        reason: "its checkpoint is not text".to_owned(),
    })
}

/// Removes what an interrupted restore left: as long as the first segment is staged, so is or was everything. Without
/// it, other segments belong to a log.
fn clear(options: &Options) -> Result<(), RestoreError> {
    let disk = options.disk.as_ref();
    let names = disk.list(&options.data)?;
    let first = segment_name(0) + STAGED_SUFFIX;
    let is_segment = |name: &&String| name.starts_with("segment-");
    if !names.contains(&first) {
        return match names.iter().find(is_segment) {
            Some(_) => Err(RestoreError::NotEmpty(options.data.clone())),
            None => Ok(()),
        };
    }
    for name in names
        .iter()
        .filter(is_segment)
        .filter(|name| **name != first)
    {
        disk.remove(&options.data.join(name))?;
    }
    disk.sync_dir(&options.data, SyncPoint::CopyName)?;
    disk.remove(&options.data.join(first))?;
    Ok(())
}
