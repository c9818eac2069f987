//! The writer of a chain: what waited while the last commit was under way is the next one.

use std::sync::Arc;
use std::time::Duration;

use store::StoreError;
use tokio::sync::{mpsc, oneshot};

use crate::heights::Heights;
use crate::rows::{self, Accepted, BlockPosition, Finished, Rows};

/// Lines of one commit.
const LINES_MAX: usize = 512;
/// Pause before a store that another process holds is tried again.
const BUSY_PAUSE: Duration = Duration::from_millis(100);

/// Passes lines to the writer, which writes them in this order.
pub(crate) struct Journal {
    lines: mpsc::UnboundedSender<Line>,
}

/// What is written.
pub(crate) enum Entry {
    Accepted(Accepted),
    Finished(Finished),
}

struct Line {
    entry: Entry,
    durable: oneshot::Sender<()>,
}

/// An entry that has its place in a block, if it needs one.
enum Placed {
    Accepted(Accepted),
    Finished(Finished, BlockPosition),
}

struct Writer {
    rows: Rows,
    heights: Arc<Heights>,
    next: BlockPosition,
}

impl Journal {
    /// Starts the writer; it ends with the journal. `next` is the position of the next transaction in that block.
    pub(crate) fn start(rows: Rows, heights: Arc<Heights>, next: BlockPosition) -> Self {
        let (sender, lines) = mpsc::unbounded_channel();
        let writer = Writer {
            rows,
            heights,
            next,
        };
        tokio::spawn(writer.run(lines));
        Self { lines: sender }
    }

    /// Whether nothing is written any more.
    pub(crate) fn has_ended(&self) -> bool {
        self.lines.is_closed()
    }

    /// Writes an entry. The answer comes when it is on disk; it never comes when the store has stopped.
    ///
    /// How many entries wait is bounded by the transactions that may be under way at once.
    pub(crate) fn write(&self, entry: Entry) -> oneshot::Receiver<()> {
        let (durable, answer) = oneshot::channel();
        // A writer that has ended drops the line, and with it the answer.
        let _ = self.lines.send(Line { entry, durable });
        answer
    }
}

impl Writer {
    async fn run(mut self, mut lines: mpsc::UnboundedReceiver<Line>) {
        let mut batch = Vec::new();
        while lines.recv_many(&mut batch, LINES_MAX).await > 0 {
            let (entries, durable): (Vec<Placed>, Vec<_>) = batch
                .drain(..)
                .map(|line| (self.placed(line.entry), line.durable))
                .unzip();
            if let Err(error) = self.commit(Arc::new(entries)).await {
                tracing::error!(%error, "transactions are not written any more; restart the server");
                return;
            }
            for durable in durable {
                // A caller that has left loses only the answer.
                let _ = durable.send(());
            }
        }
    }

    fn placed(&mut self, entry: Entry) -> Placed {
        match entry {
            Entry::Accepted(accepted) => Placed::Accepted(accepted),
            Entry::Finished(finished) => {
                let height = self.heights.height();
                if height > self.next.height {
                    self.next = BlockPosition {
                        height,
                        position: 0,
                    };
                }
                let place = self.next;
                self.next.position += 1;
                Placed::Finished(finished, place)
            }
        }
    }

    async fn commit(&self, entries: Arc<Vec<Placed>>) -> Result<(), StoreError> {
        loop {
            let (chain, written) = (self.rows.chain, Arc::clone(&entries));
            let result = self.rows.store.write(move |connection| {
                written.iter().try_for_each(|entry| match entry {
                    Placed::Accepted(accepted) => rows::accept(connection, chain, accepted),
                    Placed::Finished(finished, place) => {
                        rows::finish(connection, chain, finished, *place)
                    }
                })
            });
            match result.await {
                Err(StoreError::Busy) => tokio::time::sleep(BUSY_PAUSE).await,
                result => return result,
            }
        }
    }
}
