//! The key of a witness: created once, in a file that only its owner can read.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use anyhow::{Context, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proof::note::Cosigner;
use zeroize::Zeroizing;

/// The file in the data directory. One line: `<name> <base64 of the Ed25519 seed>`.
const KEY_FILE: &str = "witness.key";
/// Longest key file that is read, in bytes.
const KEY_FILE_BYTES_MAX: u64 = 1024;

/// The key in `data`. The first call creates it; it is on disk when this returns.
pub(super) fn load(data: &Path, name: Option<&str>) -> anyhow::Result<Cosigner> {
    let path = data.join(KEY_FILE);
    let failed = || format!("the key of the witness, {}, cannot be used", path.display());
    if !path.try_exists().with_context(failed)? {
        make(data, &path, name).with_context(failed)?;
    }
    read(&path, name).with_context(failed)
}

fn make(data: &Path, path: &Path, name: Option<&str>) -> anyhow::Result<()> {
    let name = match name {
        Some(name) => name.to_owned(),
        None => format!("atropos.local/witness/{:016x}", getrandom::u64()?),
    };
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed)?;
    // A name that cannot be part of a key is refused before anything is written.
    drop(Cosigner::from_seed(&name, &seed)?);
    let line = Zeroizing::new(format!("{name} {}\n", STANDARD.encode(*seed)));
    DirBuilder::new().recursive(true).mode(0o700).create(data)?;
    let parts = path.with_extension("new");
    write(&parts, line.as_bytes())?;
    // A hard link, unlike a rename, never replaces a key that another process has just made.
    match fs::hard_link(&parts, path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error.into()),
        _ => fs::remove_file(&parts)?,
    }
    File::open(data)?.sync_all()?;
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn read(path: &Path, name: Option<&str>) -> anyhow::Result<Cosigner> {
    let file = File::open(path)?;
    let mode = file.metadata()?.permissions().mode();
    ensure!(
        mode & 0o077 == 0,
        "others can read it; run chmod 600 {}",
        path.display()
    );
    let mut line = Zeroizing::new(String::new());
    file.take(KEY_FILE_BYTES_MAX).read_to_string(&mut line)?;
    let parts = line
        .strip_suffix('\n')
        .and_then(|line| line.split_once(' '));
    let Some((own, seed)) = parts else {
        bail!("it is not a line of a name and a key");
    };
    if let Some(other) = name.filter(|name| *name != own) {
        bail!("it belongs to the witness `{own}`; leave out --name {other}");
    }
    let seed = STANDARD.decode(seed).map(Zeroizing::new);
    let seed: Option<&[u8; 32]> = seed
        .as_ref()
        .ok()
        .and_then(|seed| seed.as_slice().try_into().ok());
    let seed = seed.context("its key is not the base64 of 32 bytes")?;
    Ok(Cosigner::from_seed(own, seed)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("witness");
        let first = load(&data, Some("witness.example.org")).unwrap();
        let again = load(&data, None).unwrap();
        assert_eq!(first.verifier().to_string(), again.verifier().to_string());
        assert!(
            first
                .verifier()
                .to_string()
                .starts_with("witness.example.org+")
        );
        let path = data.join(KEY_FILE);
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert!(load(&data, Some("other.example.org")).is_err());

        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = format!("{:#}", load(&data, None).err().unwrap());
        assert!(error.contains("chmod 600"), "{error}");
    }

    #[test]
    fn names_that_no_key_can_have_leave_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["", "a b", "a+b"] {
            assert!(load(folder.path(), Some(name)).is_err(), "{name:?}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_file_that_is_no_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(KEY_FILE);
        for text in ["", "name", "name AAAA\n", "name !\n"] {
            write(&path, text.as_bytes()).unwrap();
            assert!(load(folder.path(), None).is_err(), "{text:?}");
        }
    }
}
