//! What a command prints: the one place that writes to standard output, and to standard error besides the log.

use std::io::{self, Write};

/// Prints one text and a line break.
///
/// # Errors
/// When standard output cannot be written. A reader that has gone away is no error: it has seen enough.
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

/// Tells the person at the command line something that is not the result: on standard error.
///
/// # Errors
/// When standard error cannot be written.
pub fn note(text: impl AsRef<str>) -> io::Result<()> {
    writeln!(io::stderr().lock(), "{}", text.as_ref())
}

/// Prints what went wrong to standard error, with its causes. Never a backtrace: it helps nobody at a command line.
pub fn error(error: &anyhow::Error) {
    let mut text = format!("error: {error}\n");
    for cause in error.chain().skip(1) {
        text += &format!("  because: {cause}\n");
    }
    // There is nobody left to tell if this fails.
    drop(io::stderr().lock().write_all(text.as_bytes()));
}
