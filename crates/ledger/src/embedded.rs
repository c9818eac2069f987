//! An open embedded ledger.

mod read;
mod submit;

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use tokio::sync::mpsc;

use crate::assurance::Assurance;
use crate::error::{LedgerFault, ReadError, SubmitError};
use crate::shared::{Published, Shared};
use crate::writer::{Job, Writer};
pub(crate) use submit::ATTEMPTS_MAX;

/// Submissions that may wait for the writer.
const QUEUE_MAX: usize = 4096;

/// The embedded ledger of one network. Clones are handles of the same one; it closes with the last.
#[derive(Clone)]
pub struct Embedded {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    queue: Mutex<Option<mpsc::Sender<Job>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    _locks: Vec<Box<dyn Send + Sync>>,
}

impl Embedded {
    pub(crate) fn start(
        shared: Arc<Shared>,
        writer: Writer,
        locks: Vec<Box<dyn Send + Sync>>,
    ) -> std::io::Result<Self> {
        let (sender, receiver) = mpsc::channel(QUEUE_MAX);
        let writer = thread::Builder::new()
            .name("ledger-writer".to_owned())
            .spawn(move || writer.run(receiver))?;
        let inner = Inner {
            shared,
            queue: Mutex::new(Some(sender)),
            writer: Mutex::new(Some(writer)),
            _locks: locks,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The namespace of its DIDs, such as `testnet`.
    pub fn namespace(&self) -> &str {
        &self.inner.shared.identity.namespace
    }

    /// The random identity of the network.
    pub fn network_id(&self) -> &[u8; 32] {
        self.inner.shared.identity.network_id.as_bytes()
    }

    /// The name of the log in its checkpoints.
    pub fn origin(&self) -> &str {
        &self.inner.shared.identity.origin
    }

    /// The log's Ed25519 public key.
    pub fn log_key(&self) -> &[u8; 32] {
        &self.inner.shared.identity.log_key
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.inner.shared
    }

    /// How far witnesses and clients confirm this log.
    pub fn assurance(&self) -> Assurance {
        self.inner.shared.assurance()
    }

    /// Records how far witnesses and clients confirm this log. Something graver stays until it is resolved:
    /// [`Assurance::then`].
    pub fn set_assurance(&self, assurance: Assurance) {
        self.inner.shared.set_assurance(assurance);
    }

    /// The newest head.
    pub fn published(&self) -> Arc<Published> {
        self.inner.shared.published()
    }

    /// Why nothing is accepted any more; `None` normally.
    pub fn fault(&self) -> Option<LedgerFault> {
        self.inner.shared.fault()
    }

    /// Waits until the ledger stops accepting operations.
    pub async fn stopped(&self) -> LedgerFault {
        let mut fault = self.inner.shared.watch_fault();
        loop {
            if let Some(fault) = fault.borrow_and_update().clone() {
                return fault;
            }
            if fault.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    pub(crate) fn enqueue(&self, job: Job) -> Result<(), SubmitError> {
        if let Some(fault) = self.fault() {
            return Err(SubmitError::Stopped(fault));
        }
        let queue = self
            .inner
            .queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match queue.as_ref().map(|queue| queue.try_send(job)) {
            Some(Ok(())) => Ok(()),
            Some(Err(mpsc::error::TrySendError::Full(_))) => Err(SubmitError::Busy),
            Some(Err(mpsc::error::TrySendError::Closed(_))) | None => Err(self
                .fault()
                .map_or(SubmitError::Unknown, SubmitError::Stopped)),
        }
    }

    /// A damaged entry that is met stops all writes, a damaged index everything: neither is ever served.
    pub(crate) fn watched<T>(
        &self,
        read: impl FnOnce() -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        read().inspect_err(|error| self.stop_if_damaged(error))
    }

    fn stop_if_damaged(&self, error: &ReadError) {
        let shared = &self.inner.shared;
        match error {
            ReadError::Entry { index } => shared.fail(LedgerFault::Entry(*index)),
            ReadError::Index(error) => shared.fail(LedgerFault::Index(error.to_string())),
            _ => {}
        }
    }
}

impl Drop for Inner {
    /// Lets the writer finish what waits, then joins it, so that the locks are free when this returns.
    fn drop(&mut self) {
        *self.queue.lock().unwrap_or_else(PoisonError::into_inner) = None;
        if let Some(writer) = self
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
        {
            let _panicked = writer.join();
        }
    }
}
