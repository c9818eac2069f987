//! The key file: 32 random bytes that only this user can read.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use zeroize::Zeroizing;

use crate::UnsealError;
use crate::seal::Secret;

const KEY_BYTES: usize = 32;

/// The key in the file; `None` when there is no file.
pub(crate) fn read(path: &Path) -> Result<Option<Secret>, UnsealError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io_error(path, error)),
    };
    // Of the opened file, not of its name: the name may be given to another file meanwhile.
    let metadata = file.metadata().map_err(|error| io_error(path, error))?;
    let mode = metadata.permissions().mode() & 0o777;
    let malformed = || UnsealError::KeyFileMalformed {
        path: path.to_owned(),
    };
    if !metadata.is_file() {
        return Err(malformed());
    }
    if mode & 0o077 != 0 {
        return Err(UnsealError::KeyFileExposed {
            path: path.to_owned(),
            mode,
        });
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(KEY_BYTES + 1));
    file.take(KEY_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| io_error(path, error))?;
    let key: [u8; KEY_BYTES] = bytes.as_slice().try_into().map_err(|_| malformed())?;
    Ok(Some(Secret::new(Zeroizing::new(key))))
}

/// Makes the file, complete and durable or not at all; a file that is there already is left as it is.
pub(crate) fn create(path: &Path) -> Result<(), UnsealError> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let temporary = directory.join(temporary_name(path)?);
    let made = write_private(&temporary, &Secret::random()?)
        // A link, unlike a rename, never replaces: of two processes that start together one wins.
        .and_then(|()| match fs::hard_link(&temporary, path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        });
    // What stays behind after a failure here is a key that never sealed anything, or a second name of the file.
    let removed = match fs::remove_file(&temporary) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    made.and(removed)
        .and_then(|()| File::open(directory)?.sync_all())
        .map_err(|error| io_error(path, error))
}

fn write_private(path: &Path, key: &Secret) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(key.bytes())?;
    file.sync_all()
}

fn temporary_name(path: &Path) -> Result<OsString, UnsealError> {
    let mut random = [0; 8];
    getrandom::fill(&mut random)?;
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}", hex::encode(random)));
    Ok(name)
}

fn io_error(path: &Path, source: io::Error) -> UnsealError {
    UnsealError::KeyFileIo {
        path: path.to_owned(),
        source,
    }
}
