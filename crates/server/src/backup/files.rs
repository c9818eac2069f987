//! Files of a backup: private, on disk when a function returns, and known by their hash.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use ledger::backup::Manifest as LogManifest;
use sha2::{Digest, Sha256};

use super::{BackupError, Described, FORMAT, MANIFEST_BYTES_MAX, MANIFEST_FILE, Manifest};

const PIECE_BYTES: usize = 1 << 16;

/// An empty directory that only its owner can enter.
pub(super) fn empty_dir(path: &Path) -> Result<(), BackupError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(at(path))?;
    if fs::read_dir(path).map_err(at(path))?.next().is_some() {
        return Err(BackupError::NotEmpty(path.to_owned()));
    }
    Ok(())
}

pub(super) fn make_dir(path: &Path) -> Result<(), BackupError> {
    let mut options = DirBuilder::new();
    options
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(at(path))
}

/// Copies a file to a name that is free, for its owner alone.
pub(super) fn copy(from: &Path, to: &Path) -> Result<Described, BackupError> {
    let mut source = File::open(from).map_err(at(from))?;
    let mut target = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)
        .map_err(at(to))?;
    let described = pour(&mut source, |piece| target.write_all(piece)).map_err(at(to))?;
    target.sync_all().map_err(at(to))?;
    Ok(described)
}

/// Closes a file to others, syncs it, and describes it.
pub(super) fn settle(path: &Path) -> Result<Described, BackupError> {
    let file = File::open(path).map_err(at(path))?;
    file.set_permissions(fs::Permissions::from_mode(0o600))
        .and_then(|()| file.sync_all())
        .map_err(at(path))?;
    described(path)
}

pub(super) fn described(path: &Path) -> Result<Described, BackupError> {
    let mut file = File::open(path).map_err(at(path))?;
    pour(&mut file, |_| Ok(())).map_err(at(path))
}

fn pour(file: &mut File, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<Described> {
    let (mut hasher, mut bytes) = (Sha256::new(), 0);
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let length = file.read(&mut piece)?;
        let Some(filled) = piece.get(..length).filter(|filled| !filled.is_empty()) else {
            break;
        };
        hasher.update(filled);
        take(filled)?;
        bytes += filled.len() as u64;
    }
    let sha256 = hex::encode(hasher.finalize());
    Ok(Described { bytes, sha256 })
}

/// Gives a file its final name.
pub(super) fn rename(from: &Path, to: &Path) -> Result<(), BackupError> {
    fs::rename(from, to).map_err(at(to))?;
    sync_dir(to.parent().unwrap_or(Path::new(".")))
}

pub(super) fn sync_dir(path: &Path) -> Result<(), BackupError> {
    File::open(path)
        .and_then(|dir| dir.sync_all())
        .map_err(at(path))
}

pub(super) fn write_manifest(dir: &Path, manifest: &Manifest) -> Result<(), BackupError> {
    let path = dir.join(MANIFEST_FILE);
    let new = dir.join(format!("{MANIFEST_FILE}.new"));
    let bytes = serde_json::to_vec_pretty(manifest)
        .map_err(io::Error::other)
        .map_err(at(&path))?;
    fs::write(&new, bytes).map_err(at(&new))?;
    settle(&new)?;
    rename(&new, &path)
}

pub(super) fn read_manifest(dir: &Path) -> Result<Manifest, BackupError> {
    let path = dir.join(MANIFEST_FILE);
    let none = |reason: String| BackupError::NoBackup {
        from: dir.to_owned(),
        reason,
    };
    let mut bytes = Vec::new();
    match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(none(format!("it has no {MANIFEST_FILE}")));
        }
        file => file
            .and_then(|file| file.take(MANIFEST_BYTES_MAX).read_to_end(&mut bytes))
            .map_err(at(&path))?,
    };
    let manifest: Manifest = serde_json::from_slice(&bytes)
        .map_err(|error| none(format!("{MANIFEST_FILE} cannot be read: {error}")))?;
    if manifest.format != FORMAT {
        return Err(none(format!("its format `{}` is unknown", manifest.format)));
    }
    Ok(manifest)
}

/// The key that a copied log is signed with.
pub(super) fn log_key(folder: &Path, manifest: &LogManifest) -> Result<[u8; 32], BackupError> {
    let mut key = [0; 32];
    hex::decode_to_slice(&manifest.log_key, &mut key).map_err(|error| BackupError::NoBackup {
        from: folder.to_owned(),
        reason: format!("its log key cannot be read: {error}"),
    })?;
    Ok(key)
}

pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.to_owned();
    move |source| BackupError::Io { path, source }
}
