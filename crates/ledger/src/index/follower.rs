//! The thread that writes the index behind the log.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::overlay::{BatchChanges, Overlay};
use super::table::{Index, IndexError};

/// Batches that may wait; then the writer waits with them.
const BATCHES_WAITING_MAX: usize = 1024;
/// Changed DIDs that may wait or be under way, about four kilobytes each; then the writer waits for the index.
const CHANGES_WAITING_MAX: usize = 16_384;
/// Changed DIDs after which the index is written although time is left.
const CHANGES_MAX: usize = 8_192;
/// Changed DIDs up to which the index is written at once for a waiting caller. More are written soon anyway, and
/// twice as many writes would slow down the syncs of the log.
const EARLY_CHANGES_MAX: usize = 512;
const INTERVAL: Duration = Duration::from_millis(1000);

/// Takes batches and puts them into the index, many in one transaction.
pub(crate) struct Follower {
    overlay: Arc<Overlay>,
    thread: Option<JoinHandle<()>>,
}

impl Follower {
    /// Starts the thread; `failed` is called once when the index cannot be written.
    pub(crate) fn start(
        index: Arc<Index>,
        overlay: Arc<Overlay>,
        failed: impl FnOnce(IndexError) + Send + 'static,
    ) -> std::io::Result<Self> {
        let shared = overlay.clone();
        let thread = thread::Builder::new()
            .name("ledger-index".to_owned())
            .spawn(move || {
                if let Err(error) = follow(&index, &shared) {
                    failed(error);
                }
                shared.backlog.stop();
            })?;
        Ok(Self {
            overlay,
            thread: Some(thread),
        })
    }

    /// Hands over a batch; waits while too much is waiting already, which is what bounds the memory of the overlay.
    /// Without effect once the index has failed: the ledger knows it by then.
    pub(crate) fn push(&self, batch: Arc<BatchChanges>) {
        self.overlay.backlog.push(batch);
    }

    /// Sequence of the newest batch that was put into the index since the start.
    pub(crate) fn flushed(&self) -> u64 {
        self.overlay.backlog.lock().flushed_sequence
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.overlay.backlog.close();
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

fn follow(index: &Index, overlay: &Overlay) -> Result<(), IndexError> {
    while let Some(batches) = overlay.backlog.take() {
        let checkpoint = batches.last().map(|batch| batch.checkpoint.as_str());
        index.apply(&batches, checkpoint.unwrap_or_default())?;
        overlay.retire(&batches);
        overlay.backlog.done(&batches);
    }
    Ok(())
}

/// The batches that the index does not hold yet, in order.
#[derive(Default)]
pub(crate) struct Backlog {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    batches: VecDeque<Arc<BatchChanges>>,
    /// Changed DIDs in them and in those under way.
    changes: usize,
    flushed_sequence: u64,
    flushed_size: u64,
    /// Entries up to the last batch that was taken, and up to where a caller waits for the index.
    taken_size: u64,
    wanted_size: u64,
    /// No further batch comes.
    closed: bool,
    /// The thread has stopped.
    stopped: bool,
}

impl Backlog {
    /// Waits until the index holds the first `size` entries; has it written at once for that if little waits. Without
    /// effect when it is not followed any more.
    pub(crate) fn wait_for(&self, size: u64) {
        let behind = |waiting: &Waiting| waiting.flushed_size < size && !waiting.stopped;
        let mut waiting = self.lock();
        if behind(&waiting) && waiting.changes <= EARLY_CHANGES_MAX {
            waiting.wanted_size = waiting.wanted_size.max(size);
            self.changed.notify_all();
        }
        drop(self.wait_while(waiting, behind));
    }

    /// Records up to where the index is complete.
    pub(crate) fn starts_at(&self, size: u64) {
        let mut waiting = self.lock();
        (waiting.flushed_size, waiting.taken_size) = (size, size);
    }

    fn push(&self, batch: Arc<BatchChanges>) {
        let mut waiting = self.wait_while(self.lock(), |waiting| {
            let full = waiting.changes > CHANGES_WAITING_MAX
                || waiting.batches.len() >= BATCHES_WAITING_MAX;
            full && !waiting.stopped
        });
        if !waiting.stopped {
            waiting.changes += batch.dids.len();
            waiting.batches.push_back(batch);
            self.changed.notify_all();
        }
    }

    /// Waits for a batch, and then for more, until there are enough, time is over or a caller waits for them. `None` at
    /// the end.
    fn take(&self) -> Option<Vec<Arc<BatchChanges>>> {
        let empty = |waiting: &Waiting| waiting.batches.is_empty() && !waiting.closed;
        let waiting = self.wait_while(self.lock(), empty);
        let deadline = Instant::now() + INTERVAL;
        let few = |waiting: &Waiting| {
            let wanted = waiting.wanted_size > waiting.taken_size;
            waiting.changes < CHANGES_MAX && !wanted && !waiting.closed
        };
        let mut waiting = self.wait_until(waiting, deadline, few);
        let mut taken = Vec::new();
        let mut changes = 0;
        while changes < CHANGES_MAX
            && let Some(batch) = waiting.batches.pop_front()
        {
            changes += batch.dids.len();
            waiting.taken_size = batch.position.size();
            taken.push(batch);
        }
        (!taken.is_empty()).then_some(taken)
    }

    fn done(&self, batches: &[Arc<BatchChanges>]) {
        let changes: usize = batches.iter().map(|batch| batch.dids.len()).sum();
        let mut waiting = self.lock();
        waiting.changes = waiting.changes.saturating_sub(changes);
        if let Some(last) = batches.last() {
            waiting.flushed_sequence = last.position.position.sequence;
            waiting.flushed_size = last.position.size();
        }
        self.changed.notify_all();
    }

    fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// No caller waits for a stopped thread.
    fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_while<'w>(
        &self,
        waiting: MutexGuard<'w, Waiting>,
        condition: impl Fn(&Waiting) -> bool,
    ) -> MutexGuard<'w, Waiting> {
        self.changed
            .wait_while(waiting, |waiting| condition(waiting))
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_until<'w>(
        &self,
        waiting: MutexGuard<'w, Waiting>,
        deadline: Instant,
        condition: impl Fn(&Waiting) -> bool,
    ) -> MutexGuard<'w, Waiting> {
        let left = deadline.saturating_duration_since(Instant::now());
        self.changed
            .wait_timeout_while(waiting, left, |waiting| condition(waiting))
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }
}
