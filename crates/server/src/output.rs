//! What a command prints: the one place that writes to standard output, and to standard error besides the log.

use std::io::{self, Write};

/// Prints one text and a line break.
///
/// # Errors
/// When standard output cannot be written. A closed pipe is not an error: its reader has seen enough.
pub fn line(text: impl AsRef<str>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{}", text.as_ref()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Writes bytes as they are.
///
/// # Errors
/// When standard output cannot be written, as for [`line()`].
pub fn bytes(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Prints a value as JSON for people and programs: indented, one value.
///
/// # Errors
/// When standard output cannot be written, as for [`line()`].
pub fn json(value: &serde_json::Value) -> io::Result<()> {
    line(format!("{value:#}"))
}

/// Prints what is not the result to standard error.
///
/// # Errors
/// When standard error cannot be written.
pub fn note(text: impl AsRef<str>) -> io::Result<()> {
    writeln!(io::stderr().lock(), "{}", text.as_ref())
}

/// Prints an error with its causes to standard error. Never a backtrace: at a command line it does not help.
pub fn error(error: &anyhow::Error) {
    let mut text = format!("error: {error}\n");
    for cause in error.chain().skip(1) {
        text += &format!("  because: {cause}\n");
    }
    // A failure here cannot be reported anywhere.
    drop(io::stderr().lock().write_all(text.as_bytes()));
}
