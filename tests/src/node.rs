//! A Node.js that can run the published clients in `tests/clients`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail};

/// Oldest version that has all that the clients need.
const MAJOR_MIN: u32 = 20;

/// What must be installed; a folder from before a package was added is installed again.
const PACKAGES: [&str; 8] = [
    "@cheqd/sdk",
    "@dfns/sdk",
    "@dfns/sdk-keysigner",
    "@grpc/grpc-js",
    "@grpc/proto-loader",
    "@sphereon/did-uni-client",
    "did-resolver",
    "grpc-js-reflection-client",
];

/// What a machine without Node.js is told.
pub enum Found {
    /// A command that runs Node.js in `tests/clients`.
    Node(Command),
    /// Why there is none, and what to install.
    Missing(String),
}

/// Node.js with the packages of `tests/clients`, which are installed where they are missing.
///
/// # Errors
/// On a machine of continuous integration (`CI` is set), where nothing may be left out.
pub fn node() -> Result<Found> {
    match ready() {
        Ok(()) => {
            let mut command = Command::new("node");
            command.current_dir(folder());
            Ok(Found::Node(command))
        }
        Err(error) if std::env::var_os("CI").is_none() => Ok(Found::Missing(format!("{error:#}"))),
        Err(error) => Err(error),
    }
}

/// `tests/clients`.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

fn ready() -> Result<()> {
    static ONCE: Mutex<()> = Mutex::new(());
    let _one = ONCE.lock().unwrap_or_else(PoisonError::into_inner);
    let version = Command::new("node")
        .arg("--version")
        .stdin(Stdio::null())
        .output();
    let version = version.context("Node.js is missing: install version 20 or newer with npm")?;
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    let major = version.trim_start_matches('v').split('.').next();
    let major: u32 = major.and_then(|text| text.parse().ok()).unwrap_or(0);
    if major < MAJOR_MIN {
        bail!("Node.js {version} is too old: install version {MAJOR_MIN} or newer with npm");
    }
    let installed = folder().join("node_modules");
    if PACKAGES.iter().all(|name| installed.join(name).is_dir()) {
        return Ok(());
    }
    let installed = Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund"])
        .current_dir(folder())
        .stdin(Stdio::null())
        .output()
        .context("npm is missing: install it with Node.js")?;
    if installed.status.success() {
        return Ok(());
    }
    bail!(
        "`npm ci` in tests/clients failed: {}",
        String::from_utf8_lossy(&installed.stderr)
    )
}
