//! Files that commands read and write: with a limit, and never overwritten.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

use anyhow::{Context, ensure};

/// Longest checkpoint that is read, in bytes.
pub(super) const NOTE_BYTES_MAX: usize = 1 << 20;

/// The bytes of a file, or of standard input for `-`.
pub(super) fn read(path: &Path, bytes_max: usize) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = bytes_max as u64 + 1;
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    read.with_context(|| format!("cannot read {}", path.display()))?;
    ensure!(
        bytes.len() <= bytes_max,
        "{} is longer than {bytes_max} bytes",
        path.display()
    );
    Ok(bytes)
}

/// A new file, on disk when this returns.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    options
        .write(true)
        .create_new(true)
        .open(path)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .with_context(|| format!("cannot write {}", path.display()))
}
