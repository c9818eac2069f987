//! The task that makes one log public: checkpoints go to the witnesses, come back with a quorum, and are recorded.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ledger::{Assurance, Snapshot};
use proof::note::{Note, NoteSignature};
use proof::policy::Quorum;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep};

use crate::channel::{Channel, View};
use crate::evidence::Presented;
use crate::rows::PublishedCheckpoint;
use crate::witness::{Answer, Finding, Target, chain_of};
use clock::now_ms;

/// How often times are looked at when nothing happens.
const TICK_MAX: Duration = Duration::from_millis(250);

/// Publishes one log until its task is stopped.
pub(crate) struct Publisher {
    channel: Arc<Channel>,
    head: watch::Receiver<u64>,
    targets: watch::Sender<Option<Arc<Target>>>,
    answers: mpsc::Receiver<Answer>,
    /// The positions of the queried witnesses.
    queried: BTreeSet<usize>,
    round: Option<Round>,
    rounds: u64,
    begun: Option<Instant>,
    /// When the first round began.
    first_begun: Option<Instant>,
    /// When the quorum was reached last.
    quorum_at: Option<Instant>,
    /// Whether every witness has answered since the start, or had its time.
    heard: bool,
}

/// One checkpoint on its way.
struct Round {
    number: u64,
    snapshot: Arc<Snapshot>,
    note: Note,
    answered: BTreeSet<usize>,
    published: bool,
    /// A larger checkpoint has come to a witness already: this one will not be signed any more.
    overtaken: bool,
}

impl Publisher {
    pub(crate) fn new(
        channel: Arc<Channel>,
        targets: watch::Sender<Option<Arc<Target>>>,
        answers: mpsc::Receiver<Answer>,
        queried: BTreeSet<usize>,
    ) -> Self {
        let head = channel.ledger.watch();
        Self {
            channel,
            head,
            targets,
            answers,
            queried,
            round: None,
            rounds: 0,
            begun: None,
            first_begun: None,
            quorum_at: None,
            heard: false,
        }
    }

    pub(crate) async fn run(mut self) {
        let tick = Duration::from_millis(self.channel.timing.interval_ms).min(TICK_MAX);
        loop {
            if self.is_due() {
                self.begin().await;
            }
            let still_there = tokio::select! {
                // With no witness there is no sender, and nothing to wait for.
                Some(answer) = self.answers.recv() => {
                    self.hear(answer).await;
                    true
                }
                moved = self.head.changed() => moved.is_ok(),
                () = sleep(tick) => true,
            };
            if !still_there {
                return;
            }
            self.heard |= self.has_heard_all() || self.has_waited_enough();
            self.publish_if_enough().await;
            self.update_assurance();
        }
    }

    /// Whether a new round is to begin.
    fn is_due(&self) -> bool {
        let timing = self.channel.timing;
        if matches!(
            self.channel.ledger.assurance(),
            Assurance::Contradicted { .. }
        ) {
            return false;
        }
        let Some(since) = self.begun.map(|begun| begun.elapsed()) else {
            return true;
        };
        if since < Duration::from_millis(timing.interval_ms) {
            return false;
        }
        let Some(round) = &self.round else {
            return true;
        };
        let moved = *self.head.borrow() > round.snapshot.size();
        // A larger checkpoint takes the place of one that is on its way only when the witnesses have had their time.
        let settled = round.published
            || round.overtaken
            || since >= Duration::from_millis(timing.witness_timeout_ms);
        (moved && settled) || since >= Duration::from_secs(timing.freshness_s)
    }

    async fn begin(&mut self) {
        let now = Instant::now();
        self.begun = Some(now);
        self.first_begun.get_or_insert(now);
        match self.open().await {
            Ok(()) => {}
            Err(problem) => tracing::error!(
                network = self.channel.ledger.namespace(),
                problem,
                "no checkpoint was published"
            ),
        }
    }

    async fn open(&mut self) -> Result<(), String> {
        let snapshot = Arc::new(self.snapshot().await?);
        let note = Note::parse(snapshot.checkpoint().as_bytes()).map_err(|e| chain_of(&e))?;
        self.rounds += 1;
        self.round = Some(Round {
            number: self.rounds,
            snapshot: Arc::clone(&snapshot),
            note: note.clone(),
            answered: BTreeSet::new(),
            published: false,
            overtaken: false,
        });
        if !self.channel.is_witnessed() {
            return self.publish(None).await;
        }
        self.targets.send_replace(Some(Arc::new(Target {
            number: self.rounds,
            size: snapshot.size(),
            note,
        })));
        Ok(())
    }

    /// The present log. Waits for the index, on a thread that may wait.
    async fn snapshot(&self) -> Result<Snapshot, String> {
        let ledger = self.channel.ledger.clone();
        let taken = self.channel.blocking(move || ledger.fresh_snapshot()).await;
        taken
            .ok_or("the snapshot was not taken")?
            .map_err(|error| chain_of(&error))
    }

    /// Handles the answer of a witness.
    async fn hear(&mut self, answer: Answer) {
        let Answer {
            witness,
            number,
            finding,
        } = answer;
        match finding {
            Finding::Cosigned(lines) => self.cosigned(witness, number, lines).await,
            Finding::Knows { size, note } => self.objected(witness, number, size, note).await,
            Finding::Nothing(error) => self.channel.failed(witness, error),
        }
        if let Some(round) = self.round.as_mut().filter(|round| round.number == number) {
            round.answered.insert(witness);
        }
    }

    async fn cosigned(&mut self, witness: usize, number: u64, lines: Vec<NoteSignature>) {
        self.channel.cosigned(witness, now_ms());
        let Some(round) = self.round.as_mut().filter(|round| round.number == number) else {
            return;
        };
        for line in lines {
            match round.note.clone().with(line) {
                Ok(note) => round.note = note,
                Err(full) => self.channel.failed(witness, full.to_string()),
            }
        }
    }

    /// A witness knows something else. What its note proves counts; without one, its word is enough to be careful.
    async fn objected(&mut self, witness: usize, number: u64, size: u64, note: Option<Vec<u8>>) {
        self.channel.failed(
            witness,
            format!("the witness knows another state of the log, of {size} entries"),
        );
        if let Some(presented) = note.and_then(|note| Presented::parse(&note).ok())
            && presented.checkpoint.origin == self.channel.origin()
            && let Err(problem) = self.channel.compare(&presented).await
        {
            tracing::warn!(
                witness,
                problem = chain_of(&problem),
                "the note from a witness proves nothing"
            );
        }
        let Some(round) = self.round.as_mut().filter(|round| round.number == number) else {
            return;
        };
        // Read after the answer arrived: anyone may have brought our newer checkpoint to the witness before we did.
        let grown = size > round.snapshot.size() && size <= self.channel.ledger.published().size;
        if grown {
            round.overtaken = true;
        } else {
            self.channel.pause(witness, size);
        }
    }

    async fn publish_if_enough(&mut self) {
        let Some(round) = self.round.as_ref().filter(|round| !round.published) else {
            return;
        };
        // At first all witnesses are heard: one of them may know more than a quorum does.
        if !self.heard {
            return;
        }
        let Ok(quorum) = self.channel.policy.quorum(&round.note) else {
            return;
        };
        if let Err(problem) = self.publish(Some(quorum)).await {
            tracing::error!(
                network = self.channel.ledger.namespace(),
                problem,
                "a checkpoint that the witnesses have signed was not published"
            );
        }
    }

    fn has_heard_all(&self) -> bool {
        let round = self.round.as_ref();
        round.is_some_and(|round| self.queried.is_subset(&round.answered))
    }

    fn has_waited_enough(&self) -> bool {
        let patience = Duration::from_millis(self.channel.timing.witness_timeout_ms);
        self.first_begun
            .is_some_and(|begun| begun.elapsed() >= patience)
    }

    /// Records the round's checkpoint and serves it.
    async fn publish(&mut self, quorum: Option<Quorum>) -> Result<(), String> {
        let Some(round) = &mut self.round else {
            return Ok(());
        };
        let now = now_ms();
        let log_time = now.max(round.snapshot.time_ms());
        let published = PublishedCheckpoint {
            size: round.snapshot.size(),
            root: round.snapshot.root(),
            // A cosignature's second has begun, and may be almost over.
            at_latest_ms: seconds(&quorum, Quorum::at_latest_s)
                .map_or(log_time, |s| s * 1000 + 999),
            still_at_ms: seconds(&quorum, Quorum::still_at_s).map_or(log_time, |s| s * 1000),
            note: round.note.to_string(),
        };
        let recorded = self
            .channel
            .rows
            .record(self.channel.origin(), published.clone());
        recorded.await.map_err(|error| chain_of(&error))?;
        round.published = true;
        let view = View {
            snapshot: Arc::clone(&round.snapshot),
            published,
        };
        self.channel.view.send_replace(Some(Arc::new(view)));
        if quorum.is_some() {
            self.quorum_at = Some(Instant::now());
            self.channel.quorum_reached(now);
        }
        Ok(())
    }

    /// Reports the assurance to the ledger. A contradiction is reported where it is found, and stays.
    fn update_assurance(&mut self) {
        if !self.channel.is_witnessed() {
            return;
        }
        let max_silence = Duration::from_secs(self.channel.timing.max_silence_s);
        let heard = self.quorum_at.filter(|at| at.elapsed() <= max_silence);
        let assurance = match (self.channel.objection(), heard, self.channel.current()) {
            (Some(pause), _, _) => pause,
            (None, Some(_), Some(view)) => Assurance::Confirmed {
                size: view.published.size,
                at_ms: view.published.still_at_ms,
            },
            (None, _, _) if !self.heard => Assurance::Asking,
            (None, _, _) => Assurance::Unconfirmed,
        };
        if self.channel.ledger.assurance() != assurance {
            self.channel.ledger.set_assurance(assurance);
        }
    }
}

fn seconds(quorum: &Option<Quorum>, of: fn(&Quorum) -> Option<u64>) -> Option<u64> {
    quorum.as_ref().and_then(of)
}
