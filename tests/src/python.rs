//! A Python that can run the independent verifier in `tests/python`.
//!
//! It needs Python 3.11 and the package `cryptography`. Where the package is missing, a virtual environment with the
//! version in `tests/python/requirements.txt` is made once, below the target folder.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail};

use crate::binary;

const VERSION: &str = "import sys; sys.exit(sys.version_info < (3, 11))";
const PACKAGE: &str =
    "import cryptography.hazmat.primitives.asymmetric.ec as e; e.SECP521R1().key_size";

/// A command that runs Python with these arguments.
///
/// # Errors
/// There is no Python, or the virtual environment cannot be made; the message says what to install.
pub fn python(arguments: &[&str]) -> Result<Command> {
    static FOUND: Mutex<Option<PathBuf>> = Mutex::new(None);
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    let program = match &*found {
        Some(program) => program.clone(),
        None => found.insert(find()?).clone(),
    };
    let mut command = Command::new(program);
    command.arg("-B").args(arguments).current_dir(folder());
    Ok(command)
}

/// `tests/python`.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("python")
}

fn find() -> Result<PathBuf> {
    let system = PathBuf::from("python3");
    if !runs(&system, VERSION) {
        bail!(
            "Python 3.11 or newer is needed: install it as `python3` (Debian: python3 python3-venv)"
        );
    }
    if runs(&system, PACKAGE) {
        return Ok(system);
    }
    let environment = binary::target_folder()?.join("python");
    let own = environment.join("bin/python3");
    if !runs(&own, PACKAGE) {
        make(&system, &environment, &own)?;
    }
    Ok(own)
}

/// Makes the virtual environment. Two test programs that do so at once end with the same one.
fn make(system: &Path, environment: &Path, own: &Path) -> Result<()> {
    let wanted = folder().join("requirements.txt");
    let steps = [
        Command::new(system)
            .args(["-m", "venv"])
            .arg(environment)
            .output(),
        Command::new(own)
            .args(["-m", "pip", "install", "--quiet", "--requirement"])
            .arg(&wanted)
            .output(),
    ];
    if runs(own, PACKAGE) {
        return Ok(());
    }
    let printed: Vec<String> = steps.iter().map(printed).collect();
    bail!(
        "the Python package `cryptography` is missing, and no virtual environment could be made for it: install \
         python3-venv and python3-pip, or the package in {}\n{}",
        wanted.display(),
        printed.join("\n")
    )
}

fn printed(step: &std::io::Result<Output>) -> String {
    match step {
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => error.to_string(),
    }
}

fn runs(program: &Path, code: &str) -> bool {
    let mut command = Command::new(program);
    command.args(["-B", "-c", code]).stdin(Stdio::null());
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs a command with these lines on its standard input, and returns the lines that it prints.
///
/// # Errors
/// It does not end well; the message has what it printed.
pub fn filter(mut command: Command, lines: Vec<String>) -> Result<Vec<String>> {
    use std::io::Write;
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("Python cannot be started")?;
    let mut input = child.stdin.take().context("no standard input")?;
    let writer =
        std::thread::spawn(move || lines.iter().try_for_each(|line| writeln!(input, "{line}")));
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("Python failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    match writer.join() {
        Ok(written) => written?,
        Err(_) => bail!("the lines cannot be written"),
    }
    Ok(String::from_utf8(output.stdout)?
        .lines()
        .map(str::to_owned)
        .collect())
}
