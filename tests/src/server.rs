//! A server of the built binary with files of its own.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::binary;
use crate::client::Client;
use crate::scratch::{Folder, Process};

/// The API key of the first tenant.
pub const API_KEY: &str = "test-bootstrap-key-0123456789abcdef0123456789abcdef";

/// How long a server may take until it listens.
const START_MAX: Duration = Duration::from_secs(120);
/// How long it may take to end once it was asked to.
const STOP_MAX: Duration = Duration::from_secs(30);

/// The files of one server: data, guard, keys and everything it printed. Outlives the processes that use them.
pub struct Place {
    folder: PathBuf,
    /// Deletes the folder at the end, unless it belongs to somebody else.
    _own: Option<Folder>,
}

impl Place {
    /// A new empty folder.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new() -> Result<Self> {
        let own = Folder::new()?;
        Ok(Self {
            folder: own.path().to_owned(),
            _own: Some(own),
        })
    }

    /// A folder that stays.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn at(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            _own: None,
        })
    }

    /// The folder: data in `data`, guard in `data.guard`, keys in `data.keys`, what was printed in `run-*.out` and
    /// `run-*.err`.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts a server here, and waits until it listens.
    ///
    /// # Errors
    /// It does not start; the message has what it printed.
    pub fn start(&self) -> Result<Server> {
        self.start_with(&[])
    }

    /// The same with further flags.
    ///
    /// # Errors
    /// See [`Place::start`].
    pub fn start_with(&self, flags: &[&str]) -> Result<Server> {
        self.start_command("serve", flags)
    }

    /// The same with another command that serves.
    ///
    /// # Errors
    /// See [`Place::start`].
    pub fn start_command(&self, name: &str, flags: &[&str]) -> Result<Server> {
        let number = (0..)
            .find(|number| !self.printed(*number, "err").exists())
            .unwrap_or(0u32);
        let (out, err) = (self.printed(number, "out"), self.printed(number, "err"));
        let begin = Instant::now();
        let mut command = self.command()?;
        command
            .args(["--listen", "127.0.0.1:0", "--log-format", "json", name])
            .args(flags);
        command
            .stdout(File::create(&out)?)
            .stderr(File::create(&err)?);
        let process = Process::spawn(&mut command).context("the server cannot be started")?;
        let mut server = Server {
            process,
            address: String::new(),
            log: err.clone(),
            printed: out,
            started_in: Duration::ZERO,
        };
        server.address = wait_until_it_listens(&mut server.process, &err, "listening")?;
        server.started_in = begin.elapsed();
        Ok(server)
    }

    /// Runs the binary here with these arguments until it ends.
    ///
    /// # Errors
    /// It cannot be started. How it ended is in the output.
    pub fn run(&self, arguments: &[&str]) -> Result<Output> {
        self.command()?
            .args(arguments)
            .output()
            .context("the binary cannot be started")
    }

    fn printed(&self, number: u32, extension: &str) -> PathBuf {
        self.folder.join(format!("run-{number:04}.{extension}"))
    }

    /// Copies these parts of the place (`data`, `data.guard`, `data.keys`) as they are now.
    ///
    /// # Errors
    /// They cannot be copied.
    pub fn save(&self, parts: &[&str]) -> Result<Saved> {
        let folder = Folder::new()?;
        for part in parts {
            copy(&self.folder.join(part), &folder.path().join(part))?;
        }
        Ok(Saved {
            folder,
            parts: parts.iter().map(|part| (*part).to_owned()).collect(),
        })
    }

    /// Replaces what is here by what was saved; other parts stay as they are.
    ///
    /// # Errors
    /// It cannot be replaced.
    pub fn put_back(&self, saved: &Saved) -> Result<()> {
        for part in &saved.parts {
            fs::remove_dir_all(self.folder.join(part))?;
        }
        self.put_in(saved)
    }

    /// Puts what was saved elsewhere into this place, which has none of it.
    ///
    /// # Errors
    /// It cannot be copied.
    pub fn put_in(&self, saved: &Saved) -> Result<()> {
        for part in &saved.parts {
            copy(&saved.folder.path().join(part), &self.folder.join(part))?;
        }
        Ok(())
    }

    fn command(&self) -> Result<Command> {
        let mut command = clean_command()?;
        command
            .env("ATROPOS_BOOTSTRAP_API_KEY", API_KEY)
            .env("ATROPOS_DATA", self.folder.join("data"))
            .current_dir(&self.folder)
            .stdin(Stdio::null());
        Ok(command)
    }
}

/// Parts of a place as they were.
pub struct Saved {
    folder: Folder,
    parts: Vec<String>,
}

/// The binary, with nothing of the caller's surroundings that could configure it.
pub(crate) fn clean_command() -> Result<Command> {
    let mut command = Command::new(binary::atropos()?);
    for (name, _) in
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ATROPOS_"))
    {
        command.env_remove(name);
    }
    Ok(command)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let into = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &into)?;
        } else {
            fs::copy(entry.path(), into)?;
        }
    }
    Ok(())
}

/// A running server. It is killed when dropped.
pub struct Server {
    process: Process,
    address: String,
    log: PathBuf,
    printed: PathBuf,
    started_in: Duration,
}

impl Server {
    /// Where it listens, such as `127.0.0.1:40123`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The address in the first line of its log with this message, for what listens besides.
    ///
    /// # Errors
    /// There is no such line.
    pub fn logged_address(&self, message: &str) -> Result<String> {
        let found = address_in(&self.log, message)?;
        found.with_context(|| format!("the server did not log {message:?}"))
    }

    /// What it has printed so far for the person who started it.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn printed(&self) -> Result<String> {
        Ok(fs::read_to_string(&self.printed)?)
    }

    /// Time from its start until it listened.
    pub fn started_in(&self) -> Duration {
        self.started_in
    }

    /// A client of the first tenant.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn client(&self) -> Result<Client> {
        Client::new(&self.address, Some(API_KEY))
    }

    /// Its process id.
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Memory that it holds now and held at most, in KiB (Linux).
    pub fn resident_kib(&self) -> Option<(u64, u64)> {
        resident_kib(self.process.id())
    }

    /// Ends it without warning, as `kill -9` does.
    ///
    /// # Errors
    /// The signal cannot be sent.
    pub fn kill(mut self) -> Result<()> {
        self.process.kill()?;
        Ok(())
    }

    /// Asks it to end, and waits until it has.
    ///
    /// # Errors
    /// It does not end in time, or not well.
    pub fn stop(mut self) -> Result<()> {
        let signal = Command::new("kill")
            .args(["-TERM", &self.process.id().to_string()])
            .status()?;
        if !signal.success() {
            bail!("the signal cannot be sent");
        }
        let begin = Instant::now();
        while begin.elapsed() < STOP_MAX {
            if let Some(status) = self.process.child().try_wait()? {
                if status.success() {
                    return Ok(());
                }
                bail!("the server ended with {status}");
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        bail!("the server did not end within {STOP_MAX:?}")
    }
}

/// Memory that a process holds now and held at most, in KiB.
pub fn resident_kib(process_id: u32) -> Option<(u64, u64)> {
    let status = fs::read_to_string(format!("/proc/{process_id}/status")).ok()?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim_start_matches(':')
            .split_whitespace()
            .next()?
            .parse()
            .ok()
    };
    Some((field("VmRSS")?, field("VmHWM")?))
}

/// The address that a process logs with this message once it listens.
pub(crate) fn wait_until_it_listens(
    process: &mut Process,
    log: &Path,
    message: &str,
) -> Result<String> {
    let begin = Instant::now();
    while begin.elapsed() < START_MAX {
        if let Some(address) = address_in(log, message)? {
            return Ok(address);
        }
        if let Some(status) = process.child().try_wait()? {
            bail!(
                "the process ended with {status}: {}",
                fs::read_to_string(log)?
            );
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    bail!(
        "the process did not listen within {START_MAX:?}: {}",
        fs::read_to_string(log)?
    )
}

/// The address in the line that says so. A line that is still being written has no line break.
fn address_in(log: &Path, message: &str) -> Result<Option<String>> {
    let mut reader = BufReader::new(File::open(log)?);
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 {
        let entry: Value = serde_json::from_str(line.trim()).unwrap_or_default();
        if line.ends_with('\n') && entry["message"] == message {
            return Ok(entry["address"].as_str().map(str::to_owned));
        }
        line.clear();
    }
    Ok(None)
}
