//! Programs in Python: the independent verifier in `tests/python`, and Schemathesis.
//!
//! They need Python 3.11, and packages. Where these are missing, a virtual environment with the versions in the
//! `requirements.txt` of their folder is made once, below the target folder.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail};

use crate::binary;

const VERSION: &str = "import sys; sys.exit(sys.version_info < (3, 11))";

static VERIFIER: Packages = Packages {
    folder: "python",
    probe: "import cryptography.hazmat.primitives.asymmetric.ec as e; e.SECP521R1().key_size",
    found: Mutex::new(None),
};
static SCHEMATHESIS: Packages = Packages {
    folder: "openapi",
    probe: "import schemathesis",
    found: Mutex::new(None),
};
const SCHEMATHESIS_MAIN: &str = "from schemathesis.cli import schemathesis; schemathesis()";

/// What a program in Python needs.
struct Packages {
    /// Of this package, with `requirements.txt`.
    folder: &'static str,
    /// Code that ends well where they are there.
    probe: &'static str,
    found: Mutex<Option<PathBuf>>,
}

/// A command that runs Python with these arguments in `tests/python`.
///
/// # Errors
/// There is no Python, or the virtual environment cannot be made; the message says what to install.
pub fn python(arguments: &[&str]) -> Result<Command> {
    let mut command = VERIFIER.command()?;
    command.args(arguments);
    Ok(command)
}

/// A command that runs Schemathesis with `tests/openapi/schemathesis.toml`. What it notes down goes into `folder`.
///
/// # Errors
/// As of [`python`].
pub fn schemathesis(folder: &Path) -> Result<Command> {
    let mut command = SCHEMATHESIS.command()?;
    let settings = SCHEMATHESIS.folder().join("schemathesis.toml");
    command.current_dir(folder);
    command.args(["-c", SCHEMATHESIS_MAIN, "--config-file"]);
    command.arg(settings);
    Ok(command)
}

impl Packages {
    fn command(&self) -> Result<Command> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let program = match &*found {
            Some(program) => program.clone(),
            None => found.insert(self.find()?).clone(),
        };
        let mut command = Command::new(program);
        command.arg("-B").current_dir(self.folder());
        Ok(command)
    }

    fn folder(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(self.folder)
    }

    fn find(&self) -> Result<PathBuf> {
        let system = PathBuf::from("python3");
        if !runs(&system, VERSION) {
            bail!(
                "Python 3.11 or newer is needed: install it as `python3` (Debian: python3 python3-venv)"
            );
        }
        if runs(&system, self.probe) {
            return Ok(system);
        }
        let environment = binary::target_folder()?.join(self.folder);
        let own = environment.join("bin/python3");
        if !runs(&own, self.probe) {
            self.make(&system, &environment, &own)?;
        }
        Ok(own)
    }

    /// Makes the virtual environment. Two test programs that do so at once end with the same one.
    fn make(&self, system: &Path, environment: &Path, own: &Path) -> Result<()> {
        let wanted = self.folder().join("requirements.txt");
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
        if runs(own, self.probe) {
            return Ok(());
        }
        let printed: Vec<String> = steps.iter().map(printed).collect();
        bail!(
            "Python packages are missing, and no virtual environment could be made for them: install python3-venv and \
             python3-pip, or the packages in {}\n{}",
            wanted.display(),
            printed.join("\n")
        )
    }
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
