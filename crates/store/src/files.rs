//! Directories and files that are there, private, and still there after a power cut.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::OpenError;

/// Makes the directory (0700) and the file (0600) where they are missing, and answers with the file's absolute path.
///
/// What exists already keeps its permissions.
pub(crate) fn prepare(path: &Path) -> Result<PathBuf, OpenError> {
    let directory = parent(path);
    make_directories(directory)?;
    let file_error = |source| OpenError::File {
        path: path.to_owned(),
        source,
    };
    match OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
    {
        Ok(file) => {
            file.sync_all().map_err(file_error)?;
            sync(directory)?;
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(file_error(error)),
    }
    // SQLite gives a meaning to names such as `:memory:`; an absolute path has none but its own.
    fs::canonicalize(path).map_err(file_error)
}

/// Makes the directory's entries durable.
pub(crate) fn sync(directory: &Path) -> Result<(), OpenError> {
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .map_err(|source| directory_error(directory, source))
}

/// The directory that holds `path`.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn make_directories(directory: &Path) -> Result<(), OpenError> {
    let missing: Vec<&Path> = directory
        .ancestors()
        .take_while(|step| !step.as_os_str().is_empty() && !step.exists())
        .collect();
    for step in missing.into_iter().rev() {
        match DirBuilder::new().mode(0o700).create(step) {
            Ok(()) => sync(parent(step))?,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(directory_error(step, error)),
        }
    }
    Ok(())
}

fn directory_error(path: &Path, source: io::Error) -> OpenError {
    OpenError::Directory {
        path: path.to_owned(),
        source,
    }
}
