//! The thread that writes the index behind the log.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::overlay::{BatchChanges, Overlay};
use super::table::{Index, IndexError};

/// Batches that may wait; then the writer waits with them.
const BATCHES_WAITING_MAX: usize = 1024;
/// Operations after which the index is written although time is left: they bound the memory of the overlay.
const OPERATIONS_MAX: usize = 8_192;
const INTERVAL: Duration = Duration::from_millis(1000);

/// Takes batches and puts them into the index, many in one transaction.
pub(crate) struct Follower {
    batches: Option<SyncSender<Arc<BatchChanges>>>,
    thread: Option<JoinHandle<()>>,
    flushed: Arc<AtomicU64>,
}

impl Follower {
    /// Starts the thread; `failed` is told once when the index cannot be written.
    pub(crate) fn start(
        index: Arc<Index>,
        overlay: Arc<Overlay>,
        failed: impl FnOnce(IndexError) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (sender, receiver) = sync_channel(BATCHES_WAITING_MAX);
        let flushed = Arc::new(AtomicU64::new(0));
        let counter = flushed.clone();
        let thread = thread::Builder::new()
            .name("ledger-index".to_owned())
            .spawn(move || {
                if let Err(error) = follow(&receiver, &index, &overlay, &counter) {
                    failed(error);
                }
            })?;
        Ok(Self {
            batches: Some(sender),
            thread: Some(thread),
            flushed,
        })
    }

    /// Hands over a batch. Without effect once the index has failed: the ledger has been told then.
    pub(crate) fn push(&self, batch: Arc<BatchChanges>) {
        if let Some(batches) = &self.batches {
            let _gone = batches.send(batch);
        }
    }

    /// Sequence of the newest batch in the index.
    pub(crate) fn flushed(&self) -> u64 {
        self.flushed.load(Ordering::Acquire)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.batches = None;
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

fn follow(
    receiver: &Receiver<Arc<BatchChanges>>,
    index: &Index,
    overlay: &Overlay,
    flushed: &AtomicU64,
) -> Result<(), IndexError> {
    while let Ok(first) = receiver.recv() {
        let (batches, more) = gather(first, receiver);
        index.apply(&batches)?;
        overlay.retire(&batches);
        if let Some(last) = batches.last() {
            flushed.store(last.position.position.sequence, Ordering::Release);
        }
        if more == More::No {
            break;
        }
    }
    Ok(())
}

#[derive(PartialEq, Eq)]
enum More {
    Yes,
    No,
}

fn gather(
    first: Arc<BatchChanges>,
    receiver: &Receiver<Arc<BatchChanges>>,
) -> (Vec<Arc<BatchChanges>>, More) {
    let deadline = Instant::now() + INTERVAL;
    let mut operations = first.dids.len();
    let mut batches = vec![first];
    while operations < OPERATIONS_MAX {
        match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(batch) => {
                operations += batch.dids.len();
                batches.push(batch);
            }
            Err(RecvTimeoutError::Timeout) => return (batches, More::Yes),
            Err(RecvTimeoutError::Disconnected) => return (batches, More::No),
        }
    }
    (batches, More::Yes)
}
