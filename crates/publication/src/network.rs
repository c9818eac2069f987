//! The networks of one process.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use did::Did;
use ledger::{Networks, NoLog};
use tokio::sync::watch;

use crate::channel::Channel;

/// All channels. Clones share them.
#[derive(Clone)]
pub(crate) struct Channels {
    networks: Networks,
    list: Arc<[Arc<Channel>]>,
}

/// Waits for any of the logs to grow, from the moment it was made.
pub(crate) struct Follow(Vec<watch::Receiver<u64>>);

impl Channels {
    /// One channel for each ledger that keeps a log.
    pub(crate) fn new(networks: Networks, list: Vec<Arc<Channel>>) -> Self {
        Self {
            networks,
            list: list.into(),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Channel>> {
        self.list.iter()
    }

    pub(crate) fn of(&self, did: &Did) -> Result<&Arc<Channel>, NoLog> {
        self.by_name(did.namespace().unwrap_or_default())
    }

    pub(crate) fn by_name(&self, namespace: &str) -> Result<&Arc<Channel>, NoLog> {
        let found = self
            .iter()
            .find(|channel| channel.ledger.namespace() == namespace);
        found.map_or_else(|| Err(self.none_of(namespace)), Ok)
    }

    pub(crate) fn by_origin(&self, origin: &str) -> Option<&Arc<Channel>> {
        self.iter().find(|channel| channel.origin() == origin)
    }

    pub(crate) fn follow(&self) -> Follow {
        Follow(self.iter().map(|channel| channel.ledger.watch()).collect())
    }

    fn none_of(&self, namespace: &str) -> NoLog {
        match self.networks.by_name(namespace) {
            Ok(_) => NoLog::Elsewhere {
                network: namespace.to_owned(),
            },
            Err(unknown) => unknown.into(),
        }
    }
}

impl Follow {
    pub(crate) async fn changed(&mut self) {
        let mut waits: Vec<Pin<Box<dyn Future<Output = ()> + Send + '_>>> = Vec::new();
        for receiver in &mut self.0 {
            waits.push(Box::pin(async move {
                if receiver.changed().await.is_err() {
                    // Its ledger is closed: it never grows.
                    std::future::pending::<()>().await;
                }
            }));
        }
        poll_fn(|context| {
            let any = waits
                .iter_mut()
                .any(|wait| wait.as_mut().poll(context).is_ready());
            if any { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}
