//! The `atropos` binary of this workspace, built when it has to be.
//!
//! Cargo names the path of a binary only to tests of its own package. The binary lies beside this executable, in the
//! same profile; it is built first when it is missing, or older than a source that it was made from. Where
//! `ATROPOS_TEST_BINARY` names a binary, that one is used as it is.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;
use std::{fs, io};

use anyhow::{Context, Result, bail};

use crate::scan::files_below;

const NAME: &str = "atropos";
const OTHER_BINARY: &str = "ATROPOS_TEST_BINARY";

/// The path of the binary.
///
/// # Errors
/// It cannot be built.
pub fn atropos() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os(OTHER_BINARY) {
        return Ok(path.into());
    }
    static BUILT: Mutex<Option<PathBuf>> = Mutex::new(None);
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(path) = &*built {
        return Ok(path.clone());
    }
    let folder = profile_folder(&std::env::current_exe()?)?;
    let binary = folder.join(NAME);
    if is_stale(&binary, &root())? {
        build(&folder)?;
    }
    if !binary.is_file() {
        bail!("{} is not there although it was built", binary.display());
    }
    *built = Some(binary.clone());
    Ok(binary)
}

/// The target folder, in which Cargo keeps what it makes.
///
/// # Errors
/// This executable does not lie in one.
pub fn target_folder() -> Result<PathBuf> {
    let profile = profile_folder(&std::env::current_exe()?)?;
    let folder = profile.parent();
    Ok(folder
        .context("the profile's folder lies in no target folder")?
        .to_owned())
}

/// `target/<profile>`: of a binary the folder it lies in, of a test the one above `deps`.
fn profile_folder(executable: &Path) -> Result<PathBuf> {
    let folder = executable
        .parent()
        .context("the executable lies in no folder")?;
    let folder = if folder.ends_with("deps") {
        folder.parent()
    } else {
        Some(folder)
    };
    Ok(folder
        .context("the executable lies in no target folder")?
        .to_owned())
}

/// Whether there is no binary, or a source has changed since it was made. Cargo would know better, but asking it costs
/// minutes where it has built the whole workspace, whose packages share other features of their dependencies.
fn is_stale(binary: &Path, root: &Path) -> Result<bool> {
    let Ok(built) = modified(binary) else {
        return Ok(true);
    };
    for name in ["Cargo.toml", "Cargo.lock"] {
        if modified(&root.join(name))? > built {
            return Ok(true);
        }
    }
    for path in files_below(&root.join("crates"))? {
        if is_source(path.strip_prefix(root)?) && modified(&path)? > built {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the binary is made from a file: the manifest of a crate, or what lies in its `src` and is no test.
fn is_source(path: &Path) -> bool {
    let text = path.to_string_lossy();
    let mut parts = text.split('/').skip(2);
    match parts.next() {
        Some("Cargo.toml") => true,
        Some("src") => !parts.any(|part| part == "tests" || part.ends_with("tests.rs")),
        _ => false,
    }
}

fn modified(path: &Path) -> io::Result<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified())
}

fn build(folder: &Path) -> Result<()> {
    let target = folder
        .parent()
        .context("the profile's folder lies in no target folder")?;
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(profile) => profile,
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command.current_dir(root()).args([
        "build",
        "--locked",
        "--quiet",
        "--package",
        NAME,
        "--bin",
        NAME,
    ]);
    command
        .args(["--profile", profile])
        .arg("--target-dir")
        .arg(target);
    let status = command.status().context("cargo cannot be started")?;
    if !status.success() {
        bail!("`cargo build --package {NAME}` failed");
    }
    Ok(())
}

/// The top of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_profile_is_where_the_executable_lies() {
        for executable in ["/a/target/release/load", "/a/target/release/deps/tour-0a1b"] {
            assert_eq!(
                profile_folder(Path::new(executable)).unwrap(),
                Path::new("/a/target/release")
            );
        }
    }

    #[test]
    fn tests_and_documents_are_no_sources() {
        for path in [
            "crates/did/Cargo.toml",
            "crates/did/src/a/b.rs",
            "crates/store/src/1.sql",
        ] {
            assert!(is_source(Path::new(path)), "{path}");
        }
        let others = [
            "src/tests/a.rs",
            "src/a/tests.rs",
            "src/a_tests.rs",
            "tests/a.rs",
            "README.md",
        ];
        for path in others {
            assert!(!is_source(&Path::new("crates/did").join(path)), "{path}");
        }
    }

    #[test]
    fn a_binary_is_stale_when_a_source_is_newer() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let now = SystemTime::now();
        let write = |name: &str, time: SystemTime| {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::File::create(path).unwrap().set_modified(time).unwrap();
        };
        let second = Duration::from_secs(1);
        let sources = [
            "Cargo.toml",
            "Cargo.lock",
            "crates/a/Cargo.toml",
            "crates/a/src/b/c.rs",
        ];
        sources.iter().for_each(|name| write(name, now - second));
        write("crates/a/src/tests/d.rs", now + second);
        let binary = root.join("atropos");
        assert!(is_stale(&binary, root).unwrap(), "no binary");
        write("atropos", now);
        assert!(!is_stale(&binary, root).unwrap());
        for name in sources {
            write(name, now + second);
            assert!(is_stale(&binary, root).unwrap(), "{name}");
            write(name, now - second);
        }
    }
}
