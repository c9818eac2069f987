//! Connections with the settings that the promises rest on.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::OpenError;

/// How long a statement waits for another process.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Between two attempts where SQLite does not wait by itself.
const BUSY_PAUSE: Duration = Duration::from_millis(10);

/// Prepared statements kept for each connection.
const STATEMENTS_MAX: usize = 128;

/// Pages in the write-ahead log after which they are put into the file: 16 MiB. Pages that change often are then
/// written there once.
const LOG_PAGES: u32 = 4096;

/// What a checkpoint leaves of the write-ahead log, in bytes.
const LOG_BYTES_KEPT: u32 = 64 << 20;

/// The one connection that writes. It has changed nothing yet: see [`log_ahead`].
pub(crate) fn writer(path: &Path) -> Result<Connection, OpenError> {
    open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
}

/// Switches the writing connection to a write-ahead log that every commit syncs.
pub(crate) fn log_ahead(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let mode = switch_to_log(connection).map_err(|source| sqlite_error(path, source))?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(OpenError::NoWriteAheadLog {
            path: path.to_owned(),
            mode,
        });
    }
    connection
        .execute_batch(&format!(
            "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;
             PRAGMA wal_autocheckpoint = {LOG_PAGES}; PRAGMA journal_size_limit = {LOG_BYTES_KEPT};"
        ))
        .map_err(|source| sqlite_error(path, source))
}

/// SQLite does not wait by itself here when another process opens the new file at the same moment.
fn switch_to_log(connection: &Connection) -> Result<String, rusqlite::Error> {
    let give_up = Instant::now() + BUSY_TIMEOUT;
    loop {
        match connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)) {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && Instant::now() < give_up =>
            {
                thread::sleep(BUSY_PAUSE);
            }
            outcome => return outcome,
        }
    }
}

/// A connection that cannot write.
pub(crate) fn reader(path: &Path) -> Result<Connection, OpenError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection
        .execute_batch("PRAGMA query_only = ON")
        .map_err(|source| sqlite_error(path, source))?;
    Ok(connection)
}

/// Tells a file that is not a database from other failures.
pub(crate) fn sqlite_error(path: &Path, source: rusqlite::Error) -> OpenError {
    match source.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => OpenError::NotAStore {
            path: path.to_owned(),
        },
        _ => OpenError::Sqlite {
            path: path.to_owned(),
            source,
        },
    }
}

fn open(path: &Path, access: OpenFlags) -> Result<Connection, OpenError> {
    // Each connection is used by one thread at a time, so SQLite's own mutexes are not needed.
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags)
        .and_then(configured)
        .map_err(|source| sqlite_error(path, source))
}

fn configured(connection: Connection) -> Result<Connection, rusqlite::Error> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;")?;
    Ok(connection)
}
