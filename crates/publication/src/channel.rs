//! One network as the public sees it: its ledger, its witnesses, and the newest published view.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ledger::{Assurance, Embedded, Snapshot};
use proof::note::NoteVerifier;
use proof::policy::Policy;
use tokio::sync::{Semaphore, watch};
use tokio::task::spawn_blocking;

use crate::error::StartError;
use crate::rows::{PublishedCheckpoint, Rows};
use crate::settings::{NetworkSettings, Timing};

/// Work that may block at once.
const BLOCKING_MAX: u32 = 8;

/// What is shared by everything that serves one network.
pub(crate) struct Channel {
    pub(crate) ledger: Embedded,
    pub(crate) policy: Policy,
    pub(crate) policy_text: String,
    pub(crate) rows: Rows,
    pub(crate) timing: Timing,
    /// The keys of this log, with those of old that the policy lists.
    pub(crate) own_keys: Vec<NoteVerifier>,
    /// The newest published view; `None` until there is one.
    pub(crate) view: watch::Sender<Option<Arc<View>>>,
    turns: Arc<Semaphore>,
    state: Mutex<State>,
}

/// The log at a checkpoint that had the quorum.
pub(crate) struct View {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) published: PublishedCheckpoint,
}

/// What is known of the witnesses.
#[derive(Default)]
struct State {
    health: Vec<WitnessHealth>,
    /// Sizes that a witness knows and this log cannot prove, by the position of the witness in the policy.
    ahead: BTreeMap<usize, u64>,
    quorum_at_ms: Option<u64>,
}

/// How it goes with one witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessHealth {
    /// Its name in the policy.
    pub name: String,
    /// Where it is reached; `None` when the policy names no URL.
    pub url: Option<String>,
    /// When it cosigned last, in Unix milliseconds.
    pub last_cosigned_ms: Option<u64>,
    /// A size that it knows and that this log cannot prove.
    pub known_size: Option<u64>,
    /// Why it did not cosign last time.
    pub last_error: Option<String>,
}

/// How well a log is protected against being restored to an older state: for health reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protection {
    /// How far witnesses and clients confirm the log.
    pub assurance: Assurance,
    /// Whether there are witnesses to query.
    pub witnessed: bool,
    /// Number of entries.
    pub head_size: u64,
    /// The newest checkpoint that had the quorum.
    pub published: Option<PublishedCheckpoint>,
    /// When the quorum was reached last since the start, in Unix milliseconds.
    pub quorum_at_ms: Option<u64>,
    /// The witnesses, in the order of the policy.
    pub witnesses: Vec<WitnessHealth>,
}

impl Channel {
    pub(crate) fn new(
        ledger: Embedded,
        settings: Option<&NetworkSettings>,
        rows: Rows,
        timing: Timing,
    ) -> Result<Self, StartError> {
        let (policy, policy_text) = policy_of(&ledger, settings)?;
        let own_keys = policy.log_keys().iter();
        let own_keys = own_keys
            .filter(|key| key.name() == ledger.origin())
            .cloned()
            .collect();
        let health = policy.witnesses().iter().map(WitnessHealth::of).collect();
        let state = State {
            health,
            ..State::default()
        };
        Ok(Self {
            ledger,
            policy,
            policy_text,
            rows,
            timing,
            own_keys,
            view: watch::Sender::new(None),
            turns: Arc::new(Semaphore::new(BLOCKING_MAX as usize)),
            state: Mutex::new(state),
        })
    }

    /// Whether a checkpoint is public only after witnesses have seen it.
    pub(crate) fn is_witnessed(&self) -> bool {
        self.policy.needs_witnesses()
    }

    pub(crate) fn origin(&self) -> &str {
        self.ledger.origin()
    }

    pub(crate) fn current(&self) -> Option<Arc<View>> {
        self.view.borrow().clone()
    }

    /// Runs work that waits for the disk on a separate thread. `None` if that has panicked.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        run: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.ok()?;
        // The waiting task may be cancelled. The turn then lasts until the work is done and its result dropped.
        let running = spawn_blocking(move || (run(), turn));
        running.await.ok().map(|(done, _turn)| done)
    }

    /// Waits until no such work is left, and lets go of the view: nothing here keeps the ledger busy any more.
    pub(crate) async fn settle(&self) {
        let _all = self.turns.acquire_many(BLOCKING_MAX).await;
        self.view.send_replace(None);
    }

    pub(crate) fn protection(&self) -> Protection {
        let state = self.state();
        Protection {
            assurance: self.ledger.assurance(),
            witnessed: self.is_witnessed(),
            head_size: self.ledger.published().size,
            published: self.current().map(|view| view.published.clone()),
            quorum_at_ms: state.quorum_at_ms,
            witnesses: state.health.clone(),
        }
    }

    /// A witness has cosigned: what it knew of another history is settled.
    pub(crate) fn cosigned(&self, witness: usize, now_ms: u64) {
        let mut state = self.state();
        state.ahead.remove(&witness);
        if let Some(health) = state.health.get_mut(witness) {
            health.last_cosigned_ms = Some(now_ms);
            health.known_size = None;
            health.last_error = None;
        }
    }

    pub(crate) fn failed(&self, witness: usize, error: String) {
        if let Some(health) = self.state().health.get_mut(witness) {
            health.last_error = Some(error);
        }
    }

    /// A witness knows a size that this log cannot prove: everything is paused until it cosigns again.
    pub(crate) fn pause(&self, witness: usize, known_size: u64) {
        {
            let mut state = self.state();
            let known = state.ahead.entry(witness).or_default();
            *known = known_size.max(*known);
            if let Some(health) = state.health.get_mut(witness) {
                health.known_size = Some(known_size);
            }
        }
        if let Some(pause) = self.objection() {
            tracing::error!(
                network = self.ledger.namespace(),
                "another state of the log is known elsewhere: {pause}"
            );
            self.ledger.set_assurance(pause);
        }
    }

    /// The pause that the witnesses' objections call for: that of the largest size that one of them knows.
    pub(crate) fn objection(&self) -> Option<Assurance> {
        let state = self.state();
        let (witness, known_size) = state.ahead.iter().max_by_key(|(_, size)| **size)?;
        let name = state
            .health
            .get(*witness)
            .map(|health| health.name.as_str());
        Some(Assurance::Paused {
            known_size: *known_size,
            by: format!("the witness {}", name.unwrap_or_default()),
        })
    }

    pub(crate) fn quorum_reached(&self, now_ms: u64) {
        self.state().quorum_at_ms = Some(now_ms);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl View {
    /// Whether it holds the entry with this index.
    pub(crate) fn covers(&self, index: u64) -> bool {
        index < self.published.size
    }
}

impl WitnessHealth {
    fn of(witness: &proof::policy::Witness) -> Self {
        Self {
            name: witness.name.clone(),
            url: witness.url.clone(),
            last_cosigned_ms: None,
            known_size: None,
            last_error: None,
        }
    }
}

/// The policy that is published under, with the line of the log itself.
fn policy_of(
    ledger: &Embedded,
    settings: Option<&NetworkSettings>,
) -> Result<(Policy, String), StartError> {
    let invalid = |source| StartError::Policy {
        namespace: ledger.namespace().to_owned(),
        source,
    };
    let own = NoteVerifier::new(ledger.origin(), ledger.log_key())?;
    let own_line = format!("log {own}\n");
    let Some(settings) = settings else {
        let text = format!("{own_line}quorum none\n");
        return Ok((Policy::parse(&text, None).map_err(invalid)?, text));
    };
    let bounds = settings.policy_bounds.as_deref();
    // Without the bounds, which may name keys that are missing here.
    let given = Policy::parse(&settings.policy_text, None).map_err(invalid)?;
    let text = if given.log_keys().contains(&own) {
        settings.policy_text.clone()
    } else {
        format!("{own_line}{}", settings.policy_text)
    };
    Ok((Policy::parse(&text, bounds).map_err(invalid)?, text))
}
