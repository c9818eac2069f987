//! Waiting for an answer on a thread that may be one of an executor.

use std::future::Future;
use std::sync::Arc;
use std::sync::mpsc;

use ledger::{ReadError, Withheld};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::Semaphore;
use tokio::task::block_in_place;

/// Threads that may wait at once. A runtime has some hundred to spare, and not more.
const WAITING_MAX: usize = 256;

/// Sends requests on the engine's own runtime, so that a waiting caller never delays an answer.
#[derive(Clone)]
pub(crate) struct Waiter {
    handle: Handle,
    room: Arc<Semaphore>,
}

impl Waiter {
    pub(crate) fn new(handle: Handle) -> Self {
        Self {
            handle,
            room: Arc::new(Semaphore::new(WAITING_MAX)),
        }
    }

    /// The runtime.
    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Waits for an answer. Other tasks of the caller's runtime run meanwhile, if it has more than one thread.
    pub(crate) fn wait<T: Send + 'static>(
        &self,
        request: impl Future<Output = Result<T, ReadError>> + Send + 'static,
    ) -> Result<T, ReadError> {
        let Ok(_place) = self.room.clone().try_acquire_owned() else {
            return Err(withheld("too many requests are waiting for an answer"));
        };
        let (answer, answered) = mpsc::sync_channel(1);
        self.handle.spawn(async move {
            // The caller may have left.
            let _ = answer.send(request.await);
        });
        let receive = move || answered.recv();
        let answered = match Handle::try_current() {
            Ok(current) if current.runtime_flavor() != RuntimeFlavor::CurrentThread => {
                block_in_place(receive)
            }
            _ => receive(),
        };
        answered.unwrap_or_else(|_| Err(withheld("the server is about to stop")))
    }
}

pub(crate) fn withheld(reason: impl Into<String>) -> ReadError {
    ReadError::Withheld(Withheld::Network {
        reason: reason.into(),
    })
}
