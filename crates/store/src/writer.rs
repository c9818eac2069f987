//! The one thread that writes: many closures, one commit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

use crate::connection::BUSY_TIMEOUT;
use crate::{Emptied, StoreError, WriteError, WriteFailure};

/// Writes that may wait.
pub(crate) const QUEUE_MAX: usize = 1024;

/// Closures in one transaction.
const BATCH_MAX: usize = 256;

/// How long the emptying of the write-ahead log waits for readers, the first time; all writes wait with it.
const READERS_TIMEOUT: Duration = Duration::from_millis(250);

/// How long after an emptying that readers prevented the next one is tried, where no write comes before.
const EMPTYING_PAUSE: Duration = Duration::from_secs(1);

/// What the writer is asked for.
pub(crate) enum Turn {
    Write(Job),
    /// Empty the write-ahead log, and say how that went.
    Empty(Box<dyn FnOnce(Emptied) + Send>),
}

/// What stopped the writer for good, if anything did.
pub(crate) type Stopped = Arc<OnceLock<Arc<WriteFailure>>>;

/// A closure with the way to answer its caller. Without a connection it is not run.
pub(crate) type Job = Box<dyn FnOnce(Option<&Connection>) -> Ran + Send>;

/// What is left of a job that had its turn: whether its changes stay, and the answer that waits for the commit.
pub(crate) struct Ran {
    keep: bool,
    answer: Box<dyn FnOnce(Result<(), StoreError>) + Send>,
}

/// Wraps a closure so that the answer, whatever it is, comes only after the batch has ended.
///
/// A refusal waits as well: it may rest on a change of the same batch.
pub(crate) fn job<T, E>(
    write: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    answer: impl FnOnce(Result<T, WriteError<E>>) + Send + 'static,
) -> Job
where
    T: Send + 'static,
    E: Send + 'static,
{
    Box::new(move |connection| {
        let result = connection.map_or(Err(WriteError::Failed(StoreError::Closed)), |connection| {
            guarded(write, connection)
        });
        let keep = result.is_ok();
        let answer = Box::new(move |ending: Result<(), StoreError>| {
            answer(ending.map_err(WriteError::Failed).and(result));
        });
        Ran { keep, answer }
    })
}

fn guarded<T, E>(
    write: impl FnOnce(&Connection) -> Result<T, E>,
    connection: &Connection,
) -> Result<T, WriteError<E>> {
    // What the closure has touched is taken back with its savepoint, so nothing half-done is seen again.
    match catch_unwind(AssertUnwindSafe(|| write(connection))) {
        Ok(result) => result.map_err(WriteError::Refused),
        Err(_) => {
            tracing::error!("a write panicked and was taken back");
            Err(WriteError::Failed(StoreError::Panicked))
        }
    }
}

pub(crate) struct Writer {
    pub(crate) connection: Connection,
    pub(crate) turns: Receiver<Turn>,
    pub(crate) stopped: Stopped,
}

impl Writer {
    /// Runs until the last sender is gone and the queue is empty.
    pub(crate) fn run(self) {
        let mut emptied = Emptied::Done;
        loop {
            let first = match emptied {
                Emptied::Done => self.turns.recv().map_err(RecvTimeoutError::from),
                Emptied::Later => self.turns.recv_timeout(EMPTYING_PAUSE),
            };
            match first {
                Ok(first) => emptied = self.turn(first, emptied),
                Err(RecvTimeoutError::Timeout) => emptied = self.empty_log(Duration::ZERO),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Takes what is queued, up to a batch or to the next emptying.
    fn turn(&self, first: Turn, before: Emptied) -> Emptied {
        let mut batch = Vec::new();
        let mut next = Some(first);
        let mut answer = None;
        while let Some(turn) = next {
            match turn {
                Turn::Write(job) => batch.push(job),
                Turn::Empty(asked) => {
                    answer = Some(asked);
                    break;
                }
            }
            next = if batch.len() < BATCH_MAX {
                self.turns.try_recv().ok()
            } else {
                None
            };
        }
        if !batch.is_empty() {
            self.batch(batch);
        }
        match answer {
            Some(answer) => {
                let emptied = self.empty_log(READERS_TIMEOUT);
                answer(emptied);
                emptied
            }
            None if before == Emptied::Later => self.empty_log(Duration::ZERO),
            None => Emptied::Done,
        }
    }

    /// Brings everything into the file and cuts the write-ahead log to nothing: what was deleted is then in neither.
    fn empty_log(&self, patience: Duration) -> Emptied {
        let attempt = || {
            self.connection.busy_timeout(patience)?;
            let busy = self
                .connection
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
                    row.get::<_, bool>(0)
                });
            self.connection.busy_timeout(BUSY_TIMEOUT)?;
            busy
        };
        match attempt() {
            Ok(false) => Emptied::Done,
            Ok(true) => Emptied::Later,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the write-ahead log could not be emptied; it is tried again"
                );
                Emptied::Later
            }
        }
    }

    fn batch(&self, batch: Vec<Job>) {
        let mut jobs = batch.into_iter();
        let mut ran = Vec::with_capacity(jobs.len());
        let ending = self.transaction(&mut jobs, &mut ran);
        let unrun = jobs.map(|job| job(None));
        for Ran { answer, .. } in ran.into_iter().chain(unrun) {
            answer(ending.clone());
        }
    }

    fn transaction(
        &self,
        jobs: &mut impl Iterator<Item = Job>,
        ran: &mut Vec<Ran>,
    ) -> Result<(), StoreError> {
        if let Some(failure) = self.stopped.get() {
            return Err(StoreError::WritesStopped(Arc::clone(failure)));
        }
        self.execute("BEGIN IMMEDIATE")
            .map_err(|error| match error.sqlite_error_code() {
                Some(ErrorCode::DatabaseBusy) => StoreError::Busy,
                _ => self.stop(WriteFailure::Sqlite(error)),
            })?;
        for job in jobs {
            let ended = self.savepoint(job, ran).and_then(|()| {
                if self.connection.is_autocommit() {
                    Err(WriteFailure::TransactionEnded)
                } else {
                    Ok(())
                }
            });
            ended.map_err(|failure| self.stop(failure))?;
        }
        self.execute("COMMIT")
            .map_err(|error| self.stop(WriteFailure::Sqlite(error)))
    }

    fn savepoint(&self, job: Job, ran: &mut Vec<Ran>) -> Result<(), WriteFailure> {
        self.execute("SAVEPOINT one_write")
            .map_err(WriteFailure::Sqlite)?;
        let one = job(Some(&self.connection));
        let keep = one.keep;
        ran.push(one);
        if self.connection.is_autocommit() {
            return Err(WriteFailure::TransactionEnded);
        }
        if !keep {
            self.execute("ROLLBACK TO one_write")
                .map_err(WriteFailure::Sqlite)?;
        }
        self.execute("RELEASE one_write")
            .map_err(WriteFailure::Sqlite)
    }

    /// No retry, ever: after a failed sync the operating system may report success over lost data.
    fn stop(&self, failure: WriteFailure) -> StoreError {
        tracing::error!(
            error = &failure as &dyn std::error::Error,
            "the store has stopped writing"
        );
        if !self.connection.is_autocommit() && self.execute("ROLLBACK").is_err() {
            tracing::error!(
                "the failed transaction could not be rolled back; it ends with the process"
            );
        }
        StoreError::WritesStopped(Arc::clone(self.stopped.get_or_init(|| Arc::new(failure))))
    }

    fn execute(&self, sql: &str) -> Result<(), rusqlite::Error> {
        self.connection.prepare_cached(sql)?.execute([]).map(drop)
    }
}
