//! The store: synchronous reads, writes in group commits.

use std::path::Path;
use std::sync::mpsc::{self, SyncSender, TrySendError};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::pool::Pool;
use crate::writer::{self, Job, QUEUE_MAX, Stopped, Turn, Writer};
use crate::{Migration, OpenError, StoreError, WriteError, connection, files, migration};

/// A handle on the store; clones share it. The last one to go waits for the writes that are queued.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    pool: Pool,
    stopped: Stopped,
    /// Both `None` only while the store is being closed.
    turns: Option<SyncSender<Turn>>,
    writer: Option<JoinHandle<()>>,
}

/// Whether the write-ahead log is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Emptied {
    /// It is.
    Done,
    /// A reader is in the way; it will be.
    Later,
}

impl Store {
    /// Opens the store, creating it where it is missing, and applies the migrations that it has not had.
    ///
    /// `migrations` must be the list of *every* component of the program, always the same: a component that the
    /// store has and the list has not counts as written by a newer program. Directories are made with mode 0700,
    /// the file with 0600.
    ///
    /// # Errors
    /// [`OpenError`]; the store then is as it was.
    pub fn open(path: &Path, migrations: &[Migration]) -> Result<Store, OpenError> {
        let path = &files::prepare(path)?;
        let mut connection = connection::writer(path)?;
        migration::recognise(&connection, path)?;
        connection::log_ahead(&connection, path)?;
        migration::apply(&mut connection, path, migrations)?;
        // The names of the write-ahead log and its index must be there after a power cut, too.
        files::sync(files::parent(path))?;
        let pool = Pool::open(path)?;
        let stopped = Stopped::new(OnceLock::new());
        let (turns, queue) = mpsc::sync_channel(QUEUE_MAX);
        let writer = Writer {
            connection,
            turns: queue,
            stopped: Arc::clone(&stopped),
        };
        let writer = thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer.run())
            .map_err(OpenError::Thread)?;
        Ok(Store {
            shared: Arc::new(Shared {
                pool,
                stopped,
                turns: Some(turns),
                writer: Some(writer),
            }),
        })
    }

    /// Reads, on the calling thread. Use `prepare_cached`; a point read then takes some ten microseconds.
    ///
    /// The closure sees all that was committed before it began. Each statement sees the newest state; one that needs
    /// several over the same state begins a transaction (`unchecked_transaction`), which ends with the closure at
    /// the latest. Reads must not be nested: a handful of connections serves all of them.
    ///
    /// # Errors
    /// [`StoreError::Read`] with the closure's error, [`StoreError::ReadersBusy`].
    pub fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<T, StoreError> {
        let lease = self.shared.pool.lend()?;
        read(lease.connection()?).map_err(|error| StoreError::Read(Arc::new(error)))
    }

    /// Writes: the closure runs on the writer thread in a savepoint, together with others in one transaction.
    ///
    /// `Ok` means that the changes are on disk. The closure must be short, and must neither wait for this store nor
    /// begin or end transactions (savepoints of its own are fine). When the caller stops waiting, the write is
    /// nevertheless done.
    ///
    /// # Errors
    /// The closure's own, its changes taken back; [`StoreError::Busy`] when 1,024 writes are waiting or another process
    /// does not let go; another [`StoreError`] when the store cannot write. All in the caller's error type.
    pub async fn write<T, E, F>(
        &self,
        write: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, F>
    where
        T: Send + 'static,
        E: Send + 'static,
        F: From<E> + From<StoreError>,
    {
        let (answer, answered) = oneshot::channel();
        // A caller that no longer listens has lost only the answer.
        self.submit(writer::job(write, move |result| drop(answer.send(result))))?;
        answered
            .await
            .unwrap_or(Err(WriteError::Failed(StoreError::Closed)))
            .map_err(WriteError::into_own)
    }

    /// As [`Store::write`], blocking the calling thread: for start-up and the command line.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn write_blocking<T, E, F>(
        &self,
        write: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, F>
    where
        T: Send + 'static,
        E: Send + 'static,
        F: From<E> + From<StoreError>,
    {
        let (answer, answered) = mpsc::sync_channel(1);
        self.submit(writer::job(write, move |result| drop(answer.send(result))))?;
        answered
            .recv()
            .unwrap_or(Err(WriteError::Failed(StoreError::Closed)))
            .map_err(WriteError::into_own)
    }

    /// Cuts the write-ahead log to nothing, so that what was deleted before lies in no file any more: what a statement
    /// deletes is overwritten with zeros, but earlier states of a page stay in the log until it is emptied.
    ///
    /// A reader in the middle of an older state, of this process or another, prevents it for a while. Then it is tried
    /// again after each write, and each second, until it is done. Copies of the file, such as backups, keep what they
    /// have, and so may the cells of a disk.
    pub async fn empty_log(&self) -> Emptied {
        let (answer, answered) = oneshot::channel();
        let asked = Turn::Empty(Box::new(move |emptied| {
            // A caller that no longer listens has lost only the answer.
            let _ = answer.send(emptied);
        }));
        match &self.shared.turns {
            // When the queue is full its end is waited for on another thread.
            Some(turns) => {
                if let Err(TrySendError::Full(asked)) = turns.try_send(asked) {
                    let turns = turns.clone();
                    tokio::task::spawn_blocking(move || drop(turns.send(asked)));
                }
            }
            None => return Emptied::Later,
        }
        answered.await.unwrap_or(Emptied::Later)
    }

    /// Why the store no longer writes; `None` while all is well. For health reports.
    #[must_use]
    pub fn stopped(&self) -> Option<StoreError> {
        self.shared
            .stopped
            .get()
            .map(|failure| StoreError::WritesStopped(Arc::clone(failure)))
    }

    fn submit(&self, job: Job) -> Result<(), StoreError> {
        let turns = self.shared.turns.as_ref().ok_or(StoreError::Closed)?;
        turns
            .try_send(Turn::Write(job))
            .map_err(|refused| match refused {
                TrySendError::Full(_) => StoreError::Busy,
                TrySendError::Disconnected(_) => StoreError::Closed,
            })
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // Readers first: SQLite empties the write-ahead log when the writer is the last to close.
        self.pool.close();
        self.turns = None;
        let Some(writer) = self.writer.take() else {
            return;
        };
        // A closure may have held the last handle; a thread cannot wait for itself.
        if writer.thread().id() != thread::current().id() && writer.join().is_err() {
            tracing::error!("the writer thread of the store panicked");
        }
    }
}
