//! A copy of the log up to one signed head, taken while another process may be writing.
//!
//! A backup holds the segments, the data of resources as far as it is there, the signed checkpoint, and a manifest that
//! is written last: a directory without one is not a backup. The index is not in it, it is made anew. Neither is the
//! head guard, which must never go back.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proof::Hash;
use proof::checkpoint::SignedCheckpoint;
use proof::leaf::Leaf;
use proof::note::NoteVerifier;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::blobs::{BLOBS_DIR, Blob, Blobs, blob_name};
use crate::disk::{Disk, DiskFile, SyncPoint};
use crate::error::OpenError;
use crate::guard::{Guard, GuardedHead};
use crate::init::make_dir;
use crate::log::{Found, Scan, Segments, segment_name};
use crate::open::guard_error;
use crate::options::Options;

pub(crate) const MANIFEST_FILE: &str = "manifest.json";
pub(crate) const CHECKPOINT_FILE: &str = "checkpoint";
/// Bytes of the longest manifest that is read.
const MANIFEST_BYTES_MAX: u64 = 256 << 20;
const FORMAT: &str = "atropos-backup/v1";
const PIECE_BYTES: usize = 1 << 20;

/// The manifest of a backup. Written as JSON, hashes in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manifest {
    /// `atropos-backup/v1`.
    pub format: String,
    /// The random identity of the network.
    pub network_id: String,
    /// The namespace of its DIDs.
    pub namespace: String,
    /// The log's name.
    pub origin: String,
    /// The log's Ed25519 public key.
    pub log_key: String,
    /// Number of entries.
    pub size: u64,
    /// RFC 6962 root over them.
    pub root: String,
    /// The other files of the backup.
    pub files: Vec<ManifestFile>,
}

/// One file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ManifestFile {
    /// Its name.
    pub name: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// SHA-256 of its content.
    pub sha256: String,
}

/// Why there is no backup.
#[derive(Debug, Error)]
pub enum BackupError {
    /// The directory holds something.
    #[error("{0} is not empty: use a new directory for each backup")]
    NotEmpty(PathBuf),
    /// There is no ledger to copy.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The copy is not what the head guard has signed: the disk, or the log, is damaged.
    #[error("the copy does not hold what the head guard has signed: {0}")]
    Differs(String),
    /// A file cannot be read or written.
    #[error("the backup cannot be read or written")]
    Io(#[from] io::Error),
}

/// Copies the log up to its newest signed head into the directory `to`, which must be empty or absent, and verifies
/// what was written. The ledger may be running.
///
/// # Errors
/// [`BackupError`]. What was written so far stays, without a manifest.
pub fn backup(options: &Options, to: &Path) -> Result<Manifest, BackupError> {
    let disk = options.disk.as_ref();
    if !disk.list(to)?.is_empty() {
        return Err(BackupError::NotEmpty(to.to_owned()));
    }
    let head = guarded_head(options)?;
    make_dir(disk, to)?;
    let mut files = Vec::new();
    for number in 0..=head.position.segment {
        let name = segment_name(number);
        let from = disk.open(&options.data.join(&name))?;
        let bytes = match number {
            number if number == head.position.segment => head.position.end,
            _ => from.length()?,
        };
        copy(from.as_ref(), disk.create(&to.join(&name))?.as_ref(), bytes)?;
        files.push(described(disk, to, name)?);
    }
    copy_blobs(options, to, head.size, &mut files)?;
    let checkpoint = disk.create(&to.join(CHECKPOINT_FILE))?;
    checkpoint.write_all_at(head.checkpoint.as_bytes(), 0)?;
    checkpoint.sync(SyncPoint::Copy)?;
    files.push(described(disk, to, CHECKPOINT_FILE.to_owned())?);
    disk.sync_dir(to, SyncPoint::CopyName)?;
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        network_id: head.network_id.to_string(),
        namespace: options.namespace.clone(),
        origin: head.origin.clone(),
        log_key: hex::encode(head.log_key),
        size: head.size,
        root: head.root.to_string(),
        files,
    };
    check_copy(options, to, &head)?;
    write_manifest(disk, to, &manifest)?;
    Ok(manifest)
}

/// Copies the data of the resources among the first `size` entries.
fn copy_blobs(
    options: &Options,
    to: &Path,
    size: u64,
    files: &mut Vec<ManifestFile>,
) -> Result<(), BackupError> {
    let disk = options.disk.as_ref();
    let mut indexes = Blobs::new(options.disk.clone(), &options.data).indexes()?;
    indexes.retain(|index| *index < size);
    if indexes.is_empty() {
        return Ok(());
    }
    Blobs::new(options.disk.clone(), to).make_dir()?;
    for index in indexes {
        let name = format!("{BLOBS_DIR}/{}", blob_name(index));
        let from = disk.open(&options.data.join(&name))?;
        let bytes = from.length()?;
        copy(from.as_ref(), disk.create(&to.join(&name))?.as_ref(), bytes)?;
        files.push(described(disk, to, name)?);
    }
    disk.sync_dir(&to.join(BLOBS_DIR), SyncPoint::CopyName)?;
    Ok(())
}

/// The newest head, read while the writer may move it.
fn guarded_head(options: &Options) -> Result<GuardedHead, BackupError> {
    let head = Guard::read(options.disk.as_ref(), &options.guard).map_err(guard_error)?;
    head.ok_or_else(|| {
        BackupError::Open(OpenError::GuardMissing {
            data: options.data.clone(),
            guard: Guard::path(&options.guard),
        })
    })
}

/// Copies the first bytes of a file. Durable when it returns, but for its name.
pub(crate) fn copy(from: &dyn DiskFile, to: &dyn DiskFile, bytes: u64) -> io::Result<()> {
    let mut offset = 0;
    let mut piece = vec![0; PIECE_BYTES];
    while offset < bytes {
        let length = usize::try_from(bytes - offset).unwrap_or(PIECE_BYTES);
        let piece = &mut piece[..length.min(PIECE_BYTES)];
        from.read_exact_at(piece, offset)?;
        to.write_all_at(piece, offset)?;
        offset += piece.len() as u64;
    }
    to.sync(SyncPoint::Copy)
}

/// A file as it can be read now.
pub(crate) fn described(disk: &dyn Disk, dir: &Path, name: String) -> io::Result<ManifestFile> {
    let file = disk.open(&dir.join(&name))?;
    let bytes = file.length()?;
    let mut hasher = Sha256::new();
    let mut offset = 0;
    let mut piece = vec![0; PIECE_BYTES];
    while offset < bytes {
        let length = usize::try_from(bytes - offset).unwrap_or(PIECE_BYTES);
        let piece = &mut piece[..length.min(PIECE_BYTES)];
        file.read_exact_at(piece, offset)?;
        hasher.update(&*piece);
        offset += piece.len() as u64;
    }
    Ok(ManifestFile {
        name,
        bytes,
        sha256: hex::encode(hasher.finalize()),
    })
}

/// The frames in the copy must lead to the signed head, and data must match them.
fn check_copy(options: &Options, to: &Path, head: &GuardedHead) -> Result<(), BackupError> {
    let differs = |reason: &str| Err(BackupError::Differs(reason.to_owned()));
    let segments = Segments::new(options.disk.clone(), to);
    let blobs = Blobs::new(options.disk.clone(), to);
    let mut frontier = proof::merkle::Frontier::new();
    let mut scan = Scan::from_start(&segments);
    let mut end = None;
    loop {
        match scan.next()? {
            Found::Frame(frame, position) => {
                for (index, bytes) in (frame.first_index..).zip(&frame.leaves) {
                    frontier.append(Leaf::hash_of(bytes));
                    if let Ok(Leaf::Resource(leaf)) = Leaf::decode(bytes)
                        && blobs.data(index, &leaf)? == Blob::Damaged
                    {
                        return differs(&format!(
                            "the data of the resource at entry {index} is damaged; put it back or erase it"
                        ));
                    }
                }
                end = Some(position);
            }
            Found::End => break,
            Found::Torn { error, .. } => return differs(&error.to_string()),
        }
    }
    if end != Some(head.position) || (frontier.size(), frontier.root()) != (head.size, head.root) {
        return differs("its entries have another root");
    }
    let key = NoteVerifier::new(&head.origin, &head.log_key);
    let key = key.map_err(|error| BackupError::Differs(error.to_string()))?;
    match SignedCheckpoint::open(head.checkpoint.as_bytes(), &key) {
        Ok(note) if (note.checkpoint().size, note.checkpoint().root) == (head.size, head.root) => {
            Ok(())
        }
        Ok(_) => differs("the checkpoint is of another head"),
        Err(error) => differs(&error.to_string()),
    }
}

fn write_manifest(disk: &dyn Disk, to: &Path, manifest: &Manifest) -> Result<(), BackupError> {
    let bytes = serde_json::to_vec_pretty(manifest).map_err(io::Error::other)?;
    let new = to.join(format!("{MANIFEST_FILE}.new"));
    let file = disk.create(&new)?;
    file.write_all_at(&bytes, 0)?;
    file.sync(SyncPoint::Copy)?;
    disk.rename(&new, &to.join(MANIFEST_FILE))?;
    disk.sync_dir(to, SyncPoint::CopyName)?;
    Ok(())
}

/// The manifest of a backup directory; an error text when there is none.
pub(crate) fn read_manifest(
    disk: &Arc<dyn Disk>,
    from: &Path,
) -> io::Result<Result<Manifest, String>> {
    let file = match disk.open(&from.join(MANIFEST_FILE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Err("it has no manifest".to_owned()));
        }
        file => file?,
    };
    let length = file.length()?;
    if length > MANIFEST_BYTES_MAX {
        return Ok(Err("its manifest is too long".to_owned()));
    }
    let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(match serde_json::from_slice::<Manifest>(&bytes) {
        Ok(manifest) if manifest.format == FORMAT => Ok(manifest),
        Ok(manifest) => Err(format!("its form `{}` is not known", manifest.format)),
        Err(error) => Err(format!("its manifest cannot be read: {error}")),
    })
}

impl Manifest {
    /// The root, if it is one.
    pub(crate) fn root(&self) -> Option<Hash> {
        self.root.parse().ok()
    }
}
