//! A few read connections, lent to one reader each.

use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;

use crate::{OpenError, StoreError, connection};

/// Read connections. A point read takes some ten microseconds, so few are enough.
const READERS: usize = 4;

/// How long a reader waits for a connection. Reached only when reads are stuck or nested.
const WAIT: Duration = Duration::from_secs(5);

pub(crate) struct Pool {
    idle: Mutex<Vec<Connection>>,
    returned: Condvar,
}

impl Pool {
    pub(crate) fn open(path: &Path) -> Result<Pool, OpenError> {
        let idle = (0..READERS)
            .map(|_| connection::reader(path))
            .collect::<Result<_, _>>()?;
        Ok(Pool {
            idle: Mutex::new(idle),
            returned: Condvar::new(),
        })
    }

    /// A connection of one's own until the lease ends.
    pub(crate) fn lend(&self) -> Result<Lease<'_>, StoreError> {
        let (mut idle, _) = self
            .returned
            .wait_timeout_while(self.idle(), WAIT, |idle| idle.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        let connection = idle.pop().ok_or(StoreError::ReadersBusy)?;
        Ok(Lease {
            pool: self,
            connection: Some(connection),
        })
    }

    /// Closes the idle connections.
    pub(crate) fn close(&self) {
        self.idle().clear();
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) struct Lease<'a> {
    pool: &'a Pool,
    /// `None` only while it is handed back.
    connection: Option<Connection>,
}

impl Lease<'_> {
    pub(crate) fn connection(&self) -> Result<&Connection, StoreError> {
        self.connection.as_ref().ok_or(StoreError::Closed)
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        // A transaction left open would show the next reader an old state: a revoked key would still work.
        if !connection.is_autocommit() && connection.execute_batch("ROLLBACK").is_err() {
            tracing::error!("a read connection could not end its transaction and was closed");
            return;
        }
        self.pool.idle().push(connection);
        self.pool.returned.notify_one();
    }
}
