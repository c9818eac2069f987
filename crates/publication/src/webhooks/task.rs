//! The task of one subscription: sends it what it does not have yet, in order.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::message::body;
use super::rows::{Cursor, Health, Stored};
use super::send::{Message, Outcome};
use super::signature::WebhookKey;
use super::{Channel, CredentialProblem, Shared, WebhookError};
use crate::error::ServeError;
use crate::feed::FeedEntry;
use crate::receipts::Served;
use clock::now_ms;

/// Entries that are looked at in one go.
const PAGE: usize = 256;
/// Entries that are passed over before the progress is recorded: that many are looked at again after a crash.
const PASSED_OVER_MAX: u64 = 1024;
/// Each wait is so many times longer than the one before, up to the longest.
const RETRY_FACTOR: u64 = 5;
const RETRY_MAX_MS: u64 = 8 * 60 * 60 * 1000;
/// How often a held subscription checks whether it still is. A change of its credential wakes it at once.
const HELD: Duration = Duration::from_secs(60);
/// Wait when the server itself cannot read or write.
const TROUBLE: Duration = Duration::from_secs(5);

pub(super) struct Task {
    shared: Arc<Shared>,
    stored: Stored,
    key: WebhookKey,
    /// One entry for each log.
    progress: Vec<Progress>,
}

/// How far the subscription has been notified of one log.
struct Progress {
    channel: Arc<Channel>,
    next_index: u64,
    written_index: u64,
}

/// What became of one attempt.
enum Attempt {
    Made(Outcome),
    /// It was cut, or not begun: the credential was changed, or cannot be used.
    Cut,
    Held(CredentialProblem),
}

/// The result of one go at one log.
enum Step {
    /// Everything has been sent.
    Idle,
    /// Something was sent or passed over.
    Moved,
    Wait(Duration),
    /// Its credential cannot be used.
    Held,
    /// Nothing more is to be sent.
    Finished,
}

impl Task {
    pub(super) fn new(shared: Arc<Shared>, stored: Stored) -> Self {
        let key = WebhookKey::of(&shared.seed, &stored.id);
        Self {
            shared,
            stored,
            key,
            progress: Vec::new(),
        }
    }

    pub(super) async fn run(mut self) {
        while let Err(error) = self.find_progress().await {
            self.report(&error);
            sleep(TROUBLE).await;
        }
        let until = self.stored.health.next_attempt_ms;
        sleep(Duration::from_millis(until.saturating_sub(now_ms()))).await;
        loop {
            // Before the logs are looked at, so that nothing is missed.
            let mut moved = self.shared.channels.follow();
            let mut changes = self.shared.underway.changes();
            match self.send_all().await {
                Ok(Step::Idle) => moved.changed().await,
                Ok(Step::Moved) => {}
                Ok(Step::Wait(wait)) => sleep(wait).await,
                // The sender lives as long as this task.
                Ok(Step::Held) => drop(tokio::time::timeout(HELD, changes.changed()).await),
                Ok(Step::Finished) => return,
                Err(trouble) => {
                    self.report(&trouble);
                    sleep(TROUBLE).await;
                }
            }
        }
    }

    fn report(&self, error: &(dyn std::error::Error + 'static)) {
        tracing::error!(
            webhook = self.stored.id,
            error,
            "the progress of a webhook or its messages cannot be read or written"
        );
    }

    /// Loads the progress from disk. A new log begins where it is now.
    async fn find_progress(&mut self) -> Result<(), WebhookError> {
        self.progress.clear();
        for channel in self.shared.channels.iter() {
            let found = self.shared.rows.cursor(&self.stored.id, channel.origin())?;
            let next_index = match found {
                Some(next_index) => next_index,
                None => {
                    let cursor = Cursor {
                        origin: channel.origin().to_owned(),
                        next_index: channel.ledger.published().size,
                    };
                    let next_index = cursor.next_index;
                    self.shared
                        .rows
                        .advance(&self.stored.id, cursor, None)
                        .await?;
                    next_index
                }
            };
            self.progress.push(Progress {
                channel: Arc::clone(channel),
                next_index,
                written_index: next_index,
            });
        }
        Ok(())
    }

    /// One go at every log, until one of them must wait.
    async fn send_all(&mut self) -> Result<Step, Trouble> {
        let mut all = Step::Idle;
        for at in 0..self.progress.len() {
            match self.send_next(at).await? {
                Step::Idle => {}
                Step::Moved => all = Step::Moved,
                stop @ (Step::Wait(_) | Step::Held | Step::Finished) => return Ok(stop),
            }
        }
        Ok(all)
    }

    /// Sends the first matching entry of a page, and passes over the entries before it.
    async fn send_next(&mut self, at: usize) -> Result<Step, Trouble> {
        let Some(progress) = self.progress.get_mut(at) else {
            return Ok(Step::Idle);
        };
        let channel = Arc::clone(&progress.channel);
        let size = channel.ledger.published().size;
        if progress.next_index >= size {
            return Ok(Step::Idle);
        }
        let page = channel.feed(progress.next_index.checked_sub(1), PAGE)?;
        let is_last_page = page.entries.len() < PAGE;
        let filter = &self.stored.filter;
        let found = page
            .entries
            .iter()
            .find(|entry| filter.includes(&entry.did));
        let Some(entry) = found else {
            let last = page
                .entries
                .last()
                .map_or(progress.next_index, |entry| entry.id + 1);
            // Without operations there may still be other entries.
            progress.next_index = if is_last_page { last.max(size) } else { last };
            return self.pass_over(at).await;
        };
        let (id, attempt) = (entry.id, self.deliver(&channel, entry).await);
        let outcome = match attempt {
            Attempt::Made(outcome) => outcome,
            Attempt::Cut => return Ok(Step::Moved),
            Attempt::Held(problem) => {
                tracing::debug!(
                    webhook = self.stored.id,
                    problem = problem.name(),
                    "a webhook waits"
                );
                return Ok(Step::Held);
            }
        };
        match outcome {
            Outcome::Delivered => self.delivered(at, id + 1).await,
            Outcome::Gone => {
                self.disable("the receiver answered 410 Gone".to_owned())
                    .await
            }
            Outcome::Failed {
                reason,
                retry_after_s,
            } => self.failed(reason, retry_after_s).await,
        }
    }

    async fn pass_over(&mut self, at: usize) -> Result<Step, Trouble> {
        if let Some(progress) = self.progress.get_mut(at)
            && progress.next_index - progress.written_index > PASSED_OVER_MAX
        {
            progress.written_index = progress.next_index;
            let cursor = progress.cursor();
            self.shared
                .rows
                .advance(&self.stored.id, cursor, None)
                .await?;
        }
        Ok(Step::Moved)
    }

    async fn deliver(&self, channel: &Channel, entry: &FeedEntry) -> Attempt {
        let receipt = receipt_for(channel, entry).await;
        let network = channel.ledger.namespace();
        let body = body(network, entry, receipt.as_ref());
        let Ok(_turn) = self.shared.deliveries.acquire().await else {
            return Attempt::Made(Outcome::Gone);
        };
        // Entered first: a credential that is switched off after this is looked up cuts what began with it.
        let credential = self.stored.credential.as_deref();
        let delivery = credential.map(|credential| self.shared.underway.enter(credential));
        let credential = match self.shared.credential_of(&self.stored) {
            Ok(credential) => credential,
            Err(problem) => return Attempt::Held(problem),
        };
        // The same at every attempt, and without a full stop.
        let id = format!("{}-{network}-{}", self.stored.id, entry.id);
        let timestamp_s = now_ms() / 1000;
        let mut signature = self.key.sign(&id, timestamp_s, &body);
        let shared = credential
            .as_ref()
            .and_then(|credential| credential.signature(&id, timestamp_s, &body));
        if let Some(shared) = shared {
            signature = format!("{signature} {shared}");
        }
        let message = Message {
            signature,
            credential: credential.and_then(|credential| credential.header()),
            id,
            timestamp_s,
            body,
        };
        let sending = self.shared.sender.send(&self.stored.url, message);
        match &delivery {
            None => Attempt::Made(sending.await),
            Some(delivery) => tokio::select! {
                () = delivery.until_cut() => Attempt::Cut,
                outcome = sending => Attempt::Made(outcome),
            },
        }
    }

    async fn delivered(&mut self, at: usize, next_index: u64) -> Result<Step, Trouble> {
        let Some(progress) = self.progress.get_mut(at) else {
            return Ok(Step::Idle);
        };
        progress.next_index = next_index;
        progress.written_index = next_index;
        let mended = self.stored.health != Health::default();
        self.stored.health = Health::default();
        let health = mended.then(Health::default);
        let cursor = progress.cursor();
        self.shared
            .rows
            .advance(&self.stored.id, cursor, health)
            .await?;
        Ok(Step::Moved)
    }

    async fn failed(&mut self, reason: String, requested_s: Option<u64>) -> Result<Step, Trouble> {
        let now = now_ms();
        let health = &mut self.stored.health;
        let since = *health.failing_since_ms.get_or_insert(now);
        if now.saturating_sub(since) > self.shared.disable_after_ms {
            return self.disable(reason).await;
        }
        let wait_ms = wait_ms(self.shared.first_retry_ms, health.attempts)
            .max(requested_s.unwrap_or_default().saturating_mul(1000));
        health.attempts = health.attempts.saturating_add(1);
        health.reason = Some(reason);
        health.next_attempt_ms = now.saturating_add(wait_ms);
        let health = health.clone();
        self.shared.rows.note(&self.stored.id, health).await?;
        Ok(Step::Wait(Duration::from_millis(wait_ms)))
    }

    async fn disable(&mut self, reason: String) -> Result<Step, Trouble> {
        tracing::warn!(webhook = self.stored.id, reason, "a webhook was disabled");
        let health = &mut self.stored.health;
        health.disabled_ms = Some(now_ms());
        health.reason = Some(reason);
        let health = health.clone();
        self.shared.rows.note(&self.stored.id, health).await?;
        Ok(Step::Finished)
    }
}

impl Progress {
    fn cursor(&self) -> Cursor {
        Cursor {
            origin: self.channel.origin().to_owned(),
            next_index: self.next_index,
        }
    }
}

/// Why the server itself could not go on.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
enum Trouble {
    Serve(#[from] ServeError),
    Rows(#[from] WebhookError),
}

/// The receipt, if there is one: published, if that does not take too long. While the log is unconfirmed there is none
/// of a DID that is not deactivated.
async fn receipt_for(channel: &Channel, entry: &FeedEntry) -> Option<Served> {
    // If not in time, the receipt states that it is not published.
    let _view = channel.view_covering(Some(entry.id)).await;
    channel.receipt(&entry.did).await.ok()
}

/// Longer after each failure, with a fifth more or less, so that receivers are not overrun.
fn wait_ms(first_ms: u64, attempts: u32) -> u64 {
    let plain = first_ms
        .saturating_mul(RETRY_FACTOR.saturating_pow(attempts))
        .min(RETRY_MAX_MS);
    let random = getrandom::u32().map_or(0, u64::from);
    let fifth = plain / 5;
    plain - fifth + random % (2 * fifth + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_the_longest() {
        for (attempts, plain) in [
            (0, 5_000),
            (1, 25_000),
            (2, 125_000),
            (3, 625_000),
            (9, RETRY_MAX_MS),
        ] {
            let wait = wait_ms(5_000, attempts);
            assert!(
                (plain * 4 / 5..=plain * 6 / 5).contains(&wait),
                "{attempts}: {wait}"
            );
        }
        assert!(wait_ms(1, u32::MAX) <= RETRY_MAX_MS * 6 / 5);
    }
}
