//! Putting a backup back, without letting the log go back.
//!
//! Everything is put together beside the place where it will lie, and judged again through the rules. The head guard,
//! and the newest known checkpoint, show how long the log was: what the backup lacks is fetched from a
//! copy of the entries, or the restore is refused. The first segment gets its name last.

mod staging;

use std::io;
use std::path::{Path, PathBuf};

use proof::Hash;
use proof::checkpoint::Checkpoint;
use proof::note::Note;
use thiserror::Error;

use crate::backup::{CHECKPOINT_FILE, ManifestFile, read_manifest};
use crate::blobs::{BLOBS_DIR, index_of};
use crate::error::OpenError;
use crate::guard::{Guard, GuardedHead};
use crate::init::data_names;
use crate::log::{Segments, segment_name};
use crate::open::{guard_error, make_and_lock};
use crate::options::Options;
use crate::verify::{VerifyError, audit};

use staging::Staging;

/// A source of entries, such as a mirror: gives some of those from `first` to before `end`, in order and at least one.
/// They may come from anywhere: only those that lead to the known root are taken.
pub type EntrySource<'s> = dyn FnMut(u64, u64) -> Result<Vec<Vec<u8>>, String> + 's;

/// A log that was restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Number of entries.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
    /// How many of them were not in the backup.
    pub fetched: u64,
    /// Whether there was a head guard to hold the backup against.
    pub guard: GuardFound,
}

/// What the backup was checked against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuardFound {
    /// The guard, which the log now fits.
    Kept,
    /// None: it was made from the backup, which may be older than what was signed last. Witnesses and clients can tell.
    Made,
}

/// Why nothing was restored.
#[derive(Debug, Error)]
pub enum RestoreError {
    /// There is a log in the data directory.
    #[error("{0} holds a log already: restore into an empty directory")]
    NotEmpty(PathBuf),
    /// The directory holds no backup, or a damaged one.
    #[error("{from} is not a whole backup: {reason}")]
    NoBackup {
        /// The directory.
        from: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The log had come further than the backup.
    #[error(
        "the backup has {have} entries, and {by} knows of {needed}: without the entries {have} to {} deactivated DIDs \
         would come back. Give a copy of them (a mirror's entry bundles {} to {}), or a newer backup",
        needed - 1, have / 256, (needed - 1) / 256
    )]
    Behind {
        /// Entries of the backup.
        have: u64,
        /// Entries that the log had.
        needed: u64,
        /// Who knows that.
        by: &'static str,
    },
    /// Another history was signed.
    #[error(
        "{by} knows another history than the backup with its entries leads to, at {size} entries"
    )]
    Forked {
        /// The size that has two roots.
        size: u64,
        /// Who knows the other one.
        by: &'static str,
    },
    /// The given checkpoint cannot be used.
    #[error("the given checkpoint cannot be used: {0}")]
    Known(String),
    /// The source of entries failed.
    #[error("the entries from {first} on cannot be had: {reason}")]
    Entries {
        /// The first requested entry.
        first: u64,
        /// The error of the source.
        reason: String,
    },
    /// What was put together does not keep the rules, or is not what was signed.
    #[error("the restored log is not consistent")]
    Verify(#[from] VerifyError),
    /// Directories or guard cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A file cannot be read or written.
    #[error("the files cannot be read or written")]
    Io(#[from] io::Error),
}

/// Puts the backup in `from` into the data directory, which must hold no log. `known` is the newest checkpoint of the
/// log that is known, as a signed note; the head guard's counts too. What the backup lacks of it comes from
/// `entries`.
///
/// # Errors
/// [`RestoreError`]. The guard is as it was then, and there is no log.
pub fn restore(
    options: &Options,
    from: &Path,
    known: Option<&[u8]>,
    entries: Option<&mut EntrySource<'_>>,
) -> Result<Restored, RestoreError> {
    let _locks = make_and_lock(options)?;
    let disk = options.disk.as_ref();
    if data_names(disk, &options.data)?.first_segment {
        return Err(RestoreError::NotEmpty(options.data.clone()));
    }
    let guarded = Guard::read(disk, &options.guard).map_err(guard_error)?;
    let heads = heads(guarded.as_ref(), known)?;
    let mut staging = Staging::copied(options, from)?;
    if guarded
        .as_ref()
        .is_some_and(|head| head.network_id != staging.genesis.network_id)
    {
        return Err(RestoreError::Open(OpenError::OtherGuard {
            guard: Guard::path(&options.guard),
            reason: "it guards another network",
        }));
    }
    let have = staging.size();
    let target = heads.iter().max_by_key(|head| head.size);
    let mut checkpoint = staging.checkpoint.clone();
    if let Some(target) = target.filter(|target| target.size > have) {
        let behind = RestoreError::Behind {
            have,
            needed: target.size,
            by: target.by,
        };
        let source = entries.ok_or(behind)?;
        staging.append(options, target.size, source)?;
        checkpoint.clone_from(&target.checkpoint);
    }
    for head in &heads {
        let (size, by) = (head.size, head.by);
        staging.check_signature(size, &head.checkpoint)?;
        if staging.root_at(size)? != Some(head.root) {
            return Err(RestoreError::Forked { size, by });
        }
    }
    let head = staging.head(checkpoint);
    audit(
        options,
        staging.segments.clone(),
        staging.genesis.clone(),
        head.clone(),
        None,
    )?;
    Guard::create(disk, &options.guard, &head)
        .map_err(|error| RestoreError::Open(guard_error(error)))?;
    staging.put_in_place(options)?;
    Ok(Restored {
        size: head.size,
        root: head.root,
        fetched: head.size - have,
        guard: match guarded {
            Some(_) => GuardFound::Kept,
            None => GuardFound::Made,
        },
    })
}

/// A head that the log had, whether or not the backup contains it.
struct Head {
    size: u64,
    root: Hash,
    checkpoint: String,
    by: &'static str,
}

fn heads(guarded: Option<&GuardedHead>, known: Option<&[u8]>) -> Result<Vec<Head>, RestoreError> {
    let mut heads = Vec::new();
    if let Some(guarded) = guarded {
        heads.push(Head {
            size: guarded.size,
            root: guarded.root,
            checkpoint: guarded.checkpoint.clone(),
            by: "the head guard",
        });
    }
    if let Some(known) = known {
        let unusable = |error: &dyn std::error::Error| RestoreError::Known(error.to_string());
        let note = Note::parse(known).map_err(|error| unusable(&error))?;
        let (head, _) = Checkpoint::parse(note.text()).map_err(|error| unusable(&error))?;
        heads.push(Head {
            size: head.size,
            root: head.root,
            checkpoint: own_lines(&note, &head.origin),
            by: "the given checkpoint",
        });
    }
    Ok(heads)
}

/// A note without the lines of witnesses, which the guard has no room for. Its signature is verified with the rest.
fn own_lines(note: &Note, origin: &str) -> String {
    let whole = note.to_string();
    let start = format!("\u{2014} {origin} ");
    let (text, lines) = whole.rsplit_once("\n\n").unwrap_or((&whole, ""));
    let own: Vec<&str> = lines
        .lines()
        .filter(|line| line.starts_with(&start))
        .collect();
    format!("{text}\n\n{}\n", own.join("\n"))
}

/// The files of a backup that are segments, by number; an error text for a manifest that names others.
fn segment_count(files: &[ManifestFile]) -> Result<u32, String> {
    let segments = files
        .iter()
        .filter(|file| file.name != CHECKPOINT_FILE && !is_blob(file));
    let mut count = 0;
    for file in segments {
        if file.name != segment_name(count) {
            return Err(format!("its manifest names {}", file.name));
        }
        count += 1;
    }
    if count == 0 {
        return Err("its manifest names no segment".to_owned());
    }
    Ok(count)
}

/// Whether a file of a backup holds the data of a resource.
fn is_blob(file: &ManifestFile) -> bool {
    let name = file.name.strip_prefix(BLOBS_DIR);
    let name = name.and_then(|name| name.strip_prefix('/'));
    name.and_then(index_of).is_some()
}

/// The segments of a log that is not in its place yet.
fn staged(options: &Options) -> Segments {
    Segments::staged(options.disk.clone(), &options.data)
}
