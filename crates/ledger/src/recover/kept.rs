//! What is left of a log, regardless of its guard.

use std::collections::BTreeMap;
use std::io;

use proof::Hash;
use proof::checkpoint::Checkpoint;
use proof::leaf::{Leaf, TreeHead};
use proof::merkle::Frontier;
use proof::note::{Note, NoteVerifier};

use super::RecoverError;
use crate::blobs::{BLOBS_DIR, Blobs, blob_name};
use crate::disk::{Disk, SyncPoint};
use crate::error::OpenError;
use crate::guard::{Guard, GuardedHead};
use crate::identity::Identity;
use crate::log::{Found, Position, Scan, Segments, segment_name};
use crate::options::Options;

/// The whole frames of a log, from the first one on.
pub(super) struct Kept {
    frontier: Frontier,
    pub(super) end: Position,
    /// After the last frame.
    pub(super) identity: Identity,
    /// The roots at the requested sizes.
    roots: BTreeMap<u64, Hash>,
    is_torn: bool,
}

impl Kept {
    /// Goes through all frames that follow each other. Their leaves are only hashed.
    pub(super) fn scan(
        segments: &Segments,
        genesis: Identity,
        sizes: impl Iterator<Item = u64>,
    ) -> Result<Self, RecoverError> {
        let mut roots: BTreeMap<u64, Hash> = sizes.map(|size| (size, Hash::new([0; 32]))).collect();
        let (mut frontier, mut identity) = (Frontier::new(), genesis);
        let (mut end, mut is_torn) = (None, false);
        let mut scan = Scan::from_start(segments);
        loop {
            match scan.next().map_err(OpenError::Io)? {
                Found::Frame(frame, position) => {
                    for bytes in &frame.leaves {
                        let before = TreeHead {
                            size: frontier.size(),
                            root: frontier.root(),
                        };
                        identity.turn(before, bytes).map_err(|reason| {
                            OpenError::Log(format!("entry {}: {reason}", before.size))
                        })?;
                        frontier.append(Leaf::hash_of(bytes));
                        if let Some(root) = roots.get_mut(&frontier.size()) {
                            *root = frontier.root();
                        }
                    }
                    end = Some(position);
                }
                Found::Torn { .. } => {
                    is_torn = true;
                    break;
                }
                Found::End => break,
            }
        }
        let end = end.ok_or_else(|| OpenError::Log("it has no whole frame".to_owned()))?;
        roots.retain(|size, _| *size <= frontier.size());
        Ok(Self {
            frontier,
            end,
            identity,
            roots,
            is_torn,
        })
    }

    pub(super) fn size(&self) -> u64 {
        self.frontier.size()
    }

    pub(super) fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// Its head, without a checkpoint.
    pub(super) fn head(&self) -> GuardedHead {
        GuardedHead::new(
            &self.identity,
            self.size(),
            self.root(),
            self.end,
            String::new(),
        )
    }

    /// Whether the entries lead to a head, of a requested size.
    pub(super) fn holds(&self, head: &TreeHead) -> bool {
        self.roots.get(&head.size) == Some(&head.root)
    }

    /// Copies what will be cut: it may be all that is left of something.
    pub(super) fn set_aside(&self, options: &Options, segments: &Segments) -> io::Result<()> {
        let behind = |number: &u32| {
            *number > self.end.segment || (self.is_torn && *number == self.end.segment)
        };
        for number in segments.numbers()?.into_iter().filter(behind) {
            let from = options.data.join(segment_name(number));
            copy_aside(
                options.disk.as_ref(),
                &from,
                &options.data,
                &format!("lost-{number:08}"),
            )?;
        }
        let blobs = Blobs::new(options.disk.clone(), &options.data);
        let behind = |index: &u64| *index >= self.size();
        for index in blobs.indexes()?.into_iter().filter(behind) {
            let from = options.data.join(BLOBS_DIR).join(blob_name(index));
            let name = format!("lost-resource-{index:020}");
            copy_aside(options.disk.as_ref(), &from, &options.data, &name)?;
        }
        Ok(())
    }
}

/// Keeps the guard's file, which knows what was lost, under another name.
pub(super) fn keep_guard(options: &Options) -> io::Result<()> {
    let disk = options.disk.as_ref();
    if !Guard::exists(disk, &options.guard)? {
        return Ok(());
    }
    copy_aside(
        disk,
        &Guard::path(&options.guard),
        &options.guard,
        "head.guard.before-recovery",
    )
}

/// Copies a file to `<name>`, or `<name>-2` and so on, unless it lies there already.
fn copy_aside(
    disk: &dyn Disk,
    from: &std::path::Path,
    dir: &std::path::Path,
    name: &str,
) -> io::Result<()> {
    let bytes = read_all(disk, from)?;
    let names = disk.list(dir)?;
    let mut number = 1_u32;
    loop {
        let name = match number {
            1 => name.to_owned(),
            number => format!("{name}-{number}"),
        };
        let path = dir.join(&name);
        if names.contains(&name) {
            if read_all(disk, &path)? == bytes {
                return Ok(());
            }
            number += 1;
            continue;
        }
        let file = disk.create(&path)?;
        file.write_all_at(&bytes, 0)?;
        file.sync(SyncPoint::Copy)?;
        return disk.sync_dir(dir, SyncPoint::CopyName);
    }
}

fn read_all(disk: &dyn Disk, path: &std::path::Path) -> io::Result<Vec<u8>> {
    let file = disk.open(path)?;
    let length = usize::try_from(file.length()?).map_err(io::Error::other)?;
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(bytes)
}

/// A checkpoint of the older log, presented by the operator.
pub(super) struct KnownHead {
    pub(super) head: TreeHead,
    origin: String,
    note: Note,
}

impl KnownHead {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, RecoverError> {
        let note = Note::parse(bytes).map_err(|error| RecoverError::Known(error.to_string()))?;
        let (checkpoint, _) = Checkpoint::parse(note.text())
            .map_err(|error| RecoverError::Known(error.to_string()))?;
        Ok(Self {
            head: TreeHead {
                size: checkpoint.size,
                root: checkpoint.root,
            },
            origin: checkpoint.origin,
            note,
        })
    }

    /// It must be signed by the key that the kept entries name for that size.
    pub(super) fn check_signature(&self, identity: &Identity) -> Result<(), RecoverError> {
        let refused = |reason: String| Err(RecoverError::Known(reason));
        if self.origin != identity.origin {
            return refused(format!(
                "it is of `{}`, the log of `{}`",
                self.origin, identity.origin
            ));
        }
        for span in identity.signing(self.head.size) {
            let verified = NoteVerifier::new(&span.origin, &span.key)
                .map_err(|error| error.to_string())
                .and_then(|key| {
                    let signed = self.note.verify(std::slice::from_ref(&key)).map(drop);
                    signed.map_err(|error| error.to_string())
                });
            if let Err(reason) = verified {
                return refused(reason);
            }
        }
        Ok(())
    }
}
