//! The interface of this crate.

use std::sync::{Arc, Mutex, PoisonError};

use did::Did;
use ledger::{Assurance, Networks};
use proof::receipt::{MAX_RECEIPT_BYTES, Receipt};
use reqwest::Url;
use serde_json::Value;
use store::Store;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::channel::{Channel, Protection};
use crate::error::{PresentError, ServeError, StartError};
use crate::evidence::{Effect, Presented};
use crate::feed::{FeedFollower, FeedPage};
use crate::network::Channels;
use crate::publisher::Publisher;
use crate::receipts::Served;
use crate::rows::{PublishedCheckpoint, Rows};
use crate::settings::{Settings, Timing};
use crate::status::{STATUSES_MAX, StatusAnswer};
use crate::status_list::{StatusList, StatusLists};
use crate::webhooks::{NameSource, SystemNames, Webhooks};
use crate::witness::{Answer, Courier, Target, WitnessClient};
use clock::now_ms;

/// Most bytes of what may be presented.
pub const PRESENTED_BYTES_MAX: usize = MAX_RECEIPT_BYTES;
/// Answers of witnesses that may wait for the publisher.
const ANSWERS_MAX: usize = 64;

/// Publishes the logs of one process. Clones are handles of the same one; its tasks stop with the last.
#[derive(Clone)]
pub struct Publication {
    inner: Arc<Inner>,
}

struct Inner {
    channels: Channels,
    lists: StatusLists,
    webhooks: Webhooks,
    tasks: Mutex<JoinSet<()>>,
}

impl Publication {
    /// Begins to publish. A contradiction that was found earlier holds again before this returns, and with witnesses
    /// no DID is reported as active before their quorum has answered. Must be called within a Tokio runtime.
    ///
    /// # Errors
    ///
    /// [`StartError`] names the setting that is wrong, or what cannot be read.
    pub fn start(store: Store, networks: Networks, settings: Settings) -> Result<Self, StartError> {
        Self::start_with_names(store, networks, settings, Arc::new(SystemNames))
    }

    /// The same, with another source for the addresses of webhooks' names.
    ///
    /// # Errors
    ///
    /// As [`Publication::start`].
    pub fn start_with_names(
        store: Store,
        networks: Networks,
        settings: Settings,
        names: Arc<dyn NameSource>,
    ) -> Result<Self, StartError> {
        for network in &settings.networks {
            networks.log_of(&network.namespace)?;
        }
        let rows = Rows(store.clone());
        let mut tasks = JoinSet::new();
        let mut list = Vec::new();
        for ledger in networks.logs() {
            let own = settings
                .networks
                .iter()
                .find(|network| network.namespace == ledger.namespace());
            let channel = Channel::new(ledger.clone(), own, rows.clone(), settings.timing)?;
            list.push(Arc::new(channel));
        }
        for channel in &list {
            first_standing(channel)?;
            spawn_publisher(channel, settings.timing, &mut tasks)?;
        }
        let channels = Channels::new(networks, list);
        let webhooks = Webhooks::start(store, channels.clone(), settings.webhooks, names)?;
        Ok(Self {
            inner: Arc::new(Inner {
                lists: StatusLists::new(settings.status_list),
                channels,
                webhooks,
                tasks: Mutex::new(tasks),
            }),
        })
    }

    /// Stops all tasks and waits for them, so that the ledgers can be closed.
    pub async fn stop(&self) {
        let mut tasks = {
            let mut held = self
                .inner
                .tasks
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *held)
        };
        tasks.shutdown().await;
        self.inner.webhooks.stop().await;
        for channel in self.inner.channels.iter() {
            channel.settle().await;
        }
    }

    /// The receipt of a DID: of its deactivation if there is one; otherwise of its present state, from a checkpoint
    /// with its newest change, for which it waits a little.
    ///
    /// # Errors
    ///
    /// [`ServeError`]: a network without a log here, a state that is not disclosed at present, no checkpoint in time.
    pub async fn receipt(&self, did: &Did) -> Result<Served, ServeError> {
        self.inner.channels.of(did)?.receipt(did).await
    }

    /// The receipt of a DID under the checkpoint of this size.
    ///
    /// # Errors
    ///
    /// [`ServeError::NoReceiptAt`] and those of [`Publication::receipt`].
    pub async fn receipt_at(&self, did: &Did, size: u64) -> Result<Served, ServeError> {
        self.inner.channels.of(did)?.receipt_at(did, size).await
    }

    /// What a DID is now, or was at a time in Unix milliseconds.
    ///
    /// # Errors
    ///
    /// [`ServeError`]: a network without a log here, or something that cannot be read.
    pub fn status(&self, did: &Did, at_ms: Option<u64>) -> Result<StatusAnswer, ServeError> {
        let mut answers = self.statuses(std::slice::from_ref(did), at_ms)?;
        answers.pop().ok_or(ServeError::Busy)
    }

    /// The same for at most [`STATUSES_MAX`] DIDs, in their order. Reads on the calling thread, some ten microseconds
    /// for each.
    ///
    /// # Errors
    ///
    /// [`ServeError::TooMany`] and those of [`Publication::status`].
    pub fn statuses(
        &self,
        dids: &[Did],
        at_ms: Option<u64>,
    ) -> Result<Vec<StatusAnswer>, ServeError> {
        if dids.len() > STATUSES_MAX {
            let limit = STATUSES_MAX;
            return Err(ServeError::TooMany { limit });
        }
        let mut bounds = Vec::new();
        for channel in self.inner.channels.iter() {
            bounds.push((channel.origin(), channel.bounds(at_ms)?));
        }
        let answers = dids.iter().map(|did| {
            let channel = self.inner.channels.of(did)?;
            let found = bounds
                .iter()
                .find(|(origin, _)| *origin == channel.origin());
            let bounds = found.map(|(_, bounds)| bounds.clone()).unwrap_or_default();
            Ok(StatusAnswer {
                status: channel.status(did, at_ms, &bounds)?,
                did: did.clone(),
                bounds,
            })
        });
        answers.collect()
    }

    /// The signed list of the DIDs of a network that are deactivated, from a checkpoint that holds everything
    /// acknowledged so far, for which it waits a little.
    ///
    /// # Errors
    ///
    /// As [`Publication::receipt`].
    pub async fn status_list(&self, namespace: &str) -> Result<Arc<StatusList>, ServeError> {
        let channel = self.inner.channels.by_name(namespace)?;
        self.inner.lists.of(channel).await
    }

    /// The public key of the status lists, as a JWK (RFC 7517).
    #[must_use]
    pub fn status_key_jwk(&self) -> Value {
        self.inner.lists.key().jwk()
    }

    /// Accepts a checkpoint's note or a receipt from any client, and compares it with what is served.
    ///
    /// # Errors
    ///
    /// [`PresentError`] states why it changes nothing.
    pub async fn present(&self, bytes: &[u8]) -> Result<Effect, PresentError> {
        let garbage = |reason: String| PresentError::Garbage { reason };
        if bytes.len() > PRESENTED_BYTES_MAX {
            return Err(garbage(format!(
                "it has more than {PRESENTED_BYTES_MAX} bytes"
            )));
        }
        let presented = if bytes.first() == Some(&b'{') {
            let receipt = Receipt::parse(bytes).map_err(|error| garbage(error.to_string()))?;
            Presented::parse(receipt.parts().checkpoint.as_bytes())?
        } else {
            Presented::parse(bytes)?
        };
        let origin = &presented.checkpoint.origin;
        match self.inner.channels.by_origin(origin) {
            Some(channel) => channel.compare(&presented).await,
            None => Err(PresentError::OtherLog {
                origin: origin.clone(),
            }),
        }
    }

    /// The operations of a network behind the entry `after`, from the first with `None`; at most
    /// [`FEED_LIMIT_MAX`](crate::FEED_LIMIT_MAX) at once.
    ///
    /// # Errors
    ///
    /// [`ServeError`]: a network without a log here, or something that cannot be read.
    pub fn feed(
        &self,
        namespace: &str,
        after: Option<u64>,
        limit: usize,
    ) -> Result<FeedPage, ServeError> {
        self.inner.channels.by_name(namespace)?.feed(after, limit)
    }

    /// The same as it grows.
    ///
    /// # Errors
    ///
    /// [`ServeError::NoLog`].
    pub fn follow(&self, namespace: &str, after: Option<u64>) -> Result<FeedFollower, ServeError> {
        let channel = self.inner.channels.by_name(namespace)?;
        Ok(FeedFollower::new(Arc::clone(channel), after))
    }

    /// How well the log of a network is protected against being restored to an older state.
    ///
    /// # Errors
    ///
    /// [`ServeError::NoLog`].
    pub fn protection(&self, namespace: &str) -> Result<Protection, ServeError> {
        Ok(self.inner.channels.by_name(namespace)?.protection())
    }

    /// The newest checkpoint of a network that had the quorum, also from before this start.
    ///
    /// # Errors
    ///
    /// [`ServeError`]: a network without a log here, or something that cannot be read.
    pub fn published(&self, namespace: &str) -> Result<Option<PublishedCheckpoint>, ServeError> {
        let channel = self.inner.channels.by_name(namespace)?;
        match channel.current() {
            Some(view) => Ok(Some(view.published.clone())),
            None => Ok(channel.rows.newest(channel.origin())?),
        }
    }

    /// The policy (C2SP `tlog-policy`) under which the log of a network is published: what a verifier may pin.
    ///
    /// # Errors
    ///
    /// [`ServeError::NoLog`].
    pub fn policy_text(&self, namespace: &str) -> Result<String, ServeError> {
        let channel = self.inner.channels.by_name(namespace)?;
        Ok(channel.policy_text.clone())
    }

    /// The webhooks.
    #[must_use]
    pub fn webhooks(&self) -> &Webhooks {
        &self.inner.webhooks
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.webhooks.abort();
    }
}

/// What is known before any witness was queried.
fn first_standing(channel: &Channel) -> Result<(), StartError> {
    let assurance = match channel.rows.contradiction(channel.origin())? {
        Some(found) => {
            tracing::error!(
                network = channel.ledger.namespace(),
                found_ms = found.found_ms,
                now_ms = now_ms(),
                note = found.note,
                "the log has signed two histories; it takes no operations"
            );
            Assurance::Contradicted {
                reason: found.reason,
            }
        }
        None if channel.is_witnessed() => Assurance::Asking,
        None => Assurance::Alone,
    };
    channel.ledger.set_assurance(assurance);
    Ok(())
}

/// Starts the task that publishes a log, and one for each witness that can be queried.
fn spawn_publisher(
    channel: &Arc<Channel>,
    timing: Timing,
    tasks: &mut JoinSet<()>,
) -> Result<(), StartError> {
    let targets: watch::Sender<Option<Arc<Target>>> = watch::Sender::new(None);
    let (answers, heard) = mpsc::channel::<Answer>(ANSWERS_MAX);
    let mut couriers = Vec::new();
    for (witness, listed) in channel.policy.witnesses().iter().enumerate() {
        let Some(url) = listed.url.as_deref().filter(|_| channel.is_witnessed()) else {
            continue;
        };
        let invalid = || StartError::WitnessUrl {
            name: listed.name.clone(),
            url: url.to_owned(),
        };
        let prefix = Url::parse(url).map_err(|_| invalid())?;
        if !matches!(prefix.scheme(), "http" | "https") {
            return Err(invalid());
        }
        couriers.push(Courier {
            witness,
            client: WitnessClient::new(&prefix, timing.witness_timeout_ms)?,
            verifier: listed.verifier.clone(),
            ledger: channel.ledger.clone(),
            targets: targets.subscribe(),
            answers: answers.clone(),
            known_size: 0,
        });
    }
    let queried = couriers.iter().map(|courier| courier.witness).collect();
    for courier in couriers {
        tasks.spawn(courier.run());
    }
    tasks.spawn(Publisher::new(Arc::clone(channel), targets, heard, queried).run());
    Ok(())
}
