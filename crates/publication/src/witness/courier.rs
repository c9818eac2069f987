//! Takes checkpoints to one witness, at the pace of that witness.

use std::sync::Arc;
use std::time::Duration;

use ledger::Embedded;
use proof::note::{CosignatureVerifier, Note, NoteSignature};
use proof::witness::{AddCheckpoint, parse_cosignatures};
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use super::client::{Reply, WitnessClient};

/// Requests for one checkpoint: the witness may name a size that it knows, and move on meanwhile.
const ATTEMPTS_MAX: usize = 4;
/// Waits between two tries when a witness cannot be reached.
const PAUSE_FIRST: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// A checkpoint that is taken to the witnesses.
pub(crate) struct Target {
    /// Counts the targets: the same checkpoint is taken again for a new time.
    pub(crate) number: u64,
    pub(crate) size: u64,
    /// Signed by the log alone.
    pub(crate) note: Note,
}

/// What a witness answered about a target.
#[derive(Debug)]
pub(crate) enum Finding {
    /// It has seen nothing else.
    Cosigned(Vec<NoteSignature>),
    /// It knows this size of another history, or of a later one. With its note, if it publishes one.
    Knows { size: u64, note: Option<Vec<u8>> },
    /// Nothing useful. It is queried again.
    Nothing(String),
}

/// An answer on its way to the publisher.
pub(crate) struct Answer {
    /// The number of the witness in the policy.
    pub(crate) witness: usize,
    /// The target that it is about.
    pub(crate) number: u64,
    pub(crate) finding: Finding,
}

/// The task of one witness.
pub(crate) struct Courier {
    pub(crate) witness: usize,
    pub(crate) client: WitnessClient,
    pub(crate) verifier: CosignatureVerifier,
    pub(crate) ledger: Embedded,
    pub(crate) targets: watch::Receiver<Option<Arc<Target>>>,
    pub(crate) answers: mpsc::Sender<Answer>,
    /// The size that the witness is believed to know; 0 when it was never queried.
    pub(crate) known_size: u64,
}

impl Courier {
    /// Runs until no one sets targets or listens any more.
    pub(crate) async fn run(mut self) {
        while self.targets.changed().await.is_ok() {
            let Some(target) = self.targets.borrow_and_update().clone() else {
                continue;
            };
            if self.deliver(&target).await.is_none() {
                return;
            }
        }
    }

    /// Queries until there is an answer about this target, or another target. `None` when no one listens any more.
    async fn deliver(&mut self, target: &Target) -> Option<()> {
        let mut pause = PAUSE_FIRST;
        loop {
            let finding = self.ask(target).await;
            let settled = !matches!(finding, Finding::Nothing(_));
            let answer = Answer {
                witness: self.witness,
                number: target.number,
                finding,
            };
            self.answers.send(answer).await.ok()?;
            if settled {
                return Some(());
            }
            tokio::select! {
                moved = self.targets.changed() => {
                    // It is the next one's turn.
                    self.targets.mark_changed();
                    return moved.ok();
                }
                () = sleep(pause) => pause = (pause * 2).min(PAUSE_MAX),
            }
        }
    }

    async fn ask(&mut self, target: &Target) -> Finding {
        for _ in 0..ATTEMPTS_MAX {
            if self.known_size > target.size {
                return self.knows(self.known_size).await;
            }
            let body = match self.body(target) {
                Ok(body) => body,
                Err(problem) => return Finding::Nothing(problem),
            };
            match self.client.add_checkpoint(body).await {
                Ok(Reply::Cosigned(lines)) => return self.cosigned(target, &lines),
                Ok(Reply::Conflict { known_size }) => match known_size {
                    Some(other) if other != self.known_size => self.known_size = other,
                    // It has seen this very size with another root.
                    _ => return self.knows(self.known_size).await,
                },
                Ok(Reply::Inconsistent) => return self.knows(self.known_size).await,
                Err(error) => return Finding::Nothing(chain_of(&error)),
            }
        }
        Finding::Nothing(format!(
            "the witness named another size at each of {ATTEMPTS_MAX} attempts"
        ))
    }

    fn body(&self, target: &Target) -> Result<Vec<u8>, String> {
        let old_size = self.known_size;
        let proof = match old_size {
            0 => Vec::new(),
            _ => self
                .ledger
                .consistency(old_size, target.size)
                .map_err(|error| chain_of(&error))?
                .ok_or("the log has no such size yet")?,
        };
        let request = AddCheckpoint {
            old_size,
            proof,
            checkpoint: target.note.to_string(),
        };
        Ok(request.encode().into_bytes())
    }

    /// Takes the lines of this witness from its answer; those of other keys are ignored.
    fn cosigned(&mut self, target: &Target, lines: &[u8]) -> Finding {
        let own: Vec<NoteSignature> = parse_cosignatures(lines)
            .unwrap_or_default()
            .into_iter()
            .filter(|line| self.verifier.time_in(target.note.text(), line).is_some())
            .collect();
        if own.is_empty() {
            return Finding::Nothing(
                "the witness answered without a valid cosignature of its key".to_owned(),
            );
        }
        self.known_size = target.size;
        Finding::Cosigned(own)
    }

    async fn knows(&mut self, size: u64) -> Finding {
        if size == 0 {
            return Finding::Nothing(
                "the witness refuses a log and reports that it does not know it".to_owned(),
            );
        }
        // Its present size is queried again next time.
        self.known_size = 0;
        let note = self.client.checkpoint(self.ledger.origin()).await;
        Finding::Knows {
            size,
            note: note.ok().flatten(),
        }
    }
}

/// An error and its causes in one line.
pub(crate) fn chain_of(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
