//! Processes and folders that end with the test that made them.
//!
//! Whoever holds one ends it by dropping it, which also a failed test does. Two ends drop nothing: that of a test
//! program which is killed, and that of a static. For these a shell waits at the other end of a pipe: once this program
//! is gone, however that came, it kills the processes that are left and deletes the folders.

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;

const SCRIPT: &str = r#"
processes=' ' folders='
'
while IFS=' ' read -r verb what; do
  case $verb in
    process) processes="$processes$what " ;;
    folder) folders="$folders$what
" ;;
    forget) case $processes in *" $what "*) processes="${processes%% $what *} ${processes#* $what }" ;; esac ;;
  esac
done
for process in $processes; do kill -9 "$process"; done
printf '%s' "$folders" | while IFS= read -r folder; do
  # A process that was killed just now may still write.
  [ -z "$folder" ] || rm -rf "$folder" || { sleep 1; rm -rf "$folder"; }
done
"#;

/// The pipe to the shell.
static REAPER: Mutex<Option<ChildStdin>> = Mutex::new(None);

fn tell(line: &str) -> io::Result<()> {
    let mut reaper = REAPER.lock().unwrap_or_else(PoisonError::into_inner);
    let pipe = match reaper.take() {
        Some(pipe) => pipe,
        None => start()?,
    };
    writeln!(reaper.insert(pipe), "{line}")
}

fn start() -> io::Result<ChildStdin> {
    // In a group of its own: what is typed to end the tests does not end it.
    let mut shell = Command::new("sh")
        .args(["-c", SCRIPT])
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let pipe = shell.stdin.take();
    pipe.ok_or_else(|| io::Error::other("the shell has no standard input"))
}

/// A process that is killed when it is dropped.
#[derive(Debug)]
pub struct Process(Child);

impl Process {
    /// Starts it.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        let process = Self(command.spawn()?);
        tell(&format!("process {}", process.id()))?;
        Ok(process)
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// The process as the standard library has it, for its pipes and its status.
    pub fn child(&mut self) -> &mut Child {
        &mut self.0
    }

    /// Kills it, as `kill -9` does, and waits for its end.
    ///
    /// # Errors
    /// It cannot be killed.
    pub fn kill(&mut self) -> io::Result<ExitStatus> {
        self.0.kill()?;
        self.0.wait()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.kill());
        drop(tell(&format!("forget {}", self.id())));
    }
}

/// A new folder for files that are deleted when it is dropped.
#[derive(Debug)]
pub struct Folder(TempDir);

impl Folder {
    /// An empty one.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new() -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        tell(&format!("folder {}", folder.path().display()))?;
        Ok(Self(folder))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}
