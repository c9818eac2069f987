//! Webhooks about operations, after Standard Webhooks 1.0.0.
//!
//! Every subscription records on disk how far it has been notified of each log, and has a task that sends the rest in
//! order. A message is repeated until its receiver accepts it: delivery is at least once.

mod address;
mod credential;
pub(crate) mod error;
mod message;
mod resolve;
mod rows;
mod send;
mod settings;
mod signature;
mod subscription;
mod task;
mod underway;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use did::Did;
use rusqlite::Connection;
use store::Store;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use uuid::Uuid;

pub use address::{PublicAddress, Reach, RefusedAddress, Schemes};
pub use credential::{
    CredentialProblem, CredentialSource, NoCredentials, UnfitCredential, WebhookCredential,
};
pub use error::{InvalidUrl, WebhookError};
pub use resolve::{Lookup, NameSource, SystemNames};
pub use send::URL_BYTES_MAX;
pub use settings::WebhookSettings;
pub use subscription::{
    FILTER_DIDS_MAX, Failing, Filter, NewSubscription, Registered, SUBSCRIPTIONS_MAX, Subscription,
    SubscriptionState,
};

use crate::channel::Channel;
use crate::error::StartError;
use crate::network::Channels;
use crate::seed::Seed;
use clock::now_ms;
use rows::{Cursor, Health, Rows, Stored};
use send::Sender;
use signature::WebhookKey;
use task::Task;
use underway::Underway;

/// Messages that are under way at once.
const DELIVERIES_MAX: usize = 32;

/// The subscriptions. Clones are handles of the same ones.
#[derive(Clone)]
pub struct Webhooks {
    shared: Arc<Shared>,
    tasks: Arc<Mutex<HashMap<String, JoinHandle<()>>>>,
}

/// What the tasks share.
pub(crate) struct Shared {
    pub(crate) rows: Rows,
    pub(crate) channels: Channels,
    pub(crate) sender: Sender,
    pub(crate) seed: Seed,
    pub(crate) deliveries: Semaphore,
    pub(crate) credentials: Arc<dyn CredentialSource>,
    pub(crate) underway: Underway,
    pub(crate) disable_after_ms: u64,
    pub(crate) first_retry_ms: u64,
}

impl Webhooks {
    /// Continues where the last process stopped.
    pub(crate) fn start(
        store: Store,
        channels: Channels,
        settings: WebhookSettings,
        names: Arc<dyn NameSource>,
    ) -> Result<Self, StartError> {
        let sender = Sender::new(settings.reach, names, &settings.user_agent)?;
        let day_ms = 24 * 60 * 60 * 1000;
        let webhooks = Self {
            shared: Arc::new(Shared {
                rows: Rows(store),
                channels,
                sender,
                seed: settings.seed,
                deliveries: Semaphore::new(DELIVERIES_MAX),
                credentials: settings.credentials,
                underway: Underway::default(),
                disable_after_ms: u64::from(settings.disable_after_days) * day_ms,
                first_retry_ms: settings.first_retry_ms.max(1),
            }),
            tasks: Arc::default(),
        };
        for stored in webhooks.shared.rows.enabled()? {
            webhooks.begin(stored);
        }
        Ok(webhooks)
    }

    /// Makes a subscription to what happens from now on.
    ///
    /// # Errors
    ///
    /// [`WebhookError`] states what is wrong with it, or that there are too many.
    pub async fn subscribe(
        &self,
        tenant: &str,
        new: NewSubscription,
    ) -> Result<Subscription, WebhookError> {
        self.subscribe_with(tenant, new, |_, _| Ok(())).await
    }

    /// The same, with further rows that are written in the same transaction, or none of it is done.
    ///
    /// # Errors
    ///
    /// As [`Webhooks::subscribe`], and those of `also`.
    pub async fn subscribe_with(
        &self,
        tenant: &str,
        new: NewSubscription,
        also: impl FnOnce(&Connection, &Registered) -> Result<(), WebhookError> + Send + 'static,
    ) -> Result<Subscription, WebhookError> {
        self.shared.sender.check(&new.url)?;
        self.check_filter(&new.filter)?;
        let stored = Stored {
            id: Uuid::new_v4().to_string(),
            tenant: tenant.to_owned(),
            url: new.url,
            filter: new.filter,
            integration: new.integration,
            credential: new.credential,
            created_ms: now_ms(),
            health: Health::default(),
        };
        let cursors = self.shared.channels.iter().map(|channel| Cursor {
            origin: channel.origin().to_owned(),
            next_index: channel.ledger.published().size,
        });
        let cursors = cursors.collect();
        self.shared
            .rows
            .insert(stored.clone(), cursors, also)
            .await?;
        self.begin(stored.clone());
        Ok(self.shared.view(stored))
    }

    /// The subscriptions of a tenant, the oldest first.
    ///
    /// # Errors
    ///
    /// [`WebhookError`] when they cannot be read.
    pub fn list(&self, tenant: &str) -> Result<Vec<Subscription>, WebhookError> {
        let found = self.shared.rows.of_tenant(tenant)?.into_iter();
        Ok(found.map(|stored| self.shared.view(stored)).collect())
    }

    /// One subscription of a tenant.
    ///
    /// # Errors
    ///
    /// [`WebhookError::NotFound`], or that it cannot be read.
    pub fn subscription(&self, tenant: &str, id: &str) -> Result<Subscription, WebhookError> {
        Ok(self.shared.view(self.shared.rows.one(tenant, id)?))
    }

    /// Deletes a subscription. A message that is under way may still arrive.
    ///
    /// # Errors
    ///
    /// [`WebhookError::NotFound`], or that it cannot be written.
    pub async fn unsubscribe(&self, tenant: &str, id: &str) -> Result<(), WebhookError> {
        self.unsubscribe_with(tenant, id, |_| Ok(())).await
    }

    /// The same, with further rows that are written in the same transaction, or none of it is done.
    ///
    /// # Errors
    ///
    /// As [`Webhooks::unsubscribe`], and those of `also`.
    pub async fn unsubscribe_with(
        &self,
        tenant: &str,
        id: &str,
        also: impl FnOnce(&Connection) -> Result<(), WebhookError> + Send + 'static,
    ) -> Result<(), WebhookError> {
        self.shared.rows.delete(tenant, id, also).await?;
        if let Some(task) = self.tasks().remove(id) {
            task.abort();
        }
        Ok(())
    }

    /// Enables a subscription that was disabled or is failing: it is tried at once, and gets everything that it
    /// has missed.
    ///
    /// # Errors
    ///
    /// [`WebhookError::NotFound`], or that it cannot be written.
    pub async fn enable(&self, tenant: &str, id: &str) -> Result<Subscription, WebhookError> {
        self.enable_with(tenant, id, |_| Ok(())).await
    }

    /// The same, with further rows that are written in the same transaction, or none of it is done.
    ///
    /// # Errors
    ///
    /// As [`Webhooks::enable`], and those of `also`.
    pub async fn enable_with(
        &self,
        tenant: &str,
        id: &str,
        also: impl FnOnce(&Connection) -> Result<(), WebhookError> + Send + 'static,
    ) -> Result<Subscription, WebhookError> {
        let mut stored = self.shared.rows.one(tenant, id)?;
        stored.health = Health::default();
        self.shared.rows.mend(tenant, id, also).await?;
        self.begin(stored.clone());
        Ok(self.shared.view(stored))
    }

    /// Acts on a credential that was switched off, deleted, or switched on again: what is under way with it is cut, and
    /// has stopped when this returns. Later messages look up the credential first.
    pub async fn credential_changed(&self, credential: &str) {
        self.shared.underway.cut(credential).await;
    }

    /// Stops all tasks and waits for them.
    pub(crate) async fn stop(&self) {
        let tasks: Vec<_> = self.tasks().drain().map(|(_, task)| task).collect();
        for task in tasks {
            task.abort();
            // Stopped on purpose.
            let _aborted = task.await;
        }
    }

    /// Stops all tasks without waiting.
    pub(crate) fn abort(&self) {
        self.tasks().drain().for_each(|(_, task)| task.abort());
    }

    fn check_filter(&self, filter: &Filter) -> Result<(), WebhookError> {
        let Filter::Dids(dids) = filter else {
            return Ok(());
        };
        if !(1..=FILTER_DIDS_MAX).contains(&dids.len()) {
            let limit = FILTER_DIDS_MAX;
            return Err(WebhookError::DidCount { limit });
        }
        dids.iter()
            .try_for_each(|did: &Did| self.shared.channels.of(did).map(drop))?;
        Ok(())
    }

    /// Begins the task of a subscription, in the place of one that is there.
    fn begin(&self, stored: Stored) {
        let id = stored.id.clone();
        let task = Task::new(Arc::clone(&self.shared), stored);
        let running = tokio::spawn(task.run());
        if let Some(earlier) = self.tasks().insert(id, running) {
            earlier.abort();
        }
    }

    fn tasks(&self) -> MutexGuard<'_, HashMap<String, JoinHandle<()>>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// What the messages of a subscription are sent with, if it names a credential.
    fn credential_of(
        &self,
        stored: &Stored,
    ) -> Result<Option<WebhookCredential>, CredentialProblem> {
        let Some(credential) = &stored.credential else {
            return Ok(None);
        };
        self.credentials
            .credential(&stored.tenant, &stored.id, credential)
            .map(Some)
    }

    fn view(&self, stored: Stored) -> Subscription {
        let public_key = WebhookKey::of(&self.seed, &stored.id).public_text();
        let held = self.credential_of(&stored).err();
        let health = stored.health;
        let reason = health.reason.unwrap_or_default();
        let state = match (health.disabled_ms, held, health.failing_since_ms) {
            (Some(at_ms), _, _) => SubscriptionState::Disabled { at_ms, reason },
            (None, Some(problem), _) => SubscriptionState::Held(problem),
            (None, None, None) => SubscriptionState::Active { failing: None },
            (None, None, Some(since_ms)) => SubscriptionState::Active {
                failing: Some(Failing {
                    since_ms,
                    attempts: health.attempts,
                    reason,
                    next_attempt_ms: health.next_attempt_ms,
                }),
            },
        };
        Subscription {
            integration: stored.integration.unwrap_or_else(|| stored.id.clone()),
            id: stored.id,
            url: stored.url,
            filter: stored.filter,
            credential: stored.credential,
            created_ms: stored.created_ms,
            public_key,
            state,
        }
    }
}
