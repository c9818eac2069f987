//! A handler that panics costs its own request and no other.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;

/// What a handler panicked with.
pub(crate) struct Panic(Box<dyn Any + Send>);

impl Panic {
    /// Its message, for the log alone: it may hold anything.
    pub(crate) fn message(&self) -> &str {
        let text = self.0.downcast_ref::<String>().map(String::as_str);
        text.or_else(|| self.0.downcast_ref::<&str>().copied())
            .unwrap_or("no message")
    }
}

/// Runs a future to its end or to its panic.
///
/// The future is not polled again after a panic, and nothing of it is used: whatever state it broke is dropped with it.
pub(crate) async fn caught<F: Future>(future: F) -> Result<F::Output, Panic> {
    let mut future = pin!(future);
    poll_fn(
        |context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => std::task::Poll::Ready(Err(Panic(panic))),
        },
    )
    .await
}
